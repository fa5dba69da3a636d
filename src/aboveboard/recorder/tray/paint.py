"""How is text drawn without a toolkit?

With Pillow, in a font of the system where one is known to lie, else in the one that Pillow brings. Sizes are given as
at 96 dpi and multiplied by the scale.
"""

from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

PAPER, INK, SOFT, LINE, WASH = "#fbfaf7", "#1f2730", "#5d6873", "#d9d6cf", "#efede7"
ACCENT, ACCENT_WASH, ALARM = "#2d5f8b", "#e3ebf2", "#b3261e"

_FOLDERS = ("/usr/share/fonts/truetype/liberation", "/usr/share/fonts/truetype/dejavu", "/usr/share/fonts/TTF")
_FACES = {
    False: ("LiberationSans-Regular.ttf", "DejaVuSans.ttf"),
    True: ("LiberationSans-Bold.ttf", "DejaVuSans-Bold.ttf"),
}

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@lru_cache(maxsize=16)
def font(size: float, *, bold: bool = False) -> Font:
    """A sans serif face, ``size`` pixels high."""
    for name in _FACES[bold]:
        for folder in _FOLDERS:
            path = Path(folder) / name
            if path.is_file():
                return ImageFont.truetype(str(path), round(size))
    return ImageFont.load_default(round(size))


def plain(text: str) -> str:
    """One line of what can be drawn: other programs choose their titles, and line layout fails on some characters."""
    return "".join(each if each.isprintable() else " " for each in text[:400])


def fitted(text: str, face: Font, width: float) -> str:
    """``text``, cut with an ellipsis where it is wider than ``width`` pixels."""
    text = plain(text)
    if face.getlength(text) <= width:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if face.getlength(text[:middle].rstrip() + "…") <= width else (low, middle - 1)
    return text[:low].rstrip() + "…"


def wrapped(text: str, face: Font, width: float, *, lines: int) -> list[str]:
    """``text`` in at most so many lines; the last is cut where it must be."""
    out: list[str] = []
    words = plain(text).split()
    while words and len(out) < lines - 1:
        count = 1
        while count < len(words) and face.getlength(" ".join(words[: count + 1])) <= width:
            count += 1
        out.append(fitted(" ".join(words[:count]), face, width))
        words = words[count:]
    return [*out, fitted(" ".join(words), face, width)] if words else out


class Sheet:
    """A picture to draw on, measured in units of 1/96 inch."""

    def __init__(self, width: float, height: float, scale: float, *, paper: str = PAPER) -> None:
        self.scale = scale
        self.image = Image.new("RGB", (round(width * scale), round(height * scale)), paper)
        self.draw = ImageDraw.Draw(self.image)

    def text(
        self, x: float, y: float, words: str, *, size: float = 13, bold: bool = False, fill: str = INK, width: float = 0
    ) -> float:
        """Write one line with its middle at ``y``, cut at ``width`` (0: not); returns where it ends."""
        face = font(size * self.scale, bold=bold)
        shown = fitted(words, face, width * self.scale) if width else plain(words)
        self.draw.text((x * self.scale, y * self.scale), shown, font=face, fill=fill, anchor="lm")
        return x + float(face.getlength(shown)) / self.scale

    def lines(
        self, x: float, y: float, words: str, *, size: float, width: float, lines: int, fill: str = SOFT
    ) -> float:
        """Write a paragraph whose first line has its middle at ``y``; returns the middle of the line after it."""
        for line in wrapped(words, font(size * self.scale), width * self.scale, lines=lines):
            self.text(x, y, line, size=size, fill=fill)
            y += size * 1.35
        return y

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        fill: str,
        radius: float = 0,
        outline: str | None = None,
    ) -> None:
        """A rectangle, its corners rounded by ``radius``."""
        s = self.scale
        left, top = round(x * s), round(y * s)
        corners = (left, top, max(round((x + width) * s) - 1, left), max(round((y + height) * s) - 1, top))
        self.draw.rounded_rectangle(corners, radius * s, fill=fill, outline=outline, width=max(round(s), 1))

    def paste(self, picture: Image.Image, x: float, y: float) -> None:
        """Put a picture of pixels with its left upper corner there; an RGBA one lets through what is below."""
        place = (round(x * self.scale), round(y * self.scale))
        self.image.paste(picture, place, picture if picture.mode == "RGBA" else None)
