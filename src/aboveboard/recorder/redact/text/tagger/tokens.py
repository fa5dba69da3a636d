"""Into which tokens does a text fall, and which numbers stand for each?

A token is a run of letters of one kind of script, a run of digits, one ideograph (or Thai letter, or hiragana), or one
other character; what is between is space. A line break is a token, because where lines end says much about addresses
and forms. Everything is done for all characters of a text at once, in numpy: a loop over tokens would be the slowest
part of the tagger by far.

The two tables by character (class, folded form) come with the model, so that the tokens at run time are those of
training whatever version of Unicode this Python carries.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TABLE_SIZE = 0x10000
"""Characters beyond this plane have the class of :data:`BEYOND`, but ideographs theirs."""
SPACE, BREAK, MARK, OTHER, DIGIT, LETTER, CYRILLIC, GREEK, ARABIC, HEBREW, INDIC, KATAKANA, HANGUL = range(13)
SINGLE = 13
"""From this class on, and of class OTHER and BREAK, each character is a token of its own."""
IDEOGRAPH, HIRAGANA, THAI = 13, 14, 15
BEYOND = OTHER
CLASSES = 16
CAPITAL = 0x80
LONGEST = 64
"""Of a longer token the first so many characters count for its word; n-grams are of all."""
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_POWERS = np.array([pow(0x100000001B3, k + 1, 1 << 64) for k in range(LONGEST)], dtype=np.uint64)
_SCRIPTS: tuple[tuple[int, int, int], ...] = (
    (0x0370, 0x03FF, GREEK),
    (0x1F00, 0x1FFF, GREEK),
    (0x0400, 0x052F, CYRILLIC),
    (0x0590, 0x05FF, HEBREW),
    (0x0600, 0x077F, ARABIC),
    (0xFB50, 0xFDFF, ARABIC),
    (0xFE70, 0xFEFF, ARABIC),
    (0x0900, 0x0DFF, INDIC),
    (0x0E00, 0x0EFF, THAI),
    (0x0F00, 0x109F, THAI),
    (0x1780, 0x17FF, THAI),
    (0x3040, 0x309F, HIRAGANA),
    (0x30A0, 0x30FF, KATAKANA),
    (0x3400, 0x9FFF, IDEOGRAPH),
    (0xF900, 0xFAFF, IDEOGRAPH),
    (0xAC00, 0xD7AF, HANGUL),
)


@dataclass(frozen=True, slots=True)
class Tables:
    """By character, of :data:`TABLE_SIZE`: ``classes`` (with :data:`CAPITAL` added for a capital), and ``folded``."""

    classes: NDArray[np.uint8]
    folded: NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a text, all arrays of one length but ``letters``: the folded characters of all tokens, in order.

    ``start`` and ``end`` are places in the text; ``word`` is a hash of the folded form, ``shape`` below :data:`SHAPES`.
    """

    start: NDArray[np.int64]
    end: NDArray[np.int64]
    word: NDArray[np.uint64]
    shape: NDArray[np.int64]
    letters: NDArray[np.uint16]


def joined(texts: Sequence[Tokens]) -> Tokens:
    """The tokens of several texts, one after the other; places are those in each text."""
    return Tokens(
        np.concatenate([one.start for one in texts]),
        np.concatenate([one.end for one in texts]),
        np.concatenate([one.word for one in texts]),
        np.concatenate([one.shape for one in texts]),
        np.concatenate([one.letters for one in texts]),
    )


SHAPES = 4 * CLASSES * 8 * 5
"""What stands before (4), class (16), length (8), capitals (5)."""


