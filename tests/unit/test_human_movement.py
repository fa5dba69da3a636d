"""Does the scripted person ever do what no person could?"""

import math
from itertools import pairwise
from random import Random

import pytest

from aboveboard.stage import movement
from aboveboard.stage.tasks import demonstration_seed, held_out_seed, task_of_title, window_title


def _journeys(number: int) -> list[tuple[tuple[int, int], tuple[int, int], float, Random]]:
    random = Random("journeys")
    ends = [((random.randrange(640), random.randrange(480)), (random.randrange(640), random.randrange(480)))]
    while len(ends) < number:
        ends.append((ends[-1][1], (random.randrange(640), random.randrange(480))))
    return [(start, end, random.uniform(8, 200), Random(index)) for index, (start, end) in enumerate(ends)]


def test_a_path_ends_at_its_end_and_takes_a_persons_time() -> None:
    for start, end, target, random in _journeys(300):
        way = movement.path(start, end, target, random)
        if start == end:
            assert way == []
            continue
        assert (way[-1].x, way[-1].y) == end
        assert way[-1].at_s >= movement.MOVE_MIN_S
        assert way[-1].at_s < 1.5


def test_no_path_is_faster_than_a_hand() -> None:
    for start, end, target, random in _journeys(300):
        before = (0.0, *start)
        for point in movement.path(start, end, target, random):
            distance = math.hypot(point.x - before[1], point.y - before[2])
            # A pixel either way is rounding.
            assert distance - 1.5 <= movement.SPEED_LIMIT_PX_S * (point.at_s - before[0])
            before = (point.at_s, point.x, point.y)


def test_moves_come_no_more_often_than_a_mouse_reports() -> None:
    for start, end, target, random in _journeys(100):
        way = movement.path(start, end, target, random)
        gaps = [after.at_s - before.at_s for before, after in pairwise(way)]
        # The last gap may be a shorter rest of the way.
        assert all(movement.SAMPLE_MIN_S <= gap <= movement.SAMPLE_MAX_S * 1.5 for gap in gaps[:-1])
        assert all(gap >= movement.SAMPLE_MIN_S / 2 for gap in gaps)


def test_a_further_and_a_smaller_target_take_longer() -> None:
    def mean(distance: float, target: float) -> float:
        random = Random(1)
        return sum(movement.movement_s(distance, target, random) for _ in range(400)) / 400

    assert mean(600, 20) > 1.2 * mean(100, 20)
    assert mean(300, 8) > 1.2 * mean(300, 80)


@pytest.mark.parametrize(
    ("draw", "least", "most"),
    [
        (movement.hold_s, 0.060, 0.120),
        (movement.key_hold_s, 0.045, 0.095),
        (movement.key_gap_s, 0.035, 0.160),
        (movement.reaction_s, 0.160, 0.340),
        (movement.glance_s, 0.060, 0.160),
    ],
)
def test_holds_and_pauses_are_a_persons_and_vary(draw: object, least: float, most: float) -> None:
    assert callable(draw)
    drawn = [draw(Random(seed)) for seed in range(500)]
    assert least <= min(drawn)
    assert max(drawn) <= most
    assert max(drawn) - min(drawn) > 0.3 * (most - least)


def test_no_demonstration_seed_is_ever_held_out() -> None:
    numbers = [*range(5000), 100_000, 10**9]
    assert not {demonstration_seed(number) for number in numbers} & {held_out_seed(number) for number in numbers}
    assert all(demonstration_seed(number)[0] != held_out_seed(number)[0] for number in numbers)


def test_a_title_tells_its_task() -> None:
    assert task_of_title(window_title("click-test-2")) == "click-test-2"
    assert task_of_title("click-test-2 - MiniWoB++ - Chromium") == "click-test-2"
    assert task_of_title("Letters - Editor") is None
