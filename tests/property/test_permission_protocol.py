"""Whatever happens, in any order: nothing is taken in that a live consent, lease and disclosure did not cover.

Two people, an honest recorder each, which is also imitated by a modified one with the same key; one vault. What was
permitted is written down by ``samples.permission_protocol.Truth``, which asks none of the rules. And whoever may record
does get everything taken in: at the end of each story the network works again, pauses end, and a key must arrive.

``ABOVEBOARD_EXAMPLES=2000`` plays more stories than the ordinary run.
"""

import dataclasses
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import AboveboardError
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import envelope, erasure, segment
from aboveboard.formats.erasure import ErasureOrder
from aboveboard.formats.segment import SegmentManifest
from aboveboard.recorder.lease import LeaseBook
from aboveboard.rules.decision import Reason, no
from aboveboard.sealing.signatures import SigningKey
from aboveboard.vault.api import intake
from aboveboard.vault.storage.objects import name_of_segment
from aboveboard.wire import problem
from aboveboard.wire.request_signing import sign_headers
from samples.permission_protocol import DRIFT_LIMIT, NEVER, SLACK_NS, Device, Span, Truth
from samples.segments import sealed_segment
from samples.vault_world import BROWSER, URL, Participant, VaultWorld, lease_of

EXAMPLES = int(os.environ.get("ABOVEBOARD_EXAMPLES", "15"))
STEPS = 30
MEMORY = "/dev/shm" if os.path.isdir("/dev/shm") else None
"""Thousands of small files that nobody keeps."""
SCOPES = ("person", "everyone", "cohort", "country", "application")
APP = BROWSER.wm_class.casefold()


class DatedWorld(VaultWorld):
    """Requests carry the date of the device that sends them. ``versions``: the disclosures so far."""

    versions: list[str]

    def ask_dated(self, key: SigningKey, method: str, path: str, body: bytes, *, now_ns: int) -> bytes:
        headers = sign_headers(method, URL + path, body, key, now_ns=now_ns)
        answer = self.http.request(method, path, content=body, headers=headers)
        if answer.is_success:
            return answer.content
        raise problem.to_error(answer.status_code, answer.content)


