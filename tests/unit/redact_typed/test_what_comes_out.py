"""Does ordinary typing come out exactly, and of what is covered nothing but a placeholder?"""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.base.clock import SECOND_NS
from aboveboard.formats.recording import Button
from aboveboard.recorder.redact.text.redactor import UNCHECKED
from aboveboard.recorder.redact.typed.options import Options
from aboveboard.recorder.redact.typed.writing import Covered, Kept
from samples.typed_keys import Broken, Cards, Mails, Names, Words, hand, kept_keys, key, plain

CARD = "4539 1488 0343 6467"
CHORDS = [
    *"aB 3.@é",
    *"aB 3.@é",
    "BackSpace",
    "Delete",
    "Left",
    "Shift+Left",
    "Control+Left",
    "Home",
    "Return",
    "Tab",
    "Control+a",
    "Control+c",
    "Control+v",
    "Control+z",
    "Control+BackSpace",
    "Alt+Tab",
    "Escape",
    "dead_acute",
    "Insert",
]
steps = st.lists(st.one_of(st.sampled_from(CHORDS), st.sampled_from([0.5, 3.0, 9.0]), st.just("click")), max_size=60)


def carry_out(typist, script) -> None:  # type: ignore[no-untyped-def]
    for step in script:
        if isinstance(step, float):
            typist.wait(int(step * SECOND_NS))
        elif step == "click":
            typist.offer(Button(button=1, pressed=True, x=1, y=1))
        elif len(step) == 1:
            typist.type(step)
        else:
            typist.press(step)
    typist.end()


@settings(max_examples=200, deadline=None)
@given(steps, st.sampled_from(["field", "readline", "mac"]))
def test_what_holds_nothing_comes_out_exactly_as_it_went_in(script: list[object], editing: str) -> None:
    typist = hand(Words(("not typed",)), editing=editing)
    carry_out(typist, script)
    if typist.typing.statistics.unchecked:
        return  # the end looked like half a secret
    assert kept_keys(typist.told) == typist.given
    assert len(typist.told) == len(typist.given)


@settings(max_examples=300, deadline=None)
@given(steps)
def test_nothing_is_lost_invented_or_out_of_order(script: list[object]) -> None:
    typist = hand(Words(("a", "33")), Mails())
    carry_out(typist, script)
    times = [one.time_ns for one in typist.told]
    assert times == sorted(times)
    given_keys = [pressed for _, pressed in typist.given]
    kept = [pressed for _, pressed in kept_keys(typist.told)]
    assert len(kept) == len({id(one) for one in kept} & {id(one) for one in given_keys})
    counts = typist.typing.statistics
    assert counts.kept + counts.covered == sum(one.pressed for one in given_keys)
    presses = [one for one in kept if one.pressed and not one.name.endswith("_L")]
    order = {id(one): place for place, one in enumerate(given_keys)}
    assert all(order[id(one)] < order[id(other)] for one, other in itertools.pairwise(presses))
    down: set[int] = set()
    for one in kept:
        assert one.pressed or one.keycode in down
        (down.add if one.pressed else down.discard)(one.keycode)


def test_how_long_a_secret_was_and_how_it_was_typed_cannot_be_seen() -> None:
    told = []
    for secret, step in (("a@b.de", 40), ("somebody.else@example.com", 40), ("a@b.de", 300)):
        typist = hand(Mails())
        typist.type("to ")
        typist.step_ns = step * 1_000_000
        begin = typist.now_ns + typist.step_ns // 2
        typist.type(secret)
        typist.press("Return")
        typist.end()
        (covered,) = [one for one in typist.told if isinstance(one, Covered)]
        assert covered == Covered(begin, "‹mail 1›", True)
        told.append(plain(typist.told))
    assert set(told) == {"to ‹mail 1›[Return]"}


def test_the_modifiers_of_covered_keys_go_with_them() -> None:
    typist = hand(Mails())
    typist.type("A@B.DE")
    typist.press("Return")
    assert [one.key.name for one in typist.end() if isinstance(one, Kept)] == ["Return", "Return"]


def test_a_modifier_held_for_more_than_the_secret_stays() -> None:
    typist = hand(Mails())
    for one in [key("Shift_L"), *(key(f"Shift+{one}") for one in "A@B.DE X"), key("Shift+Shift_L", pressed=False)]:
        typist.offer(one)
    typist.press("Return")
    assert [one.key.name for one in typist.end() if isinstance(one, Kept)][:2] == ["Shift_L", " "]


