"""How are the stage's processes started, and how is it made sure that none stays behind?

Each process is started in a process group of its own and carries a random mark in its environment. Stopping ends
first the group, then whatever still carries the mark (a browser's helpers, a bus's services), each by its process id.
"""

import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from aboveboard.base.errors import SetupMissing, Unavailable

MARK = "ABOVEBOARD_STAGE"
GRACE_S = 3.0
"""How long a process may take to end by itself."""


def program(name: str, package: str) -> str:
    """The path of the program ``name``; raises :class:`SetupMissing` that names the Debian ``package``."""
    found = shutil.which(name)
    if found is None:
        raise SetupMissing(
            f"the program {Path(name).name!r} is not on this machine",
            cause=f"the Debian package {package!r} is not installed",
            fix=f"run make setup, or: apt-get install {package}",
        )
    return found


class Processes:
    """The processes of one stage. Not for use from several threads."""

    def __init__(self, log_folder: Path) -> None:
        self.mark = secrets.token_hex(16)
        self._log_folder = log_folder
        self._running: list[subprocess.Popen[bytes]] = []

    def start(
        self, argv: Sequence[str], env: dict[str, str], *, pass_fds: Sequence[int] = (), stdout: IO[bytes] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start ``argv`` with exactly ``env`` and the mark; its output goes to a file named after it."""
        with (self._log_folder / f"{Path(argv[0]).name}.log").open("ab") as log:
            process = subprocess.Popen(
                argv,
                env=env | {MARK: self.mark},
                stdin=subprocess.DEVNULL,
                stdout=stdout or log,
                stderr=log,
                pass_fds=pass_fds,
                start_new_session=True,
            )
        self._running.append(process)
        return process

    def log_tail(self, argv0: str) -> str:
        """The last lines that a program wrote: for error messages."""
        with suppress(OSError):
            text = (self._log_folder / f"{Path(argv0).name}.log").read_text(encoding="utf-8", errors="replace")
            return " / ".join(text.strip().splitlines()[-3:])[-400:]
        return ""

    def stop(self) -> None:
        """End everything that was started, the latest first, and wait until it has ended."""
        while self._running:
            stop_group(self._running.pop())
        for sign in (signal.SIGTERM, signal.SIGKILL):
            for pid in marked(self.mark):
                _send(pid, sign)
            if wait_for(lambda: not marked(self.mark), GRACE_S):
                return


def stop_group(process: subprocess.Popen[bytes]) -> None:
    """End one process and its group: politely, then after ``GRACE_S`` by force."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_S)
            return


def marked(mark: str) -> list[int]:
    """The ids of the running processes that carry ``mark`` in their environment."""
    wanted = f"{MARK}={mark}".encode()
    return [pid for pid in _all_pids() if wanted in _environment(pid)]


def wait_for(true: Callable[[], bool], timeout_s: float, *, every_s: float = 0.01) -> bool:
    """Ask ``true`` until it says yes; False when ``timeout_s`` has passed without."""
    end = time.monotonic() + timeout_s
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(every_s)
    return True


def require(started: bool, argv0: str, processes: Processes) -> None:
    """Raise :class:`Unavailable` with the program's last words unless it ``started``."""
    if not started:
        raise Unavailable(
            f"{Path(argv0).name} did not start",
            cause=processes.log_tail(argv0) or "the machine is very busy, or the program ended without a word",
            fix="try again; if it stays, run the program by hand to see what it says",
        )


def _send(pid: int, sign: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, sign)


def _all_pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _environment(pid: int) -> bytes:
    """Empty for a zombie, a process that has gone, or one of another user."""
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""
