"""Does this order to erase count here, and what does it begin? (Step 0 of ``vault.erasure``.)

1. It is signed by whoever may order it: the person; a steward of this vault's roster, with evidence; this vault itself,
   for segments whose time is over.
2. A steward's order is not carried out behind the person's back: the notice that it names was sent to them.
3. A span ends by now: what is not recorded yet is paused, not erased.
4. It is on record before anything happens; everything it reaches is kept out from then on.
"""

from aboveboard.base.errors import BadInput, NotFound
from aboveboard.formats import erasure as erasure_format
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.erasure import ORDER_TYPE, ErasureOrder
from aboveboard.rules.consent import CLOCK_TOLERANCE_NS
from aboveboard.rules.decision import Reason, no
from aboveboard.rules.erasure import signer_of
from aboveboard.sealing.signatures import open_signed
from aboveboard.vault.api.asking import as_text
from aboveboard.vault.place import Vault
from aboveboard.vault.storage.records import Transaction
from aboveboard.vault.storage.rows import ErasureRow


def open_order(vault: Vault, tx: Transaction, envelope: Envelope) -> ErasureOrder:
    """Step 1; raises Refused, Tampered, or NotFound for an unknown person."""
    claimed = erasure_format.decode_order(envelope.body())
    person = tx.person(claimed.person_id)
    if person is None:
        raise NotFound("there is no such person", cause="the id was mistyped", fix="check it: 'aboveboard status'")
    steward = None if claimed.evidence is None else vault.roster().find(claimed.evidence.staff_id)
    key = signer_of(claimed, person_key=person.person_key, steward=steward, vault_key=vault.key.public)
    if key is None:
        no(Reason.ROLE_MISSING, "only the person, or a steward with evidence, orders this").require()
        raise AssertionError("unreachable: a no raises")
    return erasure_format.decode_order(open_signed(envelope, ORDER_TYPE, key))


def check(tx: Transaction, order: ErasureOrder, *, now_ns: int) -> None:
    """Steps 2 and 3."""
    evidence = order.evidence
    if evidence is not None and tx.delivery(evidence.notice_id, order.person_id, "page") is None:
        no(Reason.ERASURE_UNTOLD).require()
    if order.span is not None and order.span.until_ns > now_ns + CLOCK_TOLERANCE_NS:
        raise BadInput(
            "this span ends later than now",
            cause="what is not recorded yet cannot be erased",
            fix="end it now; to record nothing from now on, pause: 'aboveboard pause'",
        )


def take(vault: Vault, tx: Transaction, order: ErasureOrder, envelope: Envelope) -> None:
    """Step 4."""
    now_ns = vault.clock.wall_ns()
    tx.add_erasure(
        ErasureRow(
            order.erasure_id,
            order.person_id,
            as_text(envelope),
            "ordered",
            now_ns,
            why=order.why,
            whole=order.whole,
        )
    )
    if order.whole:
        tx.erase_consents(order.person_id, at_ns=now_ns)
        return
    if order.segments is not None:
        known = {row.segment_id for row in tx.segments_by_id(order.segments)}
        tx.keep_out(order.erasure_id, order.person_id, [each for each in order.segments if each not in known], None)
    if order.span is not None:
        tx.keep_out(order.erasure_id, order.person_id, [], (order.span.from_ns, order.span.until_ns))
