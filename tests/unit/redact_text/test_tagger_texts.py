"""Do the texts that the tagger learns from say truly where their personal parts are?"""

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripts.tagger import known
from scripts.tagger.damage import disturb
from scripts.tagger.encode import spans_of, tags_of
from scripts.tagger.grammar import read
from scripts.tagger.pools import Composer

from aboveboard.recorder.redact.text.tagger.model import KINDS
from aboveboard.recorder.redact.text.tagger.tokens import build_tables, tokenize

TABLES = build_tables()
PIECES = st.lists(
    st.tuples(st.text("abc XYZ.,é9\n日", min_size=1, max_size=12), st.sampled_from(["", "", *KINDS])),
    min_size=1,
    max_size=8,
)


def _fill(slot: str, chance: random.Random) -> list[tuple[str, str]]:
    return [(f"<{slot}>", "name")]


def test_a_template_becomes_pieces(tmp_path: Path) -> None:
    path = tmp_path / "one.txt"
    path.write_text("# nothing\n@hi = Hi | Dear (old |)friend\n## a\n<hi> {first}\\n\\(x\\)( y|)\n", "utf-8")
    grammar = read(path)
    made = {"".join(text for text, _ in grammar.expand("a", random.Random(seed), _fill)) for seed in range(80)}
    starts = {"Hi ", "Dear friend ", "Dear old friend "}
    assert made == {f"{start}<first>\n(x){end}" for start in starts for end in ("", " y")}


@pytest.mark.parametrize("line", ["(a|b", "a)"])
def test_a_bracket_that_does_not_match_is_an_error(tmp_path: Path, line: str) -> None:
    path = tmp_path / "one.txt"
    path.write_text(line, "utf-8")
    if line.startswith("("):
        with pytest.raises(ValueError, match="not closed"):
            read(path)
    else:
        assert read(path).sections["main"] == [[("text", "a)")]]


def test_every_template_of_the_project_is_read_and_every_rule_of_it_exists() -> None:
    folder = Path(known.__file__).parent / "templates"
    for name in ("en", "en_plain", "everyday", "everyday_other", "other", "held_out"):
        grammar = read(folder / f"{name}.txt")
        for section in grammar.sections:
            for seed in range(200):
                assert grammar.expand(section, random.Random(seed), _fill)


@settings(deadline=None)
@given(PIECES)
def test_each_token_of_a_personal_part_is_tagged_and_no_other(pieces: list[tuple[str, str]]) -> None:
    text, spans = spans_of(pieces)
    assert text == "".join(piece for piece, _ in pieces)
    tokens = tokenize(text, TABLES)
    tags = tags_of(tokens, spans)
    for start, end, tag in zip(tokens.start, tokens.end, tags, strict=True):
        inside = [kind for low, high, kind in spans if low < end and high > start]
        assert bool(tag) == bool(inside)
        if inside:
            assert KINDS[(tag - 1) // 2] in inside


@settings(deadline=None)
@given(PIECES, st.integers(0, 10_000))
def test_disturbing_keeps_what_is_personal_personal(pieces: list[tuple[str, str]], seed: int) -> None:
    letters = {kind for text, kind in pieces if kind and text.strip()}
    made = disturb(pieces, random.Random(seed), "en")
    assert {kind for _, kind in made if kind} <= letters | {kind for _, kind in pieces}
    assert all(text for text, _ in made)


def test_a_composed_name_is_new_and_looks_like_the_pool() -> None:
    pool = ["anna", "annabel", "annika", "hanna", "johanna", "susanna", "marianna"]
    composer, chance = Composer(pool), random.Random(1)
    made = [composer.word(chance) for _ in range(50)]
    new = [one for one in made if one not in pool]
    assert len(new) > 25
    assert all("nn" in one for one in new)


def test_what_is_held_out_is_not_trained_on() -> None:
    assert not set(known.LISTS["HELD_OUT"]) & set(known.LISTS["TRAINED"])
    folder = Path(known.__file__).parent / "templates"
    lines = {
        line
        for name in ("en", "en_plain", "everyday", "everyday_other", "other")
        for line in (folder / f"{name}.txt").read_text("utf-8").splitlines()
    }
    held = [line for line in (folder / "held_out.txt").read_text("utf-8").splitlines() if line and line[0] not in "#"]
    assert not lines & set(held)


@settings(deadline=None)
@given(PIECES, st.integers(0, 10_000))
def test_what_is_not_personal_stays_so_however_writing_is_damaged(pieces: list[tuple[str, str]], seed: int) -> None:
    plain = [(text, "") for text, _ in pieces]
    assert {kind for _, kind in disturb(plain, random.Random(seed), "plain")} <= {""}
