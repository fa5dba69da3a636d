"""What does the requester of a live grant get? A list, re-sealed keys from the keyholder, and sealed bytes.

For every question:

1. The asker is the researcher who made the request.
2. The grant is live by this vault's roster and clock.
3. The segments are stored, of people the grant names, from the time it names on, under disclosures that name its
   purpose.

The keys come from the keyholder, which checks the grant again, writes to the ledger first, and answers the vault: the
vault only passes the age headers there and the answer back.
"""

from collections import Counter
from typing import Annotated

from litestar import Controller, Response, get, post
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta

from aboveboard.base.errors import NotFound
from aboveboard.formats import disclosure as disclosure_format
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats import grant as grant_format
from aboveboard.formats import release, segment
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.fields import Document, SegmentId
from aboveboard.formats.release import ReleaseAnswer, ReleaseItem, ReleaseRequest
from aboveboard.rules.decision import Reason, no
from aboveboard.rules.grants import GrantFacts, grant_live, may_release
from aboveboard.vault import parts
from aboveboard.vault.api.asking import PROBLEMS, Asked, TheVault, who_asks
from aboveboard.vault.api.intake import PATTERN, SegmentIdInPath
from aboveboard.vault.api.requests import GrantIdInPath
from aboveboard.vault.granting import facts_of, grant_of
from aboveboard.vault.place import Vault
from aboveboard.vault.storage.objects import name_of_segment
from aboveboard.vault.storage.records import Transaction
from aboveboard.vault.storage.rows import GrantRow, SegmentRow

PAGE = 8_000
"""How many segments are listed at once: some 9 MB."""
After = Annotated[str | None, QueryParameter(pattern=PATTERN, description="The last segment of the page before.")]


class GrantedSegment(Document, frozen=True):
    """A stored segment that the grant covers."""

    manifest: Envelope


class KeysAsked(Document, frozen=True):
    """The segments whose keys are asked for."""

    segment_ids: Annotated[list[SegmentId], Meta(min_length=1, max_length=512)]


class Access(Controller):
    """Under a grant."""

    path = "/v1/grants/{grant_id:str}"
    tags = ("access",)

    @get("/segments", sync_to_thread=True, responses=PROBLEMS)
    def list_segments(
        self, request: Asked, vault: TheVault, grant_id: GrantIdInPath, after: After = None
    ) -> list[GrantedSegment]:
        """The stored segments that the grant covers, by person, begin and id, in pages: those that come after
        ``after``. An empty answer says that there are no more."""
        now_ns = vault.clock.wall_ns()
        with vault.records.read() as tx:
            _, facts = _live_grant(request, vault, tx, grant_id, now_ns)
            purposes = _Purposes(tx)
            covered: list[GrantedSegment] = []
            last = _last(tx, facts, after) if after is not None else None
            while not covered and (rows := tx.segments_after(facts.request.people, last, PAGE)):
                last = rows[-1]
                covered = [
                    GrantedSegment(manifest=envelope_format.decode(row.manifest.encode("utf-8")))
                    for row in rows
                    if row.state == "stored"
                    and facts.request.purpose in purposes.of(row)
                    and _since(row, facts.request.since_ns)
                ]
            return covered

    @post("/keys", status_code=200, sync_to_thread=True, responses=PROBLEMS)
    def keys(
        self, request: Asked, vault: TheVault, grant_id: GrantIdInPath, data: JSONBody[KeysAsked]
    ) -> ReleaseAnswer:
        """The keys of these segments, re-sealed by the keyholder to the key that the request named."""
        now_ns = vault.clock.wall_ns()
        with vault.records.read() as tx:
            row, facts = _live_grant(request, vault, tx, grant_id, now_ns)
            purposes = _Purposes(tx)
            rows = [_covered(tx, facts, purposes, segment_id, now_ns) for segment_id in data.segment_ids]
            grant = grant_of(tx, row)
        items = [
            ReleaseItem(
                segment_id=each.segment_id,
                person_id=each.person_id,
                key_epoch=each.key_epoch,
                header=parts.header_of(vault, each),
            )
            for each in rows
        ]
        answer = vault.keyholder().post("/v1/releases", release.encode(ReleaseRequest(grant=grant, items=items)))
        with vault.records.begin() as tx:  # before anybody has them: the person can count what the keyholder tells
            tx.note_passed_on(Counter(each.person_id for each in rows))
        return release.decode_answer(answer)

    @post("/standing", status_code=200, sync_to_thread=True, responses=PROBLEMS)
    def standing(self, request: Asked, vault: TheVault, grant_id: GrantIdInPath, data: JSONBody[Envelope]) -> Envelope:
        """Whether the grant still holds. The keyholder answers, signed, to the question that the requester signed."""
        with vault.records.read() as tx:
            asker = who_asks(request, vault, tx).require_staff()
            row = tx.grant(grant_id)
            asked = tx.request(row.request_id) if row is not None else None
            if row is None or asked is None or asked.requester != asker.staff_id:
                raise NotFound("there is no such grant of yours", cause="it was not granted yet", fix="list requests")
            grant = grant_of(tx, row)
        question = envelope_format.encode(data)
        try:
            return envelope_format.decode(vault.keyholder().post("/v1/standings", question))
        except NotFound:  # granted before the keyholder kept grants
            vault.keyholder().post("/v1/grants", grant_format.encode(grant))
            return envelope_format.decode(vault.keyholder().post("/v1/standings", question))

    @get(
        "/segments/{segment_id:str}/sealed",
        sync_to_thread=True,
        responses=PROBLEMS,
        media_type="application/octet-stream",
    )
    def sealed(
        self, request: Asked, vault: TheVault, grant_id: GrantIdInPath, segment_id: SegmentIdInPath
    ) -> Response[bytes]:
        """The sealed bytes as they are stored; the released header replaces theirs."""
        now_ns = vault.clock.wall_ns()
        with vault.records.read() as tx:
            _, facts = _live_grant(request, vault, tx, grant_id, now_ns)
            row = _covered(tx, facts, _Purposes(tx), segment_id, now_ns)
        data = vault.objects.get(name_of_segment(row.segment_id))
        return Response(data, media_type="application/octet-stream")


