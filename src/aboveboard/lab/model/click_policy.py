"""Given the screen and the task, where to click?

A small fully convolutional network: the shrunken screen and the task's embedding go in, a heat map over cells of 4 × 4
seen pixels comes out, and the click goes where it is hottest. It has learnt some titles and refuses any other.
"""

import json
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn

from aboveboard.base.errors import BadInput
from aboveboard.lab.model.sight import Image, shrink

CELL = 4
"""Seen pixels per cell of the heat map, on each axis."""
CHANNELS = 24
EMBEDDING = 16
DILATIONS = (1, 3, 9)
"""How far the blocks look, in cells: together 13 each way, a hundred screen pixels at the usual factor 2."""
FILE_LIMIT_BYTES = 64 * 1024 * 1024
FORMAT = "aboveboard.click_policy.v1"

Heat = NDArray[np.float32]
"""``(rows, columns)`` of cells."""


@dataclass(frozen=True)
class Click:
    """A click at the screen pixel (x, y). ``confidence`` is the heat of its cell and the eight around it, 0 to 1."""

    x: int
    y: int
    confidence: float


@dataclass(frozen=True)
class Card:
    """What a policy was made for and from: kept inside its file.

    ``titles`` are the window titles that it knows, ``factor`` how many times smaller it sees the screen,
    ``artefact_id`` the data set that it learnt from ("" where it has no name), ``examples`` from how many clicks.
    """

    titles: list[str]
    factor: int
    artefact_id: str = ""
    examples: int = 0

    def require(self, title: str) -> None:
        """Raises :class:`BadInput` for a ``title`` that was not learnt."""
        if title not in self.titles:
            raise BadInput(
                f"this policy does not know the window {title[:80]!r}",
                cause=f"it learnt {len(self.titles)}: {', '.join(self.titles)[:300]}",
                fix="record demonstrations of that task and train again",
            )


class _Block(nn.Module):
    """Looks ``dilation`` cells far, in the light of the task."""

    def __init__(self, dilation: int) -> None:
        super().__init__()
        self.look = nn.Conv2d(CHANNELS, CHANNELS, 3, padding=dilation, dilation=dilation)
        self.normal = nn.GroupNorm(8, CHANNELS)
        self.task = nn.Linear(EMBEDDING, 2 * CHANNELS)

    def forward(self, cells: Tensor, task: Tensor) -> Tensor:
        gain, offset = self.task(task)[:, :, None, None].chunk(2, dim=1)
        seen: Tensor = self.normal(self.look(cells))
        return cells + torch.relu(seen * (1.0 + gain) + offset)


class HeatMap(nn.Module):
    """``(n, 3, h, w)`` float 0 to 1 and ``(n,)`` task numbers → ``(n, h/4, w/4)`` logits (rounded up)."""

    def __init__(self, tasks: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, 16, 5, stride=2, padding=2),
            nn.ReLU(),
            nn.Conv2d(16, CHANNELS, 3, stride=2, padding=1),
            nn.ReLU(),
        )
        self.tasks = nn.Embedding(tasks, EMBEDDING)
        self.blocks = nn.ModuleList(_Block(dilation) for dilation in DILATIONS)
        self.heat = nn.Conv2d(CHANNELS, 1, 1)

    def forward(self, images: Tensor, tasks: Tensor) -> Tensor:
        cells = self.stem(images * 2.0 - 1.0)
        task = self.tasks(tasks)
        for block in self.blocks:
            cells = block(cells, task)
        heat: Tensor = self.heat(cells)
        return heat[:, 0]


class ClickPolicy:
    """A trained :class:`HeatMap` and its :class:`Card`."""

    def __init__(self, network: HeatMap, card: Card) -> None:
        self.network = network.eval()
        self.card = card

    def act(self, frame: Image, title: str) -> Click:
        """Where to click on ``frame``, the whole screen as ``(h, w, 3)`` uint8 RGB.

        Raises :class:`BadInput` for a ``title`` that it has not learnt.
        """
        return hottest(self.heat(shrink(frame, self.card.factor), title), frame, self.card.factor)

    def heat(self, image: Image, title: str) -> Heat:
        """How likely a click is in each cell of the shrunken screen ``image``; it sums to 1. Raises as :meth:`act`."""
        task = torch.tensor([self.task(title)])
        seen = torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1)[None].float() / 255.0
        with torch.inference_mode():
            logits = self.network(seen, task)[0]
            heat: Heat = torch.softmax(logits.flatten(), dim=0).reshape(logits.shape).numpy()
        return heat

    def task(self, title: str) -> int:
        """The number of the task that the window's ``title`` tells."""
        self.require(title)
        return self.card.titles.index(title)

    def require(self, title: str) -> None:
        """Raises :class:`BadInput` for a ``title`` that it has not learnt."""
        self.card.require(title)

    def save(self, path: Path) -> None:
        """Write a safetensors file; the card is in its metadata."""
        card = {"format": FORMAT, "card": json.dumps(self.card.__dict__, ensure_ascii=False, sort_keys=True)}
        path.write_bytes(save(self.network.state_dict(), metadata=card))


def load_policy(path: Path) -> ClickPolicy:
    """Read what :meth:`ClickPolicy.save` wrote; raises :class:`BadInput`."""
    if path.stat().st_size > FILE_LIMIT_BYTES:
        raise _bad(path, f"it is larger than {FILE_LIMIT_BYTES} bytes")
    data = path.read_bytes()
    try:
        (length,) = struct.unpack_from("<Q", data)
        metadata = json.loads(data[8 : 8 + length])["__metadata__"]
        if metadata["format"] != FORMAT:
            raise _bad(path, f"its format is {metadata['format'][:40]!r}")
        card = Card(**json.loads(metadata["card"]))
        network = HeatMap(len(card.titles))
        network.load_state_dict(load(data))
    except (struct.error, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise _bad(path, str(error)[:200]) from error
    return ClickPolicy(network, card)


def hottest(heat: Heat, frame: Image, factor: int) -> Click:
    """The click where it is hottest, on the screen ``frame`` that was shrunk ``factor`` times."""
    x, y, confidence = _peak(heat)
    height, width = frame.shape[:2]
    size = CELL * factor
    return Click(min(int(x * size), width - 1), min(int(y * size), height - 1), confidence)


def _peak(heat: NDArray[np.float32]) -> tuple[float, float, float]:
    """The centre of mass of the hottest cell and its neighbours (in cells; 0.5 is mid first cell), and their mass."""
    row, column = np.unravel_index(int(heat.argmax()), heat.shape)
    rows = np.arange(max(0, int(row) - 1), min(heat.shape[0], int(row) + 2))
    columns = np.arange(max(0, int(column) - 1), min(heat.shape[1], int(column) + 2))
    near = heat[np.ix_(rows, columns)].astype(np.float64)
    mass = float(near.sum())
    return (
        float((near.sum(axis=0) * (columns + 0.5)).sum() / mass),
        float((near.sum(axis=1) * (rows + 0.5)).sum() / mass),
        mass,
    )


def _bad(path: Path, why: str) -> BadInput:
    return BadInput(
        f"{path.name} is not a policy that can be read: {why}",
        cause="it is damaged, from another version, or another kind of file",
        fix="train it again",
    )
