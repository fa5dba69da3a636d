"""Which words of a text are names of people, organisations, places, addresses, groups, titles, ages or dates?

1. The text falls into tokens (``tokens``). 2. The model gives each the probability of each kind (``model``).
3. A token is found where the probability that it is something reaches the threshold of its likeliest kind; between two
that are found, less is enough (a comma in an address), and so it is beside one (``reach``).
4. What belongs to a name that was found is found too (``reach``).
5. Neighbours of one kind are one finding, unless the model says that another thing begins.

The thresholds favour covering: a name that is missed is worse than a word that is covered without need.
Nothing is learned or kept from the texts.
"""

from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aboveboard.recorder.redact.text.finding import Finding, Kind
from aboveboard.recorder.redact.text.tagger import reach
from aboveboard.recorder.redact.text.tagger.model import KINDS, Model
from aboveboard.recorder.redact.text.tagger.pinned import SHA256, VERSION
from aboveboard.recorder.redact.text.tagger.stored import load
from aboveboard.recorder.redact.text.tagger.tokens import Tokens, tokenize

NAME = KINDS.index("name")
MODEL = Path(__file__).parent / "tagger.npz"
BETWEEN = 0.8
"""Of the threshold, for a token between two that are found."""
BESIDE = 0.5
"""Of the threshold, for a word with a capital beside one that is found (``reach.beside``)."""


class Tagger:
    """A detector (``finding.Detector``): quick to make, of a few megabytes, may be called from any thread."""

    def __init__(self, model: Model, kinds: Collection[Kind] = KINDS) -> None:
        """``kinds``: what is wanted; the rest is left out."""
        self._model = model
        self._kinds = frozenset(kinds)

    @property
    def name(self) -> str:
        return f"tagger {self._model.version}"

    def find(self, text: str) -> list[Finding]:
        """Disjoint findings in order of place."""
        (found,) = self.find_each([text])
        return found

    def find_each(self, texts: Sequence[str]) -> list[list[Finding]]:
        """As :meth:`find`, of each of several texts: many short ones take half of the time."""
        tokens = [tokenize(text, self._model.tables) for text in texts]
        some = [at for at, one in enumerate(tokens) if len(one.start)]
        chances = dict(zip(some, self._model.tags_of_each([tokens[at] for at in some]), strict=True))
        return [self._found(text, tokens[at], chances[at]) if at in chances else [] for at, text in enumerate(texts)]

    def _found(self, text: str, tokens: Tokens, chances: NDArray[np.float32]) -> list[Finding]:
        """What the model's word on each token comes to."""
        begins, goes_on = chances[:, 1::2], chances[:, 2::2]
        # A token may be a part of a thing of any kind: what counts for "covered or not" is what speaks against nothing.
        by_kind = begins + goes_on
        kind = by_kind.argmax(axis=1)
        some = 1 - chances[:, 0]
        least = self._model.thresholds[kind]
        found = some >= least
        found[1:-1] |= found[:-2] & found[2:] & (some[1:-1] >= least[1:-1] * BETWEEN)
        found |= reach.beside(tokens, found) & (some >= least * BESIDE)
        name = found & (kind == NAME)
        if name.any():
            more = reach.named_again(tokens, name, some)
            more[reach.over_hyphens(text, tokens, name)] = True
            kind[more & ~found] = NAME
            found |= more
        rows = np.flatnonzero(found)
        if not len(rows):
            return []
        kinds, starts, ends, certain = kind[rows], tokens.start[rows], tokens.end[rows], some[rows]
        new = np.ones(len(rows), bool)
        fresh = begins[rows, kinds] > goes_on[rows, kinds]
        new[1:] = (np.diff(rows) != 1) | (np.diff(kinds) != 0) | fresh[1:]
        first = np.flatnonzero(new)
        last = np.append(first[1:], len(rows)) - 1
        sure = np.maximum.reduceat(certain, first)
        edges = np.flatnonzero(reach.inner(tokens, rows))
        begin, end = np.searchsorted(edges, first), np.searchsorted(edges, last, "right") - 1
        some_word = begin <= end
        first, last, sure = edges[begin[some_word]], edges[end[some_word]], sure[some_word]
        return [
            Finding(start, end, KINDS[which], min(1.0, max(chance, 1e-6)), self.name)
            for start, end, which, chance in zip(
                starts[first].tolist(),
                ends[last].tolist(),
                kinds[first].tolist(),
                sure.tolist(),
                strict=True,
            )
            if KINDS[which] in self._kinds
        ]


def load_tagger(kinds: Collection[Kind] = KINDS) -> Tagger:
    """The tagger with this package's model. Raises ``stored.ModelError`` if that is missing or not the right one."""
    return Tagger(load(MODEL, SHA256, VERSION), kinds)
