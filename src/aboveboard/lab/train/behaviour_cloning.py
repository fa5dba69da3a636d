"""How does a policy learn to click where a person clicked?

Behaviour cloning: for each example the heat map is pulled towards a small blob at the person's click (cross-entropy),
with screens shifted at random so that a target is learnt wherever it stands. Seeded: the same examples on the same
machine give the same policy, up to the rounding of parallel sums.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from aboveboard.base.errors import BadInput
from aboveboard.lab.model.click_policy import CELL, Card, ClickPolicy, HeatMap
from aboveboard.lab.model.sight import Image
from aboveboard.lab.train.examples import Example, Examples

Progress = Callable[[int, int, float], None]
"""Told (steps done, all steps, loss: nats per example)."""
TRIED = 10
"""So often in a training the policy is tried, if anybody asks."""


@dataclass(frozen=True)
class Config:
    """``steps`` of ``batch`` examples each; screens are shifted by up to ``shift`` seen pixels on each axis.

    ``blob`` is the spread (standard deviation) of the target around the click, in cells. ``artefact_id`` names the data
    set, for the policy's card.
    """

    steps: int = 160
    batch: int = 8
    rate: float = 4e-3
    shift: int = 12
    blob: float = 0.7
    seed: int = 0
    threads: int = 2
    artefact_id: str = ""


@dataclass(frozen=True)
class Trained:
    """The policy, the mean ``loss`` of the last tenth of the steps (nats), and how long it took."""

    policy: ClickPolicy
    loss: float
    seconds: float


def train(
    data: Examples,
    config: Config | None = None,
    progress: Progress | None = None,
    tried: Callable[[int, ClickPolicy], None] | None = None,
) -> Trained:
    """Learn from ``data``; ``progress`` after each step. Raises :class:`BadInput` where there is nothing to learn from.

    ``tried`` is given the policy as it is after each tenth of the steps, and may ask it what it would do; that changes
    nothing. All screens must have one size. Takes about 0.1 s a step on two cores.
    """
    config = config or Config()
    _check(data)
    begin = time.monotonic()
    torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed)
    titles = data.titles
    card = Card(titles, data.factor, config.artefact_id, len(data.examples))
    network = HeatMap(len(titles)).train()
    optimizer = torch.optim.AdamW(network.parameters(), lr=config.rate, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, config.rate, total_steps=config.steps, pct_start=0.15)
    draw = np.random.default_rng(config.seed)
    order: list[int] = []
    losses: list[float] = []
    for step in range(config.steps):
        while len(order) < config.batch:
            order += draw.permutation(len(data.examples)).tolist()
        chosen, order = order[: config.batch], order[config.batch :]
        images, tasks, target = _batch([data.examples[index] for index in chosen], titles, config, draw)
        logits = network(images, tasks).flatten(1)
        loss = -(target.flatten(1) * torch.log_softmax(logits, dim=1)).sum(dim=1).mean()
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        losses.append(float(loss.detach()))
        if progress is not None:
            progress(step + 1, config.steps, losses[-1])
        if tried is not None and (step + 1) % max(1, config.steps // TRIED) == 0:
            tried(step + 1, ClickPolicy(network, card))
            network.train()
    tail = losses[-max(1, config.steps // 10) :]
    return Trained(ClickPolicy(network, card), sum(tail) / len(tail), time.monotonic() - begin)


def _check(data: Examples) -> None:
    if not data.examples:
        reasons = ", ".join(f"{count} {reason}" for reason, count in data.left_out.most_common())
        raise BadInput(
            "there is no click to learn from",
            cause=f"the steps were left out: {reasons}" if reasons else "the data set has no steps",
            fix="record clicks in a window whose screen and title are disclosed",
        )
    sizes = {example.image.shape for example in data.examples}
    if len(sizes) > 1:
        raise BadInput(
            f"the screens have {len(sizes)} sizes: {sorted(sizes)}"[:200],
            cause="the recordings come from several displays",
            fix="train on the recordings of one display",
        )


def _batch(
    examples: list[Example], titles: list[str], config: Config, draw: np.random.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Images ``(n, 3, h, w)`` 0 to 1, task numbers ``(n,)``, target heat ``(n, h/4, w/4)`` that sums to 1 each."""
    height, width = examples[0].image.shape[:2]
    images = np.empty((len(examples), height, width, 3), np.uint8)
    rows, columns = math.ceil(height / CELL), math.ceil(width / CELL)
    target = np.empty((len(examples), rows, columns), np.float32)
    for number, example in enumerate(examples):
        across, down = (int(shift) for shift in draw.integers(-config.shift, config.shift + 1, size=2))
        across, down = _kept_inside(example, across, down, width, height)
        images[number] = _shifted(example.image, across, down)
        target[number] = _blob((example.x + across) / CELL, (example.y + down) / CELL, rows, columns, config.blob)
    tasks = torch.tensor([titles.index(example.title) for example in examples])
    return torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255.0, tasks, torch.from_numpy(target)


def _kept_inside(example: Example, across: int, down: int, width: int, height: int) -> tuple[int, int]:
    """The shift, less what would push the click off the screen."""
    across = across if 0 <= example.x + across < width else 0
    down = down if 0 <= example.y + down < height else 0
    return across, down


def _shifted(image: Image, across: int, down: int) -> Image:
    """The image moved right and down; the edge repeats into what becomes free."""
    height, width = image.shape[:2]
    rows = np.clip(np.arange(height) - down, 0, height - 1)
    columns = np.clip(np.arange(width) - across, 0, width - 1)
    shifted: Image = image[rows[:, None], columns[None, :]]
    return shifted


def _blob(x: float, y: float, rows: int, columns: int, spread: float) -> NDArray[np.float32]:
    """A Gaussian around the cell position (x, y), 0.5 being the middle of the first cell; sums to 1."""
    across = np.exp(-0.5 * ((np.arange(columns) + 0.5 - x) / spread) ** 2)
    down = np.exp(-0.5 * ((np.arange(rows) + 0.5 - y) / spread) ** 2)
    heat = np.outer(down, across)
    blob: NDArray[np.float32] = (heat / heat.sum()).astype(np.float32)
    return blob
