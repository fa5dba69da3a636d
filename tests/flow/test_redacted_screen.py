"""Three windows with the same letter, at three fidelities, recorded by the command as a person runs it.

One of them is moved over the others, and scrolled. Every frame is looked at for the very pixels of what was planted,
and at the end of each turn a program that knows nothing of recordings reads what is left.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np
import pytest
from benchmarks.recorder import programme
from numpy.typing import NDArray

from aboveboard.formats.mcap_file import Item
from aboveboard.formats.recording import Marker, Timed
from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.redact.timeline import HOLD_NS
from aboveboard.replay.canvas import frame_before, frames
from aboveboard.replay.pixels import Pixels
from aboveboard.stage.display import Display
from samples.reading import Reader
from samples.recording_command import Recording, recording
from samples.screen_text import SANS, Picture
from samples.written_windows import WrittenWindows
from samples.x_windows import until

FIDELITIES = {"Letters": "redacted", "Forms": "structure", "Open": "exact"}
WIDTH, HEIGHT = 420, 230
FIRST, OVER = Rect(20, 20, WIDTH, HEIGHT), Rect(300, 200, WIDTH, HEIGHT)
FORMS, OPEN = Rect(520, 20, WIDTH, HEIGHT), Rect(520, 300, WIDTH, HEIGHT)
FORMS_ALONE, OPEN_ALONE = Rect(730, 20, 210, HEIGHT), Rect(730, 300, 210, HEIGHT)
"""Where nothing else ever lies over them."""
LINES = (
    "Dear Nora Quillfeather,",
    "the invoice for your office chairs is ready, and the tables too",
    "send the paper to nora.quill@example.net",
    "account DE89 3704 0044 0532 0130 00",
    "the meeting room is open until the evening of the next day",
    "please take the stairs and bring the report to the kitchen",
    "there is coffee and cake in the kitchen, and tea for the others",
)
PLANTED = ("Nora", "Quillfeather", "nora.quill@example.net", "DE89 3704 0044 0532 0130")
ORDINARY = ("invoice", "office", "chairs", "ready", "paper", "meeting", "room", "open", "evening", "stairs", "kitchen")
PARTS = ("nora", "quill", "feather", "@", "example", "de89", "3704", "0044", "0532", "0130")
ROW, TOP, LEFT, SIZE, SCROLLED = 30, 8, 12, 15, 30
PIECE = 28
"""Columns of about four letters."""
QUIET = 3
"""So many times, a second apart, the recorder told no new frame: it has read all that it will."""


def letter(scrolled: int = 0) -> NDArray[np.uint32]:
    picture = Picture(WIDTH, HEIGHT)
    for number, line in enumerate(LINES):
        picture.write(LEFT, TOP + number * ROW - scrolled, line, font=SANS, size=SIZE)
    return picture.pixels


def pieces(texts: Sequence[str]) -> list[Pixels]:
    """Of each text, wherever it stands in the letter, what four letters look like."""
    found = []
    for number, line in enumerate(LINES):
        for text in texts:
            if text in line:
                probe = Picture(WIDTH, ROW)
                before = probe.write(0, 0, line[: line.index(text)], font=SANS, size=SIZE) if line.index(text) else None
                left = LEFT + (before.x + before.width if before else 0) + 4
                right = left + probe.write(0, 0, text, font=SANS, size=SIZE).width - 8
                row = rgb(letter())[TOP + number * ROW + 4 : TOP + number * ROW + 14]
                found += [row[:, at : at + PIECE] for at in range(left, right - PIECE, 12)]
    return found


def rgb(pixels: NDArray[np.uint32]) -> Pixels:
    return np.ascontiguousarray(np.ascontiguousarray(pixels).view(np.uint8).reshape(*pixels.shape, 4)[..., 2::-1])


def cut(pixels: Pixels, rect: Rect) -> Pixels:
    return np.ascontiguousarray(pixels[rect.y : rect.y + rect.height, rect.x : rect.x + rect.width])


def shows(shown: Pixels, looked_for: Pixels) -> bool:
    """Are these very pixels anywhere in the picture?"""
    data, first, width = shown.tobytes(), looked_for[len(looked_for) // 2].tobytes(), shown.shape[1]
    at = data.find(first)
    while at >= 0:
        y, x = divmod(at // 3, width)
        top = y - len(looked_for) // 2
        if at % 3 == 0 and (shown[max(top, 0) :, x:][: len(looked_for), :PIECE].tobytes() == looked_for.tobytes()):
            return True
        at = data.find(first, at + 1)
    return False


@dataclass
class Said:
    """What the recorder says of itself, about once a second."""

    recorder: Recording
    seen: int = 0

    def frames(self) -> list[int]:
        return self.recorder.told("frames")[self.seen :]

    def settle(self) -> int:
        """Wait until there were frames and then none for a while; a wall time before what comes next counts."""

        def quiet() -> bool:
            told = self.frames()
            return len(set(told)) > 1 and len(set(told[-QUIET:])) == 1

        until(quiet, "all was read", limit_s=60)
        self.seen += len(self.frames()) - 1
        return time.time_ns() - 2 * HOLD_NS


@dataclass(frozen=True)
class Story:
    """``ends``: of each turn, with where the letter at ``redacted`` lay then."""

    items: list[Item]
    ends: list[tuple[int, Rect]]

    def at_the_ends(self) -> Iterator[tuple[Pixels, Rect]]:
        for end_ns, place in self.ends:
            shown = frame_before(self.items, end_ns)
            assert shown is not None
            yield shown, place


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    folder, ends = tmp_path_factory.mktemp("screen"), []
    with (
        programme.running(
            folder / "programme", apps={name: name for name in FIDELITIES}, words="none", screen=FIDELITIES
        ) as made,
        Display(1000, 600) as display,
        ExitStack() as ended,
    ):
        client = WrittenWindows(display.name)
        ended.callback(client.disconnect)
        client.written(FORMS, letter(), "Forms")
        client.written(OPEN, letter(), "Open")
        mine = client.written(FIRST, letter(), "Letters")
        with recording(made, display, folder) as recorder:
            said = Said(recorder)
            ends.append((said.settle(), FIRST))
            for step in range(1, 11):
                client.move(mine, FIRST.x + 28 * step, FIRST.y + 18 * step)
                time.sleep(0.05)
            ends.append((said.settle(), OVER))
            for scrolled in range(10, SCROLLED + 1, 10):
                client.write(mine, letter(scrolled))
                time.sleep(0.15)
            ends.append((said.settle(), OVER))
            return Story(recorder.end(), ends)


def test_at_redacted_what_is_personal_cannot_be_read_and_the_rest_can(story: Story) -> None:
    with Reader() as onlooker:
        for shown, place in story.at_the_ends():
            read = onlooker.words(cut(shown, place))
            text = " ".join(read).lower()
            assert not [part for part in PARTS if part in text]
            assert sum(word in text for word in ORDINARY) >= 0.8 * len(ORDINARY), read


def test_at_structure_nothing_can_be_read_and_at_exact_everything(story: Story) -> None:
    words = {word.strip(",").lower() for line in LINES for word in line.split() if len(word) > 3}
    first, *_ = story.at_the_ends()
    with Reader() as onlooker:
        for shown, _ in story.at_the_ends():
            assert not words & {word.strip(",.").lower() for word in onlooker.words(cut(shown, FORMS_ALONE))}
            assert (cut(shown, OPEN_ALONE) == rgb(letter())[:, 210:]).all()
        assert not words & {word.strip(",.").lower() for word in onlooker.words(cut(first[0], FORMS))}
    assert (cut(first[0], OPEN) == rgb(letter())).all()


def test_no_frame_ever_shows_four_letters_of_what_was_planted(story: Story) -> None:
    planted, anything = pieces(PLANTED), pieces(LINES)
    looked = 0
    for _, shown in frames(story.items):
        looked += 1
        assert any(shows(cut(shown, OPEN_ALONE), piece) for piece in anything)
        elsewhere = shown.copy()
        elsewhere[OPEN.y : OPEN.y + OPEN.height, OPEN.x : OPEN.x + OPEN.width] = 0
        assert not [piece for piece in planted if shows(elsewhere, piece)]
        assert not [piece for piece in anything if shows(cut(shown, FORMS_ALONE), piece)]
    assert looked > 10


def test_all_of_it_was_checked(story: Story) -> None:
    reasons = {one.event.reason for one in story.items if isinstance(one, Timed) and isinstance(one.event, Marker)}
    assert not reasons & {"detector_missing", "encoder_failed"}
