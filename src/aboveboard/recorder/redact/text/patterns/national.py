"""Which numbers did a state give to a person or a firm, to judge by form and check digits alone?

The table below: how a number is written, and who can check it (the modules of ``python-stdnum``; ``None``: the form is
telling enough). Forms that say little (nine or ten digits in a row) are not here: for them a word beside the number is
needed, see ``beside``. A number that a word announces is covered there even if it does not check: people mistype.
"""

import importlib
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

from aboveboard.recorder.redact.text.finding import Finding, Kind
from aboveboard.recorder.redact.text.patterns.seen import Seen, finding


class Form(NamedTuple):
    """``pattern`` is tried where a word with digits begins. ``modules``: any of them must say that it is valid."""

    pattern: str
    modules: tuple[str, ...] | None
    kind: Kind = "national_number"
    certainty: float = 0.9


FORMS: tuple[Form, ...] = (
    # Letters and digits.
    Form(r"[A-Z]{6}[0-9]{2}[A-Z][0-9]{2}[A-Z][0-9]{3}[A-Z]", ("it.codicefiscale",), certainty=0.99),
    Form(r"[A-Z]{4}[0-9]{6}[HM][A-Z]{5}[A-Z0-9][0-9]", ("mx.curp",), certainty=0.99),
    Form(r"[A-Z&]{3,4}[0-9]{6}[A-Z0-9]{3}", ("mx.rfc",), "tax"),
    Form(r"[A-Z]{3}[ABCFGHJLPT][A-Z][0-9]{4}[A-Z]", ("in_.pan",), "tax"),
    Form(r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D]", None),
    Form(r"[XYZ]-?[0-9]{7}-?[A-Z]", ("es.nie",)),
    Form(r"[0-9]{8}-?[A-Z]", ("es.dni",)),
    Form(r"[0-9]{7}[A-W][ABHPTW]?", ("ie.pps",), certainty=0.8),
    Form(r"[0-9]{6}[-+A-FU-Y][0-9]{3}[0-9A-Y]", ("fi.hetu", "se.personnummer", "dk.cpr"), certainty=0.95),
    Form(r"[0-9]{2} ?[0-9]{6} ?[A-Z] ?[0-9]{3}", ("@insurance_de",), certainty=0.95),
    Form(r"[12] ?[0-9]{2} ?[0-9]{2} ?(?:[0-9]{2}|2[AB]) ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}", ("fr.nir",), certainty=0.99),
    Form(r"[1-9][AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9][0-9]-?[A-Z][A-Z0-9][0-9]-?[A-Z]{2}[0-9]{2}", None, "health"),
    Form(r"(?:ATU|[A-Z]{2})[0-9][0-9A-Z]{6,11}", ("eu.vat", "gb.vat"), "tax", 0.95),
    # Digits with a writing of their own.
    Form(r"[0-9]{3}-[0-9]{2}-[0-9]{4}", None, certainty=0.85),
    Form(r"[0-9]{3} [0-9]{2} [0-9]{4}", ("us.ssn", "us.itin"), certainty=0.7),
    Form(r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}", None, certainty=0.95),
    Form(r"[0-9]{2}\.[0-9]{3}\.[0-9]{3}/[0-9]{4}-[0-9]{2}", None, "tax", 0.95),
    Form(r"[0-9]{2}[. ][0-9]{2}[. ][0-9]{2}[- ][0-9]{3}[. ][0-9]{2}", ("be.nn", "be.bis"), certainty=0.97),
    Form(r"756[. ]?[0-9]{4}[. ]?[0-9]{4}[. ]?[0-9]{2}", ("ch.ssn",), certainty=0.97),
    Form(r"[0-9]{1,2}\.[0-9]{3}\.[0-9]{3}-[0-9Kk]", ("cl.rut",)),
    Form(r"[0-9]{2}-[0-9]{8}-[0-9]", ("ar.cuit",), "tax"),
    Form(r"[0-9]{2}-[0-9]{7}", ("us.ein",), "tax", 0.6),
    Form(r"[0-9]{2,3}/[0-9]{3}/[0-9]{4,5}", None, "tax", 0.7),
    Form(r"[0-9]{8}-[0-9]{4}", ("se.personnummer",), certainty=0.95),
    Form(r"[0-9]{6}/[0-9]{3,4}", ("cz.rc",), certainty=0.9),
    # Korea gives no check digit any more.
    Form(r"[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])-[1-8][0-9]{6}", None, certainty=0.9),
    Form(r"[0-9]{4} [0-9]{6}", ("at.vnr",), certainty=0.7),
    Form(r"[2-6][0-9]{3} [0-9]{5} [0-9]", ("@medicare_au",), "health", 0.9),
    Form(r"[0-9]{4}([ -])[0-9]{4}\1[0-9]{4}", ("in_.aadhaar",), certainty=0.9),
    Form(r"[0-9]{4}\.[0-9]{2}\.[0-9]{3}", ("nl.bsn",), certainty=0.9),
    Form(r"[0-9]{3} [0-9]{3} [0-9]{4}", ("gb.nhs",), "health", 0.8),
    Form(r"[0-9]{3}([ -])[0-9]{3}\1[0-9]{3}", ("ca.sin", "au.tfn"), certainty=0.6),
    Form(r"[0-9]{2} [0-9]{3} [0-9]{3} [0-9]{3}", ("de.idnr", "au.abn"), "tax", 0.95),
    # Digits in a row, where a false alarm is rare: two check digits, or one and a date.
    Form(r"[0-9]{6} ?[0-9]{5}", ("no.fodselsnummer", "pl.pesel", "de.idnr", "tr.tckimlik", "be.nn", "br.cpf")),
    Form(r"[0-9]{12}", ("se.personnummer",)),
    Form(r"[0-9]{13}", ("ro.cnp", "za.idnr")),
    Form(
        r"[1-8][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]",
        None,
        certainty=0.96,
    ),
)

