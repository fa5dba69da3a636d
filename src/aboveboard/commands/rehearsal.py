"""Who is recorded when nobody sits at this machine?

A scripted person, at a real browser on a real X server. The recorder is a process of its own that is told nothing but
the display's address, as it would be on anybody's desktop; the person acts through XTEST alone.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import msgspec

from aboveboard.base.errors import Unavailable
from aboveboard.commands.home import Home
from aboveboard.commands.terminal import Advance
from aboveboard.recorder.status import RecordingSummary
from aboveboard.stage.browser import Browser
from aboveboard.stage.display import Display
from aboveboard.stage.person import Episode, Person
from aboveboard.stage.tasks import TaskServer
from aboveboard.stage.xtest import Sent

START_LIMIT_S = 30.0
STOP_LIMIT_S = 60.0
SETTLE_S = 2.0


@dataclass(frozen=True)
class Rehearsal:
    """What the scripted person did, by its own log, and what the recorder says of it."""

    episodes: list[Episode]
    sent: list[Sent]
    summary: RecordingSummary

    @property
    def solved(self) -> int:
        """How many episodes ended with a reward."""
        return sum(episode.reward > 0 for episode in self.episodes)


@dataclass(frozen=True)
class Work:
    """``episodes`` of the MiniWoB++ task ``task``."""

    task: str
    episodes: int


def rehearse(home: Home, plan: Sequence[Work], advance: Advance, *, seed: int = 0) -> Rehearsal:
    """Record the scripted person at ``plan``; the home must be enrolled. Raises what stage and recorder raise."""
    total = sum(work.episodes for work in plan)
    episodes: list[Episode] = []
    with Display() as display, Browser(display) as browser, TaskServer() as server:
        recorder = RecorderProcess(home, display.env)
        try:
            recorder.wait_until_it_records()
            with Person(display, browser, server, seed=seed) as person:
                for work in plan:
                    counted = _counting(advance, work.task, len(episodes), total)
                    episodes += person.work(work.task, work.episodes, counted)
                sent = list(person.log)
            # What is typed shortly after a click or a Tab is kept only once it is certain where the focus went.
            time.sleep(SETTLE_S)
            summary = recorder.stop()
        finally:
            recorder.kill()
    return Rehearsal(episodes, sent, summary)


def _counting(advance: Advance, task: str, before: int, total: int) -> Callable[[int, int], None]:
    """Progress within one task, told as progress of the whole."""
    return lambda done, _: advance(before + done, total, f"{task}, {before + done} of {total} episodes")


class RecorderProcess:
    """``aboveboard record`` on the display of ``env``, as a process of its own. It holds nothing back."""

    def __init__(self, home: Home, env: dict[str, str]) -> None:
        command = [
            sys.executable,
            "-P",
            "-m",
            "aboveboard",
            "--home",
            str(home.root),
            "--json",
            "record",
            "--hold",
            "0",
        ]
        environment = {**os.environ, **env}
        if home.places is not None:
            environment["ABOVEBOARD_PLACES"] = str(home.places)
        self._log = home.folder("recorder") / "log.txt"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True, env=environment
            )

    def wait_until_it_records(self) -> None:
        """Return once it says that it records; raises :class:`Unavailable` with what it said instead."""
        deadline = time.monotonic() + START_LIMIT_S
        for line in self._lines():
            if json.loads(line).get("state") == "recording":
                return
            if time.monotonic() > deadline:
                break
        raise self._failed("the recorder did not start to record")

    def stop(self) -> RecordingSummary:
        """Ask it to stop, wait until it has uploaded what it sealed, and return what it says of the whole."""
        self._process.send_signal(signal.SIGINT)
        last = ""
        for line in self._lines():
            last = line
        if self._process.wait(STOP_LIMIT_S) != 0 or "summary" not in last:
            raise self._failed("the recorder did not end well")
        return msgspec.convert(json.loads(last)["summary"], RecordingSummary)

    def kill(self) -> None:
        """End it, however it stands."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _lines(self) -> Iterator[str]:
        if self._process.stdout is None:
            raise self._failed("the recorder cannot be heard")
        return iter(self._process.stdout.readline, "")

    def _failed(self, what: str) -> Unavailable:
        words = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-6:]
        return Unavailable(what, cause="\n".join(words) or "it said nothing", fix=f"the whole log is in {self._log}")
