"""Half a card's number looks like none: is the line that is being typed covered until it is decided, and no other?"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from aboveboard.base.clock import SECOND_NS
from aboveboard.recorder.capture.port import Rect, WindowFacts
from aboveboard.recorder.redact.layers import COVER, word
from aboveboard.recorder.redact.pixels.ocr import Ocr
from aboveboard.recorder.redact.scope import Stacked
from aboveboard.recorder.redact.text.finding import Finding
from aboveboard.recorder.redact.veil import Sight, Veil
from samples.disclosed import app, disclosure

START = 1_000 * SECOND_NS
SCREEN = Rect(0, 0, 640, 200)
UPPER, LOWER = Rect(0, 0, 640, 90), Rect(0, 100, 640, 90)
FONT = ImageFont.truetype("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", 18)


class Nobody:
    """Finds nothing."""

    def find(self, text: str) -> list[Finding] | None:
        return []


def screen(upper: str, lower: str) -> NDArray[np.uint32]:
    image = Image.new("RGBA", (SCREEN.width, SCREEN.height), "white")
    draw = ImageDraw.Draw(image)
    draw.text((20, 30), upper, font=FONT, fill="black")
    draw.text((20, 130), lower, font=FONT, fill="black")
    return np.ascontiguousarray(np.array(image)).view(np.uint32)[..., 0]


class Shown:
    """A screen of one application whose text may be shown, and its veil."""

    def __init__(self) -> None:
        self.veil = Veil(disclosure(app("editor", screen="redacted")), Sight(Nobody(), Ocr))
        facts = WindowFacts(window_id=1, wm_class="editor", title="t", pid=7, rect=SCREEN)
        self.veil.layout(START - 10 * SECOND_NS, (Stacked(SCREEN, (SCREEN,), SCREEN, facts),))
        self.now_ns = START

    def look(self, captured: NDArray[np.uint32], changed: list[Rect]) -> NDArray[np.uint32]:
        """What is shown of it once nothing more can be."""
        for _ in range(100):
            self.now_ns += SECOND_NS // 10
            self.veil.look(captured, changed, self.now_ns, self.now_ns)
            changed = []
            if not self.veil.waiting:
                break
        painted = captured.copy()
        self.veil.paint(painted, SCREEN)
        return painted


def black(pixels: NDArray[np.uint32], rect: Rect) -> int:
    part = pixels[rect.y : rect.y + rect.height, rect.x : rect.x + rect.width]
    return int((part == word(COVER)).sum())


def test_the_line_that_is_being_typed_is_covered_until_it_is_decided() -> None:
    shown = Shown()
    before = screen("An ordinary line of text", "A line that goes")
    assert (shown.look(before, [SCREEN]) == before).all()
    shown.veil.typing(on=True)
    now = screen("An ordinary line of text", "A line that goes on and on")
    painted = shown.look(now, [Rect(180, 120, 120, 40)])
    lower = painted[LOWER.y : LOWER.y + LOWER.height]
    assert black(painted, LOWER) > 15 * 150, "the whole line"
    ink = now[LOWER.y : LOWER.y + LOWER.height] == np.uint32(0xFF000000)
    assert (lower[ink] == word(COVER)).all()
    assert (painted[: UPPER.height] == now[: UPPER.height]).all(), "and no other"
    shown.veil.typing(on=False)
    assert shown.veil.waiting
    assert (shown.look(now, []) == now).all(), "once it is decided it is shown"


def test_very_many_places_that_change_become_one() -> None:
    shown = Shown()
    before = screen("An ordinary line of text", "and another one below it")
    shown.look(before, [SCREEN])
    shown.veil.typing(on=True)
    many = [Rect(x, y, 1, 1) for x in range(0, 640, 20) for y in range(0, 200, 10)]
    painted = shown.look(before, many)
    assert black(painted, UPPER) > 1_000
    assert black(painted, LOWER) > 1_000
