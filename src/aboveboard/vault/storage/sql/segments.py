"""Segments in SQL. What each method promises is said in ``records``."""

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, func, select

from aboveboard.vault.storage.rows import SegmentRow
from aboveboard.vault.storage.sql.area import Area, in_parts
from aboveboard.vault.storage.sql.tables import segments


class SqlSegments(Area):
    def add_segment(self, row: SegmentRow) -> None:
        self._add(segments, row)

    def segment(self, segment_id: str) -> SegmentRow | None:
        return self._first(SegmentRow, segments, segments.c.segment_id == segment_id)

    def segment_at(self, session_id: str, sequence: int) -> SegmentRow | None:
        return self._first(SegmentRow, segments, segments.c.session_id == session_id, segments.c.sequence == sequence)

    def segment_of_session(self, session_id: str) -> SegmentRow | None:
        return self._first(SegmentRow, segments, segments.c.session_id == session_id)

    def segment_by_sha256(self, sha256: str) -> SegmentRow | None:
        return self._first(SegmentRow, segments, segments.c.sha256 == sha256)

    def mark_stored(self, segment_id: str, *, at_ns: int) -> None:
        declared = (segments.c.segment_id == segment_id, segments.c.state == "declared")
        self._set(segments, *declared, state="stored", stored_at_ns=at_ns)

    def mark_destroyed(self, segment_ids: Sequence[str]) -> None:
        for part in in_parts(segment_ids):
            self._set(segments, segments.c.segment_id.in_(part), state="destroyed", manifest="")

    def segments_of(self, people: Collection[str]) -> list[SegmentRow]:
        order = [segments.c.person_id, segments.c.session_id, segments.c.sequence]
        found: list[SegmentRow] = []
        for part in in_parts(sorted(people)):
            alive = (segments.c.person_id.in_(part), segments.c.state != "destroyed")
            found += self._all(SegmentRow, segments, *alive, order=order)
        return found

    def all_segment_ids_of(self, person_id: str) -> list[str]:
        query = select(segments.c.segment_id).where(segments.c.person_id == person_id).order_by(segments.c.segment_id)
        return list(self._connection.execute(query).scalars())

    def stored_bytes(self, person_id: str | None, *, since_ns: int) -> int:
        where: list[ColumnElement[bool]] = [segments.c.stored_at_ns >= since_ns]
        if person_id is not None:
            where.append(segments.c.person_id == person_id)
        total = self._connection.execute(select(func.sum(segments.c.size_bytes)).where(*where)).scalar_one()
        return int(total or 0)

    def people_who_stored(self, *, since_ns: int) -> list[str]:
        query = select(segments.c.person_id).where(segments.c.stored_at_ns >= since_ns).distinct()
        return list(self._connection.execute(query).scalars())

    def stored_under(self, people: Collection[str]) -> list[tuple[str, str, int]]:
        each = (segments.c.person_id, segments.c.disclosure_sha256)
        found: list[tuple[str, str, int]] = []
        for part in in_parts(sorted(people)):
            stored = (segments.c.person_id.in_(part), segments.c.state == "stored")
            query = select(*each, func.count()).where(*stored).group_by(*each)
            found += [(row[0], row[1], row[2]) for row in self._connection.execute(query)]
        return found

    def count_segments(self, person_id: str | None) -> int:
        where: list[ColumnElement[bool]] = [segments.c.state == "stored"]
        if person_id is not None:
            where.append(segments.c.person_id == person_id)
        return self._count(segments, *where)
