"""Between two looks, does the stricter of the two answers hold?"""

import numpy as np
import pytest
from numpy.typing import NDArray

from aboveboard.base.clock import MILLISECOND_NS, SECOND_NS
from aboveboard.formats.recording import Button, Key, Marker, Monitor, Pointer
from aboveboard.recorder.capture.port import Rect, WindowFacts
from aboveboard.recorder.capture.portable import lookout as lookouts
from aboveboard.recorder.capture.portable.desktop import Unread, Windows
from aboveboard.recorder.capture.portable.lookout import Lookout
from aboveboard.recorder.capture.portable.picture import SETTLE_NS, Picture
from aboveboard.recorder.redact.cover import Boxes
from aboveboard.recorder.redact.gate import Gate
from aboveboard.recorder.redact.scope import Active, Stacked
from aboveboard.recorder.redact.timeline import Focus
from aboveboard.recorder.redact.veil import Veil
from samples.disclosed import app, disclosure

MS = MILLISECOND_NS
START = 1_800_000_000 * SECOND_NS
SIZE = (400, 300)
WHOLE = Rect(0, 0, *SIZE)
DISCLOSED = disclosure(app("Mine"), app("Other"))


def facts(name: str, rect: Rect = WHOLE) -> WindowFacts:
    return WindowFacts(len(name), name, "", 7, rect)


def stacked(name: str, rect: Rect = WHOLE) -> Stacked:
    return Stacked(rect, (rect,), rect, facts(name, rect))


class Desk:
    """A desktop that says what it is told to say."""

    def __init__(self) -> None:
        self.stack: tuple[Stacked, ...] = (stacked("Mine"),)
        self.active = Active(facts("Mine"))
        self.says = Focus.OPEN
        self.asked: list[str] = []

    def monitors(self) -> tuple[Monitor, ...]:
        return (Monitor(name="1", x=0, y=0, width=SIZE[0], height=SIZE[1]),)

    def windows(self) -> Windows:
        return Windows(self.stack, self.active)

    def focus(self, window: WindowFacts) -> Focus:
        self.asked.append(window.wm_class)
        return self.says

    def secret_fields(self) -> tuple[Rect, ...]:
        return ()

    def close(self) -> None: ...


class Bench:
    """A lookout that looks every 100 ms, on a clock that moves when told."""

    def __init__(self) -> None:
        self.desk, self.gate = Desk(), Gate(DISCLOSED)
        self.lookout = Lookout(self.desk, self.gate, Boxes(), Veil(DISCLOSED), DISCLOSED)
        self.now_ns = START
        self.out: list[object] = []

    def look(self, *, focus: bool = True) -> None:
        self.lookout.look(self.now_ns)
        if focus:
            self.lookout.look_at_focus(self.now_ns, lambda: self.now_ns + MS)
        self.out += [getattr(item, "event", item) for item in self.gate.release(self.lookout.looked_ns)]

    def pass_ms(self, ms: int) -> None:
        self.now_ns += ms * MS

    def run(self, looks: int) -> None:
        for _ in range(looks):
            self.pass_ms(100)
            self.look()

    def type(self, name: str, text: str = "") -> None:
        key = Key(keycode=ord(name[0]), keysym=ord(name[0]), name=name, text=text, pressed=True, modifiers=[])
        self.does(key)

    def does(self, event: Key | Button | Pointer) -> None:
        self.pass_ms(1)
        self.lookout.heard(self.now_ns, event)
        self.gate.offer(self.now_ns, event)

    def typed(self) -> str:
        return "".join(event.text or f"<{event.name}>" for event in self.out if isinstance(event, Key))


@pytest.fixture
def bench() -> Bench:
    made = Bench()
    made.run(3)
    return made


def test_what_is_typed_into_an_open_field_comes_out(bench: Bench) -> None:
    for letter in "ab":
        bench.type(letter, letter)
    bench.type("Tab")
    bench.type("c", "c")
    bench.run(30)
    assert bench.typed() == "ab<Tab>c"


def test_a_secret_field_counts_from_the_look_before(bench: Bench) -> None:
    bench.type("Tab")
    bench.type("x", "x")
    bench.desk.says = Focus.SECRET
    bench.run(3)
    bench.type("y", "y")
    bench.run(70)
    assert bench.typed() == ""
    assert {event.reason for event in bench.out if isinstance(event, Marker)} == {"password_field"}


def test_a_secret_field_counts_until_another_has_said_that_it_is_open(bench: Bench) -> None:
    bench.desk.says = Focus.SECRET
    bench.run(3)
    bench.type("Tab")
    bench.type("x", "x")
    bench.desk.says = Focus.OPEN
    bench.run(1)
    bench.type("a", "a")
    bench.run(30)
    assert bench.typed() == "a"


def test_a_field_between_two_looks_was_never_seen(bench: Bench) -> None:
    """A password manager tabs into the field, types and tabs out of it, all within a tenth of a second."""
    bench.run(10)
    bench.type("Tab")
    for letter in "secret":
        bench.type(letter, letter)
    bench.type("Tab")
    bench.run(30)
    assert "s" not in bench.typed()
    bench.type("b", "b")
    bench.run(30)
    assert bench.typed().endswith("b")


