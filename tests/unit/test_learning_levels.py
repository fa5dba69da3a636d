"""Is a demonstration at a level what the recorder would have left of it, and can it still be learnt from?"""

import random

import pytest
from benchmarks.learning.lowered import sessions

from aboveboard.base.errors import BadInput
from aboveboard.formats.recording import Key, Timed
from aboveboard.lab.model.elements import Act, Element, Scene, element
from aboveboard.lab.train.element_cloning import Demonstration, ElementConfig, decisions, presses_of, train_elements
from aboveboard.lab.train.levels import Level, ThroughLevel, bring_down, structure_of
from aboveboard.recorder.redact.keys import Keys
from samples.disclosed import app, disclosure
from samples.typed_keys import key


def _element(role: str, text: str = "", value: str = "", options: tuple[str, ...] = (), classes: str = "") -> Element:
    return element(
        role=role,
        text=text,
        value=value,
        classes=classes,
        extents=(0, 0, 9, 9),
        parent=-1 if role == "body" else 0,
        options=options,
    )


def _typing(words: str) -> Demonstration:
    instruction = f'Enter "{words}" into the field and press Submit.'
    before = Scene(instruction, (_element("body"), _element("input-text"), _element("button", "Submit")))
    after = Scene(instruction, (_element("body"), _element("input-text", value=words), _element("button", "Submit")))
    return Demonstration("enter", 2.0, ((before, Act("type", 1, words)), (after, Act("click", 2))))


def test_words_and_fields_go_down_together() -> None:
    shown = bring_down(_typing("Kanesha"), Level(keystrokes="shape"), None)
    assert [act.text for _, act in shown.steps] == ["Aaaaaaa", ""]
    assert shown.steps[1][0].elements[1].value == "Aaaaaaa"
    counted = bring_down(_typing("Kanesha"), Level(keystrokes="count"), None)
    assert [act.text for _, act in counted.steps] == ["8", ""]
    assert counted.steps[1][0].elements[1].value == "•••••••"
    assert "Kanesha" in counted.steps[0][0].instruction


def test_redacted_is_by_the_recorders_rules_and_still_agrees() -> None:
    level = Level("redacted", "redacted")
    made = bring_down(_typing("Kanesha Smith"), level, sessions())
    scene, act = made.steps[0]
    assert "Kanesha" not in scene.instruction
    assert "Kanesha" not in act.text + made.steps[1][0].elements[1].value
    assert f'"{act.text}"' in scene.instruction
    assert [len(one.right) for one in decisions([made]).spans] == [1]
    assert bring_down(_typing("the report"), level, sessions()).steps == _typing("the report").steps


@pytest.mark.parametrize("words", ["Kanesha", "pUV", "room 42, 3rd", "ÅSA"])
def test_shape_is_what_the_recorder_tells(words: str) -> None:
    rule = app("chromium", keystrokes="shape")
    keys = Keys(disclosure(rule), None)
    told: list[Timed] = [
        one for place, character in enumerate(words) for one in keys.press(10**9 * place, key(character), rule)
    ]
    lowered = bring_down(_typing(words), Level(keystrokes="shape"), None).steps[0][1].text
    assert lowered == "".join(one.event.text for one in told if isinstance(one.event, Key))
    assert decisions([bring_down(_typing(words), Level(keystrokes="count"), None)]).spans[0].right


def test_a_capital_is_two_keys_and_the_next_one_is_one() -> None:
    assert [presses_of(text) for text in ("", "cab", "Cab", "pUV", "aBcD 1")] == [0, 3, 4, 4, 8]


def test_a_structure_has_no_words_and_is_acted_on_all_the_same() -> None:
    scene = Scene(
        "Choose Bob.",
        (
            _element("body"),
            _element("select", options=("Ann", "Bob"), classes="people"),
            _element("input-checkbox", value="on"),
            _element("button", "Send 3"),
        ),
    )
    shown = structure_of(scene)
    assert [one.text for one in shown.elements] == ["", "", "", "Aaaa 9"]
    assert shown.elements[1].options == ("Aaa", "Aaa")
    assert {one.names for one in shown.elements} == {()}
    assert shown.elements[2].value == "on"

    class First:
        def begin(self):  # type: ignore[no-untyped-def]
            return lambda seen: Act("choose", 1, seen.elements[1].options[1])

    assert ThroughLevel(First()).begin()(scene) == Act("choose", 1, "Ann")


def test_what_is_told_of_keys_is_enough_to_learn_from() -> None:
    draw = random.Random(1)
    names = ["".join(draw.choices("abcdefgh", k=draw.randint(3, 9))) for _ in range(30)]
    for keystrokes in ("shape", "count"):
        told = [bring_down(_typing(name), Level(keystrokes=keystrokes), None) for name in names]
        right = [len(one.right) for one in decisions(told).spans]
        assert len(right) == len(names)
        policy = train_elements(told, ElementConfig(steps=50, batch=16, members=1))
        acts = [policy.begin()(_typing(name).steps[0][0]) for name in ("hgfedc", "cab")]
        assert [(act.kind, act.text) for act in acts] == [("type", "hgfedc"), ("type", "cab")]


def test_a_level_that_cannot_be_had_is_refused() -> None:
    with pytest.raises(BadInput, match="not recorded"):
        bring_down(_typing("a"), Level(screen="none"), None)
    with pytest.raises(BadInput, match="cannot be tried here"):
        bring_down(_typing("a"), Level(screen="redacted"), None)
