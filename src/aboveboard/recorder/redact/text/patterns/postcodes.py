"""Which postcodes are there, and states as addresses write them?

Some postcodes show alone ("SW1A 1AA", "K1A 0B1", "62704-1234"), others only beside a state or a place ("IL 62704",
"10115 Berlin") or after a word ("zip code"), others only within an address (``code_at``).
"""

import re
from collections.abc import Iterator

from aboveboard.recorder.redact.text.finding import Finding
from aboveboard.recorder.redact.text.patterns import backwards, vocabulary
from aboveboard.recorder.redact.text.patterns.seen import Run, Seen, finding

STATES = "|".join(sorted(vocabulary.word_set("state"), reverse=True))
_ALONE = (
    r"(?:[AC-FHKNPRTV-Y][0-9][0-9W] [0-9AC-FHKNPRTV-Y]{4}|[A-Z]{1,2}[0-9][0-9A-Z]? [0-9][A-Z]{2})"
    r"|[ABCEGHJ-NPRSTVXY][0-9][ABCEGHJ-NPRSTV-Z][ -]?[0-9][ABCEGHJ-NPRSTV-Z][0-9]"
)
_SHOWS = re.compile(rf"(?<![\w-])(?:{_ALONE})(?![\w-])")
_STATE_ZIP = re.compile(rf"(?<![\w])(?:{STATES}),? (?:[0-9]{{5}}(?:-[0-9]{{4}})?|[0-9]{{4}})(?![\w-])")
_ZIP_PLUS_4 = re.compile(r"(?<![\w.-])[0-9]{5}-[0-9]{4}(?![\w-])")
_CODE = re.compile(
    rf"(?:(?:{_ALONE})|(?:[A-Z]{{1,2}}-)?[0-9]{{5}}(?:-[0-9]{{3,4}})?|[0-9]{{4}} ?[A-Z]{{2}}"
    rf"|[0-9]{{2}}-[0-9]{{3}}|[0-9]{{4}}-[0-9]{{3}}|[0-9]{{3}} [0-9]{{2}}|[0-9]{{3}}-[0-9]{{4}}"
    rf"|[0-9]{{6}}|[A-Z]{{1,2}}[ -][0-9]{{4}}|[0-9]{{4}}|(?:{STATES})(?![\w.])|(?:APO|FPO|DPO) )(?![\w]|[.,:/][0-9])"
)
_ANNOUNCED = re.compile(
    rf"(?<![\w$€£#/-])((?:{_ALONE})|[A-Z]{{1,2}}-[0-9]{{4,5}}|[0-9]{{5}}-[0-9]{{3,4}}|[0-9]{{2}}-[0-9]{{3}}"
    rf"|[0-9]{{4}}-[0-9]{{3}}|[0-9]{{4}} ?[A-Z]{{2}}"
    r"|[0-9]{3} [0-9]{2,3}|[0-9]{3,8})(?![\w%€$£]|[.,:/-][0-9])"
)
_ZIP_REACH = 28
_BEFORE_PLACE = re.compile(
    r"(?<![\w.,$€£#/-])(?:[A-Z]{1,2}-)?(?:[0-9]{4,6}|[0-9]{2}-[0-9]{3}|[0-9]{3} [0-9]{2}|[0-9]{4} ?[A-Z]{2}) $"
)


_NAME = r"(?:St\.|Bad|[^\W\d_a-zà-öø-ÿ][\w'’-]*)"
_DIGITS = re.compile(
    r"(?:([0-9]{4,6}|[0-9]{2}-[0-9]{3}|[0-9]{3} [0-9]{2}|[0-9]{4} ?[A-Z]{2}|[0-9]{4}-[0-9]{3})[ ,\n]{1,2}"
    rf"{_NAME}(?: (?:(?:nad|pod|an der|am|im|sur|sous|les|la|le|de|del|di|da|do|dos|das|of|upon|u|v) )?{_NAME}){{0,2}}"
    r"|([0-9]{5,6}|[0-9]{2}-[0-9]{3}|[0-9]{5}-[0-9]{3}|[0-9]{4}-[0-9]{3})(?![\w.,:/-]?[0-9%€$]))"
)


def find(seen: Seen) -> Iterator[Finding]:
    """Postcodes, with the state or the place beside them, and with what of an address stands before."""
    text = seen.text
    past = 0
    for run in seen.runs:
        if run.end <= past:
            continue
        if found := _shows(text, run.start) or _before_a_name(text, run):
            past = found[1]
            yield finding(*found, "address", 0.8)
    for place in seen.hits("zip"):
        one = _ANNOUNCED.search(text, place.end, place.end + _ZIP_REACH)
        if one is None or ". " in text[place.end : one.start()]:
            one = _ANNOUNCED.search(text, max(0, place.start - 16), place.start)
        if one:
            yield finding(*one.span(1), "address", 0.75)
    for place in seen.hits("place"):
        if (one := _BEFORE_PLACE.search(text, max(0, place.start - 10), place.start)) and text[place.start].isupper():
            digits = one.group().strip()
            # "in 2019 London" is a year.
            if not (len(digits) == 4 and digits[:2] in ("19", "20")):
                yield finding(one.start(), place.end, "address", 0.75)


def _shows(text: str, start: int) -> tuple[int, int] | None:
    """An address that ends in a postcode that shows by itself, whose first digits are at ``start``."""
    one = _ZIP_PLUS_4.match(text, start)
    for at in range(start - 1, max(-1, start - 6), -1):
        if not one and text[at].isupper():
            one = _STATE_ZIP.match(text, at) or _SHOWS.match(text, at)
    if not one:
        return None
    return backwards.begin(text, one.start(), bare=False) or one.start(), one.end()


def _before_a_name(text: str, run: Run) -> tuple[int, int] | None:
    """An address that ends in a postcode of digits alone, or in one and a name, "Nádražní 12, 110 00 Nové Město".

    Something of an address has to stand before it: a number, a name, and a comma or a new line.
    """
    for start, _ in reversed(run.groups):
        if not (one := _DIGITS.match(text, start)) or (
            start and (text[start - 1].isalnum() or text[start - 1] in "-.,/$€£#")
        ):
            continue
        if one.group(1) and (begin := backwards.begin(text, start, bare=True)) is not None:
            return begin, one.end()
        if one.group(2) and (begin := backwards.begin(text, start, bare=True)) is not None:
            return begin, one.end(2)
    return None


def code_at(text: str, start: int) -> int | None:
    """The end of a postcode or of a state's letters that begin at ``start``, within an address."""
    one = _CODE.match(text, start)
    return one.end() if one else None
