"""Does a small photograph come out of a screen that is `redacted`? Run with the protection removed, and as built.

A large one is ink that nobody can read, and covered as that. A small one, as beside a message, is as high as a line: it
is read, no text is found in it, and that is what is shown.
"""

import time
from collections.abc import Iterator

import numpy as np
import pytest
from benchmarks.redaction.pictures import head, words_of
from numpy.typing import NDArray
from PIL import Image

from aboveboard.formats.disclosure import Disclosure
from aboveboard.recorder.capture import x11
from aboveboard.recorder.capture.port import Rect, Source
from aboveboard.recorder.capture.portable.parts import x11_parts
from aboveboard.recorder.capture.portable.source import PortableSource
from aboveboard.recorder.redact.pixels.ocr import Ocr
from aboveboard.recorder.redact.pixels.pictures import Pictures
from aboveboard.recorder.redact.text.finding import Finding
from aboveboard.recorder.redact.veil import Sight
from aboveboard.stage.display import Display
from samples.disclosed import app, disclosure
from samples.screen_text import SANS, Picture
from samples.written_windows import WrittenWindows
from samples.x_windows import Collected, until

# On X11, pynput's threads say on stderr that the display ended; the source says it through failure().
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")

PLACE = Rect(40, 30, 420, 160)
HEAD = Rect(20, 50, 56, 56)


class Nothing:
    """Finds nothing."""

    def find(self, text: str) -> list[Finding]:
        return []


@pytest.fixture(scope="module")
def display() -> Iterator[Display]:
    with Display(width=640, height=360) as started:
        yield started


def page() -> tuple[NDArray[np.uint32], Rect]:
    """A photograph of a head beside a line of text, and where that line is."""
    picture = Picture(PLACE.width, PLACE.height)
    line = picture.write(100, 70, "the picture of our summer party", font=SANS, size=15)
    pixels = picture.pixels
    drawn = head(np.random.default_rng(3), HEAD.height, HEAD.width)
    cut(pixels, HEAD)[:] = words_of(Image.fromarray(np.clip(drawn, 0, 255).astype(np.uint8)))
    return pixels, line


def made(kind: str, display: Display, disclosed: Disclosure) -> Source:
    sight = Sight(Nothing(), Ocr)
    if kind == "x11":
        return x11.X11Source(display.name, disclosed, sight=sight)
    return PortableSource(x11_parts(display.name), disclosed, sight=sight)


def shown_once_read(display: Display, kind: str, *, longest_s: float = 0.0) -> tuple[float, float]:
    """The largest share of the photograph in any frame; and when it was more than half, in seconds from the start.

    It is looked for until the line beside it was read, and so long from the start at least.
    """
    pixels, line = page()
    sink, client = Collected(), WrittenWindows(display.name)
    window = client.written(PLACE, pixels, "Letters")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DISPLAY", display.name)
        source = made(kind, display, disclosure(app("Letters", screen="redacted")))
        source.start(sink)
    begun_s = time.monotonic()

    def there(part: Rect) -> float:
        if not sink.shown.size:
            return 0.0
        words = np.ascontiguousarray(sink.shown).view(np.uint32)[..., 0]
        at = Rect(PLACE.x + part.x, PLACE.y + part.y, part.width, part.height)
        return float((cut(words, at) & 0xFFFFFF == cut(pixels, part) & 0xFFFFFF).mean())

    most, came_s = 0.0, float("inf")

    def done() -> bool:
        nonlocal most, came_s
        most = max(most, there(HEAD))
        passed_s = time.monotonic() - begun_s
        came_s = min(came_s, passed_s) if most > 0.5 else came_s
        return there(line) > 0.9 and passed_s > longest_s if longest_s else most > 0.5

    try:
        until(done, "the screen was read", limit_s=60)
    finally:
        source.stop()
        client.close(window)
        client.disconnect()
    assert source.failure() is None
    return most, came_s


def cut(pixels: NDArray[np.uint32], rect: Rect) -> NDArray[np.uint32]:
    return pixels[rect.y : rect.y + rect.height, rect.x : rect.x + rect.width]


@pytest.mark.parametrize("kind", ["x11", "portable"])
def test_a_small_photograph_never_comes_out(display: Display, kind: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Pictures, "places", lambda *_: [])
        most, came_s = shown_once_read(display, kind)
    assert most > 0.5, "without looking for pictures"
    most, _ = shown_once_read(display, kind, longest_s=came_s * 1.5 + 0.5)
    assert most < 0.01
