"""Does the tagger find what patterns cannot, leave ordinary text alone, and never stumble over a text?"""

import itertools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.recorder.redact.text.finding import Finding
from aboveboard.recorder.redact.text.redactor import Redactor
from aboveboard.recorder.redact.text.tagger.detector import Tagger, load_tagger


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return load_tagger()


FOUND = [
    ("Best regards,\nOttilie Brandvold", "Ottilie Brandvold", "name"),
    ("Customer name: Marisela Quintanar", "Marisela Quintanar", "name"),
    ("please ask Rosalind about the printer", "Rosalind", "name"),
    ("I have an appointment with Dr. Szczepański on Friday", "Szczepański", "name"),
    ("Dr. Halloran will see you", "Dr.", "title"),
    ("She moved from Portugal to Norway", "Norway", "place"),
    ("Ship it to 482 Juniper Street, Springfield", "482 Juniper Street", "address"),
    ("He works for Brandvold Logistics Ltd in Leeds", "Brandvold Logistics Ltd", "organisation"),
    ("The Ugandan delegation arrived", "Ugandan", "group"),
    ("Меня зовут Ярослава Мироненко", "Ярослава Мироненко", "name"),
    ("氏名：佐々木健二", "佐々木健二", "name"),
]


@pytest.mark.parametrize(("text", "part", "kind"), FOUND)
def test_what_is_personal_is_covered_and_named(tagger: Tagger, text: str, part: str, kind: str) -> None:
    where = set(range(text.index(part), text.index(part) + len(part)))
    found = tagger.find(text)
    letters = {place for place in where if text[place].isalnum()}
    assert letters <= {place for one in found for place in range(one.start, one.end)}
    assert kind in {one.kind for one in found if one.start in where}


WHOLE = [
    ("I met Anne-Lotte Brandvold there", {"Anne-Lotte Brandvold"}),
    ("lunch with Szczepański, Leeds", {"Szczepański", "Leeds"}),
    ("(Ottilie Brandvold)\n", {"Ottilie Brandvold"}),
    ("Ottilie Brandvold's printer", {"Ottilie Brandvold"}),
    ("signed by Ottilie Brandvold-aho", {"Ottilie Brandvold-aho"}),
]


@pytest.mark.parametrize(("text", "whole"), WHOLE)
def test_a_finding_is_whole_words_and_has_no_loose_edges(tagger: Tagger, text: str, whole: set[str]) -> None:
    assert {text[one.start : one.end] for one in tagger.find(text)} == whole


def test_who_is_named_once_is_covered_wherever_the_same_name_stands(tagger: Tagger) -> None:
    text = "Customer name: Marisela Quintanar\nSubject: the file of Quintanar\nnext: Quintanar ok"
    covered = {place for one in tagger.find(text) for place in range(one.start, one.end)}
    for one in re.finditer("Quintanar", text):
        assert set(range(*one.span())) <= covered


ORDINARY = [
    "Save the file before you close the window",
    "Open Recent | Print Preview | Page Setup | Select All",
    "for name in sorted(names): print(name)",
    "Will you mark the invoice as paid, please?",
    "The meeting was moved because the room is booked",
]


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_stays(tagger: Tagger, text: str) -> None:
    assert tagger.find(text) == []


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters(codec=None), max_size=80))
def test_any_text_is_read_and_its_findings_make_sense(tagger: Tagger, text: str) -> None:
    found = tagger.find(text)
    assert all(0 <= one.start < one.end <= len(text) and 0 < one.certainty <= 1 for one in found)
    assert all(one.end <= other.start for one, other in itertools.pairwise(found))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["Nora Quill ", "the ", "\n", "日本 ", "x", "9 ", ", ", "\ud800", "🙂"]), max_size=60))
def test_the_same_text_has_the_same_findings(tagger: Tagger, parts: list[str]) -> None:
    text = "".join(parts)
    assert tagger.find(text) == tagger.find(text)


def test_a_long_text_is_judged_as_its_parts_would_be(tagger: Tagger) -> None:
    line = "the report is ready and the window is closed now.\n" * 12
    text = line * 40 + "Best regards,\nOttilie Brandvold\n" + line * 40
    place = text.index("Ottilie")
    near = text[place - 600 : place + 600]
    there = {(one.start - place, one.end - place) for one in tagger.find(text) if abs(one.start - place) < 200}
    here = {(one.start - 600, one.end - 600) for one in tagger.find(near) if abs(one.start - 600) < 200}
    assert there == here
    assert there


def test_it_serves_a_redactor(tagger: Tagger) -> None:
    redacted = Redactor([tagger]).redact("Customer name: Marisela Quintanar")
    assert redacted.checked
    assert redacted.text == "Customer name: ‹name 1›"


def test_only_what_is_wanted_is_found() -> None:
    text = "My name is Ottilie Brandvold and I moved from Portugal to Norway"
    assert {one.kind for one in load_tagger().find(text)} == {"name", "place"}
    assert {one.kind for one in load_tagger({"place"}).find(text)} == {"place"}


@settings(deadline=None)
@given(st.lists(st.text("abc XYZ.,é9\n日-", max_size=40) | st.sampled_from([text for text, *_ in FOUND]), max_size=12))
def test_texts_that_are_looked_at_together_have_no_say_about_each_other(tagger: Tagger, texts: list[str]) -> None:
    def told(findings: list[Finding]) -> list[tuple[int, int, str]]:
        return [(one.start, one.end, one.kind) for one in findings]

    assert [told(each) for each in tagger.find_each(texts)] == [told(tagger.find(text)) for text in texts]
