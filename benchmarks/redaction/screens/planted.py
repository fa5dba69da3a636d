"""What is written on the test screens: ordinary words, and personal data and secrets that nobody has.

Made from a seed, from lists that are only here: the same seed gives the same text for ever (``VERSION`` counts up when
that changes). Numbers have right check digits where there are such, in ranges that are kept for examples or not given
to anybody as far as is known.
"""

import string
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

VERSION = 2

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
SENTENCES: dict[str, tuple[str, ...]] = {
    "name": ("Please ask {} about the invoice", "{} called this morning and will call again",
             "The order was placed by {}", "Dear {}, thank you for your letter", "{} signed the contract on time"),
    "address": ("Send the parcel to {} please", "The new office is at {} now", "They moved from {} last year"),
    "phone": ("You can reach the customer at {} today", "Call {} before noon", "The number is {} as far as we know"),
    "mail": ("Write to {} for the details", "A copy went to {} yesterday", "{} has not answered yet"),
    "card": ("The card {} was declined twice", "Paid with {} at the counter"),
    "account": ("Transfer the amount to {} this week", "The refund goes to {} as agreed"),
    "national_number": ("The form says {} under insurance", "National insurance number {} was checked"),
    "birth_date": ("The patient was born on {} in the north", "Born {}, insured since then"),
    "key": ("The build stopped because {} was revoked", "Use {} for the test server"),
    "password": ("The password is {} until Monday", "Log in with the password {} and change it"),
}  # fmt: skip
"""Around something planted, as people write it."""
KINDS = tuple(LABELS)


@dataclass(frozen=True)
class Token:
    """Something written without a break in its line; ``kind`` if it was planted. ``before``, ``after``: close to it."""

    text: str
    kind: str | None = None
    before: str = ""
    after: str = ""

    @property
    def written(self) -> str:
        """All that stands there."""
        return self.before + self.text + self.after


def _luhn(digits: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return digits + str(-total % 10)


_IBAN_DIGITS = {"DE": 18, "FR": 23, "ES": 20, "GB": 0, "AT": 16}


def _iban(random: Random) -> str:
    country = random.choice(list(_IBAN_DIGITS))
    if country == "GB":
        inner = "".join(random.choices(string.ascii_uppercase, k=4)) + "".join(random.choices(string.digits, k=14))
    else:
        inner = "".join(random.choices(string.digits, k=_IBAN_DIGITS[country]))
    check = 98 - int("".join(str(int(one, 36)) for one in inner + country + "00")) % 97
    whole = f"{country}{check:02d}{inner}"
    return whole if random.random() < 0.3 else " ".join(whole[at : at + 4] for at in range(0, len(whole), 4))


def _card(random: Random) -> str:
    whole = _luhn(random.choice(("400000", "555555")) + "".join(random.choices(string.digits, k=9)))
    return random.choice((" ", " ", "-", "")).join(whole[at : at + 4] for at in range(0, 16, 4))


def _phone(random: Random) -> str:
    """Of ranges that are kept for films and examples."""
    area, last = random.randint(201, 989), f"{random.randint(0, 999):03d}"
    return random.choice(
        (
            f"+44 1632 960{last}",
            f"020 7946 0{last}",
            f"({area}) 555-01{last[1:]}",
            f"+1 {area} 555 01{last[1:]}",
            f"+49 30 23125 {last}",
            f"+33 1 99 00 {last[1:]} {last[:2]}",
        )
    )


def _key(random: Random) -> str:
    def some(count: int, letters: str = string.ascii_letters + string.digits) -> str:
        return "".join(random.choices(letters, k=count))

    return random.choice(
        (
            "sk_live_" + some(24),
            "ghp_" + some(36),
            "AKIA" + some(16, string.ascii_uppercase + "234567"),
            "xoxb-" + some(12, string.digits) + "-" + some(24),
            "glpat-" + some(20),
        )
    )


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
    day, month, year = random.randint(1, 28), random.randint(1, 12), random.randint(1940, 2009)
    return random.choice(
        (f"{day:02d}/{month:02d}/{year}", f"{day:02d}.{month:02d}.{year}", f"{year}-{month:02d}-{day:02d}")
    )


_MAKERS: dict[str, Callable[[Random], str]] = {
    "name": lambda random: f"{random.choice(GIVEN)} {random.choice(FAMILY)}",
    "address": _address,
    "phone": _phone,
    "mail": _mail,
    "card": _card,
    "account": _iban,
    "national_number": _insurance,
    "birth_date": _birth_date,
    "key": _key,
    "password": lambda random: "".join(random.choices(string.ascii_letters + string.digits + "!#%+", k=12)),
}


def planted(random: Random, kind: str) -> Token:
    """Something of ``kind``."""
    return Token(_MAKERS[kind](random), kind)


def words(random: Random, count: int) -> list[Token]:
    """Ordinary words."""
    return [Token(random.choice(ORDINARY)) for _ in range(count)]


def line(random: Random, *, share: float = 0.4) -> list[Token]:
    """A line of text; in ``share`` of them something is planted: behind its label, or in a sentence."""
    if random.random() >= share:
        return words(random, random.randint(4, 11))
    kind = random.choice(KINDS)
    if random.random() < 0.4:
        return labelled(random, kind)
    before, _, after = random.choice(SENTENCES[kind]).partition("{}")
    stuck = after[:1].strip()
    thing = replace(planted(random, kind), after=stuck)
    return [*map(Token, before.split()), thing, *map(Token, after[len(stuck) :].split())]


def labelled(random: Random, kind: str) -> list[Token]:
    """Something of ``kind`` behind its label."""
    return [*(Token(word) for word in f"{LABELS[kind]}:".split()), planted(random, kind)]
