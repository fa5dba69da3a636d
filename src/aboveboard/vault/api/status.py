"""Is the vault there, which key does it sign with, who am I to it, and what does it hold that concerns me?"""

from litestar import Controller, get

from aboveboard.base.errors import NotFound
from aboveboard.formats.fields import Document
from aboveboard.rules.consent import consent_live
from aboveboard.vault import health
from aboveboard.vault.api.asking import PROBLEMS, Asked, Asker, TheVault, who_asks
from aboveboard.vault.api.consents import facts_of
from aboveboard.vault.storage.records import Transaction


class Health(Document, frozen=True):
    """It answers, and so does its database."""

    status: str = "ok"


class PublicKeys(Document, frozen=True):
    """``lease_key`` signs leases and erasure receipts; disclosures pin it."""

    lease_key: str


class Status(Document, frozen=True):
    """Counts: of everything for staff, of one's own for a person or a device. ``name`` is an id, or a staff name.

    ``health``, for a steward: how many devices report each word of ``formats.lease.HealthWord`` now.
    """

    role: str
    name: str
    disclosure_sha256: str | None
    disclosure_version: int | None
    people: int
    devices: int
    segments: int
    stored_bytes: int
    pauses_active: int
    requests: int
    artefacts: int
    consent_live: bool | None
    health: dict[str, int]


class Statuses(Controller):
    """Open questions, and one's own."""

    path = "/v1"
    tags = ("status",)

    @get("/health", sync_to_thread=True, opt={"open": True}, responses={503: PROBLEMS[503]})
    def health(self, vault: TheVault) -> Health:
        """Does the vault answer? Needs no signature."""
        with vault.records.read() as tx:
            tx.count_people()
        return Health()

    @get("/public", sync_to_thread=False, opt={"open": True})
    def public(self, vault: TheVault) -> PublicKeys:
        """The vault's public key. Needs no signature; believe it only as far as you believe where you got it."""
        return PublicKeys(lease_key=vault.key.public)

    @get("/status", sync_to_thread=True, responses=PROBLEMS)
    def status(self, request: Asked, vault: TheVault) -> Status:
        """Who the asker is here, and the counts that concern them."""
        now_ns = vault.clock.wall_ns()
        with vault.records.read() as tx:
            asker = who_asks(request, vault, tx)
            if asker.staff is not None:
                return _for_staff(tx, asker.staff.role, asker.staff.name, now_ns)
            return _for_person(tx, asker, now_ns)


def _for_staff(tx: Transaction, role: str, name: str, now_ns: int) -> Status:
    current = tx.current_disclosure()
    return Status(
        role=role,
        name=name,
        disclosure_sha256=None if current is None else current.sha256,
        disclosure_version=None if current is None else current.version,
        people=tx.count_people(),
        devices=tx.count_devices(),
        segments=tx.count_segments(None),
        stored_bytes=tx.stored_bytes(None, since_ns=0),
        pauses_active=sum(_active(pause.at_ns, pause.end_ns(), now_ns) for pause in tx.all_pauses()),
        requests=len(tx.all_requests()),
        artefacts=tx.count_artefacts(),
        consent_live=None,
        health=health.reported(tx, now_ns=now_ns) if role == "steward" else {},
    )


def _for_person(tx: Transaction, asker: Asker, now_ns: int) -> Status:
    if asker.person is None:
        raise NotFound("nobody is enrolled with this key", cause="it was not enrolled here", fix="'aboveboard enrol'")
    person_id = asker.person.person_id
    current = tx.current_disclosure()
    consents = tx.consents_of(person_id)
    sha256 = "" if current is None else current.sha256
    live = [
        consent_live(
            facts_of(tx, each, disclosure_sha256=sha256),
            person_id=person_id,
            device_id=each.device_id,
            disclosure_sha256=sha256,
            now_ns=now_ns,
        )
        for each in consents
    ]
    return Status(
        role="person" if asker.device is None else "device",
        name=person_id if asker.device is None else asker.device.device_id,
        disclosure_sha256=None if current is None else current.sha256,
        disclosure_version=None if current is None else current.version,
        people=1,
        devices=len({each.device_id for each in consents}),
        segments=tx.count_segments(person_id),
        stored_bytes=tx.stored_bytes(person_id, since_ns=0),
        pauses_active=sum(_active(pause.at_ns, pause.end_ns(), now_ns) for pause in tx.pauses_of(person_id)),
        requests=0,
        artefacts=len(tx.artefacts_naming(person_id)),
        consent_live=any(decision.allowed for decision in live),
        health={},
    )


def _active(at_ns: int, end_ns: int | None, now_ns: int) -> bool:
    return at_ns <= now_ns and (end_ns is None or now_ns < end_ns)
