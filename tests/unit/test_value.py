"""Does the curve of a data set tell what more hours bought, and nothing about anybody?"""

from collections import Counter

import numpy as np
import pytest

from aboveboard.base.errors import BadInput
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats.trajectory import Episode, Step
from aboveboard.formats.value import Value, ValuePoint, decode, encode
from aboveboard.lab.assess.value import Stretch, stretches, value
from aboveboard.lab.model.click_policy import ClickPolicy
from aboveboard.lab.train.behaviour_cloning import Config
from aboveboard.lab.train.examples import Example, example
from aboveboard.stage.tasks import window_title

SECOND_NS = 1_000_000_000
TITLE = window_title("click-test")
BLANK = np.zeros((32, 32, 3), np.uint8)
FAST = Config(steps=1, batch=2, shift=0)


def _heap(number: int) -> list[Stretch]:
    one: Example = example(TITLE, BLANK, 8, 8, factor=2)
    return [Stretch(360.0, [one, one]) for _ in range(number)]


def _value(heap: list[Stretch], good: dict[int, int], tried: list[range] | None = None) -> Value:
    """``good``: by how many examples a policy learnt from, how many of ten episodes it does."""

    def attempt(policy: ClickPolicy, task: str, numbers: range) -> int:
        if tried is not None:
            tried.append(numbers)
        return good[policy.card.examples]

    return value(heap, ["click-test"], attempt, episodes=10, draws=2, config=FAST)


def test_the_curve_rises_with_what_was_learnt_from() -> None:
    tried: list[range] = []
    made = _value(_heap(8), {2: 2, 4: 4, 8: 7, 16: 9}, tried)
    assert [(round(one.hours, 3), one.clicks, one.success) for one in made.points] == [
        (0.1, 2, 0.2),
        (0.2, 4, 0.4),
        (0.4, 8, 0.7),
        (0.8, 16, 0.9),
    ]
    assert tried == [range(10), range(10, 20)] * 4
    assert not made.flat
    assert made.law is not None
    assert made.law.b > 0
    assert 0 < made.law.next_hour < 0.1
    assert "rising" in made.text()


def test_a_curve_that_brings_nothing_more_is_called_flat() -> None:
    made = _value(_heap(8), {2: 2, 4: 8, 8: 8, 16: 8})
    assert made.flat
    assert "other work would teach more" in made.text()


def test_a_window_that_was_not_drawn_counts_as_failure() -> None:
    def attempt(policy: ClickPolicy, task: str, numbers: range) -> int:
        assert task == "click-test"
        return 10

    made = value(_heap(4), ["click-test", "focus-text"], attempt, episodes=10, draws=1, shares=(1.0,), config=FAST)
    assert [one.success for one in made.points] == [0.5]
    assert made.law is None
    assert "one draw, so unknown" in made.text()


def test_nothing_to_draw_from_is_said() -> None:
    with pytest.raises(BadInput, match="nothing to draw a curve from"):
        _value([], {})


def _step(index: int, title: str, action: str = "click") -> Step:
    return Step(
        person_id=PERSON,
        session_id=SESSION,
        index=index,
        time_ns=index * SECOND_NS,
        end_ns=index * SECOND_NS,
        action=action,
        app="Chromium",
        title=title,
        window_x=0,
        window_y=0,
        window_width=32,
        window_height=32,
        frame_sha256="0" * 64,
        segments=[new_id(Kind.SEGMENT)],
        events=1,
        x=4,
        y=4,
        button=1,
    )


PERSON, SESSION = new_id(Kind.PERSON), new_id(Kind.SESSION)


def _episode(first: int, steps: int, seconds: int) -> Episode:
    return Episode(
        person_id=PERSON,
        session_id=SESSION,
        index=0,
        first_step=first,
        steps=steps,
        start_ns=0,
        end_ns=seconds * SECOND_NS,
        began="idle",
        apps=["Chromium"],
    )


def test_stretches_are_the_episodes_in_the_windows_that_count() -> None:
    steps = [_step(0, TITLE), _step(1, "elsewhere"), _step(2, TITLE, "scroll"), _step(3, TITLE), _step(4, "elsewhere")]
    heap, left_out = stretches(
        steps, [_episode(0, 3, 30), _episode(3, 1, 10), _episode(4, 1, 50)], lambda _: BLANK, {TITLE}
    )
    assert [(one.seconds, len(one.examples)) for one in heap] == [(20.0, 1), (10.0, 1)]
    assert +left_out == Counter({"another window": 2, "not a click: scroll": 1})


def test_a_value_is_read_as_it_was_written() -> None:
    made = _value(_heap(8), {2: 2, 4: 4, 8: 7, 16: 9})
    assert decode(encode(made)) == made
    with pytest.raises(BadInput):
        decode(encode(made).replace(b'"flat"', b'"ranking"'))
    # Who did how much has no place in it.
    assert not {"person", "people", "people_hours"} & {*Value.__struct_fields__, *ValuePoint.__struct_fields__}
