"""Who opened mine: readable with none, one, three and hundreds of openings, by mouse, keyboard and screen reader."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from aboveboard.viewer import openings_file
from samples.served_page import AXE, serving, url_of

TOKEN = "a-token-for-the-tests-of-the-openings-0123456789"
MANY = 800
expect.set_options(timeout=60_000)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("opened") / "participant"
    home.mkdir(mode=0o700)
    (home / "grants.txt").write_text("0")
    with serving("openings_process", home, TOKEN):
        yield home


def open_page(browser: Browser, home: Path, grants: int, *, width: int = 1280, **options: Any) -> Page:
    (home / "grants.txt").write_text(str(grants))
    url = url_of(home)
    page = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce", **options).new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{url}/#token={TOKEN}&at=opened")
    expect(page.get_by_text("None missing")).to_be_visible()
    return page


def picture(page: Page, name: str) -> None:
    if folder := os.environ.get("ABOVEBOARD_SCREENSHOTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def nothing_serious(page: Page) -> None:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})")
    assert found["passes"], "axe did not run"
    assert [(each["id"], [node["html"] for node in each["nodes"]][:3]) for each in found["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_none_is_said_to_be_none(browser: Browser, home: Path) -> None:
    page = open_page(browser, home, 0)
    expect(page.get_by_role("main")).to_contain_text("Nobody has opened any of your recordings")
    expect(page.get_by_role("main")).to_contain_text("it passed on no key of yours")
    nothing_serious(page)
    picture(page, "opened-0-light-1280")
    page.context.close()


@pytest.mark.parametrize(("grants", "scheme", "width"), [(1, "light", 1280), (3, "dark", 400)])
def test_a_few_are_told_whole(browser: Browser, home: Path, grants: int, scheme: Any, width: int) -> None:
    page = open_page(browser, home, grants, width=width, color_scheme=scheme)
    expect(page.get_by_role("article")).to_have_count(grants)
    first = page.get_by_role("article").filter(has_text="Rosa Lindqvist")
    for words in ("drop-down menus", "Samira Haddad (security)", "Proof checked", "Data set, made"):
        expect(first).to_contain_text(words)
    if grants == 3:
        ended = page.get_by_role("article").filter(has_text="Tariq Osei")
        expect(ended).to_contain_text("by Samira Haddad (security): The study was given up.")
        urgent = page.get_by_role("article").filter(has_text="Emergency")
        expect(urgent).to_contain_text("Reviewed: justified")
    expect(page.get_by_role("searchbox")).to_have_count(0)
    nothing_serious(page)
    picture(page, f"opened-{grants}-{scheme}-{width}")
    page.context.close()


def test_among_hundreds_one_is_found(browser: Browser, home: Path) -> None:
    page = open_page(browser, home, MANY)
    expect(page.get_by_text(f"{MANY} grants, 1,200 openings")).to_be_visible()
    expect(page.get_by_role("article")).to_have_count(25)
    page.get_by_role("button", name="Show 25 more").click()
    expect(page.get_by_role("article")).to_have_count(50)
    picture(page, "opened-800-light-1280")
    page.get_by_role("searchbox").fill("nakagawa shortcuts")
    expect(page.get_by_text("67 of 800 grants")).to_be_visible()
    expect(page.get_by_role("article").first).to_contain_text("Mei Nakagawa")
    page.get_by_label("Which ones").select_option("Made something")
    expect(page.get_by_text("13 of 800 grants")).to_be_visible()
    page.get_by_role("searchbox").fill("")
    page.get_by_label("Which ones").select_option("Proof failed")
    expect(page.get_by_text("None of them is like that")).to_be_visible()
    page.context.close()


def test_the_keyboard_alone_is_enough(browser: Browser, home: Path) -> None:
    page = open_page(browser, home, MANY, color_scheme="dark")
    page.get_by_role("searchbox").focus()
    page.keyboard.type("tariq")
    expect(page.get_by_text("200 of 800 grants")).to_be_visible()
    summary = page.get_by_role("article").first.locator("summary")
    for _ in range(6):
        page.keyboard.press("Tab")
        if summary.evaluate("each => each === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("article").first.locator("details li").first).to_contain_text("your number")
    nothing_serious(page)
    picture(page, "opened-800-dark-1280")
    page.context.close()


def test_what_is_saved_is_the_proof(browser: Browser, home: Path) -> None:
    page = open_page(browser, home, 3)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save with its proof").click()
    assert download.value.suggested_filename.startswith("who-opened-it-")
    proof = openings_file.read(Path(download.value.path()).read_bytes())
    verified = openings_file.verify(proof, proof.trust)
    assert len(verified.releases()) == len(proof.entries) - 1 >= 4, "and an emergency"
    page.context.close()
