"""Segments in SQL. What each method promises is said in ``records``."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import ColumnElement, and_, bindparam, func, insert, or_, select, update

from aboveboard.vault.storage.rows import SealedRow, SegmentRow, SegmentsOfSpan, SpanRow
from aboveboard.vault.storage.sql.area import Area, in_parts
from aboveboard.vault.storage.sql.tables import segments

ALIVE = ("declared", "stored")
PLACE = [segments.c.person_id, segments.c.session_id, segments.c.sequence]


class SqlSegments(Area):
    def add_segments(self, rows: Sequence[SegmentRow]) -> None:
        if rows:
            self._connection.execute(insert(segments), [vars(row) for row in rows])

    def segment(self, segment_id: str) -> SegmentRow | None:
        return self._first(SegmentRow, segments, segments.c.segment_id == segment_id)

    def segments_like(
        self, segment_ids: Collection[str], hashes: Collection[str], places: Mapping[str, Collection[int]]
    ) -> list[SegmentRow]:
        # One statement for each way of being known: each then has its index.
        found: dict[str, SegmentRow] = {}
        for column, values in ((segments.c.segment_id, segment_ids), (segments.c.sha256, hashes)):
            for part in in_parts(values):
                found |= self._by_id(column.in_(part))
        for session_id, numbers in places.items():
            for some in in_parts(numbers):
                found |= self._by_id(segments.c.session_id == session_id, segments.c.sequence.in_(some))
        return list(found.values())

    def _by_id(self, *where: ColumnElement[bool]) -> dict[str, SegmentRow]:
        return {row.segment_id: row for row in self._all(SegmentRow, segments, *where, order=PLACE)}

    def segments_of_span(self, span: SpanRow) -> list[SegmentsOfSpan]:
        of = [segments.c.person_id, segments.c.consent_id, segments.c.disclosure_sha256]
        count, start = func.count().label("count"), func.min(segments.c.start_wall_ns).label("start_wall_ns")
        within = (segments.c.session_id == span.session_id, segments.c.sequence.between(span.first, span.last))
        found = self._connection.execute(select(*of, count, start).where(*within).group_by(*of).order_by(*of))
        return [SegmentsOfSpan(**row) for row in found.mappings()]

    def segment_of_session(self, session_id: str) -> SegmentRow | None:
        return self._first(SegmentRow, segments, segments.c.session_id == session_id)

    def mark_stored(self, segment_ids: Sequence[str], *, at_ns: int) -> None:
        for part in in_parts(segment_ids):
            declared = (segments.c.segment_id.in_(part), segments.c.state == "declared")
            self._set(segments, *declared, state="stored", stored_at_ns=at_ns)

    def mark_destroyed(self, segment_ids: Sequence[str]) -> None:
        for part in in_parts(segment_ids):
            self._set(segments, segments.c.segment_id.in_(part), state="destroyed", manifest="")

    def segments_of(self, people: Collection[str]) -> list[SegmentRow]:
        found: list[SegmentRow] = []
        for part in in_parts(sorted(people)):
            alive = (segments.c.person_id.in_(part), segments.c.state.in_(ALIVE))
            found += self._all(SegmentRow, segments, *alive, order=PLACE)
        return found

    def segments_after(self, people: Collection[str], after: SegmentRow | None, limit: int) -> list[SegmentRow]:
        found: list[SegmentRow] = []
        at, order = segments.c.start_wall_ns, [segments.c.start_wall_ns, segments.c.segment_id]
        for person_id in sorted(people):
            if len(found) >= limit or (after is not None and person_id < after.person_id):
                continue
            where = [segments.c.person_id == person_id, segments.c.state.in_(ALIVE)]
            if after is not None and person_id == after.person_id:
                same = and_(at == after.start_wall_ns, segments.c.segment_id > after.segment_id)
                where += [at >= after.start_wall_ns, or_(at > after.start_wall_ns, same)]
            query = select(segments).where(*where).order_by(*order).limit(limit - len(found))
            found += [SegmentRow(**row) for row in self._connection.execute(query).mappings()]
        return found

    def mark_erasing(self, segment_ids: Sequence[str], *, erasure_id: str) -> None:
        for part in in_parts(segment_ids):
            alive = (segments.c.segment_id.in_(part), segments.c.state.in_(ALIVE))
            self._set(segments, *alive, state="erasing", erasure_id=erasure_id)

    def segments_between(self, person_id: str, from_ns: int, until_ns: int) -> list[SegmentRow]:
        # A modified device may say that a segment ended before it began.
        inside = (
            or_(segments.c.start_wall_ns < until_ns, segments.c.end_wall_ns < until_ns),
            or_(segments.c.start_wall_ns >= from_ns, segments.c.end_wall_ns >= from_ns),
        )
        alive = (segments.c.person_id == person_id, segments.c.state.in_(ALIVE))
        return self._all(SegmentRow, segments, *alive, *inside, order=PLACE)

    def segments_by_order(self, erasure_id: str) -> list[SegmentRow]:
        return self._all(SegmentRow, segments, segments.c.erasure_id == erasure_id, order=PLACE)

    def segments_by_id(self, segment_ids: Sequence[str]) -> list[SegmentRow]:
        found: list[SegmentRow] = []
        for part in in_parts(segment_ids):
            found += self._all(SegmentRow, segments, segments.c.segment_id.in_(part), order=PLACE)
        return sorted(found, key=lambda row: (row.person_id, row.session_id, row.sequence))

    def segments_in_epochs(self, person_id: str, epochs: Collection[int]) -> list[SegmentRow]:
        there = (segments.c.person_id == person_id, segments.c.key_epoch.in_(sorted(epochs)))
        return self._all(SegmentRow, segments, *there, segments.c.state.in_(ALIVE), order=[segments.c.segment_id])

    def sealed_to(self, person_id: str, epochs: Collection[int]) -> list[SealedRow]:
        query = select(segments.c.segment_id, segments.c.key_epoch, segments.c.header).where(
            segments.c.person_id == person_id,
            segments.c.key_epoch.in_(sorted(epochs)),
            segments.c.state == "stored",
        )
        return [SealedRow(*found) for found in self._connection.execute(query.order_by(segments.c.segment_id))]

    def rewrap(self, headers: Mapping[str, str], *, key_epoch: int) -> None:
        if headers:
            one = update(segments).where(segments.c.segment_id == bindparam("named"))
            self._connection.execute(
                one.values(header=bindparam("wrapped"), key_epoch=key_epoch),
                [{"named": name, "wrapped": header} for name, header in headers.items()],
            )

    def segments_over(self, disclosure_sha256: str, *, before_ns: int, limit: int) -> list[SegmentRow]:
        old = or_(segments.c.start_wall_ns < before_ns, segments.c.declared_at_ns < before_ns)
        there = (segments.c.disclosure_sha256 == disclosure_sha256, segments.c.state.in_(ALIVE), old)
        query = select(segments).where(*there).order_by(segments.c.person_id, segments.c.segment_id).limit(limit)
        return [SegmentRow(**found) for found in self._connection.execute(query).mappings()]

    def disclosures_of_segments(self) -> list[str]:
        query = select(segments.c.disclosure_sha256).where(segments.c.state.in_(ALIVE)).distinct()
        return list(self._connection.execute(query).scalars())

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

    def stored_under(self, people: Collection[str], *, since_ns: int) -> list[tuple[str, str, int]]:
        each = (segments.c.person_id, segments.c.disclosure_sha256)
        found: list[tuple[str, str, int]] = []
        for part in in_parts(sorted(people)):
            began = segments.c.start_wall_ns >= since_ns
            stored = (segments.c.person_id.in_(part), segments.c.state == "stored", began)
            query = select(*each, func.count()).where(*stored).group_by(*each)
            found += [(row[0], row[1], row[2]) for row in self._connection.execute(query)]
        return found

    def count_segments(self, person_id: str | None) -> int:
        where: list[ColumnElement[bool]] = [segments.c.state == "stored"]
        if person_id is not None:
            where.append(segments.c.person_id == person_id)
        return self._count(segments, *where)
