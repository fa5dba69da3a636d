"""The consent in a real browser: yes and no weigh the same, nothing is chosen, nothing is loaded."""

import os
import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Browser, Page

from aboveboard.commands.consent_page import ConsentPage
from aboveboard.commands.enrol import Question
from aboveboard.formats.disclosure_page import page as alone
from aboveboard.rules.disclosure_change import changes
from samples.published import published
from samples.served_page import AXE

RULES = "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})"
MADE = published()
NEWER = msgspec.structs.replace(
    MADE, version=2, retention_days=120, never_collected=[*MADE.never_collected, "the microphone"]
)
GERMAN = msgspec.structs.replace(
    MADE.translations[0], never_collected=[*MADE.translations[0].never_collected, "das Mikrofon"]
)
CHANGED = Question(msgspec.structs.replace(NEWER, translations=[GERMAN]), tuple(changes(MADE, NEWER)))


class Asked:
    """Somebody who is asked ``question`` on a page; ``answer`` is what they said."""

    def __init__(self, question: Question) -> None:
        self._ready = threading.Event()
        self._question = question
        self.url = ""
        self.answer: list[str | None] = []
        self._thread = threading.Thread(target=self._go, daemon=True)

    def __enter__(self) -> "Asked":
        self._thread.start()
        assert self._ready.wait(30)
        return self

    def __exit__(self, failed: object, *_: object) -> None:
        if failed is None:
            self._thread.join(30)
            assert not self._thread.is_alive()

    def _go(self) -> None:
        def told(url: str) -> None:
            self.url = url
            self._ready.set()

        def go(decide: Any) -> Any:
            self.answer.append(decide(self._question))
            return self.answer[0]

        with ConsentPage(told=told) as page:
            page.carry(go)


def visit(browser: Browser, url: str, **options: Any) -> tuple[Page, list[str]]:
    page = browser.new_context(**{"viewport": {"width": 1100, "height": 900}} | options).new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_default_timeout(15_000)
    page.goto(url)
    return page, asked


def keep(page: Page, name: str, *, whole: bool = False) -> None:
    """A picture for the documents, if they are being made."""
    if folder := os.environ.get("ABOVEBOARD_SCREENSHOTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=whole)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1100), ("dark", 390)])
def test_yes_and_no_are_the_same_size_in_the_same_place_and_neither_is_chosen(
    browser: Browser, scheme: Any, width: int
) -> None:
    with Asked(Question(MADE)) as asked:
        page, requests = visit(
            browser, asked.url, viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=True
        )
        yes, no = page.get_by_role("button", name="Agree"), page.get_by_role("button", name="No, thank you")
        boxes = [each.bounding_box() for each in (yes, no)]
        assert boxes[0] is not None
        assert boxes[1] is not None
        for side in ("width", "height"):
            assert boxes[0][side] == pytest.approx(boxes[1][side], abs=0.5), "but for a part of a pixel"
        assert boxes[0]["y"] == boxes[1]["y"]
        looks = "each => { const s = getComputedStyle(each); return [s.color, s.backgroundColor, s.border, s.font] }"
        assert yes.evaluate(looks) == no.evaluate(looks)
        assert page.evaluate("document.activeElement.tagName") == "BODY", "nothing is chosen beforehand"
        assert page.locator("input:not([type=hidden]), [checked], [autofocus]").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        keep(page, f"consent-{scheme}")
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.evaluate(RULES)
        assert found["passes"], "axe did not run"
        assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]] == []
        no.click()
        page.get_by_text("You did not agree").wait_for()
        assert all(url.startswith(asked.url) for url in requests)
        page.context.close()
    assert asked.answer == [None]


def test_who_decides_anew_sees_first_what_has_changed(browser: Browser) -> None:
    with Asked(CHANGED) as asked:
        page, _ = visit(browser, asked.url, viewport={"width": 1100, "height": 900})
        page.get_by_role("link", name="Deutsch").click()
        section = page.locator(".changes li")
        assert [each.split(":")[0] for each in section.all_inner_texts()] == ["mehr", "weniger"]
        assert "das Mikrofon" in page.locator(".never").inner_text()
        keep(page, "consent-changed")
        page.get_by_role("button", name="Zustimmen").click()
        page.get_by_text("Sie haben zugestimmt").wait_for()
        page.context.close()
    assert asked.answer == ["de"]


def test_without_scripts_and_with_the_keyboard_alone(browser: Browser) -> None:
    with Asked(Question(MADE)) as asked:
        page, _ = visit(browser, asked.url, java_script_enabled=False)
        page.keyboard.press("Enter")  # no button has the focus, so this is no answer
        page.keyboard.press("Tab")
        page.get_by_role("button", name="No, thank you").focus()
        page.keyboard.press("Enter")
        page.get_by_text("You did not agree").wait_for()
        page.context.close()
    assert asked.answer == [None]


def test_the_disclosure_stands_alone(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "disclosure.html").write_text(alone(MADE), encoding="utf-8")
    page, requests = visit(browser, f"file://{tmp_path}/disclosure.html", viewport={"width": 1100, "height": 900})
    page.locator("summary").click()
    assert "Programme office-tasks, version 1." in page.locator("pre").inner_text()
    page.locator("summary").click()
    keep(page, "disclosure", whole=True)
    assert requests == [f"file://{tmp_path}/disclosure.html"]
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert page.evaluate(RULES)["violations"] == []
    page.context.close()
