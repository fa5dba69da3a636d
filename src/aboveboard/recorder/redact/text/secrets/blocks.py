"""Which lines are (part of) a private key?

From ``BEGIN … PRIVATE KEY`` to its end, or as far as it is to be seen. Where neither is on the screen, two lines of
the length and the letters of such a block are one. What is announced as a certificate or a public key is none. Line by
line: it takes time in proportion to the length, whatever the text is.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator

HINTS = (
    r"-{2,5}\s?(?:BEGIN|END) [A-Z0-9 ]{0,40}(?:PRIVATE|SECRET)|Private-(?:Lines|MAC)|\bLS0tLS1CRUdJTi"
    r"|(?:^|\\n|[\s\"'>|])[A-Za-z0-9+/]{60,76}={0,2}(?:$|\\n|[\"'\s|])"
)
"""For a quick look over a text, case and lines as they come: whether it is to be looked at for blocks."""
REACH = 20_000
"""A key is not longer."""
_BEGIN = re.compile(r"-{2,5}\s?BEGIN [A-Z0-9 ]{0,40}?(?:PRIVATE KEY|SECRET KEY)[A-Z ]{0,12}-{0,5}")
_END = re.compile(r"-{2,5}\s?END [A-Z0-9 ]{0,40}?(?:PRIVATE KEY|SECRET KEY)[A-Z ]{0,12}-{0,5}")
_PUTTY = re.compile(r"Private-Lines:\s{0,3}\d{1,4}")
_ENCODED = re.compile(r"\bLS0tLS1CRUdJTi[A-Za-z0-9+/=]{16,20000}")
_LETTERS = re.compile(r"[A-Za-z0-9+/]{8}")
"""Without these, only the announcement is there: it holds no secret."""
_RUN = re.compile(r"(?:[A-Za-z0-9+/=]|\\[nr]){0,20000}")
_INSIDE = re.compile(
    r"[\s\"'+,;|>#/*\\]{0,40}[A-Za-z0-9+/=]{0,100}(?:\\[nr])?[\s\"',;\\|+<]{0,20}|[A-Za-z\-]{2,20}: .{0,120}"
)
_FULL = re.compile(r"[\s\"'+,;|>#/*]{0,40}([A-Za-z0-9+/]{60,76}={0,2})(?:\\[nr])?[\s\"',;\\|+<]{0,20}")
_PUBLIC = re.compile(r"BEGIN [A-Z0-9 ]{0,20}(?:CERTIFICATE|PUBLIC KEY|REQUEST|CRL|PARAMETERS|SIGNATURE|MESSAGE|PKCS7)")
_MARKED = re.compile(r"\b(?:BEGIN|END) ")


def private_keys(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each, in any order; they may overlap."""
    ends = [found.span() for found in _END.finditer(text)]
    starts = [start for start, _ in ends]
    used: set[int] = set()
    covered = 0
    for begin in _BEGIN.finditer(text):
        if begin.start() < covered:
            continue
        which = bisect_left(starts, begin.end())
        if which < len(ends) and starts[which] - begin.end() <= REACH:
            covered = ends[which][1]
            used.add(which)
        else:
            covered = _down(text, begin.end())
        if _LETTERS.search(text, begin.end(), covered):
            yield begin.start(), covered
    for which, (start, end) in enumerate(ends):
        if which not in used:
            yield _up(text, start), end
    for putty in _PUTTY.finditer(text):
        if putty.start() >= covered:
            covered = _down(text, putty.end())
            yield putty.start(), covered
    yield from (found.span() for found in _ENCODED.finditer(text))
    yield from _unannounced(text)


def _down(text: str, place: int) -> int:
    """The end of what goes on like a key from ``place``."""
    run = _RUN.match(text, place)
    end = run.end() if run else place
    line_end = text.find("\n", end)
    limit = place + REACH
    while 0 <= line_end < limit:
        following = text.find("\n", line_end + 1)
        following = len(text) if following < 0 else following
        line = text[line_end + 1 : following]
        if (line.strip() and not _goes_on(line)) or (not line.strip() and text[line_end - 1 : line_end] == "\n"):
            break
        end = following if line.strip() else end
        if following == len(text):
            break
        line_end = following
    return end


def _up(text: str, place: int) -> int:
    """The start of what went on like a key up to ``place``."""
    start = text.rfind("\n", 0, place) + 1
    limit = place - REACH
    while start > max(0, limit):
        above = text.rfind("\n", 0, start - 1) + 1
        line = text[above : start - 1]
        if not _goes_on(line):
            break
        start = above
    return min(start, place)


def _goes_on(line: str) -> bool:
    """Whether a line may be one of a key: its letters, or a header, and not one plain word."""
    return len(line) <= 200 and _INSIDE.fullmatch(line) is not None and not line.strip(" \t\"'.,;>|").islower()


def _unannounced(text: str) -> Iterator[tuple[int, int]]:
    """Two and more full lines of a key one below another, where no line above says that it is public."""
    place, first, last, count, public = 0, -1, -1, 0, False
    for line in text.split("\n"):
        full = _FULL.fullmatch(line) if 60 <= len(line) <= 160 else None
        if full and _random(full[1]):
            first, last, count = (place if count == 0 else first), place + len(line), count + 1
        else:
            if count >= 2 and not public:
                yield first, last
            count = 0
            if _MARKED.search(line[:200]):
                public = _PUBLIC.search(line[:200]) is not None
        place += len(line) + 1
    if count >= 2 and not public:
        yield first, last


def _random(line: str) -> bool:
    """Capitals, small letters and digits, as chance would have it."""
    small, capital = sum(one.islower() for one in line), sum(one.isupper() for one in line)
    return min(small, capital) > len(line) / 6 and any(one.isdigit() for one in line)
