"""How are places and addresses written?"""

import random

from . import known
from .drawn import Drawn
from .grammar import Piece


class Places(Drawn):
    """Towns, countries, streets, whole addresses."""

    def _city(self, chance: random.Random) -> list[Piece]:
        roll = chance.random()
        if self.local and self.locales["city"] and self.home in self.locales["city"]:
            return [(self._from("city", chance, 0.2), "place")]
        if roll < 0.25:
            return [(chance.choice(known.CITIES), "place")]
        if roll < 0.5:
            return [(chance.choice(self.world), "place")]
        return [(self._from("city", chance, 0.25).split("\n")[0], "place")]

    def _country(self, chance: random.Random) -> list[Piece]:
        if self.local or chance.random() < 0.4:
            english = [one for one in self.locales["country"] if one.startswith("en")]
            if not self.local:
                return [(chance.choice(self.pools[chance.choice(english)]["country"]), "place")]
            return [(self._from("country", chance), "place")]
        return [(chance.choice(known.COUNTRIES), "place")]

    def _state(self, chance: random.Random) -> list[Piece]:
        return [(chance.choice(known.STATES), "place")]

    def _place(self, chance: random.Random) -> list[Piece]:
        roll = chance.random()
        if roll < 0.5:
            return self._city(chance)
        if roll < 0.85:
            return self._country(chance)
        if roll < 0.9 and not self.local:
            return self._state(chance)
        if self.local:
            return self._city(chance)
        return [
            *self._city(chance),
            (", ", ""),
            *(self._country(chance) if chance.random() < 0.6 else [(chance.choice(known.STATE_CODES), "place")]),
        ]

    def _zipcode(self, chance: random.Random) -> str:
        return self._from("zip", chance) if self.locales["zip"] else f"{chance.randint(10000, 99999)}"

    def _zip(self, chance: random.Random) -> list[Piece]:
        return [(self._zipcode(chance), "address")]

    def _number(self, chance: random.Random) -> str:
        number = str(
            chance.choice(
                [chance.randint(1, 99), chance.randint(1, 999), chance.randint(1, 9999), chance.randint(1000, 99999)]
            )
        )
        return number + (chance.choice("abcABC") if chance.random() < 0.06 else "")

    def _road(self, chance: random.Random) -> list[Piece]:
        return [(self._roadname(chance), "address")]

    def _roadname(self, chance: random.Random) -> str:
        if (self.local or chance.random() < 0.5) and self.locales["road"]:
            return self._from("road", chance, 0.1)
        stem = chance.choice(
            [chance.choice(known.STREET_WORDS), self._l(chance), self._f(chance), f"{chance.randint(2, 199)}th"]
        )
        if chance.random() < 0.15:
            stem = f"{chance.choice(['N', 'S', 'E', 'W', 'N.', 'West', 'North', 'Old'])} {stem}"
        return f"{stem} {chance.choice(known.STREET_ENDS)}"

    def _streetline(self, chance: random.Random) -> str:
        roll = chance.random()
        if (self.local or roll < 0.45) and self.locales["street"]:
            line = self._from("street", chance)
            if chance.random() < 0.7:
                line = line.replace("\n", ", ")
        elif roll < 0.8:
            line = f"{self._number(chance)} {self._roadname(chance)}"
        else:
            line = f"{self._roadname(chance)}{chance.choice([' ', ' ', ', ', ' nr. '])}{self._number(chance)}"
        if chance.random() < 0.15 and not self.local:
            unit = chance.choice(known.UNITS).format(
                n=chance.randint(1, 999), l=chance.choice("ABC"), d=chance.randint(1, 30)
            )
            line += chance.choice([" ", ", ", "\n"]) + unit
        return line

    def _street(self, chance: random.Random) -> list[Piece]:
        return [(self._streetline(chance), "address")]

    def _addr(self, chance: random.Random) -> list[Piece]:
        """Street, town, and what belongs to it, on one line or several."""
        roll = chance.random()
        if roll < 0.25:
            return self._street(chance)
        if roll < 0.4 and self.locales["address"] and (self.home in self.locales["address"]):
            return [(self._from("address", chance).replace("\n", chance.choice(["\n", ", ", ", ", " "])), "address")]
        gap = chance.choice(["\n", ", ", ", ", ", ", " ", "\n ", " - "])
        street, town, code = self._street(chance), self._city(chance), self._zip(chance)
        if gap == " " and chance.random() < 0.5:
            gap = ", "
        style = chance.random()
        if style < 0.35:
            body = [
                *street,
                (gap, ""),
                *town,
                (chance.choice([", ", " "]), ""),
                (chance.choice(known.STATE_CODES), "place"),
                (" ", ""),
                *code,
            ]
        elif style < 0.65:
            body = [*street, (gap, ""), *code, (" ", ""), *town]
        elif style < 0.8:
            body = [*street, (gap, ""), *town, (gap, ""), *code]
        else:
            body = [*street, (gap, ""), *town]
        if chance.random() < 0.25:
            body += [(gap if "\n" in gap else ", ", ""), *self._country(chance)]
        return body
