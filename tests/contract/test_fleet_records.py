"""Every database keeps what the fleet's part of the port promises: SQLite, and a real PostgreSQL."""

import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from aboveboard.base.clock import SECOND_NS, ManualClock
from aboveboard.formats.roster import Roster
from aboveboard.rules.fleet import News, Stop
from aboveboard.rules.lease import LEASE_DURATION_NS
from aboveboard.rules.pause import picked
from aboveboard.vault import reporting
from aboveboard.vault.fleet import FleetWatch
from aboveboard.vault.storage.fleet_records import DrillRow, ExemptionRow, FleetCount, PauseReportRow
from aboveboard.vault.storage.rows import ConsentRow, DeviceRow, DisclosureRow, PauseRow, PersonRow
from aboveboard.vault.storage.sql.engine import SqlRecords, open_records
from samples.postgres import fresh_database, running_postgres

NOW = 1_800_000_000 * SECOND_NS
PLACES = {"a": ("DE", "north"), "b": ("DE", "north"), "c": ("DE-BY", ""), "d": ("FR", "north"), "e": ("FR", "")}


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_postgres(tmp_path_factory.mktemp("pg")) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlRecords]:
    """Five people with a device each; of "e" consent was withdrawn."""
    if request.param == "sqlite":
        opened = open_records(f"sqlite:///{tmp_path / 'records.sqlite'}")
    else:
        opened = open_records(fresh_database(request.getfixturevalue("postgres")))
    with opened.begin() as tx:
        tx.add_disclosure(DisclosureRow("d" * 64, "office-tasks", 1, "{}", "stf_1", 1))
        for name, (country, cohort) in PLACES.items():
            tx.add_person(PersonRow(f"per_{name}", f"ed25519:p{name}", "age1", "{}", 1, country, cohort))
            tx.add_device(DeviceRow(f"dev_{name}", f"per_{name}", f"ed25519:d{name}", "Linux", 1))
            tx.add_consent(ConsentRow(f"con_{name}", f"per_{name}", f"dev_{name}", "d" * 64, "{}", 1))
        tx.withdraw_consent("con_e", withdrawal="{}", at_ns=2)
    yield opened
    opened.close()


def lease(at_ns: int) -> News:
    answers = ((at_ns, at_ns + LEASE_DURATION_NS),)
    return News(asked_at_ns=at_ns, answer="ok", version="one", answers=answers)


def refusal(at_ns: int) -> News:
    return News(asked_at_ns=at_ns, answer="pause:by_steward", version="two", answers=((at_ns, 0),))


def pause(pause_id: str, **scope: object) -> PauseRow:
    return PauseRow(pause_id, "steward", None, "{}", NOW, **scope)  # type: ignore[arg-type]


def test_the_newest_answer_counts_and_a_lease_is_not_forgotten(records: SqlRecords) -> None:
    with records.begin() as tx:
        tx.note_news({"dev_a": lease(NOW), "dev_b": lease(NOW), "dev_c": refusal(NOW), "dev_e": lease(NOW)})
        tx.note_news({"dev_a": refusal(NOW + 5), "dev_b": refusal(NOW - 5)})
        tx.note_news({"dev_b": News(frames=((NOW + 7, NOW + 9),))})
    with records.read() as tx:
        counts = sorted(tx.fleet_counts(now_ns=NOW + 10, lately_ns=60 * SECOND_NS), key=str)
        later = tx.fleet_counts(now_ns=NOW + LEASE_DURATION_NS, lately_ns=SECOND_NS)
        people, versions = tx.fleet_people(), tx.fleet_versions(since_ns=NOW - 1)
    assert counts == [
        FleetCount("DE", "north", "ok", 1, 1, 1),
        FleetCount("DE", "north", "pause:by_steward", 1, 1, 1),
        FleetCount("DE-BY", "", "pause:by_steward", 0, 1, 1),
        FleetCount("FR", "north", "", 0, 0, 1),
    ], "who withdrew is not counted"
    assert not any(each.lease_live or each.lately for each in later)
    assert people == {("DE", "north"): 2, ("DE-BY", ""): 1, ("FR", "north"): 1}
    assert versions == {"one": 1, "two": 2}


@pytest.mark.parametrize(
    ("scope", "concerned"),
    [
        ({}, "abcd"),
        ({"cohort": "north"}, "abd"),
        ({"country": "DE"}, "abc"),
        ({"country": "FR"}, "d"),
        ({"wm_class": "Chromium"}, "abcd"),
        ({"share": 50}, "".join(name for name in "abcd" if picked(f"per_{name}", pause_id="pau_1", share=50))),
    ],
)
def test_a_report_begins_with_whose_lease_is_live(
    records: SqlRecords, scope: dict[str, object], concerned: str
) -> None:
    one = pause("pau_1", **scope)
    with records.begin() as tx:
        tx.note_news({f"dev_{name}": lease(NOW - SECOND_NS) for name in "abcd"})
        tx.note_news({"dev_b": lease(NOW - LEASE_DURATION_NS - 1)})
        tx.add_pause(one)
        assert tx.pauses_without_report(since_ns=NOW) == [one]
        tx.open_report(one)
        assert tx.pauses_without_report(since_ns=NOW) == []
        assert tx.open_reports() == [PauseReportRow("pau_1", len(concerned))]
        assert {stop.device_id for stop in tx.stops("pau_1")} == {f"dev_{name}" for name in concerned}
        found = tx.stops_of(one, ["dev_a", "dev_d", "dev_x"])
        assert found.keys() == {f"dev_{name}" for name in "ad" if name in concerned}


