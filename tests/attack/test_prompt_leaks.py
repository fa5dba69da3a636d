"""Does the look at terminals carry weight? What a prompt hides, as built, and with nothing that would find it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from aboveboard.recorder.redact import prompts
from aboveboard.stage.display import Display
from aboveboard.stage.xtest import Xtest
from samples.prompting import OPEN, SECRET, Watching, answer, terminal


@pytest.fixture(scope="module")
def display() -> Iterator[Display]:
    with Display(width=640, height=480) as started:
        yield started


def with_a_prompt(display: Display, folder: Path) -> str:
    """What came out of an answer that is shown and one that is not."""
    folder.mkdir()
    hand = Xtest(display.name)
    with terminal(display, folder), Watching(display) as watching:
        answer(hand, folder)
        watching.settle()
    hand.close()
    return watching.typed()


def test_the_look_is_what_keeps_a_secret_in(display: Display, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert with_a_prompt(display, tmp_path / "built") == OPEN
    monkeypatch.setattr(prompts, "_hides", lambda terminal, *, pinentry: False)
    assert with_a_prompt(display, tmp_path / "blind") == OPEN + SECRET
