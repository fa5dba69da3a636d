"""Which numbers are given away by a word beside them: "passport no. C01X00T47", "your code is 123456"?

The word need not be a label: what follows it within a few words of the same sentence, and has enough digits, is taken
for what it announces, whether it checks or not.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from aboveboard.recorder.redact.text.finding import Finding, Kind
from aboveboard.recorder.redact.text.patterns.seen import Seen, finding

REACH = 40
"""So many characters after the word a number may begin."""

_VALUE = re.compile(
    r"(?<![^\W_])[A-Za-z]{0,5}[0-9][0-9A-Za-z]{0,34}"
    r"(?:[ \-./\u2010-\u2013]{1,2}(?:[A-Za-z]{0,2}[0-9][0-9A-Za-z]{0,34}|[A-Z]{1,2}(?![^\W_]))){0,8}"
)
_LETTERS_FIRST = re.compile(r"(?<![^\W_])[A-Z]{1,3}[ -]?[0-9][0-9A-Z]*(?:-[0-9A-Z]+){0,4}(?![^\W_])")
_NEXT_SENTENCE = re.compile(r"[.!?]\s+\w|\n\s*\n")
_CODE = re.compile(
    r"(?<![\w-])(?:[A-Z]{1,2}-)?(?:[0-9]{4,10}|[0-9]{3}[ -][0-9]{3}|(?=[A-Z0-9]{0,9}[0-9])[A-Z0-9]{5,10})(?![\w-])"
)
_NOT_ITS_CODE = re.compile(
    r"(?:error|status|exit|country|area|zip|postal|post|dial\w*|source|product|item|bar|qr|promo\w*"
    r"|discount|coupon|voucher|colou?r|hex|sort|swift|dress|http)[ -]?$"
)


class Announced(NamedTuple):
    """A word of ``topic`` announces a number of ``kind`` with so many ``digits``, or a shorter one with letters."""

    topic: str
    kind: Kind
    digits: int
    certainty: float


ANNOUNCED = (
    Announced("national", "national_number", 6, 0.85),
    Announced("tax", "tax", 6, 0.8),
    Announced("health", "health", 5, 0.8),
    Announced("licence", "licence", 5, 0.8),
    Announced("account", "account", 6, 0.7),
)
LONGEST = 40
"""An announced number has at most so many characters."""


def find(seen: Seen) -> Iterator[Finding]:
    """What the words of the lists announce."""
    for announced in ANNOUNCED:
        for place in seen.hits(announced.topic):
            if found := _following(seen.text, place.end, announced.digits):
                yield finding(*found, announced.kind, announced.certainty)
    yield from _codes(seen)


def _following(text: str, after: int, digits: int) -> tuple[int, int] | None:
    """Where the number lies that the word ending at ``after`` announces."""
    for one in _VALUE.finditer(text, after, min(len(text), after + REACH + LONGEST)):
        start = one.start()
        if start > after + REACH or _NEXT_SENTENCE.search(text, after, start):
            return None
        count = sum(char.isdigit() for char in one.group())
        if count >= digits or (count >= 4 and _LETTERS_FIRST.match(text, start)):
            return start, one.end()
    return None


def _codes(seen: Seen) -> Iterator[Finding]:
    """One-time codes and PINs: after the word, or shortly before it ("123456 is your login code")."""
    text = seen.text
    for place in seen.hits("code"):
        if _NOT_ITS_CODE.search(seen.low, max(0, place.start - 14), place.start):
            continue
        for one in _CODE.finditer(text, place.end, min(len(text), place.end + REACH)):
            if not _NEXT_SENTENCE.search(text, place.end, one.start()):
                yield finding(one.start(), one.end(), "code", 0.85)
            break
        else:
            before = list(_CODE.finditer(text, max(0, place.start - 32), place.start))
            if before and not _NEXT_SENTENCE.search(text, before[-1].end(), place.start):
                yield finding(*before[-1].span(), "code", 0.8)
