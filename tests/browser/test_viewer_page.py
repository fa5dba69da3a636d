"""The participant's page in a real browser: it shows exactly what was recorded, and asks nobody but the viewer."""

import base64
import io
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops
from playwright.sync_api import Browser, Page, Route, expect

from samples.office_session import PASSWORD, frame_at, play
from samples.served_page import AXE, serving, url_of

TOKEN = "a-token-for-the-tests-of-the-page-0123456789"
START_LIMIT_S = 40


@dataclass
class Visit:
    """An open page and everything it did that a test may want to know."""

    page: Page
    url: str
    requests: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)

    def choose_full_session(self) -> None:
        """The older session: 56 seconds, nothing damaged."""
        names = self.page.locator("#session option").evaluate_all("all => all.map(each => each.value)")
        self.page.select_option("#session", names[-1])
        expect(self.page.get_by_text("0:56.0")).to_be_visible()
        expect(self.page.locator(".summary")).to_contain_text("left out")

    def seek(self, time_ms: float) -> None:
        """Move the slider, and wait until the picture is that of ``time_ms``."""
        self.page.get_by_role("slider").evaluate(
            "(slider, time) => { slider.value = time; slider.dispatchEvent(new Event('input', {bubbles: true})) }",
            time_ms,
        )
        self.page.wait_for_function(
            "time => document.querySelector('canvas.screen').dataset.painted === time.toFixed(3)", arg=time_ms
        )

    def picture(self) -> Image.Image:
        """What the canvas shows, pixel by pixel."""
        url = self.page.locator("canvas.screen").evaluate("canvas => canvas.toDataURL('image/png')")
        return Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).convert("RGB")

    def go(self, link: str) -> None:
        self.page.get_by_role("link", name=link).first.click()


class Held:
    """What the page asks of an address that matches ``pattern`` waits until it is let through."""

    def __init__(self, page: Page, pattern: str) -> None:
        self._page = page
        self._routes: list[Route] = []
        page.route(pattern, self._hold)

    def wait(self) -> Route:
        """The first that waits."""
        end = time.monotonic() + START_LIMIT_S
        while not self._routes:
            assert time.monotonic() < end, "the page never asked"
            self._page.wait_for_timeout(20)
        return self._routes[0]

    def _hold(self, route: Route) -> None:
        self._routes.append(route)

    def let_through(self) -> None:
        self._routes.pop(0).continue_()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("viewer") / "participant"


@pytest.fixture
def left(home: Path) -> Iterator[Path]:
    """What the sample's viewer writes when its person leaves."""
    yield home / "left.txt"
    (home / "left.txt").unlink(missing_ok=True)


@pytest.fixture(scope="module")
def address(home: Path) -> Iterator[str]:
    with serving("viewer_process", home, TOKEN, limit_s=START_LIMIT_S):
        yield url_of(home)


def open_page(browser: Browser, address: str, *, token: str = TOKEN, **options: Any) -> Visit:
    page = browser.new_context(
        viewport={"width": 1280, "height": 800}, timezone_id="Europe/Berlin", **options
    ).new_page()
    visit = Visit(page, address)
    page.on("request", lambda request: visit.requests.append(request.url))
    page.on("pageerror", lambda error: visit.troubles.append(str(error)))
    page.on("console", lambda line: visit.troubles.append(line.text) if "Security Policy" in line.text else None)
    page.on("response", lambda answer: visit.troubles.append(answer.url) if answer.status == 500 else None)
    page.set_default_timeout(15_000)
    page.goto(f"{address}/#token={token}")
    return visit


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Visit]:
    found = open_page(browser, address)
    found.page.wait_for_selector("canvas.screen[data-painted]")
    yield found
    assert found.troubles == []
    assert found.requests
    assert [url for url in found.requests if not url.startswith(f"{address}/")] == []
    found.page.context.close()


def same(shown: Image.Image, wanted: Image.Image) -> bool:
    return shown.size == wanted.size and ImageChops.difference(shown, wanted.convert("RGB")).getbbox() is None


