"""Demonstrations in the browser's own events become the same actions as a recording, and none is lost."""

import gzip
import json
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.base.errors import BadInput
from aboveboard.lab.dataset.imports.miniwob import Skipped, decode, read_folder

FIELD, DROP_DOWN, BUTTON = "INPUT_text", "SELECT", "BUTTON"
Told = dict[str, Any]


def node(tag: str, ref: int, children: list[Told] | None = None, **more: Any) -> Told:
    size = {"left": 2.5, "top": ref * 10, "width": 40, "height": 10}
    return {"tag": tag, "ref": ref, "children": children or [], "id": "", "classes": "", **size, **more}


def page(value: str = "", *, focus: str = "", target: str = "") -> Told:
    def mark(tag: str) -> Told:
        return ({"focused": True} if tag == focus else {}) | ({"recordingTarget": True} if tag == target else {})

    inside = [
        node(FIELD, 2, value=value, **mark(FIELD)),
        node(DROP_DOWN, 3, **mark(DROP_DOWN)),
        node(BUTTON, 4, text="Submit", **mark(BUTTON)),
    ]
    return node("BODY", 1, inside)


def told(time: int, kind: str, shown: Told, **more: Any) -> list[Told]:
    """What a file has for one event: the page before it and the page after it."""
    return [{"time": time, "action": {"type": kind, "timing": timing, **more}, "dom": shown} for timing in (1, 3)]


def clicked(time: int, tag: str, x: int, y: int, value: str = "", focus: str = "") -> list[Told]:
    shown = page(value, target=tag, focus=focus)
    names = [("mousedown", 0), ("mouseup", 80), ("click", 81)]
    return [one for name, late in names for one in told(time + late, name, shown, x=x, y=y)]


def typed(time: int, character: str, before: str) -> list[Told]:
    shown = page(before, focus=FIELD, target=FIELD)
    code, down = ord(character), ord(character.upper())
    return [
        *told(time, "keydown", shown, keyCode=down, charCode=0),
        *told(time, "keypress", shown, keyCode=code, charCode=code),
        *told(time + 60, "keyup", shown, keyCode=down, charCode=0),
    ]


def file(states: list[Told], **more: Any) -> bytes:
    first = {"time": 1, "action": None, "dom": page()}
    whole = {"taskName": "enter-text", "utterance": "Enter it", "reward": 0.8, "rawReward": 1}
    return json.dumps(whole | {"states": [first, *states]} | more).encode()


SESSION = [
    *clicked(1000, FIELD, 10, 22),
    *typed(1500, "o", ""),
    *typed(1700, "k", "o"),
    *clicked(2500, DROP_DOWN, 10, 32, "ok", FIELD),
    *told(3000, "mouseup", page("ok", focus=DROP_DOWN, target=DROP_DOWN), x=-20, y=-300),
    *told(3001, "click", page("ok", focus=DROP_DOWN, target=DROP_DOWN), x=-20, y=-300),
    *told(3500, "scroll", page("ok", target=FIELD)),
    *clicked(4000, BUTTON, 10, 42, "ok"),
]


def test_actions_come_with_the_page_before_them_and_what_they_were_done_to() -> None:
    made = decode(file(SESSION), name="x", task="")
    targets = [made.states[one.state].elements[one.target or 0].tag for one in made.actions]
    assert [one.kind for one in made.actions] == ["click", "type", "click", "choose", "click"]
    assert targets == [FIELD, FIELD, DROP_DOWN, DROP_DOWN, BUTTON]
    assert made.actions[1].text == "ok"
    values = [made.states[one.state].elements[1].value for one in made.actions]
    assert values == ["", "", "ok", "ok", "ok"]
    assert [(one.time_ns, one.end_ns) for one in made.actions][:2] == [
        (1_000_000_000, 1_080_000_000),
        (1_500_000_000, 1_760_000_000),
    ]
    assert (made.task, made.utterance, made.reward, made.raw_reward) == ("enter-text", "Enter it", 0.8, 1)
    assert made.duration_ns == 4_080_000_000
    assert [one.parent for one in made.states[0].elements] == [-1, 0, 0, 0]
    assert (made.states[0].elements[1].x, made.states[0].elements[1].y) == (2.5, 20)


