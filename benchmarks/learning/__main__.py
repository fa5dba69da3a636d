"""What do models learn from people's demonstrations? ``make bench-learning ARGS="--demonstrations FOLDER"``

Policies over accessibility elements, trained on the human demonstrations of MiniWoB++ and tried on held-out problems in
a real browser; beside chance, the nearest neighbour and published figures. The folder is an unpacked copy of
github.com/stanfordnlp/miniwob-plusplus-demos, which is not part of this repository. Broken off, it goes on where it was
(``.bench/learning``). What is tried is in ``benchmarks/learning/miniwob.toml``; ``--quick`` tries the first draw of
three points.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

import msgspec
from benchmarks.learning.on_display import compare

from aboveboard.base.errors import AboveboardError
from aboveboard.lab.assess.frames import Frames
from aboveboard.lab.assess.sweep import run_sweep
from aboveboard.lab.assess.sweep_config import read_sweep
from aboveboard.lab.assess.sweep_report import report
from aboveboard.lab.train.demonstrations import load
from aboveboard.stage.browser import Browser
from aboveboard.stage.display import Display
from aboveboard.stage.tasks import TaskServer

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


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--demonstrations", type=Path, default=os.environ.get("MINIWOB_DEMONSTRATIONS"))
    parser.add_argument("--config", type=Path, default=HERE / "miniwob.toml")
    parser.add_argument("--out", type=Path, default=Path(".bench/learning"))
    parser.add_argument("--quick", action="store_true", help="the first draw of the first three points")
    parser.add_argument("--on-display", type=int, default=3, help="episodes a task with a real hand; 0 leaves it out")
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
    with Display(width=1280, height=1050) as display, TaskServer() as server, Browser(display, scale=1) as browser:
        cells = run_sweep(sweep, loaded, Frames(browser.page, server), arguments.out, commit(), told)
    print(report(cells, PUBLISHED))
    if arguments.on_display:
        print(f"\nthe same policies by hand\n{compare(sweep, arguments.out, arguments.on_display)}")
    print(f"\nat commit {cells[-1].commit}, data version {loaded.version[:16]}, results in {arguments.out}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except AboveboardError as error:
        sys.exit(str(error))
