"""How is one recorder measured once?

A fresh desk, the recorder, a second of quiet, the work (or nothing), a moment for the last to settle, stop. Processor
time is that of the recorder's process and its children from start to end, start-up included and told apart.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from benchmarks.recorder.desk import Desk
from benchmarks.recorder.meter import Cost, Meter, has_ended
from benchmarks.recorder.player import Played
from benchmarks.recorder.script import Act
from benchmarks.recorder.subjects.subject import Kept, Running, Subject, log_tail

from aboveboard.base.errors import Unavailable

READY_S = 60.0
LEAD_S = 1.0
"""From being ready to the first act."""
SETTLE_S = 2.0
"""From the last act to being stopped: what hangs on a later moment is known by then."""
START_AHEAD_NS = 400_000_000


@dataclass
class Workload:
    """``desk`` makes the screen, ``acts`` is what the hand does in ``seconds``; ``parts`` says when each part began."""

    name: str
    desk: Callable[[], AbstractContextManager[Desk]]
    acts: list[Act]
    seconds: float
    parts: list[tuple[str, float]] = field(default_factory=list)


@dataclass
class Once:
    """One recorder, one round."""

    cost: Cost
    kept: Kept
    seconds: float
    work_cpu_s: float
    """Processor time while the work was done (from the first act to the last, or while nothing happened)."""
    begun_ns: int = 0
    """Wall time at which the work began."""
    sent_width_p99_ms: float = 0.0
    """How long the player itself took to send an event: what the truth is uncertain by."""

    def facts(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return asdict(self)


def once(subject: Subject, workload: Workload, folder: Path, *, by_thread: bool = False, crash: bool = False) -> Once:
    """Measure ``subject`` at ``workload``; it writes into ``folder``. Raises :class:`Unavailable` if it fails.

    ``crash``: it is killed with all its children as the work ends, instead of being stopped.
    """
    folder.mkdir(parents=True)
    with workload.desk() as desk:
        running = subject.start(desk, folder)
        meter = Meter(running.process, by_thread=by_thread)
        try:
            _wait_until_ready(subject, running, folder)
            meter.started()
            time.sleep(LEAD_S)
            _require_running(subject, running, folder)
            before_s = meter.look()
            begin_s = time.monotonic()
            sent = play(workload, desk, folder)
            seconds = time.monotonic() - begin_s
            work_cpu_s = meter.look() - before_s
            _require_running(subject, running, folder)
            if not crash:
                time.sleep(SETTLE_S)
                running.stopping()
        except BaseException:
            meter.end(signal.SIGKILL)
            raise
        cost = meter.end(signal.SIGKILL if crash else running.stop_signal)
        if not crash and cost.exit_status not in running.good_exits:
            raise Unavailable(
                f"{subject.name} ended with status {cost.exit_status} after {cost.stop_s:.0f} s",
                cause=log_tail(folder / "log.txt") or "it said nothing",
                fix=f"its files are in {folder}",
            )
        kept = running.read_after_crash(sent) if crash else running.read_back(sent)
    widths = sorted(event.after_ns - event.wall_ns for event in sent)
    width_ms = widths[int(len(widths) * 0.99)] / 1e6 if widths else 0.0
    begun_ns = sent[0].wall_ns - round(workload.acts[0].at_s * 1e9) if sent else 0
    return Once(cost, kept, seconds, work_cpu_s, begun_ns, width_ms)


def _wait_until_ready(subject: Subject, running: Running, folder: Path) -> None:
    until_s = time.monotonic() + READY_S
    while not running.ready():
        _require_running(subject, running, folder)
        if time.monotonic() > until_s:
            raise Unavailable(
                f"{subject.name} does not begin to record within {READY_S:.0f} s",
                cause=log_tail(folder / "log.txt") or "it said nothing",
                fix=f"its files are in {folder}",
            )
        time.sleep(0.05)


def _require_running(subject: Subject, running: Running, folder: Path) -> None:
    if has_ended(running.process):
        raise Unavailable(
            f"{subject.name} ended by itself",
            cause=log_tail(folder / "log.txt") or "it said nothing",
            fix=f"its files are in {folder}",
        )


def play(workload: Workload, desk: Desk, folder: Path) -> list[Played]:
    """Have the hand do the work, in a process of its own; what it sent. Nothing to do: wait as long."""
    if not workload.acts:
        time.sleep(workload.seconds)
        return []
    script, log = folder / "script.json", folder / "sent.json"
    script.write_bytes(msgspec.json.encode(workload.acts))
    start_ns = time.monotonic_ns() + START_AHEAD_NS
    desk.go(start_ns)
    argv = [sys.executable, "-m", "benchmarks.recorder.player", desk.display.name, str(script), str(log), str(start_ns)]
    player = subprocess.Popen(argv, env={**os.environ, "DISPLAY": desk.display.name})
    try:
        if player.wait(workload.seconds + 60) != 0:
            raise Unavailable("the hand broke off", cause="see above", fix="run it again")
    finally:
        if player.poll() is None:
            player.kill()
            player.wait()
    left_s = start_ns / 1e9 + workload.seconds - time.monotonic()
    time.sleep(max(0.0, left_s))
    return msgspec.json.decode(log.read_bytes(), type=list[Played])
