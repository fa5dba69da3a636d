"""Who agrees, and who takes it back?

A receipt counts if

1. it is for the person and the device that are enrolled under the keys used,
2. the enrolled person's key signed it (not a key that the receipt brings along),
3. it names the person's own keys as enrolled,
4. it is for the current disclosure, for the text that is shown of it, for as long as it says, and not dated ahead,
5. people of the person's country may be recorded under it (``rules.law``),
6. the keyholder accepted it too: it decides releases by its own copy.

A withdrawal needs a signature of the same key and nothing else.
"""

from functools import lru_cache

from litestar import Controller, post
from litestar.params import JSONBody

from aboveboard.base.errors import Conflict, NotFound
from aboveboard.formats import consent as consent_format
from aboveboard.formats import custody
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats.consent import RECEIPT_TYPE, WITHDRAWAL_TYPE, ConsentReceipt
from aboveboard.formats.custody import ConsentFiling
from aboveboard.formats.envelope import Envelope
from aboveboard.rules.consent import ConsentFacts, consent_live, for_what_was_shown
from aboveboard.rules.decision import Reason, no
from aboveboard.rules.law import may_begin
from aboveboard.sealing.signatures import open_signed
from aboveboard.vault.api.asking import PROBLEMS, Asked, TheVault, as_text, who_asks
from aboveboard.vault.api.enrolment import Nothing
from aboveboard.vault.arriving import Told
from aboveboard.vault.disclosed import covered_versions, disclosed
from aboveboard.vault.storage.records import Transaction
from aboveboard.vault.storage.rows import ConsentRow, DisclosureRow, PersonRow

READ_KEPT = 20_000


class Consents(Controller):
    """Giving and taking back."""

    path = "/v1"
    tags = ("consents",)

    @post("/consents", status_code=200, sync_to_thread=True, responses=PROBLEMS)
    def give(self, request: Asked, vault: TheVault, data: JSONBody[Envelope]) -> Nothing:
        """Take a consent receipt in, and file it with the keyholder."""
        now_ns = vault.clock.wall_ns()
        with vault.records.read() as tx:
            person = who_asks(request, vault, tx).require_person()
            receipt = consent_format.decode_receipt(open_signed(data, RECEIPT_TYPE, person.person_key))
            if _known(tx, receipt, data):
                return Nothing()
            disclosure = _check(tx, receipt, person, now_ns)
        filing = ConsentFiling(receipt=data, disclosure=envelope_format.decode(disclosure.envelope.encode("utf-8")))
        vault.keyholder().post("/v1/consents", custody.encode(filing))
        with vault.records.begin() as tx:
            _check(tx, receipt, person, now_ns)
            tx.add_consent(
                ConsentRow(
                    consent_id=receipt.consent_id,
                    person_id=receipt.person_id,
                    device_id=receipt.device_id,
                    disclosure_sha256=receipt.disclosure_sha256,
                    receipt=as_text(data),
                    received_at_ns=now_ns,
                )
            )
        return Nothing()

    @post("/withdrawals", status_code=200, sync_to_thread=True, responses=PROBLEMS)
    def withdraw(self, request: Asked, vault: TheVault, data: JSONBody[Envelope]) -> Nothing:
        """Take consent back: from now on no lease is issued and nothing is taken in under it."""
        with vault.records.begin() as tx:
            person = who_asks(request, vault, tx).require_person()
            withdrawal = consent_format.decode_withdrawal(open_signed(data, WITHDRAWAL_TYPE, person.person_key))
            consent = tx.consent(withdrawal.consent_id)
            if consent is None or consent.person_id != person.person_id:
                raise NotFound("there is no such consent of yours", cause="it was mistyped", fix="check its id")
            tx.withdraw_consent(consent.consent_id, withdrawal=as_text(data), at_ns=vault.clock.wall_ns())
        return Nothing()


def facts_of(tx: Told, row: ConsentRow | None, *, disclosure_sha256: str) -> ConsentFacts:
    """What the rule needs to know of a stored consent, to decide whether it is live for this disclosure."""
    if row is None:
        return ConsentFacts(receipt=None)
    return ConsentFacts(
        _read(row.receipt),
        withdrawn_at_ns=row.withdrawn_at_ns,
        erased_at_ns=row.erased_at_ns,
        covers=covered_versions(tx, row.disclosure_sha256) if disclosure_sha256 != row.disclosure_sha256 else (),
    )


@lru_cache(maxsize=READ_KEPT)
def _read(receipt: str) -> ConsentReceipt:
    """A stored receipt: it never changes, and is looked at each time that a lease is renewed."""
    return consent_format.decode_receipt(envelope_format.decode(receipt.encode("utf-8")).body())


def _known(tx: Transaction, receipt: ConsentReceipt, data: JSONBody[Envelope]) -> bool:
    """Is this very receipt recorded already? Raises Conflict if another one is under its id."""
    known = tx.consent(receipt.consent_id)
    if known is None:
        return False
    if envelope_format.decode(known.receipt.encode("utf-8")).payload != data.payload:
        raise Conflict("another consent has this id", cause="the id was used before", fix="sign one with a new id")
    return True


def _check(tx: Transaction, receipt: ConsentReceipt, person: PersonRow, now_ns: int) -> DisclosureRow:
    """Steps 1 and 3 to 5; the disclosure that it is for."""
    device = tx.device(receipt.device_id)
    if device is None or device.person_id != person.person_id:
        no(Reason.CONSENT_OTHER_DEVICE).require()
    if receipt.person_key != person.person_key or receipt.person_recipient != person.person_recipient:
        no(Reason.CONSENT_OTHER_PERSON, "the receipt names other keys than were enrolled").require()
    disclosure = tx.disclosure(receipt.disclosure_sha256)
    current = tx.current_disclosure()
    if disclosure is None or current is None:
        no(Reason.DISCLOSURE_UNKNOWN).require()
        raise AssertionError("unreachable: a no raises")
    if disclosure.sha256 != current.sha256:
        no(Reason.DISCLOSURE_NOT_CURRENT).require()
    consent_live(
        ConsentFacts(receipt),
        person_id=person.person_id,
        device_id=receipt.device_id,
        disclosure_sha256=current.sha256,
        now_ns=now_ns,
    ).require()
    document = disclosed(disclosure)
    for_what_was_shown(receipt, document).require()
    may_begin(document, person.country, now_ns=now_ns).require()
    if tx.erased_whole(person.person_id):
        no(Reason.CONSENT_ERASED).require()
    return disclosure
