"""What does the watchdog see on its rounds, and who hears of what it finds?

Once a second, on a thread of its own, what the parts say of themselves is collected together with what the second path
(``capture.port.Pulse``) shows, and judged (``recorder.watchdog``). A round asks and compares; it holds no lock while it
does, and it costs less than a millisecond. What it finds is heard

* by the recorder's thread, which begins the capture anew and marks the recording (:meth:`Rounds.take`);
* by the person (:meth:`Rounds.problems`) and the vault (:meth:`Rounds.health`), for ten minutes;
* by the recorder as a condition (:meth:`Rounds.look`), after three alarms in a minute.
"""

import random
import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import NamedTuple

from aboveboard.base.clock import Clock
from aboveboard.formats.lease import HealthWord
from aboveboard.recorder.capture.port import Pulse, Rect, Source
from aboveboard.recorder.redact.scope import intersect_all
from aboveboard.recorder.watchdog import MOVES_NS, Alarms, Facts, Finding, Glance, Part, Watchdog
from aboveboard.rules.decision import ALLOWED, Decision

ROUND_S = 1.0
PAINTED_EVERY = 2
"""Every so many rounds it is asked where was painted."""
GLANCES = 3
"""So many of the painted places are looked at."""
SIDE = 48
"""Width and height of such a place, in pixels."""
MAIN = "recorder"
"""The recorder's own thread, among the parts."""


class Books(NamedTuple):
    """What the recorder's thread says at the end of a step: all of it at one moment, so that it must add up.

    ``recording``: is anything to be recorded; ``items_missing``: how many items so far are neither kept, nor waiting,
    nor left out for a reason.
    """

    recording: bool
    items_missing: int = 0


