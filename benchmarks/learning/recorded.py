"""A scripted person at 14 small tasks, recorded by our recorder, and the truth of the same sessions beside it.

    python -m benchmarks.learning.recorded record --each 10 --rounds 5
    python -m benchmarks.learning.recorded derive

The whole way: disclosed, consented, recorded, sealed, uploaded; then asked for, approved, opened and derived into a
data set. Each round is a session of its own and is kept when it is over: broken off, ``record`` goes on with the next.
The truth is what the person knows: where and when each button went down, and the screen grabbed just before.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib import resources
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from aboveboard.base.errors import AboveboardError, Conflict
from aboveboard.commands import access, enrol, lab, places, programme, staff
from aboveboard.commands.home import Home
from aboveboard.commands.rehearsal import SETTLE_S, RecorderProcess
from aboveboard.commands.run import REPRESENTATIVE, RESEARCHER, ROLES, SECURITY, STEWARD, scripted_consent
from aboveboard.formats.trajectory import Mark
from aboveboard.lab.dataset.write import Cutting
from aboveboard.recorder.status import RecordingSummary
from aboveboard.stage.browser import Browser
from aboveboard.stage.display import Display
from aboveboard.stage.person import Person
from aboveboard.stage.screen import grab
from aboveboard.stage.tasks import TaskServer

FOLDER = Path(".bench/recorded")
TASKS = (
    "click-test",
    "click-test-2",
    "focus-text",
    "focus-text-2",
    "click-dialog",
    "click-dialog-2",
    "click-button",
    "click-tab",
    "click-color",
    "click-link",
    "click-widget",
    "click-option",
    "click-button-sequence",
    "click-checkboxes",
)


class Done(msgspec.Struct, frozen=True):
    """One attempt of the person's, with wall times."""

    task: str
    seed: str
    asked: str
    reward: float
    begin_ns: int
    end_ns: int


class Press(msgspec.Struct, frozen=True):
    """A button went down at the screen pixel (x, y); ``frame`` is the number of the screen just before."""

    wall_ns: int
    x: int
    y: int
    frame: int


class Round(msgspec.Struct, frozen=True):
    """One session: what was done, and every press within it."""

    summary: RecordingSummary
    attempts: list[Done]
    presses: list[Press]


def path_of(folder: Path, number: int) -> Path:
    return folder / "truth" / f"{number:03}.json"


def rounds(folder: Path) -> Iterator[tuple[Round, NDArray[np.uint8]]]:
    """What was kept of every round, with its screens ``(n, h, w, 3)``."""
    for path in sorted((folder / "truth").glob("*.json")):
        yield msgspec.json.decode(path.read_bytes(), type=Round), np.load(path.with_suffix(".npz"))["frames"]


DISCLOSURE = resources.files("aboveboard.commands").joinpath("run_disclosure.toml").read_text(encoding="utf-8")


@contextmanager
def running(folder: Path, disclosed: str = DISCLOSURE) -> Iterator[tuple[Home, Home]]:
    """The places, and a person who has agreed to what is ``disclosed``: the home, and the person's own."""
    home = Home((folder / "home").resolve())
    person = Home(home.root / "scripted-person", places=home.root)
    with places.running(home):
        if not (folder / "person").exists():
            for name, role in ROLES.items():
                staff.add(home, name, role)
            # Hours of work in one go, on a machine that does other things: what is promised is more than a desk needs.
            toml = disclosed.replace("cpu_percent = 20.0", "cpu_percent = 80.0")
            toml = toml.replace("megabytes_per_day = 200", "megabytes_per_day = 2000")
            programme.disclose(home, STEWARD, toml, version=1)
            enrolment = enrol.enrol(person, programme.invite(home, STEWARD), scripted_consent)
            if enrolment is None:
                raise RuntimeError("the scripted person did not agree")
            (folder / "person").write_text(enrolment.person_id, encoding="ascii")
        yield home, person


