"""Work for workers: it says who did it, and breaks in every way that work can."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from aboveboard.base.errors import Refused, Tampered, Unavailable


@dataclass(frozen=True)
class Breaking:
    """A unit is ``(kind, how often)``: it breaks that often, and then gives its kind in capitals and the process."""

    folder: Path
    absent: bool = False

    @contextmanager
    def __call__(self) -> Iterator[Callable[[tuple[str, int]], tuple[str, int]]]:
        if self.absent:
            raise KeyError("a secret word")
        (self.folder / f"worker-{os.getpid()}").touch()
        yield self._do

    def _do(self, unit: tuple[str, int]) -> tuple[str, int]:
        kind, times = unit
        tries = self.folder / kind
        before = len(tries.read_bytes()) if tries.exists() else 0
        if before < times:
            with tries.open("ab") as file:
                file.write(b".")
            self._break(kind)
        return kind.upper(), os.getpid()

    def _break(self, kind: str) -> None:
        match kind.partition("-")[0]:
            case "dies":
                os.kill(os.getpid(), signal.SIGKILL)
            case "errs":
                raise ValueError("a secret word")
            case "waits":
                raise Unavailable("the store does not answer")
            case "forged":
                raise Tampered("it was changed", cause="somebody did", fix="keep it")
            case "ended":
                raise Refused("grant_revoked", "it was closed")
            case "sleeps":
                time.sleep(600)
