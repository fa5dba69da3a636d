"""What of a steward's patterns is accepted, and does an accepted one find what it describes, at bearable cost?"""

import time

import pytest

from aboveboard.base.errors import BadInput
from aboveboard.recorder.redact.text.patterns import customers
from aboveboard.recorder.redact.text.patterns.customers import Customers
from aboveboard.recorder.redact.text.patterns.seen import Seen


def _found(patterns: list[str], text: str) -> set[str]:
    return {text[one.start : one.end] for one in Customers(patterns).find(Seen(text))}


def test_what_a_pattern_describes_is_found_wherever_it_stands() -> None:
    filler = "word " * 500
    text = f"KD-000001 ü {filler}KD-000002 é€ {filler}KD-000003"
    assert _found([r"KD-\d{6}", r"never"], text) == {"KD-000001", "KD-000002", "KD-000003"}


def test_one_across_the_edge_of_a_piece_is_found_whole() -> None:
    for before in range(customers.WINDOW - 30, customers.WINDOW + 5):
        assert "KD-000001" in _found([r"KD-\d{6}"], "." * before + "KD-000001" + "." * 100)


def test_half_a_pair_of_surrogates_moves_nothing() -> None:
    assert _found([r"KD-\d{6}"], "\ud800 ü KD-000001") == {"KD-000001"}


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("", "0 characters"),
        ("a" * (customers.PATTERN_CHARACTERS + 1), "301 characters"),
        ("(", "does not compile"),
        (r"(?=a)b", "does not compile"),
        (r"(a)\1", "does not compile"),
        ("\ud800", "does not compile"),
        ("(((a{100}){100}){100})", "does not compile"),
        ("a*", "matches the empty text"),
    ],
)
def test_what_is_not_acceptable_is_said_before_anything_is_recorded(pattern: str, says: str) -> None:
    with pytest.raises(BadInput, match=says) as raised:
        Customers(["fine", pattern])
    assert "customer pattern 2" in str(raised.value)


def test_there_are_not_more_patterns_than_can_be_searched() -> None:
    Customers(["a"] * customers.PATTERNS_LIMIT)
    with pytest.raises(BadInput, match="65 patterns"):
        Customers(["a"] * (customers.PATTERNS_LIMIT + 1))


def test_a_pattern_that_would_blow_up_elsewhere_takes_time_in_proportion() -> None:
    evil = Customers([r"(a+)+$", r"(a|aa)+b", r"a.*a.*a.*a.*b", r"x.*y|x"])
    began = time.thread_time()
    assert sum(1 for _ in evil.find(Seen("a" * 20_000 + "x" * 20_000))) > 0
    assert time.thread_time() - began < 8
