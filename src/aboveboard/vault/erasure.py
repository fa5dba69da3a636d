"""How is what is recorded of a person erased, so that a crash in the middle loses nothing of the order?

0. The order is on record. If it is for everything, every consent of theirs has ended: nothing new comes in. If it is
   for a part, what it reaches is kept out from now on, and hidden (``vault.parts``).
1. The keyholder destroys the keys and writes it to the ledger. From here on nobody but the person can open it.
2. The sealed bytes are deleted, and the manifests emptied; the mail address goes with everything.
3. Every artefact that something of it went into is due to be destroyed within 30 days; at once, where its time is over.
4. The receipt is signed with the vault's key and kept.

Each step is noted when it is done, and doing one twice does no harm; what a crash interrupted goes on at the next start
or when the same order is sent again. The keyholder knows every order of a person or steward, so that a vault that was
restored from an old copy carries them out again.
"""

import logging
import threading

from aboveboard.base.errors import AboveboardError, NotFound
from aboveboard.formats import custody
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats import erasure as erasure_format
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.erasure import LISTED_LIMIT, RECEIPT_TYPE, ErasedItem, ErasureOrder, ErasureReceipt, digest_of
from aboveboard.vault import ordering, parts
from aboveboard.vault.api.artefacts import DUE_NS
from aboveboard.vault.place import Vault
from aboveboard.vault.retained import Retained
from aboveboard.vault.storage.objects import name_of_segment, segment_of_name
from aboveboard.vault.storage.records import Transaction
from aboveboard.vault.storage.rows import ArtefactRow, ErasureRow

log = logging.getLogger("aboveboard.vault")

AT_ONCE = 250
"""How many segments are emptied in one transaction: others write in between."""


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
    """Step 1, and for a part the second half of step 0."""
    if row.whole:
        answer = custody.decode_erased(vault.keyholder().post("/v1/erasures", row.order.encode("utf-8")))
        index, names = answer.ledger_index, [row.person_id]
    else:
        order = order_of(row)
        parts.mark(vault, order)
        ended = parts.end_keys(vault, row, order).ended
        index = max((each.ledger_index for each in ended), default=0)
        names = [f"{row.person_id}#{each.key_epoch}" for each in ended]
    with vault.records.begin() as tx:
        tx.note_keys_destroyed(row.erasure_id, ledger_index=index, keys=" ".join(names))


def delete_objects(vault: Vault, row: ErasureRow) -> None:
    """Step 2."""
    with vault.records.read() as tx:
        segment_ids = _segment_ids(tx, row)
    for begin in range(0, len(segment_ids), AT_ONCE):
        some = segment_ids[begin : begin + AT_ONCE]
        vault.objects.delete_many([name_of_segment(segment_id) for segment_id in some])
        with vault.records.begin() as tx:
            tx.mark_destroyed(some)
    with vault.records.begin() as tx:
        if row.whole:
            tx.set_mail_address(row.person_id, "")
        tx.note_objects_destroyed(row.erasure_id)


def give_receipt(vault: Vault, row: ErasureRow) -> None:
    """Steps 3 and 4, in one transaction: the receipt says exactly what is on record."""
    now_ns = vault.clock.wall_ns()
    with vault.records.begin() as tx:
        ended = (row.keys or "").split()
        items = [ErasedItem(what="keys", name=name, state="destroyed") for name in ended]
        items += _keys_due(tx, row, set(ended))
        items += _segment_items(_segment_ids(tx, row))
        due_by_ns = now_ns if row.why == "retention" else now_ns + DUE_NS
        for artefact in reached_artefacts(tx, row):
            tx.mark_artefact_due(artefact.artefact_id, due_by_ns=due_by_ns)
            due = artefact.state != "destroyed"
            items.append(
                ErasedItem(
                    what="artefact",
                    name=artefact.artefact_id,
                    state="due" if due else "destroyed",
                    due_by_ns=(artefact.due_by_ns or due_by_ns) if due else None,
                )
            )
        receipt = ErasureReceipt(
            erasure_id=row.erasure_id,
            person_id=row.person_id,
            at_ns=now_ns,
            ledger_index=row.ledger_index or 0,
            items=items,
            why=row.why,
        )
        signed = vault.key.sign(RECEIPT_TYPE, erasure_format.encode(receipt))
        tx.finish_erasure(row.erasure_id, receipt=envelope_format.encode(signed).decode("utf-8"))


def resume(vault: Vault) -> int:
    """At start-up: go on with what was interrupted, and sweep away bytes that a crash left behind.

    Returns how many orders still wait (for a keyholder that does not answer yet).
    """
    left = go_on(vault)
    sweep(vault)
    return left


