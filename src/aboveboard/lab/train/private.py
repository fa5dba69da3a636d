"""How is something learnt so that nobody can tell whether one unit was there: a person, an attempt, a click?

DP-SGD (Abadi et al., CCS 2016). Each step draws every unit by chance on its own, brings the gradient of each unit down
to the length ``clip``, adds them up, adds noise, and goes on from there. The accountant is Opacus's, by Renyi
differential privacy. What holds is (epsilon, delta) for all steps together, for adding or removing one unit, however
much it holds. How many units there are is not kept secret, and neither is what was chosen before by hand.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

import torch
from torch import Tensor, nn

from aboveboard.base.errors import BadInput

Unit = TypeVar("Unit")
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Privacy:
    """``steps`` of about ``lot`` units each. An ``epsilon`` of infinity clips and adds no noise.

    ``delta`` should be well below one over the number of units.
    """

    epsilon: float
    delta: float = 1e-5
    steps: int = 200
    lot: int = 200
    clip: float = 1.0
    rate: float = 2e-3

    def share(self, units: int) -> float:
        """How likely each unit is in a step."""
        return min(1.0, self.lot / units)

    def noise(self, units: int) -> float:
        """The noise's standard deviation as a multiple of ``clip``; raises :class:`BadInput` where none is enough."""
        if math.isinf(self.epsilon):
            return 0.0
        if not (self.epsilon > 0 and 0 < self.delta < 1 / max(units, 1)):
            raise BadInput(
                f"epsilon {self.epsilon} and delta {self.delta} promise {units} units nothing",
                cause="epsilon must be above 0, and delta below one over the number of units",
                fix="choose a smaller delta, or give more data",
            )
        return _noise(self.epsilon, self.delta, self.share(units), self.steps)

    def spent(self, units: int, noise: float) -> float:
        """The epsilon that all steps together have with this noise."""
        if not noise:
            return math.inf
        return _epsilon(noise, self.delta, self.share(units), self.steps)


@cache
def _noise(epsilon: float, delta: float, share: float, steps: int) -> float:
    from opacus.accountants.utils import get_noise_multiplier  # type: ignore[import-untyped]

    found: float = get_noise_multiplier(
        target_epsilon=epsilon, target_delta=delta, sample_rate=share, steps=steps, accountant="rdp"
    )
    return found


@cache
def _epsilon(noise: float, delta: float, share: float, steps: int) -> float:
    from opacus.accountants import RDPAccountant  # type: ignore[import-untyped]

    accountant = RDPAccountant()
    accountant.history = [(noise, share, steps)]
    return float(accountant.get_epsilon(delta))


@dataclass(frozen=True)
class Spent:
    """What was promised: ``epsilon`` and ``delta`` for one of ``units``, with noise of so many times the clip."""

    epsilon: float
    delta: float
    units: int
    noise: float


def clipped_sum(
    parameters: Sequence[nn.Parameter], units: Sequence[Unit], loss: Callable[[Unit], Tensor], clip: float
) -> list[Tensor]:
    """The gradients of each unit's loss, each brought down to length ``clip``, added up: one unit more or less moves
    the sum by at most ``clip``."""
    total = [torch.zeros_like(one) for one in parameters]
    for unit in units:
        gradients = torch.autograd.grad(loss(unit), list(parameters))
        length = math.sqrt(sum(float(one.square().sum()) for one in gradients))
        if not math.isfinite(length):
            continue
        scale = min(1.0, clip / max(length, 1e-12))
        for sum_, gradient in zip(total, gradients, strict=True):
            sum_.add_(gradient, alpha=scale)
    return total


def fit(
    parameters: Sequence[nn.Parameter],
    units: Sequence[Unit],
    loss: Callable[[Unit], Tensor],
    privacy: Privacy,
    progress: Progress | None = None,
    *,
    seed: int | None = None,
) -> Spent:
    """Learn ``parameters`` from ``units``; ``loss`` is that of one. Without a ``seed`` chance is the system's own.

    With one, whoever knows it can take the noise away again: only for tests and measurements.
    """
    if not units:
        raise BadInput("there is nothing to learn from", cause="there are no units", fix="give another data set")
    noise, share = privacy.noise(len(units)), privacy.share(len(units))
    generator = torch.Generator()
    generator.manual_seed(seed) if seed is not None else generator.seed()
    optimizer = torch.optim.Adam(list(parameters), lr=privacy.rate)
    for step in range(privacy.steps):
        drawn = torch.rand(len(units), generator=generator) < share
        total = clipped_sum(parameters, [units[place] for place in drawn.nonzero()[:, 0]], loss, privacy.clip)
        for one, sum_ in zip(parameters, total, strict=True):
            random = torch.randn(sum_.shape, generator=generator)
            one.grad = (sum_ + noise * privacy.clip * random) / (share * len(units))
        optimizer.step()
        if progress is not None:
            progress(step + 1, privacy.steps)
    return Spent(privacy.spent(len(units), noise), privacy.delta, len(units), noise)