class _Purposes:
    """What each segment's disclosure allows, each disclosure read once."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._known: dict[str, list[str]] = {}

    def of(self, row: SegmentRow) -> list[str]:
        if row.disclosure_sha256 not in self._known:
            found = self._tx.disclosure(row.disclosure_sha256)
            self._known[row.disclosure_sha256] = (
                []
                if found is None
                else list(
                    disclosure_format.decode(envelope_format.decode(found.envelope.encode("utf-8")).body()).purposes
                )
            )
        return self._known[row.disclosure_sha256]


def _last(tx: Transaction, facts: GrantFacts, after: str) -> SegmentRow:
    """The last segment of the page before, whatever became of it since."""
    row = tx.segment(after)
    if row is None or row.person_id not in facts.request.people:
        raise NotFound("this grant covers no such segment", cause="its id was made up", fix="begin the list again")
    return row


def _live_grant(
    request: Asked, vault: Vault, tx: Transaction, grant_id: str, now_ns: int
) -> tuple[GrantRow, GrantFacts]:
    """Steps 1 and 2."""
    researcher = who_asks(request, vault, tx).require_staff("researcher")
    row = tx.grant(grant_id)
    asked = tx.request(row.request_id) if row is not None else None
    if row is None or asked is None or asked.requester != researcher.staff_id:
        raise NotFound("there is no such grant of yours", cause="it was not granted yet", fix="list your requests")
    facts = facts_of(tx, asked, vault.roster())
    grant_live(facts, now_ns=now_ns).require()
    return row, facts


def _covered(tx: Transaction, facts: GrantFacts, purposes: _Purposes, segment_id: str, now_ns: int) -> SegmentRow:
    """Step 3."""
    row = tx.segment(segment_id)
    if row is None or row.person_id not in facts.request.people:
        no(Reason.GRANT_WRONG_PERSON).require()
        raise AssertionError("unreachable: a no raises")
    if row.state != "stored":
        raise NotFound("there is no such segment", cause="it was erased, or is on its way", fix="list the segments")
    if not _since(row, facts.request.since_ns):
        no(Reason.GRANT_TOO_EARLY).require()
    may_release(facts, person_id=row.person_id, purposes=purposes.of(row), now_ns=now_ns).require()
    return row


def _since(row: SegmentRow, since_ns: int) -> bool:
    """Did this segment begin at ``since_ns`` (wall time; 0: any) or later, as its device says?"""
    if not since_ns:
        return True
    return segment.decode(envelope_format.decode(row.manifest.encode("utf-8")).body()).start_wall_ns >= since_ns
