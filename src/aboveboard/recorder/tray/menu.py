"""What can the person do from the tray?

One model for every kind of tray. What cannot be undone has a second step of its own. Ids never change their meaning: a
panel may answer to a menu that it read a while ago.
"""

from dataclasses import dataclass
from typing import Literal

from aboveboard.recorder.tray.view import View

Action = Literal["pause_5", "pause_60", "pause", "resume", "discard", "live", "send", "stop"]


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


def menu_of(view: View, *, minutes: float = 10) -> tuple[Item, ...]:
    """The menu for a view; ``minutes`` is what one discard deletes."""
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
        Item(4),
        Item(30, "Stop recording", "stop"),
    )


def find(items: tuple[Item, ...], item_id: int) -> Item | None:
    """The item with this id, at any depth."""
    for item in items:
        found = item if item.item_id == item_id else find(item.children, item_id)
        if found is not None:
            return found
    return None
