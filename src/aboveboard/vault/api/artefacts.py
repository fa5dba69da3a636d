"""What was made from whose recordings, and what has become of it?

1. The researcher who made it signed its lineage.
2. It was made under a grant of theirs, and names only people whom the grant names.
3. It names everyone whom its parents name, so that erasure reaches it.
"""

from typing import Annotated, Literal

from litestar import Controller, get, post
from litestar.params import JSONBody, PathParameter

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import BadInput, Conflict, NotFound
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats import grant as grant_format
from aboveboard.formats import lineage as lineage_format
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.fields import Document
from aboveboard.formats.lineage import Lineage
from aboveboard.rules.decision import Reason, no
from aboveboard.sealing.signatures import open_signed
from aboveboard.vault.api.asking import PROBLEMS, Asked, TheVault, as_text, who_asks
from aboveboard.vault.api.enrolment import Nothing
from aboveboard.vault.storage.records import Transaction
from aboveboard.vault.storage.rows import ArtefactRow

DUE_NS = 30 * 86_400 * SECOND_NS
"""How long after an erasure an artefact that names the person may still exist."""

ArtefactIdInPath = Annotated[str, PathParameter(pattern="^art_[0-9a-hjkmnp-tv-z]{26}$")]


class ListedArtefact(Document, frozen=True):
    """``due``: somebody in it was erased, and it must be gone by ``due_by_ns`` (wall time)."""

    lineage: Envelope
    state: Literal["live", "due", "destroyed"]
    due_by_ns: int | None


class Artefacts(Controller):
    """Registering and following what was made."""

    path = "/v1/artefacts"
    tags = ("artefacts",)

    @post(
        "/",
        status_code=200,
        sync_to_thread=True,
        responses=PROBLEMS,
        opt={"body_limit": envelope_format.LIMIT_BYTES + 64 * 1024},
    )
    def register(self, request: Asked, vault: TheVault, data: JSONBody[Envelope]) -> Nothing:
        """Register an artefact by its signed lineage."""
        now_ns = vault.clock.wall_ns()
        with vault.records.begin() as tx:
            researcher = who_asks(request, vault, tx).require_staff("researcher")
            lineage = lineage_format.decode(open_signed(data, lineage_format.PAYLOAD_TYPE, researcher.key))
            known = tx.artefact(lineage.artefact_id)
            if known is not None:
                if envelope_format.decode(known.lineage.encode("utf-8")).payload != data.payload:
                    raise Conflict("another artefact has this id", cause="it was used before", fix="use a new id")
                return Nothing()
            _check_grant(tx, lineage, researcher.staff_id)
            _check_parents(tx, lineage)
            erased = any(tx.erasures_of(person) for person in set(lineage.people))
            tx.add_artefact(
                ArtefactRow(
                    artefact_id=lineage.artefact_id,
                    grant_id=lineage.grant_id,
                    registered_by=researcher.staff_id,
                    lineage=as_text(data),
                    state="due" if erased else "live",
                    registered_at_ns=now_ns,
                    due_by_ns=now_ns + DUE_NS if erased else None,
                ),
                people=lineage.people,
            )
        return Nothing()

    @get("/", sync_to_thread=True, responses=PROBLEMS)
    def list_artefacts(self, request: Asked, vault: TheVault) -> list[ListedArtefact]:
        """A researcher's own artefacts; or those that name the person who asks."""
        with vault.records.read() as tx:
            asker = who_asks(request, vault, tx)
            if asker.staff is not None:
                rows = tx.artefacts_by(asker.require_staff("researcher").staff_id)
            else:
                rows = tx.artefacts_naming(asker.require_person().person_id)
        return [
            ListedArtefact(
                lineage=envelope_format.decode(row.lineage.encode("utf-8")), state=row.state, due_by_ns=row.due_by_ns
            )
            for row in rows
        ]

    @post("/{artefact_id:str}/destroyed", status_code=200, sync_to_thread=True, responses=PROBLEMS)
    def destroyed(
        self, request: Asked, vault: TheVault, artefact_id: ArtefactIdInPath, data: JSONBody[Nothing]
    ) -> Nothing:
        """The researcher reports that the artefact is gone, every file of it."""
        with vault.records.begin() as tx:
            researcher = who_asks(request, vault, tx).require_staff("researcher")
            row = tx.artefact(artefact_id)
            if row is None or row.registered_by != researcher.staff_id:
                raise NotFound("there is no such artefact of yours", cause="the id was mistyped", fix="list them")
            tx.mark_artefact_destroyed(artefact_id, at_ns=vault.clock.wall_ns())
        return Nothing()


def _check_grant(tx: Transaction, lineage: Lineage, staff_id: str) -> None:
    """Step 2. The grant may have ended since: what exists is better known than hidden."""
    grant = tx.grant(lineage.grant_id)
    asked = tx.request(grant.request_id) if grant is not None else None
    if asked is None or asked.requester != staff_id:
        raise NotFound("there is no such grant of yours", cause="the lineage names another", fix="check the grant's id")
    request = grant_format.decode_request(envelope_format.decode(asked.envelope.encode("utf-8")).body())
    if not set(lineage.people) <= set(request.people):
        no(Reason.GRANT_WRONG_PERSON).require()
    if not set(lineage.purposes) <= {request.purpose}:
        no(Reason.GRANT_WRONG_PURPOSE).require()


def _check_parents(tx: Transaction, lineage: Lineage) -> None:
    """Step 3."""
    for parent_id in lineage.parents:
        parent = tx.artefact(parent_id)
        if parent is None:
            raise BadInput(
                f"the parent {parent_id} is not registered",
                cause="artefacts are registered before what is made from them",
                fix="register the parent first",
            )
        above = lineage_format.decode(envelope_format.decode(parent.lineage.encode("utf-8")).body())
        if not set(above.people) <= set(lineage.people):
            raise BadInput(
                "this lineage leaves out people whom a parent names",
                cause="erasure would not reach this artefact",
                fix="name everyone whom its parents name",
            )
