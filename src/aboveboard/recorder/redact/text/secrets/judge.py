"""Is what a telling word is said to be a secret?

Some hundred small trees that have learnt it. Each asks at every fork whether one feature of ``shape`` is there, and
ends at a number; the sum of the numbers is the answer. ``weights.npz`` and its card ``weights.md`` come from
``scripts/secret_judge``.
"""

import zlib
from importlib import resources

import numpy as np

from aboveboard.recorder.redact.text.secrets.assigned import Candidate
from aboveboard.recorder.redact.text.secrets.shape import features

ROWS = 1 << 16
"""A feature is known by a hash of its name, below this."""
VERSION = 2


def rows(line: str, one: Candidate) -> list[int]:
    """The numbers of the features of a candidate, each once."""
    return sorted({zlib.crc32(feature.encode("utf-8", "replace")) % ROWS for feature in features(line, one)})


class Judge:
    """The trees in memory (under 1 MB). Any thread."""

    def __init__(self, threshold: float | None = None) -> None:
        """``threshold``: a certainty below counts as none; the one in the weights where it is not given."""
        place = resources.files(__package__) / "weights.npz"
        with place.open("rb") as file, np.load(file, allow_pickle=False) as held:
            if int(held["version"]) != VERSION:
                raise ValueError("weights.npz is of another version")
            self._asked = held["asked"].astype(np.intp)
            self._next = held["next"].astype(np.intp).ravel()
            self._worth = held["worth"].astype(np.float32)
            self._roots = held["roots"].astype(np.intp)
            self._depth = int(held["depth"])
            self.threshold = float(held["threshold"]) if threshold is None else threshold
        nodes = len(self._asked)
        whole = len(self._next) == 2 * nodes and len(self._worth) == nodes and 0 < self._depth < 100
        places = np.concatenate([self._next, self._roots])
        if not whole or places.min() < 0 or places.max() >= nodes or self._asked.max() >= ROWS:
            raise ValueError("weights.npz does not hold whole trees")

    def score(self, line: str, one: Candidate) -> float:
        """How sure it is that a candidate of ``line`` is a secret, 0 to 1."""
        there = np.zeros(ROWS, np.bool_)
        there[rows(line, one)] = True
        at = self._roots
        for _ in range(self._depth):
            at = self._next[2 * at + there[self._asked[at]]]
        return 1 / (1 + float(np.exp(-float(np.clip(self._worth[at].sum(), -30, 30)))))

    def certainty(self, line: str, one: Candidate) -> float:
        """The score where it counts as a secret, else 0."""
        score = self.score(line, one)
        return score if score >= self.threshold else 0.0
