"""Whatever the text is: no exception, no finding outside of it, and time in proportion to its length."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.recorder.redact.text.finding import FINDINGS_LIMIT, KINDS
from aboveboard.recorder.redact.text.patterns.detector import PatternDetector
from aboveboard.recorder.redact.text.patterns.vocabulary import lowered
from aboveboard.recorder.redact.text.redactor import LIMIT_CHARACTERS, Redactor

DETECTOR = PatternDetector(customers=[r"KD-\d{6}", r"x.*y|xx"])
PIECES = (
    *(
        "1 ",
        "a@",
        "a.de.",
        "://",
        "12 A ",
        "Street ",
        "1-",
        "12345 ",
        "A1",
        "::",
        "ab:",
        "x",
        "+1",
        "am ",
        "(at)",
        "born ",
        "code 1234 ",
    ),
    *(
        "12 Main Street, ",
        "www.",
        "phone 1 ",
        "ssn 1",
        "12345 A ",
        "AB1 2CD, ",
        "DE89 ",
        "€",
        "İ",
        "\n",
        "12/12/12 ",
        "january 1 ",
    ),
    *(
        "%",
        "AA 12345\n",
        "Mr. ",
        "zip ",
        "Suite 5 ",
        "1,",
        "1 years ",
        "012 345 678 ",
        "Aaaa Bbbb 12, ",
        "\ud800",
        "ß",
        "4111 1111 1111 1111",
    ),
    *("born 5 May 1980", "live at 12 Aa ", "Aa 1 apt 5 ", "12 Aa Hill ", "p.o. box ", "QQ123456C", "٣", "²", "１２３"),
)
ANY = st.text(st.characters(codec=None, categories=None), max_size=200) | st.lists(
    st.sampled_from(PIECES), max_size=40
).map("".join)
LENGTH = LIMIT_CHARACTERS // 4
SECONDS = 8.0
"""The slowest of these texts takes one second on a busy machine; with the square of the length it would be many."""


@settings(max_examples=400, deadline=None)
@given(ANY)
def test_any_text_is_searched_and_nothing_is_found_outside_of_it(text: str) -> None:
    for one in DETECTOR.find(text):
        assert 0 <= one.start < one.end <= len(text)
        assert one.kind in KINDS
        assert 0 < one.certainty <= 1


@given(ANY, st.sampled_from([" ", "\n", ", "]), ANY)
@settings(max_examples=200, deadline=None)
def test_a_mail_address_is_covered_whatever_stands_around_it(before: str, gap: str, after: str) -> None:
    text = f"{before}{gap}nora.quill@example.org{gap}{after}"
    start = len(before) + len(gap)
    covered = {place for one in DETECTOR.find(text) for place in range(one.start, one.end)}
    assert covered >= set(range(start, start + len("nora.quill@example.org")))


@given(st.text(max_size=60))
def test_lower_case_keeps_every_character_in_its_place(text: str) -> None:
    low = lowered(text)
    assert len(low) == len(text)
    assert all(
        one == other or one.lower() == other for one, other in zip(text, low, strict=True) if len(one.lower()) == 1
    )


@pytest.mark.parametrize("piece", PIECES)
def test_time_is_in_proportion_to_the_length(piece: str) -> None:
    text = (piece * LENGTH)[:LENGTH]
    began = time.thread_time()
    found = Redactor([DETECTOR]).find(text)
    assert time.thread_time() - began < SECONDS
    assert found is not None or len(DETECTOR.find(text)) > FINDINGS_LIMIT