def go_on(vault: Vault) -> int:
    """Go on with what was interrupted; returns how many orders still wait."""
    with vault.records.read() as tx:
        waiting = tx.unfinished_erasures()
    left = 0
    for row in waiting:
        try:
            carry_out(vault, row.erasure_id)
        except AboveboardError as error:
            left += 1
            log.warning("erasure %s waits: %s", row.erasure_id, error.what)
    return left


def catch_up(vault: Vault) -> int:
    """Carry out what the keyholder was ordered to erase and this vault's records do not know: they were restored from
    an older copy. How many orders it was; raises Unavailable if the keyholder is away."""
    found, after = 0, 0
    while True:
        page = custody.decode_orders(vault.keyholder().get(f"/v1/erasures?after={after}"))
        for envelope in page.orders:
            try:
                found += _catch_up_one(vault, envelope)
            except AboveboardError as error:
                log.warning("an order to erase that the keyholder knows was not carried out: %s", error.what)
        if page.next_after is None:
            return found
        after = page.next_after


def keep_going(vault: Vault, stop: threading.Event, *, rest_s: float = 60.0) -> None:
    """The body of a thread: :func:`resume`, :func:`catch_up` until it has succeeded once, :func:`go_on` each minute."""
    swept = caught_up = False
    while True:
        try:
            if not swept:
                resume(vault)
                swept = True
            if not caught_up:
                catch_up(vault)
                caught_up = True
            go_on(vault)
        except AboveboardError as error:
            log.warning("erasures wait: %s", error.what)
        except Exception:
            log.exception("erasures wait")
        if stop.wait(rest_s):
            return


def sweep(vault: Vault) -> list[str]:
    """Delete every object whose segment is destroyed; their names. What has no record at all is left alone: the
    record may come back with a backup."""
    swept = []
    names = {segment_id: name for name in vault.objects.names() if (segment_id := segment_of_name(name)) is not None}
    ids = list(names)
    for begin in range(0, len(ids), AT_ONCE):
        with vault.records.read() as tx:
            rows = tx.segments_by_id(ids[begin : begin + AT_ONCE])
        for name in [names[row.segment_id] for row in rows if row.state == "destroyed"]:
            vault.objects.delete(name)
            swept.append(name)
    return swept


def order_of(row: ErasureRow) -> ErasureOrder:
    """The order of a row; its signature held when it was taken."""
    return erasure_format.decode_order(envelope_format.decode(row.order.encode("utf-8")).body())


def _catch_up_one(vault: Vault, envelope: Envelope) -> int:
    claimed = erasure_format.decode_order(envelope.body())
    with vault.records.begin() as tx:
        if tx.erasure(claimed.erasure_id) is not None or tx.person(claimed.person_id) is None:
            return 0
        order = ordering.open_order(vault, tx, envelope)
        ordering.take(vault, tx, order, envelope)
    log.warning("erasure %s is carried out again: these records are older than it", order.erasure_id)
    carry_out(vault, order.erasure_id)
    return 1


def _segment_ids(tx: Transaction, row: ErasureRow) -> list[str]:
    if row.whole:
        return tx.all_segment_ids_of(row.person_id)
    return [each.segment_id for each in tx.segments_by_order(row.erasure_id)]


def _keys_due(tx: Transaction, row: ErasureRow, ended: set[str]) -> list[ErasedItem]:
    """The keys that end when the last of what they seal is over: only of what is erased because its time is over."""
    if row.why != "retention":
        return []
    retained, items = Retained(tx), []
    for epoch in sorted({each.key_epoch for each in tx.segments_by_order(row.erasure_id)}):
        name = f"{row.person_id}#{epoch}"
        if name not in ended:
            last_ns = max(
                (retained.over_at_ns(each) for each in tx.segments_in_epochs(row.person_id, [epoch])), default=0
            )
            items.append(ErasedItem(what="keys", name=name, state="due", due_by_ns=last_ns))
    return items


def _segment_items(segment_ids: list[str]) -> list[ErasedItem]:
    if len(segment_ids) <= LISTED_LIMIT:
        return [ErasedItem(what="segment", name=each, state="destroyed") for each in segment_ids]
    name = f"{len(segment_ids)} segments, SHA-256 of their ids {digest_of(segment_ids)}"
    return [ErasedItem(what="segments", name=name, state="destroyed")]


def reached_artefacts(tx: Transaction, row: ErasureRow) -> list[ArtefactRow]:
    """What something of it went into."""
    return tx.artefacts_naming(row.person_id) if row.whole else tx.artefacts_by_order(row.erasure_id)


def _row(vault: Vault, erasure_id: str) -> ErasureRow:
    with vault.records.read() as tx:
        row = tx.erasure(erasure_id)
    if row is None:
        raise NotFound("there is no such erasure order", cause="the id was mistyped", fix="send the order")
    return row
