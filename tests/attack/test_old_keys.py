"""A recorder seals to the newest key of its person, and to no other: nobody keeps it at an old one, or gives it one of
their own. The checks are then taken away, and the old key is sealed to after all."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import AboveboardError, Refused
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import envelope, key_statement
from aboveboard.formats.key_statement import KeyStatement
from aboveboard.recorder import enrolment as enrolments
from aboveboard.recorder.enrolment import Verified
from aboveboard.recorder.flow import record
from aboveboard.recorder.key_keeper import KeyKeeper
from aboveboard.rules.decision import ALLOWED, Reason
from aboveboard.rules.key_epoch import GRACE_NS
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.signatures import SigningKey
from aboveboard.vault import epochs
from aboveboard.vault.api import intake
from samples.recorder_world import Participant, Vault, serving
from samples.segments import items_of
from samples.synthetic_source import SyntheticSource
from samples.vault_world import VaultWorld, lease_of

WHO = Participant()
NEWER = Identity.generate()


def statement(key: SigningKey = WHO.keyholder, **changes: Any) -> bytes:
    """What a vault answers: an honest one, the statement of epoch 1."""
    document = WHO.statement(**({"key_epoch": 1, "recipient": NEWER.recipient} | changes))
    return envelope.encode(key.sign(key_statement.PAYLOAD_TYPE, key_statement.encode(document)))


class Answers:
    """A vault that answers with these bytes."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer

    def get(self, _: str) -> bytes:
        return self.answer


class Device:
    """One recorder's folder, and what it seals to."""

    def __init__(self, home: Path) -> None:
        self.home, self.verified = home, WHO.settle(home)
        self.sealed_to: list[KeyStatement] = []

    def told(self, answer: bytes) -> KeyKeeper:
        keeper = KeyKeeper(Answers(answer), self.verified, home=self.home, seal_to=self.sealed_to.append)  # type: ignore[arg-type]
        keeper.fetch()
        return keeper

    def after_a_restart(self) -> Verified:
        return enrolments.verify(enrolments.load(self.home))


@pytest.fixture
def device(tmp_path: Path) -> Device:
    return Device(tmp_path / "recorder")


def test_a_newer_key_is_sealed_to_and_kept(device: Device) -> None:
    device.told(statement())
    assert [each.key_epoch for each in device.sealed_to] == [1]
    after = device.after_a_restart()
    assert (after.statement.key_epoch, after.statement.recipient) == (1, NEWER.recipient)
    # What is held may still be sealed to the one before: it is known, too.
    before = after.statement_of(0)
    assert before is not None
    assert before.recipient == WHO.keyholder_identity.recipient
    assert after.statement_of(7) is None


LIES = [
    pytest.param(statement(WHO.vault), id="the vault's own key"),
    pytest.param(statement(person_id=new_id(Kind.PERSON)), id="another person's"),
    pytest.param(statement(person_key=SigningKey.generate().public), id="another key of the person"),
    pytest.param(statement(key_epoch=0), id="the same epoch, another key"),
    pytest.param(statement(recipient=WHO.identity.recipient), id="the person's own, twice"),
    pytest.param(b"{}", id="nothing"),
    pytest.param(b"\xff" * 100, id="no text"),
]


@pytest.mark.parametrize("answer", LIES)
def test_what_is_no_newer_key_of_this_person_changes_nothing(device: Device, answer: bytes) -> None:
    with pytest.raises(AboveboardError):
        device.told(answer)
    assert device.sealed_to == []
    assert device.after_a_restart().statement == device.verified.statement


def test_an_old_statement_played_back_changes_nothing(device: Device) -> None:
    device.told(statement(key_epoch=2))
    device.verified = device.after_a_restart()
    with pytest.raises(AboveboardError, match="epoch 1"):
        device.told(statement())
    assert device.after_a_restart().statement.key_epoch == 2


@pytest.fixture
def world(tmp_path: Path) -> Iterator[VaultWorld]:
    made = VaultWorld(tmp_path / "vault")
    yield made
    made.close()


def test_leases_name_the_newest_key_and_the_one_before_for_an_hour(world: VaultWorld) -> None:
    who = world.ready()
    assert named(world, who) == (0, 0)
    made = epochs.ask(world.vault, who.person_id, renew=True)
    assert named(world, who) == (1, 0)
    answered = envelope.decode(world.ask(who.device_key, "GET", "/v1/key-statement"))
    assert key_statement.decode(answered.body()) == made
    world.clock.advance(GRACE_NS)
    assert named(world, who) == (1, 1)


def named(world: VaultWorld, who: Any) -> tuple[int, int]:
    found = lease_of(world.lease(who))
    return found.key_epoch, found.least_key_epoch