def record_round(person_home: Home, tasks: Sequence[str], each: int, seed: int) -> tuple[Round, NDArray[np.uint8]]:
    """Record ``each`` attempts of every task as one session."""
    with Display() as display, Browser(display) as browser, TaskServer() as server:
        eye = display.connect()
        frames: list[NDArray[np.uint8]] = []
        presses: list[Press] = []

        def look(_: str, x: int, y: int) -> None:
            frames.append(grab(eye))
            presses.append(Press(time.time_ns(), x, y, len(frames) - 1))

        recorder = RecorderProcess(person_home, display.env)
        try:
            recorder.wait_until_it_records()
            with Person(display, browser, server, seed=seed, before_press=look) as person:
                attempts = []
                for task in tasks:
                    for one in person.work(task, each):
                        attempts.append(Done(one.task, one.seed, one.asked, one.reward, one.begin_ns, one.end_ns))
                    # Nobody opens the next page within the blink in which the recorder cannot say which it is.
                    time.sleep(SETTLE_S)
            summary = recorder.stop()
        finally:
            recorder.kill()
            eye.disconnect()
    return Round(summary, attempts, presses), np.stack(frames)


def record(folder: Path, each: int, count: int) -> None:
    """Record until there are ``count`` rounds."""
    (folder / "truth").mkdir(parents=True, exist_ok=True)
    with running(folder) as (_, person):
        for number in range(count):
            path = path_of(folder, number)
            if path.exists():
                continue
            begin = time.monotonic()
            made, frames = record_round(person, TASKS, each, seed=number)
            if made.summary.refused or made.summary.spooled_bytes:
                raise Conflict(
                    f"the vault did not take {made.summary.refused} segments of round {number}",
                    cause="the recorder and the vault are of different versions, or something is out of order",
                    fix="start again: this round was not kept",
                )
            np.savez_compressed(path.with_suffix(".npz"), frames=frames)
            part = path.with_suffix(".part")
            part.write_bytes(msgspec.json.encode(made))
            part.replace(path)
            good = sum(one.reward > 0 for one in made.attempts)
            print(
                f"round {number}: {good} of {len(made.attempts)} done, {made.summary.sealed_bytes / 1e6:.1f} MB "
                f"sealed, dropped {made.summary.dropped}, {time.monotonic() - begin:.0f} s",
                flush=True,
            )


def marks(folder: Path) -> list[Mark]:
    """Where each attempt began and ended, as whoever set the tasks knows it."""
    found = []
    for one, _ in rounds(folder):
        for done in one.attempts:
            session = one.summary.session_id
            outcome = "success" if done.reward > 0 else "failure"
            found.append(Mark(session, done.begin_ns, "begin", instruction=done.asked, instructed_by="form"))
            found.append(Mark(session, done.end_ns, "end", outcome=outcome))
    return found


def derive(folder: Path) -> str:
    """Ask for what was recorded, have it approved, open it and derive a data set; its id."""
    with ExitStack() as stack:
        home, _ = stack.enter_context(running(folder))
        request = access.ask(
            home,
            RESEARCHER,
            people=[(folder / "person").read_text(encoding="ascii")],
            kinds=list(access.KINDS),
            purpose="train_agents",
            output="a policy that acts from pixels alone, and its figures",
            reason="To learn whether a policy can be trained from recorded screens.",
            hours=24,
        )
        granted = None
        for approver in (SECURITY, REPRESENTATIVE):
            granted = access.approve(home, approver, request.request_id, verdict="approve", comment="a benchmark")
        made = lab.derive(
            home, RESEARCHER, granted or "", lambda done, total, words: None, Cutting(marks=marks(folder))
        )
    (folder / "dataset").write_text(made.artefact_id, encoding="ascii")
    print(f"{made.artefact_id}: {made.totals.steps} steps, {made.totals.frames} frames, {dict(made.totals.actions)}")
    return made.artefact_id


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["record", "derive"])
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--each", type=int, default=10, help="attempts of each task in a round")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    if arguments.what == "record":
        record(arguments.folder, arguments.each, arguments.rounds)
    else:
        derive(arguments.folder)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except AboveboardError as error:
        sys.exit(str(error))
