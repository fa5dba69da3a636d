"""What did the person do, as lines of text under the film?

Typed keys are joined to words and steps of the wheel to one turn, keys held with Control, Alt or Super are named as
shortcuts, and what was left out of the recording is said too. Pure: events in, captions out.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from aboveboard.base.clock import MILLISECOND_NS
from aboveboard.formats.recording import Button, Covered, Event, Key, KeyCount, Marker, Pointer, Scroll, Timed, Window

WORD_GAP_NS = 1_000 * MILLISECOND_NS
SHOWN_NS = 1_500 * MILLISECOND_NS
"""How long a caption stays after its event."""
LINE_LIMIT = 60

BUTTONS = {1: "left click", 2: "middle click", 3: "right click", 8: "back button", 9: "forward button"}
HELD = ("Control", "Alt", "Super")
SILENT_KEYS = frozenset(
    f"{name}_{side}" for name in ("Shift", "Control", "Alt", "Super", "Meta", "Hyper") for side in "LR"
) | {"ISO_Level3_Shift"}


@dataclass(frozen=True)
class Caption:
    """``text`` is shown from ``start_ns`` to ``end_ns`` (wall time)."""

    start_ns: int
    end_ns: int
    text: str


def captions(events: Iterable[Timed]) -> Iterator[Caption]:
    """The captions of ``events`` (in order of time), in order of their start.

    Releases, motion and repeated descriptions of the same window say nothing new and make no caption.
    """
    word, begun_ns, last_ns = "", 0, 0
    window: tuple[str, str] | None = None
    for timed, end_ns in _turned(events):
        typed = _typed(timed.event)
        if typed is not None:
            full = len(word) >= LINE_LIMIT or timed.time_ns - last_ns > WORD_GAP_NS
            if word and (full or (word[-1].isspace() and not typed.isspace())):
                yield _typed_caption(begun_ns, last_ns, word)
                word = ""
            begun_ns = begun_ns if word else timed.time_ns
            word, last_ns = word + typed, timed.time_ns
            continue
        if isinstance(timed.event, Window):
            shown = (timed.event.app, timed.event.title)
            if shown == window:
                continue
            window = shown
        text = _describe(timed.event)
        if not text:
            continue
        if word:
            yield _typed_caption(begun_ns, last_ns, word)
            word = ""
        yield Caption(timed.time_ns, end_ns + SHOWN_NS, text)
    if word:
        yield _typed_caption(begun_ns, last_ns, word)


def _turned(events: Iterable[Timed]) -> Iterator[tuple[Timed, int]]:
    """The events and their last moments, with steps of the wheel that follow each other the same way as one."""
    turn: tuple[Timed, int] | None = None
    for timed in events:
        event = timed.event
        if isinstance(event, Scroll):
            joined = _joined(turn, timed)
            if turn is not None and joined is None:
                yield turn
            turn = (joined or timed), timed.time_ns
        else:
            if turn is not None and not isinstance(event, Pointer):
                yield turn
                turn = None
            yield timed, timed.time_ns
    if turn is not None:
        yield turn


def _joined(turn: tuple[Timed, int] | None, step: Timed) -> Timed | None:
    """The turn with one step more; ``None`` if that is another turn."""
    if turn is None or step.time_ns - turn[1] > WORD_GAP_NS:
        return None
    before, after = turn[0].event, step.event
    if not (isinstance(before, Scroll) and isinstance(after, Scroll)):
        return None
    if before.dx * after.dx < 0 or before.dy * after.dy < 0 or bool(before.dx) != bool(after.dx):
        return None
    far = Scroll(dx=before.dx + after.dx, dy=before.dy + after.dy, x=before.x, y=before.y)
    return Timed(turn[0].time_ns, far)


def _typed_caption(begun_ns: int, last_ns: int, word: str) -> Caption:
    return Caption(begun_ns, last_ns + SHOWN_NS, f"type: {word}")


def _typed(event: Event) -> str | None:
    """The characters that this event types, or ``None`` if it is not a typing key."""
    if isinstance(event, Covered) and event.remains:
        return event.placeholder
    if not isinstance(event, Key) or not event.pressed or not event.text.isprintable() or not event.text:
        return None
    return None if any(held in event.modifiers for held in HELD) else event.text


def _describe(event: Event) -> str:
    match event:
        case Button(pressed=True):
            name = BUTTONS.get(event.button, f"button {event.button}")
            return f"{name} at {event.x}, {event.y}"
        case Scroll():
            ways = [("down", event.dy), ("up", -event.dy), ("right", event.dx), ("left", -event.dx)]
            return "scroll " + " ".join(f"{way} {steps:g}" for way, steps in ways if steps > 0)
        case Key(pressed=True) if event.name not in SILENT_KEYS:
            return "key: " + "+".join([*(held for held in (*HELD, "Shift") if held in event.modifiers), event.name])
        case Covered():
            return f"typed and took back: {event.placeholder}"
        case KeyCount() if event.presses:
            return f"{event.presses} keys pressed"
        case Window():
            return "window: " + " — ".join(part for part in (event.app, event.title) if part)
        case Marker(kind="suppressed" | "gap" | "paused"):
            return "not recorded: " + event.reason.replace("_", " ")
    return ""
