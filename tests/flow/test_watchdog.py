"""Sabotage: does the watchdog find, on a real display, each way of recording less than happens? And nothing else?"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aboveboard.formats.disclosure import Disclosure
from aboveboard.formats.mcap_file import RecordingWriter
from aboveboard.formats.recording import Marker, Pointer, Timed
from aboveboard.recorder.capture import input as input_capture
from aboveboard.recorder.capture.port import Pulse, Rect, Source
from aboveboard.recorder.capture.pulse import X11Pulse
from aboveboard.recorder.capture.screen import ScreenWatch
from aboveboard.recorder.capture.x11 import X11Source
from aboveboard.stage.display import Display
from aboveboard.stage.xtest import Xtest
from samples.overseen import APP, Overseen, markers, overseen, recorded
from samples.recorder_world import Vault
from samples.x_windows import Windows

PLACE = Rect(40, 30, 400, 300)
FOUND_S = 10.0


@pytest.fixture(scope="module")
def display() -> Iterator[Display]:
    with Display(width=640, height=480) as started:
        yield started


class Desk:
    """Somebody at work: a window that is painted, a hand that types and moves."""

    def __init__(self, display: Display) -> None:
        self.windows, self.hand = Windows(display.name), Xtest(display.name)
        self.window = self.windows.show(PLACE, 0x102030, APP)
        self.windows.activate(self.window)
        self.stop = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def __enter__(self) -> "Desk":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self._thread.join()
        self.windows.close(self.window)
        self.windows.disconnect()
        self.hand.close()

    def _work(self) -> None:
        number = 0
        while not self.stop.wait(0.1):
            number += 1
            self.hand.tap(ord("abcdefgh"[number % 8]))
            self.hand.move(60 + number % 300, 60 + number % 200)
            if number % 5 == 0:
                self.windows.paint(self.window, 0x102030 + number * 0x010307)


@pytest.fixture
def at_work(display: Display, tmp_path: Path) -> Iterator[tuple[Overseen, Vault]]:
    with Desk(display), overseen(tmp_path / "recorder", source_of(display), pulse_of(display)) as (recorder, vault):
        yield recorder, vault


def source_of(display: Display) -> Callable[[Disclosure], Source]:
    return lambda disclosure: X11Source(display.name, disclosure)


def pulse_of(display: Display) -> Callable[[], Pulse]:
    return lambda: X11Pulse(display.name)


def found(recorder: Overseen, words: str) -> None:
    took_s = recorder.until(lambda: any(words in each for each in recorder.problems), words, limit_s=FOUND_S)
    print(f"found after {took_s:.1f} s: {recorder.problems}")


def marked(vault: Vault, recorder: Overseen, reason: str) -> Marker:
    items = recorded(vault, recorder.home)
    found = [marker for marker in markers(items) if marker.reason == reason]
    assert found, [marker.reason for marker in markers(items)]
    assert all(marker.kind == "gap" and marker.start_ns < marker.end_ns for marker in found)
    return found[0]


def test_input_that_the_capture_is_not_told_of_is_found(
    at_work: tuple[Overseen, Vault], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of RECORD's replies in three is thrown away."""
    recorder, vault = at_work
    with recorder.recording():
        time.sleep(4)
        assert not recorder.problems
        parse, count = input_capture.parse, iter(range(10**9))
        sabotaged_ns = time.time_ns()
        monkeypatch.setattr(input_capture, "parse", lambda *args: [] if next(count) % 3 == 0 else parse(*args))
        found(recorder, "did not reach the recorder")
        assert recorder.keeper.health() == ["events_lost"]
        monkeypatch.undo()
        time.sleep(3)
    marker = marked(vault, recorder, "events_lost")
    assert marker.start_ns <= sabotaged_ns + 4 * 10**9
    assert any("events_lost" in asked for asked in vault.healths)


