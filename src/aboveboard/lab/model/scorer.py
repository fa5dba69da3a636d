"""A small network that scores the rows of a decision.

Dense numbers come in standardised; words come in as means of learnt vectors. How alike an element's words and the
instruction's are is learnt too: at first only equal words are alike, later those that stand for each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from aboveboard.lab.model.element_features import TOKENS, Rows

WIDTH, MEANING, HIDDEN = 16, 24, 96
DROPOUT, DENSE_DROPOUT = 0.15, 0.1


@dataclass(frozen=True)
class Batch:
    """Several decisions laid one after the other: ``decision`` ``(n,)`` says of which each row is."""

    dense: Tensor
    own: Tensor
    said: Tensor
    asked: Tensor
    last: Tensor
    decision: Tensor


def batch_of(many: Sequence[Rows]) -> Batch:
    """Lay the rows of several decisions one after the other."""
    return Batch(
        torch.cat([torch.from_numpy(one.dense) for one in many]),
        torch.cat([torch.from_numpy(one.own) for one in many]),
        torch.cat([torch.from_numpy(one.said) for one in many]),
        torch.stack([torch.from_numpy(one.asked) for one in many]),
        torch.stack([torch.from_numpy(one.last) for one in many]),
        torch.repeat_interleave(torch.arange(len(many)), torch.tensor([len(one.places) for one in many])),
    )


class Scorer(nn.Module):
    """Rows of ``dense`` numbers and hashed words → a score each, ``(n,)``."""

    mean: Tensor
    spread: Tensor

    def __init__(self, dense: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(dense))
        self.register_buffer("spread", torch.ones(dense))
        self.known = nn.Embedding(TOKENS, WIDTH, padding_idx=0)
        self.asked = nn.Embedding(TOKENS, WIDTH, padding_idx=0)
        self.meaning = nn.Embedding(TOKENS, MEANING, padding_idx=0)
        for table in (self.known, self.asked):
            nn.init.normal_(table.weight, std=0.1)
        self.layers = nn.Sequential(
            nn.Linear(dense + 4 * WIDTH + 2, HIDDEN),
            nn.ReLU(),
            nn.Dropout(DROPOUT),
            nn.Linear(HIDDEN, HIDDEN // 2),
            nn.ReLU(),
            nn.Linear(HIDDEN // 2, 1),
        )
        self.drop = nn.Dropout(DROPOUT)
        self.drop_dense = nn.Dropout(DENSE_DROPOUT)

    def forward(self, batch: Batch) -> Tensor:
        scores: Tensor = self.layers(self.features(batch))
        return scores[:, 0]

    def features(self, batch: Batch) -> Tensor:
        """What the layers are given of each row."""
        at = batch.decision
        dense = self.drop_dense(((batch.dense - self.mean) / self.spread).clamp(-4.0, 4.0))
        own = self.drop(_mean(self.known, batch.own))
        asked = self.drop(_mean(self.asked, batch.asked))[at]
        last = self.drop(_mean(self.known, batch.last))[at]
        said = nn.functional.normalize(self.meaning(batch.said), dim=-1)
        wanted = nn.functional.normalize(self.meaning(batch.asked), dim=-1)[at]
        alike = torch.einsum("nsd,nad->nsa", said, wanted).amax(dim=2)
        there = (batch.said > 0).float()
        alike = torch.stack([(alike * there).amax(dim=1), (alike * there).sum(1) / there.sum(1).clamp(min=1.0)], dim=1)
        return torch.cat([dense, own, asked, last, own * asked * 4.0, alike], dim=1)


def log_shares(scores: Tensor, decision: Tensor, decisions: int) -> Tensor:
    """Log-softmax within each decision."""
    top = torch.full((decisions,), -torch.inf).scatter_reduce(0, decision, scores.detach(), "amax")
    shifted = scores - top[decision]
    total = torch.zeros(decisions).index_add(0, decision, shifted.exp())
    return shifted - total.log()[decision]


def _mean(table: nn.Embedding, numbers: Tensor) -> Tensor:
    """The mean of the words that are there, ``(n, width)``."""
    there = (numbers > 0).float()
    mean: Tensor = table(numbers).sum(dim=1) / there.sum(dim=1, keepdim=True).clamp(min=1.0)
    return mean
