"""The staff's page over a real vault: who asks says what for, who approves sees exactly that, and one click ends it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from samples.served_page import AXE, chromium, url_of

TOKEN = "a-token-for-the-tests-of-the-staffs-page-0123456"
REPOSITORY = Path(__file__).parents[2]
START_LIMIT_S = 60
NAMES = ("ravi", "sam", "stella")
expect.set_options(timeout=60_000)
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    homes = {name: tmp_path_factory.mktemp("staff") / name for name in NAMES}
    started = {
        name: subprocess.Popen(
            [sys.executable, "-m", "samples.staff_process", str(home), TOKEN, name],
            env=os.environ | {"PYTHONPATH": str(REPOSITORY / "tests")},
        )
        for name, home in homes.items()
    }
    try:
        end = time.monotonic() + START_LIMIT_S
        for name, home in homes.items():
            while not (home / "address.json").exists():
                assert started[name].poll() is None, "the page stopped; its error is above"
                assert time.monotonic() < end, "the page did not start"
                time.sleep(0.05)
        yield homes
    finally:
        for process in started.values():
            process.terminate()
        for process in started.values():
            process.wait(20)


@pytest.fixture(scope="module")
def open_page(homes: dict[str, Path]) -> Iterator[Open]:
    with chromium() as browser:

        def opened(name: str, *, width: int = 1280, **options: Any) -> Page:
            url = url_of(homes[name])
            size: Any = {"width": width, "height": 900}
            page = browser.new_context(viewport=size, reduced_motion="reduce", **options).new_page()
            page.set_default_timeout(60_000)
            page.goto(f"{url}/#token={TOKEN}&at=access")
            expect(page.get_by_role("heading", name="Waiting for an answer")).to_be_visible()
            return page

        yield opened


@pytest.mark.parametrize(
    ("name", "scheme", "width"),
    [("sam", "light", 1280), ("sam", "dark", 400), ("ravi", "dark", 1280), ("ravi", "light", 400)],
)
def test_axe_finds_nothing_serious(open_page: Open, name: str, scheme: Any, width: int) -> None:
    page = open_page(name, width=width, color_scheme=scheme)
    if name == "ravi":
        page.get_by_role("checkbox", name="Keyboard").check()
        expect(page.locator(".lack").first).to_be_visible()
    if folder := os.environ.get("ABOVEBOARD_SCREENSHOTS"):
        page.screenshot(path=f"{folder}/staff-{name}-{scheme}-{width}.png", full_page=True)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})")
    assert found["passes"], "axe did not run"
    assert [(each["id"], [node["html"] for node in each["nodes"]][:3]) for each in found["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.context.close()


def test_an_approver_reads_what_is_asked_says_yes_and_ends_it(open_page: Open) -> None:
    page = open_page("sam")
    card = page.get_by_role("article").filter(has_text="A data set of menu choices")
    for words in (
        "ravi asks for 12 people",
        "Agents choose the wrong entry",
        "only that letters and digits are typed",
        "Agreed to: shape in Spreadsheet",
        "About 36 segments of 12 people",
        "rita, representative",
        "Still needed: security",
    ):
        expect(card).to_contain_text(words)
    alone = page.get_by_role("article").filter(has_text="A drawing of pointer paths")
    expect(alone).to_contain_text("how much somebody recorded is told to nobody")
    card.get_by_label("Comment").fill("With the keyboard as it is.")
    card.get_by_role("button", name="Approve").click()
    live = page.locator("[data-grant]").filter(has_text="a data set of menu choices")
    expect(live.get_by_role("timer")).to_contain_text("left")
    live.get_by_role("button", name="Revoke").click()
    expect(live).to_have_count(0)
    expect(page.get_by_role("region", name="Earlier")).to_contain_text("revoked")
    page.context.close()


def test_an_emergency_is_reviewed_by_who_had_no_part_in_it(open_page: Open) -> None:
    page = open_page("sam")
    alarms = page.get_by_role("region", name="Alarms")
    expect(alarms).to_contain_text("by rita's word alone")
    alarms.get_by_role("button", name="It was not").click()
    expect(alarms.get_by_role("alert")).to_be_visible()
    alarms.get_by_role("textbox").fill("There was time to ask a second approver.")
    alarms.get_by_role("button", name="It was not").click()
    expect(alarms).to_contain_text("You said that it was not justified.")
    page.context.close()


def test_a_no_needs_no_second_one(open_page: Open) -> None:
    page = open_page("sam")
    card = page.get_by_role("article").filter(has_text="A drawing of pointer paths")
    card.get_by_role("button", name="Deny").click()
    expect(card).to_have_count(0)
    expect(page.get_by_role("region", name="Earlier")).to_contain_text("drawing of pointer paths")
    page.context.close()


def test_what_is_missing_is_said_while_it_is_filled_in(open_page: Open) -> None:
    page = open_page("ravi")
    form = page.get_by_role("region", name="Ask for recordings")
    form.get_by_role("textbox", name="Cohort").fill("north")
    expect(form).to_contain_text("Choose at least one kind of data.")
    form.get_by_role("checkbox", name="Keyboard").check()
    expect(form).not_to_contain_text("Choose at least one kind of data.")
    form.get_by_label("How closely: Keyboard").select_option("shape")
    form.get_by_label("What for").select_option("study_interaction")
    expect(form).to_contain_text("does not name this purpose")
    form.get_by_label("What for").select_option("train_agents")
    form.get_by_label("What will come of it").fill("a model that fills in forms")
    form.get_by_label("Why it is needed").fill("a model that fills in forms")
    expect(form).to_contain_text("in words of its own")
    form.get_by_label("Why it is needed").fill("Agents overlook the second page of long forms, people do not.")
    expect(form.locator(".lack")).to_have_count(0)
    form.get_by_role("button", name="Sign and ask").click()
    expect(form.get_by_role("status")).to_contain_text("Asked.")
    card = page.get_by_role("article").filter(has_text="Agents overlook the second page")
    expect(card).to_contain_text("the cohort north, 12 people")
    expect(card).to_contain_text("Still needed: security and representative")
    expect(card.get_by_role("button", name="Approve")).to_have_count(0)
    page.context.close()


def test_a_steward_has_both_parts_and_ends_grants_but_says_no_yes(open_page: Open) -> None:
    page = open_page("stella")
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    expect(page.get_by_text("About 36 segments of 12 people").first).to_be_visible()
    for left in (1, 0):
        page.get_by_role("button", name="Revoke").first.click()
        expect(page.get_by_role("button", name="Revoke")).to_have_count(left)
    expect(page.get_by_text("Nobody may open anything now.")).to_be_visible()
    page.get_by_role("link", name="The fleet").click()
    expect(page.get_by_role("heading", name="Drills")).to_be_visible()
    page.context.close()
