"""What is typed into a real browser, recorded by the command as a person runs it: with the real detectors, confined."""

import base64
import re
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from benchmarks.recorder import programme

from aboveboard.formats.mcap_file import Item
from aboveboard.formats.recording import Covered, Key, Marker, Timed
from aboveboard.recorder.redact.typed.rhythm import GRID_NS
from aboveboard.replay.canvas import frames
from aboveboard.stage.browser import Browser
from aboveboard.stage.display import Display
from aboveboard.stage.xtest import NAMED_KEYSYMS, Xtest
from samples.reading import Reader
from samples.recording_command import recording

PAGE = """<!doctype html><title>Note</title><textarea id=note rows=8 cols=60 autofocus></textarea><input id=next>"""
LINES = (
    "please send the parcel to nora.quill@example.net",
    " before friday, card 4111 1111",
    " 1111 1112",  # one digit is mistaken
)
LOOKS_UP_S = 2.0
"""How long the hand rests after each: long enough for what stands there to be read off the screen."""
REST = "1 and thanks"


def _typed(folder: Path, fidelity: str) -> Sequence[Item]:
    """A note is typed with a mistake in a card's number, which is then mended; the recorder ends with it.

    ``redacted`` means the screen too; of the others there is none.
    """
    with (
        programme.running(
            folder / "programme",
            apps={"Chromium": "Browser"},
            keystrokes=fidelity,
            screen=fidelity.replace("shape", "none"),
        ) as made,
        Display(640, 480) as display,
        Browser(display, scale=1) as browser,
        recording(made, display, folder) as recorder,
    ):
        page = base64.b64encode(PAGE.encode()).decode()
        browser.page.navigate(f"data:text/html;base64,{page}")
        recorder.until_recording()
        hand = Xtest(display.name)
        browser.page.evaluate("document.getElementById('note').focus()")
        time.sleep(1)  # the focus was confirmed
        for line in LINES:
            hand.type_text(line, 0.02)
            time.sleep(LOOKS_UP_S)
        hand.tap(NAMED_KEYSYMS["BackSpace"])
        hand.type_text(REST, 0.02)
        hand.tap(NAMED_KEYSYMS["Tab"])
        hand.close()
        written = str(browser.page.evaluate("document.getElementById('note').value"))
        assert written == "".join(LINES)[:-1] + REST
        kept = written if fidelity == "shape" else "please send the parcel to  before friday, and thanks"
        recorder.until_told("events", 2 * len(kept), "the keys are told")
        if fidelity == "redacted":
            # The caret blinks: it is to be seen once its line is.
            recorder.until_told("frames", recorder.told("frames")[-1] + 4, "the line is shown")
        return recorder.end()


def _shown(items: Sequence[Item]) -> str:
    """What a reader of the recording sees was typed."""
    parts = []
    for item in items:
        match item:
            case Timed(event=Covered(placeholder=placeholder, remains=True)):
                parts.append(placeholder)
            case Timed(event=Key(pressed=True, text=text)) if text.isprintable():
                parts.append(text)
    return "".join(parts)


def _never_on_the_screen(items: Sequence[Item]) -> None:
    """Not even the beginning of what was covered was to be seen while it was typed; the rest of its line was, later."""
    with Reader() as reader:
        read = [" ".join(reader.words(pixels)) for _, pixels in frames(items)]
    assert len(read) > 10
    assert any("friday" in text for text in read)
    for text in read:
        assert not re.search(r"4\s?1\s?1\s?1|nora|quill", text), text


@pytest.mark.parametrize(
    ("fidelity", "shown"),
    [
        ("redacted", "please send the parcel to ‹mail 1› before friday, card ‹card 1› and thanks"),
        (
            "shape",
            "aaaaaa aaaa aaa aaaaaa aa aaaa.aaaaa@aaaaaaa.aaa aaaaaa aaaaaa, aaaa 9999 9999 9999 99999 aaa aaaaaa",
        ),
    ],
)
def test_what_is_personal_in_a_note_is_covered_by_the_command_that_people_run(
    tmp_path: Path, fidelity: str, shown: str
) -> None:
    items = _typed(tmp_path, fidelity)
    assert _shown(items) == shown
    markers = [one.event for one in items if isinstance(one, Timed) and isinstance(one.event, Marker)]
    assert "detector_missing" not in {marker.reason for marker in markers}
    assert sum(one.end_ns - one.start_ns for one in markers if one.reason == "not_decided") < 5e8, (
        "before the first key"
    )
    presses = [
        one.time_ns for one in items if isinstance(one, Timed) and isinstance(one.event, Key) and one.event.pressed
    ]
    if fidelity == "redacted":
        _never_on_the_screen(items)
    off_grid = [time_ns for time_ns in presses if time_ns % GRID_NS > 200_000_000]
    assert len(off_grid) < len(presses) / 10, "told on a grid, whenever they were pressed"
