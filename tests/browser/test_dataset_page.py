"""The page of a data set: screen and action side by side, by mouse and keyboard; gone with the grant."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from samples.dataset_page_process import INSTRUCTION, PEOPLE, STEPS, STEPS_AT_FIRST
from samples.served_page import AXE, serving, url_of

TOKEN = "a-token-for-the-tests-of-the-page-of-a-data-set-01"
START_LIMIT_S = 120
expect.set_options(timeout=60_000)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("page") / "home"
    with serving("dataset_page_process", home, TOKEN, limit_s=START_LIMIT_S):
        yield home


def open_page(browser: Browser, home: Path, at: str = "episodes", *, width: int = 1280, **options: Any) -> Page:
    url = url_of(home)
    size: Any = {"width": width, "height": 900}
    page = browser.new_context(viewport=size, reduced_motion="reduce", **options).new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{url}/#token={TOKEN}&at={at}")
    return page


def drawn(page: Page) -> str:
    """Wait until the frame before the step is drawn; its name."""
    canvas = page.locator("figure canvas[data-frame]").first
    expect(canvas).to_be_visible()
    name = canvas.get_attribute("data-frame")
    assert name is not None
    return name


@pytest.mark.parametrize(
    ("at", "scheme", "width"),
    [
        ("episode-2", "dark", 1280),
        ("episode-2", "light", 400),
        ("about", "dark", 400),
        ("training", "light", 1280),
        ("training", "dark", 400),
    ],
)
def test_axe_finds_nothing_and_nothing_is_too_wide(
    browser: Browser, home: Path, at: str, scheme: Any, width: int
) -> None:
    page = open_page(browser, home, at, width=width, color_scheme=scheme)
    if at == "about":
        expect(page.get_by_role("heading", name="How it splits")).to_be_visible()
    elif at == "training":
        expect(page.get_by_role("img", name="Loss")).to_have_count(2)
    else:
        for _ in range(2):
            page.get_by_role("button", name="Step on").click()
        drawn(page)
    if folder := os.environ.get("ABOVEBOARD_SCREENSHOTS"):
        page.screenshot(path=f"{folder}/data-{at}-{scheme}-{width}.png", full_page=True)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})")
    assert found["passes"], "axe did not run"
    assert [(each["id"], [node["html"] for node in each["nodes"]][:3]) for each in found["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.context.close()


def test_an_episode_is_found_and_walked_through_by_keyboard(browser: Browser, home: Path) -> None:
    page = open_page(browser, home)
    rows = page.locator("li").filter(has=page.get_by_role("link"))
    expect(rows.first).to_be_visible()
    assert rows.count() >= PEOPLE
    page.get_by_role("searchbox").fill("utrecht")
    expect(rows).to_have_count(1)
    page.get_by_role("link", name=INSTRUCTION).click()
    expect(page.get_by_role("heading", name=INSTRUCTION)).to_be_visible()
    expect(page.locator(".badge.good", has_text="done").first).to_be_visible()
    options = page.get_by_role("option")
    last = options.count() - 1
    assert last > 5
    after = page.locator("figure").nth(1).locator("canvas[data-frame]")
    expect(after).to_be_visible()
    came_of_it = after.get_attribute("data-frame")
    page.locator("body").press("ArrowRight")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    expect(page.locator("figure canvas").first).to_have_attribute("data-frame", str(came_of_it))
    page.get_by_role("listbox").press("End")
    expect(options.nth(last)).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("button", name="Step on")).to_be_disabled()
    page.context.close()


def test_the_position_and_the_control_are_drawn_where_they_were(browser: Browser, home: Path) -> None:
    page = open_page(browser, home, "episode-2")
    page.get_by_role("option", name="Click").filter(has_text="“").first.click()
    drawn(page)
    facts = page.get_by_role("region", name="The step")
    expect(facts).to_contain_text("It matches")
    box = page.locator("svg .ink .box")
    point = page.locator("svg .ink circle").first
    left, top, width, height = (float(str(box.get_attribute(side))) for side in ("x", "y", "width", "height"))
    x, y = (float(str(point.get_attribute(side))) for side in ("cx", "cy"))
    assert left <= x < left + width
    assert top <= y < top + height
    expect(facts).to_contain_text(f"{x:g}, {y:g}")
    page.get_by_role("option", name="apart").first.click()
    expect(facts).to_contain_text("It does not match")
    page.context.close()


def test_a_training_is_followed_while_it_runs(browser: Browser, home: Path) -> None:
    page = open_page(browser, home, "training")
    runs, done = page.get_by_role("region", name="training now"), page.get_by_role("region", name=", done")
    expect(runs).to_contain_text(f"{STEPS_AT_FIRST} of {STEPS} steps")
    expect(runs.get_by_role("img")).to_have_attribute("aria-label", re.compile(f"at step {STEPS_AT_FIRST};.*held out"))
    (home / "step").touch()
    expect(runs).to_contain_text(f"{STEPS_AT_FIRST + 1} of {STEPS} steps")
    expect(done).to_contain_text("40 of 40 steps")
    expect(done.get_by_role("row", name="click-test")).to_contain_text("90 %")
    expect(done).to_contain_text("5d5d5d5d5d5d5d5d")
    page.context.close()


def test_what_is_shown_goes_with_the_grant(browser: Browser, home: Path) -> None:
    """The last of this file: nothing is open after it."""
    page = open_page(browser, home, "episode-1")
    name = drawn(page)
    (home / "ended").touch()
    expect(page.get_by_role("alert")).to_contain_text("was closed")
    expect(page.locator("canvas")).to_have_count(0)
    expect(page.locator("main")).not_to_contain_text("Travel request")
    for path in (f"frames/{name}", "episodes", "episodes/0", "about", "trainings", "standing"):
        status = page.evaluate(
            "path => fetch('/api/' + path, {headers: {'X-Aboveboard-Page':"
            " sessionStorage.getItem('aboveboard.page')}}).then(answer => answer.status)",
            path,
        )
        assert status == 403, path
    page.context.close()
