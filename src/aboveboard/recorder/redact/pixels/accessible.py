"""Does what an application says of a line of text fit what is seen there?

An application may lag behind its own picture, and may lie. Its word is taken only if the ink agrees: each word that it
tells must lie where there is a word of ink of about that width, none may be left over on either side, and nothing that
is known of the ink may contradict it. How wide letters are is known roughly: all alike, or narrow and wide ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from aboveboard.recorder.capture.port import Rect

LETTERS_LIMIT = 1_000
TOLERANCE = 1.0
"""By how many letters a word may start or end elsewhere than expected."""
ALIKE = 0.6
"""What is known of a word's ink and what is said of it must be alike by this much: OCR confuses a letter or two."""
NARROW, SLIM, WIDE, CAPITAL, USUAL = 0.26, 0.34, 0.85, 0.68, 0.54
_WIDTHS = (
    dict.fromkeys("ijl.,:;|!'", NARROW)
    | dict.fromkeys('frtI()[]-/"* ', SLIM)
    | dict.fromkeys("mwMW@%", WIDE)
    | dict.fromkeys("ABCDEFGHKNOPQRSTUVXYZ&", CAPITAL)
)


@dataclass(frozen=True, slots=True)
class Given:
    """An application says: the line of text in ``rect`` (of the screen) is ``text``."""

    rect: Rect
    text: str


def fitted(given: Given, ink: Sequence[tuple[int, int]]) -> list[str] | None:
    """What each word of ``ink`` (columns of the screen, left to right) says; ``None`` if it does not fit."""
    words = given.text.split()
    if not words or not ink or len(given.text) > LETTERS_LIMIT:
        return None
    for widths in ({}, _WIDTHS):
        texts = _fitted(words, ink, widths)
        if texts is not None:
            return texts
    return None


def _fitted(words: Sequence[str], ink: Sequence[tuple[int, int]], widths: dict[str, float]) -> list[str] | None:
    """Each word to the ink that its middle is in; every ink has one at least, and ends about where its words end."""
    places, at = [], 0.0
    for word in words:
        width = sum(widths.get(letter, USUAL) for letter in word)
        places.append((at, at + width))
        at += width + widths.get(" ", USUAL)
    total = places[-1][1]
    left, right = ink[0][0], ink[-1][1]
    scale = (right - left) / total
    usual = scale * total / max(sum(map(len, words)) + len(words) - 1, 1)
    shares: list[list[int]] = [[] for _ in ink]
    for number, (start, end) in enumerate(places):
        middle = left + (start + end) / 2 * scale
        inside = [place for place, (first, last) in enumerate(ink) if first - 1 <= middle <= last + 1]
        if not inside:
            return None
        shares[inside[0]].append(number)
    for (first, last), share in zip(ink, shares, strict=True):
        if not share:
            return None
        start, end = left + places[share[0]][0] * scale, left + places[share[-1]][1] * scale
        if abs(start - first) > TOLERANCE * usual + 1 or abs(end - last) > TOLERANCE * usual + 1:
            return None
    return [" ".join(words[number] for number in share) for share in shares]


def alike(one: str, other: str) -> float:
    """0 to 1: how much of two words is the same."""
    return SequenceMatcher(None, one, other, autojunk=False).ratio()
