"""What did a person do in one session, and what was on the screen before each action?

Segments go in one by one, in order of their sequence; only one is in memory at a time. The frame of a step is the last
one **before** the action began (rule 9 of ``docs/spec/trajectory.md``): at equal times the event comes first. A segment
whose screen goes on from one that is missing has none until its next whole picture: steps have no frame then.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import BadInput
from aboveboard.formats.recording import Session, Timed
from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.lab.derive.camera import Camera
from aboveboard.lab.derive.steps import Derivation, StepCutter
from aboveboard.replay.bands import Picture
from aboveboard.replay.canvas import Item

REORDER_NS = 1 * SECOND_NS
"""Events of neighbouring segments may overlap by this much; more is a clock that jumped."""


@dataclass(frozen=True)
class _Placed:
    time_ns: int
    segment_id: str
    item: Item
    opens: bool
    """Does it say how things stood when its segment began?"""

    @property
    def order(self) -> tuple[int, bool, bool]:
        """Events before patches of the same time: a frame that came with an action was not seen before it."""
        return self.time_ns, not self.opens, isinstance(self.item, ScreenPatch)


class SessionDeriver:
    """:meth:`add` each segment of a session in order, then :meth:`finish`. ``keep_frame`` is given each frame used.

    ``cuts`` are the times, in order, at which another hand went on.
    """

    def __init__(
        self, person_id: str, session_id: str, keep_frame: Callable[[Picture], None], cuts: Sequence[int] = ()
    ) -> None:
        self.person_id = person_id
        self.session_id = session_id
        self._camera = Camera(keep_frame)
        self._cutter = StepCutter(self._camera.shot, self._camera.keep)
        self._waiting: list[_Placed] = []
        self._last_ns = 0
        self._cuts = deque(cuts)
        self._sequence: int | None = None
        self._missing: list[tuple[int, int]] = []

    def add(self, segment_id: str, sequence: int, items: Sequence[Item]) -> None:
        """Take in the items of one segment.

        Raises :class:`BadInput` if it does not come after the segment before it, or a patch of the screen is damaged.
        """
        if self._sequence is not None and sequence <= self._sequence:
            raise BadInput(
                f"segment {sequence} of session {self.session_id} comes after segment {self._sequence}",
                cause="the segments are out of order, or one is there twice",
                fix="sort them by their sequence and leave out repetitions",
            )
        if self._sequence is not None and sequence > self._sequence + 1:
            self._missing.append((self._sequence + 1, sequence - 1))
            self._take(self._waiting)
            self._waiting = []
            self._cutter.gap()
        elif not _goes_on(items):
            self._take(self._waiting)
            self._waiting = []
        self._sequence = sequence
        placed = sorted([*self._waiting, *_placed(segment_id, items)], key=lambda one: one.order)
        until_ns = placed[-1].time_ns - REORDER_NS if placed else 0
        self._take([one for one in placed if one.time_ns <= until_ns])
        self._waiting = [one for one in placed if one.time_ns > until_ns]

    def finish(self) -> Derivation:
        """The steps of the whole session."""
        self._take(self._waiting)
        self._waiting = []
        derivation = self._cutter.finish(self.person_id, self.session_id)
        unseen = sum(step.frame_sha256 is None for step in derivation.steps) if self._camera.saw_screen else 0
        return replace(derivation, missing_segments=self._missing, unseen_steps=unseen)

    def _take(self, placed: list[_Placed]) -> None:
        if placed and placed[0].time_ns < self._last_ns:
            self._cutter.gap()
        for one in placed:
            while self._cuts and self._cuts[0] <= one.time_ns:
                self._cuts.popleft()
                self._cutter.part()
            if not isinstance(one.item, ScreenPatch):
                self._cutter.feed(one.item, one.segment_id)
            self._camera.see(one.item)
            self._last_ns = one.time_ns


def _placed(segment_id: str, items: Sequence[Item]) -> Iterator[_Placed]:
    start_ns = min((item.time_ns for item in items), default=0)
    for item in items:
        opens = item.whole if isinstance(item, ScreenPatch) else isinstance(item.event, Session)
        yield _Placed(item.time_ns, segment_id, item, opens and item.time_ns == start_ns)


def _goes_on(items: Sequence[Item]) -> bool:
    """Is the screen of this segment that of the one before it?"""
    heads = (item.event for item in items if isinstance(item, Timed) and isinstance(item.event, Session))
    head = next(heads, None)
    return head is None or head.screen_continues
