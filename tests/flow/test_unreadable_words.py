"""What OCR cannot read, the application is asked about: a real page of Chromium, and an OCR that reads nothing."""

import base64
from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from aboveboard.recorder.capture import x11
from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.redact.pixels.ocr import Guess, Shape
from aboveboard.recorder.redact.text.finding import Finding
from aboveboard.recorder.redact.veil import Sight
from aboveboard.stage.browser import Browser
from aboveboard.stage.display import Display
from samples.disclosed import app, disclosure
from samples.x_windows import Collected, until

NAME = "Quillfeather"
PAGE = f"""<!doctype html><title>Letter</title><body style="margin:20px;font:20px sans-serif;background:white">
<p id=open>the meeting room is open until the evening</p>
<p id=named>a letter for {NAME} came</p>
<input id=field value="written into a field">"""
DARK = 40
LONG = 35
"""Pixels: a shorter word may be taken for an icon."""


class Blind:
    """An OCR that sees that there are letters, and cannot read one of them."""

    def read(self, shapes: Sequence[Shape], *, alone: bool = False) -> list[Guess]:
        return [Guess("", 0.0) for _ in shapes]


class Knows:
    """Finds one name."""

    def find(self, text: str) -> list[Finding]:
        at = text.find(NAME)
        return [] if at < 0 else [Finding(at, at + len(NAME), "name", 1.0, "test")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Display(width=640, height=300) as display, Browser(display, scale=1) as started:
        started.page.navigate(f"data:text/html;base64,{base64.b64encode(PAGE.encode()).decode()}")
        yield started


def words_of(browser: Browser, field: str) -> list[Rect]:
    """Where the longer words of a paragraph are on the screen."""
    found = browser.page.evaluate(
        f"""(()=>{{const text=document.getElementById('{field}').firstChild, places=[];
        for (const word of text.data.matchAll(/\\S+/g)) {{
          const range=document.createRange();
          range.setStart(text, word.index); range.setEnd(text, word.index+word[0].length);
          const box=range.getBoundingClientRect(); places.push([box.x, box.y, box.width, box.height]); }}
        return places}})()"""
    )
    return [Rect(*(round(side) for side in box)) for box in found if box[2] > LONG]


def covered(shown: np.ndarray, rect: Rect) -> bool:
    """Is the middle of the word black?"""
    middle = shown[rect.y + rect.height // 2 - 3 : rect.y + rect.height // 2 + 3, rect.x + 4 : rect.x + rect.width - 4]
    return bool((middle[..., :3] < DARK).all())


@pytest.mark.parametrize("control", ["exact", "none"])
def test_what_the_application_says_of_its_text_is_read_and_checked(browser: Browser, control: str) -> None:
    """Where nothing may be asked of the application (``none``), all stays covered."""
    rules = app("Chromium", screen="redacted", site="none", control=control)
    sink = Collected()
    source = x11.X11Source(browser.display.name, disclosure(rules), sight=Sight(Knows(), Blind))
    ordinary, named = words_of(browser, "open"), words_of(browser, "named")
    letter, name, came = named
    source.start(sink)
    try:
        until(lambda: sink.shown.size > 0 and covered(sink.shown, ordinary[1]), "all text is covered at first")
        if control == "exact":
            until(
                lambda: not any(covered(sink.shown, rect) for rect in [*ordinary, letter, came]),
                "what is not personal is shown",
                limit_s=30,
            )
        else:
            began_ns = source.decided_ns()
            until(lambda: source.decided_ns() > began_ns + 4_000_000_000, "the capture goes on", limit_s=30)
            assert all(covered(sink.shown, rect) for rect in [*ordinary, *named])
        assert covered(sink.shown, name)
    finally:
        source.stop()
    assert source.failure() is None
    assert not sink.complaints
