"""How long does it take to erase somebody, all or a part, and how does it grow with what is recorded of them?

    python benchmarks/erasure.py [--segments 2000,4000,8000,16000]

A real vault (SQLite, objects in files) and a real keyholder (file store) with as many segments of one person as named,
each as large as the disclosed budget makes them: 200 MB a day, five seconds each, eight hours a day. For each number:

* keys: from the order until no key of the person is left;
* all: from the order until the receipt, with every object deleted;
* a part: a tenth of them, spread over all, where everything is sealed to one key: what stays has to be moved first.
  Epochs of a week, the default, have at most a 52nd of a year in one.

A straight line through the times (least squares) gives what a year would take: 220 days of eight hours, all of it
recorded, 1,267,200 segments. That is an extrapolation, and is said to be one.
"""

import argparse
import dataclasses
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import erasure
from aboveboard.formats.erasure import ORDER_TYPE, ErasureOrder
from aboveboard.sealing.seal import seal
from aboveboard.vault import erasure as steps
from aboveboard.vault import ordering
from aboveboard.vault.storage.objects import name_of_segment

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from samples.kept_world import KeptWorld
from samples.vault_world import Participant
from samples.witness_process import running_witness

DAYS, HOURS, SECONDS, BUDGET_BYTES = 220, 8, 5, 200_000_000
A_DAY = HOURS * 3600 // SECONDS
A_YEAR = DAYS * A_DAY
SEGMENT_BYTES = BUDGET_BYTES // A_DAY
AT_ONCE = 1000
EPOCHS_A_YEAR = 52


def filled(world: KeptWorld, count: int) -> tuple[Participant, list[str]]:
    """A person with so many segments on the disk and on record, as intake leaves them."""
    who = world.ready()
    model = world.recorded(who)
    world.take_in(who, model)
    with world.vault.records.read() as tx:
        row = tx.segment(model.manifest.segment_id)
    if row is None:
        raise AssertionError("the model was not taken in")
    folder = world.home / "objects"
    made: list[str] = []
    sessions = [new_id(Kind.SESSION) for _ in range(count // A_DAY + 1)]
    for begin in range(0, count, AT_ONCE):
        with world.vault.records.begin() as tx:
            for sequence in range(begin, min(begin + AT_ONCE, count)):
                segment_id = new_id(Kind.SEGMENT)
                sealed = seal(os.urandom(SEGMENT_BYTES - 500), [who.identity.recipient, who.keyholder_recipient])
                (folder / name_of_segment(segment_id)).write_bytes(sealed)
                tx.add_segments(
                    [
                        dataclasses.replace(
                            row,
                            segment_id=segment_id,
                            session_id=sessions[sequence // A_DAY],
                            sequence=sequence + 1,
                            sha256=f"{sequence:032x}{who.person_id[4:].encode().hex()}"[:64],
                            start_wall_ns=row.start_wall_ns + sequence * SECONDS * 10**9,
                            end_wall_ns=row.start_wall_ns + (sequence + 1) * SECONDS * 10**9,
                        )
                    ]
                )
                made.append(segment_id)
    os.sync()
    return who, made


def carried_out(world: KeptWorld, who: Participant, order: ErasureOrder) -> tuple[float, float, float]:
    """Seconds from the order until its keys are gone, and until its receipt; and of processor time (of the vault and
    the keyholder together) until the keys are gone."""
    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    signed = who.person_key.sign(ORDER_TYPE, erasure.encode(order))
    with world.vault.records.begin() as tx:
        ordering.take(world.vault, tx, ordering.open_order(world.vault, tx, signed), signed)
    with world.vault.records.read() as tx:
        row = tx.erasure(order.erasure_id)
    if row is None:
        raise AssertionError("an order that was taken is on record")
    steps.destroy_keys(world.vault, row)
    keys_s, keys_cpu_s = time.perf_counter() - began_s, time.process_time() - began_cpu_s
    steps.carry_out(world.vault, order.erasure_id)
    return keys_s, time.perf_counter() - began_s, keys_cpu_s


def line(points: list[tuple[int, float]]) -> tuple[float, float]:
    """Seconds at none and seconds for each more, by least squares."""
    count = len(points)
    mean_x, mean_y = sum(x for x, _ in points) / count, sum(y for _, y in points) / count
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0
    return mean_y - slope * mean_x, slope


def main() -> None:
    """Print a row for each number, the lines, and what they say of a year."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--segments", default="2000,4000,8000,16000")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    names = ("keys", "all", "keys: cpu", "part: keys", "part: all", "part: keys: cpu")
    found: dict[str, list[tuple[int, float]]] = {name: [] for name in names}
    print(f"{'segments':>9} {'MB':>7} " + " ".join(f"{name + ' s':>15}" for name in names))
    with (
        tempfile.TemporaryDirectory(prefix="aboveboard-erasure-") as made,
        running_witness(Path(made) / "w") as witness,
    ):
        world = KeptWorld(Path(made) / "world", witness)
        for count in [int(each) for each in options.segments.split(",")]:
            who, _ = filled(world, count)
            whole = carried_out(world, who, world.order(who))
            who, ids = filled(world, count)
            part = carried_out(world, who, world.order(who, segments=ids[::10]))
            carried_out(world, who, world.order(who))
            for name, took_s in zip(names, (*whole, *part), strict=True):
                found[name].append((count, took_s))
            times = " ".join(f"{took_s:>15.2f}" for took_s in (*whole, *part))
            print(f"{count:>9,} {count * SEGMENT_BYTES / 1e6:>7.0f} {times}", flush=True)
        world.close()
    lines = {name: line(points) for name, points in found.items()}
    print("\nlines (seconds at none, milliseconds for each segment), and by them, extrapolated:")
    for name, (start_s, each_s) in lines.items():
        year_s = start_s + each_s * A_YEAR
        epoch_s = start_s + each_s * A_YEAR / EPOCHS_A_YEAR
        print(f"  {name:<13} {start_s:7.3f} + {each_s * 1e3:.3f}  a year: {year_s:,.1f} s; a week: {epoch_s:,.1f} s")
    if options.json:
        options.json.write_text(json.dumps({"found": found, "lines": lines, "a_year": A_YEAR}, indent=1))


if __name__ == "__main__":
    main()
