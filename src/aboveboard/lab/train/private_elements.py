"""How does a policy over elements learn without anybody being able to tell whether one person was there?

By :mod:`aboveboard.lab.train.private`. Whatever else the usual training takes from the data is fixed beforehand: how
numbers are scaled, the vectors of words (drawn at random: equal words are alike, and no others), and how rare a word
is (all alike). One network for where to act and one for what to type, learnt together for one budget.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from aboveboard.base.errors import BadInput
from aboveboard.lab.model.agreement import Rarity
from aboveboard.lab.model.element_policy import ElementCard, ElementPolicy
from aboveboard.lab.model.scorer import Scorer, batch_of, log_shares
from aboveboard.lab.train.element_cloning import Decision, Demonstration, decisions, loss_of, no_span
from aboveboard.lab.train.private import Privacy, Progress, Spent, fit

MEAN, SPREAD = 0.25, 0.5
"""Of every number that a row has; most lie between 0 and 1. Chosen once, and not from the data at hand."""
ALL_ALIKE = Rarity({}, 1)


@dataclass(frozen=True)
class _Seen:
    """Some decisions of one unit, as the last layers of a network are given them."""

    features: Tensor
    decision: Tensor
    decisions: Sequence[Decision]


Unit = tuple[_Seen | None, _Seen | None]
"""Where one unit acted, and what it typed."""


def train_privately(
    units: Sequence[Sequence[Demonstration]],
    privacy: Privacy,
    progress: Progress | None = None,
    *,
    seed: int | None = None,
) -> tuple[ElementPolicy, Spent]:
    """Learn from ``units``: each is all that one person did, or one attempt; that is to whom the promise is made.

    Raises :class:`BadInput` where there is nothing to learn from, or epsilon and delta promise nothing.
    """
    cut = [decisions(unit, ALL_ALIKE) for unit in units]
    shown = next((one.targets[0] for one in cut if one.targets), None)
    if shown is None:
        raise BadInput("there is no act to learn from", cause="no unit acts on an element", fix="give others")
    torch.manual_seed(0)  # how the networks begin says nothing of anybody
    widths = shown.rows.dense.shape[1], no_span()[0].dense.shape[1]
    targets, spans = _blank(widths[0]), _blank(widths[1])
    seen: list[Unit] = [(_seen(targets, one.targets), _seen(spans, one.spans)) for one in cut]

    def loss(unit: Unit) -> Tensor:
        parts = [_loss(scorer, part) for scorer, part in zip((targets, spans), unit, strict=True)]
        return parts[0] + parts[1]

    parameters = [*targets.layers.parameters(), *spans.layers.parameters()]
    spent = fit(parameters, seen, loss, privacy, progress, seed=seed)
    card = ElementCard(ALL_ALIKE, widths, 1, demonstrations=sum(len(unit) for unit in units))
    return ElementPolicy([targets], [spans], card), spent


def _blank(width: int) -> Scorer:
    scorer = Scorer(width).eval()
    scorer.mean.fill_(MEAN)
    scorer.spread.fill_(SPREAD)
    return scorer


def _seen(scorer: Scorer, made: Sequence[Decision]) -> _Seen | None:
    if not made:
        return None
    batch = batch_of([one.rows for one in made])
    with torch.no_grad():
        return _Seen(scorer.features(batch), batch.decision, made)


def _loss(scorer: Scorer, seen: _Seen | None) -> Tensor:
    """The mean over decisions; where there are none, 0 times the parameters."""
    if seen is None:
        return torch.stack([one.sum() for one in scorer.layers.parameters()]).sum() * 0.0
    shares = log_shares(scorer.layers(seen.features)[:, 0], seen.decision, len(seen.decisions))
    return loss_of(shares, seen.decisions)
