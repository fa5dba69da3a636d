"""What does one look at a text tell all those that search in it?

The words of the lists, and the runs of digits. Whoever searches then looks only at the few places that can matter, not
at the whole text again.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from aboveboard.recorder.redact.text.finding import Finding, Kind
from aboveboard.recorder.redact.text.patterns import vocabulary
from aboveboard.recorder.redact.text.patterns.vocabulary import Place, Topic

BY = "patterns"
"""The detector's name, in each of its findings."""

_RUN = re.compile(r"[+(]{0,2}[0-9](?:[ \-./()\u00a0\u2010-\u2013]{0,3}[0-9])*")
_DIGITS = re.compile(r"[0-9]+")
LETTERS = 6
"""A token has at most so many letters before its first digit."""


_PLAIN = {
    **{ord(zero) + digit: str(digit) for zero in "\uff10\u0660\u06f0\u0966" for digit in range(10)},
    **dict.fromkeys(map(ord, "\u00a0\u2007\u2009\u202f\u3000"), " "),
    **dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2212\uff0d"), "-"),
    **{ord(wide): narrow for wide, narrow in zip("＠．：／＋（）", "@.:/+()", strict=True)},
}
"""Digits of other scripts, spaces and hyphens, each to the plain one in its place: all rules look for those."""


class Number(NamedTuple):
    """Neighbouring groups of digits, read as one number of ``digits``."""

    start: int
    end: int
    digits: str
    groups: tuple[int, ...]
    """How many digits each group has."""
    separator: str
    """What stands between the groups, the same everywhere; empty if there is one group."""


class Run(NamedTuple):
    """Digits with little between them: ``groups`` holds where each group of digits lies."""

    start: int
    end: int
    groups: list[tuple[int, int]]


class Seen:
    """One text, looked at once. Made for one search and dropped with it.

    ``text`` is the text with plain digits, spaces and hyphens; every character is where it was.
    """

    def __init__(self, text: str) -> None:
        self.text = text = text if text.isascii() else text.translate(_PLAIN)
        self.low = vocabulary.lowered(text)
        self._hits = vocabulary.look(text, self.low)
        self._looked_up: dict[Topic, tuple[list[Place], list[int]]] = {}

    def hits(self, topic: Topic) -> list[Place]:
        """Where the words of ``topic`` are, in order of their ends."""
        return self._hits.get(topic, [])

    def _ends(self, topic: Topic) -> tuple[list[Place], list[int]]:
        """The words of ``topic``, and where each ends, to look a place up."""
        known = self._looked_up.get(topic)
        if known is None:
            places = self._hits.get(topic, [])
            known = self._looked_up[topic] = places, [place.end for place in places]
        return known

    def near(self, topic: Topic, start: int, end: int, before: int = 40, after: int = 16) -> Place | None:
        """A word of ``topic`` at most ``before`` characters before ``text[start:end]``, else one soon after it."""
        places, ends = self._ends(topic)
        if not places:
            return None
        at = bisect_right(ends, start) - 1
        if at >= 0 and ends[at] >= start - before:
            return places[at]
        at = bisect_left(ends, end)
        return next((place for place in places[at : at + 4] if end <= place.start <= end + after), None)

    def from_(self, topic: Topic, start: int) -> Iterator[Place]:
        """Words of ``topic`` that begin at ``start``."""
        places, ends = self._ends(topic)
        at = bisect_right(ends, start)
        return (place for place in places[at : at + 8] if place.start == start)

    @cached_property
    def runs(self) -> list[Run]:
        """All runs of digits, as telephone numbers and dates are written."""
        return [
            Run(one.start(), one.end(), [group.span() for group in _DIGITS.finditer(self.text, one.start(), one.end())])
            for one in _RUN.finditer(self.text)
        ]

    @cached_property
    def tokens(self) -> list[Place]:
        """All words of ASCII letters and digits with a digit among the first seven characters, such as "QQ123456C"."""
        text, found, past = self.text, [], 0
        for run in self.runs:
            for digits, stop in run.groups:
                if digits < past:
                    continue
                start = digits
                while (
                    start > past
                    and digits - start <= LETTERS
                    and text[start - 1].isascii()
                    and text[start - 1].isalpha()
                ):
                    start -= 1
                past = stop
                while past < len(text) and text[past].isascii() and text[past].isalnum():
                    past += 1
                if digits - start <= LETTERS and not (start and text[start - 1].isalnum()):
                    found.append(Place(start, past))
        return found

    @cached_property
    def numbers(self) -> list[Number]:
        """What can be read as one number of 8 to 19 digits: neighbouring groups with the same in between."""
        return [number for run in self.runs for number in self._in_run(run)]

    def _in_run(self, run: Run) -> Iterator[Number]:
        text, groups = self.text, run.groups
        for first, (start, stop) in enumerate(groups):
            end = stop
            digits, sizes, separator = text[start:end], [end - start], ""
            if 8 <= len(digits) <= 19:
                yield Number(start, end, digits, (len(digits),), "")
            for following, (begin, until) in enumerate(groups[first + 1 : first + 8]):
                between = text[end:begin]
                if (following and between != separator) or len(between) > 1 or len(digits) > 19:
                    break
                separator, end = between, until
                digits += text[begin:until]
                sizes.append(until - begin)
                if 8 <= len(digits) <= 19:
                    yield Number(start, end, digits, tuple(sizes), separator)

    def alone(self, start: int, end: int) -> bool:
        """Whether no letter or digit touches ``text[start:end]``, nor a digit across "-", "." or "/"."""
        text = self.text
        before, after = text[start - 1 : start] if start else "", text[end : end + 1]
        if before.isalnum() or after.isalnum():
            return False
        return not (
            (before in ("-", ".", "/") and text[start - 2 : start - 1].isdigit() and start > 1)
            or (after in ("-", ".", "/") and text[end + 1 : end + 2].isdigit())
        )


def finding(start: int, end: int, kind: Kind, certainty: float) -> Finding:
    """A finding of this detector."""
    return Finding(start, end, kind, certainty, BY)
