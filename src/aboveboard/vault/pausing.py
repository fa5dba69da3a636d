"""Which pauses concern a person, and in which epoch are they?

The epoch of a consent grows by one whenever a pause that concerns its person begins, and again when it ends. It follows
from the pauses alone, so it survives restarts and never falls.
"""

from collections.abc import Sequence

from aboveboard.rules.lease import PauseFacts
from aboveboard.vault.storage.rows import PauseRow


def facts_of(pauses: Sequence[PauseRow]) -> list[PauseFacts]:
    """What the rules need to know of them."""
    return [PauseFacts(by=pause.made_by, at_ns=pause.at_ns, ended_at_ns=pause.end_ns()) for pause in pauses]


def epoch(pauses: Sequence[PauseRow], *, now_ns: int) -> int:
    """How often a pause of these has begun, or ended by ``now_ns`` (the vault's wall time)."""
    ended = sum(end is not None and end <= now_ns for end in (pause.end_ns() for pause in pauses))
    return len(pauses) + ended
