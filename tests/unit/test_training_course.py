"""How a training is followed: its curve, whether it runs, what stays of it."""

import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.base.errors import BadInput, Conflict
from aboveboard.base.ids import Kind, new_id
from aboveboard.commands.terminal import spark
from aboveboard.formats import training
from aboveboard.formats.training import POINTS
from aboveboard.lab import lineage
from aboveboard.lab.train import course
from aboveboard.lab.train.course import TRAINING_FILE, Course, followed, runs_on
from aboveboard.lab.train.curve import Curve

LOSSES = st.lists(st.floats(allow_nan=True, allow_infinity=True, width=32), max_size=3000)
SHA256 = "ab" * 32


@given(LOSSES)
def test_a_curve_is_short_and_tells_of_every_step_alike(losses: list[float]) -> None:
    curve = Curve()
    for step, loss in enumerate(losses, 1):
        curve.add(step, loss)
    points, finite = curve.points, [one for one in losses if math.isfinite(one)]
    assert len(points) < POINTS
    assert [one.step for one in points] == sorted({one.step for one in points})
    if len(finite) < POINTS:
        assert [one.loss for one in points] == finite
    else:
        assert len(points) >= POINTS // 2
        told, slack = [one.loss for one in points], 1e-9 * max(map(abs, finite))
        assert min(finite) - slack <= min(told) <= max(told) <= max(finite) + slack


@given(st.lists(st.floats(-1e6, 1e6), max_size=200), st.integers(1, 40))
def test_a_curve_in_a_line_has_its_least_at_the_bottom(values: list[float], width: int) -> None:
    line = spark(values, width)
    assert len(line) == (min(width, len(values)) if len(values) > 1 else 0)
    assert not line or "▁" in line
    assert spark([8, 4, 2, 1]) == "█▄▂▁"


@given(st.binary(max_size=2000))
def test_what_is_no_training_is_refused(data: bytes) -> None:
    with pytest.raises(BadInput):
        training.decode(data)


class World:
    """A lab home with one data set in it, as far as a run needs it."""

    def __init__(self, home: Path) -> None:
        self.home, self.dataset_id = home, new_id(Kind.ARTEFACT)
        self.source: Any = SimpleNamespace(artefact_id=self.dataset_id, grant_id=new_id(Kind.GRANT))
        lineage.artefact_folder(home, self.dataset_id).mkdir(parents=True)

    def run(self, name: str = "a", **options: Any) -> Any:
        return followed(self.home, self.source, SHA256, "click_policy", name=name, **options)

    @property
    def told(self) -> list[tuple[str, int]]:
        found = runs_on(self.home, self.dataset_id)
        return [(one.state, one.training.loss[-1].step if one.training.loss else 0) for one in found]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(course, "TOLD_EVERY_S", 0.0)
    monkeypatch.setattr(course, "_LOCK_TRIES", 2)
    return World(tmp_path)


def test_a_run_is_seen_while_it_runs_when_it_stopped_and_goes_on(world: World) -> None:
    def stops(run: Course) -> None:
        run.step(1, 9, 4.0)
        run.step(2, 9, 3.0)
        assert world.told == [("running", 2)]
        with pytest.raises(Conflict), world.run():
            pytest.fail("the same run runs twice")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), world.run() as first:
        stops(first)
    assert world.told == [("stopped", 2)]
    with pytest.raises(RuntimeError), world.run():
        raise RuntimeError("before its first step")
    assert world.told == [("stopped", 2)], "what was known stays"
    with world.run() as again:
        again.step(2, 9, 2.5)  # from its checkpoint after step 1
        again.held_out(2, 5.0)
        (found,) = runs_on(world.home, world.dataset_id)
        assert [(one.step, one.loss) for one in found.training.loss] == [(1, 4.0), (2, 2.5)]
        assert [(one.step, one.loss) for one in found.training.held_out] == [(2, 5.0)]
        assert (found.training.resumed_at, found.training.steps) == (1, 9)
        assert (found.training.dataset_sha256, found.training.grant_id) == (SHA256, world.source.grant_id)
    assert world.told == []
    assert not list((world.home / "artefacts").glob(".run-*"))


def test_a_run_goes_with_its_data_set_and_others_are_not_told(world: World) -> None:
    def stops(run: Course) -> None:
        run.step(1, 2, 1.0)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), world.run() as run:
        stops(run)
    assert runs_on(world.home, new_id(Kind.ARTEFACT)) == []
    place = next((world.home / "artefacts").glob(".run-*"))
    whole = (place / TRAINING_FILE).read_bytes()
    (place / TRAINING_FILE).write_bytes(whole[:-9])
    assert world.told == [], "what cannot be read is passed over"
    (place / TRAINING_FILE).write_bytes(whole)
    lineage.destroy(world.home, world.dataset_id)
    assert not list((world.home / "artefacts").iterdir())


def test_a_run_that_nobody_can_write_of_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    with world.run() as run:
        monkeypatch.setattr(Path, "write_bytes", full)
        run.step(1, 2, 1.0)
        with pytest.raises(OSError, match="No space"):
            run.write(world.home)


def test_the_commit_is_that_of_this_code(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert len(course.commit()) >= 7
    monkeypatch.setattr(course, "__file__", str(tmp_path / "lib" / "aboveboard" / "lab" / "train" / "course.py"))
    assert course.commit() == "", "what was installed has none"
