"""Does a step become the words that a model is to say, with what it was for and what came before?"""

from typing import Any

import numpy as np
import pytest

from aboveboard.base.errors import BadInput
from aboveboard.formats.trajectory import Episode, Step
from aboveboard.lab.train.situations import RecordedSituations

PERSON, SESSION = "per_00000000000000000000000001", "ses_00000000000000000000000001"
FRAME = "ab" * 32
SCREEN = np.zeros((100, 200, 3), np.uint8)


def step(index: int, action: str, **given: Any) -> Step:
    return Step(
        person_id=PERSON,
        session_id=SESSION,
        index=index,
        time_ns=1000 + index,
        end_ns=1001 + index,
        action=action,  # type: ignore[arg-type]
        app="Editor",
        title="A letter",
        window_x=0,
        window_y=0,
        window_width=200,
        window_height=100,
        segments=["seg_00000000000000000000000001"],
        events=1,
        **({"frame_sha256": FRAME} | given),
    )


def episode(first: int, steps: int, instruction: str = "") -> Episode:
    return Episode(
        person_id=PERSON,
        session_id=SESSION,
        index=0,
        first_step=first,
        steps=steps,
        start_ns=0,
        end_ns=1,
        began="session",
        apps=["Editor"],
        instruction=instruction,
    )


STEPS = [
    step(0, "click", x=99, y=49, button=1),
    step(1, "type", text="Dear Ada"),
    step(2, "switch", to_app="Files"),
    step(3, "shortcut", key="Control+s", shortcut="Ctrl+S"),
    step(4, "click", x=10, y=10, button=3, frame_sha256=None),
    step(5, "drag", x=0, y=0, end_x=199, end_y=99, button=1),
    step(6, "scroll", x=50, y=50, scroll_dy=3.0),
    step(7, "choose", x=20, y=30, button=1),
]


def test_steps_become_words_with_what_came_before_in_their_episode() -> None:
    data = RecordedSituations(STEPS, [episode(0, 5, "write to Ada"), episode(5, 3)], lambda name: SCREEN)
    said = [data[index] for index in range(len(data))]
    assert [one.action for one in said] == [
        "click(x=0.497, y=0.495)",
        'type("Dear Ada")',
        'key("Control+s")',
        "drag(x=0.003, y=0.005, to_x=0.998, to_y=0.995)",
        "scroll(x=0.253, y=0.505, dy=3)",
        "click(x=0.102, y=0.305)",
    ]
    assert [one.situation.instruction for one in said] == ["write to Ada"] * 3 + ["A letter"] * 3
    assert said[2].situation.before == ("click(x=0.497, y=0.495)", 'type("Dear Ada")')
    assert said[3].situation.before == ()
    assert len(said[5].situation.before) == 2
    assert data.left_out == {"not one action: switch": 1, "no frame": 1}


def test_a_step_outside_of_its_screen_is_an_error() -> None:
    data = RecordedSituations([step(0, "click", x=500, y=10, button=1)], [], lambda name: SCREEN)
    with pytest.raises(BadInput, match="outside of its screen"):
        data[0]
