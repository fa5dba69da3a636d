"""Is each unit's pull limited, is the noise what was promised, and can nobody tell whether one unit was there?"""

import math
import random
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from aboveboard.base.errors import BadInput
from aboveboard.lab.train.private import Privacy, clipped_sum, fit
from aboveboard.lab.train.private_elements import train_privately
from unit.test_element_audit import press


def line(parameter: nn.Parameter) -> Callable[[Tensor], Tensor]:
    """The loss of a unit is its own direction times the parameter: its gradient is that direction."""
    return lambda unit: (unit * parameter).sum()


def test_one_unit_moves_the_sum_by_no_more_than_the_clip_however_large_it_is() -> None:
    parameter = nn.Parameter(torch.zeros(50))
    generator = torch.Generator().manual_seed(1)
    units = [torch.randn(50, generator=generator) * 10**power for power in range(-3, 6)]
    (total,) = clipped_sum([parameter], units, line(parameter), clip=0.5)
    for place in range(len(units)):
        others = units[:place] + units[place + 1 :]
        (without,) = clipped_sum([parameter], others, line(parameter), clip=0.5)
        assert float((total - without).norm()) <= 0.5 + 1e-5
    (small,) = clipped_sum([parameter], units[:1], line(parameter), clip=0.5)
    assert torch.allclose(small, units[0]), "what is short already stays as it is"
    (wrong,) = clipped_sum([parameter], [torch.full((50,), math.nan)], line(parameter), clip=0.5)
    assert not wrong.any()


def test_the_noise_is_what_the_accountant_was_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Units without any gradient: what the optimizer is given is the noise alone."""
    parameter = nn.Parameter(torch.zeros(5_000))
    given: list[Tensor] = []
    monkeypatch.setattr(torch.optim.Adam, "step", lambda self: given.append(parameter.grad.clone()))  # type: ignore[union-attr]
    privacy = Privacy(1.0, 1e-3, steps=12, lot=5, clip=0.7)
    spent = fit([parameter], [torch.zeros(5_000)] * 10, line(parameter), privacy, seed=4)
    assert 0 < spent.epsilon <= 1.0
    for gradient in given:
        assert float(gradient.std()) == pytest.approx(spent.noise * 0.7 / 5, rel=0.05)
    assert not torch.allclose(given[0], given[1])


def test_less_epsilon_needs_more_noise_and_none_is_infinite() -> None:
    noises = [Privacy(epsilon, 1e-3, steps=12, lot=5).noise(10) for epsilon in (math.inf, 3.0, 1.0)]
    assert noises == sorted(noises)
    assert noises[0] == 0.0
    assert Privacy(math.inf).spent(1000, 0.0) == math.inf


@pytest.mark.parametrize(("epsilon", "delta"), [(0.0, 1e-5), (-1.0, 1e-5), (1.0, 0.01), (1.0, 0.0)])
def test_a_promise_that_is_none_is_refused(epsilon: float, delta: float) -> None:
    with pytest.raises(BadInput, match="promise"):
        Privacy(epsilon, delta).noise(1000)
    with pytest.raises(BadInput, match="nothing to learn"):
        fit([], [], lambda unit: unit, Privacy(1.0))


def guesses(epsilon: float, runs: int) -> float:
    """How often somebody is right who looks at the result and says whether one unit was there.

    All others pull nowhere; this one pulls one number up, as hard as it can.
    """
    units = [torch.zeros(8) for _ in range(9)]
    one = torch.zeros(8)
    one[0] = -1e6
    right = 0
    for run in range(runs):
        for there in (False, True):
            parameter = nn.Parameter(torch.zeros(8))
            privacy = Privacy(epsilon, 1e-3, steps=12, lot=5, rate=0.1)
            fit(
                [parameter],
                [*units, one] if there else [*units, torch.zeros(8)],
                line(parameter),
                privacy,
                seed=2 * run + there,
            )
            right += (float(parameter[0]) > 0) == there
    return right / (2 * runs)


def test_whether_one_unit_was_there_can_be_told_no_better_than_was_promised() -> None:
    """For (epsilon, delta) nobody can be right more often than (e^epsilon + delta) / (1 + e^epsilon)."""
    assert guesses(math.inf, 20) > 0.95
    most = (math.e + 1e-3) / (1 + math.e)
    runs = 80
    assert 0.5 < guesses(1.0, runs) < most + 3 * math.sqrt(most * (1 - most) / (2 * runs))


def test_a_policy_learns_with_a_promise_to_each_person() -> None:
    draw = random.Random(3)
    people = [[press(draw) for _ in range(2)] for _ in range(60)]
    policy, spent = train_privately(people, Privacy(math.inf, steps=40, lot=30, rate=1e-2), seed=1)
    assert (spent.units, spent.epsilon) == (60, math.inf)
    shown = [press(draw) for _ in range(40)]
    right = sum(policy.begin()(one.steps[0][0]) == one.steps[0][1] for one in shown)
    assert right >= 30
    with pytest.raises(BadInput, match="no act"):
        train_privately([[]], Privacy(1.0, 1e-5))
