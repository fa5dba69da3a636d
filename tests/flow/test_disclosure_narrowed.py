"""The vault and the recorder decide the same about a newer disclosure: less goes on at once, more does not."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from aboveboard.base.clock import SECOND_NS, ManualClock
from aboveboard.base.errors import Refused
from aboveboard.formats import consent, envelope, key_statement
from aboveboard.formats.key_statement import KeyStatement
from aboveboard.recorder import enrolment as enrolments
from aboveboard.recorder import newer
from aboveboard.recorder.enrolment import Enrolment, Verified
from aboveboard.recorder.lease import LeaseBook, LeaseKeeper
from aboveboard.rules.decision import Reason
from samples.vault_world import BOOT_ID, BROWSER, Participant, VaultWorld


class Device:
    """What a recorder uses of its client, signed with this device's key."""

    def __init__(self, world: VaultWorld, who: Participant) -> None:
        self._world, self._who = world, who

    def get(self, path: str) -> bytes:
        return self._world.ask(self._who.device_key, "GET", path)

    def post(self, path: str, body: bytes) -> bytes:
        return self._world.ask(self._who.device_key, "POST", path, body)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[VaultWorld]:
    made = VaultWorld(tmp_path / "vault")
    yield made
    made.close()


def enrolled(world: VaultWorld, who: Participant, home: Path) -> Verified:
    """The enrolment that the device of ``who`` would have written."""
    receipt = world.receipt(who)
    statement = KeyStatement(
        person_id=who.person_id,
        person_key=who.person_key.public,
        key_epoch=0,
        recipient=who.keyholder_recipient,
        created_at_ns=world.clock.wall_ns(),
    )
    signed = world.keyholder.key.sign(key_statement.PAYLOAD_TYPE, key_statement.encode(statement))
    enrolments.save(
        home,
        Enrolment(
            person_id=who.person_id,
            device_id=who.device_id,
            person_key=who.person_key.public,
            person_recipient=who.identity.recipient,
            steward_keys=[world.key("stella").public],
            key_statement=envelope.encode(signed).decode(),
            disclosure=Device(world, who).get("/v1/disclosures/current").decode(),
            consent=envelope.encode(who.person_key.sign(consent.RECEIPT_TYPE, consent.encode(receipt))).decode(),
        ),
    )
    return enrolments.verify(enrolments.load(home))


def keeper(world: VaultWorld, who: Participant, verified: Verified) -> tuple[LeaseKeeper, LeaseBook]:
    book = LeaseBook(BOOT_ID)
    client: Any = Device(world, who)
    made = LeaseKeeper(
        client,
        book,
        consent=verified.consent,
        lease_key=verified.disclosure.lease_key,
        clock=world.clock,
        boot_id=BOOT_ID,
        disclosure_sha256=verified.disclosure_sha256,
    )
    return made, book


def now(clock: ManualClock) -> int:
    return clock.boot_ns()


def test_less_goes_on_at_once_and_more_stops(world: VaultWorld, tmp_path: Path) -> None:
    who = world.ready()
    home = tmp_path / "recorder"
    verified = enrolled(world, who, home)
    asks, book = keeper(world, who, verified)
    assert asks.ask() is not None
    world.clock.advance(SECOND_NS)
    world.disclose(version=2, apps=[msgspec.structs.replace(BROWSER, screen="redacted")])
    assert asks.ask() is None
    assert asks.reason == Reason.CONSENT_OTHER_DISCLOSURE
    world.clock.advance(1)
    assert not book.at(now(world.clock)).allowed, "not a moment longer under the wider one"
    client: Any = Device(world, who)
    narrowed = newer.take_up(home, client)
    assert narrowed is not None
    assert narrowed.disclosure.apps[0].screen == "redacted"
    again, book = keeper(world, who, narrowed)
    assert again.ask() is not None
    assert book.at(now(world.clock)).allowed
    world.disclose(version=3)
    assert again.ask() is None
    assert isinstance(again.error, Refused)
    assert again.reason == Reason.CONSENT_OTHER_DISCLOSURE
    assert newer.take_up(home, client) is None
