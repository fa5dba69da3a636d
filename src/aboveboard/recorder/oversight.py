"""Who keeps an eye on the recorder while it records, and how is what they say carried out?

Two do: the watchdog (``recorder.rounds``) and the governor of the budget (``recorder.budget``). Together they are one
condition, whose answer is made once a second on the watchdog's thread; and at the end of each of its steps, at least
every two seconds, the recorder's thread calls :meth:`Oversight.step`, which

1. tells the source the pace that the budget allows;
2. begins the capture anew where the watchdog found something, marks the stretch, and asks for a whole picture;
3. says how the books stand, so that the next round can compare.
"""

import os
import threading
from collections.abc import Mapping, Sequence

from aboveboard.base.clock import SECOND_NS, Clock
from aboveboard.recorder.budget import Governor
from aboveboard.recorder.capture.port import Pulse, Source
from aboveboard.recorder.conditions import first_refusal
from aboveboard.recorder.inbox import Inbox
from aboveboard.recorder.lease import LeaseKeeper
from aboveboard.recorder.rounds import Books, Rounds
from aboveboard.recorder.session import SessionWriter
from aboveboard.recorder.spool import Spool
from aboveboard.recorder.watchdog import Finding, Part
from aboveboard.rules.decision import Decision

LEASE_PATIENCE_NS = 45 * SECOND_NS
"""The lease thread sleeps for a third of a lease at most, and waits for an answer."""
LEASE = "lease"
"""The name of its thread. The other threads sleep as long as they like: only that they live is looked at."""


class Oversight:
    """Made once for a recording; ``pulse`` is ``None`` where a display has no second path.

    It is a condition (``recorder.conditions``).
    """

    def __init__(
        self,
        *,
        governor: Governor,
        pulse: Pulse | None,
        inbox: Inbox,
        writer: SessionWriter,
        spool: Spool,
        keeper: LeaseKeeper,
        clock: Clock,
    ) -> None:
        self._governor = governor
        self._rounds = Rounds(
            lambda: self._source,
            pulse,
            clock,
            arrived=lambda: inbox.arrived,
            gone=DiskCheck(spool).missing,
            threads=self._parts,
        )
        self._inbox, self._writer, self._keeper, self._clock = inbox, writer, keeper, clock
        self._source: Source | None = None
        self._due_ns, self._recording = 0, False
        self._decide()
        self._threads: Sequence[threading.Thread] = ()
        keeper.health = self._rounds.health

    def look(self) -> Decision:
        """What both said last."""
        return self._decision

    def close(self) -> None:
        """The watchdog's thread ends by itself."""

    def thread(self, others: Sequence[threading.Thread], ended: threading.Event) -> threading.Thread:
        """The watchdog's own thread, to be started with ``others``, which it watches; it ends with ``ended``."""
        self._threads = others
        return threading.Thread(target=self._rounds.run, args=(ended, self._decide), name="watchdog")

    def watch(self, source: Source | None) -> None:
        """From now on this source is to be watched and paced; ``None`` while there is none."""
        self._source = source
        self._due_ns = 0
        self._governor.begin_anew()
        self._rounds.begin_anew()

    def step(self, *, recording: bool) -> None:
        """The three things above, once a second, and at once when there is something to be carried out."""
        now_ns = self._clock.monotonic_ns()
        if now_ns < self._due_ns and recording is self._recording and not self._rounds.alarmed:
            return
        self._due_ns, self._recording = now_ns + SECOND_NS, recording
        source = self._source
        if source is not None:
            self._governor.steer(source)
            for finding in self._rounds.take():
                if recording:
                    self._begin_anew(source, finding)
        items = abs(self._inbox.handed - self._writer.taken) + abs(self._writer.missing)
        self._rounds.step_done(Books(recording and source is not None, items))

    @property
    def problems(self) -> tuple[str, ...]:
        """What the watchdog found lately, in words."""
        return self._rounds.problems()

    @property
    def pace(self) -> str:
        """How closely the screen is recorded, in words."""
        return self._governor.words

    def _decide(self) -> None:
        self._decision = first_refusal((self._governor, self._rounds))

    def _begin_anew(self, source: Source, finding: Finding) -> None:
        to_wall_ns = self._clock.wall_ns() - self._clock.monotonic_ns()
        stretch = finding.since_ns + to_wall_ns, finding.until_ns + to_wall_ns
        self._writer.begin_anew(finding.marked_as, stretch=stretch)
        source.request_whole_frame()

    def _parts(self) -> Mapping[str, Part]:
        now_ns = self._clock.monotonic_ns()
        parts = {thread.name: Part(thread.is_alive(), now_ns, LEASE_PATIENCE_NS) for thread in self._threads}
        if LEASE in parts:
            parts[LEASE] = Part(parts[LEASE].alive, self._keeper.asked, LEASE_PATIENCE_NS)
        return parts


class DiskCheck:
    """Is what the spool believes to hold still on the disk? It is read where the folder has changed."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._changed_ns = 0
        self._gone: set[str] = set()

    def missing(self) -> int:
        """How many segments went missing so far."""
        try:
            changed_ns = os.stat(self._spool.folder).st_mtime_ns
            if changed_ns == self._changed_ns:
                return len(self._gone)
            believed = self._ids()  # read first: what arrives meanwhile is on the disk before it is believed
            there = set(os.listdir(self._spool.folder))
        except FileNotFoundError:
            changed_ns, believed, there = 0, self._ids(), set()
        self._changed_ns = changed_ns
        self._gone |= (believed - there) & self._ids()
        return len(self._gone)

    def _ids(self) -> set[str]:
        return {each.segment_id for each in self._spool.waiting()}
