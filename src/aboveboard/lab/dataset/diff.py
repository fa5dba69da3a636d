"""What changed from one version of a data set to another?

Steps are the same where the same session did the same thing at the same time. One person's are compared at a time, and
of each only a hash is in memory.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import msgspec

from aboveboard.formats.trajectory import Step


@dataclass(frozen=True)
class Difference:
    """From the older to the newer. A step ``changed`` is one that began at the same time in the same session, and is
    another action, or has another frame, element, text, …"""

    people_added: int
    people_removed: int
    sessions_added: int
    sessions_removed: int
    steps_added: int
    steps_removed: int
    steps_changed: int
    steps_same: int

    @property
    def nothing(self) -> bool:
        """Is it the same data?"""
        return not any(
            (self.people_added, self.people_removed, self.steps_added, self.steps_removed, self.steps_changed)
        )


StepsOf = Callable[[str], Iterable[Step]]
"""The steps of one person."""


def diff(older: tuple[Sequence[str], StepsOf], newer: tuple[Sequence[str], StepsOf]) -> Difference:
    """Compare two data sets, each given as its people and their steps."""
    (before, steps_before), (after, steps_after) = older, newer
    found: Counter[str] = Counter()
    for person_id in sorted({*before, *after}):
        one = _hashes(steps_before(person_id)) if person_id in before else {}
        other = _hashes(steps_after(person_id)) if person_id in after else {}
        found["people_added"] += person_id not in before
        found["people_removed"] += person_id not in after
        sessions, now = {session for session, _, _ in one}, {session for session, _, _ in other}
        found["sessions_added"] += len(now - sessions)
        found["sessions_removed"] += len(sessions - now)
        found["steps_added"] += len(other.keys() - one.keys())
        found["steps_removed"] += len(one.keys() - other.keys())
        same = sum(one[key] == other[key] for key in one.keys() & other.keys())
        found["steps_same"] += same
        found["steps_changed"] += len(one.keys() & other.keys()) - same
    return Difference(**{name: found[name] for name in Difference.__dataclass_fields__})


def _hashes(steps: Iterable[Step]) -> dict[tuple[str, int, int], bytes]:
    """Session, time, and which of several at that time → what it was. The index is not part of it: it moves."""
    found: dict[tuple[str, int, int], bytes] = {}
    at: Counter[tuple[str, int]] = Counter()
    for step in steps:
        place = step.session_id, step.time_ns
        content = msgspec.json.encode(msgspec.structs.replace(step, index=0, caused_by=None))
        found[*place, at[place]] = hashlib.sha256(content).digest()[:16]
        at[place] += 1
    return found
