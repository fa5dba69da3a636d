"""Where does somebody live: streets with numbers, post boxes, postcodes with their places?

Looked for around the words for streets ("Street", "rue", "-straße", "ul."), in both orders (number first, number last).
From there an address goes on to the right, over commas and lines, as long as what follows is a flat, a postcode, a
state or a place; names that nothing of that kind follows are left out, as they may begin the next sentence.
"""

import re
from collections.abc import Iterator

from aboveboard.recorder.redact.text.finding import Finding
from aboveboard.recorder.redact.text.patterns import backwards, postcodes, vocabulary
from aboveboard.recorder.redact.text.patterns.seen import Seen, finding
from aboveboard.recorder.redact.text.patterns.vocabulary import Place

_PARTICLE = (
    r"(?:de la|de las|de los|de l['’]|de|du|des|del|della|delle|dei|di|da|do|dos|das|la|le|les|el|los|las"
    r"|van der|van den|van de|van|von der|von|der|den|dem|the|of|and|y|e|et|St\.?|l['’]|d['’])"
)
_CAP = r"(?:[^\W\d_a-zà-öø-ÿ](?:[\w'’-]{0,3}\.|[\w'’-]{0,30})|[1-9][0-9]{0,2}(?:st|nd|rd|th))"
_NAME = rf"(?:{_PARTICLE}[ ]?){{0,2}}{_CAP}(?:[ -](?:{_PARTICLE}[ ]?){{0,2}}{_CAP}){{0,4}}"
_NUMBER = r"[0-9]{1,6}[A-Za-z]?(?:[-/–][0-9]{1,5}[A-Za-z]?)?(?: ?(?:bis|ter|½|1/2))?"
_FIRST = re.compile(rf"(?<![\w.,$€£#/-]){_NUMBER}(?:, ?| |,?\n)(?:(?:{_PARTICLE} ?|{_CAP} )){{0,5}}$")
_FIRST_LOW = re.compile(r"(?<![\w.,$€£#/-])[0-9]{1,5}[a-z]? (?:[a-z][a-z'-]{2,20} ){1,2}$")
_TYPED = frozenset(("street", "avenue", "road", "boulevard", "lane", "blvd", "drive"))
_BEFORE_NAME = re.compile(rf"(?<![\w.,$€£#/-]){_NUMBER},? $")
_AFTER_NAME = re.compile(rf" ?{_NAME}")
_NO_YEAR = r"(?!(?:19|20)[0-9]{2}(?![0-9]))"
_LAST = re.compile(
    rf"\.?,? ?(?:n[.°ºo]{{1,3}} ?|nr\.? ?|num\. ?|no\. ?|# ?)?{_NO_YEAR}{_NUMBER}(?: [A-Za-z](?![\w']))?"
    r"(?![\w]|[.,:][0-9]|[%€$£])",
    re.IGNORECASE,
)
_WORDS_BEFORE = re.compile(rf"{_CAP}(?:[ -]{_CAP}){{0,2}}[ -]?$")
_UNIT = re.compile(
    r"(?:[ ,\n\t]{1,4}|)(?:(?:apt|apartment|suite|ste|unit|flat|floor|fl|room|rm|bldg|building|box|no|nr"
    r"|stock|etage|whg|wohnung|piso|puerta|piano|appartamento|interior|edif|edificio|depto|departamento"
    r"|andar|esc|studio|int|interno|bât|bâtiment|appt|appartement|lok|lokal|m|lgh|block"
    r"|tower|level|lot|space|dept)\b\.? ?#?:? ?[0-9A-Za-z]{1,6}(?![\w])|# ?[0-9]{1,6}[A-Za-z]?"
    r"|[0-9]{1,2}(?:st|nd|rd|th) floor|[0-9]{1,2}\. ?(?:stock|etage|og))",
    re.IGNORECASE,
)
_DIRECTION = re.compile(r"[ ,]{1,2}(?:[NSEW]|NE|NW|SE|SW|North|South|East|West)\b\.?(?! [a-z])")
_SEPARATOR = re.compile(r"[ ,\n\r\t;|·>]{1,6}")
_PLACE_NAME = re.compile(_NAME)
_FIELD = re.compile(r" ?[:=]|(?<=[Mm]obile)\.? [+(]?[0-9]|(?<=MOBILE)\.? [+(]?[0-9]")
_DIGIT = re.compile(r"[0-9]")
_POST_BOX = re.compile(r"[ :.#]{0,3}[0-9][0-9 ]{0,7}[0-9]?(?![\w])")
WEAK = vocabulary.word_set("weak_street")
PREPOSITIONS = vocabulary.word_set("preposition_street")
NAME_FOLLOWS = vocabulary.word_set("name_follows")


_ANNOUNCED = re.compile(
    r"(?: is| at| now| to| the| in| der| au| le| la| na| no|:|,){0,3}[ \n]{1,2}"
    rf"((?:{_NUMBER}[ ,]{{1,2}}{_NAME}|{_NAME},? {_NO_YEAR}{_NUMBER}))(?![\w]|[.,:]?[0-9%])"
)
_UNIT_BEFORE = re.compile(
    r"(?<![\w])(?:apt|apartment|suite|ste|unit|flat|floor|level|room|studio|shop|lot|bldg|building|block"
    r"|house|casa)\.? ?#?[0-9A-Za-z]{1,5}(?:[ ,/]{1,2}|,?\n)$",
    re.IGNORECASE,
)


