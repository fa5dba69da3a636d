"""Does each protection of controls and sites carry weight? Each check runs as built and with the protection removed."""

import base64
import time
from collections.abc import Iterator
from typing import Any

import pytest

from aboveboard.formats.recording import Control, Site
from aboveboard.recorder.capture import context as context_watch
from aboveboard.recorder.capture import controls, x11
from aboveboard.recorder.capture.atspi_names import roles
from aboveboard.recorder.redact import context as judgement
from aboveboard.recorder.redact import gate, pages, shown_judge
from aboveboard.stage.browser import Browser
from aboveboard.stage.display import Display
from aboveboard.stage.xtest import NAMED_KEYSYMS, Xtest
from samples.context_desk import Watching, mousepad_window
from samples.disclosed import app
from samples.one_protection import without_pages
from samples.x_windows import until

PAGE = """<!doctype html><title>Sign in</title><body style="margin:20px;font:14px sans-serif">
<p><input id=secret type=password aria-label="labelword" value="contentword">
<p><input id=open aria-label="openword">
<p><select id=list aria-label="listword"><option>optionword<option>other</select>
<p><input id=many type=range aria-label="rangeword" min=0 max=10 value=7>"""


def blind(bus: Any, is_secret: Any, questions: Any) -> controls.Controls:
    """Controls that do not know which fields held a password."""
    return controls.Controls(bus, lambda field: False, questions)


FULL = app("Chromium", site="exact", control="exact")


@pytest.fixture(autouse=True)
def fields_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    without_pages(monkeypatch)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Display(width=640, height=480) as display, Browser(display, scale=1) as started:
        yield started


def place(browser: Browser, field: str) -> tuple[int, int]:
    x, y, _, height = browser.page.evaluate(
        f"(r=>[r.x,r.y,r.width,r.height])(document.getElementById('{field}').getBoundingClientRect())"
    )
    return round(x) + 15, round(y + height / 2)


def open_page(browser: Browser) -> None:
    browser.page.navigate(f"data:text/html;base64,{base64.b64encode(PAGE.encode()).decode()}")


def click(hand: Xtest, x: int, y: int) -> None:
    hand.move(x, y)
    time.sleep(0.5)
    hand.press()
    time.sleep(0.06)
    hand.release()
    time.sleep(0.5)


def with_a_password(browser: Browser, *, shown: bool = False) -> Watching:
    """Somebody clicks into the field for the password; ``shown``: then has the page show it, and clicks again."""
    open_page(browser)
    hand = Xtest(browser.display.name)
    with Watching(browser.display, FULL) as watching:
        click(hand, *place(browser, "secret"))
        if shown:
            browser.page.evaluate("document.getElementById('secret').type='text'")
            time.sleep(0.5)
            click(hand, *place(browser, "open"))
            click(hand, *place(browser, "secret"))
        until(lambda: bool(watching.controls("click")), "the click is told")
        watching.settle()
    hand.close()
    return watching


def test_of_a_password_field_nothing_but_its_role_is_told(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    told = with_a_password(browser)
    assert [control.role for control in told.controls("click")] == ["password text"]
    assert not {word for word in ("labelword", "contentword", "Sign in") if word in repr(told.controls("click"))}
    # Three protections, two in asking and one in judging: each is enough.
    monkeypatch.setattr(judgement, "SECRET_ROLE", "no role")
    assert "labelword" not in with_a_password(browser).words()
    monkeypatch.setattr(controls, "ROLE_PASSWORD_TEXT", -1)
    monkeypatch.setattr(context_watch, "Controls", blind)
    assert "labelword" not in with_a_password(browser).words()
    monkeypatch.setattr(controls, "_FIELDS", roles("password text"))
    leaked = with_a_password(browser).words()
    assert "labelword" in leaked
    assert "contentword" not in leaked  # the content of a field is never even asked for


def test_a_password_that_is_shown_stays_secret(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "labelword" not in with_a_password(browser, shown=True).words()
    monkeypatch.setattr(context_watch, "Controls", blind)
    assert "labelword" in with_a_password(browser, shown=True).words()


def all_about(browser: Browser, **levels: Any) -> Watching:
    """Everything on the page is clicked, chosen from and focused."""
    open_page(browser)
    hand = Xtest(browser.display.name)
    with Watching(browser.display, app("Chromium", **levels)) as watching:
        for field in ("open", "many", "list"):
            click(hand, *place(browser, field))
        hand.tap(NAMED_KEYSYMS["Down"])
        hand.tap(NAMED_KEYSYMS["Return"])
        time.sleep(0.7)
        watching.settle()
    hand.close()
    return watching


WORDS = {"Sign in", "openword", "rangeword", "listword", "optionword", "other", "'7'"}


def words_in(watching: Watching) -> set[str]:
    return {word for word in WORDS if word in watching.words()}


def test_at_the_fidelity_role_no_word_comes_out(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    assert words_in(all_about(browser, control="exact")) == WORDS
    told = all_about(browser, control="role")
    assert {"entry", "slider", "combo box"} <= {control.role for control in told.sink.of(Control)}
    assert words_in(told) == set()
    monkeypatch.setattr(judgement, "reduce", lambda control, rule, words: control)
    assert words_in(all_about(browser, control="role")) == WORDS


def test_at_the_fidelity_none_nothing_is_asked_or_told(browser: Browser) -> None:
    assert not all_about(browser).sink.of(Control, Site)


def with_a_stranger(display: Display) -> Watching:
    """An application that is not disclosed is used."""
    hand = Xtest(display.name)
    with Watching(display, FULL) as watching, mousepad_window(display, "diary.txt"):
        time.sleep(4)
        click(hand, 450, 350)
        hand.key_press(NAMED_KEYSYMS["Alt_L"])
        hand.tap(ord("e"))
        hand.key_release(NAMED_KEYSYMS["Alt_L"])
        time.sleep(0.6)
        hand.tap(NAMED_KEYSYMS["Up"])
        time.sleep(0.4)
        hand.tap(NAMED_KEYSYMS["Escape"])
        time.sleep(0.3)
        watching.settle()
    hand.close()
    return watching


def test_nothing_of_an_application_that_is_not_disclosed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with Display(width=900, height=700) as display:
        assert not with_a_stranger(display).sink.of(Control, Site)
        monkeypatch.setattr(x11, "rule_of", lambda window, disclosed: disclosed.apps[0])
        assert not with_a_stranger(display).sink.of(Control, Site)  # asked, but judged
        for place in (gate, shown_judge):
            monkeypatch.setattr(place, "rule_of", lambda window, disclosed: disclosed.apps[0])
        assert not with_a_stranger(display).sink.of(Control, Site)  # judged, but what it shows is not known
        monkeypatch.setattr(pages, "rule_of", lambda window, disclosed: disclosed.apps[0])
        assert "diary.txt" in with_a_stranger(display).words()
