"""The recorder's parts on a clock that moves only when told, without threads, network or display."""

from pathlib import Path

from aboveboard.base.clock import MILLISECOND_NS, SECOND_NS, ManualClock
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import disclosure, envelope
from aboveboard.formats import lease as leases
from aboveboard.formats.lease import Lease
from aboveboard.formats.mcap_file import Item
from aboveboard.formats.recording import STANDING, Event, Marker, Session, Timed
from aboveboard.formats.segment import SegmentManifest
from aboveboard.recorder.capture.port import Frame
from aboveboard.recorder.chain import SegmentChain
from aboveboard.recorder.inbox import Inbox
from aboveboard.recorder.lease import Checked, LeaseBook
from aboveboard.recorder.session import SessionWriter
from aboveboard.recorder.spool import Spool
from samples.recorder_world import Participant
from samples.segments import items_of
from samples.synthetic_source import SyntheticSource

BOOT = "00000000-0000-0000-0000-000000000001"
SEGMENT_NS = 5 * SECOND_NS
VAULT_AHEAD_NS = ManualClock().wall - ManualClock().boot
"""The vault's clock goes on, whatever is done to this machine's wall clock."""


class Bench:
    """Everything between the sink and the spool."""

    def __init__(self, home: Path) -> None:
        self.who = Participant()
        self.verified = self.who.settle(home)
        self.clock = ManualClock()
        self.source = SyntheticSource(clock=self.clock)
        self.book = LeaseBook(BOOT)
        self.spool = Spool(home / "spool")
        self.inbox = Inbox(self.clock, lambda boot_ns: self.book.at(boot_ns).allowed)
        self.session_id = new_id(Kind.SESSION)
        self.chain = SegmentChain(
            self.session_id,
            self.verified,
            device_key=self.who.device,
            boot_id=BOOT,
            spool=self.spool,
            clock=self.clock,
        )
        self.writer = SessionWriter(
            self.chain,
            session_id=self.session_id,
            book=self.book,
            source=self.source,
            clock=self.clock,
            segment_ns=SEGMENT_NS,
            stored=lambda: None,
        )

    @property
    def decided_ns(self) -> int:
        """Before this wall time all keys have been told."""
        return self.clock.wall_ns()

    def grant(self, *, duration_s: float = 15, epoch: int = 0, asked_ago_ns: int = 0) -> Lease:
        lease = Lease(
            lease_id=new_id(Kind.LEASE),
            device_id=self.who.device_id,
            person_id=self.who.person_id,
            consent_id=self.verified.consent.consent_id,
            disclosure_sha256=disclosure.digest(disclosure.encode(self.who.disclosure())),
            epoch=epoch,
            boot_id=BOOT,
            boot_ns=self.clock.boot_ns() - asked_ago_ns,
            duration_ns=int(duration_s * SECOND_NS),
            server_ns=VAULT_AHEAD_NS + self.clock.boot_ns(),
            nonce="0" * 32,
            bytes_left=10**9,
        )
        signed = self.who.vault.sign(leases.PAYLOAD_TYPE, leases.encode(lease))
        self.book.add(Checked(lease, envelope.encode(signed).decode()))
        return lease

    def event(self, event: Event, *, late_ms: int = 0) -> int:
        """Deliver ``event``, which happened ``late_ms`` ago; returns its wall time."""
        time_ns = self.clock.wall_ns() - late_ms * MILLISECOND_NS
        self.inbox.event(Timed(time_ns, event))
        return time_ns

    def frame(self, frame: Frame) -> None:
        self.inbox.frame(frame)

    def step(self) -> None:
        """What the recorder's thread does ten times a second."""
        settled_ns = self.clock.wall_ns()
        arrivals, overload = self.inbox.take_all()
        if overload is not None:
            self.writer.overloaded(overload)
        for arrival in arrivals:
            self.writer.take(arrival)
        if self.book.at(self.clock.boot_ns()).allowed:
            self.writer.tick(settled_ns, min(settled_ns, self.decided_ns))
        else:
            self.writer.interrupt("no_lease")

    def pass_time(self, seconds: float) -> None:
        """Let time pass, a tenth of a second at a time."""
        for _ in range(round(seconds * 10)):
            self.clock.advance(SECOND_NS // 10)
            self.step()

    def segments(self) -> list[tuple[SegmentManifest, list[Item]]]:
        """What is in the spool, opened."""
        return [(held.manifest, items_of(held.sealed(), self.who.identity)) for held in self.spool.held()]

    def kept(self) -> list[Timed]:
        """Every event kept, without what the recorder itself adds to a segment."""
        events = [item for _, items in self.segments() for item in items if isinstance(item, Timed)]
        return [item for item in events if not isinstance(item.event, (Session, Marker, *STANDING))]

    def markers(self) -> list[Marker]:
        events = [item for _, items in self.segments() for item in items if isinstance(item, Timed)]
        return [item.event for item in events if isinstance(item.event, Marker)]