def test_the_token_leaves_the_address_bar_and_the_tab_stays_signed_in(visit: Visit) -> None:
    assert visit.page.url == f"{visit.url}/"
    visit.page.reload()
    visit.page.wait_for_selector("canvas.screen[data-painted]")


@pytest.mark.parametrize("token", ["wrong", ""])
def test_without_the_token_nothing_is_shown(browser: Browser, address: str, token: str) -> None:
    visit = open_page(browser, address, token=token)
    expect(visit.page.get_by_role("alert")).to_contain_text("What to do")
    assert visit.page.locator("canvas").count() == 0
    visit.page.context.close()


def test_a_tab_with_the_cookie_but_without_its_own_key_is_refused(visit: Visit) -> None:
    """What a page on another port would have: cookies reach every port of 127.0.0.1, a tab's storage does not."""
    tab = visit.page.context.new_page()
    tab.goto(f"{visit.url}/")
    expect(tab.get_by_role("alert")).to_contain_text("not signed in")


def test_the_replay_shows_every_pixel_that_was_recorded(visit: Visit) -> None:
    visit.choose_full_session()
    tape = play()
    for time_ms in (0, 3_100, 4_150, 13_900, 2_050, 26_000, 45_100, 55_900):
        visit.seek(time_ms)
        assert same(visit.picture(), frame_at(tape, time_ms)), f"the picture at {time_ms} ms is not the recorded one"


def test_playing_moves_on_and_stops_where_it_is_paused(visit: Visit) -> None:
    visit.choose_full_session()
    visit.seek(5_900)
    visit.page.get_by_role("button", name="4×").click()
    visit.page.get_by_role("button", name="Play", exact=True).click()
    visit.page.wait_for_function("() => Number(document.querySelector('canvas.screen').dataset.painted) > 7500")
    visit.page.get_by_role("button", name="Pause the replay").click()
    visit.page.wait_for_function(
        """() => Math.abs(document.querySelector('canvas.screen').dataset.painted
                          - document.querySelector('[type=range]').value) <= 1"""
    )
    painted = float(visit.page.locator("canvas.screen").get_attribute("data-painted") or 0)
    assert same(visit.picture(), frame_at(play(), painted))
    visit.page.wait_for_timeout(150)
    assert float(visit.page.locator("canvas.screen").get_attribute("data-painted") or 0) == painted


def test_playback_does_not_sit_through_a_pause(visit: Visit) -> None:
    visit.choose_full_session()
    visit.seek(37_900)
    visit.page.get_by_role("button", name="Play", exact=True).click()
    visit.page.wait_for_function(
        "() => Number(document.querySelector('canvas.screen').dataset.painted) > 43900", timeout=4_000
    )


def test_the_keyboard_alone_is_enough(visit: Visit) -> None:
    visit.choose_full_session()
    slider = visit.page.get_by_role("slider")
    slider.focus()
    for _ in range(3):
        visit.page.keyboard.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", "0:03.0 of 0:56.0")
    visit.page.get_by_role("listbox").focus()
    visit.page.keyboard.press("End")
    expect(visit.page.locator("[aria-selected=true]")).to_contain_text("Recording stopped")


def test_another_session_chosen_while_one_is_read_is_read_to_its_end(visit: Visit) -> None:
    """What arrives of the session before must not count as read of this one: its end would be missing for good."""
    page = visit.page
    # All is read: what the page before the reload still asked for would be held, and never be answered.
    expect(page.locator(".summary")).to_contain_text("left out")
    names = page.locator("#session option").evaluate_all("all => all.map(each => each.value)")
    before, chosen = Held(page, f"**/sessions/{names[0]}/segments/*/events*"), Held(page, f"**/sessions/{names[-1]}")
    page.reload()
    expect(page.locator(".summary")).to_contain_text("unsealing 0 of")
    page.select_option("#session", names[-1])
    chosen.wait()
    with page.expect_response(before.wait().request.url) as answered:
        before.let_through()
    answered.value.finished()
    page.wait_for_timeout(100)
    chosen.let_through()
    expect(page.locator(".summary")).to_contain_text("3 stretches")
    page.get_by_role("listbox").focus()
    page.keyboard.press("End")
    expect(page.locator("[aria-selected=true]")).to_contain_text("Recording stopped")


