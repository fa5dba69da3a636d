"""What does a policy over elements learn from what a recorder recorded: which acts, in which scenes, and what not?"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import msgspec
import pytest

from aboveboard.base.errors import BadInput
from aboveboard.formats.trajectory import Episode, Proposed, Step
from aboveboard.lab.dataset.read import EventRow
from aboveboard.lab.model.as_recorded import view_as_recorded
from aboveboard.lab.model.desktop_scene import view_of
from aboveboard.lab.model.element_features import candidates
from aboveboard.lab.model.elements import Act, Scene
from aboveboard.lab.train import element_run
from aboveboard.lab.train.element_cloning import Demonstration
from aboveboard.lab.train.examples import WEIGHT
from aboveboard.lab.train.known_controls import DECOYS, Known
from aboveboard.lab.train.recorded_demonstrations import COPIES, recorded
from aboveboard.lab.train.run_file import PolicyRun, RunFile
from aboveboard.stage.desktop.accessible import SENSITIVE, SHOWING, Control, Ref
from samples.lab_recording import at
from samples.met_controls import DIALOG, MAIN, Attempt, control, press_one, pressed, shortcut, type_one

PERSON = "per_" + "0" * 26
FILE, EDIT = (control("menu", name, (10 + 50 * place, 0)) for place, name in enumerate(("File", "Edit")))


@dataclass
class Person:
    """One person's recordings, each a session; as a data set tells them."""

    attempts: Sequence[Attempt]

    def __post_init__(self) -> None:
        every = [one.derived(PERSON, f"ses_{number:026}") for number, one in enumerate(self.attempts)]
        self.events = list[EventRow]()
        self.steps = [step for steps, _ in every for step in steps]
        self.episodes = [episode for _, episodes in every for episode in episodes]

    def steps_of(self, person_id: str) -> list[Step]:
        return self.steps

    def episodes_of(self, person_id: str) -> list[Episode]:
        return self.episodes

    def events_of(self, person_id: str) -> list[EventRow]:
        return self.events

    def learnt(self, left_out: Counter[str] | None = None) -> list[Demonstration]:
        known = Known()
        known.learn(self.steps)
        return list(recorded(self.steps, self.episodes, known, Counter() if left_out is None else left_out))


def _said(scene: Scene, act: Act) -> tuple[str, str, str]:
    one = scene.elements[act.target]
    return act.kind, one.text or " ".join(one.names) or one.role, act.text


def _acts(attempt: Attempt, *others: Attempt) -> list[tuple[str, str, str]]:
    made = Person([attempt, *others]).learnt()
    return [_said(scene, act) for scene, act in made[0].steps]


def test_a_click_a_key_and_typing_over_a_field_are_one_act_each() -> None:
    assert _acts(press_one(Random(0)))[1:] == [("click", "control+s", "")]
    assert _acts(type_one("fir")) == [("type", "input-text", "fir"), ("click", "Rename", "")]


def test_a_menu_a_tab_and_a_drop_down_are_what_was_chosen() -> None:
    item = control("menu item", "Save", (10, 20), cause="choice", chosen="Save", path=[MAIN, "menu bar", "menu: File"])
    tabs = control("page tab list", "", (0, 60), cause="choice", chosen="Fonts", options=["Look", "Fonts"])
    combo = control("combo box", "Green", (60, 90), cause="choice", chosen="Red", options=["Green", "Red"])
    every = [
        *pressed(1000, control("menu", "File", (10, 0), path=[MAIN, "menu bar"])),
        *pressed(2000, item), at(2100, item),
        *pressed(3000, tabs), at(3100, tabs),
        *pressed(4000, combo), at(4100, combo),
        *pressed(5000, None, (70, 140)), at(5100, combo),
    ]  # fmt: skip
    assert _acts(Attempt('Save "Red".', every)) == [
        ("click", "File", ""),
        ("click", "Save", ""),
        ("click", "Fonts", ""),
        ("choose", "select", "Red"),
    ]


def test_a_press_that_was_not_told_is_what_others_met_there_and_nothing_below_a_menu() -> None:
    button = control("push button", "Delete", (60, 80))
    told, untold = (Attempt("Delete it.", pressed(1000, one, (70, 85))) for one in (button, None))
    assert _acts(untold, told) == [("click", "Delete", "")]
    below = Attempt("Delete it.", [*pressed(500, control("menu", "File", (10, 0))), *pressed(1000, None, (70, 85))])
    left_out: Counter[str] = Counter()
    assert len(Person([below, told]).learnt(left_out)) == 1
    assert left_out == {"an attempt with a press at what is not told": 1}


