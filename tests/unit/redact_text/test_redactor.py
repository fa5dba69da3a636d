"""Is each character that any detector found covered, once, and nothing else?"""

import itertools
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.recorder.redact.text.finding import FINDINGS_LIMIT, KINDS, Finding, resolve
from aboveboard.recorder.redact.text.placeholders import Placeholders
from aboveboard.recorder.redact.text.redactor import LIMIT_CHARACTERS, UNCHECKED, Redactor

LENGTH = 60


@st.composite
def _findings(draw: st.DrawFn) -> Finding:
    start = draw(st.integers(0, LENGTH - 1))
    end = draw(st.integers(start + 1, LENGTH))
    return Finding(start, end, draw(st.sampled_from(KINDS)), draw(st.floats(0.01, 1)), "test")


@dataclass
class Always:
    """Finds the same whatever the text is."""

    found: list[Finding]
    name: str = "always"

    def find(self, text: str) -> list[Finding]:
        return self.found


class Broken:
    name = "broken"

    def find(self, text: str) -> list[Finding]:
        raise RuntimeError("no model")


def _covered(findings: list[Finding]) -> set[int]:
    return {place for one in findings for place in range(one.start, one.end)}


@given(st.lists(_findings(), max_size=12))
def test_exactly_what_was_found_is_covered_once_and_in_order(findings: list[Finding]) -> None:
    resolved = resolve(findings)
    assert _covered(resolved) == _covered(findings)
    assert all(one.end <= other.start for one, other in itertools.pairwise(resolved))
    assert sum(one.end - one.start for one in resolved) == len(_covered(resolved))


def test_the_longest_of_those_that_overlap_says_what_it_is() -> None:
    mail = Finding(0, 20, "mail", 0.9, "pattern")
    name = Finding(0, 4, "name", 1.0, "tagger")
    longer = Finding(18, 30, "web", 0.5, "pattern")
    assert resolve([name, mail, longer]) == [Finding(0, 30, "mail", 0.9, "pattern")]


def test_a_name_that_runs_into_a_mail_address_is_another_thing() -> None:
    name, mail, place = (
        Finding(0, 8, "name", 1, "x"),
        Finding(6, 20, "mail", 0.9, "x"),
        Finding(18, 30, "place", 1, "x"),
    )
    assert resolve([name, mail, place]) == [replace(name, end=6), mail, replace(place, start=20)]
    assert resolve([name, replace(mail, start=0)]) == [replace(mail, start=0)]
    assert resolve([name, replace(name, start=4, end=9)]) == [replace(name, end=9)]


def test_the_same_thing_has_the_same_placeholder_within_a_session_only() -> None:
    session = Placeholders()
    assert session.of("phone", "+49 30 1234567") == session.of("phone", "+49-30-1234567") == "‹phone 1›"
    assert session.of("phone", "+49 30 7654321") == "‹phone 2›"
    assert session.of("name", "Zoë Quill") == session.of("name", "ZOE QUILL") == "‹name 1›"
    assert Placeholders().of("phone", "+49 30 7654321") == "‹phone 1›"


def test_of_two_secrets_nobody_can_tell_whether_they_were_equal() -> None:
    session = Placeholders()
    assert session.of("password", "one") == session.of("password", "two") == "‹password›"
    assert not session._numbers


def test_what_stands_around_findings_stays() -> None:
    redactor = Redactor([Always([Finding(5, 9, "name", 1.0, "test")])])
    assert redactor.redact("Dear Nora, hello").text == "Dear ‹name 1›, hello"


@pytest.mark.parametrize(
    "found",
    [
        [Finding(-1, 2, "name", 1, "x")],
        [Finding(0, 99, "name", 1, "x")],
        [Finding(2, 2, "name", 1, "x")],
        [Finding(0, 2, "name", 0, "x")],
        [Finding(0, 2, "name", float("nan"), "x")],
        [Finding(0, 2, "nickname", 1, "x")],  # type: ignore[arg-type]
        [Finding(0, 2, "name", 1, "x")] * (FINDINGS_LIMIT + 1),
    ],
)
def test_a_detector_that_makes_no_sense_covers_the_whole_text(found: list[Finding]) -> None:
    assert Redactor([Always(found)]).redact("some words").text == UNCHECKED


def test_a_detector_that_fails_covers_the_whole_text() -> None:
    redacted = Redactor([Always([]), Broken()]).redact("some words")
    assert (redacted.text, redacted.checked) == (UNCHECKED, False)


def test_a_text_too_long_is_covered_whole() -> None:
    assert not Redactor([Always([])]).redact("x" * (LIMIT_CHARACTERS + 1)).checked


def test_without_detectors_there_is_no_redactor() -> None:
    with pytest.raises(ValueError, match="at least one detector"):
        Redactor([])
