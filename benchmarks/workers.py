"""What do two workers gain over one, what does it cost to have any, and how soon do all stop when the grant ends?

    nice python -m benchmarks.workers [--people 4 --segments 150]

Makes recordings of people at work (1280×800; four keys and a click a second, a panel every six seconds, another page
every twenty), seals them, and serves them from a process of its own as a vault does: keys with their proofs, sealed
bytes, whether the grant holds. Then one data set is derived of all: in this process (the peer), by one and two
processes, by two into a store ("2 S3": moto, on loopback, in a process of its own), and by one and two of Ray where
that is installed (``pip install -e '.[scale]'``). The plain bytes of all must be the same. Prints wall and processor
time (Ray's is not counted: its processes are not ours), ratios, and what one recorded hour costs; then how long after
the end of the grant the last worker is gone.
"""

import argparse
import hashlib
import importlib.util
import logging
import os
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks.loader import changes, frames

from aboveboard.base import ids
from aboveboard.base.clock import MILLISECOND_NS, SECOND_NS, SystemClock
from aboveboard.base.errors import Refused
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats.mcap_file import Item
from aboveboard.formats.recording import Button, Key, Session, Timed, Window
from aboveboard.lab import flow
from aboveboard.lab.bucket import Store, files_at
from aboveboard.lab.crew import Processes, workers_of
from aboveboard.lab.dataset.person import Holder
from aboveboard.lab.lineage import destroy
from aboveboard.lab.workers import Unit, Workers
from aboveboard.replay.pixels import Pixels
from aboveboard.rules.decision import Reason
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.unseal import unseal

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from samples.lab_over_http import served
from samples.lab_world import LabWorld
from samples.s3 import new_bucket, s3

ROOT = Path(__file__).resolve().parent.parent
WIDTH, HEIGHT = 1280, 800
SEGMENT_S, ACTS_A_SECOND, PAGE_S = 4, 5, 20
WHOLE_EVERY = 30
"""A segment in so many begins with a whole picture."""
START_NS = 1_800_000_000 * SECOND_NS

STOPS = 5


@dataclass(frozen=True)
class Vault:
    """What serves, in a process of its own; ``line`` reaches it."""

    grant_id: str
    hold: Callable[[], Holder]
    identity: Identity
    sealed_bytes: int
    line: Connection

    def ask(self, word: str) -> Any:
        self.line.send(word)
        return self.line.recv()


def serve(people: int, segments: int, folder: Path, line: Connection) -> None:
    """Answer until ``None`` comes: "end" and "again" are about the grant, "cost" tells what was asked so far."""
    world, counts = LabWorld(clock=SystemClock()), Counter[str]()  # type: ignore[arg-type]
    for _ in range(people):
        person_id, session_id = world.enrol(), new_id(Kind.SESSION)
        for sequence, items in enumerate(recording(session_id, segments)):
            world.upload(person_id, session_id, sequence, items)
    known = {one.manifest.segment_id: one for one in world.stored}
    world.find = known.__getitem__  # type: ignore[method-assign]
    for name in ("get", "post"):
        setattr(world, name, _counting(counts, getattr(world, name)))
    with served(world, folder) as (_, hold):
        line.send((world.grant(), hold, world.identity.text(), sum(len(one.sealed) for one in world.stored)))
        while (word := line.recv()) is not None:
            if word == "cost":
                line.send((time.process_time(), counts.total(), counts["sealed"]))
            else:
                world.ended = Reason.GRANT_REVOKED if word == "end" else Reason.OK
                line.send(time.monotonic())


