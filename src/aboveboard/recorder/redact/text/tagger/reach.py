"""How far does what was found reach: over both halves of a name, to where it is named again, and not over its edges?

Four steps on the tokens of a text, after the model has judged each by itself:

1. ``beside``: for a word with a capital right beside one that was found, less is enough ("Forrester Research").
2. ``over_hyphens``: what stands in one word with a name ("Anne-Lotte", "d'Arc") belongs to it.
3. ``named_again``: who is surely named once in a text is named wherever the same word stands in it.
4. ``inner``: a finding begins and ends with a letter, a digit, or a full stop that belongs to its last word.
"""

import numpy as np
from numpy.typing import NDArray

from aboveboard.recorder.redact.text.tagger.tokens import BREAK, CLASSES, LETTER, OTHER, Tokens

SURE = 0.7
"""How likely a word has to be a name for the same word to be one elsewhere in the text."""
SHORTEST = 3
_HYPHENS = "-‐‑"
_JOINTS = _HYPHENS + "'’"
_FULL_STOP = ord(".")


def class_of(tokens: Tokens) -> NDArray[np.int64]:
    """The class of each token's characters (``tokens.LETTER`` …)."""
    classes: NDArray[np.int64] = tokens.shape // 40 % CLASSES
    return classes


def capital_of(tokens: Tokens) -> NDArray[np.bool_]:
    """Whether a token has a capital."""
    capital: NDArray[np.bool_] = tokens.shape % 5 > 0
    return capital


def first_letter(tokens: Tokens) -> NDArray[np.uint16]:
    """The first character of each token, folded."""
    length = tokens.end - tokens.start
    letters: NDArray[np.uint16] = tokens.letters[np.cumsum(length) - length]
    return letters


def beside(tokens: Tokens, found: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Words with a capital that have a word with a capital that was found right before or after them."""
    word = (class_of(tokens) >= LETTER) & capital_of(tokens)
    near = np.zeros(len(found), bool)
    near[1:] = (found & word)[:-1]
    near[:-1] |= (found & word)[1:]
    return near & word


def over_hyphens(text: str, tokens: Tokens, name: NDArray[np.bool_]) -> list[int]:
    """Tokens in one word with one of ``name``: the hyphen, and what is beyond it.

    What follows an apostrophe, and what stands before a name, only with a capital: not in "Nora's" nor in "ex-Quill".
    """
    wanted: list[int] = []
    last = len(name) - 2
    for row in np.flatnonzero(name).tolist():
        start, end = int(tokens.start[row]), int(tokens.end[row])
        if row < last and text[end] in _JOINTS and text[end + 1].isalpha():
            wanted += [row + 1, row + 2] if text[end] in _HYPHENS or text[end + 1].isupper() else []
        if row > 1 and text[start - 1] in _JOINTS and text[start - 2].isalpha():
            wanted += [row - 2, row - 1] if text[int(tokens.start[row - 2])].isupper() else []
    return wanted


def named_again(tokens: Tokens, name: NDArray[np.bool_], chances: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Tokens that are the same word as one of ``name`` that is surely one, with a capital where that has one."""
    word = (class_of(tokens) >= LETTER) & (tokens.end - tokens.start >= SHORTEST)
    sure = name & word & (chances >= SURE)
    if not sure.any():
        return np.zeros(len(name), bool)
    written = (tokens.word & ~np.uint64(1)) | capital_of(tokens)
    again: NDArray[np.bool_] = word & np.isin(written, written[sure])
    return again


def inner(tokens: Tokens, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of the tokens ``rows`` may stand at the edge of a finding."""
    classes = class_of(tokens)[rows]
    words = (classes != OTHER) & (classes != BREAK)
    stop = (first_letter(tokens)[rows] == _FULL_STOP) & (classes == OTHER)
    stop[1:] &= words[:-1] & (np.diff(rows) == 1) & (tokens.start[rows[1:]] == tokens.end[rows[:-1]])
    stop[:1] = False
    edges: NDArray[np.bool_] = words | stop
    return edges
