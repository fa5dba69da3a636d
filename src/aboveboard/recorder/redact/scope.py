"""Which pixels belong to windows that may be recorded?

Pure arithmetic on rectangles. The windows are walked from the top of the stack down. Each takes away what it covers;
one in scope keeps what was still uncovered. So a pixel is visible only if the topmost window over it is in scope, and
what no window covers (the desktop) never is. What is not visible is never even read from the display server.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from aboveboard.formats.disclosure import AppRule, Disclosure
from aboveboard.recorder.capture.port import Rect, WindowFacts
from aboveboard.rules.disclosure import find_app, may_capture_screen

Seen = Literal["none", "structure", "redacted", "pictured", "exact"]
"""What is disclosed of the screen, least to most; ``pictured``: ``redacted``, and photographs and films are shown."""

PIECES_LIMIT = 2000
"""With more free rectangles than this nothing is visible: deciding would cost more than the frame is worth."""


@dataclass(frozen=True)
class Stacked:
    """One mapped child of the root window.

    ``outer`` is all it covers, its border included. ``shape`` are the parts of ``outer`` that it really paints (one
    rectangle equal to ``outer`` unless it is shaped). ``content`` is the client's own area, without decorations.
    ``client`` is whose window it is, ``None`` where that is not known; a menu's client is the window that opened it.
    """

    outer: Rect
    shape: tuple[Rect, ...]
    content: Rect
    client: WindowFacts | None


@dataclass(frozen=True)
class Active:
    """Which window is active. ``keys_elsewhere``: another client has grabbed the keyboard."""

    window: WindowFacts | None
    keys_elsewhere: bool = False


def intersect(a: Rect, b: Rect) -> Rect | None:
    """What both cover; ``None`` if nothing."""
    # Asked some dozen times for each frame: comparing takes a third of the time of ``max`` and ``min``.
    (ax, ay, a_width, a_height), (bx, by, b_width, b_height) = a, b
    left, top = ax if ax > bx else bx, ay if ay > by else by
    a_right, b_right, a_below, b_below = ax + a_width, bx + b_width, ay + a_height, by + b_height
    width = (a_right if a_right < b_right else b_right) - left
    height = (a_below if a_below < b_below else b_below) - top
    return Rect(left, top, width, height) if width > 0 and height > 0 else None


def subtract(rect: Rect, hole: Rect) -> tuple[Rect, ...]:
    """``rect`` without ``hole``: up to four disjoint rectangles (above, below, left, right)."""
    cut = intersect(rect, hole)
    if cut is None:
        return (rect,)
    below, right = cut.y + cut.height, cut.x + cut.width
    pieces = (
        Rect(rect.x, rect.y, rect.width, cut.y - rect.y),
        Rect(rect.x, below, rect.width, rect.y + rect.height - below),
        Rect(rect.x, cut.y, cut.x - rect.x, cut.height),
        Rect(right, cut.y, rect.x + rect.width - right, cut.height),
    )
    return tuple(piece for piece in pieces if piece.width > 0 and piece.height > 0)


def subtract_all(rects: Iterable[Rect], holes: Iterable[Rect]) -> list[Rect]:
    """``rects`` without any of ``holes``."""
    left = list(rects)
    for hole in holes:
        x, y, width, height = hole
        right, below = x + width, y + height
        # Most touch nothing: a comparison takes a tenth of cutting.
        if any(one.x < right and x < one.x + one.width and one.y < below and y < one.y + one.height for one in left):
            left = [piece for rect in left for piece in subtract(rect, hole)]
    return left


def intersect_all(rects: Iterable[Rect], others: Sequence[Rect]) -> list[Rect]:
    """What one of ``rects`` and one of ``others`` cover; disjoint if both are disjoint in themselves."""
    found = (intersect(rect, other) for rect in rects for other in others)
    return [rect for rect in found if rect is not None]


def contains(rect: Rect, x: int, y: int) -> bool:
    """Is the pixel (x, y) in ``rect``?"""
    return rect.x <= x < rect.x + rect.width and rect.y <= y < rect.y + rect.height


def rule_of(window: WindowFacts | None, disclosure: Disclosure) -> AppRule | None:
    """The rule that the window's application is recorded under; ``None``: it is out of scope."""
    return None if window is None else find_app(disclosure, window.wm_class)


def seen_at(rule: AppRule) -> Seen:
    """How closely the pixels of this application come out."""
    return "pictured" if rule.screen == "redacted" and rule.pictures == "shown" else rule.screen


def shown(stack: Sequence[Stacked], screen: Rect, disclosure: Disclosure) -> tuple[tuple[Seen, Rect], ...]:
    """The disjoint rectangles of ``screen`` that may be read, each with the fidelity disclosed for what is there.

    ``stack`` is ordered from the bottom to the top.

    1. What an upper window covers is taken from the lower ones: all of ``outer`` if it is out of scope, since its
       shape could change the next moment; only its shape if it is in scope, since a hole shows what is below.
    2. A window whose rule allows the screen keeps its content, or all of itself if its title is disclosed too.
    """
    free = [screen]
    seen: list[tuple[Seen, Rect]] = []
    for window in reversed(stack):
        rule = rule_of(window.client, disclosure)
        painted = window.shape if rule is not None else (window.outer,)
        if rule is not None and may_capture_screen(rule).allowed:
            kept = painted if _with_title(rule) else intersect_all(painted, [window.content])
            seen += [(seen_at(rule), rect) for rect in intersect_all(free, kept)]
        free = subtract_all(free, painted)
        if len(free) > PIECES_LIMIT or len(seen) > PIECES_LIMIT:
            return ()
        if not free:
            break
    return tuple(seen)


def visible(stack: Sequence[Stacked], screen: Rect, disclosure: Disclosure) -> tuple[Rect, ...]:
    """As :func:`shown`, at whatever fidelity."""
    return tuple(rect for _, rect in shown(stack, screen, disclosure))


def _with_title(rule: AppRule) -> bool:
    """May the frame that the window manager draws be seen? It shows the title, as closely as the screen is shown."""
    return rule.window == "exact" or (rule.window == "redacted" and rule.screen != "exact")


def client_at(stack: Sequence[Stacked], x: int, y: int) -> WindowFacts | None:
    """Whose window is topmost at (x, y); ``None`` over the desktop or a window of unknown owner."""
    for window in reversed(stack):
        if contains(window.outer, x, y) and any(contains(part, x, y) for part in window.shape):
            return window.client
    return None
