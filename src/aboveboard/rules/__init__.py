"""May this happen? Facts and ``now`` go in, a ``Decision`` with a reason comes out.

No I/O, no clock; an error is a no.
"""
