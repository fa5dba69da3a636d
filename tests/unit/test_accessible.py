"""Does what an application says of itself become controls, whatever it says?"""

import asyncio
from collections.abc import Sequence
from typing import Any

from dbus_fast import Message, MessageType, Variant
from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.stage.desktop import accessible
from aboveboard.stage.desktop.accessible import CONTROLS_LIMIT, MODAL, SENSITIVE, SHOWING, Accessible, Control

PID = 7
SHOWN = SHOWING | SENSITIVE
_FITTING = {
    "GetConnectionUnixProcessID": ("u", PID),
    "GetState": ("au", [SHOWN, 0]),
    "GetRoleName": ("s", "push button"),
    "Get": ("v", Variant("s", "Go")),
    "GetExtents": ("(iiii)", [1, 2, 3, 4]),
    "GetText": ("s", "text"),
    "GetRelationSet": ("a(ua(so))", []),
    "GetChildren": ("a(so)", []),
}


class _Bus:
    """Answers each question as ``answer`` says."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    async def call(self, message: Message) -> Message:
        signature, body = self._answer(message)
        return Message(message_type=MessageType.METHOD_RETURN, reply_serial=1, signature=signature, body=[body])


class _Told(Accessible):
    def __init__(self, answer: Any) -> None:
        self._loop = asyncio.new_event_loop()
        self._bus = _Bus(answer)  # type: ignore[assignment]

    def all(self) -> list[Control]:
        try:
            return self.look([PID])
        finally:
            self._loop.close()


def _tree(children: dict[str, Sequence[str]], **by_path: dict[str, tuple[str, Any]]) -> Any:
    def answer(message: Message) -> tuple[str, Any]:
        path = message.path or ""
        if message.member == "GetChildren":
            return "a(so)", [(":1.1", child) for child in children.get(path, ())]
        return by_path.get(path[1:], {}).get(message.member or "", _FITTING[message.member or ""])

    return answer


ROOT = "/org/a11y/atspi/accessible/root"


def test_a_tree_is_told_parents_first_and_what_does_not_show_is_left_out() -> None:
    found = _Told(
        _tree(
            {ROOT: ["/app"], "/app": ["/window"], "/window": ["/a", "/b", "/c"], "/a": ["/d"], "/b": ["/e"]},
            b={"GetState": ("au", [SENSITIVE, 0])},
            a={"Get": ("v", Variant("s", "  A  \n line "))},
        )
    ).all()
    assert [(one.ref.path, one.parent) for one in found] == [("/window", -1), ("/a", 0), ("/d", 1), ("/c", 0)]
    assert found[1].name == "A line"


def test_a_dialog_that_keeps_the_rest_from_being_used_is_all_that_is_told() -> None:
    found = _Told(
        _tree(
            {ROOT: ["/app"], "/app": ["/window", "/dialog"], "/window": ["/a"], "/dialog": ["/b"]},
            dialog={"GetState": ("au", [SHOWN | MODAL, 0])},
        )
    ).all()
    assert [one.ref.path for one in found] == ["/dialog", "/b"]


def test_a_field_is_called_by_its_label_or_by_what_stands_left_of_it() -> None:
    def field(left: int, top: int) -> dict[str, tuple[str, Any]]:
        extents, nameless = ("(iiii)", [left, top, 50, 20]), ("v", Variant("s", ""))
        return {"GetRoleName": ("s", "text"), "Get": nameless, "GetExtents": extents}

    def label(words: str, top: int) -> dict[str, tuple[str, Any]]:
        extents = ("(iiii)", [10, top, 60, 20])
        return {"GetRoleName": ("s", "label"), "Get": ("v", Variant("s", words)), "GetExtents": extents}

    own = {**field(300, 0), "GetRelationSet": ("a(ua(so))", [(2, [(":1.1", "/two")])])}
    found = _Told(
        _tree(
            {ROOT: ["/app"], "/app": ["/window"], "/window": ["/one", "/two", "/own", "/beside", "/far"]},
            one=label("Name:", 0),
            two=label("Size:", 40),
            own=own,
            beside=field(80, 0),
            far=field(400, 40),
        )
    ).all()
    assert [one.name for one in found if one.role == "text"] == ["Size", "Name", ""]


def test_an_endless_tree_ends() -> None:
    found = _Told(
        lambda message: (
            ("a(so)", [(":1.1", "/x")] * 500) if message.member == "GetChildren" else _FITTING[message.member]
        )
    ).all()
    assert len(found) == CONTROLS_LIMIT


_ANYTHING = st.sampled_from(
    [
        ("s", "x" * 5000),
        ("u", 2**32 - 1),
        ("au", []),
        ("au", [SHOWN]),
        ("au", [2**32 - 1] * 5),
        ("v", Variant("i", -1)),
        ("v", Variant("as", ["a"])),
        ("(iiii)", [-(2**31)] * 4),
        ("a(so)", [(":1.1", "/x")]),
        ("a(ua(so))", [(2, [])]),
        ("a(ua(so))", [(2, [(":1.1", "/x")])]),
    ]
)


@settings(max_examples=60)
@given(st.data())
def test_whatever_an_application_answers_it_is_told_or_left_out(data: st.DataObject) -> None:
    def answer(message: Message) -> tuple[str, Any]:
        fitting = data.draw(st.booleans())
        if fitting and message.member == "GetChildren":
            return "a(so)", [(":1.1", "/x"), (":1.2", "/y")]
        return _FITTING[message.member or ""] if fitting else data.draw(_ANYTHING)

    for one in _Told(answer).all():
        assert one.has(SHOWING)


def test_every_question_has_its_answer() -> None:
    assert set(_FITTING) == set(accessible._ANSWERS)
