"""Is a model that is missing, damaged, of another version or of another shape refused, in words?"""

import io
import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.recorder.redact.text.tagger.detector import MODEL
from aboveboard.recorder.redact.text.tagger.features import parts_of, rows_of
from aboveboard.recorder.redact.text.tagger.model import TAGS
from aboveboard.recorder.redact.text.tagger.pinned import SHA256, VERSION
from aboveboard.recorder.redact.text.tagger.stored import LIMIT_BYTES, ModelError, decode, load
from aboveboard.recorder.redact.text.tagger.tokens import SHAPES, build_tables, tokenize

TABLES = build_tables()
CONTENT = MODEL.read_bytes()


def _arrays() -> dict[str, np.ndarray]:
    with np.load(io.BytesIO(CONTENT)) as file:
        return {name: file[name] for name in file.files}


def _packed(arrays: dict[str, np.ndarray]) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def test_the_model_of_the_package_is_the_one_that_is_pinned() -> None:
    assert load(MODEL, SHA256, VERSION).version == VERSION
    assert len(CONTENT) < 6 << 20


def test_a_model_that_is_not_there_is_an_error_in_words(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        load(tmp_path / "none.npz", SHA256, VERSION)


def test_one_bit_changed_is_refused(tmp_path: Path) -> None:
    changed = bytearray(CONTENT)
    changed[len(changed) // 2] ^= 1
    (tmp_path / "tagger.npz").write_bytes(changed)
    with pytest.raises(ModelError, match="not the one that this version was tested with"):
        load(tmp_path / "tagger.npz", SHA256, VERSION)


def test_another_version_is_refused() -> None:
    with pytest.raises(ModelError, match="another version"):
        decode(CONTENT, VERSION + 1)


@pytest.mark.parametrize(
    "name", ["vocabulary", "word", "part", "shape", "scales", "inlet", "layer2", "outlet", "classes"]
)
def test_a_table_of_another_size_or_type_is_refused(name: str) -> None:
    arrays = _arrays()
    with pytest.raises(ModelError, match="damaged"):
        decode(_packed({**arrays, name: arrays[name][:-1]}), VERSION)
    with pytest.raises(ModelError, match="damaged"):
        decode(_packed({**arrays, name: arrays[name].astype(np.int64)}), VERSION)
    del arrays[name]
    with pytest.raises(ModelError, match="damaged"):
        decode(_packed(arrays), VERSION)


def test_numbers_that_are_none_are_refused() -> None:
    arrays = _arrays()
    arrays["outlet"][0, 0] = np.nan
    with pytest.raises(ModelError, match="no number"):
        decode(_packed(arrays), VERSION)


def test_a_file_that_unpacks_to_too_much_is_refused() -> None:
    file = io.BytesIO()
    np.savez_compressed(file, head=np.zeros(LIMIT_BYTES // 8 + 1, np.int64))
    assert len(file.getvalue()) < 1 << 20
    with pytest.raises(ModelError, match="unpacks"):
        decode(file.getvalue(), VERSION)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 4000))
def test_any_other_bytes_are_refused(noise: bytes, place: int) -> None:
    for content in (noise, CONTENT[:place] + noise, noise + CONTENT[place:]):
        try:
            decode(content, VERSION)
        except ModelError:
            continue
        # A zip file may begin after other bytes: what is left of it must then be the whole model.
        assert content.endswith(CONTENT[-1000:])


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(codec=None), max_size=60))
def test_tokens_are_in_order_and_hold_every_letter_and_digit(text: str) -> None:
    tokens = tokenize(text, TABLES)
    pairs = list(zip(tokens.start.tolist(), tokens.end.tolist(), strict=True))
    assert all(start < end for start, end in pairs)
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(pairs))
    assert not len(tokens.shape) or (tokens.shape.min() >= 0 and tokens.shape.max() < SHAPES)
    held = {place for start, end in pairs for place in range(start, end)}
    assert all(place in held for place, one in enumerate(text) if one.isalnum())


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("O'Brien, 12a", ["O", "'", "Brien", ",", "12", "a"]),
        ("Zoë\u0301 x", ["Zoë\u0301", "x"]),
        ("東京へ", ["東", "京", "へ"]),
        ("a\n\nb", ["a", "\n\n", "b"]),
        ("\u0301a", ["\u0301", "a"]),
        ("Мир2", ["Мир", "2"]),
    ],
)
def test_what_a_token_is(text: str, tokens: list[str]) -> None:
    found = tokenize(text, TABLES)
    assert [text[a:b] for a, b in zip(found.start, found.end, strict=True)] == tokens


def test_the_same_word_is_one_word_whatever_its_case_accents_and_place() -> None:
    words = tokenize("Zoe ZOË zoé xzoe", TABLES).word
    assert len(set(words[:3].tolist())) == 1
    assert words[3] != words[0]


def test_a_word_has_its_parts_of_three_and_four_letters() -> None:
    tokens = tokenize("anna a annas", TABLES)
    parts = parts_of(tokens, np.arange(3), 1 << 15)
    assert parts.count.tolist() == [4 + 3, 1, 5 + 4]
    assert parts.first.tolist() == [0, 7, 8]
    anna, annas = set(parts.bucket[:7].tolist()), set(parts.bucket[8:].tolist())
    # They share the beginning: ^an ann nna, ^ann anna; not the end.
    assert len(anna & annas) == 5
    assert parts_of(tokens, np.array([2]), 1 << 15).bucket.tolist() == parts.bucket[8:].tolist()


def test_an_unknown_word_has_row_nought() -> None:
    words = tokenize("one two three", TABLES).word
    vocabulary = np.unique((words[:2] >> np.uint64(32)).astype(np.uint32))
    assert sorted(rows_of(words, vocabulary).tolist()) == [0, 1, 2]


def test_the_chances_of_a_token_are_those_of_all_tags_and_do_not_hang_on_far_text() -> None:
    model = decode(CONTENT, VERSION)
    chances = model.tags(tokenize("Nora Quill " * 900, model.tables))
    assert chances.shape == (1800, TAGS)
    assert np.allclose(chances.sum(axis=1), 1, atol=1e-4)
    # In the middle of a text that repeats itself, all windows say the same.
    assert np.allclose(chances[100], chances[1030], atol=1e-4)
    assert np.allclose(chances[100], chances[1022], atol=1e-4)
