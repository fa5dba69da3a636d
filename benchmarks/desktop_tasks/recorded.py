"""A policy over elements from what our recorder recorded of a scripted person in real applications.

    python -m benchmarks.desktop_tasks.recorded record --each 4
    python -m benchmarks.desktop_tasks.recorded assess --episodes 4
    python -m benchmarks.desktop_tasks.recorded try --task files-rename --episodes 5

The whole way: disclosed, consented, recorded, sealed, uploaded; asked for, approved, opened, derived; then what
'aboveboard train --policy elements' and 'assess' do. ``record`` shows every task ``--each`` times, each round a session
of its own; broken off, it goes on with the next round. ``assess`` trains on all sessions so far, and tries; ``try``
tries what was trained last.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random

import msgspec
from benchmarks.learning.recorded import DISCLOSURE, running

from aboveboard.base.errors import AboveboardError, Unavailable
from aboveboard.commands import access, lab, training
from aboveboard.commands.home import Home
from aboveboard.commands.rehearsal import SETTLE_S, RecorderProcess
from aboveboard.commands.run import REPRESENTATIVE, RESEARCHER, SECURITY
from aboveboard.formats.trajectory import Mark, Outcome
from aboveboard.lab.assess.interval import wilson
from aboveboard.lab.dataset.write import Cutting
from aboveboard.lab.train.element_run import parted
from aboveboard.lab.train.run_file import PolicyRun
from aboveboard.stage.borrowed import GuestDisplay
from aboveboard.stage.desktop.desk import HEIGHT, WIDTH, Desk
from aboveboard.stage.desktop.task import demonstration
from aboveboard.stage.desktop.tasks import TASKS
from aboveboard.stage.display import Display

FOLDER = Path(".bench/desktop-recorded")
CLASSES = (
    "Mousepad",
    "Thunar",
    "Gnumeric",
    "Lxterminal",
    "Xfce4-mouse-settings",
    "Xfce4-keyboard-settings",
    "Xfce4-appearance-settings",
    "Xfce4-accessibility-settings",
)
_APP = """[[apps]]
name = "{name}"
wm_class = "{name}"
why = "The tasks that the agents learn are done in this application."
keystrokes = "exact"
screen = "none"
pointer = "full"
window = "exact"
control = "exact"

[apps.because]
keystrokes = "The agents learn what is typed, and which keys are pressed."
pointer = "The agents learn what to click."
window = "It tells one application and dialog from the next."
control = "The agents learn on which controls one acts."

"""


def disclosure() -> str:
    """What a run discloses, of these applications, and no screen: a policy over elements needs none."""
    before, _, rest = DISCLOSURE.partition("[[apps]]")
    after = rest[rest.index("[budget]") : rest.index("[[translations]]")]
    return before + "".join(_APP.format(name=name) for name in CLASSES) + after


class Session(msgspec.Struct, frozen=True):
    """One recorded session, and its marks."""

    session_id: str
    marks: list[Mark]


def sessions(folder: Path) -> Iterator[Session]:
    for path in sorted((folder / "sessions").glob("*.json")):
        yield msgspec.json.decode(path.read_bytes(), type=Session)


def keep(path: Path, one: Session) -> None:
    path.parent.mkdir(exist_ok=True)
    path.with_suffix(".part").write_bytes(msgspec.json.encode(one))
    path.with_suffix(".part").replace(path)


@contextmanager
def recording(person: Home) -> Iterator[tuple[Display, list[str]]]:
    """A display that is recorded; the session's id is in the list once the block is over."""
    found = list[str]()
    with Display(WIDTH, HEIGHT) as display:
        recorder = RecorderProcess(person, display.env)
        try:
            recorder.wait_until_it_records()
            yield display, found
            time.sleep(SETTLE_S)
            found.append(recorder.stop().session_id)
        finally:
            recorder.kill()


def record(folder: Path, tasks: Sequence[str], each: int) -> None:
    """Show every task once in each round."""
    with running(folder, disclosure()) as (_, person):
        for number in range(each):
            path = folder / "sessions" / f"shown-{number:03}.json"
            if path.exists():
                continue
            begin_s, made = time.monotonic(), list[tuple[int, int, str, bool]]()
            with recording(person) as (display, found):
                for task in tasks:
                    made.append(show(task, number, display))
            marks = list[Mark]()
            for begin_ns, end_ns, asked, done in made:
                marks += marked(found[0], begin_ns, end_ns, asked, "success" if done else "failure")
            keep(path, Session(found[0], marks))
            good = sum(done for *_, done in made)
            print(f"round {number}: {good} of {len(made)} done, {time.monotonic() - begin_s:.0f} s", flush=True)


