"""Sabotage: does the watchdog find, on a real display, each way of recording less than happens? And nothing else?"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from aboveboard.base.clock import SystemClock, boot_id
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats.mcap_file import RecordingWriter
from aboveboard.formats.pause import Pause
from aboveboard.formats.recording import Marker, Pointer, Timed
from aboveboard.recorder.capture import input as input_capture
from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.capture.screen import ScreenWatch
from aboveboard.recorder.discard import last_minutes
from aboveboard.recorder.local_pause import pause_here, resume_here
from aboveboard.recorder.spool import Spool
from aboveboard.recorder.wishes import ask_and_wait
from aboveboard.stage.display import Display
from aboveboard.stage.xtest import Xtest
from samples.overseen import APP, Overseen, overseen
from samples.x_windows import Windows

PLACE = Rect(40, 30, 400, 300)
FOUND_S = 10.0
SETTLED_S = 4.0


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
def recorder(display: Display, tmp_path: Path) -> Iterator[Overseen]:
    with Desk(display), overseen(tmp_path / "recorder", display) as recorder:
        yield recorder


def settle(recorder: Overseen) -> None:
    """It has watched for a while, and found nothing."""
    time.sleep(SETTLED_S)
    assert recorder.last.problems == ()


def found(recorder: Overseen, words: str) -> None:
    took_s = recorder.until(lambda: any(words in each for each in recorder.last.problems), words, limit_s=FOUND_S)
    print(f"found after {took_s:.1f} s: {recorder.last.problems}")


def marked(recorder: Overseen, reason: str) -> Marker:
    markers = [marker for marker in recorder.markers() if marker.reason == reason]
    assert markers, [marker.reason for marker in recorder.markers()]
    assert all(marker.kind == "gap" and marker.start_ns < marker.end_ns for marker in markers)
    return markers[0]


def test_input_that_the_capture_is_not_told_of_is_found(recorder: Overseen, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of RECORD's replies in three is thrown away."""
    with recorder.recording():
        settle(recorder)
        parse, count = input_capture.parse, iter(range(10**9))
        sabotaged_ns = time.time_ns()
        monkeypatch.setattr(input_capture, "parse", lambda *args: [] if next(count) % 3 == 0 else parse(*args))
        found(recorder, "did not reach the recorder")
        monkeypatch.undo()
        recorder.until(lambda: ["events_lost"] in recorder.vault.healths, "the vault is told")
        time.sleep(3)
    marker = marked(recorder, "events_lost")
    assert marker.start_ns <= sabotaged_ns + 4 * 10**9


def test_a_screen_that_the_capture_stopped_looking_at_is_found(
    recorder: Overseen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its thread goes on and says that it has seen everything, but reads no pixels any more."""
    with recorder.recording():
        settle(recorder)
        monkeypatch.setattr(ScreenWatch, "_grab", lambda _: None)
        found(recorder, "the screen changed")
        monkeypatch.undo()
        time.sleep(3)
    marked(recorder, "screen_stalled")


def test_a_thread_that_is_stuck_is_found(recorder: Overseen, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()
    with recorder.recording():
        settle(recorder)
        monkeypatch.setattr(ScreenWatch, "_take_events", lambda _: go_on.wait(60))
        found(recorder, "'screen' stands still")
        monkeypatch.undo()
        go_on.set()
        time.sleep(3)
    marked(recorder, "screen_stalled")


def test_an_item_that_the_writer_loses_is_found(recorder: Overseen, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file's own writer forgets one pointer event in twenty."""
    write, count = RecordingWriter.event, iter(range(10**9))

    def forgetful(writer: RecordingWriter, timed: Timed, sequence: int | None = None) -> None:
        if not (isinstance(timed.event, Pointer) and next(count) % 20 == 0):
            write(writer, timed, sequence)

    with recorder.recording():
        settle(recorder)
        monkeypatch.setattr(RecordingWriter, "event", forgetful)
        found(recorder, "were not written")
        monkeypatch.undo()
        time.sleep(3)
    marked(recorder, "events_lost")


def test_a_segment_that_vanishes_from_the_disk_is_found(recorder: Overseen) -> None:
    recorder.vault.lie_stored = b"{}"
    with recorder.recording():
        recorder.until(lambda: recorder.last.segments > 2, "segments wait")
        newest = list(Spool(recorder.home / "spool").held())[-1]
        newest.folder.rename(recorder.home / "elsewhere")
        found(recorder, "gone from this machine's disk")


def test_what_cannot_be_made_whole_stops_after_three_alarms_and_is_begun_anew(
    recorder: Overseen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aboveboard.recorder.watchdog.STOPPED_NS", 5 * 10**9)
    with recorder.recording():
        time.sleep(2)
        monkeypatch.setattr(ScreenWatch, "_grab", lambda _: None)
        recorder.until(lambda: recorder.last.reason == "capture:incomplete", "it stops", limit_s=30)
        frames = recorder.last.frames
        monkeypatch.undo()
        recorder.until(lambda: recorder.last.frames > frames + 5, "it records again")


def test_a_pause_and_a_stretch_taken_back_raise_no_alarm(recorder: Overseen) -> None:
    recorder.vault.lie_stored = b"{}"
    with recorder.recording():
        settle(recorder)
        for _ in range(3):
            person_id, now_ns = recorder.vault.who.person_id, time.time_ns()
            pause = Pause(pause_id=new_id(Kind.PAUSE), by="person", person_id=person_id, at_ns=now_ns)
            pause_here(recorder.home, pause)
            recorder.until(lambda: recorder.last.state == "paused", "it pauses")
            time.sleep(0.5)
            resume_here(recorder.home)
            recorder.until(lambda: recorder.last.state == "recording", "it goes on")
            time.sleep(1.5)
        stretch = last_minutes(1, SystemClock(), boot_id())
        assert ask_and_wait(recorder.home, "discard", stretch=stretch, limit_s=5).removed
        time.sleep(SETTLED_S)
        assert recorder.last.problems == ()


def test_a_minute_of_hard_work_on_a_busy_machine_raises_no_alarm(display: Display, tmp_path: Path) -> None:
    """A thousand events a second, keys typed and held, clicks, the wheel, a window that scrolls, no processor left."""
    hands = [sys.executable, "-m", "samples.busy_hands", display.name, APP, "60"]
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent)}
    with overseen(tmp_path / "recorder", display) as recorder:
        at_it = subprocess.Popen(hands, env=env, stdout=subprocess.PIPE, text=True)
        load = subprocess.Popen([sys.executable, "-c", "while True: pass"])
        try:
            with recorder.recording():
                assert at_it.stdout is not None
                at_it.stdout.readline()
                said = at_it.communicate(timeout=90)[0]
                time.sleep(SETTLED_S)
        finally:
            load.kill()
            load.wait()
            at_it.kill()
    assert int(said) > 20_000
    assert not [status.problems for status in recorder.statuses if status.problems]
    assert {marker.reason for marker in recorder.markers()} <= {"session", "focus_unknown", "app_not_disclosed"}
    moves = [item for item in recorder.items() if isinstance(item, Timed) and isinstance(item.event, Pointer)]
    assert len(moves) > 0.98 * int(said)
