"""Does a policy see of an application what it may see, and does an act mean the same control as a move?"""

import pytest

from aboveboard.lab.model.desktop_scene import View, view_of
from aboveboard.lab.model.element_features import candidates
from aboveboard.lab.model.elements import Act
from aboveboard.stage.desktop.accessible import CHECKED, FOCUSED, SENSITIVE, SHOWING, Control, Ref
from aboveboard.stage.desktop.moves import KEYS, Move, button, choose, find, key, type_here, type_into

USABLE = SENSITIVE | SHOWING


def _control(role: str, name: str, parent: int, states: int = USABLE, **more: object) -> Control:
    place = {"left": 512, "top": 384, "width": 64, "height": 32} | {
        k: v for k, v in more.items() if k in ("left", "top")
    }
    rest = {k: v for k, v in more.items() if k not in ("left", "top")}
    return Control(Ref(":1.7", f"/{role}/{name}"), role, name, states, parent=parent, **place, **rest)  # type: ignore[arg-type]


WINDOW = [
    _control("frame", "notes - Editor", -1),
    _control("filler", "", 0),
    _control("push button", "Save", 1),
    _control("push button", "Undo", 1, SHOWING),
    _control("check box", "Wrap", 1, USABLE | CHECKED),
    _control("combo box", "Palette", 1, text="VGA", entries=("VGA", "Tango")),
    _control("text", "Name", 1, USABLE | 1 << 26, text="old"),
    _control("text", "", 1, USABLE | FOCUSED, text="line\nline\n"),
    _control("table cell", "", 1),
    _control("table cell", "maple.txt", 8),
]


@pytest.fixture
def view() -> View:
    return view_of('Call it "new"', WINDOW)


def _role(view: View, role: str) -> int:
    return next(place for place, one in enumerate(view.scene.elements) if one.role == role)


def test_controls_become_elements_as_pages_have_them(view: View) -> None:
    seen = {one.role: one for one in view.scene.elements}
    assert seen["button"].text == "Save"
    assert seen["input-checkbox"].value == "on"
    assert (seen["select"].value, seen["select"].options, seen["select"].names) == (
        "VGA",
        ("VGA", "Tango"),
        ("palette",),
    )
    assert (seen["input-text"].value, seen["input-text"].text, seen["input-text"].names) == ("old", "", ("name",))
    assert seen["textarea"].kind == "type"
    assert (seen["button"].left, seen["button"].top) == (80, 105)


def test_the_focus_and_what_cannot_be_used_are_left_out(view: View) -> None:
    assert not [one for one in view.scene.elements if one.text == "Undo"]
    calm = [*WINDOW[:7], _control("text", "", 1, USABLE, text="line\nline\n"), *WINDOW[8:]]
    assert view_of('Call it "new"', calm).scene == view.scene


def test_parents_come_first_and_lead_to_one_root(view: View) -> None:
    for place, one in enumerate(view.scene.elements):
        assert one.parent < place
        assert (one.parent == -1) == (place == 0)
    assert view.scene.elements[_role(view, "table-cell")].parent == _role(view, "frame")


@pytest.mark.parametrize("move", [button("Save"), choose("Palette", "Tango"), type_into("Name", "new"), type_here("x")])
def test_a_move_and_its_act_are_done_to_the_same_control(view: View, move: Move) -> None:
    place = find(WINDOW, move)
    assert place is not None
    act = view.act(WINDOW[place], move)
    assert act is not None
    done = view.move(act)
    assert done is not None
    assert done[1] == WINDOW[place]
    assert (done[0].kind, done[0].text) == (move.kind, move.text)


def test_every_key_can_be_chosen_and_is_pressed(view: View) -> None:
    for name in KEYS:
        act = view.act(None, key(name))
        assert act is not None
        assert act.target in candidates(view.scene)
        assert view.move(act) == (key(name), None)
    assert len({view.scene.keys()[place] for place in range(len(view.scene.elements))}) == len(view.scene.elements)


def test_an_act_on_the_desktop_itself_does_nothing(view: View) -> None:
    assert view.move(Act("click", 0)) is None
    assert view.act(_control("push button", "Elsewhere", 0), button("Elsewhere")) is None
