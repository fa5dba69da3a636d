"""Are the answers of larger models put at their places in the text, whole, whatever the length of the text?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.recorder.redact.text import adapters
from aboveboard.recorder.redact.text.adapters import GlinerDetector, PresidioDetector, pieces
from aboveboard.recorder.redact.text.finding import KINDS, Finding
from aboveboard.recorder.redact.text.redactor import UNCHECKED, Redactor

FAR = "word " * 600
NAME = "Nora Quill"


@dataclass
class Gliner:
    """Finds Nora, if asked for persons, with GLiNER's interface."""

    asked: list[str] = field(default_factory=list)

    def predict_entities(self, text: str, labels: list[str], *, threshold: float) -> Iterable[Mapping[str, Any]]:
        self.asked = labels
        at = text.find(NAME)
        if at >= 0 and "person" in labels:
            yield {"start": at, "end": at + len(NAME), "label": "person", "score": 0.9, "text": NAME}


@dataclass
class Result:
    start: int
    end: int
    entity_type: str
    score: float


class Analyzer:
    """Finds Nora and a number that we have no word for, with Presidio's interface."""

    def analyze(self, text: str, language: str, *, score_threshold: float) -> Sequence[Any]:
        at = text.find(NAME)
        number = text.find("0000-1")
        found = [Result(at, at + len(NAME), "PERSON", 1.2)] if at >= 0 else []
        return [*found, Result(number, number + 6, "XX_NUMBER", 0.5)] if number >= 0 else found


def test_a_name_far_into_a_text_is_found_at_its_place() -> None:
    text = f"{FAR}{NAME} wrote {FAR}"
    for detector in (GlinerDetector(Gliner(), KINDS), PresidioDetector(Analyzer(), KINDS)):
        assert {(one.start, one.end, one.kind) for one in detector.find(text)} == {
            (len(FAR), len(FAR) + len(NAME), "name")
        }
        assert all(0 < one.certainty <= 1 for one in detector.find(text))


def test_only_what_is_wanted_is_asked_for_or_kept() -> None:
    model = Gliner()
    assert GlinerDetector(model, ["address"]).find(NAME) == []
    assert model.asked == ["street address"]
    assert PresidioDetector(Analyzer(), ["mail"]).find(NAME) == []


def test_an_entity_without_a_word_of_ours_is_covered_all_the_same() -> None:
    assert PresidioDetector(Analyzer(), KINDS).find("no 0000-1") == [Finding(3, 9, "national_number", 0.5, "presidio")]


def test_a_model_that_fails_covers_the_text() -> None:
    class Broken(Gliner):
        def predict_entities(self, text: str, labels: list[str], *, threshold: float) -> Iterable[Mapping[str, Any]]:
            raise RuntimeError("out of memory")

    assert Redactor([GlinerDetector(Broken(), KINDS)]).redact("hello").text == UNCHECKED


@given(st.text(" ab\n", max_size=400).map(lambda text: text * 30))
def test_pieces_leave_nothing_out_and_end(text: str) -> None:
    covered = 0
    for begin, piece in pieces(text):
        assert text[begin : begin + len(piece)] == piece
        assert begin <= covered
        assert len(piece) <= adapters.PIECE
        covered = max(covered, begin + len(piece))
    assert covered == len(text)


@pytest.mark.parametrize("at", range(adapters.PIECE - 60, adapters.PIECE + 20, 7))
def test_a_name_across_the_edge_of_a_piece_is_seen_whole_by_one(at: int) -> None:
    text = ("x" * 9 + " ") * (at // 10) + NAME + " " + "y " * 900
    start = text.index(NAME)
    assert any(begin <= start and start + len(NAME) <= begin + len(piece) for begin, piece in pieces(text))


def test_a_gliner_model_that_is_not_there_is_said(tmp_path: Any) -> None:
    with pytest.raises(adapters.SetupMissing, match="no GLiNER model"):
        adapters.gliner({"folder": str(tmp_path)}, KINDS)