def test_the_list_of_what_was_done_follows_and_leads(visit: Visit) -> None:
    visit.choose_full_session()
    listbox = visit.page.get_by_role("listbox")
    expect(listbox).to_contain_text("Mira Solano")
    visit.seek(2_600)
    expect(visit.page.locator("[aria-selected=true]")).to_contain_text("Typed")
    listbox.get_by_role("option", name="Password field").click()
    expect(visit.page.get_by_role("slider")).to_have_js_property("value", f"{PASSWORD[0]:.0f}")
    expect(visit.page.locator(".missing")).to_contain_text("what you typed was never recorded")
    visit.page.get_by_role("button", name="Pointer").click()
    expect(listbox).not_to_contain_text("Clicked")


def test_what_was_left_out_is_listed_with_its_reason(visit: Visit) -> None:
    visit.choose_full_session()
    visit.go("What was left out")
    items = visit.page.locator("main li")
    expect(items).to_have_count(3)
    for place, words in enumerate(("password field", "does not name", "You had paused")):
        expect(items.nth(place)).to_contain_text(words)
    expect(items.nth(0)).to_contain_text("0:17.1 – 0:23.9")
    items.nth(1).get_by_role("button").click()
    expect(visit.page.locator(".missing")).to_contain_text("Application not disclosed")


def test_a_damaged_part_is_shown_as_damaged_and_the_rest_replays(visit: Visit) -> None:
    visit.page.wait_for_function("() => document.querySelector('.summary').textContent.includes('left out')")
    visit.go("What was left out")
    expect(visit.page.locator("main li.damaged")).to_have_count(1)
    expect(visit.page.get_by_role("alert")).to_contain_text("not what your device sealed")
    visit.go("Replay")
    visit.page.wait_for_selector("canvas.screen[data-painted]")
    visit.seek(20_500)
    assert same(visit.picture(), frame_at(play(), 20_500))
    # The screen goes on from the damaged part until the next whole picture: unknown is black, never half a picture.
    visit.seek(13_000)
    assert visit.picture().getextrema() == ((0, 0),) * 3


def test_openings_show_which_proofs_hold(visit: Visit) -> None:
    visit.go("Who opened it")
    good = visit.page.get_by_role("article").filter(has_text="Rosa Lindqvist")
    expect(good).to_contain_text("Proof checked")
    expect(good).to_contain_text("Samira Haddad (security)")
    bad = visit.page.locator("article.failed")
    expect(bad).to_have_count(1)
    expect(bad).to_contain_text("Tariq Osei")
    expect(bad).to_contain_text("1 of 3 failed")
    expect(bad).to_contain_text("Keep this page as evidence")


def test_what_no_opening_explains_is_red(visit: Visit) -> None:
    visit.go("What was made")
    expect(visit.page.locator("main li")).to_have_count(3)
    expect(visit.page.get_by_text("No opening explains this")).to_have_count(1)
    expect(visit.page.get_by_text("Opened on the record")).to_have_count(2)


def test_how_the_programme_is_run_is_told_to_everybody(visit: Visit) -> None:
    visit.go("What you agreed to")
    told = visit.page.get_by_role("region", name="How the programme is run")
    expect(told).to_contain_text("Nobody is exempt by rank. 2 people are exempt from being asked")
    expect(told).to_contain_text("12 of 12 devices proven to have stopped, half of them within 0.4 s, all within 9.0 s")
    expect(told).to_contain_text("was missed")


def test_what_was_agreed_to_is_told_in_plain_words(visit: Visit) -> None:
    visit.go("What you agreed to")
    main = visit.page.get_by_role("main")
    for words in ("21 November 2026", "never in a password field", "only how many keys", "90 days", "aboveboard erase"):
        expect(main).to_contain_text(words)


