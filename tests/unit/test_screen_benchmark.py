"""Does the measure of the screens count against the cover whatever is in doubt, and are its texts always the same?"""

from random import Random

import numpy as np
import pytest
from benchmarks.redaction.screens import pages, planted, report, texts
from benchmarks.redaction.screens.legible import Before, Look, bare, gives_away, in_order, place_of
from benchmarks.redaction.screens.planted import Token

from aboveboard.recorder.capture.port import Rect
from samples.screen_text import Picture


class Looker:
    """Reads words at the places that it is told, where the ink is not covered."""

    def __init__(self, words: dict[str, Rect]) -> None:
        self.words = words

    def _seen(self, pixels, rect: Rect) -> bool:
        part = pixels[rect.y : rect.y + rect.height, rect.x : rect.x + rect.width]
        return np.unique(part).size > 1

    def looks(self, pixels) -> list[Look]:
        return [Look([[(text, rect) for text, rect in self.words.items() if self._seen(pixels, rect)]])]

    def at(self, pixels, rect: Rect) -> str:
        return " ".join(text for text, place in self.words.items() if place == rect and self._seen(pixels, rect))


def _screen() -> tuple[Picture, Looker]:
    picture = Picture(600, 60)
    words, x = {}, 10
    for text in ("please", "ask", "Greta", "Weber", "today"):
        words[text] = picture.write(x, 20, text)
        x += words[text].width + 20
    return picture, Looker(words)


def test_what_stays_is_found_and_what_is_covered_is_not() -> None:
    picture, looker = _screen()
    tokens = [Token("please"), Token("ask"), Token("Greta Weber", "name"), Token("today")]
    before = Before(looker, picture.pixels, tokens)
    assert [one.token.text for one in before.planted] == ["Greta Weber"]
    assert [text for text, _ in before.words] == ["please", "ask", "today"]
    assert len(before.found(picture.pixels)) == 1
    assert len(before.legible(picture.pixels)) == 3
    covered = picture.pixels
    left, right = looker.words["Greta"], looker.words["Weber"]
    covered[:, left.x - 2 : right.x + right.width + 2] = 0xFF000000
    assert before.found(covered) == []
    assert len(before.legible(covered)) == 3
    covered[:] = 0xFF000000
    assert before.legible(covered) == []


def test_a_part_that_stays_is_enough_to_be_found() -> None:
    picture, looker = _screen()
    looker.words["Weberovskaya"] = looker.words.pop("Weber")
    before = Before(looker, picture.pixels, [Token("Greta Weberovskaya", "name")])
    covered, greta = picture.pixels, looker.words["Greta"]
    covered[:, greta.x - 2 : greta.x + greta.width + 2] = 0xFF000000
    assert len(before.found(covered)) == 1


def test_what_could_not_be_read_before_is_only_counted() -> None:
    picture, looker = _screen()
    before = Before(looker, picture.pixels, [Token("Boris Okafor", "name")])
    assert (before.planted, before.unreadable) == ([], {"name": 1})


@pytest.mark.parametrize(
    ("wanted", "read", "found"),
    [
        ("Greta Weber", "Greta W", True),
        ("Greta Weber", "Greta", False),
        ("Greta Weber", "G r e t a W e b e r", True),
        ("+49 30 23125 538", "23125", True),
        ("+49 30 23125 538", "2312", False),
        ("sk_live_abcdefghijklmnop", "sk_live_abcdefgh", True),
        ("sk_live_abcdefghijklmnop", "sk_live", False),
    ],
)
def test_six_of_ten_letters_or_five_digits_give_it_away(wanted: str, read: str, found: bool) -> None:
    assert gives_away(bare(wanted), bare(read)) is found


def test_letters_are_counted_in_order() -> None:
    assert (in_order("abcd", "xaxbxd"), in_order("abcd", "dcba"), in_order("", "a")) == (3, 1, 0)


def test_something_is_looked_for_where_most_of_it_is_read() -> None:
    texts_read = ("call", "020", "7946", "0111", "and", "020", "7946", "0222")
    words = [(text, Rect(60 * at, 0, 50, 10)) for at, text in enumerate(texts_read)]
    assert [text for text, _ in place_of(bare("020 7946 0222"), Look([words]))] == ["020", "7946", "0222"]


@pytest.mark.parametrize(
    ("found", "there", "rate"), [(0, 100, 0.0295), (0, 3000, 0.000998), (1, 100, 0.0466), (2, 239, 0.0261), (5, 5, 1.0)]
)
def test_the_bound_is_the_exact_one_of_the_binomial(found: int, there: int, rate: float) -> None:
    assert report.at_most(found, there) == pytest.approx(rate, rel=0.01)


def test_parts_add_up_to_the_whole() -> None:
    row = {"there": 10, "found": 1, "at_most": 0.4}
    part = {
        "screens": 2, "unreadable": 1, "cpu_s": 1.5,
        "redacted": {"classes": {"name": row}, "all": row, "words": {"there": 50, "found": 49, "at_most": 1}},
    }  # fmt: skip
    whole = report.joined([part, part])
    assert (whole["screens"], whole["redacted"]["all"]["there"], whole["redacted"]["words"]["found"]) == (4, 20, 98)
    assert "structure" not in whole
    assert "20" in report.text("redacted", whole["redacted"])


@pytest.mark.parametrize("name", list(pages.PAGES))
def test_a_page_is_the_same_each_time_and_says_what_is_on_it(name: str) -> None:
    sheet, again = pages.page(Random(f"{name}-1"), name), pages.page(Random(f"{name}-1"), name)
    assert sheet == again
    kinds = {token.kind for token in sheet.tokens} - {None}
    assert kinds
    assert kinds <= set(planted.KINDS)
    shown = sheet.html.replace("&#x27;", "'").replace("&amp;", "&")
    assert all(token.written in shown for token in sheet.tokens)


def test_what_is_planted_has_the_check_digits_of_its_kind() -> None:
    random = Random("checks")
    for _ in range(50):
        account = planted.planted(random, "account").text.replace(" ", "")
        assert int("".join(str(int(one, 36)) for one in account[4:] + account[:4])) % 97 == 1
        digits = [int(one) for one in planted.planted(random, "card").text if one.isdigit()]
        doubled = [sum(divmod(2 * one, 10)) for one in digits[-2::-2]]
        assert len(digits) == 16
        assert (sum(doubled) + sum(digits[-1::-2])) % 10 == 0


def test_a_terminal_ends_with_what_is_in_sight() -> None:
    lines = texts.terminal(Random("terminal"), 60)
    assert len(lines) == 60
    assert any(token.kind for one in lines for token in one)
    shown = texts.plain(lines)
    assert all(token.written in shown for one in lines for token in one)
