"""Erasing on the participant's page: what would go is shown first, two equal buttons, and only that goes."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from samples.served_page import AXE, serving, url_of

TOKEN = "a-token-for-the-tests-of-erasing-0123456789ab"
START_LIMIT_S = 40


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """The folder of a viewer that runs."""
    folder = tmp_path / "participant"
    with serving("erasing_process", folder, TOKEN, limit_s=START_LIMIT_S):
        yield folder


def open_page(browser: Browser, home: Path, **options: Any) -> Page:
    url = url_of(home)
    page = browser.new_context(timezone_id="UTC", **options).new_page()
    page.goto(f"{url}/#token={TOKEN}")
    page.wait_for_selector("canvas.screen[data-painted]")
    return page


def erased(home: Path) -> list[str] | None:
    path = home / "erased.json"
    return json.loads(path.read_text()) if path.exists() else None


def region(page: Page) -> Any:
    return page.get_by_role("region", name="Erase")


def test_a_moment_is_erased_once_it_was_shown_what_goes(browser: Browser, home: Path) -> None:
    page = open_page(browser, home)
    part = region(page)
    part.get_by_role("button", name="Erase this…").click()
    part.get_by_role("button", name="See what would go").click()
    expect(part).to_contain_text("1 part of your recordings would be destroyed")
    expect(part).to_contain_text("2 things made from them would have to go too, 1 model among them.")
    expect(part).to_contain_text("This cannot be undone.")
    boxes = [part.get_by_role("button", name=name).bounding_box() for name in ("Keep it", "Erase it for good")]
    assert boxes[0] is not None
    assert boxes[1] is not None
    assert boxes[0]["width"] == pytest.approx(boxes[1]["width"], abs=0.5)
    assert boxes[0]["height"] == pytest.approx(boxes[1]["height"], abs=0.5)
    part.get_by_role("button", name="Keep it").click()
    expect(part.get_by_role("button", name="Erase it for good")).to_have_count(0)
    assert erased(home) is None, "nothing happens before the choice"
    part.get_by_role("button", name="See what would go").click()
    part.get_by_role("button", name="Erase it for good").click()
    expect(part).to_contain_text("1 part of your recordings is destroyed, and the keys with it.")
    gone = erased(home)
    assert gone is not None
    assert len(gone) == 1
    page.context.close()


def test_from_here_to_there_with_the_keyboard_alone(browser: Browser, home: Path) -> None:
    page = open_page(browser, home)
    part = region(page)
    part.get_by_role("button", name="Erase this…").press("Enter")
    part.get_by_role("radio", name="From here to there").press("Space")
    expect(part.get_by_role("button", name="See what would go")).to_be_disabled()
    part.get_by_role("button", name="From here").press("Enter")
    slider = page.get_by_role("slider")
    slider.evaluate("(slider) => { slider.value = 12000; slider.dispatchEvent(new Event('input', {bubbles: true})) }")
    part.get_by_role("button", name="To here").press("Enter")
    expect(part).to_contain_text("0:00.0 to 0:12.0")
    part.get_by_role("button", name="See what would go").press("Enter")
    expect(part).to_contain_text("parts of your recordings would be destroyed")
    part.get_by_role("button", name="Erase it for good").press("Enter")
    expect(part).to_contain_text("are destroyed")
    assert len(erased(home) or []) > 1
    page.context.close()


def test_an_application_goes_from_all_recordings_and_the_list_says_by_whose_order(browser: Browser, home: Path) -> None:
    page = open_page(browser, home)
    page.get_by_role("link", name="What you agreed to").first.click()
    part = region(page)
    expect(part).to_contain_text("A steward had 3 parts of your recordings erased (Order of the court, 12 O 34/26)")
    expect(part).to_contain_text("Their time was over: 640 parts of your recordings")
    part.get_by_role("button", name="Erase…").click()
    part.get_by_role("radio", name="An application").check()
    part.get_by_role("button", name="See what would go").click()
    expect(part).to_contain_text("would be destroyed")
    part.get_by_role("button", name="Erase it for good").click()
    expect(part).to_contain_text("The receipt is in your folder")
    expect(part).to_contain_text("You had")
    assert erased(home)
    # What has none of it says so, and erases nothing.
    (home / "erased.json").unlink()
    part.get_by_role("button", name="See what would go").click()
    expect(part.get_by_role("alert")).to_contain_text("is recorded")
    assert erased(home) is None
    page.context.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 400)])
def test_axe_finds_nothing_serious(browser: Browser, home: Path, scheme: Any, width: int) -> None:
    page = open_page(browser, home, color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate(AXE.read_text(encoding="utf-8"))
    for link, button in (("Replay", "Erase this…"), ("What you agreed to", "Erase…")):
        page.get_by_role("link", name=link).first.click()
        part = region(page)
        part.get_by_role("button", name=button).click()
        choice = "An application" if link == "Replay" else "Everything"
        part.get_by_role("radio", name=choice).check()
        part.get_by_role("button", name="See what would go").click()
        expect(part.get_by_role("button", name="Erase it for good")).to_be_visible()
        found = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})")
        assert found["passes"], "axe did not run"
        serious = [(each["id"], [node["html"] for node in each["nodes"]][:3]) for each in found["violations"]]
        assert serious == [], f"{link} ({scheme}, {width})"
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        if folder := os.environ.get("ABOVEBOARD_SCREENSHOTS"):
            page.screenshot(path=f"{folder}/erase-{link.split()[0]}-{scheme}-{width}.png", full_page=True)
    page.context.close()