_ONE = re.compile(
    "|".join(
        # Each form becomes a named group; a reference back to a form's own group has to be told its number.
        f"(?P<f{number}>{form.pattern})".replace("([ -])", f"(?P<s{number}>[ -])").replace(r"\1", f"(?P=s{number})")
        + r"(?![^\W_]|[-./][0-9])"
        for number, form in enumerate(FORMS)
    )
)


_PREFIX = re.compile(r"(?<![^\W_])[A-Z]{2} ")
"""Two letters that a number begins with, and a space."""


def find(seen: Seen) -> Iterator[Finding]:
    """Numbers of states that show by themselves."""
    for token in seen.tokens:
        start = token.start
        if start > 1 and seen.text[start - 1] in "-./" and seen.text[start - 2].isalnum():
            continue
        if start >= 3 and _PREFIX.match(seen.text, start - 3):
            start -= 3
        if not (one := _ONE.match(seen.text, start)):
            continue
        # ``lastgroup`` names the group that closed last, which is the form's, as it encloses its own.
        form = FORMS[int((one.lastgroup or "f0")[1:])]
        if form.modules is None or any(checker(module)(one.group()) for module in form.modules):
            yield finding(start, one.end(), form.kind, form.certainty)


@cache
def checker(module: str) -> Callable[[str], bool]:
    """What says whether a number is valid: of ``python-stdnum``, or from here ("@…")."""
    if module.startswith("@"):
        return OWN[module]
    valid: Callable[[str], bool] = importlib.import_module(f"stdnum.{module}").is_valid
    return valid


def insurance_de(text: str) -> bool:
    """A German pension insurance number: the letter counts as two digits, weights as in VKVV, § 2."""
    bare = text.replace(" ", "")
    if not 1 <= int(bare[2:4]) <= 81 or not 1 <= int(bare[4:6]) <= 12:
        return False
    digits = bare[:8] + f"{ord(bare[8]) - 64:02}" + bare[9:11]
    total = 0
    for digit, weight in zip(digits, (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1), strict=True):
        total += sum(divmod(int(digit) * weight, 10))
    return total % 10 == int(bare[11])


def medicare_au(text: str) -> bool:
    """An Australian Medicare card: eight digits, their check digit, and the issue."""
    digits = [int(one) for one in text if one.isdigit()]
    return sum(a * b for a, b in zip(digits, (1, 3, 7, 9, 1, 3, 7, 9), strict=False)) % 10 == digits[8]


OWN: dict[str, Callable[[str], bool]] = {"@insurance_de": insurance_de, "@medicare_au": medicare_au}
