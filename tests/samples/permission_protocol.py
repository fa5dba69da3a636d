"""One device of a person's, with its clocks and its network, and what was truly permitted, written down independently.

The recorder's own lease book, keeper, inbox, session, chain, spool and uploader; the vault's own code. Between them a
network that can be told to lose, delay, repeat and play back.
"""

import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event as Flag
from types import SimpleNamespace

import msgspec

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import AboveboardError, Unavailable
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import disclosure as disclosures
from aboveboard.formats import envelope
from aboveboard.formats import key_statement as statements
from aboveboard.formats.lease import Lease
from aboveboard.formats.recording import Key, Timed
from aboveboard.formats.segment import SegmentManifest
from aboveboard.recorder.chain import SegmentChain
from aboveboard.recorder.enrolment import Verified
from aboveboard.recorder.inbox import Inbox
from aboveboard.recorder.known_epoch import KnownEpoch
from aboveboard.recorder.lease import LeaseBook, LeaseKeeper
from aboveboard.recorder.session import SessionWriter
from aboveboard.recorder.spool import Spool
from aboveboard.recorder.upload import Uploader
from aboveboard.wire.pieces import Pieces
from samples.segments import items_of
from samples.synthetic_source import SyntheticSource, key
from samples.vault_world import Participant, VaultWorld, lease_of

DRIFT_LIMIT = 1 / 5000
"""How much faster or slower a boot clock may run (200 ppm); moments are told apart to within a lease of that."""
SLACK_NS = int(15 * SECOND_NS * DRIFT_LIMIT) + 1
LEASE_NS = 15 * SECOND_NS
NEVER = 2**63


@dataclass
class DeviceClock:
    """A device's clocks: the boot clock runs a little fast or slow; the wall clock jumps when it is set."""

    world: VaultWorld
    parts_per_million: int = 0
    set_ns: int = 0
    started_ns: int = 0

    def boot_ns(self) -> int:
        passed = self.world.clock.wall - self.started_ns
        return 100 * SECOND_NS + passed + passed * self.parts_per_million // 1_000_000

    def monotonic_ns(self) -> int:
        return self.boot_ns()

    def wall_ns(self) -> int:
        return self.world.clock.wall + self.set_ns


@dataclass
class Network:
    """The way from one device to the vault and back. ``down``: nothing arrives. ``on_the_way`` and ``on_the_way_back``
    happen while the next request or its answer travels; ``lose_answers``: how many answers are lost."""

    world: VaultWorld
    who: Participant
    clock: DeviceClock
    down: bool = False
    lose_answers: int = 0
    repeat: bool = False
    on_the_way: Callable[[], None] | None = None
    on_the_way_back: Callable[[], None] | None = None
    play_back: bytes | None = None
    answers: list[bytes] = field(default_factory=list)

    def post(self, path: str, body: bytes) -> bytes:
        return self._ask("POST", path, body)

    def put(self, path: str, body: Pieces) -> bytes:
        return self._ask("PUT", path, b"".join(body))

    def _ask(self, method: str, path: str, body: bytes) -> bytes:
        if self.down:
            raise Unavailable("there is no network")
        before, self.on_the_way = self.on_the_way, None
        back, self.on_the_way_back = self.on_the_way_back, None
        dated_ns = self.clock.wall_ns()
        if before is not None:
            before()
        if self.play_back is not None and path == "/v1/leases":
            played, self.play_back = self.play_back, None
            return played
        for _ in range(1 + self.repeat):
            answer = self.world.ask_dated(self.who.device_key, method, path, body, now_ns=dated_ns)
        if path == "/v1/leases":
            self.answers.append(answer)
        if back is not None:
            back()
        if self.lose_answers:
            self.lose_answers -= 1
            raise Unavailable("the answer was lost")
        return answer


