"""A tight budget on the real recorder, on a real display: it adapts, stops before the promise breaks, and says why."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from aboveboard.base.clock import SECOND_NS, SystemClock
from aboveboard.formats.disclosure import Budget
from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.recorder.budget import FILE_NAME, cpu_spent_s
from aboveboard.rules.decision import Reason
from aboveboard.stage.display import Display
from samples.overseen import APP, overseen

START_S = 0.8
"""What it costs to connect, to measure the clock and to read the whole screen once, and what the vault costs, which
runs in the same process here."""


@pytest.fixture(scope="module")
def display() -> Iterator[Display]:
    with Display(width=1280, height=720) as started:
        yield started


@contextmanager
def busy(display: Display, seconds: float) -> Iterator[None]:
    """Somebody works hard on ``display``."""
    command = [sys.executable, "-m", "samples.busy_hands", display.name, APP, str(seconds)]
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent)}
    hands = subprocess.Popen(command, env=env, stdout=subprocess.PIPE)
    try:
        assert hands.stdout is not None
        hands.stdout.readline()
        yield
    finally:
        hands.kill()
        hands.communicate()


def test_a_busy_screen_keeps_its_share_of_the_processor(display: Display, tmp_path: Path) -> None:
    promised_s = 2.5 / 100 * 60
    with (
        overseen(tmp_path / "recorder", display, budget=Budget(cpu_percent=2.5)) as recorder,
        busy(display, 75),
    ):
        before_s = cpu_spent_s()
        with recorder.recording():
            time.sleep(60)
            spent_s = cpu_spent_s() - before_s
        print(f"{spent_s:.2f} s of {promised_s:.2f} s promised, and to start with")
    assert spent_s <= promised_s + START_S
    paces = list(dict.fromkeys(status.pace for status in recorder.statuses))
    print(paces)
    assert paces[:2] == ["full rate", "half the frames"]
    assert "stopped" in paces
    stopped = [status for status in recorder.statuses if status.pace == "stopped" and status.state == "waiting"]
    assert {status.reason for status in stopped} == {str(Reason.BUDGET_CPU)}
    assert "over_budget" in {marker.reason for marker in recorder.markers()}
    assert not [status.problems for status in recorder.statuses if status.problems], "and the watchdog knows why"


def test_bytes_stop_before_the_promise_and_it_goes_on_the_next_day(display: Display, tmp_path: Path) -> None:
    """The day is nearly spent at noon; then the clock jumps to the next."""
    clock = Shifted()
    clock.wall_of_today_s(12 * 3600)
    home = tmp_path / "recorder"
    with overseen(home, display, budget=Budget(cpu_percent=100, megabytes_per_day=1), clock=clock) as recorder:
        (home / FILE_NAME).write_text(f'{{"day":"{clock.day()}","bytes":600000}}', encoding="ascii")
        with busy(display, 100), recorder.recording():
            took_s = recorder.until(
                lambda: recorder.last.reason == str(Reason.BUDGET_BYTES), "the day is spent", limit_s=60
            )
            recorder.until(lambda: recorder.last.state != "recording", "nothing is recorded")
            time.sleep(3)
            sealed = recorder.last.sealed_bytes
            print(f"stopped after {took_s:.0f} s and {sealed} bytes")
            time.sleep(2)
            assert recorder.last.sealed_bytes == sealed
            assert sealed <= 400_000
            clock.ahead_ns += 12 * 3600 * SECOND_NS + 60 * SECOND_NS
            recorder.until(lambda: recorder.last.state == "recording", "the next day")
            recorder.until(lambda: recorder.last.sealed_bytes > sealed, "it seals again")
    assert "over_budget" in {marker.reason for marker in recorder.markers()}
    assert [item for item in recorder.items() if isinstance(item, ScreenPatch)]


class Shifted(SystemClock):
    """The machine's clocks, the wall clock some time ahead."""

    def __init__(self) -> None:
        self.ahead_ns = 0

    def wall_ns(self) -> int:
        return super().wall_ns() + self.ahead_ns

    def wall_of_today_s(self, seconds: int) -> None:
        """Let it be so many seconds after local midnight, of today or tomorrow."""
        now = time.localtime(self.wall_ns() / SECOND_NS)
        passed_s = now.tm_hour * 3600 + now.tm_min * 60 + now.tm_sec
        self.ahead_ns += ((seconds - passed_s) % 86_400) * SECOND_NS

    def day(self) -> str:
        return time.strftime("%Y-%m-%d", time.localtime(self.wall_ns() / SECOND_NS))
