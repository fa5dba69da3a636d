"""Which rows of the model's tables say what a token looks like?

Of each distinct word: its row in the vocabulary (0: unknown, which is itself telling), and the buckets of its parts of
three and four letters, with its beginning and end marked. Only hashes are kept in the model, no list of words.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aboveboard.recorder.redact.text.tagger.tokens import Tokens

_EDGE_FIRST, _EDGE_LAST = 1, 2
_MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0x165667B19E3779F9))
_LAST = np.uint64(0x27D4EB2F165667C5)


@dataclass(frozen=True, slots=True)
class Parts:
    """The buckets of the parts of several words, one after the other: those of word k begin at ``first[k]``."""

    bucket: NDArray[np.int64]
    first: NDArray[np.int64]
    count: NDArray[np.int64]


def distinct(tokens: Tokens) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """One token for each distinct word, and for each token the place of its word among them."""
    _, chosen, place = np.unique(tokens.word, return_index=True, return_inverse=True)
    return chosen.astype(np.int64), place.astype(np.int64)


def parts_of(tokens: Tokens, chosen: NDArray[np.int64], buckets: int) -> Parts:
    """The parts of the tokens ``chosen``; ``buckets`` is a power of two."""
    length = (tokens.end - tokens.start)[chosen]
    begin = _offsets(tokens.end - tokens.start)[chosen]
    room = length + 2
    at = _offsets(room)
    total = int(at[-1] + room[-1])
    within = np.arange(total) - np.repeat(at, room)
    source = np.repeat(begin, room) + within - 1
    edge = np.repeat(length, room)
    padded = np.where(
        within == 0,
        _EDGE_FIRST,
        np.where(within > edge, _EDGE_LAST, tokens.letters[np.clip(source, 0, len(tokens.letters) - 1)]),
    ).astype(np.uint64)
    # Of a word of n letters: n parts of three, n - 1 of four (none of a single letter). One list, threes first.
    three = np.flatnonzero(within < edge)
    four = np.flatnonzero(within < edge - 1)
    hashed = np.zeros(total * 2, np.uint64)
    base = padded[three] * _MIX[0] + padded[three + 1] * _MIX[1] + padded[three + 2] * _MIX[2]
    longer = padded[four] * _MIX[0] + padded[four + 1] * _MIX[1] + padded[four + 2] * _MIX[2] + padded[four + 3] * _LAST
    hashed[three * 2] = base ^ (base >> np.uint64(31))
    hashed[four * 2 + 1] = (longer ^ (longer >> np.uint64(31))) * _LAST + np.uint64(1)
    used = np.zeros(total * 2, bool)
    used[three * 2] = True
    used[four * 2 + 1] = True
    kept = hashed[used]
    bucket = ((kept * _MIX[1]) >> np.uint64(40)) & np.uint64(buckets - 1)
    count = length + np.maximum(length - 1, 0)
    return Parts(bucket.astype(np.int64), _offsets(count), count)


def rows_of(words: NDArray[np.uint64], vocabulary: NDArray[np.uint32]) -> NDArray[np.int64]:
    """The row of each word: 1 + its place in ``vocabulary`` (sorted, distinct), or 0."""
    short = (words >> np.uint64(32)).astype(np.uint32)
    place = np.searchsorted(vocabulary, short)
    known = vocabulary[np.minimum(place, len(vocabulary) - 1)] == short
    return np.where(known, place + 1, 0).astype(np.int64)


def _offsets(length: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.cumsum(length) - length
