"""A policy from pixels alone, from what our recorder recorded, and from the truth of the same sessions.

    python -m benchmarks.learning.pixels

After ``benchmarks.learning.recorded``. The same policy is trained twice: on the data set that was derived from what was
recorded, and on the person's own log of presses with the screens grabbed just before them. Both are tried on the same
held-out problems by a hand on a real display, beside random presses. Broken off, it goes on where it was.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import msgspec
from benchmarks.learning.recorded import FOLDER, TASKS, rounds, running

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import AboveboardError
from aboveboard.commands import lab
from aboveboard.commands.run import RESEARCHER
from aboveboard.lab.assess.environment import Environment
from aboveboard.lab.assess.interval import wilson
from aboveboard.lab.assess.pixel_environment import ByEye, PixelActor, RandomPixels, attempt
from aboveboard.lab.assess.sweep import WHOLE
from aboveboard.lab.model.element_policy import load_element_policy
from aboveboard.lab.model.pixel_scene import Eye
from aboveboard.lab.model.sight import Image
from aboveboard.lab.train.element_cloning import Demonstration, ElementConfig, train_elements
from aboveboard.lab.train.pixel_demonstrations import Press, demonstration, recorded
from aboveboard.stage.browser import Browser
from aboveboard.stage.display import Display
from aboveboard.stage.tasks import TaskServer, task_of_title

FIRST_EPISODE = 1000
"""Problems before this one may be looked at while features are chosen."""
FEW, RANDOM_EPISODES = 5, 10
TIME_LIMIT_MS = 120_000
"""A busy machine must not decide whether a policy succeeds."""
SOURCES = ("recorded", "truth")
Told = Callable[[str], None]


def from_recording(folder: Path, eye: Eye, left_out: Counter[str]) -> list[Demonstration]:
    """What the data set holds, opened under its grant."""
    artefact_id = (folder / "dataset").read_text(encoding="ascii")
    with running(folder) as (home, _), lab.opened(home, RESEARCHER, artefact_id) as data:
        return recorded(eye, list(data.steps()), data.episodes(), data.frame, task_of_title, left_out)


def from_truth(folder: Path, eye: Eye, left_out: Counter[str]) -> list[Demonstration]:
    """What the person knows of the same sessions."""
    found = []
    for one, frames in rounds(folder):
        for done in one.attempts:
            if done.reward < WHOLE:
                left_out["an attempt that did not succeed"] += 1
                continue
            own = [each for each in one.presses if done.begin_ns <= each.wall_ns <= done.end_ns]
            presses = [Press(each.x, each.y, _look(frames[each.frame])) for each in own]
            seconds = (done.end_ns - done.begin_ns) / SECOND_NS
            made = demonstration(eye, done.task, done.asked, seconds, presses, left_out)
            if made is not None:
                found.append(made)
    return found


def _look(frame: Image) -> Callable[[], Image]:
    return lambda: frame


def train(folder: Path, eye: Eye, told: Told) -> None:
    """Train what is not there yet."""
    for source, make in zip(SOURCES, (from_recording, from_truth), strict=True):
        path = folder / f"{source}.safetensors"
        if path.exists():
            continue
        left_out: Counter[str] = Counter()
        made = make(folder, eye, left_out)
        counts = Counter(one.task for one in made)
        least, most, hours = min(counts.values()), max(counts.values()), sum(one.seconds for one in made) / 3600
        told(f"{source}: {len(made)} demonstrations, {least} to {most} of a task, {hours:.2f} h")
        told(f"{source}: left out {dict(left_out)}")
        begin = time.process_time()
        train_elements(made, ElementConfig(members=3)).save(path)
        told(f"{source}: trained in {time.process_time() - begin:.0f} core-seconds")


def assess(folder: Path, eye: Eye, episodes: int, told: Told) -> dict[str, dict[str, list[float]]]:
    """The reward of every held-out episode, by policy and task; kept task by task."""
    kept = folder / "tried.json"
    tried: dict[str, dict[str, list[float]]] = msgspec.json.decode(kept.read_bytes()) if kept.exists() else {}
    with (
        Display() as display,
        Browser(display) as browser,
        TaskServer() as server,
        Environment(display, browser, server, time_limit_ms=TIME_LIMIT_MS) as environment,
    ):
        actors: dict[str, PixelActor] = {
            source: ByEye(eye, load_element_policy(folder / f"{source}.safetensors")) for source in SOURCES
        }
        actors["random"] = RandomPixels(*environment.area, seed=0)
        # A few of everything first, so that what is broken off says something of all.
        for wanted, task in ((wanted, task) for wanted in range(FEW, episodes + FEW, FEW) for task in TASKS):
            for name, actor in actors.items():
                rewards = tried.setdefault(name, {}).setdefault(task, [])
                most = min(wanted, episodes if name in SOURCES else RANDOM_EPISODES)
                for number in range(FIRST_EPISODE + len(rewards), FIRST_EPISODE + most):
                    rewards.append(attempt(actor, environment, task, number).reward)
                kept.write_bytes(msgspec.json.encode(tried))
            told(
                f"{task}: "
                + ", ".join(f"{name} {good(tried[name][task])} of {len(tried[name][task])}" for name in actors)
            )
    return tried


def good(rewards: list[float]) -> int:
    """How many have the whole reward."""
    return sum(one >= WHOLE for one in rewards)


def report(tried: dict[str, dict[str, list[float]]]) -> str:
    """A row for each task with Wilson intervals, and the means."""
    names = [*SOURCES, "random"]
    lines = ["| task | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for task in TASKS:
        cells = []
        for name in names:
            rewards = tried[name][task]
            low, high = wilson(good(rewards), len(rewards))
            cells.append(f"{good(rewards) / len(rewards):.2f} ({low:.2f} to {high:.2f})")
        lines.append(f"| {task} | " + " | ".join(cells) + " |")
    cells = []
    for name in names:
        whole = [reward for rewards in tried[name].values() for reward in rewards]
        low, high = wilson(good(whole), len(whole))
        cells.append(f"**{good(whole) / len(whole):.3f}** ({low:.3f} to {high:.3f})")
    lines.append("| mean | " + " | ".join(cells) + " |")
    pairs = [
        (one >= WHOLE) - (other >= WHOLE)
        for task in TASKS
        for one, other in zip(tried["recorded"][task], tried["truth"][task], strict=False)
    ]
    mean = sum(pairs) / len(pairs)
    spread = 1.96 * (sum((one - mean) ** 2 for one in pairs) / (len(pairs) - 1) / len(pairs)) ** 0.5
    lines.append(
        f"\nrecorded less truth, on the same {len(pairs)} problems: {mean:+.3f} ({mean - spread:+.3f} to "
        f"{mean + spread:+.3f})"
    )
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--episodes", type=int, default=40, help="held-out problems of each task")
    arguments = parser.parse_args()
    begin = time.monotonic()

    def told(words: str) -> None:
        print(f"[{time.monotonic() - begin:6.0f} s] {words}", flush=True)

    eye = Eye()
    train(arguments.folder, eye, told)
    print(report(assess(arguments.folder, eye, arguments.episodes, told)))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except AboveboardError as error:
        sys.exit(str(error))
