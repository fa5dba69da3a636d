"""Which key of a person may new recordings be sealed to, and when is a newer one due?

Each person has one key pair in the keyholder for each epoch: 0, 1, …. What was recorded in an epoch can be ended with
that epoch's key alone, so that erasing some days takes nothing from the others. A lease says which epochs count: the
newest at once, the one before it for ``GRACE_NS`` more, which is time enough for a recorder to fetch the newer one.
"""

from aboveboard.base.clock import SECOND_NS
from aboveboard.formats.key_statement import KeyStatement

HOUR_NS = 3600 * SECOND_NS
GRACE_NS = HOUR_NS
"""How long the epoch before the newest may still be sealed to."""


def least(newest: KeyStatement, *, now_ns: int) -> int:
    """The oldest epoch that may be sealed to at the wall time ``now_ns``, when ``newest`` is the newest statement."""
    if now_ns - newest.created_at_ns >= GRACE_NS:
        return newest.key_epoch
    return max(0, newest.key_epoch - 1)


def due(newest: KeyStatement, *, now_ns: int) -> bool:
    """Is a newer key to be made as soon as somebody asks?"""
    return 0 < newest.renew_at_ns <= now_ns
