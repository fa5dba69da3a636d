"""What was made from whose recordings, and what has become of it?

The researcher who made it signs its lineage; ``rules.lineage`` says what must hold before it is on record.
"""

import hashlib
from typing import Annotated, Literal

from litestar import Controller, get, post
from litestar.params import JSONBody, PathParameter
from msgspec import Meta

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import BadInput, Conflict, NotFound
from aboveboard.formats import erasure as erasure_format
from aboveboard.formats import lineage as lineage_format
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.erasure import DESTROYED_TYPE
from aboveboard.formats.fields import ArtefactId, Document, Sha256
from aboveboard.formats.lineage import Kind, Lineage, OwnArtefact
from aboveboard.rules.lineage import may_replace, own_part
from aboveboard.sealing.signatures import open_signed
from aboveboard.vault.api.asking import PROBLEMS, Asked, TheVault, as_text, who_asks
from aboveboard.vault.api.enrolment import Nothing
from aboveboard.vault.descent import check_descent, origins_of, spans_of
from aboveboard.vault.storage.rows import ArtefactRow

DUE_NS = 30 * 86_400 * SECOND_NS
"""How long after an erasure an artefact that names the person may still exist."""

ArtefactIdInPath = Annotated[str, PathParameter(pattern="^art_[0-9a-hjkmnp-tv-z]{26}$")]


class ListedArtefact(Document, frozen=True):
    """``due``: somebody in it was erased, and it must be gone by ``due_by_ns`` (wall time)."""

    lineage: Envelope
    state: Literal["live", "due", "destroyed"]
    due_by_ns: int | None


class Look(Document, frozen=True):
    """Files by the SHA-256 of all of it or of its head, and marks that were found in files."""

    sha256: Annotated[list[Sha256], Meta(max_length=1000)]
    artefact_ids: Annotated[list[ArtefactId], Meta(max_length=1000)]


class Found(Document, frozen=True):
    """An artefact that has a file with this digest; ``sha256`` of ``None``: one whose id was asked for."""

    artefact_id: ArtefactId
    kind: Kind
    state: Literal["live", "due", "destroyed"]
    sha256: Sha256 | None


