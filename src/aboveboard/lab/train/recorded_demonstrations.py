"""Which acts on elements were in what a recorder recorded?

The steps of an episode that somebody gave an instruction, and that ended with success, become acts on the controls that
were met (:mod:`aboveboard.lab.train.recorded_acts`); the scene before each is made of what is known of its window
(:mod:`aboveboard.lab.train.known_controls`). An attempt with anything that is no act of a policy's is left out whole,
since half of one teaches a wrong order. Everything that is left out is counted by its reason.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from random import Random

from aboveboard.base.clock import SECOND_NS
from aboveboard.formats.trajectory import Episode, Step
from aboveboard.lab.derive.assisted import is_correction
from aboveboard.lab.derive.episodes import steps_of
from aboveboard.lab.model.as_recorded import COMBO_BOX, Met, Named, tree_of
from aboveboard.lab.model.desktop_scene import view_of
from aboveboard.lab.model.elements import Act, Scene
from aboveboard.lab.train.element_cloning import Demonstration
from aboveboard.lab.train.examples import WEIGHT
from aboveboard.lab.train.known_controls import Known, decoys, made_up
from aboveboard.lab.train.recorded_acts import Done, Unfit, read_acts
from aboveboard.stage.desktop.accessible import CHECKED, Control
from aboveboard.stage.desktop.moves import FIELDS, Move

COPIES = 3
"""Each act is learnt from in so many scenes, with other made-up things beside it."""


def recorded(
    steps: Iterable[Step], episodes: Iterable[Episode], known: Known, left_out: Counter[str], copy: int = 0
) -> Iterator[Demonstration]:
    """What can be learnt from the episodes: of each attempt one demonstration, and one more of what put a policy right.

    ``steps`` are all of those people's, by session, in order; what they met has been learnt by ``known``. Each ``copy``
    has other made-up things in its scenes.
    """
    sessions = {key: list(own) for key, own in groupby(steps, key=_session)}
    for episode in episodes:
        if not episode.instruction or episode.outcome != "success":
            left_out["an episode without an instruction, or that did not succeed"] += 1
            continue
        own = sessions.get((episode.person_id, episode.session_id), [])
        try:
            made = list(_taught(episode, read_acts(list(steps_of(episode, own)), known), known, copy))
        except Unfit as why:
            left_out[f"an attempt with {why}"] += 1
            continue
        yield from made


def _taught(episode: Episode, done: Sequence[Done], known: Known, copy: int) -> Iterator[Demonstration]:
    """The person's acts; and once more, with their weight, those that put a policy right."""
    corrected = [place for place, one in enumerate(done) if is_correction(one.step)]
    usual = [place for place, one in enumerate(done) if one.step.by == "person" and place not in corrected]
    seconds = (episode.end_ns - episode.start_ns) / SECOND_NS
    random = Random(f"{episode.person_id}/{episode.session_id}/{episode.first_step}/{copy}")  # noqa: S311 - no secret
    steps = tuple(_scenes(episode.instruction, done, known, random))
    for taught, weight in ((usual, 1), (corrected, WEIGHT)):
        if taught:
            every = None if len(taught) == len(done) else tuple(taught)
            yield Demonstration(done[0].step.app, seconds, steps, taught=every, weight=weight)


def _scenes(instruction: str, done: Sequence[Done], known: Known, random: Random) -> Iterator[tuple[Scene, Act]]:
    """Each act, in a scene that holds what was done before it."""
    now: dict[tuple[str, tuple[Named, ...]], Met] = {}
    for one in done:
        app = one.step.app
        target, stood = None, ""
        if one.on is not None:
            before = now.get((app, one.on.own), one.on)
            states = one.on if one.on.control.role not in FIELDS | {COMBO_BOX} else before
            stood = before.control.text
            target = replace(states, control=replace(states.control, text=stood))
        menus = one.on.menus if one.on is not None else frozenset()
        beside = [now.get((app, each.own), each) for each in known.around(app, one.window, menus)]
        beside = [each for each in beside if target is None or each.own != target.own]
        there = [_unsure(each, instruction, random) for each in ([target] if target is not None else []) + beside]
        target = there[0] if target is not None else None
        strange = known.elsewhere(app, one.window) if there else []
        controls = tree_of([*there, *decoys(there, strange, instruction, random)])
        view = view_of(instruction, controls)
        control = target.control if target is not None else None
        where = next((each for each in controls if control is not None and _same(each, control)), None)
        act = view.act(where, Move(one.kind, text=one.text))  # type: ignore[arg-type]
        if act is None:
            raise Unfit("an act on what cannot be used")
        yield view.scene, act
        if target is not None:
            now[(app, target.own)] = _after(replace(target, control=replace(target.control, text=stood)), one)


def _unsure(one: Met, instruction: str, random: Random) -> Met:
    """What stands in a field is not recorded: it may be what was typed there, or nothing any more, or anything."""
    if one.control.role not in FIELDS:
        return one
    text = random.choice((one.control.text, "", made_up(instruction, random)))
    return replace(one, control=replace(one.control, text=text))


def _after(target: Met, one: Done) -> Met:
    """The control as it stands once the act is done."""
    control = target.control
    if one.kind == "type":
        kept = "" if control.single_line else control.text
        return replace(target, control=replace(control, text=kept + one.text))
    if one.kind == "choose":
        return replace(target, control=replace(control, text=one.text))
    return replace(
        target, control=replace(control, states=control.states ^ (CHECKED if "check" in control.role else 0))
    )


def _same(one: Control, other: Control) -> bool:
    return replace(one, parent=-1) == replace(other, parent=-1)


def _session(step: Step) -> tuple[str, str]:
    return step.person_id, step.session_id