def test_a_stranger_counts_from_the_look_before(bench: Bench) -> None:
    bench.does(Pointer(x=350, y=10))
    bench.type("a", "a")
    bench.desk.stack += (stacked("Stranger", Rect(300, 0, 100, 100)),)
    bench.run(3)
    assert not [event for event in bench.out if isinstance(event, Pointer)], "it may have been there already"
    bench.does(Pointer(x=10, y=10))
    bench.does(Pointer(x=350, y=10))
    bench.run(30)
    assert [(event.x, event.y) for event in bench.out if isinstance(event, Pointer)] == [(10, 10)]


def test_an_active_stranger_counts_from_the_look_before_and_is_not_asked(bench: Bench) -> None:
    bench.type("a", "a")
    bench.does(Pointer(x=10, y=10))
    bench.desk.active = Active(facts("Stranger"))
    bench.run(5)
    assert not [event for event in bench.out if isinstance(event, Pointer)], "it may have been active already"
    bench.type("b", "b")
    bench.run(30)
    assert bench.typed() == ""
    assert "Stranger" not in bench.desk.asked


def test_a_hole_between_two_looks_is_unknown(bench: Bench) -> None:
    bench.pass_ms(50)
    bench.type("a", "a")
    bench.does(Pointer(x=10, y=10))
    bench.pass_ms(lookouts.GAP_NS // MS + 200)
    bench.run(30)
    assert bench.typed() == ""
    assert not [event for event in bench.out if isinstance(event, Pointer)]
    bench.type("b", "b")
    bench.run(30)
    assert bench.typed() == "b"


class Glass:
    """A screen of one colour that counts what is read of it."""

    def __init__(self) -> None:
        self.read: list[Rect] = []
        self.colour = 0xFF112233
        self.broken = False

    def grab(self, rect: Rect) -> NDArray[np.uint32]:
        if self.broken:
            raise Unread("not now")
        self.read.append(rect)
        return np.full((rect.height, rect.width), self.colour, np.uint32)

    def close(self) -> None: ...


class Seeing(Bench):
    def __init__(self) -> None:
        super().__init__()
        self.glass = Glass()
        self.picture = Picture(self.glass, self.lookout, DISCLOSED)

    def frame(self, *, unchanged: bool = True, pixels: bool = True) -> list[Rect] | None:
        self.look()
        self.picture.looked(SIZE)
        frame = self.picture.take(SIZE, self.now_ns, pixels=pixels, unchanged=lambda: unchanged)
        return None if frame is None else [patch.rect for patch in frame.patches]

    def wait(self, ns: int = SETTLE_NS) -> None:
        for _ in range(ns // (100 * MS) + 1):
            self.pass_ms(100)
            self.look()
            self.picture.looked(SIZE)


def test_only_what_changed_comes_out() -> None:
    seeing = Seeing()
    assert seeing.frame() == [WHOLE], "the first is whole"
    assert not seeing.glass.read, "and nothing is known to be in scope for long enough"
    seeing.wait()
    assert seeing.frame() == [WHOLE]
    seeing.wait()
    assert seeing.frame() is None
    seeing.glass.colour += 1
    assert seeing.frame() == [WHOLE]
    believed = seeing.picture.believed(Rect(3, 4, 5, 6))
    assert believed is not None
    assert believed.shape == (6, 5, 4)
    assert tuple(believed[0, 0]) == (0x34, 0x22, 0x11, 0xFF)


def test_a_window_that_is_gone_by_its_own_account_may_still_be_painted() -> None:
    seeing = Seeing()
    seeing.desk.stack += (stacked("Stranger", Rect(100, 100, 50, 50)),)
    seeing.frame()
    seeing.wait()
    seeing.frame()
    seeing.desk.stack = seeing.desk.stack[:1]
    seeing.pass_ms(100)
    seeing.frame()
    place = np.zeros((SIZE[1], SIZE[0]), bool)
    for rect in seeing.glass.read:
        place[rect.y : rect.y + rect.height, rect.x : rect.x + rect.width] = True
    assert not place[100:150, 100:150].any()
    assert place[:100].all()
    seeing.wait()
    seeing.frame()
    assert WHOLE in seeing.glass.read


def test_pixels_count_only_if_the_windows_stayed() -> None:
    seeing = Seeing()
    seeing.frame()
    seeing.wait()
    assert seeing.frame(unchanged=False) is None
    assert seeing.picture.believed(Rect(0, 0, 1, 1)) is None
    assert seeing.frame() == [WHOLE]


def test_without_pixels_all_turns_grey_and_nothing_is_read() -> None:
    seeing = Seeing()
    seeing.frame()
    seeing.wait()
    seeing.frame()
    read = len(seeing.glass.read)
    assert seeing.frame(pixels=False) == [WHOLE]
    assert seeing.frame(pixels=False) is None
    assert len(seeing.glass.read) == read


def test_a_screen_that_cannot_be_read_for_long_ends_the_capture() -> None:
    seeing = Seeing()
    seeing.frame()
    seeing.wait()
    seeing.frame()
    seeing.glass.broken = True
    assert seeing.frame() is None
    seeing.wait(4 * SECOND_NS)
    with pytest.raises(Unread):
        seeing.frame()
