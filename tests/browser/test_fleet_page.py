"""The steward's page over a real vault: the fleet, a pause that reaches everybody, drills."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from samples.served_page import AXE, serving, url_of

TOKEN = "a-token-for-the-tests-of-the-stewards-page-01234"
PEOPLE = 150
expect.set_options(timeout=60_000)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("fleet") / "steward"
    with serving("fleet_process", home, TOKEN, str(PEOPLE)):
        yield home


def open_page(browser: Browser, home: Path, *, width: int = 1280, **options: Any) -> Page:
    url = url_of(home)
    page = browser.new_context(viewport={"width": width, "height": 900}, **options).new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{url}/#token={TOKEN}")
    page.wait_for_selector(".tiles")
    return page


def numbers(page: Page, selector: str) -> list[int]:
    return [int(text.replace(",", "")) for text in page.locator(selector).all_inner_texts()]


def test_the_fleet_is_counted_in_groups_of_ten(browser: Browser, home: Path) -> None:
    page = open_page(browser, home)
    expect(page.get_by_text("live", exact=True)).to_be_visible()
    assert sum(numbers(page, ".tiles b")) == PEOPLE
    people = numbers(page, "tbody td:nth-child(2)")
    assert sum(people) == PEOPLE
    assert min(people) >= 10
    expect(page.locator("main")).not_to_contain_text("per_")
    page.context.close()


def test_a_pause_is_seen_reaching_everybody(browser: Browser, home: Path) -> None:
    page = open_page(browser, home)
    expect(page.locator(".tiles .permitted b")).to_have_text(re.compile(r"^1\d\d$"))
    page.get_by_role("textbox", name="Why (they are shown it)").fill("A fault is looked into.")
    page.get_by_role("button", name="Pause everyone").click()
    shown = page.locator("article[data-pause]").first
    expect(shown).to_contain_text("A fault is looked into.")
    expect(shown.get_by_text("Stopping")).to_be_visible()
    counter = shown.get_by_role("timer")
    first = float(counter.inner_text().removesuffix(" s"))
    expect(shown).to_contain_text(re.compile(r"\d+ asked and were refused"))
    expect(shown.get_by_text("All stopped")).to_be_visible()
    assert float(counter.inner_text().removesuffix(" s")) >= min(first, 1)
    expect(shown).to_contain_text("until the last frame taken in")
    expect(page.locator(".tiles .paused_by_steward b")).not_to_have_text("0")
    shown.get_by_role("button", name="Resume").click()
    expect(shown.get_by_text("ended", exact=True)).to_be_visible()
    expect(page.locator(".tiles .permitted b")).not_to_have_text("0")
    page.context.close()


def test_a_drill_is_started_and_listed(browser: Browser, home: Path) -> None:
    page = open_page(browser, home)
    drills = page.get_by_role("region", name="Drills", exact=True)
    drills.get_by_label("Of a hundred").fill("40")
    drills.get_by_label("When").select_option("In 10 minutes")
    drills.get_by_role("button", name="Start the drill").click()
    row = drills.locator("tbody tr", has_text="40 of 100, picked by chance").first
    expect(row).to_contain_text("scheduled")
    expect(row).to_contain_text(re.compile(r"in 5\d\d s"))
    page.context.close()


def test_what_is_refused_is_said_in_words(browser: Browser, home: Path) -> None:
    page = open_page(browser, home)
    page.get_by_role("region", name="Pause").get_by_label("Whom").select_option("A cohort")
    page.get_by_label("Cohort", exact=True).fill("nobody")
    page.get_by_role("textbox", name="Why (they are shown it)").fill("mistyped")
    page.get_by_role("button", name="Pause them").click()
    expect(page.get_by_role("alert")).to_contain_text("Nobody is in the cohort 'nobody'")
    page.context.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 400)])
def test_axe_finds_nothing_serious(browser: Browser, home: Path, scheme: Any, width: int) -> None:
    page = open_page(browser, home, width=width, color_scheme=scheme, reduced_motion="reduce")
    page.get_by_role("region", name="Pause").get_by_label("Whom").select_option("A country")
    if folder := os.environ.get("ABOVEBOARD_SCREENSHOTS"):
        page.screenshot(path=f"{folder}/fleet-{scheme}-{width}.png", full_page=True)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})")
    assert found["passes"], "axe did not run"
    serious = [(each["id"], [node["html"] for node in each["nodes"]][:3]) for each in found["violations"]]
    assert serious == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.context.close()