class Artefacts(Controller):
    """Registering and following what was made."""

    path = "/v1/artefacts"
    tags = ("artefacts",)

    @post(
        "/",
        status_code=200,
        sync_to_thread=True,
        responses=PROBLEMS,
        opt={"body_limit": lineage_format.SIGNED_LIMIT_BYTES},
    )
    def register(self, request: Asked, vault: TheVault, data: JSONBody[Envelope]) -> Nothing:
        """Register an artefact by its signed lineage."""
        now_ns = vault.clock.wall_ns()
        with vault.records.read() as tx:
            researcher = who_asks(request, vault, tx).require_staff("researcher")
            lineage = lineage_format.decode(open_signed(data, lineage_format.PAYLOAD_TYPE, researcher.key))
            # Read before the writing transaction, which others wait for: of a person's year these are many.
            origins = origins_of(tx, lineage)
        with vault.records.begin() as tx:
            known = tx.artefact(lineage.artefact_id)
            if known is not None:
                if lineage_format.decode_signed(known.lineage.encode("utf-8")).payload != data.payload:
                    raise Conflict("another artefact has this id", cause="it was used before", fix="use a new id")
                return Nothing()
            check_descent(tx, lineage, origins, researcher.staff_id)
            tx.add_artefact(
                ArtefactRow(
                    artefact_id=lineage.artefact_id,
                    grant_id=lineage.grant_id,
                    registered_by=researcher.staff_id,
                    lineage=as_text(data),
                    state="live",
                    registered_at_ns=now_ns,
                ),
                people=lineage.people,
                spans=spans_of(lineage),
                digests=_digests(lineage),
            )
            # Asked once it is there, in the same transaction: an erasure comes wholly before or wholly after.
            erased = any(tx.erased_whole(person) for person in lineage.people)
            if erased or tx.has_destroyed_source(lineage.artefact_id):
                tx.mark_artefact_due(lineage.artefact_id, due_by_ns=now_ns + DUE_NS)
        return Nothing()

    @get("/", sync_to_thread=True, responses=PROBLEMS)
    def list_artefacts(self, request: Asked, vault: TheVault) -> list[ListedArtefact]:
        """A researcher's own artefacts."""
        with vault.records.read() as tx:
            rows = tx.artefacts_by(who_asks(request, vault, tx).require_staff("researcher").staff_id)
        return [
            ListedArtefact(
                lineage=lineage_format.decode_signed(row.lineage.encode("utf-8")),
                state=row.state,
                due_by_ns=row.due_by_ns,
            )
            for row in rows
        ]

    @get("/mine", sync_to_thread=True, responses=PROBLEMS)
    def list_mine(self, request: Asked, vault: TheVault) -> list[OwnArtefact]:
        """What was made from the recordings of the person who asks; of others in it only how many."""
        with vault.records.read() as tx:
            person_id = who_asks(request, vault, tx).require_person().person_id
            rows = tx.artefacts_naming(person_id)
        naming = {row.artefact_id for row in rows}
        return [
            own_part(_lineage(row), person_id, naming=naming, state=row.state, due_by_ns=row.due_by_ns) for row in rows
        ]

    @post("/find", status_code=200, sync_to_thread=True, responses=PROBLEMS)
    def find(self, request: Asked, vault: TheVault, data: JSONBody[Look]) -> list[Found]:
        """Of which artefacts are these files? For any member of staff: who holds a file may know what it is."""
        with vault.records.read() as tx:
            who_asks(request, vault, tx).require_staff()
            rows = [(digest, row) for digest, row in tx.artefacts_with(data.sha256)]
            named = [(None, tx.artefact(artefact_id)) for artefact_id in sorted(set(data.artefact_ids))]
        return [
            Found(artefact_id=row.artefact_id, kind=_kind(row), state=row.state, sha256=digest)
            for digest, row in [*rows, *named]
            if row is not None
        ]

    @post("/{artefact_id:str}/destroyed", status_code=200, sync_to_thread=True, responses=PROBLEMS)
    def destroyed(
        self, request: Asked, vault: TheVault, artefact_id: ArtefactIdInPath, data: JSONBody[Envelope]
    ) -> Nothing:
        """The researcher who registered it says, signed, that the artefact is gone, every file of it."""
        with vault.records.begin() as tx:
            researcher = who_asks(request, vault, tx).require_staff("researcher")
            row = tx.artefact(artefact_id)
            if row is None or row.registered_by != researcher.staff_id:
                raise NotFound("there is no such artefact of yours", cause="the id was mistyped", fix="list them")
            gone = erasure_format.decode_destroyed(open_signed(data, DESTROYED_TYPE, researcher.key))
            registered = lineage_format.decode_signed(row.lineage.encode("utf-8")).body()
            if (gone.artefact_id, gone.lineage_sha256) != (artefact_id, hashlib.sha256(registered).hexdigest()):
                raise BadInput(
                    "this word is about another artefact",
                    cause="it was signed for another one, or sent to the wrong place",
                    fix="sign it for this one",
                )
            if gone.rebuilt_as is not None:
                newer = tx.artefact(gone.rebuilt_as)
                if newer is None or newer.registered_by != researcher.staff_id:
                    raise NotFound("there is no such artefact of yours", cause="what it became", fix="list them")
                may_replace(_lineage(row), _lineage(newer)).require()
            tx.mark_artefact_destroyed(artefact_id, at_ns=vault.clock.wall_ns(), word=as_text(data))
        return Nothing()


def _digests(lineage: Lineage) -> set[str]:
    return {digest for file in lineage.files for digest in (file.sha256, file.head_sha256) if digest is not None}


def _kind(row: ArtefactRow) -> Kind:
    return _lineage(row).kind


def _lineage(row: ArtefactRow) -> Lineage:
    return lineage_format.decode(lineage_format.decode_signed(row.lineage.encode("utf-8")).body())
