"""Requests, approvals and grants in SQL. What each method promises is said in ``records``."""

from collections.abc import Mapping

from sqlalchemy import insert, select

from aboveboard.vault.storage.rows import ApprovalRow, GrantRow, RequestRow
from aboveboard.vault.storage.sql.area import Area
from aboveboard.vault.storage.sql.tables import approvals, grants, passed_on, requests


class SqlAccess(Area):
    def add_request(self, row: RequestRow) -> None:
        self._add(requests, row)

    def request(self, request_id: str) -> RequestRow | None:
        return self._first(RequestRow, requests, requests.c.request_id == request_id)

    def all_requests(self) -> list[RequestRow]:
        return self._all(RequestRow, requests, order=[requests.c.received_at_ns, requests.c.request_id])

    def add_approval(self, row: ApprovalRow) -> None:
        self._add(approvals, row)

    def approvals_of(self, request_id: str) -> list[ApprovalRow]:
        return self._all(
            ApprovalRow,
            approvals,
            approvals.c.request_id == request_id,
            order=[approvals.c.received_at_ns, approvals.c.approver],
        )

    def add_grant(self, row: GrantRow) -> None:
        self._add(grants, row)

    def grant(self, grant_id: str) -> GrantRow | None:
        return self._first(GrantRow, grants, grants.c.grant_id == grant_id)

    def revoke_grant(self, grant_id: str, *, revocation: str, at_ns: int) -> None:
        live = (grants.c.grant_id == grant_id, grants.c.revoked_at_ns.is_(None))
        self._set(grants, *live, revocation=revocation, revoked_at_ns=at_ns)

    def note_passed_on(self, keys: Mapping[str, int]) -> None:
        for person_id, count in keys.items():
            if not self._set(passed_on, passed_on.c.person_id == person_id, keys=passed_on.c["keys"] + count):
                self._connection.execute(insert(passed_on).values(person_id=person_id, keys=count))

    def keys_passed_on(self, person_id: str) -> int:
        query = select(passed_on.c["keys"]).where(passed_on.c.person_id == person_id)
        return int(self._connection.execute(query).scalar() or 0)
