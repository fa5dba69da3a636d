"""What does each state look like, at any size?

A light disc in a dark ring, so that it shows on any panel, and in it a shape that needs no colour to be told apart: a
solid dot (recording), two bars (paused), nothing (not recording), an exclamation mark (something is wrong).
"""

from functools import lru_cache

from PIL import Image, ImageDraw

from aboveboard.recorder.tray.view import Shape

RING, DISC, DOT, WARM = "#3b4754", "#fbfaf7", "#cf1f35", "#f6c945"
_FINER = 4
"""Drawn so many times larger, then reduced: smooth edges."""


@lru_cache(maxsize=32)
def icon(shape: Shape, size: int, *, marked: bool = False) -> Image.Image:
    """RGBA, ``size`` × ``size`` pixels; not to be drawn on."""
    full = size * _FINER
    image = Image.new("RGBA", (full, full), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    unit = full / 24
    ring = 2.4 if shape != "waiting" else 2.8
    draw.ellipse(_box(12, 12, 11.3, unit), fill=RING)
    draw.ellipse(_box(12, 12, 11.3 - ring, unit), fill=WARM if shape == "problem" else DISC)
    if shape == "recording":
        draw.ellipse(_box(12, 12, 6.2, unit), fill=DOT)
    elif shape == "paused":
        for left in (7.6, 13.4):
            draw.rounded_rectangle((left * unit, 6.8 * unit, (left + 3) * unit, 17.2 * unit), unit * 0.8, fill=RING)
    elif shape == "problem":
        _exclamation(draw, 12, 12, 1.0, unit)
    if marked:
        draw.ellipse(_box(18.2, 18.2, 5.8, unit), fill=RING)
        draw.ellipse(_box(18.2, 18.2, 4.7, unit), fill=WARM)
        _exclamation(draw, 18.2, 18.2, 0.52, unit)
    return image.resize((size, size), Image.Resampling.LANCZOS)


def argb_bytes(image: Image.Image) -> bytes:
    """As trays on D-Bus want it: alpha, red, green, blue, a byte each."""
    red, green, blue, alpha = image.split()
    return Image.merge("RGBA", (alpha, red, green, blue)).tobytes()


def _box(x: float, y: float, radius: float, unit: float) -> tuple[float, float, float, float]:
    return ((x - radius) * unit, (y - radius) * unit, (x + radius) * unit, (y + radius) * unit)


def _exclamation(draw: ImageDraw.ImageDraw, x: float, y: float, scale: float, unit: float) -> None:
    half, top, foot = 1.5 * scale, y - 6.0 * scale, y + 1.6 * scale
    draw.rounded_rectangle(
        ((x - half) * unit, top * unit, (x + half) * unit, foot * unit), half * unit * 0.9, fill=RING
    )
    draw.ellipse(_box(x, y + 4.6 * scale, 1.75 * scale, unit), fill=RING)
