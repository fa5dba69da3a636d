"""Which numbers are of a payment card or a bank account?

A card number carries a check digit (Luhn) and begins with what a network uses; an IBAN carries two (ISO 7064, mod 97).
Account numbers, routing numbers and the like say little alone: a word beside them is needed (``beside``).
"""

import re
from collections.abc import Iterator

from aboveboard.recorder.redact.text.finding import Finding
from aboveboard.recorder.redact.text.patterns.seen import Number, Seen, finding

CARD_STARTS = re.compile(r"4|5[0-8]|2[2-7]|3[0-9]|6|1800|9[1-9]|81")
"""Visa, Mastercard, Maestro, American Express, Diners, JCB, Discover, UnionPay, RuPay, MIR, UATP and local ones."""
_IBAN = re.compile(r"(?<![^\W_])[A-Z]{2}[0-9]{2}(?:[ -]?[A-Z0-9]){11,30}(?![^\W_])", re.IGNORECASE)
_CVV = re.compile(r"(?<![\w-])[0-9]{3,4}(?![\w-])")
_EXPIRY = re.compile(r"(?<![\w/-])(?:0?[1-9]|1[0-2]) ?[/-] ?(?:20)?[2-4][0-9](?![\w/-])")
SHORTEST_IBAN = 15
DIGITS_OF_IBAN = 8
"""Each country's have more."""
_AS_DIGITS = {ord(one): str(int(one, 36)) for one in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


def find(seen: Seen) -> Iterator[Finding]:
    """Cards with what belongs to them, and IBANs."""
    for number in seen.numbers:
        if _is_card(seen, number):
            yield finding(number.start, number.end, "card", 0.95)
    for topic, pattern in (("cvv", _CVV), ("expiry", _EXPIRY)):
        for place in seen.hits(topic):
            one = pattern.search(seen.text, place.end, place.end + 16)
            if one and (topic == "cvv" or seen.hits("card")):
                yield finding(one.start(), one.end(), "card", 0.7)
    yield from _ibans(seen)


def _is_card(seen: Seen, number: Number) -> bool:
    count = len(number.digits)
    if not 12 <= count <= 19 or number.separator not in ("", " ", "-", ".", "\u00a0"):
        return False
    if min(number.groups) < 3 or not seen.alone(number.start, number.end):
        return False
    if luhn(number.digits) and CARD_STARTS.match(number.digits) and number.digits.count("0") < count - 4:
        return True
    return count >= 13 and seen.near("card", number.start, number.end, before=30, after=0) is not None


def _ibans(seen: Seen) -> Iterator[Finding]:
    # An IBAN begins with two letters and two digits: only there is it looked for.
    for token in seen.tokens:
        text, start = seen.text, token.start
        if not (text[start : start + 2].isalpha() and text[start + 2 : start + 4].isdigit()):
            continue
        if not (one := _IBAN.match(text, start)):
            continue
        # Words after a name such as "Ed25519" check by chance; an IBAN has digits throughout.
        if sum(char.isdigit() for char in one.group()) < DIGITS_OF_IBAN:
            continue
        # What follows may be words: take the longest part that checks, ending where a group ends.
        end = one.end()
        while end - start >= SHORTEST_IBAN:
            if mod97(text[start:end]):
                yield finding(start, end, "account", 0.99)
                break
            cut = max(text.rfind(" ", start, end), text.rfind("-", start, end))
            end = cut if cut > 0 else 0
        else:
            written = one.group()
            if written.isupper() and seen.near("account", start, one.end(), before=24, after=0):
                yield finding(start, one.end(), "account", 0.6)


def luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of those before it (ISO/IEC 7812-1)."""
    total = sum(map(int, digits[-1::-2]))
    return (total + sum((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)[int(one)] for one in digits[-2::-2])) % 10 == 0


def mod97(text: str) -> bool:
    """Whether ``text`` carries the two check digits of ISO 13616, spaces and hyphens left aside."""
    bare = text.replace(" ", "").replace("-", "").upper()
    if not SHORTEST_IBAN <= len(bare) <= 34 or not bare.isascii() or not bare.isalnum():
        return False
    return int((bare[4:] + bare[:4]).translate(_AS_DIGITS)) % 97 == 1