class Rounds:
    """Collects and tells. :meth:`run` is the body of a thread; the other methods may be called from any.

    ``source`` gives the source of just now; ``pulse`` is ``None`` where a display has no second path. ``arrived`` tells
    how many items were taken from the source so far, ``gone`` how many segments went missing from the disk;
    ``threads`` tells of the other parts by their names.
    """

    def __init__(
        self,
        source: Callable[[], Source | None],
        pulse: Pulse | None,
        clock: Clock,
        *,
        arrived: Callable[[], int],
        gone: Callable[[], int] = int,
        threads: Callable[[], Mapping[str, Part]] = dict,
    ) -> None:
        self._source, self._pulse, self._clock = source, pulse, clock
        self._arrived, self._gone, self._threads = arrived, gone, threads
        self._watchdog, self._alarms = Watchdog(), Alarms()
        self._books = Books(recording=False)
        self._steps = 0
        self._number = 0
        self._found: deque[Finding] = deque()
        self._random = random.Random()  # noqa: S311 - where to look, so that nothing stays unseen for long
        self._failed = ""
        self._decision = ALLOWED
        self._begun_anew = threading.Event()

    def run(self, ended: threading.Event, then: Callable[[], None] = lambda: None) -> None:
        """Go round until ``ended``, and do ``then`` after each. A watchdog that breaks has found something."""
        try:
            while not ended.wait(ROUND_S):
                self.go()
                then()
        except Exception as error:  # noqa: BLE001 - whatever it was, nobody watches any more
            self._failed = f"the watchdog ended: {type(error).__name__}"
            then()
        finally:
            if self._pulse is not None:
                self._pulse.close()

    def go(self) -> list[Finding]:
        """One round."""
        now_ns = self._clock.monotonic_ns()
        facts = self._facts()
        if self._begun_anew.is_set():
            self._begun_anew.clear()
            facts = Facts(recording=False)  # nothing of before can be compared with what is now
        findings = self._watchdog.judge(facts, now_ns)
        self._alarms.note(findings, now_ns)
        self._found.extend(findings)
        self._decision = self._alarms.decision(now_ns)
        return findings

    def begin_anew(self) -> None:
        """Another source is watched from now on."""
        self._begun_anew.set()

    @property
    def alarmed(self) -> bool:
        """Is there something to :meth:`take`?"""
        return bool(self._found)

    def step_done(self, books: Books) -> None:
        """The recorder's thread has done a step, and this is how its books stand."""
        self._books = books
        self._steps += 1

    def take(self) -> list[Finding]:
        """What was found since the last call: begin anew, and mark it (the recorder's thread)."""
        return [self._found.popleft() for _ in range(len(self._found))]

    def look(self) -> Decision:
        """See ``conditions.Condition``."""
        if self._failed:
            raise RuntimeError(self._failed)
        return self._decision

    def close(self) -> None:
        """See ``conditions.Condition``; the thread ends by itself."""

    def health(self) -> list[HealthWord]:
        """What the vault is told."""
        return sorted(finding.word for finding in self._lately())

    def problems(self) -> tuple[str, ...]:
        """What the person is told."""
        return tuple(finding.what for finding in self._lately())

    def _lately(self) -> list[Finding]:
        return self._alarms.lately(self._clock.monotonic_ns())

    def _facts(self) -> Facts:
        source, books = self._source(), self._books
        parts = {MAIN: Part(alive=True, moved=self._steps, patience_ns=MOVES_NS), **self._threads()}
        if source is None:
            return Facts(recording=False, parts=parts)
        before = self._pulse.presses() if self._pulse is not None else 0
        vitals = source.vitals()
        after, until = self._pulse.presses_by(vitals.pressed_ms) if self._pulse is not None else (0, 0)
        moving = {name: Part(True, progress, MOVES_NS) for name, progress in vitals.progress_ns.items()}
        return Facts(
            recording=books.recording,
            presses_before=before,
            presses_after=after,
            presses_told=vitals.presses_told if self._pulse is not None else 0,
            presses_until=until,
            glances=self._glances(source, vitals.visible) if books.recording else (),
            delivered=vitals.events_out + vitals.frames_out,
            arrived=self._arrived(),
            items_missing=books.items_missing,
            segments_missing=self._gone(),
            parts=moving | parts,
        )

    def _glances(self, source: Source, visible: tuple[Rect, ...]) -> tuple[Glance, ...]:
        """The suspects again, and now and then a few of the places that were painted."""
        pulse = self._pulse
        if pulse is None:
            return ()
        self._number += 1
        places = list(self._watchdog.suspects)
        if self._number % PAINTED_EVERY == 0:
            places += [self._some_of(rect) for rect in self._painted(pulse.painted(), visible)]
        glances = (self._glance(source, pulse, rect) for rect in dict.fromkeys(places))
        return tuple(glance for glance in glances if glance is not None)

    def _painted(self, painted: tuple[Rect, ...], visible: tuple[Rect, ...]) -> list[Rect]:
        """A few of the places that were painted and are visible: no more of the many are looked at than it takes."""
        found: list[Rect] = []
        for rect in self._random.sample(painted, len(painted)):
            if len(found) >= GLANCES:
                break
            inside = intersect_all([rect], visible)
            found += self._random.sample(inside, min(len(inside), GLANCES - len(found)))
        return found

    def _glance(self, source: Source, pulse: Pulse, rect: Rect) -> Glance | None:
        if source.believed(rect) is None:
            return None  # not asked for: it is not in scope
        real, believed = pulse.pixels(rect), source.believed(rect)
        if real is None or believed is None:
            return None
        return Glance(rect, hash(real.tobytes()), hash(believed.tobytes()))

    def _some_of(self, rect: Rect) -> Rect:
        """A small part of ``rect``, at a place that changes."""
        width, height = min(rect.width, SIDE), min(rect.height, SIDE)
        x = rect.x + self._random.randint(0, rect.width - width)
        y = rect.y + self._random.randint(0, rect.height - height)
        return Rect(x, y, width, height)
