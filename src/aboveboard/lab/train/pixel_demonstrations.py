"""Which acts on what is seen were in what people did?

Each press of a person becomes the scene that :class:`Eye` saw just before it, and which of its elements the press met.
Only attempts that succeeded are learnt from. Everything that is left out is counted by its reason.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from aboveboard.base.clock import SECOND_NS
from aboveboard.formats.trajectory import Episode, Step
from aboveboard.lab.model.element_features import candidates
from aboveboard.lab.model.elements import Act, Scene
from aboveboard.lab.model.pixel_scene import Eye
from aboveboard.lab.model.sight import Image
from aboveboard.lab.train.element_cloning import Demonstration

LEFT_BUTTON = 1


@dataclass(frozen=True)
class Press:
    """The left button went down at the screen pixel (x, y); ``look`` gives the screen just before."""

    x: int
    y: int
    look: Callable[[], Image]


def demonstration(
    eye: Eye, task: str, asked: str, seconds: float, presses: Iterable[Press], left_out: Counter[str]
) -> Demonstration | None:
    """One attempt, or ``None`` where a press of it met nothing that is seen: half an attempt teaches a wrong order."""
    steps: list[tuple[Scene, Act]] = []
    for press in presses:
        seen = eye.look(press.look(), asked)
        target = seen.element_at(press.x, press.y)
        if target is None or target not in candidates(seen.scene):
            left_out["an attempt with a press at nothing that is seen"] += 1
            return None
        steps.append((seen.scene, Act("click", target)))
    if not steps:
        left_out["an attempt without a press"] += 1
        return None
    return Demonstration(task, seconds, tuple(steps))


def recorded(
    eye: Eye,
    steps: Sequence[Step],
    episodes: Iterable[Episode],
    frame: Callable[[str], Image],
    task_of: Callable[[str], str | None],
    left_out: Counter[str],
) -> list[Demonstration]:
    """The demonstrations in a data set's episodes that somebody gave an instruction, and that ended with success.

    ``frame`` finds a frame, ``(h, w, 3)`` uint8 RGB, by its SHA-256; ``task_of`` names the task of a window's title.
    """
    by_session: dict[str, list[Step]] = {}
    for step in steps:
        by_session.setdefault(step.session_id, []).append(step)
    found = []
    for episode in episodes:
        if not episode.instruction or episode.outcome != "success":
            left_out["an episode without an instruction, or that did not succeed"] += 1
            continue
        last = episode.first_step + episode.steps
        own = [one for one in by_session[episode.session_id] if episode.first_step <= one.index < last]
        reason = next((reason for one in own if (reason := _unfit(one))), "")
        task = task_of(own[0].title)
        if reason or task is None:
            left_out[reason or "an attempt in another window"] += 1
            continue
        made = demonstration(
            eye,
            task,
            episode.instruction,
            (episode.end_ns - episode.start_ns) / SECOND_NS,
            [Press(one.x or 0, one.y or 0, lambda name=one.frame_sha256 or "": frame(name)) for one in own],  # type: ignore[misc]
            left_out,
        )
        if made is not None:
            found.append(made)
    return found


def _unfit(step: Step) -> str:
    """Why an attempt with this step is not learnt from; "" where it can be."""
    if step.action != "click" or step.button != LEFT_BUTTON or step.x is None:
        return f"an attempt with a {step.action}"
    if step.frame_sha256 is None:
        return "an attempt without a screen"
    return ""
