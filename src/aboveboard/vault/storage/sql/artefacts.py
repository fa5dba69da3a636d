"""Artefacts and erasures in SQL. What each method promises is said in ``records``."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Select, Table, and_, insert, or_, select, text

from aboveboard.vault.storage.rows import ArtefactRow, ErasureRow, SpanRow
from aboveboard.vault.storage.sql.area import Area, in_parts
from aboveboard.vault.storage.sql.tables import (
    GONE,
    artefact_digests,
    artefact_people,
    artefact_sources,
    artefacts,
    erasures,
    kept_out,
    latest_time,
    segments,
)

BY_AGE = [artefacts.c.registered_at_ns, artefacts.c.artefact_id]


def _made_from() -> Select[Any]:
    """The ids of the artefacts that segments went into."""
    of = artefact_sources.c
    within = and_(segments.c.session_id == of.session_id, segments.c.sequence.between(of.first, of.last))
    return select(of.artefact_id).join(segments, within).distinct()


class SqlArtefacts(Area):
    def add_artefact(
        self,
        row: ArtefactRow,
        *,
        people: Collection[str],
        spans: Collection[SpanRow] = (),
        digests: Collection[str] = (),
    ) -> None:
        self._add(artefacts, row)
        mine: dict[str, Any] = {"artefact_id": row.artefact_id}
        self._fill(artefact_people, [mine | {"person_id": person} for person in sorted(set(people))])
        self._fill(artefact_sources, [mine | asdict(span) for span in spans])
        self._fill(artefact_digests, [mine | {"sha256": digest} for digest in sorted(set(digests))])

    def artefact(self, artefact_id: str) -> ArtefactRow | None:
        return self._first(ArtefactRow, artefacts, artefacts.c.artefact_id == artefact_id)

    def artefacts_with(self, digests: Collection[str]) -> list[tuple[str, ArtefactRow]]:
        found: list[tuple[str, ArtefactRow]] = []
        for part in in_parts(sorted(set(digests))):
            query = (
                select(artefact_digests.c.sha256, artefacts)
                .join(artefacts, artefacts.c.artefact_id == artefact_digests.c.artefact_id)
                .where(artefact_digests.c.sha256.in_(part))
                .order_by(artefact_digests.c.sha256, artefacts.c.artefact_id)
            )
            for row in self._connection.execute(query).mappings():
                values = dict(row)
                found.append((values.pop("sha256"), ArtefactRow(**values)))
        return found

    def has_destroyed_source(self, artefact_id: str) -> bool:
        of = artefact_sources.c
        within = (segments.c.session_id == of.session_id, segments.c.sequence.between(of.first, of.last))
        query = select(segments.c.segment_id).join(artefact_sources, and_(*within))
        # In the words of the index, or it is not used.
        gone = (of.artefact_id == artefact_id, text(GONE))
        return self._connection.execute(query.where(*gone).limit(1)).first() is not None

    def artefacts_by(self, staff_id: str) -> list[ArtefactRow]:
        return self._all(
            ArtefactRow,
            artefacts,
            artefacts.c.registered_by == staff_id,
            order=[artefacts.c.registered_at_ns, artefacts.c.artefact_id],
        )

    def artefacts_naming(self, person_id: str) -> list[ArtefactRow]:
        named = select(artefact_people.c.artefact_id).where(artefact_people.c.person_id == person_id)
        return self._all(
            ArtefactRow,
            artefacts,
            artefacts.c.artefact_id.in_(named),
            order=[artefacts.c.registered_at_ns, artefacts.c.artefact_id],
        )

    def artefacts_by_order(self, erasure_id: str) -> list[ArtefactRow]:
        reached = _made_from().where(segments.c.erasure_id == erasure_id)
        return self._all(ArtefactRow, artefacts, artefacts.c.artefact_id.in_(reached), order=BY_AGE)

    def artefacts_of_segments(self, segment_ids: Sequence[str]) -> list[ArtefactRow]:
        found: set[str] = set()
        for part in in_parts(segment_ids):
            reached = _made_from().where(segments.c.segment_id.in_(part))
            found |= set(self._connection.execute(reached).scalars())
        return [row for each in sorted(found) if (row := self.artefact(each)) is not None]

    def mark_artefact_due(self, artefact_id: str, *, due_by_ns: int) -> None:
        live = (artefacts.c.artefact_id == artefact_id, artefacts.c.state == "live")
        self._set(artefacts, *live, state="due", due_by_ns=due_by_ns)

    def mark_artefact_destroyed(self, artefact_id: str, *, at_ns: int, word: str | None = None) -> None:
        there = (artefacts.c.artefact_id == artefact_id, artefacts.c.state != "destroyed")
        self._set(artefacts, *there, state="destroyed", destroyed_at_ns=at_ns, word=word)

    def count_artefacts(self) -> int:
        return self._count(artefacts)

    def _fill(self, table: Table, rows: list[dict[str, Any]]) -> None:
        if rows:
            self._connection.execute(insert(table), rows)


class SqlErasures(Area):
    def add_erasure(self, row: ErasureRow) -> None:
        self._add(erasures, row)

    def erasure(self, erasure_id: str) -> ErasureRow | None:
        return self._first(ErasureRow, erasures, erasures.c.erasure_id == erasure_id)

    def unfinished_erasures(self) -> list[ErasureRow]:
        return self._all(ErasureRow, erasures, erasures.c.phase != "done", order=[erasures.c.ordered_at_ns])

    def erasures_of(self, person_id: str) -> list[ErasureRow]:
        return self._all(ErasureRow, erasures, erasures.c.person_id == person_id, order=[erasures.c.ordered_at_ns])

    def part_erased_at_ns(self, person_id: str) -> int | None:
        theirs = (erasures.c.person_id == person_id, erasures.c.whole.is_(False), erasures.c.why != "retention")
        query = select(erasures.c.ordered_at_ns).where(*theirs, erasures.c["keys"] != "")
        return self._connection.execute(query.order_by(erasures.c.ordered_at_ns.desc()).limit(1)).scalar_one_or_none()

    def erased_whole(self, person_id: str) -> bool:
        return self._count(erasures, erasures.c.person_id == person_id, erasures.c.whole) > 0

    def keep_out(
        self, erasure_id: str, person_id: str, segment_ids: Sequence[str], span: tuple[int, int] | None
    ) -> None:
        rows: list[dict[str, Any]] = [{"segment_id": each, "from_ns": None, "until_ns": None} for each in segment_ids]
        if span is not None:
            rows.append({"segment_id": None, "from_ns": span[0], "until_ns": span[1]})
        ours = {"erasure_id": erasure_id, "person_id": person_id}
        if rows:
            self._connection.execute(
                insert(kept_out), [row | ours | {"place": place} for place, row in enumerate(rows)]
            )

    def is_kept_out(self, person_id: str, segment_ids: Sequence[str], *, start_ns: int, end_ns: int) -> bool:
        inside = and_(kept_out.c.from_ns <= end_ns, kept_out.c.until_ns > start_ns)
        reached = or_(kept_out.c.segment_id.in_(segment_ids), inside)
        return self._count(kept_out, kept_out.c.person_id == person_id, reached) > 0

    def latest_time(self, name: str, *, at_ns: int) -> int:
        known = self._connection.execute(select(latest_time.c.at_ns).where(latest_time.c.name == name)).scalar()
        if known is None:
            self._connection.execute(insert(latest_time).values(name=name, at_ns=at_ns))
        elif at_ns > known:
            self._set(latest_time, latest_time.c.name == name, at_ns=at_ns)
        return at_ns if known is None else max(known, at_ns)

    def note_keys_destroyed(self, erasure_id: str, *, ledger_index: int, keys: str = "") -> None:
        self._move(erasure_id, "ordered", phase="keys", ledger_index=ledger_index, keys=keys or None)

    def note_objects_destroyed(self, erasure_id: str) -> None:
        self._move(erasure_id, "keys", phase="objects")

    def finish_erasure(self, erasure_id: str, *, receipt: str) -> None:
        self._move(erasure_id, "objects", phase="done", receipt=receipt)

    def _move(self, erasure_id: str, before: str, **values: object) -> None:
        self._set(erasures, erasures.c.erasure_id == erasure_id, erasures.c.phase == before, **values)