@pytest.mark.parametrize(
    ("events", "why"),
    [
        (shortcut(1000, "F11"), "a key that no policy presses"),
        (shortcut(1000, "s", "Control", "Alt"), "a key that no policy presses"),
        (pressed(1000, None, (5, 5)), "a press at what is not told"),
        ([*shortcut(1000, "a"), *pressed(1100, FILE)], "a key that no policy presses"),
    ],
)
def test_what_is_no_act_of_a_policy_leaves_the_whole_attempt_out(events: list[object], why: str) -> None:
    left_out: Counter[str] = Counter()
    attempt = Attempt("Do it.", [*events, *pressed(3000, EDIT)])  # type: ignore[list-item]
    assert Person([attempt]).learnt(left_out) == []
    assert left_out == {f"an attempt with {why}": 1}


def test_only_what_was_asked_for_and_done_is_learnt_from() -> None:
    person = Person([press_one(Random(0))])
    replace = msgspec.structs.replace
    whole = person.episodes
    for changed in ({"instruction": ""}, {"outcome": "failure"}, {"outcome": "unknown"}):
        person.episodes = [replace(one, **changed) for one in whole]  # type: ignore[arg-type]
        assert person.learnt() == []


def test_what_stands_around_is_what_was_met_in_that_window_and_words_that_nobody_wrote() -> None:
    draw = Random(4)
    attempts = [*(press_one(draw) for _ in range(12)), type_one("fir")]
    made = Person(attempts).learnt()
    met = {one.asked.split('"')[1] for one in attempts[:-1]}
    for demonstration in made[:-1]:
        scene, act = demonstration.steps[0]
        buttons = {one.text for one in scene.elements if one.role == "button"}
        assert met <= buttons
        assert "Rename" not in buttons
        assert 0 < len(buttons - met) <= DECOYS
        assert not any(f'"{name}"' in scene.instruction for name in buttons - met)
        assert scene.elements[act.target].text in scene.instruction
    field, _ = made[-1].steps[0]
    assert {one.text for one in field.elements if one.role == "button"} >= {"Rename"}
    assert not met & {one.text for one in field.elements}


def test_what_stands_in_a_field_is_not_relied_on() -> None:
    """It is not recorded: it may be what was typed, nothing any more, or something else."""
    person = Person([type_one("fir")])
    known = Known()
    known.learn(person.steps)
    values = set()
    for copy in range(20):
        (made,) = recorded(person.steps, person.episodes, known, Counter(), copy)
        values |= {one.value for one in made.steps[1][0].elements if one.role == "input-text"}
    assert {"fir", ""} < values


def test_what_was_met_elsewhere_may_stand_here_too_but_not_what_is_asked_for() -> None:
    elsewhere = [control("push button", name, (60, 80), path=["frame: 3 - Sheets"]) for name in ("Sum", "Save")]
    others = [Attempt("Add it up.", pressed(1000, one), "3 - Sheets") for one in elsewhere]
    person = Person([Attempt('Do "Save" it.', pressed(1000, control("push button", "Keep", (10, 20)))), *others])
    names = set()
    for step in person.steps[1:]:
        person.steps[person.steps.index(step)] = msgspec.structs.replace(step, app="Sheets")
    known = Known()
    known.learn(person.steps)
    assert [one.control.name for one in known.elsewhere("Editor", (("frame", ""),))] == ["Save", "Sum"]
    assert known.elsewhere("Editor", (("dialog", "Find"),)) == []
    for copy in range(20):
        made = next(recorded(person.steps, person.episodes, known, Counter(), copy))
        names |= {one.text for one in made.steps[0][0].elements if one.role == "button"}
    assert {"Keep", "Sum"} <= names
    assert "Save" not in names


def test_what_a_policy_did_is_remembered_and_what_put_it_right_counts_more() -> None:
    person = Person([Attempt("Do it.", [*pressed(1000, FILE), *pressed(2000, EDIT), *shortcut(3000, "s", "Control")])])
    replace = msgspec.structs.replace
    first, second, third = person.steps
    about = Proposed(action="click", x=1, y=290)
    person.steps = [replace(first, by="policy"), replace(second, proposed=about), third]
    usual, corrected = person.learnt()
    assert (usual.taught, usual.weight) == ((2,), 1)
    assert (corrected.taught, corrected.weight) == ((1,), WEIGHT)
    assert len(usual.steps) == len(corrected.steps) == 3
    same = Proposed(action="key", text="Control+s")
    person.steps = [first, second, replace(third, proposed=same)]
    assert [one.weight for one in person.learnt()] == [1]


