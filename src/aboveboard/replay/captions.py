"""What did the person do, as lines of text under the film?

Typed keys are joined to words, keys held with Control, Alt or Super are named as shortcuts, and what was left out of
the recording is said too. Pure: events in, captions out.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from aboveboard.base.clock import MILLISECOND_NS
from aboveboard.formats.recording import Button, Event, Key, KeyCount, Marker, Scroll, Timed, Window

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
    for timed in events:
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
        yield Caption(timed.time_ns, timed.time_ns + SHOWN_NS, text)
    if word:
        yield _typed_caption(begun_ns, last_ns, word)


def _typed_caption(begun_ns: int, last_ns: int, word: str) -> Caption:
    return Caption(begun_ns, last_ns + SHOWN_NS, f"type: {word}")


def _typed(event: Event) -> str | None:
    """The characters that this event types, or ``None`` if it is not a typing key."""
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
        case KeyCount() if event.presses:
            return f"{event.presses} keys pressed"
        case Window():
            return "window: " + " — ".join(part for part in (event.app, event.title) if part)
        case Marker(kind="suppressed" | "gap" | "paused"):
            return "not recorded: " + event.reason.replace("_", " ")
    return ""
