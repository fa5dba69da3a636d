"""What can the person do from the tray?

One model for every kind of tray. What cannot be undone has a second step of its own. Ids never change their meaning: a
panel may answer to a menu that it read a while ago.
"""

import textwrap
from dataclasses import dataclass
from typing import Literal

from aboveboard.recorder.notices import Told
from aboveboard.recorder.tray.view import View

NOTICES, LINES, WIDTH = 1000, 8, 64
"""Where the ids of notices begin; how many lines of a notice the menu shows, and how long they are."""

Action = Literal[
    "pause_5",
    "pause_60",
    "pause",
    "resume",
    "discard",
    "live",
    "send",
    "stop",
    "seen",
    "told",
    "concerns",
    "task_begins",
    "task_done",
    "task_not_done",
    "task_words",
]


@dataclass(frozen=True)
class Item:
    """``action`` is what choosing it does; one without is words, a separator (no label) or opens ``children``."""

    item_id: int
    label: str = ""
    action: Action | None = None
    enabled: bool = True
    children: tuple["Item", ...] = ()

    @property
    def separator(self) -> bool:
        """A line between groups?"""
        return not self.label


def _marking(*, page: bool) -> Item:
    words = Item(32, "Say what it is…", "task_words")
    return Item(
        26,
        "Mark a task…",
        children=(
            Item(27, "A task begins now", "task_begins"),
            Item(28, "The task ends now, done", "task_done"),
            Item(29, "The task ends now, not done", "task_not_done"),
            words if page else Item(31, "To say what it is: 'aboveboard mark'", enabled=False),
        ),
    )


def menu_of(view: View, *, minutes: float = 10, told: Told | None = None, page: bool = False) -> tuple[Item, ...]:
    """The menu for a view; ``minutes`` is what one discard deletes. ``told``: a notice that was not seen yet; ``page``:
    the person's page can be opened."""
    words = [Item(1, view.title, enabled=False), Item(5, view.sentence, enabled=False)]
    words += [Item(100 + number, note, enabled=False) for number, note in enumerate(view.notes[:3])]
    if view.shape == "paused" and view.paused_elsewhere:
        pausing = [Item(12, "Resume where you paused: your page, or 'aboveboard resume'", enabled=False)]
    elif view.shape == "paused":
        pausing = [Item(13, "Resume", "resume")]
    else:
        pausing = [
            Item(10, "Pause for 5 minutes", "pause_5"),
            Item(11, "Pause for 1 hour", "pause_60"),
            Item(14, "Pause until I resume", "pause"),
        ]
    last = f"the last {minutes:g} minutes"
    return (
        *words,
        *([Item(6), _notice(told, page=page)] if told is not None else []),
        Item(2),
        *pausing,
        Item(3),
        Item(
            20,
            f"Delete {last}…",
            children=(
                Item(22, "What has left this machine already is not touched", enabled=False),
                Item(21, f"Delete {last} now", "discard"),
            ),
        ),
        Item(23, "What is being captured…", "live"),
        Item(24, "Send now what is held here", "send"),
        *([_marking(page=page)] if view.shape == "recording" else []),
        *([Item(25, "Raise a concern…", "concerns")] if page else []),
        Item(4),
        Item(30, "Stop recording", "stop"),
    )


def _notice(told: Told, *, page: bool) -> Item:
    """The notice; its ids are its own, so that a menu read a while ago never says "seen" of another."""
    first = NOTICES + told.number * (LINES + 8)
    text = textwrap.wrap(" ".join(told.notice.text.split()), WIDTH)
    lines = [Item(first + 3 + number, line, enabled=False) for number, line in enumerate(text[:LINES])]
    if len(text) > LINES:
        lines.append(Item(first + 3 + LINES, "… the rest is on your page", enabled=False))
    more = f" (and {told.left - 1} more)" if told.left > 1 else ""
    return Item(
        first,
        f"{textwrap.shorten(told.headline, WIDTH, placeholder='…')}{more}",
        children=(
            *lines,
            *([Item(first + 1, "Read it on your page", "told")] if page else []),
            Item(first + 2, "I have seen this", "seen"),
        ),
    )


def find(items: tuple[Item, ...], item_id: int) -> Item | None:
    """The item with this id, at any depth."""
    for item in items:
        found = item if item.item_id == item_id else find(item.children, item_id)
        if found is not None:
            return found
    return None
