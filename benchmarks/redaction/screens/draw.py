"""Test screens that are drawn: many of them in little time, with all that is on them known to the pixel.

Each is a desktop of windows side by side: a terminal, a mail, a table, a form, a notepad; light or dark, in several
fonts and sizes, plain or scaled as for a dense display.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from random import Random

import numpy as np
from benchmarks.redaction.screens.planted import LABELS, Token, line, planted, words
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from aboveboard.recorder.capture.port import Rect

FONTS = "/usr/share/fonts/truetype/"
PROPORTIONAL = (
    "liberation/LiberationSans-Regular.ttf",
    "liberation/LiberationSerif-Regular.ttf",
    "dejavu/DejaVuSans.ttf",
)
FIXED = ("liberation/LiberationMono-Regular.ttf", "dejavu/DejaVuSansMono.ttf")
THEMES = {
    "light": ("#ffffff", "#1a1a1a", "#d0d0d0"),
    "dark": ("#1e1e1e", "#d4d4d4", "#3c3c3c"),
    "blue": ("#0b2545", "#f4f4f4", "#2c5282"),
    "soft": ("#f5f2e8", "#55524a", "#cdc8b8"),
}
KINDS = ("terminal", "mail", "table", "form", "notepad")
SCALES = (1.0, 1.0, 1.0, 1.5, 2.0)
WINDOW = (640, 400)


@dataclass
class Written:
    """A token and where it is on the picture."""

    token: Token
    rect: Rect


@dataclass
class Screen:
    """``pixels``: (height, width) as the recorder has them. ``about``: what it is, for the report."""

    pixels: NDArray[np.uint32]
    written: list[Written] = field(default_factory=list)
    about: str = ""


@cache
def _font(path: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONTS + path, size)


class _Pen:
    """Writes on a picture and notes what is where."""

    def __init__(self, draw: ImageDraw.ImageDraw, font: ImageFont.FreeTypeFont, colour: str) -> None:
        self.draw, self.font, self.colour = draw, font, colour
        self.written: list[Written] = []

    def write(self, x: int, y: int, tokens: list[Token], right: int) -> None:
        """From (x, y) on, as far as there is room."""
        for token in tokens:
            width = round(self.font.getlength(token.text))
            if x + width > right:
                return
            self.draw.text((x, y), token.text, font=self.font, fill=self.colour)
            left, top, end, bottom = self.font.getbbox(token.text)
            self.written.append(Written(token, Rect(x + int(left), y + int(top), int(end - left), int(bottom - top))))
            x += width + round(self.font.getlength(" "))


def screens(seed: int, count: int) -> Iterator[Screen]:
    """``count`` desktops of two windows each."""
    for number in range(count):
        random = Random(f"{seed}-{number}")
        scale = random.choice(SCALES)
        width, height = round(WINDOW[0] * scale), round(WINDOW[1] * scale)
        picture = Image.new("RGB", (2 * width, height), "#808080")
        made = Screen(np.zeros((0, 0), np.uint32), about=f"x{scale}")
        for side in range(2):
            made.about += " " + _window(random, picture, Rect(side * width, 0, width, height), scale, made.written)
        rgb = np.asarray(picture).astype(np.uint32)
        made.pixels = rgb[..., 2] | rgb[..., 1] << 8 | rgb[..., 0] << 16 | np.uint32(0xFF000000)
        yield made


def _window(random: Random, picture: Image.Image, rect: Rect, scale: float, written: list[Written]) -> str:
    kind, theme = random.choice(KINDS), random.choice(list(THEMES))
    ground, ink, rule = THEMES[theme]
    size = round(random.choice((11, 12, 13, 14, 16)) * scale)
    font = _font(random.choice(FIXED if kind in ("terminal", "notepad") else PROPORTIONAL), size)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((rect.x, rect.y, rect.x + rect.width - 1, rect.y + rect.height - 1), fill=ground, outline=rule)
    pen = _Pen(draw, font, ink)
    pitch = round(size * (1.2 if kind == "terminal" else 1.5))
    left, top = rect.x + round(8 * scale), rect.y + round(8 * scale)
    right, bottom = rect.x + rect.width - round(6 * scale), rect.y + rect.height - pitch
    if kind == "form":
        _form(random, pen, Rect(left, top, right - left, bottom - top), pitch, rule)
    elif kind == "table":
        _table(random, pen, Rect(left, top, right - left, bottom - top), pitch, rule)
    else:
        for y in range(top, bottom, pitch):
            pen.write(left, y, line(random), right)
    written += pen.written
    return f"{kind}/{theme}/{size}"


def _form(random: Random, pen: _Pen, rect: Rect, pitch: int, rule: str) -> None:
    """Labels with fields in frames."""
    for y in range(rect.y, rect.y + rect.height - pitch, 2 * pitch):
        kind = random.choice(list(LABELS))
        middle = rect.x + rect.width // 3
        pen.write(rect.x, y + 4, [Token(word) for word in LABELS[kind].split()], middle)
        pen.draw.rectangle((middle, y, rect.x + rect.width - 4, y + pitch + 6), outline=rule)
        pen.write(middle + 7, y + 4, [planted(random, kind)], rect.x + rect.width - 8)


def _table(random: Random, pen: _Pen, rect: Rect, pitch: int, rule: str) -> None:
    """Three columns of cells in rules, each of one kind."""
    kinds = [random.choice(list(LABELS)), None, random.choice(list(LABELS))]
    width = rect.width // 3
    for row, y in enumerate(range(rect.y, rect.y + rect.height - pitch, pitch + 6)):
        for column, kind in enumerate(kinds):
            x = rect.x + column * width
            pen.draw.rectangle((x, y, x + width, y + pitch + 6), outline=rule)
            head = [Token(word) for word in (LABELS[kind] if kind else "Status").split()]
            cell = [planted(random, kind)] if kind else words(random, 2)
            pen.write(x + 6, y + 4, cell if row else head, x + width - 4)
