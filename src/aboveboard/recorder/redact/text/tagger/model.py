"""What does the model say about each token?

The arrays are plain: tables of 8-bit numbers by word, part and shape, then a few dilated convolutions over the
neighbouring tokens. A token is judged from some thirty tokens around it. ``stored`` reads a model from its file.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aboveboard.recorder.redact.text.finding import Kind
from aboveboard.recorder.redact.text.tagger.features import distinct, parts_of, rows_of
from aboveboard.recorder.redact.text.tagger.tokens import Tables, Tokens, joined

DILATIONS = (1, 2, 4, 8)
REACH = sum(DILATIONS)
"""So many tokens on each side have a say about a token."""
KINDS: tuple[Kind, ...] = ("name", "organisation", "place", "address", "group", "title", "age", "date")
TAGS = 1 + 2 * len(KINDS)
"""0: nothing; 1 + 2k: a thing of kind k begins here; 2 + 2k: it goes on."""
APART = max(DILATIONS)
"""So many rows of nothing between two texts, and neither has a say about the other."""
WINDOW = 1024
"""So many tokens are judged at a time, so that memory stays small whatever the text is."""


@dataclass(frozen=True, slots=True)
class Layer:
    """What comes in is multiplied by ``weight`` (in, out), then ``bias`` is added."""

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Model:
    """``word``, ``part``, ``shape``: int8 tables with one row each, times ``scales``; ``thresholds`` by kind."""

    version: int
    tables: Tables
    vocabulary: NDArray[np.uint32]
    word: NDArray[np.int8]
    part: NDArray[np.int8]
    shape: NDArray[np.int8]
    scales: NDArray[np.float32]
    inlet: Layer
    layers: tuple[Layer, ...]
    outlet: Layer
    thresholds: NDArray[np.float32]

    def tags(self, tokens: Tokens) -> NDArray[np.float32]:
        """The probability of each tag for each token: shape (tokens, :data:`TAGS`)."""
        count = len(tokens.start)
        seen = self._seen(tokens)
        out = np.empty((count, TAGS), np.float32)
        for begin in range(0, count, WINDOW):
            low, high = max(0, begin - REACH), min(count, begin + WINDOW + REACH)
            judged = self._judge(seen[low:high])
            out[begin : begin + WINDOW] = judged[begin - low : begin - low + WINDOW]
        return out

    def tags_of_each(self, texts: Sequence[Tokens]) -> list[NDArray[np.float32]]:
        """As :meth:`tags`, of each of several texts: many short ones take a third of the time."""
        if len(texts) < 2 or sum(len(one.start) + APART for one in texts) > WINDOW:
            return [self.tags(one) for one in texts]
        rows = [np.empty(0, np.int64)]
        end = 0
        for one in texts:
            rows.append(np.arange(end, end + len(one.start)))
            end += len(one.start) + APART
        places = np.concatenate(rows)
        seen = np.zeros((end, self.shape.shape[1]), np.float32)
        there = np.zeros((end, 1), np.float32)
        seen[places], there[places] = self._seen(joined(texts)), 1
        judged = self._judge(seen, there)
        return [judged[row] for row in rows[1:]]

    def _seen(self, tokens: Tokens) -> NDArray[np.float32]:
        """What each token looks like by itself."""
        chosen, place = distinct(tokens)
        parts = parts_of(tokens, chosen, len(self.part))
        gathered = self.part[parts.bucket].astype(np.float32)
        looks = np.add.reduceat(gathered, parts.first, axis=0)
        looks *= (self.scales[1] / np.maximum(parts.count, 1)).astype(np.float32)[:, None]
        looks += self.word[rows_of(tokens.word[chosen], self.vocabulary)] * self.scales[0]
        seen: NDArray[np.float32] = looks[place]
        seen += self.shape[tokens.shape] * self.scales[2]
        return seen

    def _judge(self, seen: NDArray[np.float32], there: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
        """Probabilities for a run of tokens; beyond its ends, and where ``there`` is 0, there is nothing."""
        state = np.maximum(seen @ self.inlet.weight + self.inlet.bias, 0)
        if there is not None:
            state *= there
        count, width = state.shape
        for layer, reach in zip(self.layers, DILATIONS, strict=True):
            wide = np.zeros((count, 3, width), np.float32)
            wide[:, 1] = state
            if count > reach:
                wide[reach:, 0] = state[:-reach]
                wide[:-reach, 2] = state[reach:]
            state = state + np.maximum(wide.reshape(count, 3 * width) @ layer.weight + layer.bias, 0)
            if there is not None:
                state *= there
        scores = state @ self.outlet.weight + self.outlet.bias
        scores -= scores.max(axis=1, keepdims=True)
        np.exp(scores, out=scores)
        chances: NDArray[np.float32] = scores / scores.sum(axis=1, keepdims=True)
        return chances
