"""Record the session of three applications as a person would, and make a film and pictures of it.

    python -m benchmarks.session FOLDER

A programme on loopback, a person who agreed, ``aboveboard record``, the work, ``aboveboard export``; then a picture
out of the film for each time that the hand rested. In FOLDER are then ``session.mkv`` and ``01.png`` and so on.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.recorder import programme
from benchmarks.session import desk
from benchmarks.session.hand import Hand
from benchmarks.session.watched import pictures_at
from benchmarks.session.work import work
from PIL import Image

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import Unavailable
from aboveboard.commands.home import Home
from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.stage.display import Display

SETTLE_S = 2.0
END_S = 20.0
SMALL = (960, 540)


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with programme.running(folder / "programme", apps=desk.APPS) as made:
        person = made.person()
        with desk.standing() as display:
            rests_ns = _recorded(person, display, folder)
        film = folder / "session.mkv"
        environment = {**os.environ, "ABOVEBOARD_PLACES": str(person.places)}
        command = [sys.executable, "-P", "-m", "aboveboard", "--home", str(person.root), "export", str(film)]
        subprocess.run(command, env=environment, check=True)
        items = programme.items(person, programme.newest_session(person))
        start_ns = min(item.time_ns for item in items if isinstance(item, ScreenPatch))
    times_s = [(rest_ns - start_ns) / SECOND_NS for rest_ns in rests_ns]
    for number, picture in enumerate(pictures_at(film, times_s), start=1):
        small = Image.fromarray(picture).resize(SMALL, Image.Resampling.LANCZOS)
        few = small.quantize(256, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        few.save(folder / f"{number:02d}.png", optimize=True)
    print(f"{film} and {len(times_s)} pictures beside it")


def _recorded(person: Home, display: Display, folder: Path) -> list[int]:
    """Record the work; when the hand had rested (wall time)."""
    rests_ns: list[int] = []

    def rest(seconds: float) -> None:
        time.sleep(seconds)
        rests_ns.append(time.time_ns())

    time.sleep(SETTLE_S)
    log = folder / "record-log.txt"
    process = programme.launch(person, display.env, subprocess.PIPE, log, named_threads=False)  # type: ignore[arg-type]
    try:
        assert process.stdout is not None
        while json.loads(process.stdout.readline() or '{"state": "ended"}').get("state") != "recording":
            if process.poll() is not None:
                raise Unavailable("nothing was recorded", cause=log.read_text(encoding="utf-8")[-400:], fix="try again")
        hand = Hand(display.name)
        work(hand, lambda: desk.stranger(display), rest)
        hand.close()
        time.sleep(SETTLE_S)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=END_S)
    finally:
        process.kill()
        process.wait()
    return rests_ns


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
