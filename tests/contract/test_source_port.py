"""Does every source keep the contract of ``capture.port.Source``? Each is asked, on a real display of its own."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from aboveboard.formats.recording import Marker, Pointer, Timed, Window
from aboveboard.recorder.capture.port import Frame, Source
from samples.port_worlds import BLUE, STRANGER, World, world
from samples.x_windows import Collected, until

SOURCES = ["x11", "portable", "wayland", "synthetic"]
WITH_STRANGERS = [name for name in SOURCES if name != "synthetic"]
BLINK_S = 0.02

# On X11, pynput's threads say on stderr that the display ended; the source says it through failure().
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")


class Strict(Collected):
    """Also checks each item against what the source had said before."""

    source: Source

    def __init__(self) -> None:
        super().__init__()
        self.said_ns = 0
        """What the source answered last, before the item now coming."""

    def event(self, timed: Timed) -> None:
        self._later_than_said(timed.time_ns)
        super().event(timed)

    def frame(self, frame: Frame) -> None:
        self._later_than_said(frame.time_ns)
        if not self.frames and not frame.whole:
            self.complaints.append("the first frame is not whole")
        width, height = self.source.screen_size
        if frame.whole and frame.patches[0].bgrx.shape != (height, width, 4):
            self.complaints.append("a whole frame does not cover the screen")
        if any((patch.bgrx[..., 3] != 255).any() for patch in frame.patches):
            self.complaints.append("the unused byte is used")
        super().frame(frame)

    def _later_than_said(self, time_ns: int) -> None:
        if time_ns < self.said_ns:
            self.complaints.append(f"delivered {self.said_ns - time_ns} ns before what was said to be settled")


class Watching:
    """A source of ``display``, running, whose answers are read all the time from another thread."""

    def __init__(self, display: World) -> None:
        self.source, self.sink = display.source(), Strict()
        self.sink.source = self.source
        self.settled: list[int] = []
        self._over = threading.Event()
        self._asking = threading.Thread(target=self._ask)

    def __enter__(self) -> "Watching":
        assert self.source.settled_ns() == 0
        self.source.start(self.sink)
        self._asking.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.source.stop()
        self._over.set()
        self._asking.join()
        assert not self.sink.complaints
        assert self.settled == sorted(self.settled), "what was settled became unsettled"

    def settle(self) -> None:
        now_ns = time.time_ns()
        until(lambda: self.source.decided_ns() > now_ns, "the capture settles")

    def _ask(self) -> None:
        while not self._over.wait(BLINK_S):
            answer = self.source.settled_ns()
            self.settled.append(answer)
            self.sink.said_ns = answer


@pytest.fixture(scope="module", params=SOURCES)
def display(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(request.param, tmp_path_factory.mktemp("world")) as started:
        yield started


@contextmanager
def fresh(name: str, folder: Path) -> Iterator[World]:
    with world(name, folder) as started:
        yield started


def acts(display: World, number: int = 30) -> None:
    """The hand moves over the window in scope."""
    for step in range(number):
        display.move(60 + step, 60)
        time.sleep(0.01)


def test_all_in_order_from_one_thread_and_the_first_frame_whole(display: World) -> None:
    with Watching(display) as watching:
        until(lambda: len(watching.sink.frames) > 3, "frames come")
        acts(display)
        until(lambda: len(watching.sink.of(Pointer)) >= 30, "what the hand did")
        watching.settle()
    pointers = [timed for timed in watching.sink.events if isinstance(timed.event, Pointer)]
    assert watching.sink.of(Window)
    assert watching.source.failure() is None
    assert all(abs(time.time_ns() - timed.time_ns) < 60e9 for timed in pointers), "wall time"
    assert 0 < watching.source.clock_error_ns < 1e9


def test_a_whole_frame_comes_when_it_is_asked_for(display: World) -> None:
    with Watching(display) as watching:
        until(lambda: len(watching.sink.frames) > 2, "frames come")
        wholes, windows = sum(frame.whole for frame in watching.sink.frames), len(watching.sink.of(Window))
        watching.source.request_whole_frame()
        until(lambda: sum(frame.whole for frame in watching.sink.frames) > wholes, "the frame asked for")
    assert len(watching.sink.of(Window)) > windows, "the window in force is told again with it"


def test_stopping_is_quick_final_and_may_be_repeated(display: World) -> None:
    with Watching(display) as watching:
        until(lambda: len(watching.sink.frames) > 1, "frames come")
        began = time.monotonic()
        watching.source.stop()
        assert time.monotonic() - began < 1.0
        delivered = len(watching.sink.events), len(watching.sink.frames)
        acts(display, 10)
        time.sleep(0.5)
        watching.source.stop()
        assert (len(watching.sink.events), len(watching.sink.frames)) == delivered
        assert watching.source.failure() is None


def test_a_sink_that_fails_ends_the_capture(display: World) -> None:
    class Failing(Collected):
        calls = late = 0

        def frame(self, frame: Frame) -> None:
            self.calls += 1
            raise OSError("the disk is full")

        def event(self, timed: Timed) -> None:
            self.late += self.calls

    source, sink = display.source(), Failing()
    source.start(sink)
    until(lambda: source.failure() is not None, "the failure shows")
    assert isinstance(source.failure(), OSError)
    time.sleep(0.3)
    source.stop()
    assert (sink.calls, sink.late) == (1, 0), "delivered after it failed"


def test_it_says_how_it_goes(display: World) -> None:
    with Watching(display) as watching:
        until(lambda: len(watching.sink.frames) > 1, "frames come")
        acts(display)
        until(lambda: len(watching.sink.of(Pointer)) >= 30, "what the hand did")
        before = watching.source.vitals()
        time.sleep(2.0)
        after = watching.source.vitals()
    assert before.events_out >= 30
    assert before.frames_out >= 2
    assert after.frames_out >= before.frames_out
    assert before.progress_ns.keys() == after.progress_ns.keys()
    assert all(after.progress_ns[part] > before.progress_ns[part] for part in before.progress_ns)


@pytest.mark.parametrize("name", SOURCES)
def test_a_display_that_dies_is_told(name: str, tmp_path: Path) -> None:
    with fresh(name, tmp_path) as display:
        source, sink = display.source(), Collected()
        source.start(sink)
        until(lambda: bool(sink.frames), "the first frame")
        display.dies()
        until(lambda: source.failure() is not None, "the failure shows")
        time.sleep(0.3)
        delivered = len(sink.events), len(sink.frames)
        time.sleep(0.3)
        source.stop()
        assert (len(sink.events), len(sink.frames)) == delivered
        assert not sink.complaints


@pytest.mark.parametrize("display", WITH_STRANGERS, indirect=True)
def test_a_window_out_of_scope_is_never_delivered(display: World) -> None:
    with Watching(display) as watching:
        until(lambda: watching.source.vitals().visible != (), "the window in scope is captured")
        watching.settle()
        display.stranger_comes()
        watching.settle()
        pointers = len(watching.sink.of(Pointer))
        for step in range(20):
            display.move(STRANGER.x + 50 + step, STRANGER.y + 50)
            time.sleep(0.01)
        watching.settle()
        assert len(watching.sink.of(Pointer)) == pointers
        display.stranger_goes()
        time.sleep(0.8)
        watching.settle()
    assert blue_pixels(watching.sink) == 0
    assert "Stranger" not in {window.app for window in watching.sink.of(Window)}
    assert "app_not_disclosed" in {marker.reason for marker in watching.sink.of(Marker)}


@pytest.mark.parametrize("display", WITH_STRANGERS, indirect=True)
def test_at_no_pace_nothing_of_the_screen_is_read(display: World) -> None:
    with Watching(display) as watching:
        until(lambda: watching.source.vitals().visible != (), "the window in scope is captured")
        watching.settle()
        watching.source.set_pace(0)
        until(lambda: watching.source.vitals().visible == (), "nothing is captured")
        watching.settle()
        assert (watching.sink.shown[..., :3] == 0x80).all(), "all is grey"
        frames = len(watching.sink.frames)
        acts(display)
        time.sleep(1.5)
        watching.settle()
        assert len(watching.sink.frames) == frames
        assert len(watching.sink.of(Pointer)) >= 30, "input goes on"
        watching.source.set_pace(1000)
        until(lambda: watching.source.vitals().visible != (), "the screen is captured again")


@pytest.mark.parametrize(
    "display",
    WITH_STRANGERS,
    indirect=True,
)
def test_that_nothing_is_read_is_told(display: World) -> None:
    with Watching(display) as watching:
        until(lambda: watching.source.vitals().visible != (), "the window in scope is captured")
        watching.source.set_pace(0)
        time.sleep(2.0)
        watching.settle()
    markers = [marker for marker in watching.sink.of(Marker) if marker.reason == "over_budget"]
    assert sum(marker.end_ns - marker.start_ns for marker in markers) > 1e9


def blue_pixels(sink: Collected) -> int:
    """How many pixels of the stranger's window came out."""
    blue = np.array(BLUE, np.uint8)
    return sum(int((patch.bgrx == blue).all(axis=2).sum()) for frame in sink.frames for patch in frame.patches)
