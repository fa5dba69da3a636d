"""Which grants has the keyholder seen, and which were revoked?

A grant's id follows from its request's, and the first request seen under an id is the only one. A revocation counts
from the moment that it is on the disk, also for a grant that was not seen yet.
"""

from aboveboard.formats import envelope as envelope_format
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.grant import Revocation
from aboveboard.keyholder.database import Database

REQUESTER_ROLE = "researcher"


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

    def note(self, grant_id: str, *, request_sha256: str, requester: str, now_ns: int) -> None:
        """Remember the request behind a grant; the same one again changes nothing."""
        self._database.run(
            "INSERT INTO grants VALUES (?, ?, ?, ?) ON CONFLICT (grant_id) DO NOTHING",
            (grant_id, request_sha256, requester, now_ns),
        )

    def revoke(self, revocation: Revocation, *, by_role: str, envelope: Envelope) -> bool:
        """Keep a verified revocation; returns whether it is new."""
        known = self._database.one(
            "SELECT 1 FROM revocations WHERE grant_id = ? AND by = ?", (revocation.grant_id, revocation.by)
        )
        if known is not None:
            return False
        self._database.run(
            "INSERT INTO revocations VALUES (?, ?, ?, ?, ?)",
            (revocation.grant_id, revocation.by, by_role, revocation.at_ns, envelope_format.encode(envelope)),
        )
        return True

    def revoked_at_ns(self, grant_id: str, *, requester: str) -> int | None:
        """When the grant was first revoked, by somebody who may; ``None``: it was not.

        A researcher's revocation counts only against their own grants.
        """
        row = self._database.one(
            "SELECT MIN(at_ns) FROM revocations WHERE grant_id = ? AND (by_role <> ? OR by = ?)",
            (grant_id, REQUESTER_ROLE, requester),
        )
        return None if row is None or row[0] is None else int(row[0])
