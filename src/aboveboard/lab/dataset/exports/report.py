"""What came along in an export, and what could not?"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from aboveboard.formats.trajectory import Episode, Step
from aboveboard.lab.dataset.read import Dataset
from aboveboard.replay.pixels import encode_png

Put = Callable[[str, bytes], None]
"""Keeps a file of the export: its relative path and its plain bytes; whoever gives it seals them."""


@dataclass
class Report:
    """``steps`` that came along whole or in part; ``left_out`` counts the others by reason. ``lessened`` counts what of
    the steps that came along could not be expressed. ``steps + sum(left_out.values())`` is all steps of the data set,
    where a format has steps; ``events`` likewise, where it has events."""

    steps: int = 0
    events: int = 0
    files: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    lessened: Counter[str] = field(default_factory=Counter)

    def lessen_assisted(self, step: Step) -> None:
        """The format cannot say that a policy did this step, what it was about to do when the person did it, or that a
        model took it from a film."""
        self.lessened["by_policy"] += step.by == "policy"
        self.lessened["by_model"] += step.by == "model"
        self.lessened["proposed"] += step.proposed is not None


def episodes(data: Dataset) -> Iterator[tuple[Episode, list[Step]]]:
    """Each episode with its steps; the steps of one session are in memory at a time."""
    steps = data.steps()
    waiting = next(steps, None)
    for episode in data.episodes():
        own: list[Step] = []
        while waiting is not None and len(own) < episode.steps:
            own.append(waiting)
            waiting = next(steps, None)
        yield episode, own


class Pngs:
    """Frames as PNG; the last few are kept, since steps in a row often show the same."""

    def __init__(self, data: Dataset) -> None:
        self._data = data
        self._kept: dict[str, bytes] = {}

    def __call__(self, sha256: str) -> bytes:
        if sha256 not in self._kept:
            if len(self._kept) > 8:
                self._kept.pop(next(iter(self._kept)))
            self._kept[sha256] = encode_png(self._data.frame(sha256))
        return self._kept[sha256]


def name_of(episode: Episode) -> str:
    """What an episode is called in files: its session and its place in it."""
    return f"{episode.session_id}-{episode.index:05}"


def words(step: Step) -> str:
    """A step in plain words."""
    at = f" at ({step.x}, {step.y})" if step.x is not None else ""
    on = f" on {step.element.role} '{step.element.name}'" if step.element is not None and step.element.name else ""
    match step.action:
        case "type":
            return f"Type '{step.text}'{on}"
        case "key" | "shortcut":
            return f"Press {step.shortcut or step.key}{on}"
        case "scroll":
            return f"Scroll by ({step.scroll_dx:g}, {step.scroll_dy:g}){at}"
        case "drag":
            return f"Drag from ({step.x}, {step.y}) to ({step.end_x}, {step.end_y}){on}"
        case "switch":
            return f"Switch to {step.to_app or 'another application'}"
        case "choose":
            chosen = step.element.chosen if step.element is not None else ""
            return f"Choose '{chosen}'{on}{at}"
    return f"{step.action.replace('_', ' ').capitalize()}{on}{at}"
