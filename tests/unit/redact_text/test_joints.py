"""Has each of two people, joined by an "and", a placeholder of their own, and does nothing else come to light?"""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.recorder.redact.text.finding import KINDS, Finding, resolve
from aboveboard.recorder.redact.text.joints import APART, parted
from aboveboard.recorder.redact.text.redactor import Redactor

JOINTS = {"and", "or", "und", "oder", "et", "ou", "och", "og", "en", "of"}


@pytest.mark.parametrize(
    ("kind", "text", "parts"),
    [
        ("name", "Nora Quill and Jo Berg", ["Nora Quill", "Jo Berg"]),
        ("name", "Nora, Jo, and Ida", ["Nora, Jo", "Ida"]),
        ("name", "Nora und Jo", ["Nora", "Jo"]),
        ("name", "Sandy Quill", ["Sandy Quill"]),
        ("name", "ANDERS AND NORA", ["ANDERS AND NORA"]),
        ("name", "Ortega y Gasset", ["Ortega y Gasset"]),
        ("address", "12 Mill Road and Canal Street", ["12 Mill Road", "Canal Street"]),
        ("address", "12 Mill Road and", ["12 Mill Road"]),
        ("date", "of 2001", ["2001"]),
        ("date", "3 and 4 May 2026", ["3", "4 May 2026"]),
        ("organisation", "Quill, Berg and Holm", ["Quill, Berg and Holm"]),
        ("key", "and and and", ["and and and"]),
    ],
)
def test_two_things_are_two_findings(kind: str, text: str, parts: list[str]) -> None:
    found = [*parted(f"it is {text}.", [Finding(6, 6 + len(text), kind, 0.9, "test")])]  # type: ignore[arg-type]
    assert [f"it is {text}."[one.start : one.end] for one in found] == parts
    assert {one.kind for one in found} == {kind}


def test_the_same_person_has_the_same_placeholder_in_any_company() -> None:
    class Names:
        name = "names"

        def find(self, text: str) -> list[Finding]:
            return [Finding(0, text.index("."), "name", 0.9, "names")]

    redactor = Redactor([Names()])
    assert redactor.redact("Nora. Hello").text == "‹name 1›. Hello"
    assert redactor.redact("Jo and Nora. Hello").text == "‹name 2› and ‹name 1›. Hello"


@given(
    st.lists(st.sampled_from(["and", "of", "und", "Nora", "12", ",", " ", "\n", "  ", "Sand", "ö"]), max_size=14),
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 20), st.sampled_from(KINDS)), max_size=4),
)
def test_only_the_joints_and_what_is_between_words_come_to_light(
    words: list[str], places: list[tuple[int, int, str]]
) -> None:
    text = "".join(words)
    whole = resolve(
        Finding(start, min(start + size, len(text)), kind, 0.5, "test")  # type: ignore[arg-type]
        for start, size, kind in places
        if start < len(text)
    )
    parts = [*parted(text, whole)]
    assert all(one.start < one.end for one in parts)
    assert all(one.end <= other.start for one, other in itertools.pairwise(parts))
    kept = {place for one in parts for place in range(one.start, one.end)}
    for one in whole:
        shown = "".join(text[place] if place not in kept else " " for place in range(one.start, one.end))
        assert not shown.strip() or one.kind in APART
        assert set(shown.replace(",", " ").split()) <= JOINTS
