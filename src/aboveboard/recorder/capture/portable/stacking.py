"""What do the windows of Windows and of macOS have in common?

Both draw them with round corners, through which the window below shows; both draw with animations that their own
account of the windows does not tell (see ``portable.picture``).
"""

from aboveboard.formats.recording import Monitor
from aboveboard.recorder.capture.port import Rect


def rounded(rect: Rect, radius: int) -> tuple[Rect, ...]:
    """``rect`` without the squares at its corners, where it may not be what one sees."""
    if rect.width <= 2 * radius or rect.height <= 2 * radius:
        return ()
    inner = rect.width - 2 * radius
    return (
        Rect(rect.x + radius, rect.y, inner, radius),
        Rect(rect.x, rect.y + radius, rect.width, rect.height - 2 * radius),
        Rect(rect.x + radius, rect.y + rect.height - radius, inner, radius),
    )


def monitors_by_mss() -> tuple[Monitor, ...]:
    """The monitors, as ``mss`` finds them; how large things are drawn on them it does not say."""
    import mss

    with mss.MSS() as found:
        return tuple(
            Monitor(name=f"{number}", x=one["left"], y=one["top"], width=one["width"], height=one["height"])
            for number, one in enumerate(found.monitors[1:], start=1)
        )
