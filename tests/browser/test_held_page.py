"""What is still held, on the participant's page: when it leaves, what was covered in it, and "also cover this"."""

import base64
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from samples.served_page import AXE, serving, url_of

TOKEN = "a-token-for-the-tests-of-the-held-page-012345678"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    with viewer(tmp_path / "held") as home:
        yield home


@pytest.fixture(scope="module")
def same_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """For tests that change nothing."""
    with viewer(tmp_path_factory.mktemp("same") / "held") as home:
        yield home


@contextmanager
def viewer(home: Path) -> Iterator[Path]:
    with serving("held_viewer_process", home, TOKEN):
        yield home


def open_page(browser: Browser, home: Path, *, width: int = 1280, **options: Any) -> Page:
    url = url_of(home)
    size = {"width": width, "height": 900}
    page = browser.new_context(viewport=size, timezone_id="Europe/Berlin", **options).new_page()  # type: ignore[arg-type]
    page.set_default_timeout(20_000)
    page.goto(f"{url}/#token={TOKEN}")
    page.wait_for_selector("canvas.screen[data-painted]")
    expect(page.locator(".summary")).not_to_contain_text("unsealing")
    return page


def seek(page: Page, time_ms: int) -> None:
    page.get_by_role("slider").evaluate(
        "(slider, time) => { slider.value = time; slider.dispatchEvent(new Event('input', {bubbles: true})) }", time_ms
    )
    page.wait_for_function(
        "time => document.querySelector('canvas.screen').dataset.painted === time.toFixed(3)", arg=time_ms
    )


def picture(page: Page) -> np.ndarray:
    url = page.locator("canvas.screen").evaluate("canvas => canvas.toDataURL('image/png')")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).convert("RGB"))


def test_a_word_is_covered_with_the_keyboard_alone(browser: Browser, home: Path) -> None:
    page = open_page(browser, home)
    expect(page.get_by_text("All of this recording is still on this machine")).to_be_visible()
    expect(page.locator("[data-leaves]")).to_contain_text("still on this machine, leaves at 09:30 on 15 Jan")
    listed = page.get_by_role("listbox")
    expect(listed).to_contain_text("Dear covered: name 1, I met Mrs Quillfeather on Monday")
    expect(listed.locator(".chip").first).to_have_text("covered: name 1")
    page.get_by_role("button", name="Also cover this").focus()
    page.keyboard.press("Enter")
    page.get_by_role("radio", name="A word").focus()
    page.keyboard.press("Tab")
    page.keyboard.type("quillfeather")
    page.keyboard.press("Enter")
    plan = page.locator(".plan")
    expect(plan).to_contain_text("It will be covered in")
    expect(plan).to_be_focused()
    expect(plan).not_to_contain_text("deleted")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".plan.done")).to_contain_text("It was covered in")
    expect(listed).to_contain_text("I met Mrs covered: covered on Monday")
    expect(listed).not_to_contain_text("Quillfeather")
    expect(page.locator(".own")).to_contain_text("word “quillfeather”")
    page.get_by_role("button", name="Stop covering word").click()
    expect(page.locator(".own")).to_have_count(0)
    page.context.close()


def test_a_part_of_the_screen_is_drawn_and_black(browser: Browser, home: Path) -> None:
    page = open_page(browser, home)
    seek(page, 1_500)
    before = picture(page)
    assert before[70:150, 30:300].any()
    page.get_by_role("button", name="Also cover this").click()
    page.get_by_text("Part of the screen").click()
    page.locator(".pad").scroll_into_view_if_needed()
    pad = page.locator(".pad").bounding_box()
    assert pad is not None
    scale = pad["width"] / before.shape[1]
    page.mouse.move(pad["x"] + 30 * scale, pad["y"] + 70 * scale)
    page.mouse.down()
    page.mouse.move(pad["x"] + 200 * scale, pad["y"] + 120 * scale)
    page.mouse.move(pad["x"] + 300 * scale, pad["y"] + 150 * scale)
    page.mouse.up()
    expect(page.get_by_label("width", exact=True)).not_to_have_value("0")
    box = {side: int(page.get_by_label(side, exact=True).input_value()) for side in ("x", "y", "width", "height")}
    assert abs(box["x"] - 30) <= 2
    assert abs(box["height"] - 80) <= 3
    page.get_by_role("button", name="See what it does").click()
    page.get_by_role("button", name="Cover it").click()
    expect(page.locator(".plan.done")).to_be_visible()
    expect(page.locator(".summary")).not_to_contain_text("unsealing")
    seek(page, 1_600)
    after = picture(page)
    inside = (slice(box["y"], box["y"] + box["height"]), slice(box["x"], box["x"] + box["width"]))
    assert not after[inside].any()
    expected = before.copy()
    expected[inside] = 0
    assert (after == expected).all()
    page.context.close()


def test_a_site_is_listed_as_left_out(browser: Browser, home: Path) -> None:
    page = open_page(browser, home)
    page.get_by_role("button", name="Also cover this").click()
    page.get_by_text("A site").click()
    expect(page.get_by_role("combobox", name="Site")).to_have_value("clinic.example")
    page.get_by_role("button", name="See what it does").click()
    page.get_by_role("button", name="Cover it").click()
    expect(page.get_by_role("listbox")).to_contain_text("Covered by you")
    expect(page.get_by_role("listbox")).not_to_contain_text("Appointments")
    page.get_by_role("link", name="What was left out").click()
    expect(page.locator("main li", has_text="Covered by you")).to_have_count(1)
    page.context.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 400)])
def test_axe_finds_nothing_serious(browser: Browser, same_home: Path, scheme: Any, width: int) -> None:
    page = open_page(browser, same_home, width=width, color_scheme=scheme, reduced_motion="reduce")
    page.get_by_role("button", name="Also cover this").click()
    page.get_by_placeholder("a word or phrase").fill("quillfeather")
    page.get_by_role("button", name="See what it does").click()
    expect(page.locator(".plan")).to_be_visible()
    if folder := os.environ.get("ABOVEBOARD_SCREENSHOTS"):
        page.screenshot(path=f"{folder}/held-{scheme}-{width}.png", full_page=True)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})")
    assert found["passes"], "axe did not run"
    serious = [(each["id"], [node["html"] for node in each["nodes"]][:3]) for each in found["violations"]]
    assert serious == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.context.close()