def test_a_screen_that_the_capture_stopped_looking_at_is_found(
    at_work: tuple[Overseen, Vault], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its thread goes on and says that it has seen everything, but reads no pixels any more."""
    recorder, vault = at_work
    with recorder.recording():
        time.sleep(4)
        assert not recorder.problems
        monkeypatch.setattr(ScreenWatch, "_grab", lambda _: None)
        found(recorder, "the screen changed")
        monkeypatch.undo()
        time.sleep(3)
    marked(vault, recorder, "screen_stalled")


def test_a_thread_that_is_stuck_is_found(at_work: tuple[Overseen, Vault], monkeypatch: pytest.MonkeyPatch) -> None:
    recorder, vault = at_work
    go_on = threading.Event()
    with recorder.recording():
        time.sleep(4)
        assert not recorder.problems
        monkeypatch.setattr(ScreenWatch, "_take_events", lambda _: go_on.wait(60))
        found(recorder, "'screen' stands still")
        monkeypatch.undo()
        go_on.set()
        time.sleep(3)
    marked(vault, recorder, "screen_stalled")


def test_an_item_that_the_writer_loses_is_found(
    at_work: tuple[Overseen, Vault], monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder, vault = at_work
    with recorder.recording():
        time.sleep(4)
        assert not recorder.problems
        _lose_one_event_in(monkeypatch, 20)
        found(recorder, "were not written")
        monkeypatch.undo()
        time.sleep(3)
    marked(vault, recorder, "events_lost")


def _lose_one_event_in(monkeypatch: pytest.MonkeyPatch, many: int) -> None:
    """The file's own writer forgets one pointer event in so many."""
    write, count = RecordingWriter.event, iter(range(10**9))

    def forgetful(writer: RecordingWriter, timed: Timed) -> None:
        if not (isinstance(timed.event, Pointer) and next(count) % many == 0):
            write(writer, timed)

    monkeypatch.setattr(RecordingWriter, "event", forgetful)


def test_a_segment_that_vanishes_from_the_disk_is_found(at_work: tuple[Overseen, Vault]) -> None:
    recorder, vault = at_work
    vault.lie_stored = b"{}"
    with recorder.recording():
        recorder.until(lambda: len(recorder.spool.waiting()) > 1, "segments wait")
        (recorder.spool.folder / recorder.spool.waiting()[-1].segment_id).rename(recorder.home / "elsewhere")
        found(recorder, "gone from this machine's disk")


def test_what_cannot_be_made_whole_stops_after_three_alarms(
    at_work: tuple[Overseen, Vault], monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder, _ = at_work
    with recorder.recording():
        time.sleep(2)
        monkeypatch.setattr(ScreenWatch, "_grab", lambda _: None)
        recorder.until(
            lambda: recorder.decision is not None and recorder.decision.reason == "capture:incomplete",
            "it stops",
            limit_s=30,
        )


def test_a_minute_of_hard_work_on_a_busy_machine_raises_no_alarm(display: Display, tmp_path: Path) -> None:
    """A thousand events a second, keys typed and held, clicks, the wheel, a window that scrolls, no processor left."""
    burn = [sys.executable, "-c", "while True: pass"]
    hands = [sys.executable, "-m", "samples.busy_hands", display.name, APP, "60"]
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent)}
    with overseen(tmp_path / "recorder", source_of(display), pulse_of(display)) as (recorder, vault):
        at_it = subprocess.Popen(hands, env=env, stdout=subprocess.PIPE, text=True)
        load = subprocess.Popen(burn)
        try:
            with recorder.recording():
                assert at_it.stdout is not None
                at_it.stdout.readline()
                said = at_it.communicate(timeout=90)[0]
                time.sleep(4)
        finally:
            load.kill()
            load.wait()
            at_it.kill()
    assert int(said) > 20_000
    assert not [problems for _, _, problems, _ in recorder.statuses if problems]
    items = recorded(vault, recorder.home)
    assert {marker.reason for marker in markers(items)} <= {"session", "focus_unknown", "app_not_disclosed"}
    moves = [item for item in items if isinstance(item, Timed) and isinstance(item.event, Pointer)]
    assert len(moves) > 0.98 * int(said)
