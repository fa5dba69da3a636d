"""How is the fleet, and how does every pause by a steward arrive?

Twice a second :func:`look` writes what is new (``vault.fleet``), some hundred devices at a time, so that nobody is held
up; opens a report for each new pause; brings those that are open up to date and closes them when nothing can change any
more; and begins the drills that are due (``vault.drills``). Every replica does so: the database lets one write at a
time, and nothing of it is done twice.

A crash loses half a second of news. A device whose last lease was lost with it counts as stopped when the one before
has run out, at most five seconds early; ``certain_at_ns`` of a report never is early.
"""

import logging
import threading
import time
from collections import Counter
from itertools import islice

import msgspec

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import AboveboardError
from aboveboard.formats import fleet as fleet_format
from aboveboard.formats.fleet import Fleet, PauseReport, States, Straggler
from aboveboard.rules import fleet as rules
from aboveboard.rules.fleet import LATELY_NS, LEAST_PEOPLE, REPORT_NS, News, Place
from aboveboard.vault import drills, exemptions, health
from aboveboard.vault.place import Vault
from aboveboard.vault.storage.fleet_records import PauseReportRow
from aboveboard.vault.storage.records import Transaction
from aboveboard.vault.storage.rows import PauseRow

LOOK_S = 0.5
RESTS = 4
AT_ONCE = 250
"""How many devices are written in one transaction."""
DAY_NS = 86_400 * SECOND_NS
log = logging.getLogger("aboveboard.vault")


def look(vault: Vault) -> None:
    """Write what is new and see to reports and drills; raises as the database does, and then has lost nothing."""
    now_ns = vault.clock.wall_ns()
    news = vault.fleet.take()
    try:
        with vault.records.read() as tx:
            idle = not (news or tx.open_reports() or tx.pauses_without_report(since_ns=now_ns - REPORT_NS))
            if idle and not tx.drills_due(now_ns=now_ns):
                return
        with vault.records.begin() as tx:
            now_ns = vault.clock.wall_ns()  # once nothing else is written: no lease is given after it unawares
            drills.begin_due(vault, tx, now_ns=now_ns)
            for pause in tx.pauses_without_report(since_ns=now_ns - REPORT_NS):
                tx.open_report(pause)
        while news:
            part = dict(islice(news.items(), AT_ONCE))
            with vault.records.begin(soft=True) as tx:
                tx.note_news(part)
                for row in tx.open_reports():
                    _follow(tx, row, part)
            for device_id in part:
                del news[device_id]
        with vault.records.begin() as tx:
            for row in tx.open_reports():
                _close_if_due(tx, row, now_ns)
    except BaseException:
        vault.fleet.put_back(news)
        raise


def keep_looking(vault: Vault, stop: threading.Event) -> None:
    """The body of a thread: :func:`look` until ``stop``; what fails is tried again.

    It rests for several times as long as it took: a pause has to be written meanwhile, and leases renewed.
    """
    took_s = 0.0
    while not stop.wait(max(LOOK_S, RESTS * took_s)):
        began_s = time.monotonic()
        try:
            look(vault)
        except AboveboardError as error:
            log.warning("the state of the fleet was not written: %s", error.what)
        took_s = time.monotonic() - began_s


def _follow(tx: Transaction, row: PauseReportRow, news: dict[str, News]) -> None:
    pause = tx.pause(row.pause_id)
    if pause is None:
        return
    ended_at_ns = pause.end_ns()
    moved = []
    for device_id, stop in tx.stops_of(pause, news.keys()).items():
        one = news[device_id]
        new = rules.moved(stop, one, at_ns=pause.at_ns, ended_at_ns=ended_at_ns, of_app=pause.wm_class is not None)
        if new != stop and (new.lease_until_ns > pause.at_ns or new.frame_ns):
            moved.append(new)
    tx.note_stops(pause.pause_id, moved)


def _close_if_due(tx: Transaction, row: PauseReportRow, now_ns: int) -> None:
    pause = tx.pause(row.pause_id)
    if pause is None or now_ns < pause.at_ns + REPORT_NS:
        return
    told, slow = _report(tx, row, pause, now_ns)
    tx.close_report(
        row.pause_id,
        report=fleet_format.encode(told).decode(),
        stragglers=msgspec.json.encode(slow).decode(),
    )


def report_of(tx: Transaction, pause: PauseRow, *, now_ns: int) -> tuple[PauseReport, list[Straggler]]:
    """How it has arrived, and who straggles. One that is not watched yet, or never was, has no counts."""
    row = tx.pause_report(pause.pause_id) or PauseReportRow(pause.pause_id, 0)
    if row.report is None:
        return _report(tx, row, pause, now_ns)
    told = fleet_format.decode_report(row.report.encode())
    end_ns = pause.end_ns()
    told = msgspec.structs.replace(told, ended_at_ns=end_ns if end_ns is not None and end_ns <= now_ns else None)
    return told, msgspec.json.decode(row.stragglers or "[]", type=list[Straggler])


def _report(tx: Transaction, row: PauseReportRow, pause: PauseRow, now_ns: int) -> tuple[PauseReport, list[Straggler]]:
    return rules.report(
        pause.pause_id,
        tx.stops(pause.pause_id),
        people=row.people,
        at_ns=pause.at_ns,
        ended_at_ns=pause.end_ns(),
        now_ns=now_ns,
    )


def facts(tx: Transaction, *, now_ns: int) -> Fleet:
    """What a steward is told of the fleet."""
    people = tx.fleet_people()
    states: dict[Place, States] = {}
    for each in tx.fleet_counts(now_ns=now_ns, lately_ns=LATELY_NS):
        place = (each.country, each.cohort)
        state = rules.state_of(each.answer, lease_live=bool(each.lease_live), lately=bool(each.lately))
        states[place] = rules.added(states.get(place, States()), States(**{state: each.devices}))
    everyone = rules.added(*states.values()) if states else States()
    enough = sum(people.values()) >= LEAST_PEOPLE
    told = tx.fleet_health(since_ns=now_ns - health.FRESH_NS) if enough else []
    return Fleet(
        at_ns=now_ns,
        people=sum(people.values()),
        devices=sum(msgspec.structs.astuple(everyone)),
        states=everyone if enough else None,
        versions=tx.fleet_versions(since_ns=now_ns - DAY_NS) if enough else {},
        health=dict(sorted(Counter(word for words in told for word in words.split()).items())),
        groups=rules.groups(people, states),
        exemptions=exemptions.counts(tx, now_ns=now_ns),
    )
