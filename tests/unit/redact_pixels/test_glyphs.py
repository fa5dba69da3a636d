"""Is a letter trusted only once enough words agree on it, and never against what is safer?"""

from hypothesis import given
from hypothesis import strategies as st

from aboveboard.recorder.redact.pixels.glyphs import VOTES, Glyphs


def test_a_word_is_spelt_once_all_its_glyphs_have_enough_votes() -> None:
    glyphs = Glyphs()
    for number in range(VOTES):
        assert glyphs.spell((1, 2)) is None
        glyphs.learn((1, 2, 100 + number), "ab" + "cdefghijkl"[number])
    assert glyphs.spell((2, 1, 1)) == "baa"
    assert glyphs.spell((2, 100)) is None


def test_a_glyph_that_is_read_in_two_ways_is_not_trusted_and_no_longer_once_that_shows() -> None:
    glyphs = Glyphs()
    for _ in range(VOTES):
        glyphs.learn((1,), "l")
    assert glyphs.spell((1,)) == "l"
    for _ in range(2):
        glyphs.learn((1,), "I")
    assert glyphs.spell((1,)) is None


def test_what_some_take_for_an_at_sign_is_one() -> None:
    glyphs = Glyphs()
    for letter in "GG@G":
        glyphs.learn((1,), letter)
    assert glyphs.spell((1,)) == "@"


def test_a_word_with_another_number_of_glyphs_teaches_nothing() -> None:
    glyphs = Glyphs()
    for _ in range(9):
        glyphs.learn((1, 2), "abc")
        glyphs.learn((1, 2), "a")
    assert len(glyphs) == 0


def test_what_was_read_is_put_right_by_trusted_letters() -> None:
    glyphs = Glyphs()
    for _ in range(VOTES):
        glyphs.learn((1,), "0")
    assert glyphs.corrected((7, 1), "DO") == "D0"
    assert glyphs.corrected((7, 1), "DOO") == "DOO"


def test_a_space_stays_where_ocr_saw_it() -> None:
    glyphs = Glyphs()
    for _ in range(VOTES):
        glyphs.learn((1,), "0")
    assert glyphs.corrected((7, 1, 1), "D O") == "D O"  # as many glyphs as characters, but one of them is none
    assert glyphs.corrected((7, 1), "D O") == "D 0"


@given(st.lists(st.tuples(st.lists(st.integers(0, 5), min_size=1, max_size=4), st.text("ab@", min_size=1, max_size=4))))
def test_only_what_was_voted_for_is_spelt(lessons) -> None:
    glyphs = Glyphs()
    voted: dict[int, set[str]] = {}
    for word, text in lessons:
        glyphs.learn(word, text)
        if len(word) == len(text):
            for glyph, letter in zip(word, text, strict=True):
                voted.setdefault(glyph, set()).add(letter)
    for glyph in range(6):
        spelt = glyphs.spell((glyph,))
        assert spelt is None or spelt in voted[glyph]
