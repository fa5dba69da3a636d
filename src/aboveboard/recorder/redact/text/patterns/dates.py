"""Which days, which birthdays, which ages?

A date is found in numbers ("05/11/1980", "1980-11-05") and in words ("5 November 1980", "5. März", "le 3 mai 2021"); a
date shortly after a word such as "born" is a date of birth. An age needs a word beside it ("aged 41", "41 ans").
"""

import re
from collections.abc import Iterator

from aboveboard.recorder.redact.text.finding import Finding, Kind
from aboveboard.recorder.redact.text.patterns.seen import Run, Seen, finding

_YEAR = r"(?:1[89]|20)[0-9]{2}"
_NUMERIC = re.compile(
    rf"{_YEAR}([-./])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12][0-9]|3[01])(?![0-9])"
    rf"|(?:0?[1-9]|[12][0-9]|3[01])(?:([-./]) ?(?:0?[1-9]|1[0-2])\2 ?|/(?:0?[1-9]|1[0-2])/)(?:{_YEAR}"
    rf"|[0-9]{{2}})(?![0-9])"
    rf"|(?:0?[1-9]|1[0-2])([-./])(?:0?[1-9]|[12][0-9]|3[01])\3(?:{_YEAR}|[0-9]{{2}})(?![0-9])"
    rf"|(?:0?[1-9]|1[0-2])/{_YEAR}(?![0-9])"
)
_TIME = re.compile(
    r"[T ,]{1,2}[0-2]?[0-9]:[0-5][0-9](?::[0-5][0-9](?:[.,][0-9]{1,9})?)?(?: ?[AaPp]\.?[Mm]\.?(?!\w))?(?:Z"
    r"|[+-][0-9]{2}:?[0-9]{2})?"
)
_AFTER_TIME = re.compile(rf" (?:[A-Z]{{2,5}} )?{_YEAR}(?![\w])")
_COMPACT = re.compile(rf"{_YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")
_DAY = r"(?:0?[1-9]|[12][0-9]|3[01])"
_BEFORE = re.compile(
    rf"(?<![\w.,/-])(?:the )?{_DAY}(?:st|nd|rd|th|er|re|º|ª|°|\.|:e|\.º)?(?:[ -]| ?(?:of|de|d'|di|day of) ?)$",
    re.IGNORECASE,
)
_AFTER_DAY = re.compile(
    rf"\.?[ -]{_DAY}(?:st|nd|rd|th)?(?![\w:]|[.,/-][0-9])(?:(?:,? |, ?|[ ]of[ ]){_YEAR}(?![\w]))?", re.IGNORECASE
)
_AFTER_YEAR = re.compile(
    rf"\.?(?:,? |-|/| de | del | of | d'|\.)'?(?:{_YEAR}|(?<=['-])[0-9]{{2}})(?![\w])", re.IGNORECASE
)
_YEAR_SAID = re.compile(
    rf"\b(?:in|since|from|until|till|before|after|by|during|year|years|of|early|late|mid|summer|winter"
    rf"|spring|autumn|fall|seit|bis|jahr|en|depuis|année|desde"
    rf"|año|dal|nel|sinds|sedan) {_YEAR}(?![\w.,:/%€$£-]\w)(?=[\W]|$)",
    re.IGNORECASE,
)
_ASIAN = re.compile(r"[0-9]{4} ?[年년] ?[0-9]{1,2} ?[月월](?: ?[0-9]{1,2} ?[日일])?")
_AGE_BEFORE = re.compile(r"(?<![\w.,/$€£-])(?:1[01][0-9]|[1-9]?[0-9])(?:[ -]| ?-)?$")
_AGE_AFTER = re.compile(
    r"(?: (?:of|is|was|are|just|only|now|around|about|ca\.?|von|de|:))*[ :=(-]{1,3}(1[01][0-9]"
    r"|[1-9]?[0-9])(?![\w%$€£]|[.,:/-][0-9]| ?(?:%|percent|minutes?|hours?|days?|km|miles|min|weeks?))"
)
_OTHER_BEFORE = re.compile(r"(?<![\w.,/$€£-])([1-9]?[0-9])(?: (?:and|to|or|bis|und|à|y|e|et) |[ ]?[-–] ?)$")
_OTHER_AFTER = re.compile(r"(?: (?:and|to|or|bis|und|à|y|e|et|-|–) |[-–])([1-9]?[0-9])(?![\w.,/%$€£])")
_PERSON_IS = re.compile(r"(?:i am|i'm|i’m|he is|she is|he's|she's|who is|who's|who was)$")
_ENDS = re.compile(r" ?(?:$|[,.;!?)\n]|and\b|und\b|et\b|y\b|but\b|years?\b|yrs?\b)", re.IGNORECASE)
NEAR_BIRTH = 30


