"""Keys, tokens and passwords: the detector.

A quick look by RE2 says where there may be something at all: a telling word, the form of a token, of an address, of a
key's block. Only the lines around are gone through. Each line stands for itself, so that one line of a screen, or one
that was typed, is enough; only a private key is more than a line.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

import re2

from aboveboard.recorder.redact.text.finding import Finding, Kind
from aboveboard.recorder.redact.text.secrets import apart, assigned, blocks, commands, issuers, letters, places, seeds
from aboveboard.recorder.redact.text.secrets.judge import Judge
from aboveboard.recorder.redact.text.secrets.placeholder import is_sentence, stands_for_another

NAME = "secrets"
WINDOW = 3_000
"""Of a longer line, so much on either side of a telling word is looked at."""
MOST = 2_000
"""Of more telling words in one text the rest is not judged but covered: a text like that is made to be slow."""
_KEY = re.compile(r"(?i)key|token|secret|auth|api|cred|sig|nonce|salt|cookie|session|jwt|otp|verifier")
_PASSWORD = re.compile(r"(?i)pass|pwd|pw\b|pin\b")


_LOOSE = frozenset({"space", "(", ","})


class SecretDetector:
    """Finds secrets. May be called from any thread; keeps nothing."""

    def __init__(self, threshold: float | None = None) -> None:
        """Loads the weights (some 40 ms). Raises :class:`OSError` or :class:`ValueError` if they are not there."""
        self._judge = Judge(threshold)

    @property
    def name(self) -> str:
        """Short and constant."""
        return NAME

    def find(self, text: str) -> list[Finding]:
        """Where in ``text`` which secret is; they may overlap."""
        data = text.encode("utf-8", "replace")
        looks = _looks()
        found: list[Finding] = []
        found += self._assigned(text, _spans(text, data, looks.words))
        found += _of_issuers(text, _spans(text, data, looks.tokens))
        found += self._of_places(text, _spans(text, data, looks.places))
        found += _of_commands(text, _spans(text, data, looks.commands))
        found += self._of_logins(text, _spans(text, data, looks.logins))
        found += _of_phrases(text, _spans(text, data, looks.phrases))
        if looks.blocks.search(data):
            found += (Finding(start, end, "key", 0.95, NAME) for start, end in blocks.private_keys(text))
        return found

    def _assigned(self, text: str, spans: Iterable[tuple[int, int]]) -> Iterator[Finding]:
        seen: set[tuple[int, int]] = set()
        line_start = line_end = -1
        line = ""
        for count, (start, end) in enumerate(spans):
            if not line_start <= start <= end <= line_end:
                line_start, line_end = _line(text, start, end)
                line = text[line_start:line_end]
            for one in assigned.candidates(line, start - line_start, end - line_start):
                place = (line_start + one.start, line_start + one.end)
                if place in seen:
                    continue
                seen.add(place)
                if not _open_to_question(line, one):
                    continue
                certain = self._certain(line, one, count)
                if certain:
                    name = line[one.name_start : one.name_end]
                    yield Finding(*place, _kind(name), certain, NAME)
            for other in apart.after(text, *assigned.name_around(text, start, end)):
                yield from self._apart(other, 0, count)

    def _certain(self, line: str, one: assigned.Candidate, count: int) -> float:
        """How sure it is that the ``count``-th candidate of a text is a secret; 0 for none."""
        if count >= MOST:
            return 1.0
        if letters.encoded(line[one.start : one.end]) and not line[: one.name_end].lower().endswith("id"):
            return 0.9
        return self._judge.certainty(line, one)

    def _of_logins(self, text: str, spans: Iterable[tuple[int, int]]) -> Iterator[Finding]:
        those = ((start, one) for start, line in _lines(text, spans) for one in apart.logins(line))
        for count, (line_start, one) in enumerate(those):
            yield from self._apart(one, line_start, count)

    def _apart(self, one: apart.Apart, line_start: int, count: int) -> Iterator[Finding]:
        if _open_to_question(one.line, one.one):
            certain = self._certain(one.line, one.one, count)
            if certain:
                yield Finding(line_start + one.start, line_start + one.end, _kind(one.name), certain, NAME)

    def _of_places(self, text: str, spans: Iterable[tuple[int, int]]) -> Iterator[Finding]:
        count = 0
        for line_start, line in _lines(text, spans):
            for at, to, kind, certain in places.secrets_in(line):
                if not stands_for_another(line[at:to]):
                    yield Finding(line_start + at, line_start + to, kind, certain, NAME)
            for one in places.in_addresses(line):
                count += 1
                if not stands_for_another(line[one.start : one.end]):
                    certain = self._certain(line, one, count)
                    if certain:
                        yield Finding(line_start + one.start, line_start + one.end, "password", certain, NAME)


def asked_about(line: str) -> Iterator[assigned.Candidate]:
    """What of a line the judge is asked about; for its training."""
    for start, end in _spans(line, line.encode("utf-8", "replace"), _looks().words):
        yield from (one for one in assigned.candidates(line, start, end) if _open_to_question(line, one))
    yield from (one for one in places.in_addresses(line) if not stands_for_another(line[one.start : one.end]))


def _open_to_question(line: str, one: assigned.Candidate) -> bool:
    """Whether it is not plain at once that this is none."""
    value = line[one.start : one.end]
    if not one.quote and one.between in _LOOSE:
        word = value.rstrip(".,;:!?").replace("-", "" if one.between == "," else "-")
        if word.isalpha() and word.islower():
            return False  # "the password for the network", "the key to it": words, and by far the most frequent
    if not one.quote and not any(letter.isalnum() for letter in value):
        return False  # ``where "secret" = ?))``
    return not stands_for_another(value, bool(one.quote)) and not is_sentence(value)


def _kind(name: str) -> Kind:
    return "password" if _PASSWORD.search(name) or not _KEY.search(name) else "key"


def _of_issuers(text: str, spans: Iterable[tuple[int, int]]) -> Iterator[Finding]:
    for start, end in spans:
        token = text[start:end]
        certain = issuers.certainty(token)
        if certain and not stands_for_another(token.split("_")[-1].split("-")[-1] or token):
            yield Finding(start, end, "key", certain, NAME)


def _of_commands(text: str, spans: Iterable[tuple[int, int]]) -> Iterator[Finding]:
    for line_start, line in _lines(text, spans):
        for at, to in commands.secrets_in(line):
            if not stands_for_another(line[at:to]) and not is_sentence(line[at:to]):
                yield Finding(line_start + at, line_start + to, "password", 0.9, NAME)


def _of_phrases(text: str, spans: Iterable[tuple[int, int]]) -> Iterator[Finding]:
    for line_start, line in _lines(text, spans):
        for at, to in seeds.phrases(line):
            yield Finding(line_start + at, line_start + to, "key", 0.8, NAME)


def _lines(text: str, spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, str]]:
    """The lines that ``spans`` are on, each once: where it begins, and what it says."""
    line_end = -1
    for start, end in spans:
        if end > line_end:
            line_start, line_end = _line(text, start, end)
            yield line_start, text[line_start:line_end]


def _line(text: str, start: int, end: int) -> tuple[int, int]:
    """The line around a place, or as much of it as is looked at."""
    left = max(text.rfind("\n", max(0, start - WINDOW), start) + 1, start - WINDOW, 0)
    right = text.find("\n", end, end + WINDOW)
    return left, right if right >= 0 else min(len(text), end + WINDOW)


def _spans(text: str, data: bytes, look: "re2._Regexp") -> Iterator[tuple[int, int]]:
    """Start and end of each match, in characters."""
    if len(data) == len(text):
        for found in look.finditer(data):
            yield found.span()
        return
    place = characters = 0
    for found in look.finditer(data):
        start, end = found.span()
        characters += len(data[place:start].decode("utf-8", "ignore"))
        length = len(data[start:end].decode("utf-8", "ignore"))
        yield characters, characters + length
        place, characters = end, characters + length


class _Looks(NamedTuple):
    """Where there may be something at all. Apart from one another: one alternation of all is three times as slow."""

    words: "re2._Regexp"
    tokens: "re2._Regexp"
    places: "re2._Regexp"
    commands: "re2._Regexp"
    logins: "re2._Regexp"
    phrases: "re2._Regexp"
    blocks: "re2._Regexp"


@lru_cache(maxsize=1)
def _looks() -> _Looks:
    """Made at first use."""
    options = re2.Options()
    options.max_mem = 64 << 20
    options.log_errors = False
    patterns = (
        "(?i)" + assigned.WORDS,
        issuers.ANY,
        "(?im)" + places.HINTS,
        "(?im)" + commands.HINTS,
        "(?im)" + apart.HINTS,
        seeds.HINTS,
        "(?im)" + blocks.HINTS,
    )
    return _Looks(*(re2.compile(pattern, options) for pattern in patterns))