def test_nothing_is_known_from_what_is_held_out() -> None:
    """Each attempt presses a button, and takes a tab, that no other has."""

    def own(number: int) -> Attempt:
        button = control("push button", f"Press{number}", (10, 5 * number))
        tabs = control("page tab list", "", (0, 260), cause="choice", chosen=f"Take{number}")
        return Attempt(f"Do number {number}.", [*pressed(1000, button), *pressed(2000, tabs), at(2100, tabs)])

    person = Person([own(number) for number in range(30)])
    found = element_run.parted(person, PolicyRun(policy="elements", held_out=0.5), [PERSON])  # type: ignore[arg-type]
    assert len(found.members) == COPIES * len(found.once)
    assert 5 < len(found.once) < 25
    assert len(found.once) + len(found.others) == 30
    known = {one.control.name for one in found.known.around("Editor", (("frame", ""),), frozenset())} - {""}
    of_members = {one.steps[0][0].instruction.removeprefix("Do number ").removesuffix(".") for one in found.once}
    assert known == {f"{said}{number}" for said in ("Press", "Take") for number in of_members}


@pytest.mark.parametrize(("reason", "learnt"), [("focus_unknown", 1), ("paused_by_person", 1), ("disk_full", 2)])
def test_an_attempt_of_which_keys_were_left_out_is_not_learnt_from(reason: str, learnt: int) -> None:
    person = Person([press_one(Random(0)), press_one(Random(1))])
    first = person.episodes[0]
    told = {"kind": "suppressed", "reason": reason, "start_ns": first.end_ns - 1, "end_ns": first.end_ns + 5}
    marker = msgspec.json.encode(told).decode()
    person.events = [EventRow(first.end_ns, "/marker", marker, first.session_id, "seg_" + "0" * 26, 0)]
    found = element_run.parted(person, PolicyRun(policy="elements"), [PERSON])  # type: ignore[arg-type]
    assert len(found.once) == learnt
    assert found.left_out["an attempt of which something is not in the recording"] == 2 - learnt


def test_where_nothing_can_be_learnt_from_it_is_said_why(tmp_path: Path) -> None:
    run = PolicyRun(policy="elements")
    person = Person([Attempt("Do it.", shortcut(1000, "F11"))])
    with pytest.raises(BadInput, match="no act on an element") as refused:
        element_run.fit(person, RunFile(run, "art_x"), [PERSON], [], tmp_path, print, print)  # type: ignore[arg-type]
    assert "a key that no policy presses" in str(refused.value)


def test_of_what_shows_a_policy_sees_what_is_like_something_that_was_met() -> None:
    """Where all of an application shows, there is more than was met: of that, only the kinds that were."""
    place = {"left": 10, "top": 20, "width": 40, "height": 10}
    names = [("frame", "other.txt - Editor", -1), ("push button", "Fjord", 0), ("push button", "New", 0),
             ("tool bar", "", 0), ("toggle button", "Bold", 3), ("label", "Words:", 0)]  # fmt: skip
    shown = [
        Control(Ref(":1", f"/{number}"), role, name, SENSITIVE | SHOWING, parent=parent, **place | {"top": 10 * number})  # type: ignore[arg-type]
        for number, (role, name, parent) in enumerate(names)
    ]
    known = Known()
    known.learn(Person([press_one(Random(0))]).steps)
    view = view_as_recorded(frozenset(known.kinds), "Press it.", shown)
    assert [one.text for one in view.scene.elements if one.role == "button"] == ["Fjord", "New"]
    assert {one.role for one in view.scene.elements} == {"desktop", "frame", "button", "keyboard", "key"}
    assert "other" not in str([one.text for one in view.scene.elements])
    assert len(candidates(view.scene)) < len(candidates(view_of("Press it.", shown).scene))
    moved = view.move(Act("click", next(n for n, one in enumerate(view.scene.elements) if one.text == "New")))
    assert moved is not None
    assert moved[1] is not None
    assert moved[1].ref == Ref(":1", "/2")


def test_a_dialog_is_known_by_the_plain_words_of_its_title() -> None:
    other = 'dialog: Rename "another 4.txt"'
    again = control("push button", "Cancel", (160, 80), path=[other])
    made = Person([type_one("fir"), Attempt("Leave it.", pressed(1000, again), 'Rename "another 4.txt"')]).learnt()
    scene, _ = made[1].steps[0]
    assert {"Rename", "Cancel"} <= {one.text for one in scene.elements if one.role == "button"}
    assert DIALOG.split(": ")[1] not in {one.text for one in scene.elements}
