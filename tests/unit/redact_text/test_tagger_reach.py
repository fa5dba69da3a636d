"""How far does a name reach that the model found: over a hyphen, to the same name elsewhere, not over loose edges?"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.recorder.redact.text.tagger import reach
from aboveboard.recorder.redact.text.tagger.tokens import build_tables, tokenize

TABLES = build_tables()


def _rows(text: str, *words: str) -> tuple[reach.Tokens, np.ndarray]:
    """The tokens of ``text``, and which of them are one of ``words``."""
    tokens = tokenize(text, TABLES)
    return tokens, np.array([text[a:b] in words for a, b in zip(tokens.start, tokens.end, strict=True)])


@pytest.mark.parametrize(
    ("text", "found", "more"),
    [
        ("Anne-Lotte came", "Anne", "-Lotte"),
        ("Anne-Lotte came", "Lotte", "Anne-"),
        ("Hauta-aho came", "Hauta", "-aho"),
        ("ex-Quill came", "Quill", ""),
        ("Nora's cat", "Nora", ""),
        ("O'Brien came", "O", "'Brien"),
        ("Nora - Quill", "Nora", ""),
        ("Nora-", "Nora", ""),
        ("-Nora", "Nora", ""),
        ("it was Nora", "Nora", ""),
    ],
)
def test_a_name_is_covered_over_its_hyphen(text: str, found: str, more: str) -> None:
    tokens, name = _rows(text, found)
    rows = reach.over_hyphens(text, tokens, name)
    assert "".join(text[tokens.start[row] : tokens.end[row]] for row in sorted(rows)) == more


@pytest.mark.parametrize(
    ("text", "sure", "again"),
    [
        ("from Quill to Quill", 0.9, {5, 14}),
        ("from Quill to QUILL", 0.9, {5, 14}),
        ("from Quill to quill", 0.9, {5}),
        ("from Quill to Quill", 0.4, set()),
        ("from Bo to Bo", 0.9, set()),
    ],
)
def test_who_is_surely_named_once_is_named_wherever_the_word_stands(text: str, sure: float, again: set[int]) -> None:
    tokens = tokenize(text, TABLES)
    name = tokens.start == 5
    found = reach.named_again(tokens, name, np.where(name, sure, 0.01).astype(np.float32))
    assert set(tokens.start[found].tolist()) == again


@pytest.mark.parametrize(
    ("text", "found", "near"),
    [
        ("at Forrester Research today", "Forrester", ["Research"]),
        ("at Civic Insight today", "Insight", ["Civic"]),
        ("at Forrester today", "Forrester", []),
        ("at Forrester, Research", "Forrester", []),
        ("at forrester Research", "forrester", []),
    ],
)
def test_a_word_with_a_capital_is_beside_one_that_was_found(text: str, found: str, near: list[str]) -> None:
    tokens, rows = _rows(text, found)
    beside = reach.beside(tokens, rows)
    assert [text[tokens.start[row] : tokens.end[row]] for row in np.flatnonzero(beside & ~rows)] == near


def test_a_finding_has_no_loose_edges() -> None:
    text = "(Dr. Quill),\nLtd. ."
    tokens = tokenize(text, TABLES)
    edges = reach.inner(tokens, np.arange(len(tokens.start)))
    kept = [text[a:b] for a, b in zip(tokens.start[edges], tokens.end[edges], strict=True)]
    assert kept == ["Dr", ".", "Quill", "Ltd", "."]


@settings(deadline=None)
@given(st.text(st.characters(codec=None), max_size=60), st.integers(0, 2**30))
def test_any_tokens_of_any_text_will_do(text: str, bits: int) -> None:
    tokens = tokenize(text, TABLES)
    count = len(tokens.start)
    if not count:
        return
    name = np.array([bits >> (place % 30) & 1 == 1 for place in range(count)])
    assert all(0 <= row < count for row in reach.over_hyphens(text, tokens, name))
    assert reach.named_again(tokens, name, np.ones(count, np.float32)).shape == (count,)
    assert reach.inner(tokens, np.flatnonzero(name)).shape == (name.sum(),)
