"""Which words of our lists stand in a text, and where?

The lists lie in ``words/*.txt``, each word under a topic. All of them are looked for in one pass (Aho-Corasick), so
that a longer list costs no more time.
"""

from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import NamedTuple, Protocol

FILES = ("contexts", "groups", "places", "titles")
SETS = "sets"

Topic = str


class Word(NamedTuple):
    """One entry: its ``length``, its topics, and how it has to be written."""

    length: int
    topics: tuple[Topic, ...]
    capital: bool
    """It counts only with a capital at its beginning."""
    glued: bool
    """Letters may stand directly before it."""


class Place(NamedTuple):
    """``text[start:end]`` is a word of a list."""

    start: int
    end: int


class Automaton(Protocol):
    """What we use of ``ahocorasick.Automaton``."""

    def iter(self, text: str) -> Iterator[tuple[int, Word]]: ...


Hits = dict[Topic, list[Place]]


@cache
def automaton() -> Automaton:
    """All lists, ready to look with. Made once, when first needed: 4,000 words take 10 ms and 2 MB."""
    import ahocorasick

    found: dict[str, Word] = {}
    for topic, entry in (one for name in FILES for one in _entries(name)):
        text, capital, glued = entry.lstrip("^-"), entry.startswith("^"), entry.startswith("-")
        known = found.get(text)
        topics = (*known.topics, topic) if known else (topic,)
        found[text] = Word(
            len(text),
            topics,
            capital and (known is None or known.capital),
            glued or (known is not None and known.glued),
        )
    made = ahocorasick.Automaton()
    for text, word in found.items():
        made.add_word(text, word)
    made.make_automaton()
    ready: Automaton = made
    return ready


@cache
def word_set(topic: Topic) -> frozenset[str]:
    """The words of ``topic`` in ``words/sets.txt``."""
    return frozenset(entry for of, entry in _entries(SETS) if of == topic)


def _entries(name: str) -> Iterator[tuple[Topic, str]]:
    """Each entry of a file of words, with its marks, and the topic that it stands under."""
    topic = ""
    for line in (resources.files(__package__) / "words" / f"{name}.txt").read_text("utf-8").splitlines():
        if line.startswith("["):
            topic = line.strip("[]")
        elif not line.startswith("#"):
            yield from ((topic, entry) for entry in map(str.strip, line.split(",")) if entry)


def lowered(text: str) -> str:
    """``text`` in lower case, with every character still in its place."""
    low = text.lower()
    return low if len(low) == len(text) else "".join(one.lower() if len(one.lower()) == 1 else one for one in text)


def look(text: str, low: str) -> Hits:
    """Every word of the lists in ``text``, by topic, in order of their ends. ``low`` is ``lowered(text)``."""
    hits: Hits = defaultdict(list)
    length = len(text)
    for last, word in automaton().iter(low):
        end = last + 1
        start = end - word.length
        if (
            (start and not word.glued and low[start - 1].isalnum())
            or (end < length and low[end].isalnum() and low[last].isalnum())
            or (word.capital and not text[start].isupper())
        ):
            continue
        for topic in word.topics:
            hits[topic].append(Place(start, end))
    return hits
