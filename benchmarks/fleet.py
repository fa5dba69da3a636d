"""What does it cost the vault to know the state of the fleet? Beside the renewals themselves, at 3,000 each second.

Prints the processor time of the vault's process (PostgreSQL's own comes on top) for each renewal that is told
(``FleetWatch.seen``), for one look that writes 1,500 devices down (half a second of renewals), for the steward's counts
of 10,000 devices, and for the report of a pause of all of them; over SQLite and over a real PostgreSQL. The share of a
core is the sum of the first two, at 3,000 renewals a second.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from aboveboard.base.clock import SystemClock
from aboveboard.formats.roster import Roster
from aboveboard.rules.lease import LEASE_DURATION_NS
from aboveboard.vault import reporting
from aboveboard.vault.fleet import FleetWatch
from aboveboard.vault.storage.rows import ConsentRow, DeviceRow, DisclosureRow, PauseRow, PersonRow
from aboveboard.vault.storage.sql.engine import SqlRecords, open_records

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from samples.postgres import fresh_database, running_postgres

DEVICES, EACH_LOOK, RENEWALS = 10_000, 1_500, 3_000


def timed(act: Callable[[], Any], times: int) -> float:
    """The median of ``times`` runs, in seconds of the processor."""
    spans = []
    for _ in range(times):
        began = time.process_time()
        act()
        spans.append(time.process_time() - began)
    return sorted(spans)[len(spans) // 2]


def tell(vault: Any, count: int, first: int = 0, *, answer: str = "ok") -> None:
    """So many renewals, or refusals."""
    now_ns = vault.clock.wall_ns()
    until_ns = now_ns + LEASE_DURATION_NS if answer == "ok" else 0
    for number in range(first, first + count):
        words = {"version": "aboveboard 0.1.0", "answer": answer, "lease_until_ns": until_ns}
        vault.fleet.seen(f"dev_{number % DEVICES:026}", at_ns=now_ns, **words)


def fill(records: SqlRecords) -> None:
    with records.begin() as tx:
        tx.add_disclosure(DisclosureRow("d" * 64, "office-tasks", 1, "{}", "stf_1", 1))
        for number in range(DEVICES):
            person, device = f"per_{number:026}", f"dev_{number:026}"
            place = (("DE", "north"), ("DE", "south"), ("FR", ""))[number % 3]
            tx.add_person(PersonRow(person, f"ed25519:p{number}", "age1", "{}", 1, *place))
            tx.add_device(DeviceRow(device, person, f"ed25519:d{number}", "Linux", 1))
            tx.add_consent(ConsentRow(f"con_{number:026}", person, device, "d" * 64, "{}", 1))


def measure(name: str, records: SqlRecords) -> None:
    fill(records)
    vault: Any = SimpleNamespace(
        clock=SystemClock(), fleet=FleetWatch(), records=records, roster=lambda: Roster(staff=[])
    )
    seen_s = timed(lambda: tell(vault, EACH_LOOK), 21) / EACH_LOOK
    vault.fleet.take()

    def one_look() -> None:
        reporting.look(vault)

    looks = []
    for number in range(15):
        tell(vault, EACH_LOOK, number * EACH_LOOK)
        looks.append(timed(one_look, 1))
    look_s = sorted(looks)[len(looks) // 2]
    tell(vault, DEVICES)
    reporting.look(vault)
    with records.read() as tx:
        facts_s = timed(lambda: reporting.facts(tx, now_ns=vault.clock.wall_ns()), 7)
    pause = PauseRow("pau_" + "0" * 26, "steward", None, "{}", vault.clock.wall_ns())
    with records.begin() as tx:
        tx.add_pause(pause)
    open_s = timed(one_look, 1)
    tell(vault, DEVICES, answer="pause:by_steward")
    refusals_s = timed(one_look, 1)
    with records.read() as tx:
        told = reporting.report_of(tx, pause, now_ns=vault.clock.wall_ns())[0]
        report_s = timed(lambda: reporting.report_of(tx, pause, now_ns=vault.clock.wall_ns()), 7)
    assert told.counts is not None
    assert (told.counts.confirmed, told.stopped) == (DEVICES, True), told
    share = RENEWALS * (seen_s + look_s / EACH_LOOK)
    print(f"{name:<12} {seen_s * 1e6:7.1f} µs {look_s * 1e3:9.1f} ms {share:9.1%} {facts_s * 1e3:9.1f} ms", end=" ")
    print(f"{open_s * 1e3:9.1f} ms {refusals_s * 1e3:9.1f} ms {report_s * 1e3:9.1f} ms", flush=True)


def main() -> None:
    print(f"{DEVICES} devices; a look writes {EACH_LOOK}; medians of processor time")
    head = ("told once", "a look", f"at {RENEWALS}/s", "counts", "pause opens", "all refused", "its report")
    print(f"{'':<12}" + "".join(f"{each:>12}" for each in head), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        measure("SQLite", open_records(f"sqlite:///{folder}/records.sqlite"))
        with running_postgres(Path(folder) / "pg") as url:
            measure("PostgreSQL", open_records(fresh_database(url)))


if __name__ == "__main__":
    main()
