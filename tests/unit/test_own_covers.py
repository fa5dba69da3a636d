"""What the person wants covered: found whatever its spelling, and gone from every field that holds words."""

from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.base.errors import BadInput
from aboveboard.formats.recording import Control, Site, Window
from aboveboard.recorder import own_covers as files
from aboveboard.recorder.redact.own_covers import PLACEHOLDER, OwnCovers, OwnWords, Region
from aboveboard.rules.pages import Page, judge_page
from samples.recorder_world import Participant


def window(title: str) -> Window:
    return Window(app="Browser", title=title, pid=7, x=0, y=0, width=10, height=10)


@pytest.mark.parametrize(
    "text",
    ["Quillfeather", "QUILLFEATHER", "quillfeather's", "Mrs Quillféather", "myquillfeather2", "Quill\u00adfeather"],
)
def test_a_word_is_found_whatever_its_case_accents_and_neighbours(text: str) -> None:
    cleaned = OwnWords(["Quillfeather"]).clean(text)
    assert PLACEHOLDER in cleaned
    assert "uill" not in cleaned.casefold()


def test_a_phrase_is_found_over_any_space() -> None:
    assert OwnWords(["Project  Heron"]).clean("on project\u00a0heron now") == f"on {PLACEHOLDER} now"


def test_what_overlaps_becomes_one() -> None:
    assert OwnWords(["abab"]).clean("xababab") == f"x{PLACEHOLDER}"
    assert OwnWords(["heron", "project heron"]).clean("Project Heron!") == f"{PLACEHOLDER}!"


def test_a_text_without_them_stays_as_it_is() -> None:
    event = window("Dear Straße")
    assert OwnWords(["heron"]).event(event) is event
    assert OwnWords([]).event(event) is event


def test_all_words_of_a_control_and_a_site_are_looked_at() -> None:
    words = OwnWords(["heron"])
    control = Control(
        cause="click",
        role="list",
        x=0,
        y=0,
        width=1,
        height=1,
        states=[],
        path=["frame: Heron files", "panel"],
        name="a heron",
        value="HERON",
        options=["x", "heron"],
        chosen="heron",
    )
    assert "heron" not in repr(words.event(control)).casefold()
    site = words.event(Site(host="heron.example.org", url="https://example.org/a?q=her%6Fn"))
    assert site == Site(host=PLACEHOLDER, url=PLACEHOLDER)


@given(st.text("aAbBéß İ9\u00ad", max_size=40), st.text("abéß9", min_size=2, max_size=4))
def test_nothing_of_a_word_is_left_in_any_text(text: str, word: str) -> None:
    words = OwnWords([word])
    assert words.places(words.clean(text).replace(PLACEHOLDER, "\n")) == []


@given(st.text(max_size=60), st.lists(st.text(min_size=1, max_size=5), max_size=4), st.booleans())
def test_any_text_is_looked_at_without_an_error(text: str, wanted: list[str], cut: bool) -> None:
    places = OwnWords(wanted, looks=True).places(text, cut=cut)
    assert all(0 <= start < end <= len(text) for start, end in places)
    assert all(one[1] <= other[0] for one, other in pairwise(places))


def test_what_was_read_off_pixels_may_be_misread_a_little() -> None:
    assert OwnWords(["Illinois 10"], looks=True).places("l11in0is IO")
    assert not OwnWords(["Illinois 10"]).places("l11in0is IO")
    words = OwnWords(["Quillfeather"], looks=True)
    for text in ("Letterto Quilfeather", "Quilllfeathor", "aQuil feather", "(Qulllfeathr)"):
        (span,) = words.places(text)
        assert span[1] - span[0] >= 10
    assert not words.places("Letter to a feather, quilted")
    assert not OwnWords(["Ann"], looks=True).places("An aunt")


def test_the_beginning_of_a_word_counts_where_the_text_is_cut() -> None:
    words = OwnWords(["heron"])
    assert words.places("on her", cut=True) == [(3, 6)]
    assert words.places("on her\ufffc", cut=True) == [(3, 6)]
    assert words.places("on her", cut=False) == []


def test_a_site_is_covered_with_all_below_it_and_nothing_else() -> None:
    covers = OwnCovers(sites=("Bank.example", "*.clinic.example"))
    assert [
        host
        for host in ("bank.example", "www.bank.example", "clinic.example", "abank.example", "")
        if covers.has_site(host)
    ] == [
        "bank.example",
        "www.bank.example",
        "clinic.example",
    ]


def test_an_application_that_is_covered_is_not_disclosed() -> None:
    disclosure = Participant().disclosure()
    assert OwnCovers(apps=("browser",)).narrowed(disclosure).apps == []
    assert OwnCovers(apps=("chromium",)).narrowed(disclosure).apps == []
    assert OwnCovers(apps=("Editor",)).narrowed(disclosure) is disclosure


def test_a_site_that_is_covered_is_not_disclosed_and_the_others_are() -> None:
    (rule,) = OwnCovers(sites=("bank.example",)).narrowed(Participant().disclosure()).apps
    judged = {
        host: judge_page(rule, "Chromium", Page(address=f"https://{host}/start", title="x"))
        for host in ("bank.example", "www.BANK.example.", "news.example")
    }
    assert list(judged.values()) == ["site_not_disclosed", "site_not_disclosed", "open"]


def test_they_are_kept_and_read_back(tmp_path) -> None:
    covers = OwnCovers(words=("heron",), regions=(Region(x=1, y=2, width=3, height=4),))
    assert files.load(tmp_path) == OwnCovers()
    files.save(tmp_path, covers)
    assert files.load(tmp_path) == covers
    assert (tmp_path / files.FILE_NAME).stat().st_mode & 0o077 == 0
    assert covers.with_all(covers) == covers
    assert not covers.without(covers)


@given(st.binary(max_size=300))
def test_a_file_that_is_no_list_of_covers_is_an_error_in_words(data: bytes) -> None:
    with suppress(BadInput):
        files.decode(data)


@pytest.mark.parametrize(
    "data",
    [
        b'{"words":["x"]}',
        b'{"words":["  "]}',
        b'{"sites":["a b"]}',
        b'{"more":1}',
        b'{"regions":[{"x":0,"y":0,"width":0,"height":1}]}',
    ],
)
def test_what_would_cover_everything_or_nothing_is_refused(data: bytes) -> None:
    with pytest.raises(BadInput):
        files.decode(data)
