"""How much larger than at 96 dots per inch are things drawn here?

X11 has one answer for the whole desktop, and several who may give it. The first that does is believed:

1. the settings that the desktop gives to every toolkit (XSETTINGS): ``Gdk/WindowScalingFactor``, if 2 or more;
2. the same settings' ``Xft/DPI``, in 1024ths of a dot per inch;
3. ``Xft.dpi`` among the X resources (the root window's ``RESOURCE_MANAGER``);
4. the size in millimetres that the server claims for the whole screen, if both directions agree within a tenth and the
   result is plausible: this is what programs that know nothing better draw by. Servers claim 96 dpi unless told
   otherwise; what a monitor says of its own size is not believed, as nothing is drawn by it;
5. else 1.

Positions and sizes in a recording are pixels whatever the scale is. Parsing has limits: other programs wrote the bytes.
"""

import re
import struct

from aboveboard.recorder.capture.port import Rect

LIMIT_BYTES = 64 * 1024
"""More than this of either source is not read."""
LEAST, MOST = 0.5, 16.0
_SETTINGS_LIMIT = 1000
_NORMAL_DPI = 96.0
_PLAUSIBLE_DPI = (48.0, 600.0)
_RESOURCE = re.compile(rb"^Xft\.dpi:[ \t]*([0-9]{1,4}(?:\.[0-9]{1,6})?)[ \t]*$", re.MULTILINE)
_INTEGER, _STRING, _COLOUR = 0, 1, 2


def scale_of(settings: bytes, resources: bytes, pixels: tuple[int, int], millimetres: tuple[int, int]) -> float:
    """The scale by the rule above; ``settings`` and ``resources`` are the raw properties, empty if there are none."""
    known = integers(settings)
    factor, dpi = known.get("Gdk/WindowScalingFactor", 0), known.get("Xft/DPI", 0) / 1024
    if 2 <= factor <= MOST:
        return float(factor)
    found = _RESOURCE.search(resources[:LIMIT_BYTES])
    for candidate in (dpi, float(found[1]) if found else 0.0, _claimed_dpi(pixels, millimetres)):
        scale = round(candidate / _NORMAL_DPI, 2)
        if LEAST <= scale <= MOST:
            quarters = round(scale * 4) / 4
            # Millimetres are whole, and settings were made by hand: what is nearly a usual scale is meant to be it.
            return quarters if abs(scale - quarters) < 0.03 else scale
    return 1.0


def integers(settings: bytes) -> dict[str, int]:
    """The whole numbers among XSETTINGS; empty if the bytes are damaged before any was read."""
    found: dict[str, int] = {}
    if len(settings) < 12 or len(settings) > LIMIT_BYTES:
        return found
    order = ">" if settings[0] else "<"
    (count,) = struct.unpack_from(f"{order}I", settings, 8)
    place = 12
    try:
        for _ in range(min(count, _SETTINGS_LIMIT)):
            kind, length = struct.unpack_from(f"{order}BxH", settings, place)
            name = settings[place + 4 : place + 4 + length].decode("ascii", "replace")
            place += 4 + _padded(length) + 4
            if kind == _INTEGER:
                (found[name],) = struct.unpack_from(f"{order}i", settings, place)
                place += 4
            elif kind == _STRING:
                (length,) = struct.unpack_from(f"{order}I", settings, place)
                place += 4 + _padded(length)
            elif kind == _COLOUR:
                place += 8
            else:
                break
    except struct.error:
        pass
    return found


def reported_scale(reported: Rect, pixels: Rect) -> float:
    """By what an application's accessible places are to be multiplied to be pixels.

    GTK 3 tells places in units of its own scale, Chromium does for all but its pages, others speak in pixels, and none
    says which. A window shows it: ``reported`` is what its accessible object claims to cover, ``pixels`` what the X
    server says it covers. The answer is a whole number, or 1 if the two are not in a proportion that a scale could
    explain. What is inside a web document is in pixels already.
    """
    if min(reported.width, reported.height, pixels.width, pixels.height) <= 0:
        return 1.0
    across, down = pixels.width / reported.width, pixels.height / reported.height
    nearest = round((across + down) / 2)
    # Shadows and borders that one of the two counts and the other does not make a difference of some pixels.
    fits = all(abs(ratio - nearest) < 0.25 * nearest for ratio in (across, down))
    return float(nearest) if fits and 1 < nearest <= MOST else 1.0


def _claimed_dpi(pixels: tuple[int, int], millimetres: tuple[int, int]) -> float:
    if min(*pixels, *millimetres) <= 0:
        return 0.0
    across, down = (count * 25.4 / size for count, size in zip(pixels, millimetres, strict=True))
    low, high = _PLAUSIBLE_DPI
    agree = abs(across - down) <= 0.1 * max(across, down)
    return (across + down) / 2 if agree and low <= across <= high else 0.0


def _padded(length: int) -> int:
    return (length + 3) & ~3