def test_a_lease_that_another_process_gave_after_the_pause_is_known_by_its_end(records: SqlRecords) -> None:
    one = pause("pau_1")
    with records.begin() as tx:
        tx.note_news({"dev_a": lease(NOW + 3), "dev_b": lease(NOW - 3)})
        tx.add_pause(one)
        tx.open_report(one)
        given = {stop.device_id: stop.lease_at_ns for stop in tx.stops("pau_1")}
    assert given == {"dev_a": NOW + 3, "dev_b": 0}


def test_stops_are_written_over_and_gone_when_the_report_is_closed(records: SqlRecords) -> None:
    with records.begin() as tx:
        tx.note_news({"dev_a": lease(NOW - 1)})
        tx.add_pause(pause("pau_1"))
        tx.open_report(pause("pau_1"))
        stop = Stop("dev_a", NOW + 9, 1, 2, 3, 4, 5)
        tx.note_stops("pau_1", [stop, Stop("dev_c", NOW + 5)])
        tx.note_stops("pau_1", [])
        assert sorted(tx.stops("pau_1"), key=str) == [stop, Stop("dev_c", NOW + 5)]
        assert tx.stops_of(pause("pau_1"), ["dev_a"]) == {"dev_a": stop}
        tx.close_report("pau_1", report="{}", stragglers="[]")
    with records.read() as tx:
        assert tx.stops("pau_1") == []
        assert tx.open_reports() == []
        assert tx.pause_report("pau_1") == PauseReportRow("pau_1", 4, "{}", "[]")


def test_drills_and_exemptions_are_kept_and_a_drill_begins_once(records: SqlRecords) -> None:
    drill = DrillRow("dri_1", "{}", NOW, 5 * SECOND_NS, "pau_1", "scheduled", NOW - 9)
    exemption = ExemptionRow("exe_1", "asking", "{}", None, None, NOW, NOW - 9)
    with records.begin() as tx:
        tx.add_drill(drill)
        tx.add_exemption(exemption)
        assert tx.drills_due(now_ns=NOW - 1) == []
        assert tx.drills_due(now_ns=NOW) == [drill]
        tx.set_drill("dri_1", "begun")
        tx.set_drill("dri_1", "missed")
    with records.read() as tx:
        assert [row.state for row in tx.all_drills()] == ["begun"]
        assert tx.drills_due(now_ns=NOW) == []
        assert tx.all_exemptions() == [exemption]
        assert tx.exemption("exe_1") == exemption


def replica(records: SqlRecords, clock: ManualClock) -> Any:
    """As much of a vault as sees to the fleet; several share one database."""
    return SimpleNamespace(clock=clock, fleet=FleetWatch(), records=records, roster=lambda: Roster(staff=[]))


def test_two_replicas_tell_one_report(records: SqlRecords) -> None:
    """Each saw another part of the fleet, one of them a lease that it should not have given; both look at once."""
    clock = ManualClock(wall=NOW)
    one, other = replica(records, clock), replica(records, clock)
    for vault, name in ((one, "dev_a"), (other, "dev_b"), (other, "dev_c")):
        vault.fleet.seen(name, at_ns=NOW - SECOND_NS, version="v", lease_until_ns=NOW + 14 * SECOND_NS)
    reporting.look(one)
    with records.begin() as tx:
        tx.add_pause(pause("pau_1"))
    clock.advance(SECOND_NS)
    at_ns = clock.wall_ns()
    other.fleet.seen("dev_b", at_ns=at_ns - 1, version="v", lease_until_ns=at_ns - 1 + LEASE_DURATION_NS)
    one.fleet.seen("dev_a", at_ns=at_ns, version="v", answer="pause:by_steward")
    looking = [threading.Thread(target=reporting.look, args=(vault,)) for vault in (one, other) * 2]
    for thread in looking:
        thread.start()
    for thread in looking:
        thread.join(60)
    one.fleet.seen("dev_b", at_ns=at_ns + 5, version="v", answer="pause:by_steward")
    reporting.look(one)
    with records.read() as tx:
        stops = {stop.device_id: stop for stop in tx.stops("pau_1")}
    assert stops["dev_a"] == Stop("dev_a", NOW + 14 * SECOND_NS, refused_at_ns=at_ns)
    assert stops["dev_b"].lease_at_ns == at_ns - 1
    assert stops["dev_b"].refused_at_ns == at_ns + 5
    assert stops["dev_c"] == Stop("dev_c", NOW + 14 * SECOND_NS), "seen by the other alone, before there was a report"
    assert set(stops) == {"dev_a", "dev_b", "dev_c"}
    clock.advance(60 * SECOND_NS)
    reporting.look(other)
    reporting.look(one)
    with records.read() as tx:
        assert tx.open_reports() == []
        closed = tx.pause_report("pau_1")
    assert closed is not None
    assert closed.report is not None
