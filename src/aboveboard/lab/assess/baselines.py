"""What does one reach who knows nothing, and one who only repeats?

Two peers for any policy over elements, on the same held-out episodes: chance, and the nearest neighbour, which looks
for the most similar scene among the demonstrations and does again what the person did there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from aboveboard.lab.model.element_features import candidates
from aboveboard.lab.model.elements import Act, Element, Scene
from aboveboard.lab.model.words import read, words_of
from aboveboard.lab.train.element_cloning import Demonstration


class RandomElements:
    """Any element that could be acted on, alike; into a field any piece of the instruction or nothing."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._attempts = 0

    def begin(self) -> Callable[[Scene], Act]:
        """One attempt; the same seed and number of attempts give the same acts in the same scenes."""
        self._attempts += 1
        draw = Random(f"random elements/{self._seed}/{self._attempts}")  # noqa: S311 - chance, not a secret

        def act(scene: Scene) -> Act:
            target = draw.choice(candidates(scene))
            element = scene.elements[target]
            if element.kind == "choose" and element.options:
                return Act("choose", target, draw.choice(element.options))
            pieces = read(scene.instruction).spans
            if element.kind == "type" and pieces and draw.random() < 0.5:
                return Act("type", target, draw.choice(pieces).text)
            return Act("click", target)

        return act


@dataclass(frozen=True)
class _Known:
    asked: frozenset[str]
    shown: frozenset[str]
    step: int
    element: Element
    act: Act
    piece: tuple[int, int] | None
    """Where in the instruction the typed words stood: the number of the quoted piece, or −1 and the first word."""


class NearestNeighbour:
    """Repeats what was done in the most similar scene of ``demonstrations``; learns nothing beyond."""

    def __init__(self, demonstrations: Sequence[Demonstration]) -> None:
        self._known = [
            _Known(_asked(scene), _shown(scene), step, scene.elements[act.target], act, _piece(scene, act))
            for demonstration in demonstrations
            for step, (scene, act) in enumerate(demonstration.steps)
        ]

    def begin(self) -> Callable[[Scene], Act]:
        """One attempt."""
        step = 0

        def act(scene: Scene) -> Act:
            nonlocal step
            chosen = self._act(scene, step)
            step += 1
            return chosen

        return act

    def _act(self, scene: Scene, step: int) -> Act:
        asked, shown = _asked(scene), _shown(scene)
        nearest = max(
            self._known,
            key=lambda one: _alike(asked, one.asked) + _alike(shown, one.shown) - 0.2 * abs(step - one.step),
        )
        target = max(candidates(scene), key=lambda place: _same(scene.elements[place], nearest.element))
        element = scene.elements[target]
        if element.kind == "choose" and element.options:
            return Act("choose", target, max(element.options, key=lambda one: len(asked & set(words_of(one)))))
        if element.kind == "type" and nearest.piece is not None:
            quoted, first = nearest.piece
            fitting = [
                one
                for one in read(scene.instruction).spans
                if one.quoted == quoted and (quoted >= 0 or one.first == first)
            ]
            if fitting:
                return Act("type", target, fitting[0].text)
        return Act("click", target)


def _asked(scene: Scene) -> frozenset[str]:
    return frozenset(read(scene.instruction).words)


def _shown(scene: Scene) -> frozenset[str]:
    """What is on the page, as roles, names and words."""
    shown: set[str] = set()
    for one in scene.elements:
        shown.update((one.role, *one.names, *words_of(one.text), f"{one.role} {one.value}"))
    return frozenset(shown)


def _alike(one: frozenset[str], other: frozenset[str]) -> float:
    """The share of what both have in what either has."""
    return len(one & other) / max(1, len(one | other))


def _same(one: Element, other: Element) -> float:
    """How alike two elements are: role, names, words, then place."""
    names = _alike(frozenset(one.names), frozenset(other.names)) if one.names or other.names else 1.0
    away = abs(one.left - other.left) + abs(one.top - other.top)
    return 2.0 * (one.role == other.role) + names + 2.0 * (one.text == other.text) + 1.0 / (1.0 + away / 40)


def _piece(scene: Scene, act: Act) -> tuple[int, int] | None:
    if act.kind != "type":
        return None
    same = [one for one in read(scene.instruction).spans if one.text.lower() == act.text.strip().lower()]
    return (same[0].quoted, same[0].first) if same else None
