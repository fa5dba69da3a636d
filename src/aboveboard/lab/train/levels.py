"""What would have been left of a demonstration, had it been recorded less closely?

The levels are those that a disclosure names. ``structure``: each word is told by its length and place, names of classes
and ids go. ``redacted``: what the recorder finds is its placeholder, in the instruction too, which is recorded like any
words; so what is covered still agrees. Keys: ``shape`` tells letters as "a", ``count`` how many keys went down. What
stands in a field goes down with its keys, or it would tell them. At ``structure``, ``shape`` and ``count`` the
instruction is as it was: a form said it.

Nothing is made up to fill the gaps, and only the demonstrations are brought down, not the task on which a policy is
tried. A policy that learnt from structure is shown the task's page as structure (:class:`ThroughLevel`): it knows no
words.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import msgspec

from aboveboard.base.errors import BadInput
from aboveboard.formats.disclosure import Keystrokes, Screen
from aboveboard.lab.model.elements import TYPED_ROLES, Act, Element, Scene
from aboveboard.lab.model.memory import label
from aboveboard.lab.train.element_cloning import Demonstration, presses_of
from aboveboard.rules.shape import shape_of


class Redacting(Protocol):
    """The recorder's own rules for one session; the lab may not import them, so whoever starts a sweep passes them."""

    def words(self, text: str, about: str) -> str:
        """What is left of words on the screen; ``about`` is the name of the field that holds them."""
        ...

    def typed(self, text: str) -> str:
        """What is left of what was typed into one field."""
        ...


class Level(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How closely demonstrations are recorded."""

    screen: Screen = "exact"
    keystrokes: Keystrokes = "exact"

    @property
    def name(self) -> str:
        """How it is called in file names and on the page; "" for everything exact."""
        parts = (("screen", self.screen), ("keys", self.keystrokes))
        return "-".join(f"{kind}-{level}" for kind, level in parts if level != "exact")


EXACT = Level()


def bring_down(told: Demonstration, level: Level, redacting: Callable[[], Redacting] | None) -> Demonstration:
    """``told`` as it would have been recorded at ``level``, a session of its own.

    Raises :class:`BadInput` for ``none``, of which nothing can be learnt, and for ``redacted`` without ``redacting``.
    """
    if "none" in (level.screen, level.keystrokes):
        raise BadInput("nothing can be learnt from what is not recorded", fix="ask for a level above none")
    if level == EXACT:
        return told
    redact = None
    if "redacted" in (level.screen, level.keystrokes):
        if redacting is None:
            raise BadInput(
                "the level 'redacted' cannot be tried here",
                cause="the recorder's rules for it were not passed",
                fix="install the recorder's parts, or leave this level out",
            )
        redact = redacting()
    steps = tuple((_scene(scene, level, redact), _act(act, scene, level, redact)) for scene, act in told.steps)
    return replace(told, steps=steps, keystrokes=level.keystrokes)


def structure_of(scene: Scene) -> Scene:
    """A page whose words nobody can read."""
    return Scene(scene.instruction, tuple(_structure(one) for one in scene.elements))


@dataclass(frozen=True)
class ThroughLevel:
    """``actor`` is shown the page as structure. What it chooses from a drop-down is the entry in that place."""

    actor: "Actor"

    def begin(self) -> Callable[[Scene], Act]:
        """One attempt."""
        act = self.actor.begin()

        def through(scene: Scene) -> Act:
            shown = structure_of(scene)
            chosen = act(shown)
            if chosen.kind != "choose":
                return chosen
            place = shown.elements[chosen.target].options.index(chosen.text)
            return Act("choose", chosen.target, scene.elements[chosen.target].options[place])

        return through


class Actor(Protocol):
    """Whatever reads a scene and answers with an act."""

    def begin(self) -> Callable[[Scene], Act]: ...


def _scene(scene: Scene, level: Level, redact: Redacting | None) -> Scene:
    seen = structure_of(scene) if level.screen == "structure" else scene
    instruction, elements = seen.instruction, list(seen.elements)
    if redact is not None:
        instruction = redact.words(instruction, "")
    if level.screen == "redacted" and redact is not None:
        elements = [
            replace(
                one,
                text=redact.words(one.text, ""),
                value=one.value if _is_state(one) else redact.words(one.value, label(scene, place)),
                options=tuple(redact.words(option, "") for option in one.options),
            )
            for place, one in enumerate(elements)
        ]
    fields = [place for place, one in enumerate(elements) if one.role in TYPED_ROLES and one.value]
    for place in fields:
        value = elements[place].value
        elements[place] = replace(elements[place], value=_held(value, level.keystrokes, redact))
    return Scene(instruction, tuple(elements))


def _structure(one: Element) -> Element:
    value = one.value if _is_state(one) else shape_of(one.value)
    return replace(one, text=shape_of(one.text), value=value, names=(), options=tuple(map(shape_of, one.options)))


def _is_state(one: Element) -> bool:
    """A tick in a box is a mark, no text."""
    return one.role not in TYPED_ROLES and one.value in ("on", "off", "")


def _held(value: str, keystrokes: Keystrokes, redact: Redacting | None) -> str:
    if keystrokes == "redacted" and redact is not None:
        return redact.typed(value)
    return {"shape": shape_of(value), "count": "•" * len(value)}.get(keystrokes, value)


def _act(act: Act, scene: Scene, level: Level, redact: Redacting | None) -> Act:
    if act.kind == "choose" and level.screen != "exact":
        return replace(
            act, text=redact.words(act.text, "") if redact is not None and level.screen == "redacted" else ""
        )
    if act.kind != "type":
        return act
    if level.keystrokes == "redacted" and redact is not None:
        return replace(act, text=redact.typed(act.text))
    lowered = {"shape": shape_of(act.text), "count": str(presses_of(act.text))}
    return replace(act, text=lowered.get(level.keystrokes, act.text))