def test_a_task_is_marked_with_the_keyboard_and_says_what_was_kept(visit: Visit, home: Path) -> None:
    page = visit.page
    page.evaluate("location.hash = '#mark'")  # as the tray opens it
    form = page.get_by_role("region", name="Mark a task")
    expect(form.get_by_role("textbox")).to_be_focused()
    page.keyboard.type("write to Mira")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(form.get_by_role("status")).to_contain_text("Marked: a task begins: “write to covered: name 1”")
    expect(form.get_by_role("textbox")).to_have_value("")
    form.get_by_role("button", name="It ends, not done").click()
    expect(form.get_by_role("status")).to_contain_text("Marked: a task ends, not done")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert page.evaluate("axe.run('header').then(found => found.violations.map(each => each.id))") == []
    if folder := os.environ.get("ABOVEBOARD_SCREENSHOTS"):
        page.screenshot(path=f"{folder}/mark.png")
        page.set_viewport_size({"width": 390, "height": 800})
        page.emulate_media(color_scheme="dark")
        page.screenshot(path=f"{folder}/mark-narrow.png")
    form.get_by_role("button", name="Close").click()
    expect(form).to_have_count(0)
    kept = [json.loads(line) for line in (home / "marks.jsonl").read_text().splitlines()]
    assert [(one["what"], one["instruction"]) for one in kept] == [("begin", "write to ‹name 1›"), ("end", "")]
    assert kept[1]["outcome"] == "failure"


def test_pause_and_resume(visit: Visit) -> None:
    visit.page.get_by_role("button", name="Pause", exact=True).click()
    expect(visit.page.get_by_text("Paused by you")).to_be_visible()
    visit.page.get_by_role("button", name="Resume").click()
    expect(visit.page.get_by_role("button", name="Pause", exact=True)).to_be_visible()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1280), ("dark", 400)])
def test_axe_finds_nothing_serious(browser: Browser, address: str, scheme: Any, width: int) -> None:
    visit = open_page(browser, address, color_scheme=scheme, reduced_motion="reduce")
    visit.page.set_viewport_size({"width": width, "height": 800})
    visit.page.wait_for_selector("canvas.screen[data-painted]")
    visit.page.evaluate(AXE.read_text(encoding="utf-8"))
    for link in ("Replay", "What was left out", "Who opened it", "What was made", "What you agreed to"):
        visit.go(link)
        expect(visit.page.locator("nav [aria-current]")).to_contain_text(link)
        visit.page.wait_for_function("() => !document.querySelector('main [role=status]')")
        found = visit.page.evaluate(
            "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})"
        )
        assert found["passes"], "axe did not run"
        serious = [(each["id"], [node["html"] for node in each["nodes"]][:3]) for each in found["violations"]]
        assert serious == [], f"{link} ({scheme}, {width})"
        wide = visit.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{link} is wider than the window by {wide} pixels"
    visit.page.context.close()


@pytest.mark.parametrize(("button", "wanted"), [("erase all of it", True), ("keep it under", False)])
def test_leaving_is_one_place_two_equal_choices_and_a_way_back(
    visit: Visit, left: Path, button: str, wanted: bool
) -> None:
    page = visit.page
    visit.go("What you agreed to")
    page.get_by_role("button", name="Leave the programme").click()
    page.get_by_role("button", name="Stay").click()
    assert not left.exists(), "nothing happens before the choice"
    page.get_by_role("button", name="Leave the programme").click()
    boxes = [page.get_by_role("button", name=name).bounding_box() for name in ("erase all of it", "keep it under")]
    assert boxes[0] is not None
    assert boxes[1] is not None
    assert boxes[0]["width"] == pytest.approx(boxes[1]["width"], abs=0.5)
    assert boxes[0]["height"] == pytest.approx(boxes[1]["height"], abs=0.5)
    page.get_by_role("button", name=button).click()
    expect(page.get_by_text("You have left.")).to_be_visible()
    assert left.read_text(encoding="ascii") == f"erase={wanted}"
