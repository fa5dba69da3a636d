"""Can two people's typing be told apart by letter or by rhythm, at the fidelity where it should not?"""

import itertools

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from aboveboard.base.clock import MILLISECOND_NS, SECOND_NS
from aboveboard.formats.recording import Button, Key, Timed
from aboveboard.recorder.redact.typed.rhythm import GRID_NS, Rhythm, coarser
from aboveboard.rules.shape import Shape, shape_of, shaped
from samples.typed_keys import START_NS, hand, key

LETTERS = "abzéßжñ漢"
SAME = str.maketrans("abzéßжñ漢ABZ0123456789", "qwertzuiKLÖ9876501234")
CLICK = Button(button=1, pressed=True, x=1, y=1)


def stroke(text: str) -> list[Key]:
    typist = hand()
    typist.type(text)
    return [one for _, one in typist.given]


@given(st.text(LETTERS + "ABZ0123456789 .,@-", max_size=30))
def test_texts_of_one_shape_cannot_be_told_apart(text: str) -> None:
    first, second = Shape(), Shape()
    other = text.translate(SAME)
    assert [first.key(one) for one in stroke(text)] == [second.key(one) for one in stroke(other)]


@given(st.text(max_size=40))
def test_a_shape_holds_one_letter_its_capital_and_one_digit(text: str) -> None:
    shape = shape_of(text)
    assert {one for one in shape if one.isalpha()} <= {"a", "A"}
    assert {one for one in shape if one.isdecimal()} <= {"9"}
    assert shape_of(shape) == shape


@pytest.mark.parametrize(
    ("text", "shape"), [("Zoë 42!", "Aaa 99!"), ("漢字", "aa"), ("a\u0301", "a"), ("😀-½", "😀-9")]
)
def test_what_a_shape_keeps(text: str, shape: str) -> None:
    assert shape_of(text) == shape


@pytest.mark.parametrize("chord", ["Control+c", "Return", "Left", "Shift_L", "BackSpace", ".", "@"])
def test_shortcuts_navigation_and_other_characters_stay(chord: str) -> None:
    shape, pressed = Shape(), key(chord)
    assert shape.key(pressed) == pressed
    released = shape.key(key(chord, pressed=False))
    assert (released.name, released.keycode, released.pressed) == (pressed.name, pressed.keycode, False)


@pytest.mark.parametrize(
    "one",
    [
        key("dead_acute"),
        key("e", text="é"),
        Key(keycode=30, keysym=0x6D1, name="Cyrillic_ya", text="я", pressed=True, modifiers=[]),
        Key(keycode=30, keysym=0x6D1, name="Cyrillic_ya", text="", pressed=False, modifiers=[]),
        Key(keycode=84, keysym=0xFFB5, name="KP_5", text="5", pressed=True, modifiers=["NumLock"]),
        Key(keycode=30, keysym=0, name="", text="", pressed=True, modifiers=[]),
        Key(keycode=48, keysym=0x27, name="apostrophe", text="é", pressed=True, modifiers=[]),
    ],
)
def test_no_field_of_a_key_tells_its_letter(one: Key) -> None:
    told = shaped(one)
    assert told.keycode == 0
    assert (told.name, told.keysym) in {("a", 0x61), ("9", 0x39), ("dead_acute", 0xFE51)}
    assert told.text in {"", "a", "9"}


def test_releases_that_never_come_are_not_kept_for_ever() -> None:
    shape = Shape()
    for code in range(10_000):
        shape.key(Key(keycode=code, keysym=0x61, name="a", text="a", pressed=True, modifiers=[]))
    assert len(shape._down) <= 256


def typed(text: str, intervals: list[int], hold: int) -> list[Timed]:
    """Presses at the intervals (ms), each held for ``hold`` ms and perhaps over the next."""
    now, events = START_NS, []
    for one, interval in zip(text, intervals, strict=True):
        now += interval * MILLISECOND_NS
        events += [Timed(now, key(one)), Timed(now + hold * MILLISECOND_NS, key(one, pressed=False))]
    return sorted(events, key=lambda timed: timed.time_ns)


@given(st.lists(st.integers(1, 900), min_size=1, max_size=40), st.integers(1, 200))
def test_times_lie_in_their_step_of_the_grid_and_holding_cannot_be_seen(intervals: list[int], hold: int) -> None:
    text = "x" * len(intervals)
    told = list(coarser(typed(text, intervals, hold)))
    assert told == list(coarser(typed(text, intervals, 1)))
    presses = [timed for timed in typed(text, intervals, hold) if timed.event.pressed]  # type: ignore[union-attr]
    assert len(told) == 2 * len(presses)
    for was, is_ in zip(presses, told[::2], strict=True):
        assert was.time_ns // GRID_NS == is_.time_ns // GRID_NS
    assert all(one.time_ns <= other.time_ns for one, other in itertools.pairwise(told))


@given(st.lists(st.integers(0, 120), min_size=2, max_size=2, unique=True), st.integers(0, 3))
def test_within_a_step_of_the_grid_nobody_can_be_told_apart(offsets: list[int], step: int) -> None:
    base = START_NS + step * GRID_NS
    assume(base % GRID_NS == 0)
    told = [
        list(coarser([Timed(base + offset * MILLISECOND_NS, key("a")), Timed(base + 200 * MILLISECOND_NS, key("b"))]))
        for offset in offsets
    ]
    assert told[0] == told[1]


@given(st.lists(st.tuples(st.integers(0, 400), st.sampled_from(["a", "Shift_L", "up", "click"])), max_size=60))
def test_order_stays_against_whatever_else_is_told(steps: list[tuple[int, str]]) -> None:
    now, events = START_NS, []
    for interval, what in steps:
        now += interval * MILLISECOND_NS
        events.append(
            Timed(now, CLICK if what == "click" else key(what if what != "up" else "a", pressed=what != "up"))
        )
    told = list(coarser(events))
    assert all(one.time_ns <= other.time_ns for one, other in itertools.pairwise(told))
    expected = [timed.event for timed in events if not (isinstance(timed.event, Key) and not timed.event.pressed)]
    assert [one.event for one in told if not (isinstance(one.event, Key) and not one.event.pressed)] == expected
    clicks = [timed.time_ns for timed in events if timed.event is CLICK]
    assert [timed.time_ns for timed in told if timed.event is CLICK] == clicks


def test_a_thousand_keys_a_second_stay_in_their_second() -> None:
    told = list(coarser(Timed(START_NS + place * MILLISECOND_NS, key("a")) for place in range(3_000)))
    assert told[-1].time_ns < START_NS + 3 * SECOND_NS
    assert len(told) == 6_000


def test_a_grid_too_fine_is_refused() -> None:
    with pytest.raises(ValueError, match="wider"):
        Rhythm(MILLISECOND_NS)
