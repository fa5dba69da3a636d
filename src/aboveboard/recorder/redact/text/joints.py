"""Is a finding one thing, or two with an "and" between them?

"Anna Berg and Jo Quill" are two people, two streets that meet are two addresses: each has a placeholder of its own, or
the same person would have another in each company. What joins them, and what leads to a date ("of 2001"), is no part of
either. A firm is left as it is: its "and" is in its name. Small letters only, and only these words: nothing else that
was found comes to light.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from aboveboard.recorder.redact.text.finding import Finding, Kind

APART: frozenset[Kind] = frozenset({"name", "address", "place", "group", "date"})
"""Kinds of which two may stand in one finding."""
_AND = r"(?:and|or|und|oder|et|ou|och|og|en|of)"
_BETWEEN = re.compile(r",?\s{1,4}(?:and|or|und|oder|et|och|og)\s{1,4}(?=\S)")
_BEFORE = re.compile(rf"(?:{_AND}\s{{1,4}}){{1,3}}(?=\S)")
_AFTER = re.compile(r"(?<=\S),?\s{1,4}(?:and|or|und|oder|och|og)\s{0,4}$")


def parted(text: str, findings: Iterable[Finding]) -> Iterator[Finding]:
    """``findings`` of ``text`` (disjoint, in order), each thing by itself, disjoint and in order too."""
    for one in findings:
        if one.kind not in APART:
            yield one
            continue
        place = one.start
        inside = [found for found in _BETWEEN.finditer(text, one.start, one.end) if found.start() > one.start]
        for found in inside:
            yield from _inner(text, replace(one, start=place, end=found.start()))
            place = found.end()
        yield from _inner(text, replace(one, start=place))


def _inner(text: str, one: Finding) -> Iterator[Finding]:
    """Without a joint at its edges."""
    before = _BEFORE.match(text, one.start, one.end)
    start = before.end() if before else one.start
    after = _AFTER.search(text, start, one.end)
    end = after.start() if after else one.end
    if start < end:
        yield replace(one, start=start, end=end)