def marked(session_id: str, begin_ns: int, end_ns: int, asked: str, outcome: Outcome) -> list[Mark]:
    """What whoever set the task knows of an attempt."""
    return [
        Mark(session_id=session_id, time_ns=begin_ns, kind="begin", instruction=asked, instructed_by="form"),
        Mark(session_id=session_id, time_ns=end_ns, kind="end", outcome=outcome),
    ]


def show(task: str, number: int, display: Display) -> tuple[int, int, str, bool]:
    """Demonstration ``number``: when it began and ended (wall time), what was asked for, and whether it was done."""
    guest = GuestDisplay(display.name, display.env)
    with Desk(demonstration(TASKS[task], number), pace=Random(f"{task}/{number}"), display=guest) as desk:
        begin_ns = time.time_ns()
        try:
            desk.work(TASKS[task].solve(desk.words))
        except Unavailable as error:
            print(f"{task}, {number}: {str(error)[:200]}", flush=True)
        done = desk.done_soon()
        # A key is kept only once it is certain where the focus went, and that nobody tells once the window is gone.
        time.sleep(SETTLE_S)
        return begin_ns, time.time_ns(), desk.problem.instruction, done


def derive(home: Home, folder: Path) -> str:
    """Ask for what was recorded, have it approved, open it and derive a data set; its id."""
    every = list(sessions(folder))
    grant_id = (folder / "grant").read_text() if (folder / "grant").exists() else granted(home, folder)
    marks = [mark for one in every for mark in one.marks]
    made = lab.derive(home, RESEARCHER, grant_id, _silent, Cutting(marks=marks))
    print(f"{made.artefact_id}: {made.totals.steps} steps, {dict(made.totals.actions)}", flush=True)
    return made.artefact_id


def granted(home: Home, folder: Path) -> str:
    request = access.ask(
        home, RESEARCHER, people=[(folder / "person").read_text(encoding="ascii")], kinds=list(access.KINDS),
        purpose="train_agents", output="a policy over elements, and its figures", hours=48,
        reason="To learn whether a policy can be trained from the controls that people met.",
    )  # fmt: skip
    for approver in (SECURITY, REPRESENTATIVE):
        found = access.approve(home, approver, request.request_id, verdict="approve", comment="a benchmark") or ""
    (folder / "grant").write_text(found)
    return found


def assess(folder: Path, tasks: Sequence[str], episodes: int, *, anew: bool) -> None:
    """Derive, train, and try: what the commands do."""
    with running(folder, disclosure()) as (home, _):
        if anew:
            train(home, folder)
        model_id = (folder / "model").read_text()
        _, trial = lab.assess(home, RESEARCHER, model_id, tasks=list(tasks), episodes=episodes, advance=_told)
    print(trial.text())
    for name in ("policy", "random", "nearest"):
        rates = [getattr(row, name) for row in trial.rows]
        good, every = sum(one.successes for one in rates), sum(one.episodes for one in rates)
        low, high = wilson(good, every)
        acts = sum(one.mean_clicks * one.episodes for one in rates) / every
        print(f"{name}: {good} of {every} = {good / every:.2f} ({low:.2f} to {high:.2f}), {acts:.1f} acts")


def train(home: Home, folder: Path) -> None:
    """On everything so far."""
    dataset_id = derive(home, folder)
    run = PolicyRun(policy="elements", steps=0, threads=1, canaries=8, held_out=0.0)
    with lab.opened(home, RESEARCHER, dataset_id) as data:
        found = parted(data, run, data.people)
    print(f"{len(found.once)} demonstrations; left out: {dict(found.left_out)}", flush=True)
    print(f"  by application: {dict(Counter(one.task for one in found.once))}")
    begin = time.process_time()
    made = training.train(home, RESEARCHER, dataset_id, run, _silent)
    print(f"{made.artefact_id}: trained in {time.process_time() - begin:.0f} core-s", flush=True)
    (folder / "model").write_text(made.artefact_id)


def _silent(done: int, total: int, words: str) -> None:
    pass


def _told(done: int, total: int, words: str) -> None:
    print(f"  {done} of {total}: {words}", file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["record", "assess", "try"])
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--task", nargs="+", default=list(TASKS), metavar="NAME", choices=list(TASKS))
    parser.add_argument("--each", type=int, default=4, help="how often each task is shown")
    parser.add_argument("--episodes", type=int, default=4, help="held-out problems of each task")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    if asked.what == "record":
        record(asked.folder, asked.task, asked.each)
    else:
        assess(asked.folder, asked.task, asked.episodes, anew=asked.what == "assess")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except AboveboardError as error:
        sys.exit(str(error))
