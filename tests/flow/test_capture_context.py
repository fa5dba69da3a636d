"""Does a capture tell what was clicked, what got the focus, what was chosen, and which site it was?

Real applications: pages and menus of Chromium, and an ordinary GTK application.
"""

import base64
import http.server
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from aboveboard.formats.recording import Button, Control, Key, Site, Window
from aboveboard.recorder.capture.port import Rect
from aboveboard.stage.browser import Browser
from aboveboard.stage.display import Display
from aboveboard.stage.xtest import NAMED_KEYSYMS, Xtest
from samples.context_desk import Watching, chromium_window, mousepad_window
from samples.disclosed import app
from samples.one_protection import without_pages
from samples.x_windows import until

DOWN, UP, RETURN, TAB, ESCAPE = (NAMED_KEYSYMS[name] for name in ("Down", "Up", "Return", "Tab", "Escape"))
ALT, CONTROL = NAMED_KEYSYMS["Alt_L"], NAMED_KEYSYMS["Control_L"]
PAGE_UP = 0xFF55
REST_S = 0.5
PAGE = """<!doctype html><title>Order</title><body style="margin:20px;font:14px sans-serif">
<form aria-label="Order form">
<p><label>Colour <select id=colour><option>Red<option>Green<option>Blue</select></label>
<p><button id=buy type=button>Buy <b>now</b></button> <a id=terms href="#terms">Our <i>terms</i></a>
<label><input type=checkbox id=gift>Gift</label>
<p><input id=name aria-label="Your name" value="typed words">
<input type=range id=many min=0 max=10 value=4 aria-label="How many">
<p><select id=size size=3 aria-label="Size"><option>Small<option>Medium<option>Large</select>
<div id=note contenteditable>edited words <b>bold words</b></div></form>"""
DISCLOSED = app("Chromium", site="exact", control="exact")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Display(width=640, height=480) as display, Browser(display, scale=1) as started:
        yield started


@pytest.fixture
def hand(browser: Browser) -> Iterator[Xtest]:
    browser.page.navigate(f"data:text/html;base64,{base64.b64encode(PAGE.encode()).decode()}")
    hand = Xtest(browser.display.name)
    hand.move(630, 470)
    yield hand
    hand.close()


def place(browser: Browser, field: str) -> Rect:
    box = browser.page.evaluate(
        f"(r=>[r.x,r.y,r.width,r.height])(document.getElementById('{field}').getBoundingClientRect())"
    )
    return Rect(*(round(side) for side in box))


def click(hand: Xtest, x: int, y: int, *, rest_s: float = REST_S, held_s: float = 0.06) -> None:
    """As people click: the pointer comes, rests, and the button is held for a moment."""
    hand.move(x - 3, y)
    hand.move(x, y)
    time.sleep(rest_s)
    hand.press()
    time.sleep(held_s)
    hand.release()