def find(seen: Seen) -> Iterator[Finding]:
    """Dates, dates of birth, ages."""
    said: set[int] = set()
    for start, end, certainty in sorted(_dates(seen)):
        born = seen.near("born", start, end, before=NEAR_BIRTH, after=0)
        # A word says it of the first date after it only.
        kind: Kind = "birth_date" if born and born.end not in said else "date"
        if born:
            said.add(born.end)
        yield finding(start, end, kind, certainty)
    yield from _ages(seen)


def _dates(seen: Seen) -> Iterator[tuple[int, int, float]]:
    text = seen.text
    for run in seen.runs:
        yield from _numeric(text, run)
    for month in seen.hits("month"):
        start, end = month
        day = _BEFORE.search(text, max(0, start - 14), start)
        if (not day and (one := _AFTER_DAY.match(text, end))) or (one := _AFTER_YEAR.match(text, end)):
            end = one.end()
        elif not day:
            continue
        begin = day.start() if day else start
        begin = _weekday(seen, begin)
        if time := _TIME.match(text, end):
            end = time.end()
            if year := _AFTER_TIME.match(text, end):
                end = year.end()
        yield begin, end, 0.9
    for run in seen.runs:
        if run.end - run.start == 4 and (year := _YEAR_SAID.search(text, max(0, run.start - 14), run.end)):
            yield run.start, year.end(), 0.5
    if "年" in text or "년" in text:
        for one in _ASIAN.finditer(text):
            yield *one.span(), 0.95


def _weekday(seen: Seen, start: int) -> int:
    """Where the date begins if the day of the week stands before it."""
    day = seen.near("weekday", start, start, before=5, after=0)
    return (
        day.start if day and seen.text[day.end : start].strip(" ,.") in ("", "the", "den", "der", "le", "el") else start
    )


def _numeric(text: str, run: Run) -> Iterator[tuple[int, int, float]]:
    if len(run.groups) == 1:
        if (
            run.end - run.start == 8
            and _COMPACT.fullmatch(text, run.start, run.end)
            and _clear(text, run.start, run.end)
        ):
            yield run.start, run.end, 0.5
        return
    past = 0
    for start, _ in run.groups:
        if start < past or not (one := _NUMERIC.match(text, start)):
            continue
        end = past = one.end()
        if not _clear(text, start, end):
            continue
        if time := _TIME.match(text, end):
            end = time.end()
        yield start, end, 0.85


def _clear(text: str, start: int, end: int) -> bool:
    """Whether the numbers are not part of a longer one or of a word, as in "v1.2.12.4"."""
    before, after = text[start - 1 : start] if start else "", text[end : end + 2]
    if before.isalnum() or (before in (".", "/", "-", "_") and text[start - 2 : start - 1].isalnum()):
        return False
    return not (after[:1].isalpha() and after[:1] not in "TZ年") and not (
        after[:1] in (".", "/", "-") and after[1:].isdigit()
    )


def _ages(seen: Seen) -> Iterator[Finding]:
    text = seen.text
    for place in seen.hits("years"):
        if one := _AGE_BEFORE.search(text, max(0, place.start - 6), place.start):
            yield finding(one.start(), one.start() + len(one.group().rstrip(" -")), "age", 0.85)
            if other := _OTHER_BEFORE.search(text, max(0, one.start() - 10), one.start()):
                yield finding(*other.span(1), "age", 0.7)
    for place in seen.hits("age"):
        if not (one := _AGE_AFTER.match(text, place.end)):
            continue
        if _PERSON_IS.match(seen.low, place.start, place.end) and not _ENDS.match(text, one.end()):
            continue
        yield finding(*one.span(1), "age", 0.75)
        if other := _OTHER_AFTER.match(text, one.end()):
            yield finding(*other.span(1), "age", 0.7)
