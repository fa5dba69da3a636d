"""What do models learn from people's demonstrations? ``make bench-learning ARGS="--demonstrations FOLDER"``

Policies over accessibility elements, trained on the human demonstrations of MiniWoB++ and tried on held-out problems in
a real browser; beside chance, the nearest neighbour and published figures. The folder is an unpacked copy of
github.com/stanfordnlp/miniwob-plusplus-demos, which is not part of this repository. Broken off, it goes on where it was
(``.bench/learning``); ``--report`` tells what was tried so far, and ``--quick`` tries the first draw of three points.
What is tried is in ``benchmarks/learning/miniwob.toml``. Each group of tasks gets a page of what its data are worth.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

import msgspec
from benchmarks.learning.on_display import compare
from benchmarks.learning.trying import tools

from aboveboard.base.errors import AboveboardError
from aboveboard.formats.value import encode
from aboveboard.lab.assess.sweep import Cell, kept_cells, run_sweep
from aboveboard.lab.assess.sweep_config import Sweep, read_sweep
from aboveboard.lab.assess.sweep_report import kinds_of, report, values
from aboveboard.lab.assess.value_page import page
from aboveboard.lab.assess.worth import About
from aboveboard.lab.crew import workers_of
from aboveboard.lab.train.demonstrations import Loaded, load

HERE = Path(__file__).parent
MOST_PER_TASK = 400
PUBLISHED = {
    "clicking": "people 0.935, CC-Net's behaviour cloning 0.32 from 2.4 M demonstrations, WebN-T5 0.48 to 0.56: each "
    "over all tasks of MiniWoB++, not these 22",
}


def commit() -> str:
    """The commit that is checked out, with a + where files differ from it."""
    told = subprocess.run(["git", "describe", "--always", "--dirty=+"], capture_output=True, text=True, check=False)
    return told.stdout.strip() or "unknown"


def about(sweep: Sweep, loaded: Loaded, seconds: float) -> dict[str, About]:
    """What the page of each group says of itself."""
    return {
        group.name: About(
            about=f"Human demonstrations of MiniWoB++, {len(group.tasks)} {group.name} tasks, one policy over elements",
            measured=f"In frames of a real browser, from held-out episode {sweep.first_episode} on; only the whole "
            f"reward is a success",
            artefact_id=f"data version {loaded.version[:16]}",
            episodes=sweep.episodes,
            kinds={task: kinds_of(loaded.by_task[task]) for task in group.tasks if task in loaded.by_task},
            left_out=loaded.left_out,
            seconds=seconds,
        )
        for group in sweep.groups
    }


def show(cells: list[Cell], sweep: Sweep, loaded: Loaded, out: Path) -> None:
    """Print the points, and what they are worth; write a page for each group."""
    print(report(cells, PUBLISHED))
    for group, value in values(cells, about(sweep, loaded, sum(cell.seconds for cell in cells))).items():
        (out / f"value-{group}.json").write_bytes(encode(value))
        (out / f"value-{group}.html").write_text(page(value), encoding="utf-8")
        print(f"\nthe value of {group}, as a page in {out / f'value-{group}.html'}\n{value.text()}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--demonstrations", type=Path, default=os.environ.get("MINIWOB_DEMONSTRATIONS"))
    parser.add_argument("--config", type=Path, default=HERE / "miniwob.toml")
    parser.add_argument("--out", type=Path, default=Path(".bench/learning"))
    parser.add_argument("--quick", action="store_true", help="the first draw of the first three points")
    parser.add_argument("--report", action="store_true", help="only tell what was tried already")
    parser.add_argument("--on-display", type=int, default=3, help="episodes a task with a real hand; 0 leaves it out")
    parser.add_argument("--workers", default="1", help="how many processes, each with a browser; or ray:2")
    arguments = parser.parse_args()
    if arguments.demonstrations is None:
        print(
            "no demonstrations: this needs a copy of github.com/stanfordnlp/miniwob-plusplus-demos\n"
            'what to do: make bench-learning ARGS="--demonstrations FOLDER"',
            file=sys.stderr,
        )
        return 2
    begin = time.monotonic()

    def told(words: str) -> None:
        print(f"[{time.monotonic() - begin:6.0f} s] {words}", flush=True)

    sweep = read_sweep(arguments.config)
    if arguments.quick:
        sweep = msgspec.structs.replace(
            sweep, points=[msgspec.structs.replace(point, draws=1) for point in sweep.points[:3]]
        )
    wanted = {one.group for one in sweep.points}
    places = {
        task: folders for group in sweep.groups if group.name in wanted for task, folders in group.places().items()
    }
    loaded = load(arguments.demonstrations, places, MOST_PER_TASK, lambda done, total, words: told(words))
    told(f"data version {loaded.version[:16]}; left out: {dict(loaded.left_out.most_common(8))}")
    if arguments.report:
        show(kept_cells(sweep, loaded, arguments.out), sweep, loaded, arguments.out)
        return 0
    cells = run_sweep(sweep, loaded, tools, arguments.out, commit(), told, workers_of(arguments.workers))
    show(cells, sweep, loaded, arguments.out)
    if arguments.on_display:
        print(f"\nthe same policies by hand\n{compare(sweep, arguments.out, arguments.on_display)}")
    print(f"\nat commit {cells[-1].commit}, data version {loaded.version[:16]}, results in {arguments.out}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except AboveboardError as error:
        sys.exit(str(error))
