"""Does each cover of the screen carry weight? Each check is run twice: as built, and with its protection removed."""

import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from aboveboard.formats.disclosure import Disclosure
from aboveboard.recorder.capture import x11
from aboveboard.recorder.capture.port import Rect, Source
from aboveboard.recorder.capture.portable.parts import x11_parts
from aboveboard.recorder.capture.portable.source import PortableSource
from aboveboard.recorder.redact import layers
from aboveboard.recorder.redact.fidelity import EXACT, Fidelities
from aboveboard.recorder.redact.pixels.ocr import Ocr
from aboveboard.recorder.redact.text.finding import Finding
from aboveboard.recorder.redact.text.redactor import Redactor
from aboveboard.recorder.redact.veil import Sight
from aboveboard.stage.display import Display
from samples.disclosed import app, disclosure
from samples.screen_text import SANS, Picture
from samples.written_windows import WrittenWindows
from samples.x_windows import Collected, until

# On X11, pynput's threads say on stderr that the display ended; the source says it through failure().
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")

PLACE = Rect(60, 60, 420, 120)
NAME = "Quillfeather"


class Names:
    """Knows one name."""

    name = "names"

    def find(self, text: str) -> list[Finding]:
        at = text.find(NAME)
        return [Finding(at, at + len(NAME), "name", 1.0, self.name)] if at >= 0 else []


@pytest.fixture(scope="module")
def display() -> Iterator[Display]:
    with Display(width=640, height=320) as started:
        yield started


def letter() -> tuple[NDArray[np.uint32], Rect, Rect]:
    """A picture; where a name is in it, and where an ordinary word is."""
    picture = Picture(PLACE.width, PLACE.height)
    picture.write(20, 20, "Dear Nora", font=SANS, size=15)
    name = picture.write(110, 20, NAME, font=SANS, size=15)
    picture.write(20, 60, "the", font=SANS, size=15)
    ordinary = picture.write(60, 60, "invoice is ready", font=SANS, size=15)
    return picture.pixels, name, ordinary


def on_x11(display: Display, disclosed: Disclosure, sight: Sight | None) -> Source:
    return x11.X11Source(display.name, disclosed, sight=sight)


def portable(display: Display, disclosed: Disclosure, sight: Sight | None) -> Source:
    return PortableSource(x11_parts(display.name), disclosed, sight=sight)


def seen(
    display: Display,
    fidelity: str,
    sight: Sight | None,
    *,
    longest_s: float = 2.0,
    make: Callable[[Display, Disclosure, Sight | None], Source] = on_x11,
) -> tuple[bool, bool]:
    """Did the name ever come out; and does the ordinary word in the end, ``longest_s`` at most being waited for it?"""
    pixels, name, ordinary = letter()
    sink, client = Collected(), WrittenWindows(display.name)
    window = client.written(PLACE, pixels, "Letters")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DISPLAY", display.name)
        source = make(display, disclosure(app("Letters", screen=fidelity)), sight)
        source.start(sink)
    try:
        client.move(window, PLACE.x + 20, PLACE.y + 10)
        client.sync()
        begun_s = time.monotonic()

        def read() -> bool:
            return shows(sink.shown, pixels, ordinary) or time.monotonic() > begun_s + longest_s

        until(read, "the screen was read", limit_s=40)
    finally:
        source.stop()
        client.close(window)
        client.disconnect()
    assert source.failure() is None
    assert not sink.complaints
    ever, canvas = False, np.zeros_like(sink.shown)
    for frame in sink.frames:
        for patch in frame.patches:
            rect = patch.rect
            canvas[rect.y : rect.y + rect.height, rect.x : rect.x + rect.width] = patch.bgrx
        ever |= shows(canvas, pixels, name)
    return ever, shows(sink.shown, pixels, ordinary)


def shows(shown: NDArray[np.uint8], pixels: NDArray[np.uint32], part: Rect) -> bool:
    """Is this part of the picture to be seen, wherever the window was?"""
    if not shown.size:
        return False
    words = np.ascontiguousarray(shown).view(np.uint32)[..., 0]
    wanted = pixels[part.y : part.y + part.height, part.x : part.x + part.width]
    ink = wanted != 0xFFFFFFFF
    places = ((PLACE.x + dx + part.x, PLACE.y + dy + part.y) for dx, dy in ((0, 0), (20, 10)))
    return any(bool((words[y : y + part.height, x : x + part.width] == wanted)[ink].mean() > 0.5) for x, y in places)


@pytest.mark.parametrize("make", [on_x11, portable])
def test_a_name_at_redacted(
    display: Display,
    monkeypatch: pytest.MonkeyPatch,
    make: Callable[[Display, Disclosure, Sight | None], Source],
) -> None:
    sight = Sight(Redactor([Names()]), Ocr)
    assert seen(display, "redacted", sight, longest_s=30, make=make) == (False, True)
    monkeypatch.setattr(layers.Coverer, "cover", lambda *_, **__: ())
    assert seen(display, "redacted", sight, make=make)[0], "without the boxes"


def test_an_application_at_redacted_where_nothing_reads(display: Display, monkeypatch: pytest.MonkeyPatch) -> None:
    assert seen(display, "redacted", None) == (False, False)
    monkeypatch.setattr(Fidelities, "during", lambda *_: EXACT)
    assert seen(display, "redacted", None)[0], "without asking which fidelity holds"


def test_an_application_at_structure(display: Display, monkeypatch: pytest.MonkeyPatch) -> None:
    assert seen(display, "structure", None) == (False, False)
    monkeypatch.setattr(layers.Flat, "_over", lambda *_: [])
    assert seen(display, "structure", None)[0], "without the blocks"


def test_a_reader_that_fails(display: Display, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers.Reader, "read", lambda *_, **__: 1 // 0)
    sight = Sight(Redactor([Names()]), Ocr)
    assert seen(display, "redacted", sight) == (False, False)
    monkeypatch.setattr(layers.Layer, "paint", lambda *_: None)
    assert seen(display, "redacted", sight)[0], "without the black"
