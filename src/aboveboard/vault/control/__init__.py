"""How does the vault answer a whole fleet at once, and tell it within moments what has changed?

    device ──one WebSocket──► api.control ──► Control: is what I remember fresh? ──► leases.decide ──► signed lease
                                                ▲ Memory: what was read of each person, until it may have changed
    a pause, by any process ──commit──► line of changes ──LISTEN/NOTIFY, or a look each half second──► Control ──► words

A process that cannot see the line of changes for a second answers nothing: leases then run out by themselves.
"""
