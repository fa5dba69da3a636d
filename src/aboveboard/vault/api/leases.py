"""May this device record for the next seconds? The vault signs a lease, or says why not.

1. The device that asks is the one that the request names.
2. Its person's consent is live for the current disclosure, and people of their country may be recorded under it.
3. No pause concerns the person. (One of an application is said in the lease: the rest goes on.)
4. The day's budget of bytes (by UTC) is not spent.

Whatever the answer, what the device's watchdog found is kept first (``vault.health``).
"""

from functools import partial

from litestar import Controller, post
from litestar.params import JSONBody

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import NotFound, Refused
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import lease as lease_format
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.key_statement import KeyStatement
from aboveboard.formats.lease import Lease, LeaseRequest
from aboveboard.rules import key_epoch
from aboveboard.rules.consent import consent_live
from aboveboard.rules.decision import Reason, no
from aboveboard.rules.lease import LEASE_DURATION_NS, may_issue
from aboveboard.rules.pause import epoch, paused_apps
from aboveboard.vault import epochs, health, pausing
from aboveboard.vault.api import consents
from aboveboard.vault.api.asking import PROBLEMS, Asked, TheVault, who_asks
from aboveboard.vault.disclosed import disclosed, lawful
from aboveboard.vault.storage.records import Transaction
from aboveboard.vault.storage.rows import DeviceRow, DisclosureRow

DAY_NS = 86_400 * SECOND_NS
MEGABYTE = 1_000_000


class Leases(Controller):
    """Permission for a few seconds."""

    path = "/v1/leases"
    tags = ("leases",)

    @post("/", status_code=200, sync_to_thread=True, responses=PROBLEMS)
    def issue(self, request: Asked, vault: TheVault, data: JSONBody[LeaseRequest]) -> Envelope:
        """A lease signed with the vault's key, counted from the device's own reading of its boot clock."""
        now_ns = vault.clock.wall_ns()
        with vault.records.read() as tx:
            device = who_asks(request, vault, tx).require_device()
        if device.device_id == data.device_id:
            health.note(vault.records, device, data.health, now_ns=now_ns)
        told = partial(vault.fleet.seen, device.device_id, at_ns=now_ns, version=data.recorder_version)
        try:
            with vault.records.read() as tx:
                lease = decide(tx, device, data, now_ns=now_ns)
        except Refused as error:
            told(answer=error.reason)
            raise
        told(lease_until_ns=lease.server_ns + lease.duration_ns)
        return vault.key.sign(lease_format.PAYLOAD_TYPE, lease_format.encode(lease))


def decide(tx: Transaction, device: DeviceRow, asked: LeaseRequest, *, now_ns: int) -> Lease:
    """Steps 1 to 4; raises Refused with the reason."""
    if asked.device_id != device.device_id:
        no(Reason.LEASE_OTHER_DEVICE).require()
    current = tx.current_disclosure()
    sha256 = current.sha256 if current is not None else ""
    consent = consent_live(
        consents.facts_of(tx, tx.consent(asked.consent_id), disclosure_sha256=sha256),
        person_id=device.person_id,
        device_id=device.device_id,
        disclosure_sha256=sha256,
        now_ns=now_ns,
    )
    if consent.allowed and current is not None:
        consent = lawful(tx, device.person_id, current, now_ns=now_ns)
    pauses = pausing.facts_of(tx.pauses_of(device.person_id))
    bytes_left = _bytes_left(tx, device.person_id, current, now_ns)
    may_issue(consent, pauses, bytes_left=bytes_left, now_ns=now_ns).require()
    newest = _newest_key(tx, device.person_id)
    return Lease(
        lease_id=new_id(Kind.LEASE),
        device_id=device.device_id,
        person_id=device.person_id,
        consent_id=asked.consent_id,
        disclosure_sha256=sha256,
        epoch=epoch(pauses, now_ns=now_ns),
        boot_id=asked.boot_id,
        boot_ns=asked.boot_ns,
        duration_ns=LEASE_DURATION_NS,
        server_ns=now_ns,
        nonce=asked.nonce,
        bytes_left=bytes_left,
        paused_apps=paused_apps(pauses, now_ns=now_ns),
        notices=tx.unseen_notices(device.person_id, limit=lease_format.NOTICES_LIMIT),
        key_epoch=newest.key_epoch,
        least_key_epoch=key_epoch.least(newest, now_ns=now_ns),
    )


def _newest_key(tx: Transaction, person_id: str) -> KeyStatement:
    person = tx.person(person_id)
    if person is None:
        raise NotFound("there is no such person", cause="they were never enrolled here", fix="enrol again")
    return epochs.newest(person)


def _bytes_left(tx: Transaction, person_id: str, current: DisclosureRow | None, now_ns: int) -> int:
    if current is None:
        return 0
    budget = disclosed(current).budget.megabytes_per_day * MEGABYTE
    return max(0, budget - tx.stored_bytes(person_id, since_ns=now_ns - now_ns % DAY_NS))