class Protocol(RuleBasedStateMachine):
    """One story. The vault and its records go on from story to story; the people are new."""

    world: DatedWorld
    versions: list[str]

    def __init__(self) -> None:
        super().__init__()
        world = self.world
        world.clock.advance(20 * SECOND_NS)
        self.home = Path(tempfile.mkdtemp(dir=MEMORY))
        self.versions_seen = len(self.versions)
        cohort = f"c{world.clock.wall}"
        self.people: list[Participant] = [world.ready(cohort=cohort) for _ in range(2)]
        self.cohort = cohort
        self.truths = [Truth(), Truth()]
        for who, truth in zip(self.people, self.truths, strict=True):
            truth.consents[who.consent_id] = Span(world.clock.wall)
            truth.disclosed[who.disclosure_sha256] = Span(0)
        drift = int(DRIFT_LIMIT * 1_000_000)
        self.devices = [
            Device(world, who, self.home / str(number), parts_per_million=[drift, -drift][number])
            for number, who in enumerate(self.people)
        ]
        self.lasting: dict[str, tuple[str, list[int]]] = {}
        """Pauses that last: who made each, and whom it concerns."""
        self.ended: list[tuple[SigningKey, str]] = []
        self.accepted: dict[str, list[str]] = {}
        self.known: set[str] = set()
        self.claimed: set[str] = set()

    # Time

    def pass_time(self, seconds: float) -> None:
        self.world.clock.advance(int(seconds * SECOND_NS))

    @rule(seconds=st.sampled_from([0.05, 0.4, 1.0, 3.0, 5.5]))
    def wait(self, seconds: float) -> None:
        self.pass_time(seconds)
        for device in self.devices:
            device.step()

    @rule(seconds=st.sampled_from([16.0, 90.0, 8 * 3600.0]))
    def sleep(self, seconds: float) -> None:
        """Both machines are suspended, while the vault and its people are not."""
        self.pass_time(seconds)

    # What a person does at the machine, and the honest recorder

    @rule(number=st.integers(0, 1), ago=st.sampled_from([0.0, 0.0, 0.2, 1.5]))
    def type(self, number: int, ago: float) -> None:
        """A key is pressed; it is told ``ago`` seconds later."""
        device = self.devices[number]
        name = device.type()
        self.pass_time(ago)
        device.tell(name)
        device.step()

    @rule(number=st.integers(0, 1))
    def ask(self, number: int) -> None:
        self.devices[number].keeper.ask()
        self.devices[number].step()

    @rule(number=st.integers(0, 1), better=st.booleans(), send=st.booleans())
    def work(self, number: int, better: bool, send: bool) -> None:
        """The ordinary course of things: a lease, some keys, a segment, and off it goes."""
        device = self.devices[number]
        if better:
            self._get_better(number)
        device.keeper.ask()
        for _ in range(3):
            device.tell(device.type())
            self.pass_time(2)
            device.step()
        if send:
            self.upload(number)

    def _get_better(self, number: int) -> None:
        """This person's network and clock work, nobody pauses them, and they agree to what is disclosed."""
        device, who = self.devices[number], self.people[number]
        device.network.down, device.clock.set_ns, device.paused_here = False, 0, False
        for name, (_, concerned) in list(self.lasting.items()):
            if number in concerned:
                self._resume(name)
        if self.truths[number].consents[who.consent_id].until_ns != NEVER or who.disclosure_sha256 != self._current():
            self.agree_anew(number)

    @rule(
        number=st.integers(0, 1),
        out=st.sampled_from([0.0, 0.5, 4.0, 9.0]),
        back=st.sampled_from([0.0, 0.5, 4.0]),
        meanwhile=st.sampled_from(["", "pause", "resume", "resume", "withdraw", "disclose"]),
        when=st.sampled_from(["out", "back"]),
        lost=st.booleans(),
    )
    def ask_over_a_slow_network(
        self, number: int, out: float, back: float, meanwhile: str, when: str, lost: bool
    ) -> None:
        """Something happens while the request or its answer travels; keys pressed meanwhile are told after."""
        device = self.devices[number]
        if meanwhile == "resume":
            self._get_better(number)
            self.steward_pauses("person", number)
            self.pass_time(0.1)
        pressed: list[str] = []

        def travel(seconds: float, something: bool) -> None:
            pressed.append(device.type())
            self.pass_time(seconds)
            pressed.append(device.type())
            if something:
                self._something(meanwhile, number)
            self.pass_time(0.01)
            pressed.append(device.type())

        device.network.on_the_way = lambda: travel(out, when == "out")
        device.network.on_the_way_back = lambda: travel(back, when == "back")
        device.network.lose_answers = int(lost)
        device.keeper.ask()
        device.network.on_the_way = device.network.on_the_way_back = None
        device.network.lose_answers = 0
        for name in pressed:
            device.tell(name)
        device.step()

    @rule(
        number=st.integers(0, 1),
        meanwhile=st.sampled_from(["", "pause", "withdraw", "disclose"]),
        seconds=st.sampled_from([4, 8, 18]),
        asleep=st.booleans(),
    )
    def cut_off_meanwhile(self, number: int, meanwhile: str, seconds: int, asleep: bool) -> None:
        """The recorder has a lease and hears nothing; when the network is back, it sends before it asks."""
        device = self.devices[number]
        self._get_better(number)
        device.keeper.ask()
        self.work(number, better=False, send=False)
        device.network.down = True
        self._something(meanwhile, number)
        if asleep:
            self.pass_time(6)
        for _ in range(seconds):
            device.tell(device.type())
            self.pass_time(1)
            device.keeper.ask()
            device.step()
        device.network.down = False
        self.upload(number)

    def _something(self, what: str, number: int) -> None:
        if what == "pause":
            self.steward_pauses("person", number)
        elif what == "resume":
            for pause_id in list(self.lasting):
                self._resume(pause_id)
        elif what == "withdraw":
            self.withdraw(number)
        elif what == "disclose":
            self.disclose(wider=False)

    @rule(number=st.integers(0, 1))
    def an_old_answer_is_played_back(self, number: int) -> None:
        device = self.devices[number]
        if device.network.answers:
            device.network.play_back = device.network.answers[-1]
            device.keeper.ask()
            device.network.play_back = None

    @rule(number=st.integers(0, 1))
    def upload(self, number: int) -> None:
        self.devices[number].upload()
        self.look()

    @rule(number=st.integers(0, 1), lost=st.integers(1, 2))
    def upload_while_answers_are_lost(self, number: int, lost: int) -> None:
        device = self.devices[number]
        device.network.lose_answers, device.network.repeat = lost, True
        device.upload()
        device.network.lose_answers, device.network.repeat = 0, False
        self.look()

    @rule(number=st.integers(0, 1))
    def cut(self, number: int) -> None:
        """The network of one goes, or comes back."""
        self.devices[number].network.down = not self.devices[number].network.down

    @rule(number=st.integers(0, 1), seconds=st.sampled_from([-7200, -20, 3, 7200]))
    def set_wall_clock(self, number: int, seconds: int) -> None:
        self.devices[number].clock.set_ns += seconds * SECOND_NS

    @rule(number=st.integers(0, 1), properly=st.booleans())
    def restart_machine(self, number: int, properly: bool) -> None:
        device = self.devices[number]
        if properly:
            device.writer.finish()
        self.pass_time(60)
        device.start()

    @rule()
    def restart_vault(self) -> None:
        self.world.close()
        self.world.clock.advance(SECOND_NS)
        self.world.open()

    # Pauses, leaving, disclosures

    @rule(number=st.integers(0, 1), told=st.booleans(), lasts=st.sampled_from([None, 7]))
    def person_pauses(self, number: int, told: bool, lasts: int | None) -> None:
        """On the machine at once; the vault hears of it unless the network is down."""
        who, device = self.people[number], self.devices[number]
        device.paused_here = True
        device.book.end(no(Reason.PAUSED_BY_PERSON), boot_ns=device.clock.boot_ns(), drop=True)
        device.step()
        if told:
            until = None if lasts is None else self.world.clock.wall + lasts * SECOND_NS
            name = self.world.pause(who.person_key, by="person", person_id=who.person_id, until_ns=until)
            self._paused(name, "person", [number], until)

    @rule(number=st.integers(0, 1))
    def person_resumes(self, number: int) -> None:
        for name, (by, concerned) in list(self.lasting.items()):
            if by == "person" and concerned == [number]:
                self._resume(name)
        self.devices[number].paused_here = False

    @rule(scope=st.sampled_from(SCOPES), number=st.integers(0, 1))
    def steward_pauses(self, scope: str, number: int) -> None:
        words: dict[str, Any] = {
            "person": {"person_id": self.people[number].person_id},
            "everyone": {},
            "cohort": {"cohort": self.cohort},
            "country": {"country": "DE"},
            "application": {"wm_class": BROWSER.wm_class},
        }[scope]
        name = self.world.pause(
            self.world.key("stella"), by="steward", reason="an exercise", **({"person_id": None} | words)
        )
        app = APP if scope == "application" else ""
        self._paused(name, "steward", [number] if scope == "person" else [0, 1], None, app)

    def _paused(self, name: str, by: str, concerned: list[int], until: int | None, app: str = "") -> None:
        for number in concerned:
            span = Span(self.world.clock.wall, app=app)
            if until is not None:
                span.until_ns = until
            self.truths[number].pauses[name] = span
        self.lasting[name] = (by, concerned)

    @precondition(lambda self: self.lasting)
    @rule(data=st.data())
    def somebody_ends_a_pause(self, data: st.DataObject) -> None:
        """Who made it ends it; anybody else is refused, and nothing changes."""
        name = data.draw(st.sampled_from(sorted(self.lasting)))
        wrong = self.world.key("stella") if self.lasting[name][0] == "person" else self.people[0].person_key
        with suppress(AboveboardError):
            self.world.resume(wrong, name)
        if data.draw(st.booleans()):
            self._resume(name)

    def _resume(self, name: str) -> None:
        by, concerned = self.lasting.pop(name)
        signer = self.world.key("stella") if by == "steward" else self.people[concerned[0]].person_key
        self.world.resume(signer, name)
        self.ended.append((signer, name))
        for number in concerned:
            span = self.truths[number].pauses[name]
            span.until_ns = min(span.until_ns, self.world.clock.wall)

    @precondition(lambda self: self.ended)
    @rule(which=st.integers(0, 9))
    def the_end_of_a_pause_comes_again(self, which: int) -> None:
        self.world.resume(*self.ended[which % len(self.ended)])

    @rule(number=st.integers(0, 1))
    def withdraw(self, number: int) -> None:
        who = self.people[number]
        self.world.withdraw(who)
        span = self.truths[number].consents[who.consent_id]
        span.until_ns = min(span.until_ns, self.world.clock.wall)

    @rule(number=st.integers(0, 1))
    def agree_anew(self, number: int) -> None:
        """To the current disclosure; what is recorded is begun anew, and what was held under the old one is let go."""
        who, truth = self.people[number], self.truths[number]
        if "erased" in truth.pauses:
            return
        self.devices[number].writer.finish()
        self.world.agree(who, self._current())
        truth.consents[who.consent_id] = Span(self.world.clock.wall)
        self.devices[number].start()

    @rule(wider=st.booleans())
    def disclose(self, wider: bool) -> None:
        """A newer disclosure, for more days or as it was."""
        days = 30 + len(self.versions) if wider else self._days
        type(self)._days = days
        before = self._current()
        sha256 = self.world.disclose(version=len(self.versions) + 1, retention_days=days)
        self.versions.append(sha256)
        for truth in self.truths:
            truth.disclosed.setdefault(before, Span(0)).until_ns = self.world.clock.wall
            truth.disclosed[sha256] = Span(self.world.clock.wall)

    _days = 30

    def _current(self) -> str:
        return self.versions[-1]

    @rule(number=st.integers(0, 1))
    @precondition(lambda self: len(self.accepted) > 0)
    def erase(self, number: int) -> None:
        who, truth = self.people[number], self.truths[number]
        if "erased" in truth.pauses:
            return
        order = ErasureOrder(erasure_id=new_id(Kind.ERASURE), person_id=who.person_id, at_ns=self.world.clock.wall)
        self.world.post(who.person_key, "/v1/erasures", who.person_key.sign(erasure.ORDER_TYPE, erasure.encode(order)))
        truth.pauses["erased"] = Span(self.world.clock.wall)
        for span in truth.consents.values():
            span.until_ns = min(span.until_ns, self.world.clock.wall)

    # A modified recorder: the same key, no rules

    @rule(number=st.integers(0, 1), data=st.data())
    def modified_recorder_claims(self, number: int, data: st.DataObject) -> None:
        """Any stretch, under any leases that ever came, in anybody's name."""
        device, who = self.devices[number], self.people[number]
        came = device.leases() + self.devices[1 - number].leases()
        if not came:
            return
        picked = data.draw(st.lists(st.integers(0, len(came) - 1), min_size=1, max_size=3))
        chosen = [came[each] for each in picked]
        anchor = chosen[0][1]
        start = anchor.boot_ns + int(data.draw(st.sampled_from([-1.0, 0.0, 1.0, 14.0, 16.0])) * SECOND_NS)
        end = start + int(data.draw(st.sampled_from([0.0, 1.0, 10.0, 20.0])) * SECOND_NS)
        name = self.people[data.draw(st.integers(0, 1))]
        self._send(
            number,
            chosen=[text for text, _ in chosen],
            start=max(start, 0),
            end=max(end, 0),
            boot_id=anchor.boot_id,
            person_id=name.person_id,
            device_id=[who.device_id, name.device_id][data.draw(st.integers(0, 1))],
            consent_id=[anchor.consent_id, who.consent_id][data.draw(st.integers(0, 1))],
            disclosure_sha256=[anchor.disclosure_sha256, self._current()][data.draw(st.integers(0, 1))],
        )

    @rule(
        number=st.integers(0, 1),
        ahead=st.sampled_from([-30, 0, 0, 10, 3600]),
        lasting=st.sampled_from([1, 9]),
        meanwhile=st.sampled_from(["", "pause", "withdraw", "disclose"]),
    )
    def modified_recorder_asks_and_records_on(self, number: int, ahead: int, lasting: int, meanwhile: str) -> None:
        """It asks, perhaps with another boot clock than its own, and claims what followed, whatever happened."""
        device, who = self.devices[number], self.people[number]
        self._get_better(number)
        boot_ns = device.clock.boot_ns() + ahead * SECOND_NS
        with suppress(AboveboardError):
            signed = self.world.lease(who, boot_id=device.boot_id, boot_ns=boot_ns)
            device.network.answers.append(envelope.encode(signed))
            lease = lease_of(signed)
            self.pass_time(1)
            self._something(meanwhile, number)
            self.pass_time(lasting)
            self._send(
                number,
                chosen=[envelope.encode(signed).decode()],
                start=boot_ns,
                end=boot_ns + lasting * SECOND_NS,
                boot_id=device.boot_id,
                person_id=who.person_id,
                device_id=who.device_id,
                consent_id=lease.consent_id,
                disclosure_sha256=lease.disclosure_sha256,
            )

    def _send(self, number: int, *, chosen: list[str], start: int, end: int, **words: str) -> None:
        who = self.people[number]
        sealed = sealed_segment(b"not from this recorder", [who.identity.recipient, who.keyholder_recipient])
        manifest = SegmentManifest(
            segment_id=new_id(Kind.SEGMENT),
            session_id=new_id(Kind.SESSION),
            sequence=0,
            key_epoch=0,
            start_boot_ns=start,
            end_boot_ns=end,
            start_wall_ns=self.world.clock.wall,
            end_wall_ns=self.world.clock.wall,
            leases=chosen,
            size_bytes=len(sealed),
            sha256=hashlib.sha256(sealed).hexdigest(),
            **words,
        )
        self.claimed.add(manifest.segment_id)
        signed = who.device_key.sign(segment.PAYLOAD_TYPE, segment.encode(manifest))
        with suppress(AboveboardError):
            self.world.declare_signed(who.device_key, signed)
            self.world.ask(who.device_key, "PUT", f"/v1/segments/sealed?segment_id={manifest.segment_id}", sealed)
        self.look()

    # What must hold

    def look(self) -> None:
        """Whatever was taken in since the last look was permitted."""
        for number, who in enumerate(self.people):
            with self.world.vault.records.read() as tx:
                rows = [row for row in tx.segments_of([who.person_id]) if row.segment_id not in self.known]
            for row in rows:
                self.known.add(row.segment_id)
                signed = envelope.decode(row.manifest.encode())
                manifest = segment.decode(signed.body())
                leases = [lease_of(envelope.decode(text.encode())) for text in manifest.leases]
                truth = self.truths[number]
                against = truth.manifest(manifest, leases, now_ns=self.world.clock.wall)
                assert not against, f"{row.segment_id} was declared, and {against}"
                assert manifest.device_id == who.device_id
        self.look_inside()

    def look_inside(self) -> None:
        """Every key that an honest recorder got taken in was pressed when that was permitted."""
        for number, who in enumerate(self.people):
            device, truth = self.devices[number], self.truths[number]
            with self.world.vault.records.read() as tx:
                rows = [row for row in tx.segments_of([who.person_id]) if row.state == "stored"]
            for row in rows:
                if row.segment_id in self.accepted or row.segment_id in self.claimed:
                    continue
                sealed = self.world.vault.objects.get(name_of_segment(row.segment_id))
                self.accepted[row.segment_id] = names = device.keys_in(sealed)
                for name in names:
                    pressed = device.typed[name]
                    against = truth.at(pressed - SLACK_NS)
                    assert not (against and truth.at(pressed)), f"{name} was pressed at {pressed}, and {against}"

    @invariant()
    def nothing_is_kept_unwatched(self) -> None:
        for device in self.devices:
            assert not (device.paused_here and device.writer._unsealed.open), "paused here, and a segment is open"

    def teardown(self) -> None:
        try:
            self.everything_gets_better()
        finally:
            shutil.rmtree(self.home, ignore_errors=True)

    def everything_gets_better(self) -> None:
        """No pause, a network, a clock that is right, a consent to what is current: then a key does arrive."""
        self.pass_time(61)
        for number, device in enumerate(self.devices):
            self._get_better(number)
            if "erased" in self.truths[number].pauses:
                continue
            assert device.keeper.ask() is not None, f"no lease: {device.keeper.error!r}"
            self.pass_time(0.5)
            name = device.type()
            device.tell(name)
            for _ in range(8):
                self.pass_time(1)
                device.keeper.ask()
                device.step()
            device.writer.finish()
            device.upload()
            self.look()
            assert any(name in names for names in self.accepted.values()), "what was permitted was not taken in"
        self.look()