class Device:
    """An honest recorder without a display: what a person does on it are keys, each with a name of its own."""

    def __init__(self, world: VaultWorld, who: Participant, home: Path, *, parts_per_million: int) -> None:
        self.world, self.who, self.home = world, who, home
        home.mkdir(mode=0o700, parents=True)
        self.clock = DeviceClock(world, parts_per_million, started_ns=world.clock.wall - 50 * SECOND_NS)
        self.network = Network(world, who, self.clock)
        self.typed: dict[str, int] = {}
        """When each key was truly pressed."""
        self.paused_here = False
        self.start()

    def start(self) -> None:
        """Start the machine and the recorder: another boot, another session; the spool is as it was."""
        self.boot_id = str(uuid.uuid4())
        self.clock.started_ns = self.world.clock.wall - 50 * SECOND_NS
        verified = self._verified()
        self.book = LeaseBook(self.boot_id)
        self.keeper = LeaseKeeper(
            self.network,  # type: ignore[arg-type]
            self.book,
            consent=verified.consent,
            lease_key=self.world.vault.key.public,
            clock=self.clock,
            boot_id=self.boot_id,
            known=KnownEpoch(self.home, self.who.person_id),
        )
        self.spool = Spool(self.home / "spool")
        self.spool.recover()
        self.uploader = Uploader(self.network, self.spool)  # type: ignore[arg-type]
        self.inbox = Inbox(self.clock, lambda boot_ns: not self.paused_here and self.book.at(boot_ns).allowed)
        session_id = new_id(Kind.SESSION)
        chain = SegmentChain(
            session_id,
            verified,
            device_key=self.who.device_key,
            boot_id=self.boot_id,
            spool=self.spool,
            clock=self.clock,
        )
        self.writer = SessionWriter(
            chain,
            session_id=session_id,
            book=self.book,
            source=SyntheticSource(clock=self.clock),
            clock=self.clock,
            segment_ns=5 * SECOND_NS,
            stored=lambda: None,
        )

    def _verified(self) -> Verified:
        with self.world.vault.records.read() as tx:
            disclosed, person = tx.disclosure(self.who.disclosure_sha256), tx.person(self.who.person_id)
        assert disclosed is not None
        assert person is not None
        return Verified(
            SimpleNamespace(),  # type: ignore[arg-type]
            disclosures.decode(envelope.decode(disclosed.envelope.encode()).body()),
            self.who.disclosure_sha256,
            self.world.receipt(self.who),
            statements.decode(envelope.decode(person.key_statement.encode()).body()),
        )

    def type(self) -> str:
        """The person presses a key, just now; the source tells of it when :meth:`tell` says so."""
        name = f"key {len(self.typed)}"
        self.typed[name] = self.world.clock.wall
        return name

    def tell(self, name: str) -> None:
        """The source tells of a key; late, if it was pressed long ago."""
        self.inbox.event(Timed(self.typed[name] + self.clock.set_ns, msgspec.structs.replace(key("k"), name=name)))

    def step(self) -> None:
        """What the recorder's thread does ten times a second."""
        arrivals, _ = self.inbox.take_all()
        for arrival in arrivals:
            self.writer.take(arrival)
        if not self.paused_here and self.book.at(self.clock.boot_ns()).allowed:
            self.writer.tick(self.clock.wall_ns(), self.clock.wall_ns())
        else:
            self.writer.interrupt("no_lease")

    def upload(self) -> None:
        """Whatever waits, as far as the network lets it."""
        with suppress(AboveboardError):
            self.uploader.upload_all(Flag())

    def keys_in(self, sealed: bytes) -> list[str]:
        """The names of the keys in a segment."""
        items = items_of(sealed, self.who.identity)
        return [each.event.name for each in items if isinstance(each, Timed) and isinstance(each.event, Key)]

    def leases(self) -> list[tuple[str, Lease]]:
        """Every lease that ever came to this device, as text and read."""
        return [(text.decode(), lease_of(envelope.decode(text))) for text in self.network.answers]


@dataclass
class Span:
    """From when until before when, in true time."""

    at_ns: int
    until_ns: int = NEVER
    app: str = ""

    def touches(self, start_ns: int, end_ns: int) -> bool:
        return self.at_ns <= end_ns and start_ns < self.until_ns


@dataclass
class Truth:
    """What was permitted of one person, and when. It knows nothing of how any of it is enforced."""

    consents: dict[str, Span] = field(default_factory=dict)
    """By the consent's id; ``until_ns``: withdrawn, or everything erased."""
    disclosed: dict[str, Span] = field(default_factory=dict)
    """By the disclosure's hash: while it was the newest."""
    pauses: dict[str, Span] = field(default_factory=dict)

    def at(self, moment_ns: int) -> list[str]:
        """What speaks against recording at this true moment."""
        against = [f"pause {name}" for name, each in self.pauses.items() if not each.app and _within(moment_ns, each)]
        if not any(_within(moment_ns, each) for each in self.consents.values()):
            against.append("no consent")
        return against

    def manifest(self, manifest: SegmentManifest, leases: list[Lease], *, now_ns: int) -> list[str]:
        """What speaks against taking in what a manifest claims, by what the vault itself had signed."""
        consent = self.consents.get(manifest.consent_id)
        against = [] if consent is not None and now_ns < consent.until_ns else ["the consent has ended"]
        uncovered = [(manifest.start_boot_ns, manifest.end_boot_ns + 1)]
        for lease in leases:
            if (lease.boot_id, lease.device_id, lease.consent_id, lease.disclosure_sha256) == (
                manifest.boot_id,
                manifest.device_id,
                manifest.consent_id,
                manifest.disclosure_sha256,
            ):
                uncovered = [
                    left for part in uncovered for left in _without(part, lease.boot_ns, lease.boot_ns + LEASE_NS)
                ]
        if uncovered:
            against.append("no lease covers all of it")
        for lease in leases:
            start_ns = manifest.start_boot_ns - lease.boot_ns + lease.server_ns
            end_ns = manifest.end_boot_ns - lease.boot_ns + lease.server_ns
            for name, each in self.pauses.items():
                if each.touches(start_ns, end_ns) and (not each.app or each.app not in lease.paused_apps):
                    against.append(f"pause {name}")
            if not _within(end_ns, self.disclosed[manifest.disclosure_sha256]):
                against.append("its disclosure was not the newest")
        return against


def _within(moment_ns: int, span: Span) -> bool:
    return span.at_ns <= moment_ns < span.until_ns


def _without(part: tuple[int, int], start: int, end: int) -> list[tuple[int, int]]:
    """What is left of ``part`` (from, until before) without another stretch."""
    return [each for each in ((part[0], min(part[1], start)), (max(part[0], end), part[1])) if each[0] < each[1]]
