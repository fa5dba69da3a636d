"""From which country does the next value come, and is it drawn or composed?"""

import random

from .grammar import Piece
from .pools import Composer

ENGLISH = (
    "en_US",
    "en_GB",
    "en_CA",
    "en_AU",
    "en_IN",
    "en_PK",
    "en_KE",
    "en_NG",
    "en_PH",
    "en",
    "en_IE",
    "en_NZ",
    "zu_ZA",
)


class Drawn:
    """``home``: the country whose pools the next values mostly come from; ``local``: the text is in its language."""

    def __init__(self, pools: dict[str, dict[str, list[str]]], world: list[str], words: list[str]) -> None:
        self.pools, self.world, self.words = pools, world, words
        self.workers: list[str] = []
        """What people work as, in small letters."""
        self.home = "en_US"
        self.locales = {
            slot: [one for one, mine in pools.items() if len(mine.get(slot, ())) >= 10]
            for slot in ("first", "last", "city", "street", "road", "address", "org", "country", "job", "zip", "full")
        }
        self.anywhere = list(pools)
        """From these are those who are named in an English text."""
        self._composers: dict[tuple[str, str], Composer] = {}
        self.local = False

    def settle(self, chance: random.Random, locale: str | None = None) -> None:
        """A new text begins: names are mostly of one country, in English texts of any."""
        self.local = locale is not None
        english = [one for one in self.anywhere if one in ENGLISH]
        self.home = locale or chance.choice(english if chance.random() < 0.4 else self._latin("first"))

    def _latin(self, slot: str) -> list[str]:
        """Where such values are written in Latin letters."""
        return [
            one
            for one in self.locales[slot]
            if one in self.anywhere and self.pools[one][slot][len(self.pools[one][slot]) // 2][:1] < "\u0250"
        ]

    def __call__(self, slot: str, chance: random.Random) -> list[Piece]:
        method = getattr(self, "_" + slot, None)
        if method is None:
            raise KeyError(slot)
        made = method(chance)
        return [(made, "")] if isinstance(made, str) else [one for one in made if one[0]]

    def _from(self, slot: str, chance: random.Random, novel: float = 0.0) -> str:
        home = self.home
        if home not in self.locales[slot] or (chance.random() < 0.1 and not self.local):
            home = chance.choice(self._latin(slot) or self.locales[slot])
        pool = self.pools[home][slot]
        if novel and chance.random() < novel and len(pool) > 60:
            key = (home, slot)
            if key not in self._composers:
                self._composers[key] = Composer([one for one in pool if " " not in one] or pool)
            return self._composers[key].word(chance)
        return chance.choice(pool)
