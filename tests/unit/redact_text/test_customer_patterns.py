"""What of a steward's patterns is accepted, and does an accepted one find what it describes, at bearable cost?"""

import sys
import time

import pytest

from aboveboard.base.errors import BadInput, SetupMissing
from aboveboard.formats.disclosure import CustomerPattern
from aboveboard.recorder.redact.text.detectors import Options, load
from aboveboard.recorder.redact.text.patterns import customers
from aboveboard.recorder.redact.text.patterns.customers import Customers, check
from aboveboard.recorder.redact.text.patterns.seen import Seen
from aboveboard.recorder.redact.text.redactor import Redactor


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
        (".+", "takes a single character"),
        (r"KD-\d+|\d", "takes a single character"),
    ],
)
def test_what_is_not_acceptable_is_said_before_anything_is_recorded(pattern: str, says: str) -> None:
    with pytest.raises(BadInput, match=says) as raised:
        Customers(["fine", pattern])
    assert "customer pattern 2" in str(raised.value)


def test_the_steward_is_told_before_publishing_and_by_name() -> None:
    check([CustomerPattern(name="Account", pattern=r"KD-\d{6}")])
    with pytest.raises(BadInput, match=r"customer pattern 2 \(Case number\) does not compile"):
        check([CustomerPattern(name="Account", pattern=r"KD-\d{6}"), CustomerPattern(name="Case number", pattern="(")])


def test_a_machine_that_cannot_check_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "re2", None)
    check([])
    with pytest.raises(SetupMissing, match="cannot be checked here"):
        check([CustomerPattern(name="Account", pattern=r"KD-\d{6}")])


def test_what_stands_for_a_customer_is_called_that() -> None:
    redactor = Redactor(load(Options(customers=(r"KD-\d{6}",))).detectors)
    said = redactor.redact("Called about KD-004711, not KD-004712; again kd-004711 and KD-004711.").text
    assert said.startswith("Called about ‹customer 1›, not ‹customer 2›; again ")
    assert said.endswith(" and ‹customer 1›.")
    assert "4711" not in redactor.redact("Order KD-004711").text


def test_there_are_not_more_patterns_than_can_be_searched() -> None:
    Customers(["ab"] * customers.PATTERNS_LIMIT)
    with pytest.raises(BadInput, match="65 patterns"):
        Customers(["ab"] * (customers.PATTERNS_LIMIT + 1))


def test_a_pattern_that_would_blow_up_elsewhere_takes_time_in_proportion() -> None:
    evil = Customers([r"(aa+)+$", r"(a|aa)+b", r"a.*a.*a.*a.*b", r"x.*y|xx"])
    began = time.thread_time()
    assert sum(1 for _ in evil.find(Seen("a" * 20_000 + "x" * 20_000))) > 0
    assert time.thread_time() - began < 8
