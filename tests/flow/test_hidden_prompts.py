"""Is what a terminal hides ever delivered? Is what it shows? With a real terminal emulator."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from aboveboard.formats.recording import Key, Marker
from aboveboard.stage.display import Display
from aboveboard.stage.xtest import Xtest
from samples.prompting import OPEN, SECRET, Watching, answer, terminal


@pytest.fixture(scope="module")
def display() -> Iterator[Display]:
    with Display(width=640, height=480) as started:
        yield started


@pytest.fixture
def hand(display: Display) -> Iterator[Xtest]:
    hand = Xtest(display.name)
    yield hand
    hand.close()


def test_what_a_prompt_hides_never_comes_out_and_the_rest_does(display: Display, hand: Xtest, tmp_path: Path) -> None:
    """Typed by a hand, and at once as a password manager does; no picture of the screen tells of the prompt before."""
    with terminal(display, tmp_path), Watching(display, screen="none", window="app") as watching:
        answer(hand, tmp_path)
        answer(hand, tmp_path, every_s=0.0, rest_s=1.3)
        watching.settle()
    assert watching.typed() == 2 * OPEN
    assert not {key.name for key in watching.sink.of(Key)} & set(SECRET)
    markers = watching.sink.of(Marker)
    assert [marker.reason for marker in markers if marker.reason != "app_not_disclosed"] == ["hidden_prompt"] * 2
    assert all(marker.count == 0 for marker in markers)
