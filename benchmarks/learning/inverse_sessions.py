"""Sessions to learn from what was done by what the screen shows: recorded by our recorder, opened with the own key.

    python -m benchmarks.learning.inverse_sessions desk --sessions 6
    python -m benchmarks.learning.inverse_sessions tasks

``desk``: the work of ``benchmarks.session``, and a hand at the same three applications that draws what it does.
``tasks``: what ``benchmarks.learning.recorded`` recorded. Each session becomes one MCAP file in the folder; one that is
there is not made again.
"""

import argparse
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import msgspec
from benchmarks.learning import recorded
from benchmarks.recorder import programme
from benchmarks.recorder.printer import WORDS
from benchmarks.session import desk
from benchmarks.session.hand import Hand
from benchmarks.session.work import BROWSER_MENU, CHECK, CUSTOMER, KIND, SHELL, TELEPHONE, TERMS, TEXT, work

from aboveboard.base.errors import Unavailable
from aboveboard.commands.home import Home
from aboveboard.formats.mcap_file import write_recording
from aboveboard.stage.display import Display

FOLDER = Path(".bench/inverse")
SETTLE_S, END_S = 2.0, 60.0
ACTS = 45
CELLS = (1170, 560, 1690, 960)
"""Of the spreadsheet, where no other window is: left, top, right, bottom."""


def wander(hand: Hand, seed: int, acts: int = ACTS) -> None:
    """So many acts, drawn at random; the pauses between them too."""
    random = Random(f"wandering/{seed}")
    reading = False
    for number in range(acts):
        if number == acts // 2:
            hand.click(*TERMS)
            reading = True
            time.sleep(1.5)
        random.choice(_READING if reading else _FORM)(hand, random)
        time.sleep(random.uniform(0.6, 1.6))


def _words(random: Random, most: int = 3) -> str:
    return " ".join(random.choices(WORDS, k=random.randint(1, most)))


def _cell(random: Random) -> tuple[int, int]:
    left, top, right, bottom = CELLS
    return random.randint(left, right), random.randint(top, bottom)


def _customer(hand: Hand, random: Random) -> None:
    hand.click(CUSTOMER[0] + random.randint(-60, 60), CUSTOMER[1])
    time.sleep(random.uniform(0.3, 0.8))
    hand.type(_words(random))


def _kind(hand: Hand, random: Random) -> None:
    hand.click(*KIND)
    time.sleep(random.uniform(0.6, 1.0))
    hand.click(KIND[0] - 11, KIND[1] + random.choice((25, 47, 69)))


def _tick(hand: Hand, random: Random) -> None:
    hand.click(*TELEPHONE)


def _dialog(hand: Hand, random: Random) -> None:
    hand.click(*CHECK)
    time.sleep(random.uniform(0.8, 1.4))
    hand.key(random.choice(("Return", "Escape")))


def _menu(hand: Hand, random: Random) -> None:
    hand.click(*BROWSER_MENU)
    time.sleep(random.uniform(0.7, 1.2))
    hand.key("Escape")


def _shell(hand: Hand, random: Random) -> None:
    hand.click(SHELL[0] + random.randint(-200, 200), SHELL[1] + random.randint(-60, 60))
    time.sleep(random.uniform(0.3, 0.8))
    hand.type(random.choice((f"echo {_words(random)}\n", "ls /usr\n", "seq 1 60\n", f"# {_words(random)}")))


def _look_back(hand: Hand, random: Random) -> None:
    hand.glide(SHELL[0] + random.randint(-150, 150), SHELL[1] + random.randint(-60, 60))
    hand.wheel(random.choice((-8, -5, -3, 3, 5, 8)))


def _sheet_cell(hand: Hand, random: Random) -> None:
    hand.click(*_cell(random))


def _sheet_entry(hand: Hand, random: Random) -> None:
    hand.click(*_cell(random))
    time.sleep(random.uniform(0.3, 0.8))
    hand.type(random.choice((f"{random.randint(1, 9999)}\n", f"{_words(random, 2)}\n")))


def _sheet_edit(hand: Hand, random: Random) -> None:
    x, y = _cell(random)
    hand.click(x, y)
    time.sleep(1.0)
    hand.click_here()
    hand.click_here()
    time.sleep(random.uniform(0.5, 0.9))
    hand.key("Escape")


