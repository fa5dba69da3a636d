"""What did somebody do, and when and where, by the look of the screen alone?

No events of mouse or keyboard, no accessibility: only what changed between frames, before and after. One network says
of each change which kind of action shows in it, if any, and how long before it was; neighbours that go on (letters,
turns of a wheel) are one action; a second network says which place of those that changed it was at. As in VPT (Baker et
al., NeurIPS 2022) it may look at what came after. What it says is a guess and never what was recorded.
"""

import json
import struct
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated

import torch
from msgspec import Meta, convert
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn

from aboveboard.base.clock import MILLISECOND_NS
from aboveboard.base.errors import BadInput
from aboveboard.lab.model.change_features import (
    CHANGE_FEATURES,
    KINDS,
    PLACE_FEATURES,
    PLACED,
    SCROLLS,
    Kind,
    Places,
    change_rows,
    places,
)
from aboveboard.lab.model.screen_changes import Box, Change, column

FORMAT = "aboveboard inverse dynamics 1"
FILE_LIMIT_BYTES = 16 * 1024 * 1024
HIDDEN, DROPOUT = 64, 0.1
DELAY_NS = 100 * MILLISECOND_NS
"""The unit in which it is learnt how long before a change its action began."""
LONGEST_DELAY = 4.0
NEAR_PX = 30.0
"""So near the one place that is said, others count as the same."""
GOES_ON_NS: dict[Kind, int] = {
    "click": 150 * MILLISECOND_NS,
    "double_click": 500 * MILLISECOND_NS,
    "drag": 500 * MILLISECOND_NS,
    "scroll_up": 400 * MILLISECOND_NS,
    "scroll_down": 400 * MILLISECOND_NS,
    "type": 2_000 * MILLISECOND_NS,
    "key": 150 * MILLISECOND_NS,
}
"""A change of the same kind so soon after is of the same action, if no other lies between."""


@dataclass(frozen=True)
class Guess:
    """An action that a model reads from the screen: when it began, and the last change that shows it (wall time, or
    time in the film); where, in screen pixels (``None`` for what is not done at a place).

    ``likely`` is how sure the model is of the kind, and ``placed`` that it was within :data:`NEAR_PX` of there, 0 to 1.
    ``first`` and ``last`` number the changes that show it. ``area`` is what moved, of a scroll: it was somewhere there.
    """

    kind: Kind
    time_ns: int
    end_ns: int
    x: float | None
    y: float | None
    likely: float
    placed: float
    first: int
    last: int
    area: Box | None = None


@dataclass(frozen=True)
class InverseCard:
    """What it was trained on: so many stretches of sessions, and actions in them that the screen showed. ``members``:
    networks of either sort, of which the mean is asked.
    """

    stretches: int
    actions: int
    seed: int
    members: Annotated[int, Meta(ge=1, le=16)]


