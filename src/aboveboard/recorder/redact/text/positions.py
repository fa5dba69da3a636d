"""What is somebody's position, where only the layout says so: a short line of its own below the line with their name?

As in a signature, on a card, in a list of people::

    Nora Quill
    Airport tower controller

Together with where they work it tells who they are. The line must read as a position: a few words that begin with a
capital, the last of which (or the one before "of", "for", "in" and the like) ends as words for occupations end.
"""

import re
from collections.abc import Iterator, Sequence

from aboveboard.recorder.redact.text.finding import Finding

BY = "positions"
LONG = 12
"""A single shorter word is rather the name of the next field: "Reporter", "Owner"."""
INDENT = 12
"""A line begins at most so many characters before the name on it."""
_BEFORE = re.compile(r"(?:\A|\n)[ \t–*•-]*\Z")
_BELOW = re.compile(
    r"[ \t,]{0,4}\r?\n(?:[ \t]{0,8}\r?\n)?[ \t]{0,8}([^\W\d_a-zà-öø-ÿ][^\n:;=<>{}\d@]{2,70}?)[ \t,]{0,4}(?=\r?\n|$)"
)
_WORDS = re.compile(r"[^\W\d_]+(?:['’./&-][^\W\d_]+)*\.?(?:,? (?:& )?[^\W\d_]+(?:['’./&-][^\W\d_]+)*){0,7}")
_HEAD = re.compile(r" (?:of|for|in|at|to|für|im|de|des|du|della|del|di) ")
_OCCUPATION = re.compile(
    r"(?:.{3,}(?:er|or|ist|ian|eur|euse|rice|man|woman|erin|ant|ent|ologue|ière|iste|adora?|iere|ista)"
    r"|.*(?:clerk|chef|nurse|head|lead|coach|cook|guard|pilot|aide|intern|trainee|executive|representative|chief|partner"
    r"|leitung|fachkraft|hilfe|kraft|frau|mann|leiterin))"
)
_LEADING = re.compile(r".{3,}(?:eur|euse|trice|ière|iste|adora?|tore|ista)")
"""In the languages that put the occupation first."""
_NONE = (
    "number order paper center centre water letter computer server user other another folder september october "
    "november december summer winter calendar error answer offer transfer newsletter register filter header "
    "footer footnote document comment content payment department event client student current recent sent "
    "present moment agreement statement attachment assignment appointment color colour printer layer monitor "
    "master whether after under over never ever however together dear paint plant participant want restaurant "
    "amount "
)
_OTHER = frozenset(_NONE.split())
"""Words that end so and are no occupation."""


def under_names(text: str, findings: Sequence[Finding]) -> Iterator[Finding]:
    """The positions below names of ``findings`` that stand on lines of their own."""
    if "\n" not in text:
        return
    for one in findings:
        if one.kind != "name" or not _BEFORE.search(text, max(0, one.start - INDENT), one.start):
            continue
        below = _BELOW.match(text, one.end)
        if below and _is_position(below[1]):
            yield Finding(*below.span(1), "title", 0.6, BY)


def _is_position(line: str) -> bool:
    if not _WORDS.fullmatch(line):
        return False
    words = _HEAD.split(line.casefold())[0].rstrip(".").split(" ")
    if " " not in line and len(line) < LONG:
        return False
    if _LEADING.fullmatch(words[0]):
        return True
    return words[-1] not in _OTHER and _OCCUPATION.fullmatch(words[-1]) is not None
