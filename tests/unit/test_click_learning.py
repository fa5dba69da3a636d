"""Does a policy learn where to click, and only from what it may learn from?"""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from aboveboard.base.errors import BadInput
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats.trajectory import Step
from aboveboard.lab.model.click_policy import Card, ClickPolicy, HeatMap, load_policy
from aboveboard.lab.model.sight import Image, shrink
from aboveboard.lab.train.behaviour_cloning import Config, train
from aboveboard.lab.train.examples import Example, Examples, example, from_steps

RED, BLUE = "the red one", "the blue one"
SIDE = 12


def _screen(draw: np.random.Generator) -> tuple[Image, dict[str, tuple[int, int]]]:
    """A grey screen of 96 × 64 with a red and a blue square that do not touch; their middles by title."""
    image = np.full((64, 96, 3), 128, np.uint8)
    left = (int(draw.integers(0, 34)), int(draw.integers(0, 50)))
    right = (int(draw.integers(50, 82)), int(draw.integers(0, 50)))
    red, blue = (left, right) if draw.random() < 0.5 else (right, left)
    for (x, y), colour in ((red, (220, 30, 30)), (blue, (30, 30, 220))):
        image[y : y + SIDE, x : x + SIDE] = colour
    return image, {RED: (red[0] + SIDE // 2, red[1] + SIDE // 2), BLUE: (blue[0] + SIDE // 2, blue[1] + SIDE // 2)}


def _data(number: int, seed: int) -> Examples:
    draw = np.random.default_rng(seed)
    made = []
    for index in range(number):
        image, middles = _screen(draw)
        title = (RED, BLUE)[index % 2]
        made.append(example(title, image, *middles[title], factor=1))
    return Examples(made, Counter(), 1)


def _hits(policy: ClickPolicy, number: int, seed: int) -> float:
    """The share of new screens on which the policy clicks inside the square that the title asks for."""
    draw = np.random.default_rng(seed)
    hits = 0
    for index in range(number):
        image, middles = _screen(draw)
        title = (RED, BLUE)[index % 2]
        click = policy.act(image, title)
        hits += max(abs(click.x - middles[title][0]), abs(click.y - middles[title][1])) <= SIDE // 2
    return hits / number


QUICK = Config(steps=60, batch=8, shift=6, seed=3)


@pytest.fixture(scope="module")
def learnt() -> ClickPolicy:
    return train(_data(48, seed=1), QUICK).policy


def test_it_learns_what_each_title_asks_for(learnt: ClickPolicy) -> None:
    assert _hits(learnt, 40, seed=2) >= 0.9


def test_it_knows_nothing_before_it_has_learnt() -> None:
    assert _hits(ClickPolicy(HeatMap(2), Card([BLUE, RED], 1)), 40, seed=2) < 0.5


def test_it_needs_the_title(learnt: ClickPolicy) -> None:
    """With the titles' names exchanged it clicks the other square: the title decides, not the place."""
    exchanged = ClickPolicy(learnt.network, Card([RED, BLUE], 1))
    assert learnt.card.titles == [BLUE, RED]
    assert _hits(exchanged, 40, seed=2) <= 0.1


def test_it_refuses_a_title_that_it_has_not_learnt(learnt: ClickPolicy) -> None:
    image, _ = _screen(np.random.default_rng(0))
    with pytest.raises(BadInput, match="does not know the window 'the green one'"):
        learnt.act(image, "the green one")


def test_the_same_seed_learns_the_same() -> None:
    data, config = _data(8, seed=5), Config(steps=6, batch=4, seed=9)
    told: list[list[float]] = [[], []]
    for losses in told:
        train(data, config, lambda done, total, loss, losses=losses: losses.append(loss))
    assert told[0] == pytest.approx(told[1], rel=1e-3)
    other: list[float] = []
    train(data, Config(steps=6, batch=4, seed=10), lambda done, total, loss: other.append(loss))
    assert other != pytest.approx(told[0], rel=1e-3)


def test_a_saved_policy_acts_like_the_one_that_was_saved(learnt: ClickPolicy, tmp_path: Path) -> None:
    artefact = new_id(Kind.ARTEFACT)
    policy = ClickPolicy(learnt.network, Card([BLUE, RED], 1, artefact, 48))
    policy.save(tmp_path / "policy.safetensors")
    read = load_policy(tmp_path / "policy.safetensors")
    assert read.card == policy.card
    image, _ = _screen(np.random.default_rng(7))
    assert read.act(image, RED) == policy.act(image, RED)


@pytest.mark.parametrize("damage", ["cut", "no card", "another kind", "empty"])
def test_a_damaged_file_is_refused(learnt: ClickPolicy, tmp_path: Path, damage: str) -> None:
    path = tmp_path / "policy.safetensors"
    learnt.save(path)
    data = path.read_bytes()
    path.write_bytes(
        {
            "cut": data[:-100],
            "no card": data.replace(b"__metadata__", b"__netadata__"),
            "another kind": b"PK\x03\x04" + bytes(60),
            "empty": b"",
        }[damage]
    )
    with pytest.raises(BadInput):
        load_policy(path)


def test_shrinking_takes_the_mean_of_each_block() -> None:
    frame = np.zeros((5, 7, 3), np.uint8)
    frame[0:2, 0:2, 0] = [[10, 20], [30, 40]]
    frame[2:4, 4:6, 2] = 255
    small = shrink(frame, 2)
    assert small.shape == (2, 3, 3)
    assert small[0, 0].tolist() == [25, 0, 0]
    assert small[1, 2].tolist() == [0, 0, 255]
    with pytest.raises(BadInput):
        shrink(np.zeros((5, 7), np.uint8), 2)
    with pytest.raises(BadInput):
        shrink(frame, 6)


def _step(**changes: object) -> Step:
    fields: dict[str, object] = {
        "person_id": new_id(Kind.PERSON),
        "session_id": new_id(Kind.SESSION),
        "index": 0,
        "time_ns": 1,
        "end_ns": 2,
        "action": "click",
        "app": "Browser",
        "title": RED,
        "window_x": 0,
        "window_y": 0,
        "window_width": 96,
        "window_height": 64,
        "frame_sha256": "a" * 64,
        "segments": [new_id(Kind.SEGMENT)],
        "events": 2,
        "x": 30,
        "y": 21,
        "button": 1,
    }
    return Step(**(fields | changes))


def test_only_left_clicks_on_a_titled_screen_are_examples_and_the_rest_is_counted() -> None:
    steps = [
        _step(),
        _step(action="type", text="hello"),
        _step(button=3),
        _step(title=""),
        _step(frame_sha256=None),
        _step(x=96),
        _step(x=None),
        _step(title=BLUE, x=0, y=0),
    ]
    asked: list[str] = []

    def frame(sha256: str) -> Image:
        asked.append(sha256)
        return np.zeros((64, 96, 3), np.uint8)

    data = from_steps(steps, frame, factor=2)
    assert [(one.title, one.x, one.y, one.image.shape) for one in data.examples] == [
        (RED, 15.25, 10.75, (32, 48, 3)),
        (BLUE, 0.25, 0.25, (32, 48, 3)),
    ]
    assert data.left_out == {
        "not a click: type": 1,
        "another button": 1,
        "no window title": 1,
        "no frame": 1,
        "outside the screen": 1,
        "no position": 1,
    }
    assert data.titles == [BLUE, RED]
    assert asked == ["a" * 64] * 3


def test_nothing_to_learn_from_is_said_with_its_reasons() -> None:
    with pytest.raises(BadInput, match="no click to learn from") as caught:
        train(Examples([], Counter({"no frame": 4}), 2))
    assert "4 no frame" in caught.value.cause


def test_screens_of_two_sizes_are_refused() -> None:
    images = [np.zeros((32, 48, 3), np.uint8), np.zeros((32, 50, 3), np.uint8)]
    with pytest.raises(BadInput, match="2 sizes"):
        train(Examples([Example(RED, image, 1.0, 1.0) for image in images], Counter(), 2))
