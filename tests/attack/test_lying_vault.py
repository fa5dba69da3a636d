"""A vault that lies about leases gains nothing: each lie is refused, with its own reason, and nothing is recorded."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aboveboard.base.clock import SECOND_NS, ManualClock
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats.lease import Lease, LeaseRequest
from aboveboard.recorder.lease import LeaseBook, LeaseKeeper
from aboveboard.rules.decision import Reason
from aboveboard.sealing.signatures import SigningKey
from samples.recorder_world import Participant, Vault, serving

BOOT = "00000000-0000-0000-0000-000000000001"


class Scene:
    def __init__(self, home: Path) -> None:
        self.who = Participant()
        self.verified = self.who.settle(home)
        self.clock = ManualClock()
        self.vault = Vault(self.who, self.verified.consent.consent_id)
        self.book = LeaseBook(BOOT)
        self.keeper: LeaseKeeper

    def permitted(self) -> Reason:
        return self.book.at(self.clock.boot_ns()).reason


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path / "recorder")
    with serving(scene.vault) as client:
        scene.keeper = LeaseKeeper(
            client,
            scene.book,
            consent=scene.verified.consent,
            lease_key=scene.verified.disclosure.lease_key,
            clock=scene.clock,
            boot_id=BOOT,
        )
        yield scene


def test_an_honest_vault_is_believed(scene: Scene) -> None:
    assert scene.keeper.ask() is not None
    assert scene.permitted() is Reason.OK
    assert scene.keeper.reason == Reason.OK


Lie = Callable[[Vault, Lease, LeaseRequest], bytes]


def changed(**changes: object) -> Lie:
    return lambda vault, _, request: vault.signed(vault.lease_for(request, **changes))


LIES: list[tuple[str, Lie, str]] = [
    ("garbage", lambda *_: b"\x00garbage", "bad_input"),
    ("nothing", lambda *_: b"", "bad_input"),
    ("too much", lambda *_: b'{"payload":"' + b"A" * 5_000_000 + b'"}', "bad_input"),
    ("another key", lambda vault, lease, _: vault.signed(lease, SigningKey.generate()), "tampered"),
    ("the keyholder's key", lambda vault, lease, _: vault.signed(lease, vault.who.keyholder), "tampered"),
    (
        "another kind of document",
        lambda vault, lease, request: vault.signed(lease).replace(b"lease.v1", b"pause.v1"),
        "tampered",
    ),
    ("another nonce", changed(nonce="0" * 32), Reason.LEASE_NOT_ASKED_FOR),
    ("a later start", changed(boot_ns=2_000 * SECOND_NS), Reason.LEASE_NOT_ASKED_FOR),
    ("another boot", changed(boot_id="00000000-0000-0000-0000-000000000002"), Reason.LEASE_OTHER_BOOT),
    ("another device", changed(device_id=new_id(Kind.DEVICE)), Reason.LEASE_OTHER_DEVICE),
    ("another consent", changed(consent_id=new_id(Kind.CONSENT)), Reason.LEASE_OTHER_CONSENT),
    ("another person", changed(person_id=new_id(Kind.PERSON)), Reason.CONSENT_OTHER_PERSON),
]


@pytest.mark.parametrize(("lie", "reason"), [case[1:] for case in LIES], ids=[case[0] for case in LIES])
def test_a_lie_is_refused_with_its_reason(scene: Scene, lie: Lie, reason: str) -> None:
    scene.vault.lie_lease = lambda lease, request: lie(scene.vault, lease, request)
    assert scene.keeper.ask() is None
    assert scene.keeper.reason == reason
    assert scene.keeper.error is not None
    assert scene.permitted() is Reason.LEASE_NONE


@pytest.mark.parametrize(("lie", "reason"), [case[1:] for case in LIES], ids=[case[0] for case in LIES])
def test_a_lie_does_not_shorten_what_was_honestly_granted(scene: Scene, lie: Lie, reason: str) -> None:
    assert scene.keeper.ask() is not None
    scene.vault.lie_lease = lambda lease, request: lie(scene.vault, lease, request)
    assert scene.keeper.ask() is None
    assert scene.permitted() is Reason.OK


def test_a_lease_for_another_disclosure_permits_nothing_and_ends_what_was_permitted(scene: Scene) -> None:
    """It is the vault's own word that another one applies; what that allows has to be looked at first."""
    assert scene.keeper.ask() is not None
    other = changed(disclosure_sha256="0" * 64)
    scene.vault.lie_lease = lambda lease, request: other(scene.vault, lease, request)
    assert scene.keeper.ask() is None
    assert scene.keeper.reason == Reason.CONSENT_OTHER_DISCLOSURE
    assert scene.permitted() is Reason.CONSENT_OTHER_DISCLOSURE


def test_an_old_lease_played_back_is_refused(scene: Scene) -> None:
    kept: list[bytes] = []

    def keep(lease: Lease, _: LeaseRequest) -> bytes:
        kept.append(scene.vault.signed(lease))
        return kept[-1]

    scene.vault.lie_lease = keep
    assert scene.keeper.ask() is not None
    scene.clock.advance(20 * SECOND_NS)
    scene.vault.lie_lease = lambda *_: kept[0]
    assert scene.keeper.ask() is None
    assert scene.keeper.reason == Reason.LEASE_NOT_ASKED_FOR
    assert scene.permitted() is Reason.LEASE_EXPIRED


@pytest.mark.parametrize("reason", [Reason.PAUSED_BY_PERSON, Reason.PAUSED_BY_STEWARD, Reason.CONSENT_WITHDRAWN])
def test_a_refusal_ends_the_permission_at_once(scene: Scene, reason: Reason) -> None:
    assert scene.keeper.ask() is not None
    scene.vault.refuse_leases = reason
    assert scene.keeper.ask() is None
    assert scene.permitted() is reason
    assert scene.book.drops == 1


def test_a_vault_that_is_away_changes_nothing_until_the_lease_runs_out(scene: Scene) -> None:
    assert scene.keeper.ask() is not None
    scene.vault.down = True
    assert scene.keeper.ask() is None
    assert scene.keeper.reason == "unavailable"
    assert scene.permitted() is Reason.OK
    scene.clock.advance(15 * SECOND_NS)
    assert scene.permitted() is Reason.LEASE_EXPIRED


def test_setting_the_wall_clock_back_does_not_extend_a_lease(scene: Scene) -> None:
    assert scene.keeper.ask() is not None
    scene.clock.advance(15 * SECOND_NS)
    scene.clock.wall -= 3600 * SECOND_NS
    assert scene.permitted() is Reason.LEASE_EXPIRED


def test_sleeping_does_not_extend_a_lease(scene: Scene) -> None:
    assert scene.keeper.ask() is not None
    scene.clock.sleep(16 * SECOND_NS)
    assert scene.permitted() is Reason.LEASE_EXPIRED


def test_a_late_answer_does_not_extend_a_lease(scene: Scene) -> None:
    def late(lease: Lease, _: LeaseRequest) -> bytes:
        scene.clock.advance(14 * SECOND_NS)
        return scene.vault.signed(lease)

    scene.vault.lie_lease = late
    assert scene.keeper.ask() is not None
    assert scene.permitted() is Reason.OK
    scene.clock.advance(SECOND_NS)
    assert scene.permitted() is Reason.LEASE_EXPIRED
