"""What does an instruction ask for, word by word?

An instruction is read once: its words with their places, what stands in quotes, numbers that count ("3rd"), and dates
("03/12/2016" also means March, 12 and 2016, as a calendar writes them). Nothing here knows a task.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

WORD = re.compile(r"[@#]?[A-Za-z0-9']+")
_QUOTED = re.compile(r"[\"“]([^\"“”]+)[\"”]")
_DATE = re.compile(r"\b(\d{1,2})/(\d{1,2})/(\d{4})\b")
_COUNTED = re.compile(r"^(\d+)(?:st|nd|rd|th)$")
MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
COUNTS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5}
WORDS_LIMIT = 48
SPAN_WORDS_LIMIT = 5


def words_of(text: str) -> list[str]:
    """The lower-case words of a text; punctuation separates and is dropped."""
    return [word.lower() for word in WORD.findall(text)]


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of the instruction: the words ``first`` to ``last`` (inclusive), as it is written."""

    text: str
    first: int
    last: int
    quoted: int = -1
    """Its number among what stands in quotes; -1 where it is not exactly such a piece."""


@dataclass(frozen=True, slots=True)
class Request:
    """An instruction as it is read. ``words`` are lower case, dates already spelt as calendars do."""

    text: str
    words: tuple[str, ...]
    quoted: tuple[Span, ...]
    count: int
    """The number that a counting word names ("3rd" → 3); 0 where there is none."""
    spans: tuple[Span, ...]
    """All pieces that could be typed: what stands in quotes, and up to five words in a row."""
    places: dict[str, tuple[int, ...]]
    """Where each word stands."""


@lru_cache(maxsize=4096)
def read(text: str) -> Request:
    """Read an instruction; at most 48 words of it."""
    found = list(WORD.finditer(text))[:WORDS_LIMIT]
    words = [one.group().lower() for one in found]
    for date in _DATE.finditer(text):
        parts = [index for index, one in enumerate(found) if date.start() <= one.start() < date.end()]
        month = int(date.group(1))
        if len(parts) == 3 and 1 <= month <= 12:
            words[parts[0]], words[parts[1]] = MONTHS[month - 1], str(int(date.group(2)))
    counts = [int(hit.group(1)) for word in words if (hit := _COUNTED.match(word))]
    counts += [COUNTS[word] for word in words if word in COUNTS]
    quoted = []
    for number, hit in enumerate(_QUOTED.finditer(text)):
        inside = [index for index, one in enumerate(found) if hit.start(1) <= one.start() < hit.end(1)]
        if inside:
            quoted.append(Span(hit.group(1), inside[0], inside[-1], number))
    spans = list(quoted)
    taken = {(one.first, one.last) for one in quoted}
    for first in range(len(found)):
        for last in range(first, min(first + SPAN_WORDS_LIMIT, len(found))):
            if (first, last) not in taken:
                spans.append(Span(text[found[first].start() : found[last].end()], first, last))
    places: dict[str, tuple[int, ...]] = {}
    for index, word in enumerate(words):
        places[word] = (*places.get(word, ()), index)
    return Request(text, tuple(words), tuple(quoted), counts[0] if counts else 0, tuple(spans), places)


def phrase_at(request: Request, words: list[str]) -> list[int]:
    """Where ``words`` stand in a row in the instruction: the places of their first word."""
    if not words:
        return []
    size = len(words)
    return [place for place in request.places.get(words[0], ()) if list(request.words[place : place + size]) == words]