class Net(nn.Module):
    """``(n, features)`` → ``(n, out)``; what comes in is standardised."""

    mean: Tensor
    spread: Tensor

    def __init__(self, features: int, out: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("spread", torch.ones(features))
        self.layers = nn.Sequential(
            nn.Linear(features, HIDDEN),
            nn.ReLU(),
            nn.Dropout(DROPOUT),
            nn.Linear(HIDDEN, HIDDEN // 2),
            nn.ReLU(),
            nn.Linear(HIDDEN // 2, out),
        )

    def forward(self, rows: Tensor) -> Tensor:
        scores: Tensor = self.layers(((rows - self.mean) / self.spread).clamp(-5.0, 5.0))
        return scores

    def standardise(self, rows: Tensor) -> None:
        """Take mean and spread from what it is to be trained on."""
        self.mean.copy_(rows.mean(dim=0))
        self.spread.copy_(rows.std(dim=0).clamp(min=1e-3))


class InverseDynamics:
    """Trained networks and their :class:`InverseCard`."""

    def __init__(self, kinds: Sequence[Net], where: Sequence[Net], card: InverseCard) -> None:
        self.kinds, self.where, self.card = [one.eval() for one in kinds], [one.eval() for one in where], card

    @torch.inference_mode()
    def label(self, changes: Sequence[Change]) -> list[Guess]:
        """What was done, in order. ``changes`` are those of one session, in order."""
        if not changes:
            return []
        rows = torch.from_numpy(change_rows(changes))
        told = torch.stack([one(rows) for one in self.kinds])
        sure, best = (each.tolist() for each in torch.softmax(told[:, :, :-1], dim=2).mean(dim=0).max(dim=1))
        delays = (told[:, :, -1].mean(dim=0).clamp(0.0, LONGEST_DELAY) * DELAY_NS).long().tolist()
        found: list[Guess] = []
        for at, change in enumerate(changes):
            kind = (*KINDS, "")[best[at]]
            if not kind:
                continue
            if found and found[-1].kind == kind and change.time_ns - found[-1].end_ns <= GOES_ON_NS[kind]:
                found[-1] = replace(found[-1], end_ns=change.time_ns, last=at)
                continue
            x, y, placed = self._place(places(changes, at, kind)) if kind in PLACED else (None, None, 0.0)
            area = column(change.boxes) if kind in SCROLLS else None
            begin_ns = change.time_ns - delays[at]
            found.append(Guess(kind, begin_ns, change.time_ns, x, y, sure[at], placed, at, at, area))
        return found

    def _place(self, offered: Places) -> tuple[float, float, float]:
        rows, points = torch.from_numpy(offered.rows), torch.from_numpy(offered.points)
        chances = torch.softmax(torch.stack([one(rows)[:, 0] for one in self.where]), dim=1).mean(dim=0)
        x, y = points[int(chances.argmax())].tolist()
        near = torch.hypot(points[:, 0] - x, points[:, 1] - y) <= NEAR_PX
        return x, y, float(chances[near].sum())

    def save(self, path: Path) -> None:
        """Write a safetensors file; the card is in its metadata."""
        tensors = {
            f"{name}.{number}.{key}": value
            for name, nets in (("kinds", self.kinds), ("where", self.where))
            for number, net in enumerate(nets)
            for key, value in net.state_dict().items()
        }
        path.write_bytes(save(tensors, metadata={"format": FORMAT, "card": json.dumps(asdict(self.card))}))


def new_nets() -> tuple[Net, Net]:
    """Untrained: of kinds (one more for none, and last the delay in :data:`DELAY_NS`), and of places."""
    return Net(CHANGE_FEATURES, len(KINDS) + 2), Net(PLACE_FEATURES, 1)


def load_inverse_dynamics(path: Path) -> InverseDynamics:
    """Read what :meth:`InverseDynamics.save` wrote; raises :class:`BadInput`."""
    if path.stat().st_size > FILE_LIMIT_BYTES:
        raise _bad(path, f"it is larger than {FILE_LIMIT_BYTES} bytes")
    data = path.read_bytes()
    try:
        (length,) = struct.unpack_from("<Q", data)
        metadata = json.loads(data[8 : 8 + length])["__metadata__"]
        if metadata["format"] != FORMAT:
            raise _bad(path, f"its format is {metadata['format'][:40]!r}")
        card = convert(json.loads(metadata["card"]), InverseCard)
        tensors = load(data)
        nets = [new_nets() for _ in range(card.members)]
        for number, pair in enumerate(nets):
            for name, net in zip(("kinds", "where"), pair, strict=True):
                start = f"{name}.{number}."
                own = {key.removeprefix(start): each for key, each in tensors.items() if key.startswith(start)}
                net.load_state_dict(own)
    except (struct.error, ValueError, KeyError, TypeError, AttributeError, RuntimeError, SafetensorError) as error:
        raise _bad(path, str(error)[:200]) from error
    return InverseDynamics([kinds for kinds, _ in nets], [where for _, where in nets], card)


def _bad(path: Path, why: str) -> BadInput:
    return BadInput(
        f"{path.name} is not a model of what was done that can be read: {why}",
        cause="it is damaged, from another version, or another kind of file",
        fix="train it again",
    )
