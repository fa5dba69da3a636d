"""What was left out of the recording, and has still to be said?

What is not recorded is told by a marker at the start of the next segment that is kept. So a gap is remembered until a
segment begins. What a segment that was dropped had to say, the next one says.
"""

from collections.abc import Sequence
from typing import Literal

from aboveboard.formats.recording import Marker, MarkerReason

PAUSES: frozenset[MarkerReason] = frozenset({"paused_by_person", "paused_by_steward"})


class LeftOut:
    """Gaps and markers that wait for a segment. Times are wall time."""

    def __init__(self) -> None:
        self._waiting: list[Marker] = []
        self._gap: tuple[MarkerReason, int] | None = None

    def add(self, marker: Marker) -> None:
        """Say this at the start of the next segment."""
        self._waiting.append(marker)

    def begin(self, reason: MarkerReason, since_ns: int) -> None:
        """A gap begins, if there is none yet; a reason that says more replaces one that says less."""
        if self._gap is None:
            self._gap = (reason, since_ns)
        elif _weight(reason) > _weight(self._gap[0]):
            self._gap = (reason, self._gap[1])

    def reach_back(self, since_ns: int) -> None:
        """The gap that is open began earlier than was thought."""
        if self._gap is not None:
            self._gap = (self._gap[0], min(self._gap[1], since_ns))

    def tell(self, now_ns: int) -> list[Marker]:
        """A segment begins: the gap is over, and this is what it has to say."""
        if self._gap is not None:
            reason, since_ns = self._gap
            kind: Literal["paused", "gap"] = "paused" if reason in PAUSES else "gap"
            self._waiting.append(Marker(kind=kind, reason=reason, start_ns=min(since_ns, now_ns), end_ns=now_ns))
            self._gap = None
        told, self._waiting = self._waiting, []
        return told

    def untold(self, markers: Sequence[Marker]) -> None:
        """The segment that was to say these is not kept: the next one has to."""
        self._waiting = [*markers, *self._waiting]


def _weight(reason: MarkerReason) -> int:
    """How much a reason explains: any is better than ``no_lease``, which every other brings about; a pause is best."""
    return 0 if reason == "no_lease" else 2 if reason in PAUSES else 1
