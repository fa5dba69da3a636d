"""Do the figures of the benchmark say what its definitions say?"""

import json
from pathlib import Path

import pytest
from benchmarks.redaction.documents import Document, Marked, load
from benchmarks.redaction.score import Rates, matched, score, tokens_of

from aboveboard.base.errors import BadInput, NotFound
from aboveboard.recorder.redact.text.finding import Finding

TEXT = "Nora Quill lives at 12 Mill Road in Perth."
DOCUMENT = Document(TEXT, (Marked(0, 10, "PERSON"), Marked(20, 32, "STREET_ADDRESS"), Marked(36, 41, "GPE")))
NAME = Finding(0, 10, "name", 1, "test")
STREET = Finding(20, 32, "address", 1, "test")
CITY = Finding(36, 41, "place", 1, "test")


def test_all_found_is_one_and_nothing_found_is_no_recall() -> None:
    everything = score([DOCUMENT], [[NAME, STREET, CITY]])
    assert (everything.tokens, everything.spans) == (Rates(6, 6, 6), Rates(3, 3, 3))
    assert (everything.tokens.precision, everything.tokens.recall, everything.tokens.f) == (1, 1, 1)
    nothing = score([DOCUMENT], [[]])
    assert (nothing.tokens.recall, nothing.tokens.f, nothing.spans.recall) == (0, 0, 0)


def test_a_part_counts_by_tokens_and_not_as_a_span() -> None:
    half = score([DOCUMENT], [[Finding(0, 4, "name", 1, "test"), STREET, CITY]])
    assert half.tokens == Rates(5, 5, 6)
    assert half.spans == Rates(2, 3, 3)
    assert half.classes["PERSON"].recall == 0.5


def test_a_span_is_whole_if_no_word_of_it_is_left() -> None:
    assert score([DOCUMENT], [[NAME, STREET, CITY]]).whole == 1
    assert score([DOCUMENT], [[Finding(0, 19, "name", 1, "test"), STREET, CITY]]).whole == 1
    assert score([DOCUMENT], [[Finding(0, 4, "name", 1, "test"), STREET, CITY]]).whole == pytest.approx(2 / 3)
    assert score([DOCUMENT], [[]]).whole == 0


def test_the_wrong_kind_covers_but_is_not_right() -> None:
    wrong = score([DOCUMENT], [[Finding(0, 10, "place", 1, "test")]])
    assert (wrong.classes["PERSON"].covered, wrong.classes["PERSON"].right) == (2, 0)
    assert wrong.tokens.right == 2


def test_what_is_found_beside_costs_precision() -> None:
    more = score([DOCUMENT], [[NAME, Finding(11, 16, "name", 1, "test")]])
    assert more.tokens == Rates(2, 3, 6)
    assert more.kinds["name"].precision == pytest.approx(2 / 3)


def test_several_for_one_count_once_and_one_beside_counts() -> None:
    assert matched([(0, 10)], [(0, 5), (5, 10), (20, 25)], 0.9) == {"right": 1, "found": 2, "marked": 1}
    assert matched([(0, 10)], [(0, 8)], 0.9) == {"right": 0, "found": 1, "marked": 1}
    assert matched([(0, 10)], [(0, 8)], 0.7)["right"] == 1


def test_f_weighs_recall() -> None:
    assert Rates(50, 100, 50).f == pytest.approx(5 * 0.5 / (4 * 0.5 + 1))


def test_tokens_keep_together_what_is_read_as_one() -> None:
    text = "Mail a.b@example.org, 12.5 or 078-05-1120 (it's)."
    assert [text[start:end] for start, end in tokens_of(text)] == [
        *("Mail", "a.b@example.org", ",", "12.5", "or", "078-05-1120", "(", "it's", ")", ".")
    ]


def test_the_set_is_read_and_what_is_not_it_is_said(tmp_path: Path) -> None:
    path = tmp_path / "set.json"
    with pytest.raises(NotFound, match="data/synth_dataset_v2"):
        load(path)
    path.write_text('[{"text": "other"}]')
    with pytest.raises(BadInput, match="does not parse"):
        load(path)
    span = {"entity_type": "GPE", "start_position": 0, "end_position": 5, "entity_value": "Perth"}
    path.write_text(json.dumps([{"full_text": "Perth!", "spans": [span]}]))
    assert load(path) == [Document("Perth!", (Marked(0, 5, "GPE"),))]
