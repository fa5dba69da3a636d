"""Is a position found that only the layout tells, and is what else stands below a name left alone?"""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.recorder.redact.text.finding import Finding
from aboveboard.recorder.redact.text.positions import under_names


def _found(text: str, name: str = "Nora Quill") -> list[str]:
    at = text.index(name)
    found = under_names(text, [Finding(at, at + len(name), "name", 0.9, "test")])
    return [text[one.start : one.end] for one in found]


@pytest.mark.parametrize(
    "position",
    [
        "Airport tower controller",
        "Court, municipal, and license clerk",
        "Children's librarian",
        "Head of Finance",
        "Director for Northern Europe",
        "Product designer",
        "Geschäftsführerin",
        "Ingénieur commercial",
    ],
)
@pytest.mark.parametrize(
    "layout", ["Kind regards,\nNora Quill\n{}\nExample Ltd", "- Nora Quill\n\n  {}\n", "Nora Quill,\r\n{}"]
)
def test_a_position_below_a_name_is_found(position: str, layout: str) -> None:
    assert _found(layout.format(position)) == [position]


@pytest.mark.parametrize(
    "text",
    [
        "Nora Quill\nOrder number\n",
        "Nora Quill\nReporter\nAmir Holm",
        "Nora Quill\nSee you on Thursday\n",
        "Nora Quill\nperhaps a driver",
        "Nora Quill\nTower controller: yes",
        "Nora Quill is a\nTower controller",
        "it is for Nora Quill\nTower controller\n",
        "Nora Quill\n12 Tower controllers\n",
        "Nora Quill\n\n\nTower controller",
        "Nora Quill Tower controller",
    ],
)
def test_what_else_stands_there_is_left(text: str) -> None:
    assert _found(text) == []


@given(st.text(alphabet="Nora Quiler\n\r\t ,.'-ofAü", max_size=200))
def test_any_text_gives_findings_within_it(text: str) -> None:
    for one in under_names(text, [Finding(0, min(4, len(text)), "name", 0.5, "test")] if text else []):
        assert 4 <= one.start < one.end <= len(text)


@pytest.mark.parametrize("part", ["Nora\n", "Nora ", "A'b ", "A, b", "\n"])
def test_no_text_takes_longer_than_in_proportion(part: str) -> None:
    text = part * (100_000 // len(part))
    names = [Finding(place, place + 1, "name", 0.5, "test") for place in range(0, len(text) - 1, 50)]
    began = time.process_time()
    list(under_names(text, names))
    assert time.process_time() - began < 2
