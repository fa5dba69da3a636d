"""Is what OCR may have misread looked at in each way in which it may have been written?"""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.recorder.redact.pixels.misread import odd, ways_to_read
from aboveboard.recorder.redact.pixels.reading import UNKNOWN


def _odd(text: str) -> str:
    """With an x for each character that is odd."""
    places = {place for start, end in odd(text) for place in range(start, end)}
    return "".join("x" if place in places else char for place, char in enumerate(text))


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("boris . okafor54@example. org today", "boris.okafor54@example.org today"),
        ("xoxb-9755346917 -96abcDEF", "xoxb-9755346917-96abcDEF"),
        ("boris.lindqvist3@@example.org", "boris.lindqvist3@example.org"),
        ("The form saysAC 32 26 45 A, ViktorCastillo", "The form says AC 32 26 45 A, Viktor Castillo"),
        ("The card 5555 5520 77039657was declined", "The card 5555 5520 77039657 was declined"),
        ("Call +33 1 99 00 22 52before noon", "Call +33 1 99 00 22 52 before noon"),
        ("DEO6 l159", "DE06 1159"),
        ("Password\nAMSc4#RJ#nW5", "Password: AMSc4#RJ#nW5"),
        ("Date of birth\t07.06.1977", "Date of birth: 07.06.1977"),
    ],
)
def test_a_text_is_also_looked_at_as_it_may_have_been_meant(read: str, meant: str) -> None:
    ways = ways_to_read(read)
    assert meant in ways
    assert read in ways


def test_a_line_of_words_is_no_label() -> None:
    assert not any(": " in one for one in ways_to_read("we will send it with an invoice next week\nthe order is ready"))


@given(st.text(alphabet="aB1 .@-_\t\nO|l" + UNKNOWN, max_size=80))
def test_every_character_of_a_way_has_its_place_in_the_text(text: str) -> None:
    for way, origins in ways_to_read(text).items():
        assert len(way) == len(origins)
        assert list(origins) == sorted(origins)
        assert set(range(len(text))) - set(origins) <= {place for place, char in enumerate(text) if char in " @"}
    for start, end in odd(text):
        assert 0 <= start < end <= len(text)


@pytest.mark.parametrize(
    "text",
    [
        "4000123412341",
        "+33 1 99 00 12 21",
        "555-0102-0103-04",
        "AMSc4#RJ#nW5",
        "GXJ2GaizLX2A",
        "l5wUZyb0g1A+",
        "sYGtxVHFEjc%",
        "b.li30Gexample.org",
    ],
)
def test_a_long_number_and_a_disorderly_word_are_odd(text: str) -> None:
    assert set(_odd(text)) == {"x"}
    assert _odd(f"see {text} there").startswith("see x")


def test_a_number_of_which_a_part_is_not_read_is_odd() -> None:
    assert _odd(f"call 99 12 {UNKNOWN} 12 21 then") == "call xxxxxxxxxxxxx then"


@pytest.mark.parametrize(
    "text",
    ["Statement", "JavaScript", "invoice 2026-11-22", "at 10:20:33", "room 1204", "window.scrollTo", "README.md"],
)
def test_ordinary_words_and_short_numbers_are_not(text: str) -> None:
    assert _odd(text) == text


@pytest.mark.parametrize("part", ["1 ", "1", "a1", UNKNOWN + " ", "1" * 8 + " ", ". ", "Ab1#"])
def test_a_long_text_takes_time_in_proportion(part: str) -> None:
    start = time.process_time()
    text = part * (100_000 // len(part))
    list(odd(text))
    ways_to_read(text)
    assert time.process_time() - start < 4
