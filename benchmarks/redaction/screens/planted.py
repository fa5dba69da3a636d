"""What is written on the test screens: ordinary words, and personal data and secrets that nobody has.

Made from a seed, from lists that are only here: the same seed gives the same text for ever (``VERSION`` counts up when
that changes). Numbers have right check digits where there are such, in ranges that are kept for examples or not given
to anybody as far as is known.
"""

import string
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

VERSION = 1

GIVEN = "Ada Boris Clara Dmitri Elena Farid Greta Hugo Ines Jonas Katya Liam Mira Nadia Oscar Paula Rosa Stefan Tessa Viktor".split()  # noqa: SIM905, E501
FAMILY = "Albrecht Bianchi Castillo Dupont Eriksen Fischer Gallagher Hoffmann Ivanova Jankowski Keller Lindqvist Moreau Novak Okafor Petersen Quintero Rasmussen Schneider Weber".split()  # noqa: SIM905, E501
STREETS = "Linden Harbour Station Orchard Mill Chapel Garden Bridge Meadow Castle".split()  # noqa: SIM905
TOWNS = "Ashbury Brookfield Carlow Denholm Eastvale Fernhill Glenrock Hartwell".split()  # noqa: SIM905
ORDINARY = (  # noqa: SIM905 - lines of words
    "the order is ready and we will send it with an invoice next week please check list of parts before shipping "
    "report shows that most items were delivered on time but some boxes arrived late because truck had to wait at gate "
    "open file edit view help window settings search result page table total amount status pending done review comment "
    "team meeting notes plan draft version change request build test passed failed warning server started listening"
).split()
LABELS = {
    "name": "Customer", "address": "Address", "phone": "Phone", "mail": "Mail", "card": "Card number",
    "account": "IBAN", "national_number": "Insurance number", "birth_date": "Date of birth", "key": "API key",
    "password": "Password",
}  # fmt: skip
KINDS = tuple(LABELS)


@dataclass(frozen=True)
class Token:
    """Something written without a break in its line; ``kind`` if it was planted."""

    text: str
    kind: str | None = None


def _luhn(digits: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return digits + str(-total % 10)


def _iban(random: Random) -> str:
    account = "".join(random.choices(string.digits, k=18))
    check = 98 - int(account + "131400") % 97
    whole = f"DE{check:02d}{account}"
    return " ".join(whole[at : at + 4] for at in range(0, len(whole), 4))


def _card(random: Random) -> str:
    whole = _luhn("4" + "".join(random.choices(string.digits, k=14)))
    return " ".join(whole[at : at + 4] for at in range(0, 16, 4))


def _address(random: Random) -> str:
    street = f"{random.randint(1, 199)} {random.choice(STREETS)} Street"
    return f"{street}, {random.choice(TOWNS)} {random.randint(10000, 99999)}"


def _mail(random: Random) -> str:
    person = f"{random.choice(GIVEN)}.{random.choice(FAMILY)}{random.randint(1, 99)}"
    return f"{person}@example.{random.choice(('com', 'org', 'net'))}".lower()


def _insurance(random: Random) -> str:
    pairs = " ".join(str(random.randint(10, 99)) for _ in range(3))
    return f"{random.choice('ABCEGH')}{random.choice('ABCEGH')} {pairs} {random.choice('ABCD')}"


def _birth_date(random: Random) -> str:
    return f"{random.randint(1, 28):02d}/{random.randint(1, 12):02d}/{random.randint(1940, 2009)}"


_MAKERS: dict[str, Callable[[Random], str]] = {
    "name": lambda random: f"{random.choice(GIVEN)} {random.choice(FAMILY)}",
    "address": _address,
    "phone": lambda random: f"+44 {random.randint(1000, 9999)} {random.randint(100000, 999999)}",
    "mail": _mail,
    "card": _card,
    "account": _iban,
    "national_number": _insurance,
    "birth_date": _birth_date,
    "key": lambda random: "sk_live_" + "".join(random.choices(string.ascii_letters + string.digits, k=24)),
    "password": lambda random: "".join(random.choices(string.ascii_letters + string.digits + "!#%+", k=12)),
}


def planted(random: Random, kind: str) -> Token:
    """Something of ``kind``."""
    return Token(_MAKERS[kind](random), kind)


def words(random: Random, count: int) -> list[Token]:
    """Ordinary words."""
    return [Token(random.choice(ORDINARY)) for _ in range(count)]


def line(random: Random, *, share: float = 0.4) -> list[Token]:
    """A line of text; in ``share`` of them something is planted: behind its label, or in the middle of a sentence."""
    if random.random() >= share:
        return words(random, random.randint(4, 11))
    kind = random.choice(KINDS)
    if random.random() < 0.5 or kind == "password":
        label = [Token(word) for word in f"{LABELS[kind]}:".split()]
        return [*label, planted(random, kind)]
    return [*words(random, random.randint(1, 4)), planted(random, kind), *words(random, random.randint(1, 4))]
