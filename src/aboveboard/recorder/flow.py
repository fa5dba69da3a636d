"""How does what a person does become sealed segments in the vault? Read this first.

    source thread   capture + redact ──► Inbox: dated, and dropped unless a lease covers it
    watchdog thread compares what happened with what is recorded (Oversight, which keeps the budget too)
    this thread     ──► SessionWriter: patches, MCAP, segments of five seconds ──► SegmentChain: age, manifest ──► Spool
    lease thread    LeaseKeeper asks every five seconds; LeaseBook answers "now?"
    control thread  ControlStream: leases are asked for on it, and a pause is heard of at once
    upload thread   Uploader: Spool ──► vault, until it says "stored"

Nothing is captured before the first lease, or kept without one, or while a condition of this machine says no
(``conditions``): a locked screen, a low battery, a budget that is spent, nothing that could show that it records. Plain
data is only in the memory of this process.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from aboveboard.base.clock import SECOND_NS, Clock, SystemClock, boot_id
from aboveboard.base.errors import AboveboardError, Unavailable
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats.erasure import ErasureOrder
from aboveboard.formats.recording import Marker, Task, Timed
from aboveboard.recorder import covering, own_covers
from aboveboard.recorder.budget import Governor
from aboveboard.recorder.capture.port import Pulse, Source
from aboveboard.recorder.chain import SegmentChain
from aboveboard.recorder.conditions import MARKED_AS, Condition, first_refusal
from aboveboard.recorder.control import ControlStream
from aboveboard.recorder.cover_hand import CoverHand
from aboveboard.recorder.covering import Exchanged
from aboveboard.recorder.disk_room import DiskRoom
from aboveboard.recorder.enrolment import Verified
from aboveboard.recorder.hand import Hand
from aboveboard.recorder.hold import Hold
from aboveboard.recorder.inbox import Arrival, Inbox
from aboveboard.recorder.key_keeper import KeyKeeper
from aboveboard.recorder.known_epoch import KnownEpoch
from aboveboard.recorder.lease import LeaseBook, LeaseKeeper
from aboveboard.recorder.memory import keep_out_of_dumps, only_recorder
from aboveboard.recorder.notices import NoticeKeeper
from aboveboard.recorder.oversight import Oversight
from aboveboard.recorder.paused_apps import PausedApps
from aboveboard.recorder.session import SessionWriter
from aboveboard.recorder.spool import Spool
from aboveboard.recorder.status import RecorderStatus, RecordingSummary, State
from aboveboard.recorder.tap import Tap
from aboveboard.recorder.upload import Uploader
from aboveboard.rules.decision import EXPLANATIONS, Decision, Reason, no
from aboveboard.rules.disclosure import may_mark
from aboveboard.sealing.keys import load_signing_key
from aboveboard.wire.client import Client

if TYPE_CHECKING:
    from aboveboard.recorder.presence import Presence

SPOOL_NAME = "spool"
DEVICE_KEY_NAME = "device.key"
GATHER_S, IDLE_S = 0.03, 0.4
"""How long after something arrived all that did is looked at, and how often while nothing does. What arrives is kept
only after a look at whether it may be, so a slow look keeps nothing that a quick one would not."""
STATUS_S = 1.0
FLUSH_S = 15.0
SEGMENT_NS = 5 * SECOND_NS


def record(
    *,
    home: Path,
    client: Client,
    source: Source,
    enrolment: Verified,
    stop: threading.Event,
    status: Callable[[RecorderStatus], None] = lambda _: None,
    conditions: Sequence[Condition] = (),
    presence: "Presence | None" = None,
    pulse: Pulse | None = None,
    may_send: Callable[[], bool] = lambda: True,
    lowered: Sequence[str] = (),
    paused_apps: PausedApps | None = None,
    clock: Clock | None = None,
    segment_ns: int = SEGMENT_NS,
    flush_s: float = FLUSH_S,
) -> RecordingSummary:
    """Record ``source`` until ``stop``; upload meanwhile, and at the end for at most ``flush_s`` seconds.

    ``home`` is the recorder's own folder (``device.key``, ``spool/``, ``paused.json``); ``client`` signs with the
    device's key. ``status`` is called about once a second. All ``conditions`` must hold; they are closed at the end.
    ``presence`` shows it, holds segments back and takes the person's wishes; without one nobody sees it. ``pulse`` is
    the display's second path, for the watchdog. ``may_send`` says whether the network of just now may be used.
    ``lowered`` says in words why less is told than was disclosed: it is shown, and stands in the recording.
    ``paused_apps`` narrows what a :class:`Tap` makes; without it nothing is recorded while an application is paused.

    A ``source`` that is a :class:`Tap` is shut whenever nothing may be recorded: then nothing is even looked at. Raises
    :class:`Conflict` if another recorder runs here, the source's own error if it broke, :class:`Unavailable` if the
    spool cannot be written; what was sealed before stays.
    """
    keep_out_of_dumps()
    with only_recorder(home):
        conditions = [*conditions, *([presence] if presence is not None else []), DiskRoom(home)]
        recording = _Recording(
            home, client, source, enrolment, conditions, presence, pulse, may_send, clock or SystemClock(), segment_ns
        )
        recording.narrow_by(paused_apps or PausedApps())
        recording.lower(lowered)
        recording.spool.recover()
        recording.covers.exchange()
        try:
            recording.be_seen()
            with recording.threads():
                recording.run(stop, status)
                recording.flush(flush_s)
        finally:
            for condition in conditions:
                condition.close()
            recording.hand.close()
        recording.require_whole()
        status(recording.status("stopped", str(Reason.OK)))
        return recording.summary()


def purge_held(home: Path) -> int:
    """For leaving: delete all that is held in ``home``, and what was to be covered; returns how many segments it was.

    Raises :class:`Conflict` while a recorder runs here.
    """
    with only_recorder(home):
        covering.give_up(home)
        own_covers.forget(home)
        return Spool(home / SPOOL_NAME).purge()


def delete_held(home: Path, order: ErasureOrder) -> int:
    """Delete what is held in ``home`` and an order to erase reaches; returns how many segments it was.

    Raises :class:`Conflict` while a recorder runs here: it deletes them itself, once the vault has refused them.
    """
    with only_recorder(home):
        spool = Spool(home / SPOOL_NAME)
        spool.recover()
        return spool.erase(order)


class _Recording:
    """The parts of one recording, put together."""

    def __init__(
        self,
        home: Path,
        client: Client,
        source: Source,
        enrolment: Verified,
        conditions: Sequence[Condition],
        presence: "Presence | None",
        pulse: Pulse | None,
        may_send: Callable[[], bool],
        clock: Clock,
        segment_ns: int,
    ) -> None:
        self.home, self.source, self.clock = home, source, clock
        self.presence = presence
        device_key, boot = load_signing_key(home / DEVICE_KEY_NAME), boot_id()
        self.session_id = new_id(Kind.SESSION)
        self.spool = Spool(home / SPOOL_NAME)
        self.book = LeaseBook(boot)
        self.keeper = LeaseKeeper(
            client,
            self.book,
            consent=enrolment.consent,
            disclosure_sha256=enrolment.disclosure_sha256,
            lease_key=enrolment.disclosure.lease_key,
            clock=clock,
            boot_id=boot,
            known=KnownEpoch(home, enrolment.consent.person_id),
        )
        self.control = ControlStream(client, self.keeper)
        self.notices: NoticeKeeper | None = None
        if presence is not None:
            self.notices = NoticeKeeper(
                client,
                person_id=enrolment.consent.person_id,
                steward_keys=enrolment.enrolment.steward_keys,
                keyholder_key=enrolment.disclosure.keyholder_key,
                device_key=device_key,
                clock=clock,
                show=presence.tell,
            )
            presence.seen, self.keeper.told = self.notices.seen, self.notices.hinted
            self.control.look = self.notices.announced
        hold = presence.hold if presence is not None else Hold(0, clock=clock, boot_id=boot)
        self.uploader = Uploader(client, self.spool, hold=hold, may_send=may_send)
        self.covers = CoverHand(home, spool=self.spool, device_key=device_key)
        self.hand = Hand(
            home,
            spool=self.spool,
            hold=hold,
            uploader=self.uploader,
            clock=clock,
            hold_fixed=presence is None or presence.hold_fixed,
            told=presence.say if presence is not None else lambda _: None,
            covers=self.covers,
            taken_up=self._taken_up,
            exchanged=self._exchanged,
            mark=self._mark,
        )
        self._marks: deque[Arrival] = deque()
        self._disclosure = enrolment.disclosure
        self.inbox = Inbox(clock, lambda boot_ns: self.permitted(boot_ns).allowed)
        governor = Governor(home, enrolment.disclosure, clock, open_bytes=lambda: self.writer.open_bytes)
        self.chain = SegmentChain(
            self.session_id,
            enrolment,
            device_key=device_key,
            boot_id=boot,
            spool=self.spool,
            clock=clock,
            may_store=governor.may_store,
            covered=self.covers.covered,
        )
        self.keys = KeyKeeper(client, enrolment, home=home, seal_to=self.chain.seal_to)
        self.keeper.newest_key = self.keys.hinted
        self.writer = SessionWriter(
            self.chain,
            session_id=self.session_id,
            book=self.book,
            source=source,
            clock=clock,
            segment_ns=segment_ns,
            stored=self._stored,
        )
        self.oversight = Oversight(
            governor=governor,
            pulse=pulse,
            inbox=self.inbox,
            writer=self.writer,
            spool=self.spool,
            keeper=self.keeper,
            clock=clock,
        )
        self.paused_apps = PausedApps()
        self.conditions = [*conditions, self.oversight]
        self._begun = self._flowing = False
        self._started_ns, self._cpu_start_s = clock.boot_ns(), time.process_time()
        self._paused = self.hand.paused()
        self._machine = self._refused = first_refusal(self.conditions)
        self._refused_until_ns = clock.boot_ns()
        self._ended = threading.Event()
        self._told_s, self._told = float("-inf"), ("", "")
        self._lowered: tuple[str, ...] = ()

    def narrow_by(self, paused_apps: PausedApps) -> None:
        """These are what the capture leaves out besides."""
        self.paused_apps = paused_apps
        self.conditions.append(paused_apps)

    def permitted(self, boot_ns: int) -> Decision:
        """May what happened at ``boot_ns`` be kept? The person's own pause, this machine, the lease, the budget."""
        if self._paused:
            return no(Reason.PAUSED_BY_PERSON)
        if not self._machine.allowed:
            return self._machine
        if boot_ns <= self._refused_until_ns and not self._refused.allowed:
            return self._refused  # what happened then may be told only now: it waited to be judged
        lease = self.book.at(boot_ns)
        if lease.allowed and not self.paused_apps.left_out_all(self.book.paused_apps):
            return no(Reason.PAUSED_BY_STEWARD)  # the lease is newer than the capture
        if lease.allowed and self.book.least_key_epoch > self.chain.statement.key_epoch:
            return no(Reason.SEGMENT_OLD_KEY)  # there is a newer key, and it could not be fetched for too long
        if lease.allowed and self.book.bytes_left() <= self.spool.pending_bytes():
            return no(Reason.LEASE_BUDGET_SPENT)
        return lease

    def lower(self, why: Sequence[str]) -> None:
        """Less is told than was disclosed: say so to the person and in the recording."""
        self._lowered = tuple(why)
        if why:
            now_ns = self.clock.wall_ns()
            self.writer.leave_out(Marker(kind="suppressed", reason="detector_missing", start_ns=now_ns, end_ns=now_ns))

    def be_seen(self) -> None:
        """Show that this recorder runs, and take up what was wished for before it did."""
        for marker in self.hand.markers():
            self.writer.begin_anew(marker.reason, stretch=(marker.start_ns, marker.end_ns))
        if self.presence is not None:
            self.presence.start(self.hand)

    @contextmanager
    def threads(self) -> Iterator[None]:
        """The lease thread, the upload thread, and the watchdog's, which watches both, while inside."""
        bodies = {"lease": self.keeper.run, "control": self.control.run, "upload": self.uploader.run}
        threads = [threading.Thread(target=body, args=(self._ended,), name=name) for name, body in bodies.items()]
        threads.append(self.oversight.thread(tuple(threads), self._ended))
        # Not watched: neither what is told nor a newer key has a bearing on what is recorded.
        threads.append(threading.Thread(target=self.keys.run, args=(self._ended,), name="keys"))
        if self.notices is not None:
            threads.append(threading.Thread(target=self.notices.run, args=(self._ended,), name="notices"))
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._ended.set()
            self.control.close()
            self.keeper.nudged.set()
            self.keys.nudged.set()
            self.uploader.nudged.set()
            if self.notices is not None:
                self.notices.nudged.set()
            for thread in threads:
                thread.join()

    def run(self, stop: threading.Event, status: Callable[[RecorderStatus], None]) -> None:
        """Capture whenever that is permitted, until ``stop``; finish the last segment."""
        threading.Thread(target=self._ring, args=(stop,), name="end", daemon=True).start()
        try:
            while not stop.is_set() and self.source.failure() is None:
                decision = self._step()
                self._open_or_shut(decision)
                if decision.allowed and self._wants_whole():
                    self.source.request_whole_frame()
                self.oversight.step(recording=decision.allowed)
                self._tell(status, decision)
                if self.inbox.filled.wait(IDLE_S):
                    stop.wait(GATHER_S)
                self.inbox.filled.clear()
        finally:
            self.source.stop()
        self._step()
        self.writer.finish()

    def _ring(self, stop: threading.Event) -> None:
        """Whoever waits for the inbox hears of the end too."""
        stop.wait()
        self.inbox.filled.set()

    def _open_or_shut(self, decision: Decision) -> None:
        """Capture begins once it is permitted; where it can begin again, it ends as soon as it is not."""
        if decision.allowed and not self._flowing:
            self.source.start(self.inbox)
            self._begun = self._flowing = True
            self.oversight.watch(self.source)
        elif not decision.allowed and isinstance(self.source, Tap):
            if self._flowing:
                self._shut()
            if self.paused_apps.stale:
                self.source.renew()

    def _shut(self) -> None:
        self.oversight.watch(None)
        self._flowing = False
        self.source.stop()

    def _wants_whole(self) -> bool:
        live = self.presence is not None and self.presence.feed.wants_whole
        return self._flowing and (self.inbox.needs_whole or self.writer.needs_whole or live)

    def flush(self, limit_s: float) -> None:
        """Let the upload thread finish; give up early when the vault does not answer."""
        until_s = time.monotonic() + limit_s
        self.uploader.nudged.set()
        while self.uploader.next_s() == 0 and time.monotonic() < until_s and not self.uploader.counts.last_error:
            time.sleep(0.02)

    def require_whole(self) -> None:
        """Raise the source's own error if the capture ended by itself."""
        failure = self.source.failure()
        if failure is not None:
            raise failure if isinstance(failure, AboveboardError) else _broken(failure)

    def _look(self) -> Decision:
        """Is the person pausing, does every condition hold, and is recording permitted now?"""
        self.paused_apps.want(self.book.paused_apps)
        machine = first_refusal(self.conditions)
        if not machine.allowed:
            self._refused = machine
        if not (machine.allowed and self._machine.allowed):
            self._refused_until_ns = self.clock.boot_ns()
        self._machine = machine
        self.hand.take_in()
        self._fulfil()
        paused = self.hand.paused()
        if paused:
            self.keeper.held.set()
            self.book.end(no(Reason.PAUSED_BY_PERSON), boot_ns=self.clock.boot_ns(), drop=True)
        elif self._paused:
            self.keeper.held.clear()
            self.keeper.nudged.set()
        self._paused = paused
        return self.permitted(self.clock.boot_ns())

    def _fulfil(self) -> None:
        """Do what the person wishes; what they delete is marked, and nothing goes on from it."""

        def drop_open() -> None:
            for _ in self.inbox.take_all()[0]:
                self.writer.pass_over("discarded_by_person")
            self.writer.discard_open("discarded_by_person")

        marker = self.hand.fulfil(drop_open)
        if marker is not None:
            self.writer.begin_anew(marker.reason, stretch=(marker.start_ns, marker.end_ns))

    def _mark(self, task: Task) -> str:
        """Keep what the person says of a task, in its place among what happens; why not, in words."""
        wall_ns, boot_ns = self.clock.wall_ns(), self.clock.boot_ns()
        now = no(Reason.PAUSED_BY_PERSON) if self.hand.paused() else self.permitted(boot_ns)
        decision = may_mark(self._disclosure, task) if now.allowed else now
        if decision.allowed:
            self._marks.append(Arrival(Timed(wall_ns, task), wall_ns, boot_ns))
        return "" if decision.allowed else EXPLANATIONS[decision.reason].sentence

    def _keep_marks(self, until_ns: int) -> None:
        """Those up to ``until_ns`` (wall time), before which nothing else comes any more, unless they were deleted."""
        while self._marks and self._marks[0].wall_ns <= until_ns:
            mark = self._marks.popleft()
            if mark.boot_ns <= self.hand.discarded_until_boot_ns:
                continue
            self.writer.mark(mark)
            if self.presence is not None:
                self.presence.feed.take(mark.item)

    def _taken_up(self, anew: bool) -> None:
        """Something else is covered from now on: the next segment must not go on from a picture that shows it."""
        self.writer.restart_picture()
        if anew and self._flowing and isinstance(self.source, Tap):
            self._shut()

    def _exchanged(self, done: Exchanged) -> None:
        """What is held was covered: the chain goes on from what it is now."""
        if self.session_id in done.ends:
            self.chain.exchanged(*done.ends[self.session_id])

    def _stored(self) -> None:
        self.hand.stored()
        self.uploader.nudged.set()

    def _step(self) -> Decision:
        """Look whether recording is permitted, take what arrived meanwhile if it is, close what is due."""
        decision = self._look()
        # Read before taking: everything earlier is then in what is taken.
        decided_ns, settled_ns = self.source.decided_ns(), self.source.settled_ns()
        self.writer.know(settled_ns, decided_ns)
        arrivals, overload = self.inbox.take_all()
        if overload is not None:
            self.writer.overloaded(overload)
        feed = self.presence.feed if self.presence is not None else None
        stopped = self._paused or not self._machine.allowed
        why = MARKED_AS.get(decision.reason, "no_lease") if stopped else "discarded_by_person"
        if stopped:
            self._marks.clear()
        while arrivals:
            arrival = arrivals.popleft()
            self._keep_marks(arrival.wall_ns)
            if stopped or arrival.boot_ns <= self.hand.discarded_until_boot_ns:
                self.writer.pass_over(why)  # the watchdog counts what came of each
                continue
            self.writer.take(arrival)
            if feed is not None:
                feed.take(arrival.item)
        self._keep_marks(settled_ns)
        if decision.allowed:
            self.writer.tick(settled_ns, decided_ns)
        elif self._begun:
            if feed is not None:
                feed.forget()
            self.writer.interrupt(MARKED_AS.get(decision.reason, "no_lease"), drop=self._paused)
        return decision

    def _tell(self, status: Callable[[RecorderStatus], None], decision: Decision) -> None:
        """Report once a second, and whenever the answer to "am I being recorded?" changes."""
        reason, asked = str(decision.reason), self.keeper.reason
        if not decision.allowed and (asked.startswith("consent:") or not reason.startswith("pause:")):
            reason = asked if asked != Reason.OK else reason  # that the person has left outweighs their pause
        paused = reason.startswith("pause:")
        state: State = "recording" if decision.allowed else "paused" if paused else "waiting"
        now_s = time.monotonic()
        if now_s - self._told_s >= STATUS_S or (state, reason) != self._told:
            self._told_s, self._told = now_s, (state, reason)
            facts = self.status(state, reason, why=decision.detail if reason == Reason.PAUSED_BY_STEWARD else "")
            if self.presence is not None:
                self.presence.show(facts)
            status(facts)

    def status(self, state: State, reason: str, *, why: str = "") -> RecorderStatus:
        """How things stand."""
        error = self.keeper.error
        return RecorderStatus(
            state=state,
            reason=reason,
            seconds=self._seconds(),
            events=self.writer.events,
            frames=self.writer.frames,
            segments=self.chain.sequence,
            sealed_bytes=self.chain.sealed_bytes,
            spooled_bytes=self.spool.pending_bytes(),
            uploaded=self.uploader.counts.uploaded,
            refused=self.uploader.counts.refused,
            cpu_s=time.process_time() - self._cpu_start_s,
            error=error.what if error is not None else self.uploader.counts.last_error,
            problems=(*self._lowered, *self.oversight.problems),
            pace=self.oversight.pace,
            why=why,
            paused_apps=tuple(sorted(self.paused_apps.wanted)),
        )

    def summary(self) -> RecordingSummary:
        """What became of it all."""
        return RecordingSummary(
            session_id=self.session_id,
            seconds=self._seconds(),
            events=self.writer.events,
            frames=self.writer.frames,
            segments=self.chain.sequence,
            sealed_bytes=self.chain.sealed_bytes,
            uploaded=self.uploader.counts.uploaded,
            spooled_bytes=self.spool.pending_bytes(),
            refused=self.uploader.counts.refused,
            cpu_s=time.process_time() - self._cpu_start_s,
            dropped=dict(self.writer.dropped),
        )

    def _seconds(self) -> float:
        return (self.clock.boot_ns() - self._started_ns) / SECOND_NS


def _broken(failure: Exception) -> Unavailable:
    return Unavailable(
        "the capture ended by itself",
        cause=f"{type(failure).__name__}: the display closed, or a fault of the software",
        fix="what was recorded until then is sealed; record again, and report this if it happens twice",
    )
