"""How does the tagger learn? The same layers as ``tagger/model.py``, in torch, on one thread of a CPU.

A word is sometimes taken for an unknown one (of a name often), so that form and context must do. Training goes on where
it was stopped: its state rests beside the corpus every few hundred steps.
"""

import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

from aboveboard.recorder.redact.text.tagger.model import DILATIONS, TAGS
from aboveboard.recorder.redact.text.tagger.tokens import SHAPES

from .encode import Encoded

DEPTH, WIDTH, BUCKETS, VOCABULARY = 64, 96, 1 << 15, (1 << 15) - 1
UNKNOWN_PERSONAL, UNKNOWN_PLAIN = 0.35, 0.15


class Net(nn.Module):
    def __init__(self, words: int) -> None:
        super().__init__()
        self.word = nn.Embedding(words + 1, DEPTH)
        self.part = nn.EmbeddingBag(BUCKETS, DEPTH, mode="mean")
        self.shape = nn.Embedding(SHAPES, DEPTH)
        for table in (self.word, self.part, self.shape):
            nn.init.normal_(table.weight, std=0.1)
        self.inlet = nn.Linear(DEPTH, WIDTH)
        self.layers = nn.ModuleList(nn.Linear(3 * WIDTH, WIDTH) for _ in DILATIONS)
        self.outlet = nn.Linear(WIDTH, TAGS)
        self.drop = nn.Dropout(0.15)

    def forward(self, rows, bags, offsets, place, shape, mask):
        seen = self.word(rows) + self.part(bags, offsets)[place] + self.shape(shape)
        state = torch.relu(self.inlet(self.drop(seen))) * mask
        for layer, reach in zip(self.layers, DILATIONS, strict=True):
            before = nn.functional.pad(state, (0, 0, reach, 0))[:, : state.shape[1]]
            after = nn.functional.pad(state, (0, 0, 0, reach))[:, reach:]
            state = (state + self.drop(torch.relu(layer(torch.cat([before, state, after], dim=2))))) * mask
        return self.outlet(state)


class Batches:
    """Texts of similar length together, about ``tokens`` tokens each, in a new order each time."""

    def __init__(self, data: Encoded, row_of_word: np.ndarray, tokens: int = 6000) -> None:
        self.data, self.row_of_word, self.tokens = data, row_of_word, tokens
        self.length = np.diff(data.first)

    def order(self, rng: np.random.Generator) -> list[np.ndarray]:
        shuffled = rng.permutation(len(self.length))
        batches = []
        for begin in range(0, len(shuffled), 8000):
            part = shuffled[begin : begin + 8000]
            part = part[np.argsort(self.length[part], kind="stable")]
            edges = np.cumsum(self.length[part]) // self.tokens
            batches += np.split(part, np.flatnonzero(np.diff(edges)) + 1)
        return [batches[k] for k in rng.permutation(len(batches))]

    def make(self, texts: np.ndarray, rng: np.random.Generator | None) -> tuple[torch.Tensor, ...]:
        data, longest = self.data, int(self.length[texts].max())
        at = data.first[texts][:, None] + np.arange(longest)
        mask = np.arange(longest) < self.length[texts][:, None]
        at = np.where(mask, at, 0)
        word, shape, tag = data.word[at], np.where(mask, data.shape[at], 0), np.where(mask, data.tag[at], -1)
        distinct, place = np.unique(word, return_inverse=True)
        rows = self.row_of_word[word]
        if rng is not None:
            forget = rng.random(rows.shape) < np.where(tag > 0, UNKNOWN_PERSONAL, UNKNOWN_PLAIN)
            rows = np.where(forget, 0, rows)
        count = data.bag[distinct + 1] - data.bag[distinct]
        offsets = np.cumsum(count) - count
        bags = data.bucket[np.repeat(data.bag[distinct] - offsets, count) + np.arange(count.sum())]
        made = (
            rows,
            bags,
            offsets,
            place.reshape(word.shape),
            shape.astype(np.int64),
            mask[:, :, None].astype(np.float32),
            tag,
        )
        return tuple(
            torch.from_numpy(np.ascontiguousarray(one if one.dtype == np.float32 else one.astype(np.int64)))
            for one in made
        )


def choose_vocabulary(data: Encoded, least: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """The known words (sorted short hashes), and the row of each distinct word."""
    counts = np.bincount(data.word, minlength=len(data.words))
    frequent = np.argsort(-counts, kind="stable")[:VOCABULARY]
    frequent = frequent[counts[frequent] >= least]
    short = (data.words >> np.uint64(32)).astype(np.uint32)
    vocabulary = np.unique(short[frequent])
    place = np.minimum(np.searchsorted(vocabulary, short), len(vocabulary) - 1)
    return vocabulary, np.where(vocabulary[place] == short, place + 1, 0)


def train(data: Encoded, rows: np.ndarray, known: int, work: Path, epochs: int, seed: int = 1) -> Net:
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    net, batches = Net(known), Batches(data, rows)
    per_epoch = len(batches.order(np.random.default_rng(seed)))
    total = per_epoch * epochs
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=1e-4, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=total + 1, pct_start=0.1)
    resting, step = work / "training.pt", 0
    if resting.exists():
        state = torch.load(resting, weights_only=True)
        if state["total"] == total:
            net.load_state_dict(state["net"])
            optimizer.load_state_dict(state["optimizer"])
            schedule.load_state_dict(state["schedule"])
            step = state["step"]
    began, shown = time.monotonic(), 0.0
    net.train()
    for epoch in range(epochs):
        order = batches.order(np.random.default_rng(seed * 1000 + epoch))
        for place, texts in enumerate(order):
            if epoch * per_epoch + place < step or step >= total:
                continue
            *inputs, tag = batches.make(texts, np.random.default_rng(seed * 100_000 + step))
            scores = net(*inputs)
            loss = nn.functional.cross_entropy(scores.reshape(-1, TAGS), tag.reshape(-1), ignore_index=-1)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            step += 1
            shown = 0.98 * shown + 0.02 * float(loss.detach()) if shown else float(loss.detach())
            if step % 50 == 0:
                print(f"step {step}/{total} loss {shown:.4f} {time.monotonic() - began:.0f} s", flush=True)
            if step % 400 == 0:
                _rest(resting, net, optimizer, schedule, step, total)
    resting.unlink(missing_ok=True)
    return net.eval()


def _rest(path: Path, net: Net, optimizer: torch.optim.Optimizer, schedule: object, step: int, total: int) -> None:
    state = {"net": net.state_dict(), "optimizer": optimizer.state_dict(), "step": step, "total": total}
    state["schedule"] = schedule.state_dict()  # type: ignore[attr-defined]
    torch.save(state, path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)
