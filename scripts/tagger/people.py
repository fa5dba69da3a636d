"""How are people, groups and organisations written?"""

import random
import re
import string

from . import known
from .drawn import Drawn
from .grammar import Piece

PARTICLES, LEVELS, AREAS = (known.with_gaps(name) for name in ("PARTICLES", "LEVELS", "AREAS"))
BRAND_ENDS, INSTITUTIONS, ROLES = (known.LISTS[name] for name in ("BRAND_ENDS", "INSTITUTIONS", "ROLES"))
ORG_WEIGHTS = (22, 20, 22, 12, 9, 8, 7)


class People(Drawn):
    """Names of people, groups, organisations."""

    def _f(self, chance: random.Random) -> str:
        return self._from("first", chance, 0.3)

    def _l(self, chance: random.Random) -> str:
        last = self._from("last", chance, 0.4)
        return f"{last}-{self._from('last', chance, 0.3)}" if chance.random() < 0.03 else last

    def _first(self, chance: random.Random) -> list[Piece]:
        return [(self._f(chance), "name")]

    def _last(self, chance: random.Random) -> list[Piece]:
        return [(self._l(chance), "name")]

    def _name(self, chance: random.Random) -> list[Piece]:
        first, last, roll = self._f(chance), self._l(chance), chance.random()
        cjk = self.home[:2] in {"ja", "zh", "ko"} and "@" not in self.home
        letter = chance.choice(string.ascii_uppercase)
        if cjk:
            full = last + (" " if chance.random() < 0.2 else "") + first
        elif self.home[:2] in {"hu", "vi"} and chance.random() < 0.5:
            full = f"{last} {first}"
        elif roll < 0.66:
            full = f"{first} {last}"
        elif roll < 0.74:
            full = f"{first} {letter}{chance.choice(['.', '.', ''])} {last}"
        elif roll < 0.80:
            full = f"{first} {self._f(chance)} {last}"
        elif roll < 0.85:
            full = f"{letter}. {last}"
        elif roll < 0.90:
            full = f"{last}, {first}"
        elif roll < 0.92:
            full = f"{letter}.{chance.choice(['', ' '])}{chance.choice(string.ascii_uppercase)}. {last}"
        elif roll < 0.95 and self.locales["full"]:
            full = re.sub(r"^\w{1,5}\. ", "", self._from("full", chance))
        elif roll < 0.97:
            full = f"{first} {chance.choice(PARTICLES)}{last}"
        else:
            full = f"{first} {last} {chance.choice(['Jr.', 'Sr.', 'III', 'II', 'Jr'])}"
        return [(full, "name")]

    def _person(self, chance: random.Random) -> list[Piece]:
        """A person named in any of the usual ways."""
        roll = chance.random()
        if roll < 0.5:
            return self._name(chance)
        return self._first(chance) if roll < 0.75 else self._titled(chance)

    def _title(self, chance: random.Random) -> list[Piece]:
        return [(chance.choice(known.TITLES), "title")]

    def _titled(self, chance: random.Random) -> list[Piece]:
        title = self._title(chance)
        if chance.random() < 0.1:
            title = [("Prof. Dr.", "title")]
        return [*title, (" ", ""), *(self._last(chance) if chance.random() < 0.6 else self._name(chance))]

    def _org(self, chance: random.Random) -> list[Piece]:
        if self.local and self.home in self.locales["org"]:
            return [(self._from("org", chance), "organisation")]
        makers = (
            self._listed,
            self._known,
            self._stemmed,
            self._brand,
            self._institution,
            self._plainly,
            self._letters,
        )
        return [(chance.choices(makers, ORG_WEIGHTS)[0](chance), "organisation")]

    def _listed(self, chance: random.Random) -> str:
        return self._from("org", chance)

    def _known(self, chance: random.Random) -> str:
        return chance.choice(known.ORGANISATIONS)

    def _stem(self, chance: random.Random) -> str:
        """A founder, a town, a word, or nothing that anyone knows."""
        return chance.choice((self._l, self._l, self._f, self._town, self._field, self._coined))(chance)

    def _town(self, chance: random.Random) -> str:
        return chance.choice(self.world)

    def _field(self, chance: random.Random) -> str:
        return chance.choice(known.COMPANY_FIELDS + known.STREET_WORDS)

    def _coined(self, chance: random.Random) -> str:
        """A made-up brand: half-words put together."""
        word = chance.choice(self.words)[: chance.randint(2, 5)] + chance.choice(BRAND_ENDS)
        return chance.choice((word.title(), word.title(), word.upper(), word[:1].upper() + word[1:]))

    def _stemmed(self, chance: random.Random) -> str:
        stem = self._stem(chance)
        if chance.random() < 0.35:
            stem += chance.choice((" ", " & ", " and ", "-", ", ")) + self._stem(chance)
        return f"{stem} {chance.choice(known.COMPANY_ENDS)}" if chance.random() < 0.75 else stem

    def _brand(self, chance: random.Random) -> str:
        made = chance.choice((self._coined, self._l, self._coined))(chance)
        return f"{made} {self._field(chance)}" if chance.random() < 0.3 else made

    def _institution(self, chance: random.Random) -> str:
        return chance.choice(INSTITUTIONS).format(self._stem(chance))

    def _plainly(self, chance: random.Random) -> str:
        """Ordinary words with capitals, which only the sentence makes a company: "Blue River Trading"."""
        words = [chance.choice(self.words).title() for _ in range(chance.randint(1, 2))]
        made = " ".join([*words, self._field(chance)] if chance.random() < 0.6 else [self._field(chance), *words])
        return (
            chance.choice(("The ", "", "", ""))
            + made
            + chance.choice(("", "", "s", " " + chance.choice(known.COMPANY_ENDS)))
        )

    def _letters(self, chance: random.Random) -> str:
        letters = "".join(chance.choices(string.ascii_uppercase, k=chance.choice((2, 3, 3, 4))))
        return chance.choice((letters, letters, f"{letters} {self._stem(chance)}", f"{letters[0]}&{letters[1]}"))

    def _position(self, chance: random.Random) -> list[Piece]:
        """What somebody who is named works as."""
        made, roll = self._job(chance), chance.random()  # type: ignore[attr-defined]
        if roll < 0.2 and self.workers and not self.local:
            made = " ".join(chance.choices(("", chance.choice(self.words), chance.choice(LEVELS)), (5, 4, 1)))
            made = f"{made} {chance.choice(self.workers)}".strip()
            if chance.random() < 0.1:
                made += f" and {chance.choice(self.workers)}"
            made = made[:1].upper() + made[1:]
        elif roll < 0.6:
            made = " ".join(one for one in (chance.choice(LEVELS), chance.choice(AREAS), chance.choice(ROLES)) if one)
        return [(made.lower() if chance.random() < 0.3 else made, "title")]

    def _group(self, chance: random.Random) -> list[Piece]:
        """Of a people, a faith or a party; some that nobody has heard of."""
        if chance.random() < 0.25:
            stem = chance.choice((self._town, self._l))(chance).rstrip("aeiou")
            if stem.isalpha() and len(stem) > 2:
                return [(stem + chance.choice(("ian", "an", "ese", "i", "ish", "ean", "ite")), "group")]
        return [(chance.choice(known.GROUPS), "group")]

    def _groups(self, chance: random.Random) -> list[Piece]:
        if chance.random() < 0.4:
            stem = self._group(chance)[0][0]
            if stem.isalpha() and stem.endswith(("n", "i", "t", "o", "r", "b")):
                return [(f"{stem}s", "group")]
        return [(chance.choice(known.PLURALS), "group")]