def click_on(browser: Browser, hand: Xtest, field: str, *, rest_s: float = REST_S) -> Rect:
    box = place(browser, field)
    click(hand, box.x + min(box.width // 2, 20), box.y + box.height // 2, rest_s=rest_s)
    return box


@pytest.mark.parametrize("rest_s", [REST_S, 0.0])
@pytest.mark.parametrize(
    ("field", "role", "name", "value"),
    [
        ("buy", "push button", "Buy now", ""),
        ("terms", "link", "Our terms", ""),
        ("gift", "check box", "Gift", ""),
        ("name", "entry", "Your name", ""),
        ("many", "slider", "How many", "4"),
    ],
)
def test_what_is_clicked_in_a_page_is_told(
    browser: Browser, hand: Xtest, field: str, role: str, name: str, value: str, rest_s: float
) -> None:
    with Watching(browser.display, DISCLOSED) as watching:
        box = click_on(browser, hand, field, rest_s=rest_s)
        told = watching.told("click", lambda control: control.role == role, f"the {role}")
        focus = watching.told("focus", lambda control: control.role == role, f"the {role} gets the focus")
        watching.settle()
    # A press may move a slider at once: where nothing was known before it, the value is not told.
    assert (told.name, told.value) == (name, value if rest_s else "")
    assert abs(told.x - box.x) <= 1
    assert abs(told.y - box.y) <= 1
    assert abs(told.width - box.width) <= 2
    assert told.path == ["frame: Order", "document web: Order", "landmark: Order form", "paragraph"]
    assert {"showing", "enabled"} <= set(told.states)
    assert "focused" in focus.states
    assert "words" not in watching.words()
    presses = [timed for timed in watching.sink.events if isinstance(timed.event, Button) and timed.event.pressed]
    clicks = [timed for timed in watching.sink.events if timed.event is told]
    assert [timed.time_ns for timed in clicks] == [timed.time_ns for timed in presses]


def test_the_state_before_a_click_is_told(browser: Browser, hand: Xtest) -> None:
    with Watching(browser.display, DISCLOSED) as watching:
        for before in (False, True):
            click_on(browser, hand, "gift")
            time.sleep(0.5)
            told = watching.controls("click")[-1]
            assert ("checked" in told.states) is before
            hand.move(630, 470)


def test_what_is_typed_is_never_told_of_a_page_that_is_edited(browser: Browser, hand: Xtest) -> None:
    with Watching(browser.display, DISCLOSED) as watching:
        click_on(browser, hand, "note")
        told = watching.told("click", lambda control: "editable" in control.states, "the edited part")
        click_on(browser, hand, "name")
        hand.type_text("more")
        watching.told("click", lambda control: control.role == "entry", "the field")
        watching.settle()
    assert told.role == "section"
    assert "words" not in watching.words()
    assert "more" not in watching.words()


def test_a_choice_in_a_drop_down_is_told_by_mouse_and_by_keyboard(browser: Browser, hand: Xtest) -> None:
    with Watching(browser.display, DISCLOSED) as watching:
        box = click_on(browser, hand, "colour")
        opened = watching.told("click", lambda control: control.role == "combo box", "the drop-down")
        click(hand, box.x + 15, box.y + 55)
        mouse = watching.told("choice", lambda control: control.chosen == "Green", "the choice by mouse")
        watching.settle()
        clicks = watching.controls("click")
        hand.tap(DOWN)
        watching.told("choice", lambda control: control.chosen == "Blue", "the choice by key")
        hand.tap(ord(" "))
        time.sleep(0.3)
        hand.tap(UP)
        hand.tap(UP)
        time.sleep(0.3)
        hand.tap(RETURN)
        keyboard = watching.told("choice", lambda control: control.chosen == "Red", "the choice in the list by keys")
    assert browser.page.evaluate("document.getElementById('colour').value") == "Red"
    assert (opened.name, opened.options, opened.chosen) == ("Colour", ["Red", "Green", "Blue"], "Red")
    for choice in (mouse, keyboard):
        assert (choice.role, choice.name, choice.options) == ("combo box", "Colour", ["Red", "Green", "Blue"])
    # What lies below the open list was not clicked.
    assert [control.role for control in clicks] == ["combo box"]


def test_a_choice_in_a_list_is_told(browser: Browser, hand: Xtest) -> None:
    box = place(browser, "size")
    with Watching(browser.display, DISCLOSED) as watching:
        click(hand, box.x + 10, box.y + box.height // 2)
        item = watching.told("click", lambda control: control.role == "list item", "the item")
        choice = watching.told("choice", lambda control: control.role == "list box", "the list")
    assert item.name == choice.chosen == "Medium"
    assert choice.name == "Size"
    assert item.path[-1] == "list box: Size"
    assert choice.options == ["Small", "Medium", "Large"]


def test_a_page_that_chooses_by_itself_tells_no_choice(browser: Browser, hand: Xtest) -> None:
    with Watching(browser.display, DISCLOSED) as watching:
        browser.page.evaluate("document.getElementById('colour').selectedIndex = 2")
        time.sleep(0.5)
        watching.settle()
        assert not watching.controls("choice")


class _Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b"<!doctype html><title>Served</title><a id=on href='/next?page=2#end'>on</a>"
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def served() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_the_site_is_told_when_a_page_is_opened_and_left(browser: Browser, hand: Xtest, served: str) -> None:
    with Watching(browser.display, DISCLOSED) as watching:
        browser.page.navigate(f"{served}/first?q=1#middle")
        first = Site(host="127.0.0.1", url=f"{served}/first?q=1")
        until(lambda: first in watching.sites(), "the first page is told")
        click_on(browser, hand, "on")
        following = Site(host="127.0.0.1", url=f"{served}/next?page=2")
        until(lambda: following in watching.sites(), f"the next page is told: {watching.sites()}")
    told = [site for site in watching.sites() if site.host]  # between two pages it may not be known which one shows
    assert told[-2:] == [first, following]
    assert "base64" not in watching.words()


def menus_of(control: Control) -> list[str]:
    return [step.partition(": ")[2] for step in control.path if step.startswith("menu: ")]


@pytest.fixture(scope="module")
def display() -> Iterator[Display]:
    with Display(width=900, height=700) as started:
        yield started


def ready(watching: Watching, title: str) -> Window:
    """The window with this title is active, and its application answers."""
    until(lambda: any(title in window.title for window in watching.sink.of(Window)), f"{title} opens", limit_s=20)
    time.sleep(1.5)
    window: Window = watching.sink.of(Window)[-1]
    return window


def drawn_after(watching: Watching, act: Callable[[], object]) -> None:
    """Do it, and go on as a person does: once something came of it, and some time after."""
    frames = len(watching.sink.frames)
    act()
    until(lambda: len(watching.sink.frames) > frames, "something is drawn")
    time.sleep(0.6)


def test_menus_and_tabs_of_a_gtk_application_are_told(display: Display) -> None:
    hand = Xtest(display.name)
    rule = app("Mousepad", control="exact")
    with Watching(display, rule) as watching, mousepad_window(display, "one.txt", "two.txt"):
        window = ready(watching, "two.txt")
        click(hand, window.x + 20, window.y + 12)
        menu = watching.told("click", lambda control: control.role == "menu", "the menu bar's menu")
        assert (menu.name, menu.path[-1]) == ("File", "menu bar")
        opened = watching.told("focus", lambda control: control.name == "File", "the open menu")
        click(hand, window.x + 40, opened.y + opened.height + 10)
        item = watching.told("click", lambda control: control.role == "menu item", "the item")
        choice = watching.told("choice", lambda control: control.role == "menu item", "the choice")
        assert (item.name, choice.name, choice.chosen) == ("New", "New", "New")
        assert menus_of(choice) == ["File"]
        assert choice.path[0].startswith("frame: ")
        assert choice.path[1] == "menu bar"
        watching.told("choice", lambda control: control.chosen == "Untitled 1", "the new tab")

        hand.key_press(ALT)
        drawn_after(watching, lambda: hand.tap(ord("e")))
        hand.key_release(ALT)
        hand.tap(UP)
        watching.told("focus", lambda control: control.name == "Preferences...", "the item that the key went to")
        hand.tap(RETURN)
        choice = watching.told("choice", lambda control: menus_of(control) == ["Edit"], "the choice by keyboard")
        assert choice.chosen == "Preferences..."
        until(lambda: "Preferences" in watching.sink.of(Window)[-1].title, "the window that it opens")
        time.sleep(0.5)
        hand.tap(ESCAPE)
        until(lambda: "Untitled" in watching.sink.of(Window)[-1].title, "it closes")
        time.sleep(0.5)

        hand.key_press(CONTROL)
        hand.tap(PAGE_UP)
        hand.key_release(CONTROL)
        tabs = watching.told("choice", lambda control: control.chosen == "two.txt", "the tab by keyboard")
        assert (tabs.role, tabs.options) == ("page tab list", ["one.txt", "two.txt", "Untitled 1"])
        click(hand, window.x + window.width // 2, window.y + window.height // 2)
        text = watching.told("click", lambda control: control.role == "text", "the text")
        assert text.path[-1] == "page tab: two.txt"
        watching.settle()
    assert "the text of" not in watching.words()
    # Keys in an open menu are of that menu, and known to be.
    assert "Up" in [key.name for key in watching.sink.of(Key)]
    hand.close()


def test_menus_and_tabs_of_a_browser_are_told(display: Display, served: str, monkeypatch: pytest.MonkeyPatch) -> None:
    without_pages(monkeypatch)  # a new tab is one of the browser's own pages, of which nothing is told
    hand = Xtest(display.name)
    with Watching(display, DISCLOSED) as watching, chromium_window(display, f"{served}/a", f"{served}/b"):
        ready(watching, "Served")
        until(lambda: any(site.host for site in watching.sites()), "the site")
        first = next(site for site in watching.sites() if site.host)  # before it, that no site is known may be told
        assert first.url == f"{served}/a"
        click(hand, 400, 20)
        tab = watching.told("click", lambda control: control.role == "page tab", "the tab")
        assert tab.path[-1] == "page tab list"
        until(lambda: watching.sites()[-1].url == f"{served}/b", f"the other tab's site: {watching.sites()}")

        click(hand, 900 - 30, 60)
        button = watching.told("click", lambda control: control.name == "Chromium", "the menu's button")
        assert button.role == "push button"
        time.sleep(1.0)
        click(hand, 900 - 150, 98)
        choice = watching.told("choice", lambda control: control.role == "menu item", "the choice")
        assert choice.chosen.startswith("New tab")
        time.sleep(1.0)
        drawn_after(watching, lambda: click(hand, 900 - 30, 60))
        drawn_after(watching, lambda: hand.tap(DOWN))
        hand.tap(RETURN)
        items = lambda: [one for one in watching.controls("choice") if one.role == "menu item"]  # noqa: E731
        until(lambda: len(items()) == 2, f"the choice by keyboard: {watching.controls('choice')}")
        assert items()[-1].chosen.startswith("New tab")
    hand.close()
