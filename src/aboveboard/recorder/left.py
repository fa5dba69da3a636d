"""Which segments have already left this machine, so that a discard can say so with numbers?

A line for each in ``left.jsonl``: when the segment was, never what was in it. It is not synced and only counted, so a
power cut may lose the last lines and nothing else. Lines of more than a day ago are dropped at each start.
"""

import contextlib
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from aboveboard.base.clock import SECOND_NS
from aboveboard.recorder.discard import Stretch, Waiting

FILE_NAME = "left.jsonl"
KEPT_NS = 24 * 3600 * SECOND_NS
LINE_LIMIT_BYTES = 2000


class LeftLog:
    """The log in ``folder``. Adding is for one thread; the rest may be another's."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME

    def add(self, segments: Sequence[Waiting]) -> None:
        """The vault has stored these segments."""
        with self._path.open("ab") as file:
            self._path.chmod(0o600)
            file.writelines(msgspec.json.encode(each) + b"\n" for each in segments)

    def touching(self, stretch: Stretch) -> int:
        """How many segments of ``stretch`` have left."""
        return sum(stretch.touches(segment) for segment in self._lines())

    def trim(self) -> None:
        """Drop what is older than a day by this machine's clock."""
        if not self._path.exists():
            return
        since_ns = time.time_ns() - KEPT_NS
        kept = [msgspec.json.encode(segment) + b"\n" for segment in self._lines() if segment.end_wall_ns > since_ns]
        self._path.write_bytes(b"".join(kept))

    def forget(self) -> None:
        """Drop all of it."""
        self._path.unlink(missing_ok=True)

    def _lines(self) -> Iterator[Waiting]:
        """What can be read of it; a line that a crash cut short is passed over."""
        with contextlib.suppress(FileNotFoundError), self._path.open("rb") as file:
            while line := file.readline(LINE_LIMIT_BYTES):
                with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError):
                    yield msgspec.json.decode(line, type=Waiting)
