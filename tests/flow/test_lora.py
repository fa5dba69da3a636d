"""Is a vision-language model fine-tuned and asked as a real one would be? On a tiny one with random weights."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from aboveboard.base.errors import BadInput, SetupMissing
from aboveboard.lab.model.action_text import write
from aboveboard.lab.model.vision_language import Loaded, Situation, act, load
from aboveboard.lab.train import lora
from aboveboard.lab.train.lora import ADAPTER, STATE, Config, Exchange, chosen, loss_of, rate_at, train
from samples.tiny_model import save_tiny_model

WHITE, BLACK = np.full((48, 64, 3), 255, np.uint8), np.zeros((48, 64, 3), np.uint8)
DATA = [
    Exchange(Situation(WHITE, "press"), "key('a')"),
    Exchange(Situation(BLACK, "press"), "key('b')"),
]
"""What is right can only be known by looking."""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("base")
    save_tiny_model(folder)
    return folder


def config(base: Path, **changes: object) -> Config:
    short = Config(base=str(base), steps=6, batch=2, rate=5e-3, rank=8, dropout=0.1, save_every=3, seed=5)
    return replace(short, **changes)


def test_it_learns_what_only_the_picture_tells_and_says_it(base: Path, tmp_path: Path) -> None:
    trained = train(DATA, config(base, steps=50, rate=2e-2, rank=16, dropout=0.0, save_every=50), tmp_path / "run")
    assert trained.losses[0] > 2.0
    assert trained.losses[-1] < 0.1
    loaded = load(base, adapter=trained.adapter)
    for one in DATA:
        said = act(loaded, one.situation, tokens=20)
        assert said.text == one.action
        assert said.action is not None
        assert write(said.action) == one.action.replace("'", '"')
    assert loss_of(loaded, DATA, 9) < 0.1 < loss_of(load(base), DATA, 1)
    untrained = act(load(base), DATA[0].situation, tokens=20)
    assert untrained.action is None
    assert untrained.why


def test_a_run_that_was_stopped_goes_on_as_if_it_had_not_been(base: Path, tmp_path: Path) -> None:
    class Stopped(Exception):
        pass

    def stop(done: int, total: int, loss: float) -> None:
        if done == 4:
            raise Stopped

    asked: list[int] = []

    def tried(step: int, loaded: Loaded) -> None:
        asked.append(step)
        loss_of(loaded, DATA, 2)

    whole = train(DATA, config(base), tmp_path / "whole", tried=tried)
    assert asked == [3, 6]
    with pytest.raises(Stopped):
        train(DATA, config(base), tmp_path / "cut", stop)
    again = train(DATA, config(base), tmp_path / "cut")
    assert again.resumed_at == 3
    assert again.losses == whole.losses, "nor does it matter that it was asked on the way"
    one, other = (load_file(run.adapter / "adapter_model.safetensors") for run in (whole, again))
    assert one.keys() == other.keys()
    assert all(np.array_equal(one[name], other[name]) for name in one)
    assert any(np.abs(value).max() > 0 for name, value in one.items() if "lora_B" in name)


def test_what_a_crash_left_half_written_is_no_checkpoint(base: Path, tmp_path: Path, monkeypatch) -> None:
    def fails(*_: object) -> None:
        raise OSError(28, "no space left")

    with monkeypatch.context() as patched:
        patched.setattr(lora, "save_file", fails)
        with pytest.raises(OSError, match="no space"):
            train(DATA, config(base), tmp_path)
    assert train(DATA, config(base), tmp_path).resumed_at == 0


@pytest.mark.parametrize("change", [{"rate": 1e-3}, {"seed": 6}, {"rank": 4}])
def test_checkpoints_of_another_run_are_refused(base: Path, tmp_path: Path, change: dict[str, object]) -> None:
    folder = tmp_path / "step-00000003"
    folder.mkdir()
    state = {"step": 3, "losses": [1.0] * 3, "config": json.loads(json.dumps(vars(config(base)))), "demonstrations": 2}
    (folder / STATE).write_text(json.dumps(state), encoding="utf-8")
    (folder / ADAPTER).mkdir()
    with pytest.raises(BadInput, match="another run"):
        train(DATA, config(base, **change), tmp_path)


def test_nothing_to_learn_from_and_no_model_are_said_clearly(base: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="nothing to learn"):
        train([], config(base), tmp_path)
    with pytest.raises(SetupMissing, match="no vision-language model"):
        load(tmp_path / "nowhere")
    with pytest.raises(SetupMissing, match="no vision-language model"):
        load(Path("someone/some-model"))


def test_every_demonstration_comes_once_before_any_comes_again() -> None:
    run = Config(base="", batch=3, seed=9)
    seen = [index for step in range(14) for index in chosen(run, step, 7)]
    for begin in range(0, 42, 7):
        assert sorted(seen[begin : begin + 7]) == list(range(7))
    assert seen[:7] != seen[7:14]


def test_the_rate_rises_and_falls() -> None:
    run = Config(base="", steps=100, rate=1.0, warm=0.1)
    rates = [rate_at(run, step) for step in range(100)]
    assert rates[9] == max(rates) == 1.0
    assert rates[:10] == sorted(rates[:10])
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[-1] < 0.01
