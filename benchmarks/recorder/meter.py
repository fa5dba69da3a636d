"""What does a process with all its children cost: processor time, memory, and which thread spends it?

Read from ``/proc`` twice a second, and from the kernel's own account when the process has ended. A child that ended and
was waited for is in its parent's account; one that was not is remembered from the last look.
"""

import os
import resource
import signal
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
EVERY_S = 0.5
STOP_LIMIT_S = 240.0


@dataclass
class Cost:
    """``cpu_s`` of the whole tree, user and system; ``peak_mb`` the most memory it held, shared pages counted once."""

    cpu_s: float = 0.0
    start_cpu_s: float = 0.0
    stop_s: float = 0.0
    peak_mb: float = 0.0
    exit_status: int | None = None
    threads: dict[str, float] = field(default_factory=dict)


class Meter:
    """Watches the tree of ``process`` from now on. :meth:`end` waits for it to end, and tells the cost."""

    def __init__(self, process: "subprocess.Popen[bytes]", *, by_thread: bool = False) -> None:
        self._process = process
        self._by_thread = by_thread
        self._cpu_s: dict[int, float] = {}
        self._threads: dict[tuple[int, int], tuple[str, float]] = {}
        self._peak_kb = 0
        self._start_cpu_s = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="meter")
        self._thread.start()

    def started(self) -> None:
        """Everything until now was start-up."""
        self._look()
        self._start_cpu_s = self.cpu_s()

    def cpu_s(self) -> float:
        """Processor time of the tree at the last look."""
        return sum(self._cpu_s.values())

    def look(self) -> float:
        """Look now; the processor time of the tree so far."""
        self._look()
        return self.cpu_s()

    def end(self, stop_signal: int) -> Cost:
        """Send ``stop_signal`` and wait until it has ended; SIGKILL goes to all of its children too."""
        self._look()
        self._ended.set()
        self._thread.join()
        begin = time.monotonic()
        for pid in tree(self._process.pid) if stop_signal == signal.SIGKILL else [self._process.pid]:
            with suppress(ProcessLookupError):
                os.kill(pid, stop_signal)
        status, rusage = self._wait(begin + STOP_LIMIT_S)
        stop_s = time.monotonic() - begin
        own_cpu_s = rusage.ru_utime + rusage.ru_stime
        self._process.returncode = os.waitstatus_to_exitcode(status)
        threads: dict[str, float] = {}
        for name, spent_s in self._threads.values():
            threads[name] = threads.get(name, 0.0) + spent_s
        return Cost(
            cpu_s=max(own_cpu_s, self.cpu_s()),
            start_cpu_s=self._start_cpu_s,
            stop_s=stop_s,
            peak_mb=self._peak_kb / 1000,
            exit_status=self._process.returncode,
            threads=threads,
        )

    def _wait(self, until_s: float) -> tuple[int, resource.struct_rusage]:
        while True:
            pid, status, rusage = os.wait4(self._process.pid, os.WNOHANG)
            if pid:
                return status, rusage
            if time.monotonic() > until_s:
                for each in tree(self._process.pid):
                    with suppress(ProcessLookupError):
                        os.kill(each, signal.SIGKILL)
            time.sleep(0.001)

    def _watch(self) -> None:
        while not self._ended.wait(EVERY_S):
            self._look()

    def _look(self) -> None:
        pids = tree(self._process.pid)
        for pid in pids:
            with suppress(OSError, ValueError):
                self._cpu_s[pid] = max(self._cpu_s.get(pid, 0.0), _stat_cpu_s(Path(f"/proc/{pid}/stat")))
            if self._by_thread:
                self._look_at_threads(pid)
        held_kb = sum(_shared_once_kb(pid) for pid in pids)
        if len(pids) == 1:
            held_kb = max(held_kb, _high_water_kb(pids[0]))
        self._peak_kb = max(self._peak_kb, held_kb)

    def _look_at_threads(self, pid: int) -> None:
        with suppress(OSError):
            for entry in Path(f"/proc/{pid}/task").iterdir():
                with suppress(OSError, ValueError):
                    name = (entry / "comm").read_text(encoding="utf-8").strip()
                    self._threads[pid, int(entry.name)] = (name, _stat_cpu_s(entry / "stat"))


def has_ended(process: "subprocess.Popen[bytes]") -> bool:
    """Whether it has; unlike ``poll`` it leaves the kernel's account of it to be read."""
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def tree(root: int) -> list[int]:
    """``root`` and all that descends from it, as far as it is still running under its parents."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError, ValueError, IndexError):
                parent = int((entry / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += children.get(pid, [])
    return found


def _stat_cpu_s(path: Path) -> float:
    fields = path.read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def _shared_once_kb(pid: int) -> int:
    """PSS: its own pages, and its share of those it shares; 0 where that may not be read."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


def _high_water_kb(pid: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    return 0
