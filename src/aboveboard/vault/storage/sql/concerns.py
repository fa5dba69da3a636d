"""Concerns and passes in SQL. What each method promises is said in ``storage.concerns``."""

from sqlalchemy import BigInteger, Column, ForeignKey, String, Table, Text

from aboveboard.vault.storage.concerns import ConcernRow, JoinRow, PassAskingRow
from aboveboard.vault.storage.sql.area import Area
from aboveboard.vault.storage.sql.tables import HASH, ID, KEY, metadata

concerns = Table(
    "concerns",
    metadata,
    Column("concern_id", ID, primary_key=True),
    Column("person_id", ID),
    Column("pass_key", KEY, unique=True),
    Column("pass_text", Text),
    Column("envelope", Text, nullable=False),
    Column("raised_at_ns", BigInteger, nullable=False),
    Column("answer_by_ns", BigInteger, nullable=False),
    Column("owner", ID),
    Column("owning", Text),
    Column("answer", Text),
    Column("answered_at_ns", BigInteger),
)
concern_joins = Table(
    "concern_joins",
    metadata,
    Column("pass_key", KEY, primary_key=True),
    Column("concern_id", ID, ForeignKey("concerns.concern_id"), nullable=False, index=True),
    Column("person_id", ID),
    Column("pass_text", Text, nullable=False),
    Column("envelope", Text, nullable=False),
    sqlite_with_rowid=False,  # kept in the order of the random keys: the order of arrival is nowhere
)
pass_askings = Table(
    "pass_askings",
    metadata,
    Column("person_id", ID, ForeignKey("people.person_id"), primary_key=True),
    Column("scope", String(40), primary_key=True),
    Column("asked_sha256", HASH, primary_key=True),
    sqlite_with_rowid=False,
)


class SqlConcerns(Area):
    def add_concern(self, row: ConcernRow) -> None:
        self._add(concerns, row)

    def concern(self, concern_id: str) -> ConcernRow | None:
        return self._first(ConcernRow, concerns, concerns.c.concern_id == concern_id)

    def all_concerns(self) -> list[ConcernRow]:
        return self._all(ConcernRow, concerns, order=[concerns.c.answer_by_ns, concerns.c.concern_id])

    def concern_by_pass(self, pass_key: str) -> ConcernRow | None:
        return self._first(ConcernRow, concerns, concerns.c.pass_key == pass_key)

    def own_concern(self, concern_id: str, *, owner: str, owning: str, answer_by_ns: int) -> None:
        waiting = (concerns.c.concern_id == concern_id, concerns.c.answer.is_(None))
        self._set(concerns, *waiting, owner=owner, owning=owning, answer_by_ns=answer_by_ns)

    def answer_concern(self, concern_id: str, *, answer: str, at_ns: int) -> None:
        waiting = (concerns.c.concern_id == concern_id, concerns.c.answer.is_(None))
        self._set(concerns, *waiting, answer=answer, answered_at_ns=at_ns)

    def add_join(self, row: JoinRow) -> None:
        self._add(concern_joins, row)

    def join_by_pass(self, pass_key: str) -> JoinRow | None:
        return self._first(JoinRow, concern_joins, concern_joins.c.pass_key == pass_key)

    def joins_of(self, concern_id: str) -> list[JoinRow]:
        of_it = concern_joins.c.concern_id == concern_id
        return self._all(JoinRow, concern_joins, of_it, order=[concern_joins.c.pass_key])

    def add_pass_asking(self, row: PassAskingRow) -> None:
        self._add(pass_askings, row)

    def pass_askings(self, person_id: str) -> list[PassAskingRow]:
        theirs = pass_askings.c.person_id == person_id
        return self._all(PassAskingRow, pass_askings, theirs, order=[pass_askings.c.scope, pass_askings.c.asked_sha256])
