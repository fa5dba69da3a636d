"""Which grants has the keyholder seen, and which have ended?

A grant's id follows from its request's, and the first that is complete under an id is kept as it was granted: the
request, the approvals, the roles in which they were signed. What is sent later under that id changes nothing, and
neither does a role that is edited later. A revocation counts from the moment that it is on the disk, also for a grant
that was not seen yet. At rest they are filed under a keyed hash of the grant's id and sealed for it: only who names a
grant has it read (``record_key.py``).
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
        self._record = database.record

    def request_of(self, grant_id: str) -> str | None:
        """The SHA-256 (hex) of the request that is known under this id."""
        row = self._database.one("SELECT request_sha256 FROM grants WHERE grant_tag = ?", (self._tag(grant_id),))
        return None if row is None else str(row[0])

    def requester_of(self, grant_id: str) -> str | None:
        """Who asked for this grant, if it was seen."""
        row = self._database.one("SELECT requester FROM grants WHERE grant_tag = ?", (self._tag(grant_id),))
        return None if row is None else self._record.open("requester", row[0], grant_id).decode()

    def approvers_of(self, grant_id: str) -> list[str]:
        """Who said yes to the grant that was kept; nobody, if none was."""
        filed = self.filed(grant_id)
        approvals = [] if filed is None else filed.grant.approvals
        return [grant_format.decode_approval(each.body()).approver for each in approvals]

    def filed(self, grant_id: str) -> Filed | None:
        """The grant as it was granted; ``None`` if none was kept under this id."""
        row = self._database.one(
            "SELECT document, emergency IS NOT NULL, keys, review IS NOT NULL, told_at_ns FROM grants"
            " WHERE grant_tag = ? AND document IS NOT NULL",
            (self._tag(grant_id),),
        )
        if row is None:
            return None
        document = self._record.open("grant", row[0], grant_id)
        return Filed(grant_format.decode_grant(document), bool(row[1]), int(row[2]), bool(row[3]), row[4])

    def file(self, grant: Grant, *, request_sha256: str, requester: str, emergency: bool, now_ns: int) -> None:
        """Keep a grant that is complete. One that was seen by an older version is kept now, once."""
        grant_id, record = grant.grant_id, self._record
        self._database.run(
            "INSERT INTO grants (grant_tag, request_sha256, requester, seen_at_ns, document, emergency)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (grant_tag) DO UPDATE SET document = excluded.document,"
            " emergency = excluded.emergency WHERE document IS NULL AND request_sha256 = excluded.request_sha256",
            (
                self._tag(grant_id),
                request_sha256,
                record.seal("requester", requester.encode(), grant_id),
                now_ns,
                record.seal("grant", grant_format.encode(grant), grant_id),
                record.seal("emergency", grant_id.encode()) if emergency else None,
            ),
        )

    def count_keys(self, grant_id: str, count: int) -> int:
        """Note that so many more keys leave under it; how many that makes."""
        row = self._database.one(
            "UPDATE grants SET keys = keys + ? WHERE grant_tag = ? RETURNING keys", (count, self._tag(grant_id))
        )
        return 0 if row is None else int(row[0])

    def tell(self, grant_id: str, *, now_ns: int) -> None:
        """Note that whoever holds keys of it knows that it has ended."""
        self._database.run(
            "UPDATE grants SET told_at_ns = ? WHERE grant_tag = ? AND told_at_ns IS NULL",
            (now_ns, self._tag(grant_id)),
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
        sealed = self._record.seal("revocation", envelope, grant_id)
        row = self._database.one(
            "INSERT INTO revocations VALUES (?, ?, ?, ?, ?) ON CONFLICT (grant_tag, by_tag) DO UPDATE"
            " SET by_role = excluded.by_role, at_ns = excluded.at_ns, envelope = excluded.envelope"
            " WHERE by_role = ? AND excluded.by_role <> by_role RETURNING 1",
            (self._tag(grant_id), self._staff(by), by_role, at_ns, sealed, REQUESTER_ROLE),
        )
        return row is not None

    def revoked_at_ns(self, grant_id: str, *, requester: str) -> int | None:
        """When the grant was first revoked, by somebody who may, in the role that they had then; ``None``: it was not.

        A researcher's revocation counts only against their own grants.
        """
        row = self._database.one(
            "SELECT MIN(at_ns) FROM revocations WHERE grant_tag = ? AND (by_role <> ? OR by_tag = ?)",
            (self._tag(grant_id), REQUESTER_ROLE, self._staff(requester)),
        )
        return None if row is None or row[0] is None else int(row[0])

    def ended_by(self, grant_id: str, staff_id: str) -> bool:
        """Whether this member of staff has ended it: a researcher ends none but their own."""
        row = self._database.one(
            "SELECT by_role FROM revocations WHERE grant_tag = ? AND by_tag = ?",
            (self._tag(grant_id), self._staff(staff_id)),
        )
        return row is not None and (row[0] != REQUESTER_ROLE or staff_id == self.requester_of(grant_id))

    def review(self, review: Review, envelope: Envelope) -> bool:
        """Keep a verified review of an emergency; returns whether it is the first."""
        sealed = self._record.seal("review", envelope_format.encode(envelope), review.grant_id)
        row = self._database.one(
            "UPDATE grants SET review = ? WHERE grant_tag = ? AND emergency IS NOT NULL AND review IS NULL RETURNING 1",
            (sealed, self._tag(review.grant_id)),
        )
        return row is not None

    def unreviewed(self) -> list[tuple[str, int]]:
        """The emergencies that nobody has reviewed, and when (wall time) each was granted, oldest first."""
        rows = self._database.all(
            "SELECT emergency, seen_at_ns FROM grants WHERE emergency IS NOT NULL AND review IS NULL"
            " ORDER BY seen_at_ns"
        )
        return [(self._record.open("emergency", row[0]).decode(), row[1]) for row in rows]

    def _tag(self, grant_id: str) -> bytes:
        return self._record.tag("grant", grant_id)

    def _staff(self, staff_id: str) -> bytes:
        return self._record.tag("staff", staff_id)
