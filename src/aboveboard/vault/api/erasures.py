"""What is asked and answered about erasing? See ``vault.ordering`` and ``vault.erasure`` for the steps.

A person sees every order about them, whoever gave it, with its receipt and how far the copies of others have gone.
"""

from typing import Annotated, Literal

from litestar import Controller, get, post
from litestar.params import JSONBody, PathParameter

from aboveboard.base.errors import Conflict, NotFound
from aboveboard.base.ids import BODY_PATTERN
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats import erasure as erasure_format
from aboveboard.formats import lineage as lineage_format
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.erasure import ErasureOrder, Preview
from aboveboard.formats.fields import ArtefactId, Document, SegmentId
from aboveboard.rules.decision import Reason, no
from aboveboard.vault import ordering, parts
from aboveboard.vault.api.asking import PROBLEMS, Asked, TheVault, who_asks
from aboveboard.vault.erasure import carry_out, reached_artefacts
from aboveboard.vault.storage.records import Transaction
from aboveboard.vault.storage.rows import ArtefactRow, ErasureRow

ErasureIdInPath = Annotated[str, PathParameter(pattern=f"^era_{BODY_PATTERN}$", description="The order's id.")]


class ReachedArtefact(Document, frozen=True):
    """``word``: what its keeper signed when it was gone; ``rebuilt_as``: what it says was made of the rest."""

    artefact_id: ArtefactId
    state: Literal["live", "due", "destroyed"]
    due_by_ns: int | None
    word: Envelope | None
    rebuilt_as: ArtefactId | None


class ListedErasure(Document, frozen=True):
    """An order and what became of it. ``receipt``: ``None`` as long as it goes on."""

    order: Envelope
    ordered_at_ns: int
    receipt: Envelope | None
    artefacts: list[ReachedArtefact]


class Erasures(Controller):
    """Ordering erasure, and following it."""

    path = "/v1/erasures"
    tags = ("erasures",)

    @post(
        "/",
        status_code=200,
        sync_to_thread=True,
        responses=PROBLEMS,
        opt={"body_limit": envelope_format.LIMIT_BYTES + 64 * 1024},
    )
    def order(self, request: Asked, vault: TheVault, data: JSONBody[Envelope]) -> Envelope:
        """Carry out a signed order; the receipt. The same order again gives it again. For the person, and stewards."""
        with vault.records.begin() as tx:
            asker = who_asks(request, vault, tx)
            order = ordering.open_order(vault, tx, data)
            if order.why == "order":
                asker.require_staff("steward")
            elif order.why != "person" or asker.require_person().person_id != order.person_id:
                no(Reason.CONSENT_OTHER_PERSON, "the order names another person").require()
            known = tx.erasure(order.erasure_id)
            if known is None:
                ordering.check(tx, order, now_ns=vault.clock.wall_ns())
                ordering.take(vault, tx, order, data)
            elif envelope_format.decode(known.order.encode("utf-8")).payload != data.payload:
                raise Conflict("another order has this id", cause="it was used before", fix="use a new id")
        return carry_out(vault, order.erasure_id)

    @post(
        "/preview",
        status_code=200,
        sync_to_thread=True,
        responses=PROBLEMS,
        opt={"body_limit": envelope_format.LIMIT_BYTES + 64 * 1024},
    )
    def preview(self, request: Asked, vault: TheVault, data: JSONBody[ErasureOrder]) -> Preview:
        """What an order that is not signed yet would do. Nothing is changed. For the person, and stewards."""
        with vault.records.read() as tx:
            asker = who_asks(request, vault, tx)
            if data.why == "order":
                asker.require_staff("steward")
            elif asker.require_person().person_id != data.person_id:
                no(Reason.CONSENT_OTHER_PERSON, "it is about another person").require()
            return _preview(tx, data)

    @get("/", sync_to_thread=True, responses=PROBLEMS)
    def list_own(self, request: Asked, vault: TheVault) -> list[ListedErasure]:
        """Every order about the person who asks, newest first, whoever gave it."""
        with vault.records.read() as tx:
            person = who_asks(request, vault, tx).require_person()
            return [_listed(tx, row) for row in reversed(tx.erasures_of(person.person_id))]

    @get("/{erasure_id:str}/segments", sync_to_thread=True, responses=PROBLEMS)
    def segments(self, request: Asked, vault: TheVault, erasure_id: ErasureIdInPath) -> list[SegmentId]:
        """The ids of all segments that an order about the person who asks has reached, in order."""
        with vault.records.read() as tx:
            person = who_asks(request, vault, tx).require_person()
            row = tx.erasure(erasure_id)
            if row is None or row.person_id != person.person_id:
                raise NotFound("there is no such order about you", cause="the id was mistyped", fix="list them")
            if row.whole:
                return tx.all_segment_ids_of(row.person_id)
            return sorted(each.segment_id for each in tx.segments_by_order(erasure_id))


def _preview(tx: Transaction, order: ErasureOrder) -> Preview:
    rows = parts.reached(tx, order)
    artefacts = (
        tx.artefacts_naming(order.person_id)
        if order.whole
        else tx.artefacts_of_segments([row.segment_id for row in rows])
    )
    live = [each for each in artefacts if each.state != "destroyed"]
    kinds = [lineage_format.decode(lineage_format.decode_signed(each.lineage.encode()).body()).kind for each in live]
    return Preview(
        segments=len(rows),
        recorded_ns=sum(max(0, row.end_wall_ns - row.start_wall_ns) for row in rows),
        size_bytes=sum(row.size_bytes for row in rows if row.state == "stored"),
        artefacts=len(live),
        models=kinds.count("model"),
        rewrapped=0 if order.whole else len(parts.staying(tx, order, rows)),
    )


def _listed(tx: Transaction, row: ErasureRow) -> ListedErasure:
    return ListedErasure(
        order=envelope_format.decode(row.order.encode("utf-8")),
        ordered_at_ns=row.ordered_at_ns,
        receipt=None if row.receipt is None else envelope_format.decode(row.receipt.encode("utf-8")),
        artefacts=[_reached(each) for each in reached_artefacts(tx, row)],
    )


def _reached(row: ArtefactRow) -> ReachedArtefact:
    word = None if row.word is None else envelope_format.decode(row.word.encode("utf-8"))
    return ReachedArtefact(
        artefact_id=row.artefact_id,
        state=row.state,
        due_by_ns=row.due_by_ns,
        word=word,
        rebuilt_as=None if word is None else erasure_format.decode_destroyed(word.body()).rebuilt_as,
    )