def recording(session_id: str, segments: int) -> Iterator[list[Item]]:
    """Segment by segment, what a recorder would have kept."""
    before: Pixels | None = None
    shown = frames(segments * SEGMENT_S * ACTS_A_SECOND, WIDTH, HEIGHT, PAGE_S * ACTS_A_SECOND)
    for sequence in range(segments):
        base_ns = START_NS + sequence * SEGMENT_S * SECOND_NS
        whole = sequence % WHOLE_EVERY == 0
        opening = Session(
            session_id=session_id, sequence=sequence, screen_width=WIDTH, screen_height=HEIGHT, platform="x",
            recorder="x", clock_error_ns=0, screen_continues=not whole,
        )  # fmt: skip
        window = Window(app="Editor", title="notes", pid=1, x=0, y=0, width=WIDTH, height=HEIGHT)
        items: list[Item] = [Timed(base_ns, opening), Timed(base_ns, window)]
        for act in range(SEGMENT_S * ACTS_A_SECOND):
            pixels, at_ns = next(shown), base_ns + act * SECOND_NS // ACTS_A_SECOND + MILLISECOND_NS
            items += changes(None if whole and act == 0 else before, pixels, at_ns)
            before = pixels.copy()
            for late, pressed in ((1, True), (60, False)):
                time_ns = at_ns + late * MILLISECOND_NS
                if act % ACTS_A_SECOND == 0:
                    items.append(Timed(time_ns, Button(button=1, pressed=pressed, x=act * 37 % WIDTH, y=9)))
                    continue
                text = "a" if pressed else ""
                items.append(Timed(time_ns, Key(38, 97, "a", text, pressed, [])))
        yield items


def _counting(counts: Counter[str], answer: Callable[..., bytes]) -> Callable[..., bytes]:
    def counted(path: str, *body: bytes) -> bytes:
        counts["sealed" if path.endswith("/sealed") else "other"] += 1
        return answer(path, *body)

    return counted


@contextmanager
def vault(people: int, segments: int, folder: Path) -> Iterator[Vault]:
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(people, segments, folder, theirs), daemon=True)
    process.start()
    try:
        grant_id, hold, identity, sealed_bytes = ours.recv()
        yield Vault(grant_id, hold, Identity.from_text(identity), sealed_bytes, ours)
        ours.send(None)
        process.join(10)
    finally:
        process.kill()


def serve_s3(line: Connection) -> None:
    """A store, until anything comes."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with s3() as endpoint:
        line.send(f"s3://{new_bucket(endpoint)}/lab?endpoint={endpoint}")
        line.recv()


@contextmanager
def store() -> Iterator[Store]:
    os.environ["AWS_ACCESS_KEY_ID"] = os.environ["AWS_SECRET_ACCESS_KEY"] = "benchmark"
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve_s3, args=(theirs,), daemon=True)
    process.start()
    try:
        yield Store(ours.recv())
        ours.send(None)
        process.join(10)
    finally:
        process.kill()


@dataclass(frozen=True)
class Nothing:
    """Work that only begins: what is imported for a person's part, and no more."""

    @contextmanager
    def __call__(self) -> Iterator[Callable[[int], int]]:
        import aboveboard.lab.dataset.person  # noqa: F401

        yield abs


@dataclass(frozen=True)
class Cost:
    """Seconds. ``cpu_s``: of this process and those that it started; ``vault_cpu_s``: of whom it asked."""

    wall_s: float
    cpu_s: float
    vault_cpu_s: float
    requests: int


def measure(of: Vault, work: Callable[[], Any]) -> tuple[Any, Cost]:
    vault_cpu_s, requests, _ = of.ask("cost")
    cpu_s, wall_s = sum(os.times()[:4]), time.perf_counter()
    result = work()
    wall_s, cpu_s = time.perf_counter() - wall_s, sum(os.times()[:4]) - cpu_s
    after_cpu_s, after, _ = of.ask("cost")
    return result, Cost(wall_s, cpu_s, after_cpu_s - vault_cpu_s, after - requests)


def derive(of: Vault, home: Path, workers: Workers | None, to: Store | None = None) -> flow.DerivedDataset:
    one = of.hold()
    return flow.derive(
        one.vault, of.grant_id, one.identity, one.key, home, one.trust, workers=workers, hold=of.hold, store=to
    )  # fmt: skip


def plain_of(made: flow.DerivedDataset, identity: Identity) -> str:
    """One digest of all that it holds."""
    digest = hashlib.sha256()
    files = files_at(made.path)
    for name in sorted(one.path for one in made.lineage.files if one.path.endswith(".age")):
        digest.update(name.encode() + unseal(files.read(name), identity))
    return digest.hexdigest()