def test_a_release_within_a_secret_comes_out_before_it() -> None:
    typist = hand(Mails())
    mail = [key(one) for one in "a@b.de"]
    for one in [key(" "), mail[0], mail[1], key(" ", pressed=False), *mail[2:], key("e", pressed=False)]:
        typist.offer(one)
    typist.press("Return")
    told = typist.end()
    assert [(one.key.name, one.key.pressed) for one in told[:2] if isinstance(one, Kept)] == [(" ", True), (" ", False)]
    assert told[1].time_ns == told[2].time_ns
    assert isinstance(told[2], Covered)


def test_a_key_held_down_into_a_secret_is_not_released_in_the_open() -> None:
    """The system repeats it; which key it was would tell the last character."""
    typist = hand(Words(("xyyy",)))
    for one in [*"yxyyy"]:
        typist.offer(key(one))
    typist.offer(key("y", pressed=False))
    typist.press("Return")
    names = [one.key.name for one in typist.end() if isinstance(one, Kept)]
    assert names == ["y", "Return", "Return"]


def test_a_secret_deleted_later_does_not_tell_its_length() -> None:
    typist = hand()
    typist.type("pay " + CARD)
    typist.press("Return")
    typist.wait(SECOND_NS)
    typist.press("BackSpace", 20)
    typist.wait(5 * SECOND_NS)
    assert plain(typist.told) == "pay ‹card 1›[Return][BackSpace]‹card 1›"
    assert [one.remains for one in typist.told if isinstance(one, Covered)] == [True, False]


def test_steps_of_the_caret_within_a_secret_do_not_tell_its_length() -> None:
    typist = hand()
    typist.type(CARD)
    typist.press("Return")
    typist.press("Left", 12)
    typist.wait(3 * SECOND_NS)
    assert plain(typist.told) == "‹card 1›[Return][Left]‹card 1›"


def test_of_two_things_in_a_row_both_are_named() -> None:
    typist = hand(Words(("abc",)), Mails())
    typist.type("abc")
    typist.type("d@ef.gh")
    typist.press("Return")
    assert "abc" not in plain(typist.end())


@pytest.mark.parametrize("detectors", [(Broken(),), (Mails(), Broken())])
def test_if_a_detector_fails_all_that_was_typed_is_covered(detectors: tuple[object, ...]) -> None:
    typist = hand(*detectors)
    typist.type("some words")
    typist.press("BackSpace", 2)
    typist.press("Control+s")
    typist.press("Return")
    assert plain(typist.end()) == f"{UNCHECKED}[Control_L][s][Return]"


def test_a_card_typed_where_others_edit_differently_is_found() -> None:
    """As in a program whose commands are letters: what was typed in a row is judged by itself."""
    typist = hand(Cards())
    typist.type("i")
    typist.press("Escape")
    typist.type(CARD)
    typist.press("Return")
    assert plain(typist.end()) == "i[Escape]‹card 1›[Return]"


MOVED = [*"0343 6467", *["Left"] * 9, *"4539 1488 "]


@pytest.mark.parametrize(
    ("editing", "script"),
    [
        ("field", [*"0343 6467", "Shift+Home", "Control+x", *"4539 1488 ", "Control+v"]),
        ("field", [*"4539 1488 0343 6467", "Control+a", "Delete", "Control+z"]),
        ("field", [*"4539 1488 0343 6466", "Left", "Insert", "7"]),
        ("field", [*"4539 1488 0343 6467", "Control+BackSpace", *"ok"]),
        ("field", [*"4539 1488 03436467", *["Left"] * 4, " "]),
        ("field", [*"4539 1488 0343 ", "Control+v", *"6467"]),
        ("field", [*"0343 6467", "Home", *"4539 1488 "]),
        ("field", [*"1488 0343 6467", "Home", *"4539 ", "End", *" ok"]),
        ("field", [*"4539 1488 0343x 6467", "Control+Left", "Left", "BackSpace"]),
        ("field", MOVED),
        ("readline", MOVED),
        ("readline", [*"0343 6467", "Control+u", *"4539 1488 ", "Control+y"]),
        ("readline", [*"1488 0343 6467", "Control+a", *"4539 ", "Control+e", *" ok"]),
        ("readline", [*"4539 1488 0343 6467", "Control+w", *"ok"]),
        ("mac", MOVED),
        ("mac", [*"0343 6467", "Super+Left", *"4539 1488 "]),
    ],
)
def test_a_card_put_together_by_editing_is_found(editing: str, script: list[str]) -> None:
    typist = hand(Cards(), editing=editing)
    for chord in script:
        typist.press(chord)
    typist.press("Return")
    typist.end()
    assert not any(one.key.text.isdigit() for one in typist.told if isinstance(one, Kept))


