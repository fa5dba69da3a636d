"""A programme with very many people in it, made at once: in the vault's database, as if each had enrolled and agreed.

Keys and signatures are real. Only the way in is left out: inviting each, with a keyholder's key for each, takes hours.
"""

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from aboveboard.base.clock import SECOND_NS, SystemClock
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import consent as consent_format
from aboveboard.formats import disclosure as disclosure_format
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats import key_statement
from aboveboard.formats import roster as roster_format
from aboveboard.formats.consent import ConsentReceipt
from aboveboard.formats.disclosure import Disclosure
from aboveboard.formats.key_statement import KeyStatement
from aboveboard.formats.roster import Roster, Staff
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.signatures import SigningKey
from aboveboard.vault.place import Config, open_vault, write_config
from aboveboard.vault.storage.records import Records
from aboveboard.vault.storage.rows import ConsentRow, DeviceRow, DisclosureRow, PersonRow

DAY_NS = 86_400 * SECOND_NS
AT_ONCE = 1_000


@dataclass(frozen=True)
class Enrolled:
    """One person's device, as the vault knows it, and its key."""

    key: SigningKey
    consent: ConsentReceipt


@dataclass(frozen=True)
class Programme:
    """Everybody, the steward's key, and the key that the vault's leases are signed with."""

    people: list[Enrolled]
    steward: SigningKey
    lease_key: str


def prepare(home: Path, *, devices: int, database_url: str | None = None) -> Programme:
    """Make the vault in ``home`` (not there yet), with so many people; it is closed again."""
    steward = SigningKey.generate()
    write_config(home, Config(database_url=database_url))
    staff = Staff(staff_id=new_id(Kind.STAFF), name="steward", role="steward", key=steward.public)
    (home / "roster.json").write_bytes(roster_format.encode(Roster(staff=[staff])))
    vault = open_vault(home)
    try:
        disclosure = _publish(vault.records, steward, staff.staff_id, vault.key.public)
        people: list[Enrolled] = []
        while len(people) < devices:
            people += _enrol(vault.records, min(AT_ONCE, devices - len(people)), disclosure)
        return Programme(people, steward, vault.key.public)
    finally:
        vault.close()


def _publish(records: Records, steward: SigningKey, staff_id: str, lease_key: str) -> tuple[Disclosure, str]:
    now_ns = SystemClock().wall_ns()
    toml = files("aboveboard.commands").joinpath("run_disclosure.toml").read_text(encoding="utf-8")
    disclosure = disclosure_format.publish(
        disclosure_format.parse_draft(toml),
        version=1,
        published_at_ns=now_ns,
        keyholder_key=SigningKey.generate().public,
        lease_key=lease_key,
    )
    payload = disclosure_format.encode(disclosure)
    sha256 = disclosure_format.digest(payload)
    signed = envelope_format.encode(steward.sign(disclosure_format.PAYLOAD_TYPE, payload)).decode()
    with records.begin() as tx:
        tx.add_disclosure(DisclosureRow(sha256, disclosure.programme, 1, signed, staff_id, now_ns))
    return disclosure, sha256


def _enrol(records: Records, count: int, published: tuple[Disclosure, str]) -> list[Enrolled]:
    disclosure, sha256 = published
    now_ns = SystemClock().wall_ns()
    recipient = Identity.generate().recipient  # of all of them: nothing is sealed here
    made = []
    with records.begin() as tx:
        for _ in range(count):
            person, device = SigningKey.generate(), SigningKey.generate()
            receipt = ConsentReceipt(
                consent_id=new_id(Kind.CONSENT),
                person_id=new_id(Kind.PERSON),
                device_id=new_id(Kind.DEVICE),
                person_key=person.public,
                person_recipient=recipient,
                disclosure_sha256=sha256,
                shown_sha256=sha256,
                given_at_ns=now_ns,
                expires_at_ns=now_ns + disclosure.consent_days * DAY_NS,
            )
            signed = person.sign(consent_format.RECEIPT_TYPE, consent_format.encode(receipt))
            country = disclosure.countries[0]
            statement = _statement(receipt, now_ns)
            tx.add_person(PersonRow(receipt.person_id, person.public, recipient, statement, now_ns, country, ""))
            tx.add_device(DeviceRow(receipt.device_id, receipt.person_id, device.public, "simulated", now_ns))
            tx.add_consent(
                ConsentRow(
                    consent_id=receipt.consent_id,
                    person_id=receipt.person_id,
                    device_id=receipt.device_id,
                    disclosure_sha256=sha256,
                    receipt=envelope_format.encode(signed).decode(),
                    received_at_ns=now_ns,
                )
            )
            made.append(Enrolled(device, receipt))
    return made


def _statement(receipt: ConsentReceipt, now_ns: int) -> str:
    """As a keyholder would have signed it."""
    statement = KeyStatement(
        person_id=receipt.person_id,
        person_key=receipt.person_key,
        key_epoch=0,
        recipient=receipt.person_recipient,
        created_at_ns=now_ns,
    )
    signed = SigningKey.generate().sign(key_statement.PAYLOAD_TYPE, key_statement.encode(statement))
    return envelope_format.encode(signed).decode()
