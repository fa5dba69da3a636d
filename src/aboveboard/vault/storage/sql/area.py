"""How does a row type become a row of its table, and back? Their field and column names are the same."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Table, func, insert, select, update

Row = TypeVar("Row")
Value = TypeVar("Value", str, int)
MANY = 500
"""How many values go into one IN list: below every engine's limit."""


class Area:
    """The part of a transaction that each area builds on."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def _add(self, table: Table, row: Any) -> None:
        self._connection.execute(insert(table).values(asdict(row)))

    def _first(self, kind: type[Row], table: Table, *where: ColumnElement[bool]) -> Row | None:
        found = self._connection.execute(select(table).where(*where).limit(1)).mappings().first()
        return None if found is None else kind(**found)

    def _all(
        self, kind: type[Row], table: Table, *where: ColumnElement[bool], order: Sequence[ColumnElement[Any]]
    ) -> list[Row]:
        query = select(table).where(*where).order_by(*order)
        return [kind(**found) for found in self._connection.execute(query).mappings()]

    def _count(self, table: Table, *where: ColumnElement[bool]) -> int:
        return self._connection.execute(select(func.count()).select_from(table).where(*where)).scalar_one()

    def _set(self, table: Table, *where: ColumnElement[bool], **values: Any) -> int:
        """How many rows were changed."""
        return self._connection.execute(update(table).where(*where).values(**values)).rowcount


def in_parts(values: Iterable[Value]) -> Iterator[list[Value]]:
    """``values`` in lists of at most ``MANY``."""
    rest = iter(values)
    while part := list(islice(rest, MANY)):
        yield part
