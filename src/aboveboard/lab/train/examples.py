"""Which clicks can a policy learn from?

A step becomes an example where it is a left click with a position, a window title and a frame. Everything else is
counted by its reason and left out, so that the number of examples can be explained.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from aboveboard.base.errors import BadInput
from aboveboard.formats.trajectory import Step
from aboveboard.lab.derive.assisted import is_correction
from aboveboard.lab.model.sight import Image, shrink

LEFT_BUTTON = 1
WEIGHT = 4
"""How often a correction counts beside another step: it is where the policy is known to be wrong."""


@dataclass(frozen=True)
class Example:
    """``image`` is the shrunken screen just before; (x, y) the click in its pixels (0.0 is the left, upper edge)."""

    title: str
    image: Image
    x: float
    y: float


@dataclass(frozen=True)
class Examples:
    """``left_out`` counts the steps that are no examples, by reason. ``factor`` is how many times screens shrank."""

    examples: list[Example]
    left_out: Counter[str]
    factor: int

    @property
    def titles(self) -> list[str]:
        """The window titles, each once, in order of the alphabet."""
        return sorted({example.title for example in self.examples})


def example(title: str, frame: Image, x: int, y: int, *, factor: int) -> Example:
    """One click at the screen pixel (x, y) of ``frame``; raises :class:`BadInput` where it is outside."""
    image = shrink(frame, factor)
    seen_x, seen_y = (x + 0.5) / factor, (y + 0.5) / factor
    if not (0 <= seen_x < image.shape[1] and 0 <= seen_y < image.shape[0]):
        raise BadInput(f"the click at ({x}, {y}) is outside its screen of {frame.shape[1]} × {frame.shape[0]}")
    return Example(title, image, seen_x, seen_y)


def from_steps(steps: Iterable[Step], frame: Callable[[str], Image], *, factor: int = 2) -> Examples:
    """The examples in ``steps``, in order. ``frame`` finds a frame, ``(h, w, 3)`` uint8 RGB, by its SHA-256."""
    examples: list[Example] = []
    left_out: Counter[str] = Counter()
    for step in steps:
        reason = _unfit(step)
        if reason or step.x is None or step.y is None or step.frame_sha256 is None:
            left_out[reason] += 1
            continue
        try:
            made = example(step.title, frame(step.frame_sha256), step.x, step.y, factor=factor)
            examples += [made] * (WEIGHT if is_correction(step) else 1)
        except BadInput:
            left_out["outside the screen"] += 1
    return Examples(examples, left_out, factor)


def _unfit(step: Step) -> str:
    """Why a step is no example; "" where it is one."""
    if step.by == "policy":
        return "done by a policy"
    if step.action != "click":
        return f"not a click: {step.action}"
    if step.button != LEFT_BUTTON:
        return "another button"
    if step.x is None or step.y is None:
        return "no position"
    if not step.title:
        return "no window title"
    if step.frame_sha256 is None:
        return "no frame"
    return ""
