"""Which numbers reach a person's telephone?

A number with a country code, one beside a word such as "call" or "Tel.", one written as telephone numbers are
("(030) …", "555-123-4567", "020 7946 0958"), or one that ``phonenumbers`` knows as valid in a country. That
library's own search takes a second for a megabyte; here it is asked only about what looks like a number, and at most
:data:`CHECKS` times for a text: beyond that, looks are enough.
"""

import re
from collections.abc import Iterator

from aboveboard.recorder.redact.text.finding import Finding
from aboveboard.recorder.redact.text.patterns.seen import Run, Seen, finding

CHECKS = 40
REGIONS = (
    "US",
    "GB",
    "DE",
    "FR",
    "ES",
    "IT",
    "NL",
    "BE",
    "SE",
    "DK",
    "NO",
    "FI",
    "PL",
    "CH",
    "AT",
    "PT",
    "AU",
    "IN",
    "BR",
    "MX",
    "IL",
    "ZA",
    "JP",
    "CZ",
    "NZ",
)
"""Where a number without a country code may be at home."""
_EXTENSION = re.compile(r"[ ,]{0,2}(?:x|ext\.?|extension|#|Durchwahl|poste) ?\.?:? ?[0-9]{1,6}(?![0-9])", re.IGNORECASE)
_DATE = re.compile(
    r"(?:[0-3]?[0-9]([./-])[0-3]?[0-9]\1(?:19|20)?[0-9]{2}(?!\1[0-9])"
    r"|(?:19|20)[0-9]{2}([./-])[0-1]?[0-9]\2[0-3]?[0-9])(?![0-9])"
)
_WRITTEN = re.compile(
    r"\([0-9]{2,5}\)[ ]?[0-9][0-9 ./-]{4,12}"
    r"|(?:1[ .-])?\(?[0-9]{3}\)?[ .-]{1,2}[0-9]{3}[ .-][0-9]{4}"
    r"|0[0-9]{1,4}[ /-]{1,3}[0-9]{2,4}(?:[ -][0-9]{2,4}){0,4}"
    r"|0[0-9]{1,5}[ /-]{1,3}[0-9]{5,9}"
    r"|0[0-9](?:[ .-][0-9]{2}){4}"
    r"|[0-9]{2}([ -])[0-9]{2}\1[0-9]{2}\1[0-9]{2}(?:\1[0-9]{2})?|[0-9]{2}(?:\.[0-9]{2}){4}"
    r"|\(?0[0-9]{1,4}\)?[ -][0-9]{3,8}(?:[ -][0-9]{3,4})?"
)
_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}(?:[ .\u00a0][0-9]{3})+")
_GROUPED = re.compile(r"[0-9]{2,5}(?:[ .-][0-9]{2,5}){1,5}")


def find(seen: Seen) -> Iterator[Finding]:
    """Telephone and fax numbers."""
    checks = [CHECKS]
    text = seen.text
    for run in seen.runs:
        digits = sum(end - start for start, end in run.groups)
        if digits < 5 or not _free(text, run):
            continue
        start = run.start
        if text[start] == "(" and ")" not in text[start : run.end]:
            start += 1
        if found := _in_run(seen, run, start, digits, checks):
            begin, end, certainty = found
            if extension := _EXTENSION.match(text, end):
                end = extension.end()
            yield finding(begin, end, "phone", certainty)


def _free(text: str, run: Run) -> bool:
    """Whether no letter touches the run: "AB12345" is no telephone number."""
    before, after = text[run.start - 1 : run.start] if run.start else "", text[run.end : run.end + 1]
    return not (
        before.isalnum()
        or before in ("_", "$", "€", "£", "#")
        or (after.isalnum() and after not in "xXe")
        or after in ("%", "_")
    )


def _in_run(seen: Seen, run: Run, start: int, digits: int, checks: list[int]) -> tuple[int, int, float] | None:
    text = seen.text
    plus = text.find("+", run.start, run.end)
    if plus < 0 and digits >= 9 and text.startswith("00", run.groups[0][0]):
        plus = start
    if plus >= 0:
        return _international(text, run, plus)
    announced = seen.near("phone", start, run.end, before=30, after=12)
    whole = text[start : run.end]
    if announced and 6 <= digits <= 15 and not _DATE.match(text, start) and "." not in whole[-3:]:
        return start, run.end, 0.9
    if not 7 <= digits <= 12 or _DATE.match(text, start):
        return None
    if _WRITTEN.fullmatch(whole):
        return start, run.end, 0.8
    single = len(run.groups) == 1
    if (single and not 9 <= digits <= 11) or (not single and not _GROUPED.fullmatch(whole)):
        return None
    if digits < 9 and _THOUSANDS.fullmatch(whole):
        return None
    return (start, run.end, 0.6) if _valid(whole, checks) else None


def _international(text: str, run: Run, start: int) -> tuple[int, int, float] | None:
    """From the country code on, as many groups as a number can have: 15 digits."""
    count, end = 0, -1
    for begin, stop in run.groups:
        if begin < start:
            continue
        if count and count + stop - begin > 16:
            break
        count, end = count + stop - begin, stop
    return (start, end, 0.95) if 7 <= count <= 17 else None


def _valid(written: str, checks: list[int]) -> bool:
    """Whether a number without a country code is valid somewhere; looks are enough once ``checks`` are used up."""
    if not checks[0]:
        return True
    import phonenumbers

    checks[0] -= 1
    for region in REGIONS:
        try:
            if phonenumbers.is_valid_number_for_region(phonenumbers.parse(written, region), region):
                return True
        except phonenumbers.NumberParseException:
            return False
    return False