def build_tables() -> Tables:
    """The tables from this Python's Unicode: for training; at run time they are read from the model."""
    classes, folded = np.full(TABLE_SIZE, OTHER, np.uint8), np.arange(TABLE_SIZE, dtype=np.uint16)
    for code in range(TABLE_SIZE):
        one = chr(code)
        classes[code] = _class_of(code, one)
        plain = unicodedata.normalize("NFKD", one.lower())
        # Accents are put aside in alphabets, where they come and go; in other scripts a mark is part of the letter.
        if classes[code] in {LETTER, CYRILLIC, GREEK, DIGIT} and len(plain) >= 1 and ord(plain[0]) < TABLE_SIZE:
            folded[code] = ord(plain[0])
        if one.isupper():
            classes[code] |= CAPITAL
    return Tables(classes, folded)


def _class_of(code: int, one: str) -> int:
    category = unicodedata.category(one)
    if one in "\n\r\x0b\x0c\x85\u2028\u2029":
        return BREAK
    if one.isspace() or category == "Cc":
        return SPACE
    if category in {"Mn", "Mc", "Me", "Cf"}:
        return MARK
    if category == "Nd":
        return DIGIT
    if category[0] != "L" and category != "Nl":
        return OTHER
    return next((kind for low, high, kind in _SCRIPTS if low <= code <= high), LETTER)


def tokenize(text: str, tables: Tables) -> Tokens:
    """The tokens of any text, lone surrogates included. Takes time in proportion to the length."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    near = np.minimum(codes, TABLE_SIZE - 1)
    classes = tables.classes[near]
    capital = classes >= CAPITAL
    classes &= CAPITAL - 1
    far = codes >= TABLE_SIZE
    if far.any():
        classes[far] = np.where((codes[far] >= 0x20000) & (codes[far] < 0x32000), IDEOGRAPH, BEYOND)
    marks = classes == MARK
    if marks.any():
        # A mark goes with what stands before it; at the beginning it counts as another character.
        last = np.maximum.accumulate(np.where(marks, -1, np.arange(len(codes))))
        classes = np.where(last < 0, OTHER, classes[last]).astype(np.uint8)
    new = np.empty(len(codes), dtype=bool)
    new[:1] = True
    new[1:] = (classes[1:] != classes[:-1]) | (classes[1:] >= SINGLE) | (classes[1:] == OTHER)
    inside = classes != SPACE
    new &= inside
    if marks.any():
        new[1:] &= ~marks[1:] | ~inside[:-1]
    start = np.flatnonzero(new)
    if not len(start):
        empty = np.zeros(0, np.int64)
        return Tokens(empty, empty, empty.astype(np.uint64), empty, np.zeros(0, np.uint16))
    return _measured(tables.folded[near], capital, classes, start, inside)


def _measured(
    folded: NDArray[np.uint16],
    capital: NDArray[np.bool_],
    classes: NDArray[np.uint8],
    start: NDArray[np.int64],
    inside: NDArray[np.bool_],
) -> Tokens:
    """Ends, words and shapes of the tokens that begin at ``start``."""
    length = np.add.reduceat(inside.astype(np.int64), start)
    end = start + length
    kept = np.flatnonzero(inside[start[0] :]) + start[0]
    letters = folded[kept]
    first = np.cumsum(length) - length
    place = np.minimum(np.arange(len(letters)) - np.repeat(first, length), LONGEST - 1)
    word = np.add.reduceat(letters.astype(np.uint64) * _POWERS[place], first)
    word = (word ^ (word >> np.uint64(29))) * _FACTOR
    upper = capital[kept]
    capitals = np.add.reduceat(upper.astype(np.int64), first)
    initial = upper[first]
    cased = np.where(
        capitals == 0,
        0,
        np.where(capitals == length, np.where(length == 1, 4, 2), np.where(initial & (capitals == 1), 1, 3)),
    )
    kind = classes[start].astype(np.int64)
    before = np.zeros(len(start), np.int64)
    before[0] = 2
    before[1:] = np.where(kind[:-1] == BREAK, 2, np.where(start[1:] > end[:-1], 1, 0))
    sized = np.minimum(length - 1, 7)
    shape = ((before * CLASSES + kind) * 8 + sized) * 5 + cased
    return Tokens(start, end, word, shape, letters)
