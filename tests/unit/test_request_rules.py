"""What may be asked for, in which words, and how closely it is then seen."""

from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.base.errors import BadInput
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import grant
from aboveboard.formats.disclosure import PURPOSES, Purpose
from aboveboard.formats.grant import AccessRequest, Fidelity
from aboveboard.formats.recording import (
    Button,
    Control,
    Covered,
    Event,
    Key,
    KeyCount,
    Pointer,
    Site,
    Timed,
    Touch,
    Window,
)
from aboveboard.formats.roster import Staff, may_be_one_person
from aboveboard.rules.decision import Reason
from aboveboard.rules.fidelity import Lowering
from aboveboard.rules.request import says_something, sound
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.signatures import SigningKey

REQUEST = AccessRequest(
    request_id=new_id(Kind.REQUEST),
    requester=new_id(Kind.STAFF),
    recipient=Identity.generate().recipient,
    people=[new_id(Kind.PERSON)],
    kinds=["pointer"],
    purpose="train_agents",
    output="a policy",
    reason="To learn how people choose from long lists.",
    duration_ns=1,
    created_at_ns=1,
)


@pytest.mark.parametrize(
    "purpose",
    ["rank_people", "measure_people", "compare_people", "measure_performance", "discipline", "", "train_agents "],
)
def test_ranking_or_measuring_a_person_is_no_purpose_and_cannot_become_one(purpose: str) -> None:
    assert set(get_args(Purpose)) == set(PURPOSES) == {"train_agents", "evaluate_agents", "study_interaction"}
    data = msgspec.json.encode(msgspec.to_builtins(REQUEST) | {"purpose": purpose})
    with pytest.raises(BadInput, match="purpose"):
        grant.decode_request(data)


@pytest.mark.parametrize(
    ("reason", "says"),
    [
        ("To learn how people choose from long lists.", True),
        ("um Auswahllisten besser bedienen zu lernen", True),
        ("чтобы понять, как люди выбирают", True),
        ("为了学习人们如何从列表中选择", True),
        ("because because because because", False),
        ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", False),
        ("aaaa bbbb cccc dddd eeee", False),
        ("a b c d e f g h i j", False),
        ("needed", False),
        ("research purposes", False),
        ("123 456 789 1011", False),
        ("!!! ??? ... ---", False),
        ("a policy that clicks buttons", False),
        ("A POLICY  that clicks buttons!", False),
        ("的的的的的的的的的的", False),
        ("          ", False),
        ("", False),
    ],
)
def test_a_reason_says_something(reason: str, says: bool) -> None:
    assert says_something(reason, beside="a policy that clicks buttons") is says


@given(st.text(max_size=300), st.text(max_size=200))
def test_any_text_is_judged(reason: str, output: str) -> None:
    judged = sound(msgspec.structs.replace(REQUEST, reason=reason, output=output))
    assert judged.reason in (Reason.OK, Reason.GRANT_REASON)
    assert not says_something(output, beside=output)


@pytest.mark.parametrize(
    "changes",
    [
        {"people": REQUEST.people * 2},
        {"kinds": ["screen", "screen"]},
        {"output": "?"},
        {"reason": REQUEST.reason + "\x1b[2J"},
        {"output": "a \u202e policy"},
    ],
)
def test_nothing_is_named_twice_and_something_comes_of_it(changes: dict[str, Any]) -> None:
    assert sound(REQUEST).allowed
    assert sound(msgspec.structs.replace(REQUEST, **changes)).reason is Reason.GRANT_REASON


def member(name: str, person: str = "", key: SigningKey | None = None) -> Staff:
    public = (key or SigningKey.generate()).public
    return Staff(staff_id=new_id(Kind.STAFF), name=name, role="security", key=public, person=person)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (member("Kim"), member("Sam"), False),
        (member("Kim"), member("KIM "), True),
        (member("Kim  Lee"), member("kim lee"), True),
        (member("Ｋｉｍ"), member("Kim"), True),
        (member("Kim", "a@example.org"), member("Kim", "b@example.org"), False),
        (member("Kim", "a@example.org"), member("Kim"), True),
        (member("Kim", "a@example.org"), member("Sam", "A@example.org"), True),
        (member("Kim", "a@example.org"), member("Sam"), False),
    ],
)
def test_could_two_entries_be_one_person(one: Staff, other: Staff, same: bool) -> None:
    assert may_be_one_person(one, other) is may_be_one_person(other, one) is same
    assert may_be_one_person(one, msgspec.structs.replace(other, key=one.key))


def typed(letter: str, *, pressed: bool = True) -> Key:
    return Key(
        keycode=38, keysym=ord(letter), name=letter, text=letter if pressed else "", pressed=pressed, modifiers=[]
    )


CONTROL = Control(
    cause="click",
    role="button",
    x=1,
    y=2,
    width=3,
    height=4,
    states=["focused"],
    path=["window: Payroll", "panel"],
    name="Dismiss Ada",
    value="v",
    options=["one"],
    chosen="one",
)
EVENTS: list[Event] = [
    Window(app="Editor", title="Ada's salary", pid=1, x=0, y=0, width=9, height=9),
    Site(host="example.org", url="https://example.org/ada"),
    Pointer(x=1, y=1),
    Touch(finger=1, phase="move", x=1, y=1),
    Touch(finger=1, phase="begin", x=1, y=1),
    Button(button=1, pressed=True, x=1, y=1),
    CONTROL,
    typed("q"),
    typed("q", pressed=False),
    typed("7"),
    Covered(placeholder="‹name 1›", remains=True),
]


def lowered(**levels: Any) -> list[Event]:
    items = [Timed(place, event) for place, event in enumerate(EVENTS)]
    return [item.event for item in Lowering(Fidelity(**levels)).lower(items) if isinstance(item, Timed)]


def test_by_default_it_is_seen_as_it_was_recorded() -> None:
    assert lowered() == EVENTS


@pytest.mark.parametrize(
    ("levels", "gone", "there"),
    [
        ({"window": "app"}, ["salary"], ["Editor", "/ada", "Dismiss"]),
        ({"site": "host"}, ["/ada"], ["example.org", "salary"]),
        ({"control": "role"}, ["Dismiss", "Payroll", '"one"', '"v"'], ["button", "panel", "focused"]),
        ({"keystrokes": "shape"}, ['"q"', '"7"', ":113", ":55"], ['"a"', '"9"', "name 1"]),
        ({"keystrokes": "count"}, ['"q"', '"7"', "keycode", "name 1"], ['"presses":2']),
    ],
)
def test_less_is_seen_if_less_was_granted(levels: dict[str, str], gone: list[str], there: list[str]) -> None:
    seen = msgspec.json.encode([msgspec.to_builtins(each) for each in lowered(**levels)]).decode()
    assert [word for word in gone if word in seen] == []
    assert [word for word in there if word not in seen] == []


def test_of_a_pointer_only_the_clicks() -> None:
    kinds = [type(each) for each in lowered(pointer="clicks") if isinstance(each, Pointer | Touch | Button)]
    assert kinds == [Touch, Button]


def test_a_count_is_told_once_and_at_the_end() -> None:
    seen = lowered(keystrokes="count")
    assert [each for each in seen if isinstance(each, KeyCount)] == [KeyCount(presses=2)] == seen[-1:]