def find(seen: Seen) -> Iterator[Finding]:
    """Addresses, or parts of them that show alone."""
    past = 0
    for place in seen.hits("street"):
        if place.start < past:
            continue
        if found := _around(seen, place):
            past = found[1]
            yield finding(_unit_before(seen.text, found[0]), past, "address", 0.85)
    for place in seen.hits("street_like"):
        if place.start >= past and (first := _FIRST.search(seen.text, max(0, place.start - 80), place.start)):
            end, sure = _onwards(seen, place.end)
            if sure or first.group()[-2].isalpha():
                past = end
                yield finding(_unit_before(seen.text, first.start()), end, "address", 0.7)
    yield from _announced(seen)
    for place in seen.hits("flat"):
        unit = _UNIT.match(seen.text, place.start)
        begin = backwards.begin(seen.text, place.start, bare=True, apart=False) if unit else None
        if unit and begin is not None:
            yield finding(begin, _onwards(seen, unit.end())[0], "address", 0.75)
    for place in seen.hits("box"):
        if number := _POST_BOX.match(seen.text, place.end):
            yield finding(place.start, _onwards(seen, number.end())[0], "address", 0.8)
    yield from postcodes.find(seen)


def _announced(seen: Seen) -> Iterator[Finding]:
    """What follows "lives at" and the like: a number and a name, or a name and a number."""
    text = seen.text
    for place in seen.hits("lives"):
        if one := _ANNOUNCED.match(text, place.end):
            end, _ = _onwards(seen, _dotted(text, one.end()))
            yield finding(one.start(1), end, "address", 0.7)


def _around(seen: Seen, place: Place) -> tuple[int, int] | None:
    """The address that the word for a street at ``place`` belongs to."""
    text, word = seen.text, seen.low[place.start : place.end]
    capital = text[place.start].isupper()
    glued = bool(place.start) and (text[place.start - 1].isalpha() or text[place.start - 1] == "-")
    window = max(0, place.start - 80)
    if not _DIGIT.search(text, window, place.end + 80):
        return None
    # 1. "12 North Main Street", "12 rue de la Paix".
    if not glued and word not in PREPOSITIONS and (first := _FIRST.search(text, window, place.start)):
        name = _AFTER_NAME.match(text, place.end) if word in NAME_FOLLOWS else None
        direct = _BEFORE_NAME.search(text, window, place.start)
        end = name.end() if name else _dotted(text, place.end)
        if (name and direct) or (not direct and (capital or any(char.isupper() for char in first.group()))):
            return first.start(), _onwards(seen, end)[0]
    if not glued and word in _TYPED and (typed := _FIRST_LOW.search(text, window, place.start)):
        return typed.start(), _onwards(seen, _dotted(text, place.end))[0]
    # 2. "Hauptstraße 12", "Lange Straße 12", "Via Roma, 12".
    return _number_last(seen, place, word, glued)


def _number_last(seen: Seen, place: Place, word: str, glued: bool) -> tuple[int, int] | None:
    text, start, end = seen.text, place.start, place.end
    while start and glued and place.start - start < 40 and (text[start - 1].isalnum() or text[start - 1] in "-'’"):
        start -= 1
    name = _AFTER_NAME.match(text, end) if word in NAME_FOLLOWS and not glued else None
    if name:
        end = name.end()
        # The greedy name may have taken "Roma 12" apart only up to the number, which is no word with a capital.
    elif not text[start].isupper() and word not in vocabulary.word_set("low_street"):
        return None
    elif before := _WORDS_BEFORE.search(text, max(0, start - 50), start):
        start = before.start()
    elif not glued:
        return None
    if not (number := _LAST.match(text, end)):
        return None
    end, sure = _onwards(
        seen, _dotted(text, number.end()) if "\n" in text[number.end() : number.end() + 2] else number.end()
    )
    if word in WEAK | PREPOSITIONS and not glued and not sure:
        return None
    return start, end


def _unit_before(text: str, start: int) -> int:
    """Where the flat begins that is written before the number of the house."""
    unit = _UNIT_BEFORE.search(text, max(0, start - 24), start)
    return unit.start() if unit else start


def _dotted(text: str, end: int) -> int:
    return end + 1 if text[end : end + 1] == "." and text[end - 1] != "." else end


def _onwards(seen: Seen, end: int) -> tuple[int, bool]:
    """How far an address goes on from ``end``, and whether a postcode, a state or a known place came."""
    text, sure = seen.text, False
    if direction := _DIRECTION.match(text, end):
        end = direction.end()
    at, names = end, 0
    for _ in range(12):
        if unit := _UNIT.match(text, at):
            at = end = unit.end()
            continue
        if not (gap := _SEPARATOR.match(text, at)):
            break
        begin = gap.end()
        if code := postcodes.code_at(text, begin):
            at = end = code
            sure, names = True, 0
        elif known := _known(seen, begin):
            at = end = known
            sure, names = True, 0
        elif names < 2 and (name := _PLACE_NAME.match(text, begin)):
            at, names = name.end(), names + 1
        else:
            break
    return end, sure


def _known(seen: Seen, start: int) -> int | None:
    """The end of the longest known place that begins at ``start``, unless it is the name of a field ("Mobile: …")."""
    ends = [place.end for topic in ("place", "place_ambiguous") for place in seen.from_(topic, start)]
    end = max(ends, default=None)
    return None if end is not None and _FIELD.match(seen.text, end) else end
