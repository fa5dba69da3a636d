"""After a gap the recorder must know which window is active, but never one that is no longer, or not disclosed."""

from aboveboard.base.clock import SECOND_NS
from aboveboard.formats.recording import Window
from aboveboard.recorder.capture.port import Rect, WindowFacts
from aboveboard.recorder.redact.gate import Gate
from aboveboard.recorder.redact.scope import Active
from samples.recorder_world import Participant

START_NS = 1_800_000_000 * SECOND_NS


def window(wm_class: str, title: str) -> Active:
    return Active(WindowFacts(1, wm_class, title, 7, Rect(0, 0, 100, 100)))


def titled(told: Window | None) -> str | None:
    return None if told is None else told.title


def test_only_a_window_that_came_out_and_is_still_active_is_told_again() -> None:
    gate = Gate(Participant().disclosure())
    gate.page(START_NS - SECOND_NS, 1, "open")
    assert gate.window is None
    gate.active(START_NS, window("Chromium", "first"))
    assert gate.window is None, "it is still being held"
    gate.release(START_NS + SECOND_NS)
    assert titled(gate.window) == "first"
    gate.active(START_NS + SECOND_NS, window("Chromium", "second"))
    assert titled(gate.window) == "first"
    gate.release(START_NS + 2 * SECOND_NS)
    assert titled(gate.window) == "second"
    gate.active(START_NS + 3 * SECOND_NS, window("Private", "diary"))
    assert gate.window is None
    gate.active(START_NS + 4 * SECOND_NS, window("Chromium", "second"))
    gate.release(START_NS + 5 * SECOND_NS)
    assert titled(gate.window) == "second"
