"""``aboveboard record`` as a person starts it: the whole command, confined, with the real detectors."""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen

from benchmarks.recorder import programme

from aboveboard.commands.home import Home
from aboveboard.formats.mcap_file import Item
from aboveboard.stage.display import Display
from samples.x_windows import until

LIMIT_S = 30.0
"""For it to begin, and to end."""


class Recording:
    """A recorder that runs for ``person``."""

    def __init__(self, process: "Popen[bytes]", person: Home, said: Path, log: Path) -> None:
        self._process, self._said, self._log = process, said, log
        self.person = person

    def told(self, name: str) -> list[int]:
        """What it said of ``name`` ("events", "frames"), about once a second."""
        lines = self._said.read_text(encoding="utf-8").splitlines()
        return [json.loads(line).get(name, 0) for line in lines if line.endswith("}")]

    def until_told(self, name: str, least: int, what: str) -> None:
        """Wait until it said at least so many."""
        until(lambda: max(self.told(name), default=0) >= least, what, limit_s=LIMIT_S)

    def until_recording(self) -> None:
        """Wait until it says that it records."""
        until(lambda: '"recording"' in self._said.read_text(encoding="utf-8"), "it records", limit_s=LIMIT_S)

    def said(self) -> str:
        """All that it said, about once a second."""
        return self._said.read_text(encoding="utf-8")

    def log(self) -> str:
        """What it said to whoever started it."""
        return self._log.read_text(encoding="utf-8")

    def ended(self) -> int:
        """Wait until it has ended by itself; how it did."""
        return self._process.wait(LIMIT_S)

    def end(self) -> list[Item]:
        """Have it end as it should; what it recorded. It must have been confined."""
        self._process.send_signal(signal.SIGINT)
        code, log = self._process.wait(LIMIT_S), self._log.read_text(encoding="utf-8")
        assert code == 0, log
        assert "not confined" not in log
        return programme.items(self.person, programme.newest_session(self.person))


@contextmanager
def recording(made: programme.Programme, display: Display, folder: Path) -> Iterator[Recording]:
    """A new person of the programme records ``display``."""
    person, said, log = made.person(), folder / "said.jsonl", folder / "log.txt"
    with said.open("wb") as out:
        process = programme.launch(person, display.env, out, log, named_threads=False)
    try:
        yield Recording(process, person, said, log)
    finally:
        process.kill()
        process.wait()
