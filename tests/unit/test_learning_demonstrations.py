"""Which acts does a policy learn from, of what people did in MiniWoB++?"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from aboveboard.base.errors import BadInput
from aboveboard.lab.dataset.imports import miniwob
from aboveboard.lab.model.elements import Act
from aboveboard.lab.train.demonstrations import demonstration, load

FORM = (("INPUT_text", "", "field"), ("BUTTON", "Send", ""), ("INPUT_checkbox", "", "box"), ("SELECT", "", "list"))


def _node(place: int, tag: str, text: str, name: str, value: Any, *, target: bool) -> dict[str, Any]:
    node = {
        "tag": tag,
        "left": 5,
        "top": 20 * place,
        "width": 60,
        "height": 15,
        "children": [],
        "text": text,
        "id": name,
        "classes": "ui-state-hover" if target else "",
        "ref": place + 2,
    }
    if target:
        node |= {"recordingTarget": True, "focused": True}
    if tag.startswith("INPUT"):
        node["value"] = value
    return node


def _state(time: int, action: dict[str, Any] | None, target: int | None = None, **values: Any) -> dict[str, Any]:
    """The form at ``time``; ``target`` is 0 to 3 for its parts, -1 for what holds them."""
    inside = [
        _node(place, tag, text, name, values.get(name, False if "checkbox" in tag else ""), target=place == target)
        for place, (tag, text, name) in enumerate(FORM)
    ]
    body = {"tag": "BODY", "left": 0, "top": 0, "width": 160, "height": 210, "children": inside, "ref": 1}
    if target == -1:
        body["recordingTarget"] = True
    return {"time": time, "action": None if action is None else {"timing": 1, **action}, "dom": body}


def _click(time: int, target: int, **values: Any) -> list[dict[str, Any]]:
    at = {"x": 10, "y": 20 * target + 5}
    return [
        _state(time + 10 * n, {"type": kind, **at}, target, **values) for n, kind in enumerate(("mousedown", "mouseup"))
    ]


def _keys(time: int, text: str, target: int) -> list[dict[str, Any]]:
    states = []
    for number, letter in enumerate(text):
        begin, code = time + 100 * number, ord(letter.upper())
        states += [
            _state(begin, {"type": "keydown", "keyCode": code}, target, field=text[:number]),
            _state(
                begin,
                {"type": "keypress", "keyCode": ord(letter), "charCode": ord(letter)},
                target,
                field=text[:number],
            ),
            _state(begin + 50, {"type": "keyup", "keyCode": code}, target, field=text[: number + 1]),
        ]
    return states


def _file(*states: list[dict[str, Any]], reward: float = 1.0) -> bytes:
    every = [_state(0, None), *(state for some in states for state in some)]
    told = {"taskName": "form", "utterance": 'Type "ann".', "states": every, "reward": reward, "rawReward": reward}
    return json.dumps(told).encode()


def _acts(*states: list[dict[str, Any]]) -> tuple[list[Act], Counter[str]]:
    left_out: Counter[str] = Counter()
    made = demonstration(miniwob.decode(_file(*states), name="one", task="form"), "form", left_out)
    assert all(scene.instruction == 'Type "ann".' for scene, _ in made.steps)
    return [act for _, act in made.steps], left_out


def test_a_click_into_a_field_and_what_is_typed_there_are_one_act() -> None:
    acts, left_out = _acts(_click(100, 0), _keys(500, "ann", 0), _click(2000, 1, field="ann"))
    assert acts == [Act("type", 1, "ann"), Act("click", 2)]
    assert +left_out == {}


def test_a_press_that_ends_the_task_is_an_act() -> None:
    acts, _ = _acts([_state(900, {"type": "mousedown", "x": 10, "y": 5}, 0)])
    assert acts == [Act("click", 1)]


def test_opening_a_drop_down_and_taking_an_entry_are_one_act() -> None:
    taken = [_state(900, {"type": "mouseup", "x": -20, "y": -99}, 3)]
    acts, _ = _acts(_click(100, 3), taken, _click(2000, 1))
    assert acts == [Act("choose", 4), Act("click", 2)]


def test_a_tick_that_was_taken_back_is_left_out_and_counted() -> None:
    acts, left_out = _acts(_click(1000, 2), _click(3000, 2, box=True), _click(5000, 1))
    assert acts == [Act("click", 2)]
    assert left_out["had no effect, or led back"] == 2


def test_a_click_beside_everything_is_left_out_and_counted() -> None:
    acts, left_out = _acts(_click(1000, -1), _click(3000, 1))
    assert acts == [Act("click", 2)]
    assert left_out["had no effect, or led back"] == 1


def test_one_click_on_a_control_counts_even_where_nothing_shows_it() -> None:
    acts, _ = _acts(_click(1000, 1), _click(3000, 2))
    assert acts == [Act("click", 2), Act("click", 3)]


def test_failures_are_not_learnt_from(tmp_path: Path) -> None:
    folder = tmp_path / "form"
    folder.mkdir()
    for number in range(3):
        (folder / f"good{number}.json").write_bytes(_file(_click(100, 1)))
    (folder / "bad.json").write_bytes(_file(_click(100, 1), reward=-1.0))
    (folder / "torn.json").write_bytes(b'{"utterance"')
    found = load(tmp_path, {"form": ["form"]}, most=10)
    assert len(found.by_task["form"]) == 3
    assert found.left_out["an attempt that failed"] == 1
    assert sum(count for why, count in found.left_out.items() if why.startswith("a file")) == 1
    assert load(tmp_path, {"form": ["form"]}, most=10).version == found.version
    assert load(tmp_path, {"form": ["form"]}, most=2).version != found.version
    with pytest.raises(BadInput, match="no demonstration of other"):
        load(tmp_path, {"other": ["other"]}, most=10)
