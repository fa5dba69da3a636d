"""What does a steward's file become, and what do people read?"""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.base.errors import BadInput
from aboveboard.formats import disclosure
from aboveboard.formats.disclosure_text import WIDTH, plain_text, shown_digest, told
from aboveboard.formats.disclosure_words import LANGUAGES, en, words_in
from aboveboard.formats.disclosure_words.shape import KINDS
from aboveboard.rules.decision import Reason
from aboveboard.rules.disclosure import complete
from aboveboard.rules.disclosure_change import LEVELS
from samples.published import SHIPPED, published


def test_the_shipped_disclosure_is_complete_and_reads_back() -> None:
    made = published()
    assert complete(made).allowed
    assert disclosure.decode(disclosure.encode(made)) == made


def test_the_text_says_everything_that_the_disclosure_does() -> None:
    made = published()
    text = " ".join(plain_text(made).split())
    for words in (
        *made.never_collected,
        *made.recipients,
        *made.legal_entities,
        *map(en.WORDS.country, made.countries),
        *(getattr(app.because, kind) for app in made.apps for kind in KINDS),
        *(part for each in made.formalities for part in (each.title, each.date, each.kept_at)),
        *(disclosure.PURPOSES[purpose] for purpose in made.purposes),
        *(part for app in made.apps for part in (app.name, app.why)),
        made.controller,
        made.contact,
        f"{made.retention_days} days",
        f"{made.budget.megabytes_per_day} megabytes",
        "aboveboard pause",
        "aboveboard leave",
        "aboveboard erase",
    ):
        assert words in text
    assert all(len(line) <= WIDTH for line in plain_text(made).splitlines())


def test_any_change_of_what_is_recorded_changes_the_text() -> None:
    before = shown_digest(plain_text(published()))
    changes = {
        'keystrokes = "exact"': 'keystrokes = "count"',
        'screen = "exact"': 'screen = "none"',
        'pointer = "full"': 'pointer = "clicks"',
        'window = "exact"': 'window = "app"',
        "retention_days = 90": "retention_days = 91",
        'purposes = ["train_agents", "evaluate_agents"]': 'purposes = ["train_agents"]',
        "cpu_percent = 20.0": "cpu_percent = 21.0",
    }
    digests = {shown_digest(plain_text(published(SHIPPED.replace(old, new)))) for old, new in changes.items()}
    assert len(digests | {before}) == len(changes) + 1


@pytest.mark.parametrize(
    ("language", "covered", "shown"), [("en", "are covered", "faces"), ("de", "verdeckt", "Gesicht")]
)
def test_whether_pictures_are_shown_is_told_where_the_screen_is_redacted(
    language: str, covered: str, shown: str
) -> None:
    redacted = SHIPPED.replace('screen = "exact"', 'screen = "redacted"')
    told_of = {
        pictures: told(published(redacted.replace('"redacted"', f'"redacted"\npictures = "{pictures}"', 1)), language)
        for pictures in ("covered", "shown")
    }
    lines = {pictures: each.sections[0].points[0].under[-1] for pictures, each in told_of.items()}
    assert covered in lines["covered"]
    assert shown in lines["shown"]
    assert shown not in lines["covered"]
    assert told(published(redacted), language) == told_of["covered"], "they are covered unless it says otherwise"


def test_every_language_tells_everything() -> None:
    for language in LANGUAGES:
        words = words_in(language)
        assert words is not None
        for kind, levels in LEVELS.items():
            assert set(words.kinds[kind]) == set(levels) - {"none"}
        assert set(words.purposes) == set(disclosure.PURPOSES)
        assert set(words.formalities) == set(get_args(disclosure.FormalityKind))
        assert set(words.metered) == set(get_args(disclosure.Metered))
        assert set(words.countries) == set(en.WORDS.countries)
        assert set(words.page) == set(en.WORDS.page)
        assert set(words.pictures) == set(get_args(disclosure.Pictures))


def test_the_same_facts_in_another_language() -> None:
    made = published()
    german, english = told(made, "de"), told(made)
    assert german.language == "de"
    assert [len(section.points) for section in german.sections] == [len(section.points) for section in english.sections]
    text = " ".join(plain_text(made, "de").split())
    for words in ("Webbrowser", "90 Tage", "Deutschland", "Example Research Ltd, works council", "aboveboard leave"):
        assert words in text
    assert shown_digest(plain_text(made, "de")) != shown_digest(plain_text(made))
    with pytest.raises(BadInput, match="'fr'"):
        plain_text(made, "fr")


@pytest.mark.parametrize(
    "change",
    [
        ("retention_days = 90", "retention_days = 0"),
        ('"train_agents"', '"rank_people"'),
        ('wm_class = "Chromium"', 'wm_class = ""'),
        ('keystrokes = "exact"', 'keystrokes = "everything"'),
        ("frames_per_second = 10", "frames_per_second = 60"),
        ("retention_days = 90", "retention_days = 90\nclipboard = true"),
        ("[budget]", "[[budget]]"),
        ('countries = ["DE"]', "countries = []"),
        ('title = "', "title = "),
    ],
)
def test_what_does_not_fit_is_refused_in_words(change: tuple[str, str]) -> None:
    assert change[0] in SHIPPED
    with pytest.raises(BadInput) as refused:
        published(SHIPPED.replace(*change))
    assert refused.value.fix


def test_an_incomplete_disclosure_is_named() -> None:
    nothing = SHIPPED[: SHIPPED.index("[apps.because]")] + SHIPPED[SHIPPED.index("[budget]") :]
    for kind, level in (("keystrokes", "exact"), ("screen", "exact"), ("pointer", "full"), ("window", "exact")):
        nothing = nothing.replace(f'{kind} = "{level}"', f'{kind} = "none"')
    assert complete(published(nothing)).reason is Reason.DISCLOSURE_INCOMPLETE
    twice = SHIPPED + SHIPPED[SHIPPED.index("[[apps]]") : SHIPPED.index("[budget]")]
    assert complete(published(twice)).detail == "an application is named twice"
    untitled = SHIPPED.replace('title = "Learning to use a web browser"', 'title = "  "')
    assert complete(published(untitled)).detail == "title is empty"


@given(st.text(max_size=300))
def test_any_text_is_a_disclosure_or_refused_in_words(toml: str) -> None:
    with pytest.raises(BadInput):
        disclosure.parse_draft(toml)
