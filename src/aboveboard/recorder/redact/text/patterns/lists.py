"""Which countries, cities, nationalities, religions and forms of address stand in a text?

From lists alone. A place that is also an ordinary word or a name ("Reading", "Austin") needs a word such as "in" before
it; "in German" and "German translation" say a language, not whose somebody is; "Miss" is a title before a capital only.
After a form of address that nothing but a person has ("Herr", "Mrs.") one or two words with a capital are a name.
"""

import re
from collections.abc import Iterator

from aboveboard.recorder.redact.text.finding import Finding
from aboveboard.recorder.redact.text.patterns import vocabulary
from aboveboard.recorder.redact.text.patterns.seen import Seen, finding
from aboveboard.recorder.redact.text.patterns.vocabulary import Place

_WHERE = re.compile(
    r"(?:\b(?:in|from|to|at|near|of|visit|visiting|live|lives|nach|aus|bei|à|a|en|desde|hasta|di|da|em|uit"
    r"|naar|i|fra|från|via|through|around|outside|leaving|city)|,) $"
)
_LANGUAGE_BEFORE = re.compile(r"\b(?:in|into|speak|speaks|speaking|spoke|learn|learning|learns|auf|to) $")
_LANGUAGE_AFTER = re.compile(
    r" (?:language|keyboard|dictionary|translation|translations|translator|version|speaking|subtitles"
    r"|letters|lesson|lessons|class|course|text|grammar|spelling|word|words|layout|locale"
    r"|toast|fries|press|muffin|bulldog|shepherd|wall|new year)\b|[ -]?\((?:us|uk|united|germany|france)|-language"
)
_LAST_BRANDS = re.compile(r" (?:airlines|airways|express|post|bank|telekom|broadcasting)\b")
_PART = r"[^\W\d_a-zà-öø-ÿ](?:[^\W\d_]|['’-](?=[^\W\d_])){1,30}"
_NAMED = re.compile(
    rf"[ \u00a0]{{1,2}}((?:[^\W\d_a-zà-öø-ÿ]\.[ ]?){{0,2}}{_PART}"
    rf"(?: (?:[^\W\d_a-zà-öø-ÿ]\.? )?(?:(?:von|van|de|der|den|del|di|da|dos|el|al|bin|ten|ter) ){{0,2}}{_PART})?)(?!\w)"
)
TITLED = vocabulary.word_set("titled")
"""Forms of address that a name follows."""


def find(seen: Seen) -> Iterator[Finding]:
    """Places, groups and titles."""
    text, low = seen.text, seen.low
    for place in seen.hits("place"):
        yield finding(place.start, place.end, "place", 0.7)
    for place in seen.hits("place_ambiguous"):
        if _WHERE.search(low, max(0, place.start - 12), place.start) and not _LAST_BRANDS.match(low, place.end):
            yield finding(place.start, place.end, "place", 0.6)
    for place in seen.hits("group"):
        if not (
            _LANGUAGE_AFTER.match(low, place.end) or _LANGUAGE_BEFORE.search(low, max(0, place.start - 12), place.start)
        ):
            yield finding(place.start, place.end, "group", 0.7)
    for place in seen.hits("title_dot"):
        yield finding(place.start, place.end, "title", 0.85)
        yield from _named(seen, place)
    for place in seen.hits("title"):
        after = text[place.end : place.end + 2]
        if (
            after[:1] in (" ", "\u00a0")
            and after[1:].isupper()
            and low[place.end + 1 : place.end + 3] not in ("i ", "i'")
        ):
            yield finding(place.start, place.end, "title", 0.7)
            yield from _named(seen, place)


def _named(seen: Seen, title: Place) -> Iterator[Finding]:
    """Who is addressed."""
    if seen.low[title.start : title.end].rstrip(".") in TITLED and (one := _NAMED.match(seen.text, title.end)):
        yield finding(one.start(1), one.end(1), "name", 0.8)
