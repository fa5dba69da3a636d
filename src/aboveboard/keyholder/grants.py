"""Which grants has the keyholder seen, and which have ended?

A grant's id follows from its request's, and the first that is complete under an id is kept as it was granted: the
request, the approvals, the roles in which they were signed. What is sent later under that id changes nothing, and
neither does a role that is edited later. A revocation counts from the moment that it is on the disk, also for a grant
that was not seen yet.
"""

from dataclasses import dataclass

from aboveboard.formats import envelope as envelope_format
from aboveboard.formats import grant as grant_format
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.grant import Grant, Review, Revocation
from aboveboard.keyholder.database import Database

REQUESTER_ROLE = "researcher"
APPROVED_ROLE = "approved"
"""In the place of a role: somebody who approved this very grant."""
LEFT_ROLE = "left"
"""In the place of a role: somebody who signed has left the roster since."""


@dataclass(frozen=True)
class Filed:
    """A grant as it was granted. ``keys``: how many left under it; ``told_at_ns``: since when its holder knows that it
    has ended."""

    grant: Grant
    emergency: bool
    keys: int
    reviewed: bool
    told_at_ns: int | None


class Grants:
    """Reads and writes the rows. Writing happens inside ``database.writing()``, by the caller."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def request_of(self, grant_id: str) -> str | None:
        """The SHA-256 (hex) of the request that is known under this id."""
        row = self._database.one("SELECT request_sha256 FROM grants WHERE grant_id = ?", (grant_id,))
        return None if row is None else str(row[0])

    def requester_of(self, grant_id: str) -> str | None:
        """Who asked for this grant, if it was seen."""
        row = self._database.one("SELECT requester FROM grants WHERE grant_id = ?", (grant_id,))
        return None if row is None else str(row[0])

    def approvers_of(self, grant_id: str) -> list[str]:
        """Who said yes to the grant that was kept; nobody, if none was."""
        filed = self.filed(grant_id)
        approvals = [] if filed is None else filed.grant.approvals
        return [grant_format.decode_approval(each.body()).approver for each in approvals]

    def filed(self, grant_id: str) -> Filed | None:
        """The grant as it was granted; ``None`` if none was kept under this id."""
        row = self._database.one(
            "SELECT document, emergency, keys, review IS NOT NULL, told_at_ns FROM grants"
            " WHERE grant_id = ? AND document IS NOT NULL",
            (grant_id,),
        )
        if row is None:
            return None
        return Filed(grant_format.decode_grant(bytes(row[0])), bool(row[1]), int(row[2]), bool(row[3]), row[4])

    def file(self, grant: Grant, *, request_sha256: str, requester: str, emergency: bool, now_ns: int) -> None:
        """Keep a grant that is complete. One that was seen by an older version is kept now, once."""
        self._database.run(
            "INSERT INTO grants (grant_id, request_sha256, requester, seen_at_ns, document, emergency)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (grant_id) DO UPDATE SET document = excluded.document,"
            " emergency = excluded.emergency WHERE document IS NULL AND request_sha256 = excluded.request_sha256",
            (grant.grant_id, request_sha256, requester, now_ns, grant_format.encode(grant), emergency),
        )

    def count_keys(self, grant_id: str, count: int) -> int:
        """Note that so many more keys leave under it; how many that makes."""
        row = self._database.one(
            "UPDATE grants SET keys = keys + ? WHERE grant_id = ? RETURNING keys", (count, grant_id)
        )
        return 0 if row is None else int(row[0])

    def tell(self, grant_id: str, *, now_ns: int) -> None:
        """Note that whoever holds keys of it knows that it has ended."""
        self._database.run(
            "UPDATE grants SET told_at_ns = ? WHERE grant_id = ? AND told_at_ns IS NULL", (now_ns, grant_id)
        )

    def revoke(self, revocation: Revocation, *, by_role: str, envelope: Envelope) -> bool:
        """Keep a verified revocation; returns whether it is new."""
        return self._end(
            revocation.grant_id, revocation.by, by_role, revocation.at_ns, envelope_format.encode(envelope)
        )

    def end_by_leaving(self, grant_id: str, staff_id: str, *, now_ns: int) -> bool:
        """Keep that a grant has ended because this signer has left; returns whether it is new."""
        return self._end(grant_id, staff_id, LEFT_ROLE, now_ns, b"")

    def _end(self, grant_id: str, by: str, by_role: str, at_ns: int, envelope: bytes) -> bool:
        # A researcher's word about another's grant counts for nothing; said again in a role that counts, it does.
        row = self._database.one(
            "INSERT INTO revocations VALUES (?, ?, ?, ?, ?) ON CONFLICT (grant_id, by) DO UPDATE"
            " SET by_role = excluded.by_role, at_ns = excluded.at_ns, envelope = excluded.envelope"
            " WHERE by_role = ? AND excluded.by_role <> by_role RETURNING 1",
            (grant_id, by, by_role, at_ns, envelope, REQUESTER_ROLE),
        )
        return row is not None

    def revoked_at_ns(self, grant_id: str, *, requester: str) -> int | None:
        """When the grant was first revoked, by somebody who may, in the role that they had then; ``None``: it was not.

        A researcher's revocation counts only against their own grants.
        """
        row = self._database.one(
            "SELECT MIN(at_ns) FROM revocations WHERE grant_id = ? AND (by_role <> ? OR by = ?)",
            (grant_id, REQUESTER_ROLE, requester),
        )
        return None if row is None or row[0] is None else int(row[0])

    def review(self, review: Review, envelope: Envelope) -> bool:
        """Keep a verified review of an emergency; returns whether it is the first."""
        row = self._database.one(
            "UPDATE grants SET review = ? WHERE grant_id = ? AND emergency AND review IS NULL RETURNING 1",
            (envelope_format.encode(envelope), review.grant_id),
        )
        return row is not None

    def unreviewed(self) -> list[tuple[str, int]]:
        """The emergencies that nobody has reviewed, and when (wall time) each was granted, oldest first."""
        return [
            (row[0], row[1])
            for row in self._database.all(
                "SELECT grant_id, seen_at_ns FROM grants WHERE emergency AND review IS NULL ORDER BY seen_at_ns"
            )
        ]
