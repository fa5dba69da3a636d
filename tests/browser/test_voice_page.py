"""Notices and concerns on the participant's page: read, said to be read, raised, joined, and never more than text."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from samples.served_page import AXE, serving, url_of

TOKEN = "a-token-for-the-tests-of-the-page-0123456789"


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    home = tmp_path / "participant"
    with serving("viewer_process", home, TOKEN):
        yield url_of(home)


def accessible(page: Page) -> None:
    page.evaluate(AXE.read_text())
    found = page.evaluate("() => axe.run().then(result => result.violations.map(each => each.id + ': ' + each.help))")
    assert found == []


def test_what_one_is_told_and_what_one_says(browser: Browser, address: str) -> None:
    page = browser.new_context(viewport={"width": 1280, "height": 900}, timezone_id="Europe/Berlin").new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("response", lambda answer: troubles.append(answer.url) if answer.status == 500 else None)
    page.set_default_timeout(30_000)
    page.goto(f"{address}/#token={TOKEN}")
    page.evaluate("() => { document.title = 'Aboveboard' }")

    # A notice is announced on every part of the page until it is said to be read.
    banner = page.locator(".told")
    expect(banner).to_contain_text("Sealed files could be listed for 40 minutes")
    banner.get_by_role("link").click()
    expect(page.locator("main li")).to_have_count(3)
    accessible(page)
    page.locator("main li", has_text="Sealed files").get_by_role("button").click()
    expect(page.get_by_text("You said that you have read this.")).to_have_count(1)
    expect(page.locator("header nav a", has_text="Notices")).to_contain_text("2")

    # An address can be given, and is not shown again.
    page.get_by_label("Mail address").fill("alice@example.org")
    page.get_by_role("button", name="Send them there too").click()
    expect(page.get_by_role("button", name="Delete my address")).to_be_visible()
    assert "alice@example.org" not in page.content()

    # The concerns: one is late, one is answered, one is only text.
    page.locator("header nav a", has_text="Concerns").click()
    expect(page.locator("main li")).to_have_count(4)
    expect(page.locator("main li.overdue")).to_contain_text("works council")
    expect(page.get_by_text("the programme is not widened", exact=False)).to_be_visible()
    expect(page.locator("blockquote")).to_contain_text("At most 200 MB a day")
    hostile = page.locator("main li", has_text="is only text")
    expect(hostile).to_contain_text("<script>document.title='taken'</script>")
    assert hostile.locator("img, script").count() == 0
    assert page.title() == "Aboveboard"
    accessible(page)

    # Joining counts once; raising adds one, by nobody.
    hostile.get_by_role("button", name="Join anonymously").click()
    expect(hostile).to_contain_text("shared by 1 other")
    expect(hostile.get_by_role("button")).to_have_count(0)
    text = page.get_by_label("What worries you?")
    raise_it = page.get_by_role("button", name="Raise it")
    text.fill("short")
    expect(raise_it).to_be_disabled()
    text.fill("May my manager ask who has joined?\nAnd would anybody notice?")
    page.get_by_label("Anonymously", exact=True).check()
    raise_it.click()
    expect(page.get_by_text("It carries no name.")).to_be_visible()
    mine = page.locator("main li", has_text="May my manager ask")
    expect(mine).to_contain_text("raised anonymously")
    expect(text).to_have_value("")
    assert troubles == []
