"""Which acts on elements were in what people did?

The MiniWoB++ demonstrations that :mod:`aboveboard.lab.dataset.imports.miniwob` reads become scenes and acts: a click
into a field and what was typed there are one act, a drop-down's opening and its choice too. Only attempts that
succeeded are learnt from, without what had no effect and without detours that led back to where they began.
Everything that is left out is counted by its reason.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import BadInput
from aboveboard.lab.dataset.imports import miniwob
from aboveboard.lab.model.elements import CONTROL_ROLES, ELEMENTS_LIMIT, Act, ActKind, Element, Scene, element
from aboveboard.lab.train.element_cloning import Demonstration

Progress = Callable[[int, int, str], None]
"""Told (tasks done, all tasks, words)."""


@dataclass(frozen=True)
class Loaded:
    """Demonstrations by task, in an order that no property of theirs decides; ``version`` names exactly these."""

    by_task: dict[str, list[Demonstration]]
    left_out: Counter[str] = field(default_factory=Counter)
    version: str = ""


@dataclass
class _Step:
    scene: Scene
    kind: ActKind
    target: int
    text: str = ""

    @property
    def page(self) -> tuple[object, ...]:
        """The page but for its places' fractions: equal where nothing has happened."""
        return tuple(
            (one.role, one.text, one.value, one.names, round(one.left), round(one.top)) for one in self.scene.elements
        )


def load(
    folder: Path, tasks: Mapping[str, Collection[str]], most: int, progress: Progress = lambda done, total, words: None
) -> Loaded:
    """Up to ``most`` successful demonstrations of each task; ``tasks`` names the folders that hold each one's files.

    Raises :class:`BadInput` where a task has none.
    """
    loaded, digest = Loaded({}), hashlib.sha256()
    paths: dict[str, list[Path]] = {}
    for path in folder.rglob("*.json*"):
        if path.is_file() and not path.is_symlink():
            paths.setdefault(path.parent.name, []).append(path)
    for number, (task, folders) in enumerate(tasks.items()):
        found: list[Demonstration] = []
        # By the hash of the name: not the order of the people, of the days, or of success.
        for path in sorted((one for name in folders for one in paths.get(name, ())), key=_shuffled):
            if len(found) == most:
                break
            try:
                told = miniwob.read_file(path)
            except BadInput as error:
                loaded.left_out[f"a file: {error.cause}"] += 1
                continue
            if told.raw_reward <= 0:
                loaded.left_out["an attempt that failed"] += 1
                continue
            made = demonstration(told, task, loaded.left_out)
            if made.steps:
                found.append(made)
                digest.update(path.name.encode() + b"\0")
        if not found:
            raise BadInput(
                f"there is no demonstration of {task} under {folder}",
                cause="the folder holds others, or its files were not unpacked",
                fix="pass the folder of stanfordnlp/miniwob-plusplus-demos",
            )
        loaded.by_task[task] = found
        progress(number + 1, len(tasks), f"{task}: {len(found)} demonstrations")
    return Loaded(loaded.by_task, loaded.left_out, digest.hexdigest())


def demonstration(told: miniwob.Demonstration, task: str, left_out: Counter[str]) -> Demonstration:
    """One attempt as scenes and acts; what cannot be one is counted in ``left_out``."""
    steps: list[_Step] = []
    for action in told.actions:
        if action.target is None:
            left_out[f"{action.kind}: at nothing"] += 1
            continue
        if action.kind in ("key", "scroll") or (action.kind == "drag" and action.end_target != action.target):
            left_out[f"{action.kind}: no act on an element"] += 1
            continue
        scene, places = scene_of(told.utterance, told.states[action.state].elements)
        target = places.get(action.target, -1)
        if target < 0:
            left_out[f"{action.kind}: at a piece of text, or past the {ELEMENTS_LIMIT}th element"] += 1
            continue
        _add(steps, _Step(scene, "click", target), action)
    kept = without_detours([one for one in steps if _acted_upon(one)])
    left_out["had no effect, or led back"] += len(steps) - len(kept)
    acts = tuple((one.scene, Act(one.kind, one.target, one.text)) for one in kept)
    return Demonstration(task, told.duration_ns / SECOND_NS, acts)


def _add(steps: list[_Step], step: _Step, action: miniwob.Action) -> None:
    """Add an action, or let it be part of the step before it."""
    before = steps[-1] if steps else None
    again = before is not None and before.scene.keys()[before.target] == step.scene.keys()[step.target]
    if step.scene.elements[step.target].kind == "choose":
        step.kind = "choose"
        if again:
            return
    if action.kind == "type" and step.scene.elements[step.target].kind == "type":
        if before is not None and again:
            before.kind, before.text = "type", before.text + action.text
            return
        step.kind, step.text = "type", action.text
    steps.append(step)


def scene_of(instruction: str, elements: Iterable[miniwob.Element]) -> tuple[Scene, dict[int, int]]:
    """The scene of a page's elements, and where each has gone; pieces of text become words of what holds them."""
    told = list(elements)
    pieces: dict[int, list[str]] = {}
    for one in told:
        if one.tag == "t":
            pieces.setdefault(one.parent, []).append(one.text)
    places: dict[int, int] = {}
    made: list[Element] = []
    for index, one in enumerate(told):
        if one.tag == "t" or len(made) == ELEMENTS_LIMIT or (one.parent >= 0 and one.parent not in places):
            continue
        places[index] = len(made)
        value = "on" if one.value is True else "off" if one.value is False else one.value or ""
        made.append(
            element(
                role=one.tag,
                text=one.text or " ".join(pieces.get(index, ())),
                value=value,
                classes=f"{one.classes} {one.id}",
                extents=(one.x, one.y, one.width, one.height),
                parent=places.get(one.parent, -1),
            )
        )
    return Scene(instruction, tuple(made)), places


def without_detours(steps: list[_Step]) -> list[_Step]:
    """Leave out what led back to a page that was there before, and clicks after which nothing had changed.

    A control may answer a click without showing it (a button that is to be pressed in an order), so a single click on
    one counts, unless the same was clicked again.
    """
    kept: list[_Step] = []
    for step in steps:
        page = step.page
        first = next((index for index, one in enumerate(kept) if one.page == page), None)
        if first is not None:
            round_trip = kept[first:]
            went_somewhere = any(one.page != page for one in round_trip)
            if went_somewhere and round_trip[0].kind != "choose":
                kept = kept[:first]
        if kept and kept[-1].page == page:
            last = kept[-1]
            if last.scene.elements[last.target].role not in CONTROL_ROLES or last.target == step.target:
                kept.pop()
        kept.append(step)
    return kept


def _acted_upon(step: _Step) -> bool:
    """Whether it was done to something, and not to a container beside what was meant."""
    one = step.scene.elements[step.target]
    has_inside = any(other.parent == step.target for other in step.scene.elements)
    return one.role in CONTROL_ROLES or bool(one.text) or not has_inside


def _shuffled(path: Path) -> bytes:
    return hashlib.sha256(path.name.encode()).digest()