def test_what_makes_no_action_is_counted_by_its_reason() -> None:
    made = decode(file(SESSION), name="x", task="")
    assert made.events == len(SESSION)
    assert sum(one.events for one in made.actions) + sum(made.unused.values()) == made.events
    assert made.unused == {
        "same_event_later": len(SESSION) // 2,
        "follows_from_another": 2 + 4,
        "scroll_without_distance": 1,
    }


events = st.tuples(
    st.sampled_from(["mousedown", "mouseup", "click", "dblclick", "keydown", "keypress", "keyup", "scroll", "paste"]),
    st.integers(0, 3000),
    st.sampled_from([8, 13, 16, 17, 65, 97, 229, 0]),
    st.sampled_from([1, 1, 1, 2, 3]),
    st.sampled_from([FIELD, DROP_DOWN, ""]),
)


@settings(max_examples=80, deadline=None)
@given(st.lists(events, max_size=30))
def test_whatever_a_browser_told_every_event_is_in_one_action_or_counted(
    stream: list[tuple[str, int, int, int, str]],
) -> None:
    time, states = 1, []
    for kind, gap, code, timing, tag in stream:
        time += gap
        action = {"type": kind, "timing": timing, "x": code, "y": 4, "keyCode": code, "charCode": code}
        states.append({"time": time, "action": action, "dom": page(focus=tag, target=tag)})
    made = decode(file(states), name="x", task="t")
    assert sum(one.events for one in made.actions) + sum(made.unused.values()) == made.events == len(stream)
    assert [one.time_ns for one in made.actions] == sorted(one.time_ns for one in made.actions)


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=60), st.integers(0, 400), st.booleans())
def test_damaged_bytes_are_refused_in_words(noise: bytes, place: int, packed: bool) -> None:
    whole = file(SESSION[:2])
    damaged = whole[:place] + noise + whole[place + len(noise) :]
    with suppress(BadInput):
        made = decode(gzip.compress(damaged) if packed else damaged, name="x", task="")
        assert sum(one.events for one in made.actions) + sum(made.unused.values()) == made.events


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"../../elsewhere.json.gz",
        gzip.compress(file([]))[:-20],
        b'{"utterance":"","reward":0,"rawReward":0,"states":[]}',
        file([{"time": 1, "action": None, "dom": {"tag": "BODY"}}]),
        b'{"utterance":"","reward":0,"rawReward":0,"states":[{"time":1,"action":null,"dom":'
        + b'{"tag":"A","left":0,"top":0,"width":0,"height":0,"children":[' * 5000,
    ],
    ids=["empty", "a link's text", "cut off", "no states", "no extents", "too deep"],
)
def test_what_is_no_demonstration_is_refused(data: bytes) -> None:
    with pytest.raises(BadInput):
        decode(data, name="x", task="")


def test_a_folder_is_read_once_whatever_links_to_it(tmp_path: Path) -> None:
    for place in ("first/enter-text", "second/enter-text", "second/click-test"):
        (tmp_path / place).mkdir(parents=True)
    (tmp_path / "first/enter-text/a.json.gz").write_bytes(gzip.compress(file(SESSION)))
    (tmp_path / "first/enter-text/b.json").write_bytes(b"broken")
    (tmp_path / "second/enter-text/a.json.gz").symlink_to("../../first/enter-text/a.json.gz")
    (tmp_path / "second/enter-text/c.json").symlink_to("/etc/hostname")
    (tmp_path / "second/click-test/d.json").write_bytes(file(SESSION, taskName=""))
    skipped = Skipped(Counter(), {})
    made = list(read_folder(tmp_path, skipped=skipped))
    assert [(one.name, one.task) for one in made] == [("a.json.gz", "enter-text"), ("d.json", "click-test")]
    assert skipped.reasons == {
        "not a demonstration, or damaged": 1,
        "there twice, by a link": 1,
        "a link to outside the folder": 1,
    }
    assert [one.name for one in read_folder(tmp_path, tasks=["click-test"])] == ["d.json"]
    with pytest.raises(BadInput):
        list(read_folder(tmp_path))
