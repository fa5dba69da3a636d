"""Does anything of a page that is not to be recorded come out of a real browser? Each protection is removed in turn."""

from collections.abc import Iterator

import pytest

from aboveboard.base.clock import MILLISECOND_NS, SECOND_NS
from aboveboard.formats.disclosure import AppRule
from aboveboard.formats.recording import Button, Control, Marker, Timed
from aboveboard.recorder.capture import pages as asking
from aboveboard.recorder.capture.port import Rect, WindowFacts
from aboveboard.recorder.redact import shown_judge
from aboveboard.recorder.redact.context import Context
from aboveboard.recorder.redact.gate import Gate
from aboveboard.recorder.redact.scope import Active, Stacked
from aboveboard.recorder.redact.timeline import HOLD_NS, Focus
from aboveboard.stage.display import Display
from samples.context_desk import Watching
from samples.disclosed import app, disclosure
from samples.paged_desk import ALLOWED, ALSO, BANK, CHAT, LOG_IN, OTHER, PRIVATE, Shown, found, served, surfing

EVERY_SITE = app("Chromium", site="exact", control="exact")
ONE_SITE = app("Chromium", site="exact", control="exact", sites=(ALLOWED.host,))
SCREEN = Rect(0, 0, 10, 10)
ALL_FORMS = {"title", "link", "address", "keys", "picture"}


@pytest.fixture(scope="module")
def display() -> Iterator[Display]:
    with Display(width=900, height=700) as started:
        yield started


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with served() as started:
        yield started


def surfed(display: Display, port: int, rule: AppRule, *pages: Shown, privately: Shown | None = None) -> Watching:
    """The pages are visited one after the other, every other by a link; the last is open to all."""
    with Watching(display, rule) as watching, surfing(display, watching, port) as somebody:
        for number, page in enumerate(pages):
            somebody.visit(page, at_once=number % 2 == 0)
        if privately is not None:
            somebody.visit_privately(privately)
    return watching


def reasons(watching: Watching) -> set[str]:
    return {marker.reason for marker in watching.sink.of(Marker)}


def test_of_another_site_a_log_in_a_bank_and_a_private_window_nothing_comes_out(display: Display, port: int) -> None:
    watching = surfed(display, port, ONE_SITE, OTHER, LOG_IN, BANK, ALSO, privately=PRIVATE)
    assert found(watching.sink, OTHER) == set()
    assert found(watching.sink, BANK) == set()
    assert found(watching.sink, LOG_IN) == {"host"}  # that of the allowed pages
    assert found(watching.sink, PRIVATE) == {"host"}
    assert found(watching.sink, ALSO) >= ALL_FORMS
    assert {"site_not_disclosed", "log_in", "sensitive_site", "private_window"} <= reasons(watching)
    # When the log-in was left, the whole picture came anew: nothing had been told of the next page before.
    assert sum(frame.whole for frame in watching.sink.frames) >= 2


def test_where_every_site_is_disclosed_a_bank_a_log_in_and_others_words_are_not(display: Display, port: int) -> None:
    watching = surfed(display, port, EVERY_SITE, BANK, OTHER, LOG_IN, CHAT, ALSO)
    assert found(watching.sink, CHAT) == {"host", "picture"}  # of which the veil leaves no text
    assert found(watching.sink, BANK) == set()
    assert found(watching.sink, LOG_IN) == {"host"}
    assert found(watching.sink, OTHER) >= ALL_FORMS
    assert found(watching.sink, ALSO) >= ALL_FORMS
    assert "site_not_disclosed" not in reasons(watching)


def test_without_asking_what_a_page_is_all_of_it_would_come_out(
    display: Display, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "judge_page", lambda *told: "open")
    monkeypatch.setattr(shown_judge, "judge_page", lambda *told: "open")
    watching = surfed(display, port, ONE_SITE, OTHER, BANK)
    for page in (OTHER, BANK):
        assert found(watching.sink, page) >= ALL_FORMS | {"host"}


def clicks_before_the_word_of_it(hold_ns: int) -> list[Button]:
    """A hidden page is there; somebody clicks in it; only then is it told, as late as is promised."""
    window = WindowFacts(1, "Chromium", "title", 7, SCREEN)
    told = Gate(disclosure(ONE_SITE))
    told._pages._hold_ns = hold_ns
    told.layout(0, (Stacked(SCREEN, (SCREEN,), SCREEN, window),))
    told.active(0, Active(window))
    told.page(0, window.window_id, "open")
    told.offer(SECOND_NS + 1, Button(button=1, pressed=True, x=5, y=5))
    told.page(SECOND_NS + HOLD_NS - 1, window.window_id, "sensitive_site")
    out = told.release(3 * SECOND_NS)
    return [one.event for one in out if isinstance(one, Timed) and isinstance(one.event, Button)]


def test_without_covering_backwards_the_first_of_a_page_would_come_out() -> None:
    assert not clicks_before_the_word_of_it(HOLD_NS)
    assert clicks_before_the_word_of_it(0)


def page_titled(title: str) -> WindowFacts:
    return WindowFacts(1, "Chromium", f"{title} - Chromium", 7, SCREEN)


def left_for_another(asked: Control) -> Gate:
    """Others' page is left for one that is open, of which this is told: about a moment there, asked a moment later."""
    chat, also = page_titled("Rowantitle"), page_titled("Mapletitle")
    told = Gate(disclosure(EVERY_SITE))
    for time_ns, window, shown in ((0, chat, "others"), (2 * SECOND_NS, also, "open")):
        told.layout(time_ns, (Stacked(SCREEN, (SCREEN,), SCREEN, window),))
        told.active(time_ns, Active(window))
        told.focus_seen(time_ns, Focus.OPEN)
        told.page(time_ns, window.window_id, shown)
    known_ns = 2 * SECOND_NS + 60 * MILLISECOND_NS
    told.context(known_ns, Context(7, known_ns, asked))
    return told


@pytest.mark.parametrize("path", [["frame: Rowantitle - Chromium"], ["frame: "], ["frame: Maple"]])
def test_what_an_application_says_of_the_page_before_is_not_of_this_one(
    monkeypatch: pytest.MonkeyPatch, path: list[str]
) -> None:
    """What is around a control is remembered, and an application too may say it late."""
    asked = Control(cause="focus", role="entry", x=1, y=1, width=1, height=1, states=[], path=path, name="Rowanfield")
    [told] = controls_of(left_for_another(asked))
    assert (told.role, told.path, told.name) == ("entry", ["frame"], "")
    monkeypatch.setattr(shown_judge, "of_the_page", lambda control, titles: True)
    assert controls_of(left_for_another(asked)) == [asked]


@pytest.mark.parametrize(
    "first", ["frame: Mapletitle - Chromium", "frame: Mapletitle - private note - Chromium", "dialog: Sure?"]
)
def test_what_it_says_of_this_page_is_told(first: str) -> None:
    asked = Control(
        cause="focus", role="entry", x=1, y=1, width=1, height=1, states=[], path=[first], name="Maplefield"
    )
    assert controls_of(left_for_another(asked)) == [asked]


def controls_of(told: Gate) -> list[Control]:
    return [
        one.event for one in told.release(9 * SECOND_NS) if isinstance(one, Timed) and isinstance(one.event, Control)
    ]
