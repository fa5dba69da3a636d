"""A terminal prints on a real display: what a reader of the recording sees is what was there, line for line."""

import threading
import time
from pathlib import Path

import numpy as np
import pytest

from aboveboard.base import errors
from aboveboard.formats.mcap_file import read_recording, write_recording
from aboveboard.formats.recording import Timed
from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.recorder.capture.port import Frame
from aboveboard.recorder.capture.x11 import X11Source
from aboveboard.recorder.encode.canvas import Canvas
from aboveboard.replay.canvas import frames
from aboveboard.stage.display import Display
from aboveboard.stage.screen import grab
from samples.disclosed import app, disclosure
from samples.x_windows import until

LINES = 60


class Coder:
    """A sink that codes each frame as it comes, and what it cost."""

    def __init__(self) -> None:
        self.patches: list[ScreenPatch] = []
        self.costs_ms: list[float] = []
        self._canvas = Canvas()
        self._lock = threading.Lock()

    def event(self, timed: Timed) -> None:
        pass

    def frame(self, frame: Frame) -> None:
        started = time.thread_time()
        patches = self._canvas.draw(frame)
        with self._lock:
            self.costs_ms.append((time.thread_time() - started) * 1e3)
            self.patches += patches


@pytest.mark.parametrize("pause_s", [0.1, 0.02])
def test_a_terminal_that_prints_and_scrolls_is_seen_as_it_was(pause_s: float) -> None:
    with Display(width=800, height=600) as display:
        source, coder = X11Source(display.name, disclosure(app("XTerm"))), Coder()
        source.start(coder)
        text = Path(errors.__file__)
        lines = f"head -n {LINES} {text} | while IFS= read -r line; do printf '%s\\n' \"$line\"; sleep {pause_s}; done"
        command = f"{lines}; sleep 60"
        display.processes.start(["xterm", "-geometry", "96x30+20+20", "-e", "sh", "-c", command], display.env)
        connection = display.connect()
        time.sleep(LINES * pause_s)
        last = [grab(connection)]

        def still() -> bool:
            """Has the terminal stopped printing?"""
            time.sleep(1)
            last.append(grab(connection))
            return bool(last[-1].std() > 10) and np.array_equal(last[-1], last[-2])

        until(still, "the terminal has printed", limit_s=20)
        now_ns = time.time_ns()
        until(lambda: source.decided_ns() > now_ns, "the capture settles")
        source.stop()
        shown = list(frames(read_recording(write_recording(coder.patches))))[-1][1]
        connection.disconnect()
    known = (shown != 0x80).any(axis=-1)
    assert known.mean() > 0.4, "the terminal's window was recorded"
    assert np.array_equal(shown[known], last[-1][known])
    kinds = [patch.format for patch in coder.patches]
    assert kinds.count("copy") >= 5, "what was scrolled is told so"
    assert sum(len(patch.data) for patch in coder.patches) < 60_000
    assert np.median(coder.costs_ms) < 6, "about one millisecond, on a machine that has nothing else to do"
