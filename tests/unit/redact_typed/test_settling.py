"""When does what was typed come out, and is what was found judged with all that belongs to it?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.base.clock import MILLISECOND_NS, SECOND_NS
from aboveboard.formats.recording import Button, Control, Marker, Pointer, Touch, Window
from aboveboard.recorder.redact.typed.options import Options
from aboveboard.recorder.redact.typed.parts import Char, Does, Hold, Press, Thing
from aboveboard.recorder.redact.typed.settling import grave, plain_boundary, uncut, unfinished
from samples.typed_keys import Cards, hand, key, plain

CARD = "4539 1488 0343 6467"
CLICK = Button(button=1, pressed=True, x=1, y=1)
WINDOW = Window(app="editor", title="a", pid=1, x=0, y=0, width=9, height=9)
FOCUS = Control(cause="focus", role="text", x=0, y=0, width=1, height=1, states=[], path=[])
SUPPRESSED = Marker(kind="suppressed", reason="password_field", start_ns=0, end_ns=1)
SCREEN = Marker(kind="gap", reason="screen_stalled", start_ns=0, end_ns=1)


@pytest.mark.parametrize("ending", ["Return", "Tab"])
def test_what_was_typed_comes_out_when_the_unit_is_over(ending: str) -> None:
    typist = hand()
    typist.type("Hello")
    assert typist.typing.release(typist.now_ns) == []
    typist.press(ending)
    assert plain(typist.typing.release(typist.now_ns)) == f"Hello[{ending}]"
    assert typist.typing.waits_since_ns is None


@pytest.mark.parametrize("item", [CLICK, Touch(finger=0, phase="begin", x=0, y=0), WINDOW, SUPPRESSED])
def test_what_leads_to_another_field_ends_the_unit(item: object) -> None:
    typist = hand()
    typist.type("hello")
    typist.offer(item)
    assert plain(typist.typing.release(typist.now_ns)) == "hello"
    assert "hello" not in typist.typing.text


@pytest.mark.parametrize("item", [SCREEN, Pointer(x=1, y=1), WINDOW, Button(button=1, pressed=False, x=1, y=1)])
def test_a_secret_is_one_though_something_else_happens_within_it(item: object) -> None:
    typist = hand()
    typist.offer(WINDOW)
    typist.type(CARD[:8])
    typist.offer(item if item is not WINDOW else Window(**{**_fields(WINDOW), "title": "* a"}))
    typist.type(CARD[8:])
    typist.press("Return")
    assert plain(typist.end()) == "‹card 1›[Return]"


def test_a_number_typed_into_boxes_that_lead_on_by_themselves_is_one() -> None:
    typist = hand()
    typist.wait(2 * SECOND_NS)
    for box in CARD.split():
        typist.offer(FOCUS)
        typist.type(box)
        assert typist.typing.text.strip("\ufffc") == box
    typist.press("Tab")
    assert plain(typist.end()) == "‹card 1›[Tab]"


def _fields(window: Window) -> dict[str, object]:
    return {name: getattr(window, name) for name in window.__struct_fields__}


def test_the_focus_that_a_tab_moved_ends_nothing_when_it_is_told_late() -> None:
    typist = hand()
    typist.press("Tab")
    typist.type(CARD[:3])
    typist.offer(FOCUS)
    typist.type(CARD[3:])
    assert CARD in typist.typing.text
    typist.press("Return")
    assert plain(typist.end()) == "[Tab]‹card 1›[Return]"


def test_plain_words_come_out_after_two_seconds_and_not_before() -> None:
    typist = hand()
    typist.type("some words")
    assert typist.wait(1900 * MILLISECOND_NS) == []
    assert plain(typist.wait(200 * MILLISECOND_NS)) == "some words"


def test_a_name_that_may_go_on_is_waited_for() -> None:
    typist = hand()
    typist.type("dear John")
    assert plain(typist.wait(5 * SECOND_NS)) == "dear "
    typist.type(" Smith, hello")
    typist.wait(3 * SECOND_NS)
    assert plain(typist.told) == "dear ‹name 1›, hello"


def test_a_name_finished_later_is_covered_as_far_as_it_waits() -> None:
    typist = hand()
    typist.type("John called us")
    typist.wait(3 * SECOND_NS)
    typist.press("Control+Left", 2)
    typist.press("Left")
    typist.type(" Smith")
    typist.wait(20 * SECOND_NS)
    assert "Smith" not in plain(typist.told)
    assert "John" not in plain(typist.told)


def test_what_is_found_too_late_covers_the_rest_and_is_counted() -> None:
    typist = hand()
    typist.type("anna")
    typist.wait(3 * SECOND_NS)
    typist.type("@ex.com is it")
    typist.wait(3 * SECOND_NS)
    assert plain(typist.told) == "anna‹mail 1› is it"
    assert typist.typing.statistics.reached_back == 1


def test_who_types_without_a_stop_is_not_waited_for_for_ever() -> None:
    typist = hand()
    late = []
    for _ in range(40):
        typist.type("and so we went on and on and on ")
        typist.told += typist.typing.release(typist.now_ns)
        since = typist.typing.waits_since_ns
        late.append(typist.now_ns - since if since is not None else 0)
    assert 2 * SECOND_NS < max(late) < 10 * SECOND_NS


@given(st.text("4 1abA@.", min_size=200, max_size=400))
def test_nothing_waits_longer_than_the_hard_cap(text: str) -> None:
    typist = hand(Cards())
    typist.step_ns = 200 * MILLISECOND_NS
    for one in text:
        typist.type(one)
        typist.told += typist.typing.release(typist.now_ns)
        since = typist.typing.waits_since_ns
        assert since is None or typist.now_ns - since < Options().hard_cap_ns


def test_a_number_typed_slower_than_the_hard_cap_is_covered_as_it_goes() -> None:
    typist = hand()
    for one in CARD:
        typist.type(one)
        typist.wait(1500 * MILLISECOND_NS)
    typist.press("Return")
    assert not any(one.isdigit() and one != "1" for one in plain(typist.end()))


def test_a_modifier_alone_holds_nothing_up() -> None:
    typist = hand()
    typist.press("Shift_L")
    assert typist.wait(1100 * MILLISECOND_NS)
    assert typist.typing.waits_since_ns is None


def test_moves_and_commands_come_out_at_once() -> None:
    typist = hand()
    for chord in ("Left", "Control+Home", "Control+s", "Alt+Tab"):
        typist.press(chord)
    assert len(typist.typing.release(typist.now_ns)) == len(typist.given)


def test_what_is_judged_stays_in_proportion_to_what_is_typed() -> None:
    typist = hand()
    for _ in range(100):
        typist.type("some words and then more of them ")
        typist.press("BackSpace", 3)
        typist.type("em ")
        typist.told += typist.typing.release(typist.now_ns)
    typist.end()
    assert typist.typing.statistics.judged_characters < 20 * 33 * 100


def test_all_waiting_ends_at_the_end() -> None:
    typist = hand()
    typist.type("dear John")
    assert plain(typist.end()) == "dear ‹name 1›"


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("some words", ""),
        ("call John", "John"),
        ("call John Smith", "John Smith"),
        ("my card is 4111 1111 ", "4111 1111 "),
        ("it is done. Thanks.", ""),
        ("anna.berg@", "anna.berg@"),
        ("at 10", "10"),
        ("", ""),
        ("   ", ""),
    ],
)
def test_an_end_that_may_go_on(text: str, end: str) -> None:
    assert text[unfinished(text) :] == end


@given(st.text(max_size=400))
def test_an_end_lies_within_its_text(text: str) -> None:
    assert 0 <= unfinished(text) <= len(text)


@pytest.mark.parametrize(
    ("text", "yes"),
    [("4111 11", True), ("2024", False), ("anna@", True), ("Passw0rd", True), ("Smith", False), ("10 20", False)],
)
def test_half_a_secret(text: str, yes: bool) -> None:
    assert grave(text) is yes


@pytest.mark.parametrize(
    ("text", "yes"),
    [("the dog", True), ("John Smith", False), ("the Smith", False), ("4111 1111", False), ("done there. Now", True)],
)
def test_a_boundary_that_is_safe(text: str, yes: bool) -> None:
    assert plain_boundary(text, text.rindex(" ")) is yes
    assert not plain_boundary(text, 0)


def _pressed(thing: Thing | None = None, does: Does = "text") -> Press:
    return Press(0, key("a"), Hold(), does, made=[Char("a")], thing=thing)


def test_nothing_is_cut_through_a_thing_or_before_what_a_modifier_is_held_for() -> None:
    thing, other = Thing("name", "a"), Thing("name", "b")
    events = [_pressed(), _pressed(thing), _pressed(), _pressed(other), _pressed(thing), _pressed()]
    assert [uncut(events, count) for count in range(7)] == [0, 1, 1, 1, 1, 5, 6]
    shift, capital = _pressed(does="modifier"), _pressed()
    shift.uses.append(capital)
    assert [uncut([_pressed(), shift, capital], count) for count in range(4)] == [0, 1, 1, 3]


@pytest.mark.parametrize("bad", [{"idle_ns": 0}, {"cap_ns": 1}, {"hard_cap_ns": 1}, {"hard_cap_events": 1}])
def test_limits_that_make_no_sense_are_refused(bad: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="in this order"):
        Options(**bad)