def stop(of: Vault, home: Path, after: int) -> float:
    """Seconds from the end of the grant, when so many segments were fetched, until all workers are gone."""
    ended: list[float] = []

    def end() -> None:
        begin = of.ask("cost")[2]
        while of.ask("cost")[2] < begin + after:
            time.sleep(0.01)
        ended.append(of.ask("end"))

    ending = threading.Thread(target=end)
    ending.start()
    try:
        derive(of, home, Processes(2))
    except Refused:
        gone = time.monotonic()
    else:
        raise SystemExit("it was done before the grant ended: ask for more segments")
    ending.join()
    of.ask("again")
    return gone - ended[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=4)
    parser.add_argument("--segments", type=int, default=150, help=f"of {SEGMENT_S} s, of each of them")
    parser.add_argument("--repeat", type=int, default=3)
    asked = parser.parse_args()
    os.environ["PYTHONPATH"] = f"{ROOT / 'src'}:{ROOT}:{ROOT / 'tests'}"  # where Ray's processes look
    os.environ["OMP_NUM_THREADS"] = "1"
    who = ["here", "1", "2", "2 S3"] + ["ray:1", "ray:2"] * (importlib.util.find_spec("ray") is not None)
    hours = asked.people * asked.segments * SEGMENT_S / 3600
    with (
        tempfile.TemporaryDirectory() as made_in,
        store() as s3_store,
        vault(asked.people, asked.segments, Path(made_in) / "keys") as of,
    ):
        home = Path(made_in)
        sealed = of.sealed_bytes / hours / 1e6
        print(f"{asked.people} people, {hours * 60:.0f} min recorded, {sealed:.0f} MB sealed an hour")
        print(f"load {os.getloadavg()[0]:.1f}; the middle of {asked.repeat} runs, in turn\n")
        artefact_id, costs, digests = new_id(Kind.ARTEFACT), dict[str, list[Cost]](), set[str]()
        for turn in range(asked.repeat):
            for name in who:
                workers = None if name == "here" else Processes(1) if name == "1" else workers_of(name.split()[0])
                to = s3_store if "S3" in name else None
                with patch.object(ids, "new_id", lambda kind: artefact_id):  # it is in each table, as its mark
                    made, cost = measure(of, partial(derive, of, home / f"{name}-{turn}", workers, to))
                costs.setdefault(name, []).append(cost)
                digests.add(plain_of(made, of.identity))
                destroy(home / f"{name}-{turn}", artefact_id)
        if len(digests) != 1:
            raise SystemExit("the data sets differ")
        begins = {}
        for name in [one for one in who[1:] if "S3" not in one]:
            workers = Processes(1) if name == "1" else workers_of(name)
            units = [Unit(str(number), number) for number in range(4)]
            _, begun = measure(of, partial(workers.run, Nothing(), units))
            begins[name] = begun.wall_s
        names = ("wall s", "to begin", "processor s", "vault's", "× here", "× real time")
        print(f"{'workers':10}" + "".join(f"{name:>13}" for name in names))
        middle = {name: sorted(some, key=lambda one: one.wall_s)[len(some) // 2] for name, some in costs.items()}
        for name, cost in middle.items():
            columns = (
                f"{cost.wall_s:.1f}",
                f"{begins[name]:.1f}" if name in begins else "–",
                "–" if "ray" in name else f"{cost.cpu_s:.1f}",
                f"{cost.vault_cpu_s:.1f}",
                f"{middle['here'].wall_s / cost.wall_s:.2f}",
                f"{hours * 3600 / cost.wall_s:.0f}",
            )
            print(f"{name:10}" + "".join(f"{column:>13}" for column in columns))
        here = middle["here"]
        print(
            f"\nthe plain bytes are the same whoever did it\nan hour recorded costs {here.cpu_s / hours:.1f} s of "
            f"the lab's processor, {here.vault_cpu_s / hours:.1f} s of the vault's, {here.requests / hours:,.0f} "
            f"requests, {made.size_bytes / hours / 1e6:.0f} MB of data set"
        )
        took = [stop(of, home / "stopped", asked.segments // 2 + 7 * turn) for turn in range(STOPS)]
        middle_s, most_s = statistics.median(took), max(took)
        print(f"after the grant ended all of two workers were gone in {middle_s:.2f} s, at most {most_s:.2f} s")


if __name__ == "__main__":
    main()