@pytest.fixture(scope="module")
def world() -> Iterator[DatedWorld]:
    folder = tempfile.mkdtemp(dir=MEMORY)
    made = DatedWorld(Path(folder) / "vault")
    made.versions = [made.disclose()]
    yield made
    made.close()
    shutil.rmtree(folder, ignore_errors=True)


def story_in(world: DatedWorld) -> type[Protocol]:
    class Story(Protocol):
        pass

    Story.world, Story.versions = world, world.versions
    return Story


def test_nothing_is_taken_in_that_was_not_permitted(world: DatedWorld) -> None:
    run_state_machine_as_test(
        story_in(world),
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize="ABOVEBOARD_EXAMPLES" not in os.environ,
            suppress_health_check=list(HealthCheck),
        ),
    )


# The judge sees what it is to see: short stories, each red without the rule that it is about.


def believed_at_once(patch: pytest.MonkeyPatch) -> None:
    """A lease permits from when it was asked for."""
    add = LeaseBook.add
    patch.setattr(LeaseBook, "add", lambda book, checked: add(book, dataclasses.replace(checked, received_ns=0)))


def not_asked(name: str) -> Callable[[pytest.MonkeyPatch], None]:
    return lambda patch: patch.setattr(intake, name, lambda *_, **__: None)


