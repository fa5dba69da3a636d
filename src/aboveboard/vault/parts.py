"""How is a part of what is recorded of a person erased, when all of it was sealed to a few keys?

1. The segments that the order reaches are marked: from here on nobody is shown them.
2. Each key that they were sealed to has to end. What else was sealed to it is moved to the newest key first: the
   keyholder is sent the age header, never the recording, and the header that comes back is kept on record, beside the
   stored bytes, which stay as they are. At no moment is something that stays without a header that opens. That newest
   key is made for it, and an hour later the next: so the same is not moved again with every part that is erased.
3. The keyholder destroys the old keys. Copies of the stored bytes, wherever they lie, are closed from then on to
   everybody but the person.

What is erased because its time is over gets step 2 only where nothing else is sealed to the key: its bytes go at once,
and the key when the last of its recordings is over. Every step may be repeated.
"""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from aboveboard.base.errors import BadInput, Conflict, NotFound, Tampered
from aboveboard.formats import age_header, custody, rekey
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats.custody import EpochsEnded, PartErasure
from aboveboard.formats.envelope import encode_base64
from aboveboard.formats.erasure import ErasureOrder
from aboveboard.formats.rekey import RekeyItem, RekeyRequest
from aboveboard.formats.release import HEADER_LIMIT
from aboveboard.vault import epochs
from aboveboard.vault.place import Vault
from aboveboard.vault.storage.objects import name_of_segment
from aboveboard.vault.storage.records import Transaction
from aboveboard.vault.storage.rows import ErasureRow, PersonRow, SealedRow, SegmentRow

log = logging.getLogger("aboveboard.vault")
AT_ONCE = 250
"""How many segments are marked in one go: others write in between."""
MOVED_AT_ONCE = 500
"""How many are moved: each go waits for the keyholder's disk and this one's."""
AT_A_TIME = 2
"""So many goes at once: the next headers are read while the keyholder works on those before."""


def reached(tx: Transaction, order: ErasureOrder) -> list[SegmentRow]:
    """The segments that are still there and that the order reaches."""
    if order.segments is not None:
        rows = tx.segments_by_id(order.segments)
        return [row for row in rows if row.person_id == order.person_id and row.state in {"declared", "stored"}]
    if order.span is not None:
        return tx.segments_between(order.person_id, order.span.from_ns, order.span.until_ns)
    return tx.segments_of([order.person_id])


def mark(vault: Vault, order: ErasureOrder) -> None:
    """Step 1."""
    with vault.records.read() as tx:
        ids = [row.segment_id for row in reached(tx, order)]
    for begin in range(0, len(ids), AT_ONCE):
        with vault.records.begin() as tx:
            tx.mark_erasing(ids[begin : begin + AT_ONCE], erasure_id=order.erasure_id)


def end_keys(vault: Vault, row: ErasureRow, order: ErasureOrder) -> EpochsEnded:
    """Steps 2 and 3; raises Unavailable if the keyholder is away."""
    with vault.records.read() as tx:
        ending = epochs_to_end(tx, order, tx.segments_by_order(row.erasure_id))
        person = tx.person(row.person_id)
        if tx.erased_whole(row.person_id):
            ending = []  # nothing stays, and all keys end
    if not ending and order.why == "retention":
        return EpochsEnded(ended=[], at_ns=vault.clock.wall_ns())
    if ending and person is not None:
        _make_newer(vault, person, ending, moving=order.why != "retention")
    _move_what_stays(vault, row.person_id, ending)
    asked = PartErasure(order=envelope_format.decode(row.order.encode("utf-8")), key_epochs=ending)
    return custody.decode_ended(vault.keyholder().post("/v1/erasures/parts", custody.encode(asked)))


def epochs_to_end(tx: Transaction, order: ErasureOrder, rows: Sequence[SegmentRow]) -> list[int]:
    """The epochs whose keys end with these segments."""
    found = sorted({row.key_epoch for row in rows})
    if order.why != "retention":
        return found
    return [each for each in found if not tx.segments_in_epochs(order.person_id, [each])]


def staying(tx: Transaction, order: ErasureOrder, rows: Sequence[SegmentRow]) -> list[SegmentRow]:
    """What is not reached but sealed to a key that has to end."""
    gone = {row.segment_id for row in rows}
    there = tx.segments_in_epochs(order.person_id, epochs_to_end(tx, order, rows))
    return [row for row in there if row.segment_id not in gone]


def _make_newer(vault: Vault, person: PersonRow, ending: Sequence[int], *, moving: bool) -> None:
    """A newer key: where the newest has to end, and for what is moved, which is not to lie with what is new."""
    has_to_end = epochs.newest(person).key_epoch in ending
    if not has_to_end and not moving:
        return
    try:
        epochs.ask(vault, person.person_id, renew=True)
    except Conflict as error:  # there are as many as there may be
        if has_to_end:
            raise
        log.warning("what stays of %s is moved to the key that is sealed to: %s", person.person_id, error.what)


def _move_what_stays(vault: Vault, person_id: str, ending: Sequence[int]) -> None:
    with vault.records.read() as tx:
        rows = tx.sealed_to(person_id, ending)
    parts = [rows[begin : begin + MOVED_AT_ONCE] for begin in range(0, len(rows), MOVED_AT_ONCE)]
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        list(pool.map(lambda part: _move(vault, person_id, part), parts))


def _move(vault: Vault, person_id: str, rows: Sequence[SealedRow]) -> None:
    """Move these, or, where one of them cannot be, the others: one that is damaged keeps nothing from being erased."""
    items = []
    for row in rows:
        try:
            items.append(RekeyItem(segment_id=row.segment_id, key_epoch=row.key_epoch, header=header_of(vault, row)))
        except (NotFound, BadInput) as error:
            log.warning("%s cannot be moved to a newer key: %s", row.segment_id, error.what)
    if not items:
        return
    try:
        asked = rekey.encode(RekeyRequest(person_id=person_id, items=items))
        answer = rekey.decode_answer(vault.keyholder().post("/v1/rekeys", asked))
    except (Tampered, BadInput, NotFound) as error:
        if len(items) == 1:
            log.warning("%s cannot be moved to a newer key: %s", items[0].segment_id, error.what)
            return
        for some in (rows[: len(rows) // 2], rows[len(rows) // 2 :]):
            _move(vault, person_id, some)
        return
    with vault.records.begin() as tx:
        tx.rewrap({each.segment_id: each.header for each in answer.headers}, key_epoch=answer.key_epoch)


def header_of(vault: Vault, row: SegmentRow | SealedRow) -> str:
    """The age header (base64) that opens this segment now; raises :class:`NotFound` where its bytes are gone."""
    if row.header is not None:
        return row.header
    return encode_base64(age_header.unread(vault.objects.get_start(name_of_segment(row.segment_id), HEADER_LIMIT)))
