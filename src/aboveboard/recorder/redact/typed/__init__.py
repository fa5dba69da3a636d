"""What was typed, rebuilt from the stream of keys, and which of the keys should not be seen.

Read ``stream`` first. ``commands`` says what a press means, ``field`` and ``editor`` keep the text that results,
``judging`` and ``reach`` say which presses made what should not be seen, ``settling`` when enough is known to decide,
``writing`` what comes out. ``rules.shape`` and ``rhythm`` are the fidelity below: neither letters nor rhythm. All of
it is pure: no clock, no I/O.
"""