TOLD: list[tuple[str, Callable[[Protocol], object], Callable[[pytest.MonkeyPatch], None]]] = [
    (
        "a pause ends while the request travels",
        lambda story: story.ask_over_a_slow_network(
            number=0, out=4.0, back=0.0, meanwhile="resume", when="out", lost=False
        ),
        believed_at_once,
    ),
    (
        "a pause comes while the network is away",
        lambda story: story.cut_off_meanwhile(number=0, meanwhile="pause", seconds=8, asleep=False),
        not_asked("check_pauses"),
    ),
    (
        "a disclosure comes while the network is away",
        lambda story: story.cut_off_meanwhile(number=0, meanwhile="disclose", seconds=8, asleep=False),
        not_asked("check_newest"),
    ),
    (
        "somebody leaves while the network is away",
        lambda story: story.cut_off_meanwhile(number=0, meanwhile="withdraw", seconds=8, asleep=False),
        not_asked("check_consent"),
    ),
    (
        "a modified recorder claims what it has not been lent",
        lambda story: story.modified_recorder_asks_and_records_on(number=0, ahead=0, lasting=18, meanwhile=""),
        not_asked("check_covered"),
    ),
]


@pytest.mark.parametrize(("happens", "remove"), [each[1:] for each in TOLD], ids=[each[0] for each in TOLD])
def test_a_story_is_red_without_its_rule(
    world: DatedWorld,
    monkeypatch: pytest.MonkeyPatch,
    happens: Callable[[Protocol], object],
    remove: Callable[[pytest.MonkeyPatch], None],
) -> None:
    def play() -> None:
        story = story_in(world)()
        try:
            happens(story)
        finally:
            story.teardown()

    play()
    remove(monkeypatch)
    with pytest.raises(AssertionError, match=r"was declared|was pressed"):
        play()