def _sheet_cells(hand: Hand, random: Random) -> None:
    hand.drag(*_cell(random), *_cell(random))


def _sheet_wheel(hand: Hand, random: Random) -> None:
    hand.glide(*_cell(random))
    hand.wheel(random.choice((-6, -3, 3, 6, 9)))


def _text_wheel(hand: Hand, random: Random) -> None:
    hand.glide(TEXT[0] + random.randint(-150, 150), TEXT[1] + random.randint(-200, 200))
    hand.wheel(random.choice((-9, -6, -3, 3, 4, 6, 9)))


def _text_select(hand: Hand, random: Random) -> None:
    x, y = random.randint(120, 350), random.randint(200, 600)
    hand.drag(x, y, x + random.randint(60, 240), y + random.randint(0, 90))


def _text_word(hand: Hand, random: Random) -> None:
    hand.glide(random.randint(120, 560), random.randint(200, 700))
    hand.click_here()
    hand.click_here()


_DESK = (_shell, _look_back, _sheet_cell, _sheet_entry, _sheet_edit, _sheet_cells, _sheet_wheel)
_FORM = (*_DESK, _customer, _customer, _kind, _tick, _dialog, _menu)
_READING = (*_DESK, _text_wheel, _text_wheel, _text_select, _text_word, _menu)


def record_desk(folder: Path, sessions: int) -> None:
    """Sessions of the wandering hand, and last one of the work of ``benchmarks.session``."""
    doing: dict[str, Callable[[Hand, Display], None]] = {
        "office": lambda hand, display: work(hand, lambda: desk.stranger(display))
    }
    for seed in range(sessions):
        doing[f"desk-{seed}"] = lambda hand, display, seed=seed: wander(hand, seed)  # type: ignore[misc]
    waiting = {name: act for name, act in doing.items() if not (folder / f"{name}.mcap").exists()}
    if not waiting:
        return
    with programme.running(folder / f"programme-{time.time_ns()}", apps=desk.APPS) as made:
        for name, act in waiting.items():
            person = made.person()
            with desk.standing() as display:
                _record(person, display, folder / f"{name}.txt", act)
            keep(folder / f"{name}.mcap", person, programme.newest_session(person))


def _record(person: Home, display: Display, log: Path, act: Callable[[Hand, Display], None]) -> None:
    time.sleep(SETTLE_S)
    process = programme.launch(person, display.env, subprocess.PIPE, log, named_threads=False)  # type: ignore[arg-type]
    try:
        assert process.stdout is not None
        while json.loads(process.stdout.readline() or '{"state": "ended"}').get("state") != "recording":
            if process.poll() is not None:
                raise Unavailable("nothing was recorded", cause=log.read_text(encoding="utf-8")[-400:], fix="try again")
        hand = Hand(display.name)
        act(hand, display)
        hand.close()
        time.sleep(SETTLE_S)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=END_S)
    finally:
        process.kill()
        process.wait()


def take_tasks(folder: Path, rounds: Path) -> None:
    """The sessions of ``benchmarks.learning.recorded``, as their person opens them."""
    with recorded.running(rounds) as (_, person):
        for number, (one, _) in enumerate(recorded.rounds(rounds)):
            path = folder / f"tasks-{number}.mcap"
            if not path.exists():
                path.with_suffix(".json").write_bytes(msgspec.json.encode(one.attempts))
                keep(path, person, one.summary.session_id)


def keep(path: Path, person: Home, session_id: str) -> None:
    """Write the session as one recording."""
    items = sorted(programme.items(person, session_id), key=lambda one: one.time_ns)
    path.write_bytes(write_recording(items))
    print(f"{path}: {len(items)} messages, {path.stat().st_size / 1e6:.1f} MB", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["desk", "tasks"])
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--sessions", type=int, default=6)
    parser.add_argument("--rounds", type=Path, default=recorded.FOLDER)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    if arguments.what == "desk":
        record_desk(arguments.folder, arguments.sessions)
    else:
        take_tasks(arguments.folder, arguments.rounds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
