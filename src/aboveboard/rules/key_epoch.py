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


def laden(newest: KeyStatement, *, part_erased_at_ns: int | None, now_ns: int) -> bool:
    """Was what stays of a part that was erased moved to the newest key, and is the hour over in which a newer one would
    be too soon?

    Then the next one is made: what is recorded from now on does not lie under the same key, so that the next part that
    is erased does not have to move the same again. ``part_erased_at_ns`` is when the last such order was given.
    """
    if part_erased_at_ns is None:
        return False
    return newest.created_at_ns < part_erased_at_ns + HOUR_NS and now_ns >= newest.created_at_ns + GRACE_NS


def due(newest: KeyStatement, *, now_ns: int) -> bool:
    """Is a newer key to be made as soon as somebody asks?"""
    return 0 < newest.renew_at_ns <= now_ns
