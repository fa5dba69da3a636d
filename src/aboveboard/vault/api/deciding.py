"""What does whoever decides on a request need beside it: who the staff are, and how much it would open?"""

from litestar import Controller, get

from aboveboard.base.errors import NotFound
from aboveboard.formats import disclosure as disclosure_format
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats import grant as grant_format
from aboveboard.formats.fields import Document
from aboveboard.formats.grant import AccessRequest
from aboveboard.formats.roster import APPROVING_ROLES, Roster
from aboveboard.rules.extent import extent
from aboveboard.vault.api.asking import PROBLEMS, Asked, TheVault, who_asks
from aboveboard.vault.api.requests import RequestIdInPath
from aboveboard.vault.storage.records import Transaction


class ToldExtent(Document, frozen=True):
    """``named`` people are asked for; ``people`` of them have recorded about ``segments`` that the purpose covers.

    Both are ``None`` where fewer than ten have: how much somebody recorded is told to nobody.
    """

    named: int
    people: int | None
    segments: int | None


class Deciding(Controller):
    """For those who say yes or no."""

    path = "/v1"
    tags = ("access",)

    @get("/staff", sync_to_thread=True, responses=PROBLEMS)
    def staff(self, request: Asked, vault: TheVault) -> Roster:
        """Everyone with a role, for any of them. The keyholder believes its own list, not this one."""
        with vault.records.read() as tx:
            who_asks(request, vault, tx).require_staff()
        return vault.roster()

    @get("/requests/{request_id:str}/extent", sync_to_thread=True, responses=PROBLEMS)
    def extent(self, request: Asked, vault: TheVault, request_id: RequestIdInPath) -> ToldExtent:
        """How much it would open. For those who decide; not for who asks, who could ask for this one and that one."""
        with vault.records.read() as tx:
            who_asks(request, vault, tx).require_staff(*sorted(APPROVING_ROLES), "steward")
            row = tx.request(request_id)
            if row is None:
                raise NotFound("there is no such request", cause="the id was mistyped", fix="list the requests")
            asked = grant_format.decode_request(envelope_format.decode(row.envelope.encode("utf-8")).body())
            told = extent(len(set(asked.people)), _segments(tx, asked))
        return ToldExtent(named=told.named, people=told.people, segments=told.segments)


def _segments(tx: Transaction, asked: AccessRequest) -> dict[str, int]:
    """How many stored segments of each person the purpose covers."""
    counts: dict[str, int] = {}
    covered: dict[str, bool] = {}
    for person_id, disclosure_sha256, count in tx.stored_under(asked.people, since_ns=asked.since_ns):
        if disclosure_sha256 not in covered:
            covered[disclosure_sha256] = asked.purpose in _purposes(tx, disclosure_sha256)
        if covered[disclosure_sha256]:
            counts[person_id] = counts.get(person_id, 0) + count
    return counts


def _purposes(tx: Transaction, disclosure_sha256: str) -> list[str]:
    row = tx.disclosure(disclosure_sha256)
    if row is None:
        return []
    return list(disclosure_format.decode(envelope_format.decode(row.envelope.encode("utf-8")).body()).purposes)
