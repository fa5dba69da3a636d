"""Is what a telling word is said to be a secret?

A small network that has learnt it: the features of ``shape`` are looked up in a table, added up, and weighed once more.
``weights.npz`` and its card ``weights.md`` come from ``scripts/secret_judge/train.py``.
"""

import zlib
from importlib import resources

import numpy as np

from aboveboard.recorder.redact.text.secrets.assigned import Candidate
from aboveboard.recorder.redact.text.secrets.shape import features

ROWS = 1 << 14
"""Features share the rows of the table; which one is a hash of the feature."""
VERSION = 1


def rows(line: str, one: Candidate) -> list[int]:
    """The rows of the table that speak of a candidate, each once."""
    return sorted({zlib.crc32(feature.encode("utf-8", "replace")) % ROWS for feature in features(line, one)})


class Judge:
    """The weights in memory (0.6 MB). Any thread."""

    def __init__(self, threshold: float | None = None) -> None:
        """``threshold``: a certainty below counts as none; the one in the weights where it is not given."""
        place = resources.files(__package__) / "weights.npz"
        with place.open("rb") as file, np.load(file, allow_pickle=False) as held:
            if int(held["version"]) != VERSION or held["table"].shape[0] != ROWS:
                raise ValueError("weights.npz is of another version")
            self._table = held["table"].astype(np.float32) * held["scale"].astype(np.float32)
            self._hidden = held["hidden"].astype(np.float32)
            self._hidden_bias = held["hidden_bias"].astype(np.float32)
            self._last = held["last"].astype(np.float32)
            self._bias = float(held["bias"])
            self.threshold = float(held["threshold"]) if threshold is None else threshold

    def score(self, line: str, one: Candidate) -> float:
        """How sure it is that a candidate of ``line`` is a secret, 0 to 1."""
        summed = self._table[rows(line, one)].sum(axis=0)
        hidden = np.maximum(self._hidden @ np.tanh(summed[1:]) + self._hidden_bias, 0)
        raised = float(np.clip(self._last @ hidden + summed[0] + self._bias, -30, 30))
        return 1 / (1 + float(np.exp(-raised)))

    def certainty(self, line: str, one: Candidate) -> float:
        """The score where it counts as a secret, else 0."""
        score = self.score(line, one)
        return score if score >= self.threshold else 0.0
