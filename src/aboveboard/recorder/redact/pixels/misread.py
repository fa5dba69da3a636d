"""In which ways may a text have to be read that came from a picture?

OCR takes one letter for another and sees spaces where there are none; and on a screen a label stands above its field or
beside it, without a colon. So a text is looked at in several ways, each with where its characters came from:

1. as it was read;
2. with digits for the letters beside digits that look like them;
3. without spaces around what joins words: dots, at signs, dashes, underscores;
4. with a space where a capital follows a small letter, or letters follow a number;
5. with a colon between a label and what stands to its right or below.

What looks like a long number or like a secret is odd in itself: a check digit proves nothing of what may be misread.
"""

import re
from collections.abc import Iterator, Sequence

from aboveboard.recorder.redact.pixels.reading import UNKNOWN

_DIGITS = {"O": "0", "o": "0", "Q": "0", "I": "1", "l": "1", "|": "1", "S": "5", "B": "8", "Z": "2"}
_TAKEN_FOR = re.compile(r"(?<=\d)[OoQIl|SBZ]|[OoQIl|SBZ](?=\d)")
_AROUND_JOINTS = re.compile(r"(?<=[^\s.]) (?=[.@_-])|(?<=[.@_-]) (?=[^\s.])|@(?=@)")
_RUN_TOGETHER = re.compile(r"(?<=[a-z]{2})(?=[A-Z])|(?<=\d{2})(?=[a-z]{3})|(?<=[a-z]{3})(?=\d{3})")
_ADDRESS = re.compile(
    r"\w[^\s@]*@[^\s@]*\w|\w[^\s/]*\.[^\s/]*[^\s/.]\.(?:com|org|net|edu|gov|info|eu|de|fr|uk|at|ch|es|it|nl|pl|io|co)\b"
)
_LABEL = re.compile(r"(?m)(?:^|\t)(?P<label>[^\W\d_][^\n\t:\d]{1,22}[^\W\d_])(?P<end>[\t\n])(?=[^\n\t])")
_LABEL_WORDS = 3

LONG_NUMBER, GROUPS, SECRET = 9, 10, 9
"""Digits of a number, of one in groups, and characters of a secret, from which on they are odd."""
ADDRESS_MOST = 100
"""Characters of a word in which an address is looked for."""
PREFIX = 2
"""Letters or other signs in a group of a number, at most."""
_LONG = re.compile(rf"(?:\d[-.,/]?){{{LONG_NUMBER}}}")
_WORD = re.compile(r"\S+")
_NO_NUMBER = re.compile(r"[^\d+().,/-]")
_SIGNS = frozenset("!#$%&*+=?^~")


def ways_to_read(text: str) -> dict[str, Sequence[int]]:
    """Each way, with the place in ``text`` of each of its characters."""
    plain = range(len(text))
    ways: dict[str, Sequence[int]] = {text: plain}
    ways.setdefault(with_digits(text), plain)
    for one, origins in (_without(text, _AROUND_JOINTS), _told_apart(text), _with_colons(text)):
        ways.setdefault(one, origins)
    return ways


def with_digits(text: str) -> str:
    """``text``, as long, with a digit for each letter beside a digit that looks like one."""
    return _TAKEN_FOR.sub(lambda match: _DIGITS[match.group()], text)


def odd(text: str) -> Iterator[tuple[int, int]]:
    """Where there is a long number, or one of which a part is not read; a word of mixed characters, or an address."""
    run: list[re.Match[str]] = []
    for word in _WORD.finditer(with_digits(text)):
        if run and (word.start() != run[-1].end() + 1 or text[run[-1].end()] != " " or not _in_number(word.group())):
            yield from _long(run)
            run = []
        if _in_number(word.group()):
            run.append(word)
    yield from _long(run)
    for word in _WORD.finditer(text):
        bare = word.group().strip(".,;:()[]{}<>\"'")
        if _LONG.search(with_digits(bare)) or _mixed(bare) or (len(bare) <= ADDRESS_MOST and _ADDRESS.match(bare)):
            yield word.span()


def _in_number(word: str) -> bool:
    """May it be a part of a number in groups? So may what is not read."""
    return word == UNKNOWN or (any(map(str.isdigit, word)) and len(_NO_NUMBER.findall(word)) <= PREFIX)


def _long(run: Sequence[re.Match[str]]) -> Iterator[tuple[int, int]]:
    """All of the words, if they are a long number together, or parts of one beside what is not read."""
    digits = sum(sum(map(str.isdigit, word.group())) for word in run)
    if digits >= GROUPS or (digits and any(word.group() == UNKNOWN for word in run)):
        yield run[0].start(), run[-1].end()


def _mixed(word: str) -> bool:
    """Three of: small letters, capitals other than the first letter, digits, signs but for a last exclamation mark."""
    kinds = (
        any(map(str.islower, word)),
        any(map(str.isupper, word[1:])),
        any(map(str.isdigit, word)),
        not _SIGNS.isdisjoint(word[1:].rstrip("!")),
    )
    return len(word) >= SECRET and sum(kinds) >= 3


def _without(text: str, spaces: re.Pattern[str]) -> tuple[str, Sequence[int]]:
    gone = {match.start() for match in spaces.finditer(text)}
    if not gone:
        return text, range(len(text))
    origins = [place for place in range(len(text)) if place not in gone]
    return "".join(text[place] for place in origins), origins


def _with_colons(text: str) -> tuple[str, Sequence[int]]:
    """A short text of few words, without digits or a colon, may be the label of what is in the next cell or line."""
    ends = {match.start("end") for match in _LABEL.finditer(text) if len(match.group("label").split()) <= _LABEL_WORDS}
    return _put_in(text, dict.fromkeys(ends, ": "), instead=True)


def _told_apart(text: str) -> tuple[str, Sequence[int]]:
    return _put_in(text, {match.start(): " " for match in _RUN_TOGETHER.finditer(text)}, instead=False)


def _put_in(text: str, put: dict[int, str], *, instead: bool) -> tuple[str, Sequence[int]]:
    """``text`` with what is to be put in at each place, before its character or ``instead`` of it."""
    if not put:
        return text, range(len(text))
    parts: list[str] = []
    origins: list[int] = []
    begin = 0
    for place, one in sorted(put.items()):
        parts += [text[begin:place], one]
        origins += [*range(begin, place), *[place] * len(one)]
        begin = place + instead
    return "".join([*parts, text[begin:]]), [*origins, *range(begin, len(text))]
