"""From which texts does the tagger learn, and from which is it judged while it is made?

A text is one or a few templates, with values of a country, disturbed as people's writing is: in small letters or
capitals, with slips, without marks, cut off. Ordinary text stands beside it, as it is and with names put where "the
user" or another noun stood. The development set has other templates, other countries and other ordinary text.
"""

import random
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from . import damage, grammar, known, pools
from .catalogues import LANGUAGES as OF_CATALOGUES
from .catalogues import messages
from .grammar import Piece
from .ordinary import Ordinary
from .values import Values

HERE = Path(__file__).parent
LANGUAGES, OTHER_HELD_OUT = known.under("LANGUAGE"), known.under("LANGUAGE HELD OUT")
ENDINGS = known.under("ENDINGS")
SECTIONS = {"mail": 14, "chat": 15, "story": 22, "support": 21, "form": 13, "rows": 8, "bare": 9}
PLAIN = {"ui": 40, "prose": 45, "code": 12}
EVERYDAY = ("thing", "creature", "food", "worker", "matter", "adj", "adv")
"""Rules of ``templates/everyday.txt`` whose words also stand elsewhere: in headings, names of companies, forms."""
_NOUN = re.compile(rf"\b(?:[Tt]he|[Yy]our|[Aa]n?) (?:{'|'.join(known.LISTS['NOUNS'])})\b|\b(?:You|We|They|users)\b")


class Writer:
    def __init__(self, work: Path, seed: int, development: bool = False) -> None:
        self.chance = random.Random(seed)
        self.development = development
        locales = (*pools.HELD_OUT, *pools.SHARED) if development else pools.TRAINED
        drawn = pools.kept(work, locales, 2 if development else 1)
        names = {one for mine in drawn.values() for slot in ("first", "last") for one in mine.get(slot, ())}
        self.ordinary = Ordinary(names, development)
        counted = Counter(word for one in self.ordinary.prose for word in re.findall(r"\b[a-z]{3,12}\b", one))
        everyday = grammar.read(HERE / "templates/everyday.txt")
        words = [word for word, _ in counted.most_common(7000)][60:]
        words += [nodes[0][1] for rule in EVERYDAY for nodes in everyday.rules[rule]]
        self.values = Values(drawn, pools.world_cities(development), words)
        self.values.workers = [nodes[0][1] for nodes in everyday.rules["worker"]]
        # In development, English texts name people of no country that was trained on.
        self.values.anywhere = [one for one in drawn if one.split("@")[0] not in pools.SHARED or not development]
        files = (
            {"en": "held_out", "plain": "held_out", "other": "held_out"}
            if development
            else {"en": "en", "plain": "en_plain", "other": "other"}
        )
        self.grammars = {key: grammar.read(HERE / "templates" / f"{name}.txt") for key, name in files.items()}
        self.grammars["everyday"] = everyday
        self.grammars["everyday other"] = grammar.read(HERE / "templates/everyday_other.txt")
        self.messages = {one: found for one in OF_CATALOGUES if len(found := messages(one, development)) > 50}
        self.languages = OTHER_HELD_OUT if development else LANGUAGES

    def texts(self, count: int) -> Iterator[tuple[str, list[Piece]]]:
        """(genre, pieces): "en", "plain", a language, or "ordinary"."""
        for _ in range(count):
            genre, pieces = self._one()
            if self.chance.random() < 0.22 and genre in {"en", "plain"}:
                other = self._one()[1]
                pieces = [*pieces, (self.chance.choice(["\n", " ", "\n\n", " ", ". "]), ""), *other]
            yield genre, damage.disturb(pieces, self.chance, genre)

    def _one(self) -> tuple[str, list[Piece]]:
        chance, roll = self.chance, self.chance.random()
        if roll < 0.31:
            self.values.settle(chance)
            section = "en" if self.development else chance.choices(list(SECTIONS), list(SECTIONS.values()))[0]
            return "en", self.grammars["en"].expand(section, chance, self.values)
        if roll < 0.42:
            self.values.settle(chance)
            section = "en plain" if self.development else chance.choices(list(PLAIN), list(PLAIN.values()))[0]
            return "plain", self.grammars["plain"].expand(section, chance, self.values)
        if roll < 0.58 and not self.development:
            self.values.settle(chance)
            section = "named" if roll < 0.50 else "plain"
            return {"named": "en", "plain": "plain"}[section], self.grammars["everyday"].expand(
                section, chance, self.values
            )
        if roll < 0.74:
            everyday = {} if self.development else self.grammars["everyday other"].sections
            weights = [3 if one in everyday else 1 for one in self.languages]
            language = chance.choices(list(self.languages), weights)[0]
            self.values.settle(chance, chance.choice(self.languages[language]))
            common = language in everyday and chance.random() < 0.6
            plain = " plain" if chance.random() < (0.55 if common else 0.33) else ""
            grammar_of = self.grammars["everyday other" if common else "other"]
            pieces = grammar_of.expand(language + plain, chance, self.values)
            if language in ENDINGS and not plain:
                pieces = [
                    (_inflected(text, ENDINGS[language], chance), kind) if kind == "name" else (text, kind)
                    for text, kind in pieces
                ]
            return language + plain, pieces
        if roll < 0.86 and self.messages:
            return self._message()
        if roll < 0.885:
            return "ordinary", [(chance.choice(self.ordinary.code), "")]
        sentence = chance.choice(self.ordinary.prose)
        if roll < 0.95 or not (found := list(_NOUN.finditer(sentence))):
            return "ordinary", [(sentence, "")]
        self.values.settle(chance)
        one = chance.choice(found)
        slot = chance.choices(
            ["name", "first", "org", "city", "country", "titled", "addr", "last", "groups"], [6, 5, 5, 3, 3, 2, 2, 2, 1]
        )[0]
        return "en", [(sentence[: one.start()], ""), *self.values(slot, chance), (sentence[one.end() :], "")]

    def _message(self) -> tuple[str, list[Piece]]:
        """What a program says, as it is, or with a name where it puts something in, or somewhere."""
        chance = self.chance
        language = chance.choice(list(self.messages)) if chance.random() < 0.8 else "en"
        text = chance.choice(self.messages[language])
        base = "nb" if language == "nb" else language[:2]
        locales = [one for one in self.values.pools if one[:2] == {"nb": "no"}.get(base, base) and "@" not in one]
        self.values.settle(chance, chance.choice(locales) if locales and base != "en" else None)
        pieces: list[Piece] = []
        parts = text.split("%s")
        if len(parts) == 1 and chance.random() < 0.2 and " " in text.strip():
            cut = chance.choice([one.start() for one in re.finditer(" ", text.strip())])
            parts = [text[: cut + 1], text[cut:]]
        named = chance.random() < 0.4 or "%s" not in text
        for place, part in enumerate(parts):
            if place:
                slots = ["name", "first", "org", "city", "name"] if named else ["num", "file", "word", "num"]
                pieces += self.values(chance.choice(slots), chance)
            pieces.append((part, ""))
        return f"message {base}", pieces


def _inflected(text: str, endings: list[str], chance: random.Random) -> str:
    if chance.random() < 0.7:
        return text
    ending = chance.choice(endings)
    return " ".join(
        (word[:-1] if word[-1] in "аяоaeoyй" and len(word) > 3 else word) + ending for word in text.split(" ")
    )