@pytest.mark.parametrize(
    "script",
    [
        [*"to xy", "BackSpace", "BackSpace", *"abcd"],
        [*"to abcdq", "BackSpace"],
        [*"to abq", "BackSpace", *"cd"],
        [*"to ab", "Left", "Right", *"cd"],
        [*"to abcd", "Left", *"qq", "BackSpace", "BackSpace"],
    ],
)
def test_slips_and_their_corrections_go_with_the_secret(script: list[str]) -> None:
    typist = hand(Words(("abcd",)))
    for chord in script:
        typist.press(chord)
    typist.press("Return")
    assert plain(typist.end()).replace("[Left]", "") == "to ‹password›[Return]"


def test_a_slip_elsewhere_stays() -> None:
    typist = hand(Words(("abcd",)))
    typist.type("tp")
    typist.press("BackSpace")
    typist.type("o abcd")
    typist.press("Return")
    assert plain(typist.end()) == "tp[BackSpace]o ‹password›[Return]"


def test_all_that_was_deleted_at_once_is_not_one_slip() -> None:
    typist = hand(Words(("abcd",)))
    typist.type("to abcd or so")
    typist.press("Control+a")
    typist.press("Delete")
    typist.press("Return")
    assert plain(typist.end()) == "to ‹password› or so[Control_L][a][Delete][Return]"


def test_a_piece_of_a_name_is_a_word_of_its_own_unless_it_was_taken_back() -> None:
    typist = hand(Names())
    typist.type("Heidelberg: Anna Berg")
    typist.press("Return")
    assert plain(typist.end()) == "Heidelberg: ‹name 1›[Return]"
    typist = hand(Names())
    typist.type("dear annab")
    typist.press("BackSpace", 5)
    typist.type("ms Anna Berg")
    typist.press("Return")
    assert plain(typist.end()).startswith("dear ‹name 1›")


def test_a_piece_of_a_number_tells_something_anywhere() -> None:
    typist = hand()
    typist.type(f"0343 of {CARD}")
    typist.press("Return")
    assert plain(typist.end()) == "‹card 1› of ‹card 1›[Return]"


def test_what_was_copied_into_a_secret_is_covered_where_it_was_typed() -> None:
    typist = hand(Words(("ab!",)))
    typist.type("b!")
    for chord in ("Shift+Left", "Shift+Left", "Control+c", "End"):
        typist.press(chord)
    typist.type("; a")
    typist.press("Control+v")
    typist.press("Return")
    assert "b!" not in plain(typist.end())


def test_the_placeholder_is_of_what_stands_there_at_last() -> None:
    typist = hand(Mails())
    for text, times in (("a@b.dex", 1), ("a@b.de", 0)):
        typist.type(text)
        typist.press("BackSpace", times)
        typist.press("Return")
    assert plain(typist.end()) == "‹mail 1›[Return]‹mail 1›[Return]"


def test_more_drafts_than_can_be_judged_are_covered_unjudged() -> None:
    typist = hand(Words(("zzz",)))
    typist.step_ns = 2_000_000
    for _ in range(200):
        typist.type("ab")
        typist.press("BackSpace")
    typist.press("Return")
    assert UNCHECKED in plain(typist.end())


def test_another_kind_of_application_begins_anew() -> None:
    typist = hand()
    typist.type("hello")
    typist.typing.use(Options(editing="readline"))
    typist.typing.use(Options(editing="readline"))
    typist.type("x")
    typist.press("Control+u")
    typist.end()
    assert kept_keys(typist.told) == typist.given
    assert typist.typing.text.strip("\ufffc") == ""
