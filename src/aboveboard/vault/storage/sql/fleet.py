"""The fleet, how pauses arrived, drills and exemptions in SQL. What each method promises is in ``fleet_records``."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    ARRAY,
    Select,
    Table,
    and_,
    bindparam,
    case,
    cast,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from aboveboard.rules.fleet import News, Stop
from aboveboard.rules.lease import LEASE_DURATION_NS
from aboveboard.rules.pause import picked
from aboveboard.vault.storage.fleet_records import DrillRow, ExemptionRow, FleetCount, PauseReportRow
from aboveboard.vault.storage.rows import PauseRow
from aboveboard.vault.storage.sql.area import Area, in_parts
from aboveboard.vault.storage.sql.fleet_tables import device_states, drills, exemptions, pause_reports, pause_stops
from aboveboard.vault.storage.sql.tables import consents, devices, pauses, people

LIVE = exists().where(
    consents.c.person_id == devices.c.person_id,  # there is an index for this one
    consents.c.device_id == devices.c.device_id,
    consents.c.withdrawn_at_ns.is_(None),
    consents.c.erased_at_ns.is_(None),
)
"""A device whose consent is live."""


class SqlFleet(Area):
    def note_news(self, news: Mapping[str, News]) -> None:
        asked = [
            {
                "device_id": device_id,
                "asked_at_ns": one.asked_at_ns,
                "answer": one.answer,
                "version": one.version,
                "lease_until_ns": max(until_ns for _, until_ns in one.answers),
                "frame_ns": 0,
            }
            for device_id, one in sorted(news.items())
            if one.asked_at_ns
        ]

        def kept(new: Any) -> dict[str, Any]:
            newer = new.asked_at_ns >= device_states.c.asked_at_ns
            until = (new.lease_until_ns, device_states.c.lease_until_ns)
            return {
                "lease_until_ns": case((until[0] > until[1], until[0]), else_=until[1]),
                **{
                    name: case((newer, new[name]), else_=device_states.c[name])
                    for name in ("asked_at_ns", "answer", "version")
                },
            }

        self._write(device_states, asked, kept)
        frames = [
            {"device": device_id, "end_ns": max(end_ns for end_ns, _ in one.frames)}
            for device_id, one in sorted(news.items())
            if one.frames
        ]
        later = (device_states.c.device_id == bindparam("device"), device_states.c.frame_ns < bindparam("end_ns"))
        if frames:
            self._connection.execute(update(device_states).where(*later).values(frame_ns=bindparam("end_ns")), frames)

    def fleet_counts(self, *, now_ns: int, lately_ns: int) -> list[FleetCount]:
        lease_live = case((device_states.c.lease_until_ns > now_ns, 1), else_=0)
        lately = case((device_states.c.asked_at_ns > now_ns - lately_ns, 1), else_=0)
        answer = func.coalesce(device_states.c.answer, "")
        columns = (people.c.country, people.c.cohort, answer, func.coalesce(lease_live, 0), func.coalesce(lately, 0))
        query = self._taking_part(*columns, func.count()).group_by(*columns)
        return [FleetCount(*row) for row in self._connection.execute(query)]

    def fleet_people(self) -> dict[tuple[str, str], int]:
        columns = (people.c.country, people.c.cohort)
        query = self._taking_part(*columns, func.count(people.c.person_id.distinct())).group_by(*columns)
        return {(country, cohort): count for country, cohort, count in self._connection.execute(query)}

    def fleet_versions(self, *, since_ns: int) -> dict[str, int]:
        query = self._taking_part(device_states.c.version, func.count()).where(device_states.c.asked_at_ns > since_ns)
        return {row[0]: row[1] for row in self._connection.execute(query.group_by(device_states.c.version))}

    def fleet_health(self, *, since_ns: int) -> list[str]:
        query = self._taking_part(devices.c.health).where(devices.c.health_at_ns >= since_ns, devices.c.health != "")
        return list(self._connection.execute(query).scalars())

    def open_report(self, pause: PauseRow) -> None:
        frame = case((device_states.c.frame_ns > pause.at_ns, device_states.c.frame_ns), else_=0)
        until, none = device_states.c.lease_until_ns, literal(0)
        # Another replica may have written already which leases it gave after the pause began: those end this late.
        given = case((until > pause.at_ns + LEASE_DURATION_NS, until - LEASE_DURATION_NS), else_=0)
        at, told = (none, given) if pause.wm_class else (given, none)
        live = (
            select(literal(pause.pause_id), device_states.c.device_id, until, at, told, frame, none, none)
            .select_from(_STATES)
            .where(until > pause.at_ns, _concerned(pause))
        )
        self._add(pause_reports, PauseReportRow(pause.pause_id, self._people(pause)))
        if pause.share is None:
            self._connection.execute(pause_stops.insert().from_select(list(pause_stops.c), live))
            return
        found = self._connection.execute(live.add_columns(people.c.person_id))
        self.note_stops(pause.pause_id, [Stop(*row[1:-1]) for row in found if _picked(pause, row[-1])])

    def _people(self, pause: PauseRow) -> int:
        """How many who take part it concerns."""
        query = select(people.c.person_id).distinct().select_from(_DEVICES).where(LIVE, _concerned(pause))
        if pause.share is None:
            return self._connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()
        return sum(_picked(pause, person_id) for person_id in self._connection.execute(query).scalars())

    def pauses_without_report(self, *, since_ns: int) -> list[PauseRow]:
        known = exists().where(pause_reports.c.pause_id == pauses.c.pause_id)
        missing = (pauses.c.made_by == "steward", pauses.c.at_ns >= since_ns, ~known)
        return self._all(PauseRow, pauses, *missing, order=[pauses.c.at_ns])

    def pauses_by_stewards(self, *, limit: int) -> list[PauseRow]:
        newest = select(pauses).where(pauses.c.made_by == "steward").order_by(pauses.c.at_ns.desc(), pauses.c.pause_id)
        return [PauseRow(**row) for row in self._connection.execute(newest.limit(limit)).mappings()]

    def open_reports(self) -> list[PauseReportRow]:
        return self._all(
            PauseReportRow, pause_reports, pause_reports.c.report.is_(None), order=[pause_reports.c.pause_id]
        )

    def pause_report(self, pause_id: str) -> PauseReportRow | None:
        return self._first(PauseReportRow, pause_reports, pause_reports.c.pause_id == pause_id)

    def close_report(self, pause_id: str, *, report: str, stragglers: str) -> None:
        self._set(pause_reports, pause_reports.c.pause_id == pause_id, report=report, stragglers=stragglers)
        self._connection.execute(delete(pause_stops).where(pause_stops.c.pause_id == pause_id))

    def stops(self, pause_id: str) -> list[Stop]:
        query = select(pause_stops).where(pause_stops.c.pause_id == pause_id)
        return [Stop(*row[1:]) for row in self._connection.execute(query)]

    def stops_of(self, pause: PauseRow, device_ids: Collection[str]) -> dict[str, Stop]:
        found: dict[str, Stop] = {}
        for part in in_parts(sorted(device_ids)):
            query = (
                select(people.c.person_id, devices.c.device_id, *list(pause_stops.c)[2:])
                .select_from(_DEVICES)
                .outerjoin(
                    pause_stops,
                    and_(pause_stops.c.device_id == devices.c.device_id, pause_stops.c.pause_id == pause.pause_id),
                )
                .where(devices.c.device_id.in_(part), _concerned(pause))
            )
            for person_id, device_id, *known in self._connection.execute(query):
                if _picked(pause, person_id):
                    found[device_id] = Stop(device_id, *(each or 0 for each in known))
        return found

    def note_stops(self, pause_id: str, stops: Sequence[Stop]) -> None:
        names = [column.name for column in list(pause_stops.c)[2:]]
        rows = [{"pause_id": pause_id, **vars(stop)} for stop in stops]
        self._write(pause_stops, rows, lambda new: {name: new[name] for name in names})

    def add_drill(self, row: DrillRow) -> None:
        self._add(drills, row)

    def drill(self, drill_id: str) -> DrillRow | None:
        return self._first(DrillRow, drills, drills.c.drill_id == drill_id)

    def all_drills(self) -> list[DrillRow]:
        return self._all(DrillRow, drills, order=[drills.c.at_ns.desc(), drills.c.drill_id])

    def drills_due(self, *, now_ns: int) -> list[DrillRow]:
        due = (drills.c.state == "scheduled", drills.c.at_ns <= now_ns)
        return self._all(DrillRow, drills, *due, order=[drills.c.at_ns])

    def set_drill(self, drill_id: str, state: str) -> None:
        self._set(drills, drills.c.drill_id == drill_id, drills.c.state == "scheduled", state=state)

    def add_exemption(self, row: ExemptionRow) -> None:
        self._add(exemptions, row)

    def exemption(self, exemption_id: str) -> ExemptionRow | None:
        return self._first(ExemptionRow, exemptions, exemptions.c.exemption_id == exemption_id)

    def all_exemptions(self) -> list[ExemptionRow]:
        return self._all(ExemptionRow, exemptions, order=[exemptions.c.received_at_ns, exemptions.c.exemption_id])

    def _write(self, table: Table, rows: Sequence[dict[str, Any]], kept: Callable[[Any], dict[str, Any]]) -> None:
        """Insert each row; where its key is there already, set what ``kept(the new row)`` says."""
        if not rows:
            return
        key = [column.name for column in table.primary_key]
        if self._connection.dialect.name != "postgresql":
            # One statement for all: between two of them this thread would have to wait for the one that renews leases.
            each = func.json_each(msgspec.json.encode(list(rows)).decode()).table_valued("value")
            values = [func.json_extract(each.c.value, f"$.{column.name}").label(column.name) for column in table.c]
            one = sqlite.insert(table).from_select(list(table.c), select(*values).where(text("true")))
            self._connection.execute(one.on_conflict_do_update(index_elements=key, set_=kept(one.excluded)))
            return
        # One statement with an array for each column: a tenth of the time of a statement for each row.
        arrays = [
            func.unnest(cast([row[column.name] for row in rows], ARRAY(column.type))).label(column.name)
            for column in table.c
        ]
        made = postgresql.insert(table).from_select(list(table.c), select(*arrays))
        self._connection.execute(made.on_conflict_do_update(index_elements=key, set_=kept(made.excluded)))

    @staticmethod
    def _taking_part(*columns: Any) -> Select[Any]:
        return select(*columns).select_from(_STATES).where(LIVE)


_DEVICES = devices.join(people, people.c.person_id == devices.c.person_id)
_STATES = _DEVICES.outerjoin(device_states, device_states.c.device_id == devices.c.device_id)


def _concerned(pause: PauseRow) -> Any:
    """The people whom the pause concerns: ``rules.pause.Scope.concerns`` in SQL, all but :func:`_picked`."""
    if pause.person_id is not None:
        return people.c.person_id == pause.person_id
    if pause.cohort is not None:
        return people.c.cohort == pause.cohort
    if pause.country is not None:
        return or_(people.c.country == pause.country, people.c.country.startswith(f"{pause.country}-"))
    return people.c.person_id == people.c.person_id


def _picked(pause: PauseRow, person_id: str) -> bool:
    return pause.share is None or picked(person_id, pause_id=pause.pause_id, share=pause.share)
