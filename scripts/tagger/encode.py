"""How do texts become the arrays that training reads? With the very code that reads them at run time."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from aboveboard.recorder.redact.text.tagger import features
from aboveboard.recorder.redact.text.tagger.model import KINDS
from aboveboard.recorder.redact.text.tagger.tokens import Tables, Tokens, tokenize

from .grammar import Piece


@dataclass
class Encoded:
    """All texts one after the other: text k has the tokens ``first[k]:first[k + 1]``.

    ``word`` is a place in ``words``; the parts of word w are ``bucket[bag[w]:bag[w + 1]]``.
    """

    first: np.ndarray
    word: np.ndarray
    shape: np.ndarray
    tag: np.ndarray
    words: np.ndarray
    bucket: np.ndarray
    bag: np.ndarray
    genre: list[str]


def spans_of(pieces: list[Piece]) -> tuple[str, list[tuple[int, int, str]]]:
    text, spans = "", []
    for piece, kind in pieces:
        if kind:
            spans.append((len(text), len(text) + len(piece), kind))
        text += piece
    return text, spans


def tags_of(tokens: Tokens, spans: list[tuple[int, int, str]]) -> np.ndarray:
    tags = np.zeros(len(tokens.start), np.int64)
    for start, end, kind in spans:
        inside = np.flatnonzero((tokens.start < end) & (tokens.end > start))
        if len(inside):
            tags[inside] = 2 + 2 * KINDS.index(kind)
            tags[inside[0]] -= 1
    return tags


def encode(texts: Iterable[tuple[str, list[Piece]]], tables: Tables, buckets: int) -> Encoded:
    places: dict[int, int] = {}
    first, word, shape, tag, genre = [0], [], [], [], []
    parts: list[np.ndarray] = []
    counts: list[int] = []
    for kind, pieces in texts:
        text, spans = spans_of(pieces)
        tokens = tokenize(text, tables)
        if not len(tokens.start):
            continue
        hashes = tokens.word.tolist()
        new = [k for k, one in enumerate(hashes) if one not in places]
        new = list({hashes[k]: k for k in new}.values())
        if new:
            found = features.parts_of(tokens, np.array(new, np.int64), buckets)
            for k in new:
                places[hashes[k]] = len(places)
            parts.append(found.bucket.astype(np.int32))
            counts += found.count.tolist()
        word.append(np.array([places[one] for one in hashes], np.int32))
        shape.append(tokens.shape.astype(np.int16))
        tag.append(tags_of(tokens, spans).astype(np.int8))
        first.append(first[-1] + len(hashes))
        genre.append(kind)
    return Encoded(
        first=np.array(first),
        word=np.concatenate(word),
        shape=np.concatenate(shape),
        tag=np.concatenate(tag),
        words=np.array(list(places), np.uint64),
        bucket=np.concatenate(parts),
        bag=np.concatenate([[0], np.cumsum(counts)]),
        genre=genre,
    )
