"""Secrets in every place where none may be recorded, and the command that people run: is one of them anywhere?

Searched are all that the person's key opens (events, typed text, pixels by colour and by reading them) and every byte
of every file that the recorder, the vault and the other places wrote, in all forms. What was typed and shown openly
beside them must be found by the same search, or it would prove nothing.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
import pytest
from benchmarks.recorder import programme

from aboveboard.formats.mcap_file import Item
from aboveboard.formats.recording import Key, Marker, Session, Timed
from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.replay.canvas import Canvas
from aboveboard.replay.pixels import Pixels
from aboveboard.stage.browser import Browser
from aboveboard.stage.display import Display
from samples import canaries
from samples.canary_desk import APPS, COLOURS, SECRETS, SHOWN_OPENLY, TITLES, TYPED_OPENLY, TYPED_SECRETLY, Desk
from samples.reading import Reader
from samples.recording_command import recording

NEAR = 8
"""Films of what moves change a colour by less than this."""
READ_EVERY_NS = 500_000_000
BOTH_WAYS = [one for secret in SECRETS for one in (secret, secret[::-1])]


@dataclass
class Stored:
    """What a recording left. ``pictures``: the screen, at most twice a second; ``coloured``: whose colour was seen."""

    root: Path
    events: list[Timed]
    asked: list[str]
    pictures: list[Pixels] = field(default_factory=list)
    coloured: set[str] = field(default_factory=set)

    def typed(self) -> str:
        return "".join(one.event.text for one in self.events if isinstance(one.event, Key) and one.event.pressed)


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stored]:
    root, elsewhere = tmp_path_factory.mktemp("programme"), tmp_path_factory.mktemp("desk")
    with (
        programme.running(root / "programme", apps=APPS) as made,
        Display(width=640, height=480) as display,
        Browser(display, scale=1) as browser,
        closing(Desk(display, browser, elsewhere)) as desk,
        recording(made, display, root) as recorder,
    ):
        recorder.until_told("frames", 1, "it records")
        desk.work()
        asked = desk.asked()
        desk.ask()
        assert desk.asked() == ["UTF8_STRING"] * 2
        yield _stored(root, recorder.end(), asked)


def _stored(root: Path, items: Sequence[Item], asked: list[str]) -> Stored:
    found = Stored(root, [one for one in items if isinstance(one, Timed)], asked)
    canvas, read_ns = Canvas(), 0
    for item in items:
        if isinstance(item, Timed) and isinstance(item.event, Session):
            canvas.begin(item.event)
        if not isinstance(item, ScreenPatch):
            continue
        canvas.apply(item)
        pixels = canvas.snapshot()
        assert pixels is not None
        part = pixels[item.y : item.y + item.height, item.x : item.x + item.width].astype(np.int16)
        for where, colour in COLOURS.items():
            if (abs(part - np.array(tuple(colour.to_bytes(3, "big")))) < NEAR).all(axis=2).any():
                found.coloured.add(where)
        if item.time_ns >= read_ns + READ_EVERY_NS:
            found.pictures.append(pixels)
            read_ns = item.time_ns
    return found


def _pieces(text: str) -> set[str]:
    """Three letters in a row, in either order."""
    return {piece for one in (text, text[::-1]) for piece in (one[at : at + 3] for at in range(len(one) - 2))}


def test_what_was_typed_openly_is_there_and_nothing_else(stored: Stored) -> None:
    typed = stored.typed()
    assert [where for where, text in TYPED_OPENLY.items() if text not in typed] == [], typed
    leaked = [where for where, secret in TYPED_SECRETLY.items() if any(piece in typed for piece in _pieces(secret))]
    assert leaked == []
    reasons = {one.event.reason for one in stored.events if isinstance(one.event, Marker)}
    assert {"app_not_disclosed", "password_field", "hidden_prompt", "log_in", "private_window"} <= reasons


def test_nothing_that_is_told_holds_a_secret(stored: Stored) -> None:
    told = b"\n".join(msgspec.json.encode(one.event) for one in stored.events)
    assert b"Notes" in told
    assert [one for one in BOTH_WAYS if any(form in told for form in canaries.forms(one))] == []


def test_no_picture_shows_one(stored: Stored) -> None:
    assert stored.coloured == set()
    with Reader() as reader:
        words = {word for pixels in stored.pictures for word in reader.words(pixels)}
    assert SHOWN_OPENLY in words
    joined = " ".join(sorted(words)).casefold()
    assert [part for title in TITLES.values() for part in title.casefold().split("-") if part in joined] == []


def test_no_file_of_any_place_holds_one(stored: Stored) -> None:
    assert canaries.find(BOTH_WAYS, [stored.root]) == []
    planted = stored.root / "planted"
    for number, one in enumerate(BOTH_WAYS):
        planted.write_bytes(b"before" + canaries.forms(one)[number % 3] + b"behind")
        assert canaries.find([one], [stored.root]) == [f"{planted}: {one}"]
    planted.unlink()


def test_nobody_asked_for_what_was_copied(stored: Stored) -> None:
    assert stored.asked == []
