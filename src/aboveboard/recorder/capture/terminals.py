"""Which terminals does an application have, and how are they set just now?

A terminal emulator is the ancestor of what runs in it: its terminals are the controlling terminals (``/dev/pts/N``) of
its descendants, but for its own, from which it may have been started. How one is set is asked of its own device, which
is opened for reading without becoming anybody's terminal, and read from never. In front of a multiplexer, whose panes
belong to a process of its own, all terminals of this user count.

A look costs little: processes without a terminal are remembered, and read anew only while they are young, since what
begins may yet become another program.
"""

import os
import termios
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from aboveboard.recorder.redact.prompts import Terminal, Terminals
from aboveboard.rules.terminals import MULTIPLEXERS, PINENTRY

YOUNG_S = 3.0
"""How long a process may take to become the program that it stays, and to get its terminal."""
STALE_S = 5.0
"""After so long without a look nothing is remembered: numbers of processes are used again."""
PROCESS_LIMIT = 20_000
TERMINAL_LIMIT = 200
"""With more than this the look fails."""
STAT_LIMIT = 4096

_PTS_MAJOR = 136
_LOCAL_MODES = 3


@dataclass(frozen=True)
class Process:
    """``group``: its process group; ``terminal``: N of ``/dev/pts/N``, ``None`` without; ``foreground``: the process
    group that has this terminal."""

    name: str
    parent: int
    group: int
    terminal: int | None
    foreground: int


def parse_stat(content: bytes) -> Process:
    """What ``/proc/<pid>/stat`` says; raises :class:`ValueError` if that is something else."""
    begin, end = content.find(b"("), content.rfind(b")")
    fields = content[end + 1 :].split(maxsplit=6)
    if begin < 0 or end < begin or len(content) > STAT_LIMIT or len(fields) < 6:
        raise ValueError("not the state of a process")
    parent, group, _, device, foreground = (int(field) for field in fields[1:6])
    if device < 0 or device >> 32:
        raise ValueError("not a device's number")
    major, minor = device >> 8 & 0xFFF, device & 0xFF | device >> 12 & 0xFFF00
    terminal = minor if major == _PTS_MAJOR else None
    return Process(content[begin + 1 : end].decode("utf-8", "replace"), parent, group, terminal, foreground)


class TerminalWatch:
    """Looks at terminals; used by one thread."""

    def __init__(self, proc: Path = Path("/proc"), pts: Path = Path("/dev/pts")) -> None:
        self._proc = proc
        self._pts = pts
        self._processes: dict[int, Process] = {}
        self._born_s: dict[int, float] = {}
        self._looked_s = float("-inf")

    def look(self, pid: int) -> Terminals | None:
        """The terminals of process ``pid``; ``None`` if that cannot be found out."""
        try:
            processes = self._read_processes()
        except OSError:
            return None
        if processes is None or pid not in processes:
            return None
        numbers = _terminals_of(pid, processes)
        by_terminal: dict[int, list[Process]] = {}
        for process in processes.values():
            if process.terminal is not None:
                by_terminal.setdefault(process.terminal, []).append(process)
        foreground = {number: _in_foreground(by_terminal.get(number, ())) for number in numbers}
        if any(names & MULTIPLEXERS for names in foreground.values()):
            numbers |= self._of_this_user()
        if len(numbers) > TERMINAL_LIMIT:
            return None
        found = [self._terminal(number, _in_foreground(by_terminal.get(number, ()))) for number in sorted(numbers)]
        return Terminals(
            program=processes[pid].name,
            found=tuple(terminal for terminal in found if terminal is not None),
            whole=None not in found,
            pinentry=any(process.name.startswith(PINENTRY) for process in processes.values()),
        )

    def _read_processes(self) -> dict[int, Process] | None:
        """All processes by their numbers; ``None`` if there are too many."""
        now_s = time.monotonic()
        if now_s - self._looked_s > STALE_S:
            self._processes.clear()
            self._born_s.clear()
        self._looked_s = now_s
        here = {int(name) for name in os.listdir(self._proc) if name.isascii() and name.isdecimal()}
        if len(here) > PROCESS_LIMIT:
            return None
        for gone in self._born_s.keys() - here:
            self._processes.pop(gone, None)
            del self._born_s[gone]
        for pid in here:
            born_s = self._born_s.setdefault(pid, now_s)
            known = self._processes.get(pid)
            if known is None or known.terminal is not None or now_s - born_s < YOUNG_S:
                self._read(pid)
        return self._processes

    def _read(self, pid: int) -> None:
        try:
            descriptor = os.open(f"{self._proc}/{pid}/stat", os.O_RDONLY | os.O_CLOEXEC)
            try:
                self._processes[pid] = parse_stat(os.read(descriptor, STAT_LIMIT + 1))
            finally:
                os.close(descriptor)
        except (OSError, ValueError):
            self._processes.pop(pid, None)  # it has gone

    def _of_this_user(self) -> set[int]:
        mine = set()
        for entry in os.scandir(self._pts):
            if entry.name.isdecimal() and entry.name.isascii() and entry.stat().st_uid == os.getuid():
                mine.add(int(entry.name))
        return mine

    def _terminal(self, number: int, programs: frozenset[str]) -> Terminal | None:
        """How it is set; ``None`` if that cannot be read."""
        try:
            descriptor = os.open(self._pts / str(number), os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            modes = termios.tcgetattr(descriptor)[_LOCAL_MODES]
        except termios.error:
            return None
        finally:
            os.close(descriptor)
        return Terminal(
            echo=bool(modes & termios.ECHO),
            lines=bool(modes & termios.ICANON),
            signals=bool(modes & termios.ISIG),
            programs=programs,
        )


def _terminals_of(pid: int, processes: dict[int, Process]) -> set[int]:
    """The controlling terminals of the descendants of ``pid``, without its own."""
    belongs: dict[int, bool] = {pid: True}
    for start, process in processes.items():
        if process.terminal is None:
            continue
        way: list[int] = []
        above = start
        while above in processes and above not in belongs and len(way) <= len(processes):
            way.append(above)
            belongs[above] = False  # what leads back to itself does not lead to ``pid``
            above = processes[above].parent
        for one in way:
            belongs[one] = belongs.get(above, False)
    own = processes[pid].terminal
    return {
        process.terminal
        for one, process in processes.items()
        if process.terminal is not None and process.terminal != own and belongs.get(one, False)
    }


def _in_foreground(of_one_terminal: Iterable[Process]) -> frozenset[str]:
    """The names of those that have the terminal."""
    return frozenset(process.name for process in of_one_terminal if process.group == process.foreground)