def test_sealed_to_an_old_key_or_to_one_that_nobody_made_is_not_taken_in(world: VaultWorld) -> None:
    who = world.ready()
    epochs.ask(world.vault, who.person_id, renew=True)
    assert world.take_in(who, world.recorded(who, key_epoch=0)) == "stored"
    world.clock.advance(GRACE_NS)
    for epoch, reason in ((0, Reason.SEGMENT_OLD_KEY), (2, Reason.SEGMENT_UNKNOWN_KEY)):
        with pytest.raises(Refused) as refused:
            world.declare(who, world.recorded(who, key_epoch=epoch))
        assert refused.value.reason == reason
    assert world.take_in(who, world.recorded(who, key_epoch=1)) == "stored"


def test_what_waited_from_before_is_still_taken_in(world: VaultWorld) -> None:
    who = world.ready()
    waited = world.recorded(who, key_epoch=0)
    epochs.ask(world.vault, who.person_id, renew=True)
    world.clock.advance(GRACE_NS + 3600 * SECOND_NS)
    assert world.take_in(who, waited) == "stored"


def test_without_the_check_the_old_key_gets_in(world: VaultWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    who = world.ready()
    epochs.ask(world.vault, who.person_id, renew=True)
    world.clock.advance(GRACE_NS)
    monkeypatch.setattr(intake, "check_covered", lambda *_, **__: ALLOWED.require())
    assert world.declare(who, world.recorded(who, key_epoch=0)) == "declared"
    monkeypatch.setattr(intake, "check_key", lambda *_: None)
    assert world.declare(who, world.recorded(who, key_epoch=9)) == "declared"


def test_a_keyholder_that_is_away_holds_up_no_lease(world: VaultWorld) -> None:
    who = world.ready()
    world.take_in(who, world.recorded(who))
    world.keyholder.away = True
    with pytest.raises(AboveboardError):
        epochs.Watch(world.vault).look()
    assert named(world, who) == (0, 0)
    world.keyholder.away = False
    watch = epochs.Watch(world.vault)
    # Asked for once, and again only when an hour is over or the key is due.
    assert [watch.look(), watch.look()] == [1, 0]


def test_somebody_whose_keys_are_gone_keeps_nobody_else_from_a_newer_one(
    world: VaultWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [world.ready() for _ in range(3)]
    for who in people:
        world.take_in(who, world.recorded(who))
    answering = world.keyholder.post

    def refusing(path: str, body: bytes) -> bytes:
        if people[0].person_id.encode() in body:
            raise Refused(Reason.CONSENT_ERASED, "their keys are gone")
        return answering(path, body)

    monkeypatch.setattr(world.keyholder, "post", refusing)
    assert epochs.Watch(world.vault).look() == 2


@pytest.mark.parametrize("fetched", [True, False], ids=["it is fetched", "it is kept back"])
def test_a_recorder_goes_over_to_the_newer_key_or_stops(tmp_path: Path, fetched: bool) -> None:
    home = tmp_path / "recorder"
    verified = WHO.settle(home)
    vault, stop, reasons = Vault(WHO, verified.consent.consent_id, duration_ns=3 * SECOND_NS), threading.Event(), []
    with serving(vault) as client:
        thread = threading.Thread(
            target=record,
            kwargs={
                "home": home,
                "client": client,
                "source": SyntheticSource(),
                "enrolment": verified,
                "stop": stop,
                "status": lambda status: reasons.append(status.reason),
                "segment_ns": SECOND_NS // 4,
                "flush_s": 5,
            },
        )
        thread.start()
        try:
            until(lambda: len(vault.sealed) >= 2)
            vault.key_statement = statement() if fetched else statement(WHO.vault)
            vault.key_epoch = vault.least_key_epoch = 1
            if fetched:
                until(lambda: any(each.key_epoch == 1 for each in vault.manifests.values()))
            else:
                until(lambda: Reason.SEGMENT_OLD_KEY in reasons)
        finally:
            stop.set()
            thread.join(30)
    assert not thread.is_alive()
    for manifest in vault.manifests.values():
        sealed = vault.sealed[manifest.segment_id]
        assert len(items_of(sealed, WHO.identity)) > 0
        opens = {0: WHO.keyholder_identity, 1: NEWER}[manifest.key_epoch]
        assert len(items_of(sealed, opens)) > 0
        assert manifest.key_epoch >= max(least_of(text) for text in manifest.leases)
    assert {each.key_epoch for each in vault.manifests.values()} == ({0, 1} if fetched else {0})


def least_of(lease_json: str) -> int:
    return lease_of(envelope.decode(lease_json.encode())).least_key_epoch


def until(condition: Any, *, limit_s: float = 30) -> None:
    end_s = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end_s, "never happened"
        time.sleep(0.02)
