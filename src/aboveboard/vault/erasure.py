"""How is everything recorded of a person erased, so that a crash in the middle loses nothing of the order?

0. The person's order is on record and every consent of theirs has ended: nothing new comes in.
1. The keyholder destroys the person's keys and writes it to the ledger. From here on nobody can open anything.
2. The sealed bytes are deleted, and the manifests emptied; the mail address goes too.
3. Every artefact that names the person is due to be destroyed within 30 days.
4. The receipt is signed with the vault's key and kept.

Each step is noted when it is done, and doing one twice does no harm; what a crash interrupted goes on at the next start
or when the person sends the same order again.
"""

import logging

from aboveboard.base.errors import AboveboardError, NotFound
from aboveboard.formats import custody
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats import erasure as erasure_format
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.erasure import RECEIPT_TYPE, ErasedItem, ErasureReceipt
from aboveboard.vault.api.artefacts import DUE_NS
from aboveboard.vault.place import Vault
from aboveboard.vault.storage.objects import name_of_segment, segment_of_name
from aboveboard.vault.storage.rows import ErasureRow

log = logging.getLogger("aboveboard.vault")
PHASES = ("ordered", "keys", "objects", "done")


def carry_out(vault: Vault, erasure_id: str) -> Envelope:
    """Steps 1 to 4 from wherever they stopped; the signed receipt. Raises Unavailable if the keyholder is away."""
    row = _row(vault, erasure_id)
    if row.phase == "ordered":
        destroy_keys(vault, row)
        row = _row(vault, erasure_id)
    if row.phase == "keys":
        delete_objects(vault, row)
        row = _row(vault, erasure_id)
    if row.phase == "objects":
        give_receipt(vault, row)
        row = _row(vault, erasure_id)
    if row.receipt is None:
        raise AssertionError("a finished erasure has its receipt")
    return envelope_format.decode(row.receipt.encode("utf-8"))


def destroy_keys(vault: Vault, row: ErasureRow) -> None:
    """Step 1."""
    answer = custody.decode_erased(vault.keyholder().post("/v1/erasures", row.order.encode("utf-8")))
    with vault.records.begin() as tx:
        tx.note_keys_destroyed(row.erasure_id, ledger_index=answer.ledger_index)


def delete_objects(vault: Vault, row: ErasureRow) -> None:
    """Step 2."""
    with vault.records.read() as tx:
        segment_ids = tx.all_segment_ids_of(row.person_id)
    for segment_id in segment_ids:
        vault.objects.delete(name_of_segment(segment_id))
    with vault.records.begin() as tx:
        tx.mark_destroyed(segment_ids)
        tx.set_mail_address(row.person_id, "")
        tx.note_objects_destroyed(row.erasure_id)


def give_receipt(vault: Vault, row: ErasureRow) -> None:
    """Steps 3 and 4, in one transaction: the receipt says exactly what is on record."""
    now_ns = vault.clock.wall_ns()
    with vault.records.begin() as tx:
        items = [ErasedItem(what="keys", name=row.person_id, state="destroyed")]
        items += [
            ErasedItem(what="segment", name=each, state="destroyed") for each in tx.all_segment_ids_of(row.person_id)
        ]
        for artefact in tx.artefacts_naming(row.person_id):
            tx.mark_artefact_due(artefact.artefact_id, due_by_ns=now_ns + DUE_NS)
            due = artefact.state != "destroyed"
            items.append(
                ErasedItem(
                    what="artefact",
                    name=artefact.artefact_id,
                    state="due" if due else "destroyed",
                    due_by_ns=(artefact.due_by_ns or now_ns + DUE_NS) if due else None,
                )
            )
        receipt = ErasureReceipt(
            erasure_id=row.erasure_id,
            person_id=row.person_id,
            at_ns=now_ns,
            ledger_index=row.ledger_index or 0,
            items=items,
        )
        signed = vault.key.sign(RECEIPT_TYPE, erasure_format.encode(receipt))
        tx.finish_erasure(row.erasure_id, receipt=envelope_format.encode(signed).decode("utf-8"))


def resume(vault: Vault) -> int:
    """At start-up: go on with what was interrupted, and sweep away bytes that a crash left behind.

    Returns how many orders still wait (for a keyholder that does not answer yet).
    """
    with vault.records.read() as tx:
        waiting = tx.unfinished_erasures()
    left = 0
    for row in waiting:
        try:
            carry_out(vault, row.erasure_id)
        except AboveboardError as error:
            left += 1
            log.warning("erasure %s waits: %s", row.erasure_id, error.what)
    sweep(vault)
    return left


def sweep(vault: Vault) -> list[str]:
    """Delete every object whose segment is destroyed; their names. What has no record at all is left alone: the
    record may come back with a backup."""
    swept = []
    for name in vault.objects.names():
        segment_id = segment_of_name(name)
        if segment_id is None:
            continue
        with vault.records.read() as tx:
            row = tx.segment(segment_id)
        if row is not None and row.state == "destroyed":
            vault.objects.delete(name)
            swept.append(name)
    return swept


def _row(vault: Vault, erasure_id: str) -> ErasureRow:
    with vault.records.read() as tx:
        row = tx.erasure(erasure_id)
    if row is None:
        raise NotFound("there is no such erasure order", cause="the id was mistyped", fix="send the order")
    return row
