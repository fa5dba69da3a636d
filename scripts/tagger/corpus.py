"""From which texts does the tagger learn, and from which is it judged while it is made?

A text is one or a few templates, with values of a country, disturbed as people's writing is: in small letters or
capitals, with slips, without marks, cut off. Ordinary text stands beside it, as it is and with names put where "the
user" or another noun stood. The development set has other templates, other countries and other ordinary text.
"""

import random
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from . import grammar, known, pools
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
        words = [word for word, _ in counted.most_common(7000)][60:]
        self.values = Values(drawn, pools.world_cities(development), words)
        # In development, English texts name people of no country that was trained on.
        self.values.anywhere = [one for one in drawn if one.split("@")[0] not in pools.SHARED or not development]
        files = (
            {"en": "held_out", "plain": "held_out", "other": "held_out"}
            if development
            else {"en": "en", "plain": "en_plain", "other": "other"}
        )
        self.grammars = {key: grammar.read(HERE / "templates" / f"{name}.txt") for key, name in files.items()}
        self.messages = {one: found for one in OF_CATALOGUES if len(found := messages(one, development)) > 50}
        self.languages = OTHER_HELD_OUT if development else LANGUAGES

    def texts(self, count: int) -> Iterator[tuple[str, list[Piece]]]:
        """(genre, pieces): "en", "plain", a language, or "ordinary"."""
        for _ in range(count):
            genre, pieces = self._one()
            if self.chance.random() < 0.22 and genre in {"en", "plain"}:
                other = self._one()[1]
                pieces = [*pieces, (self.chance.choice(["\n", " ", "\n\n", " ", ". "]), ""), *other]
            yield genre, disturb(pieces, self.chance, genre)

    def _one(self) -> tuple[str, list[Piece]]:
        chance, roll = self.chance, self.chance.random()
        if roll < 0.40:
            self.values.settle(chance)
            section = "en" if self.development else chance.choices(list(SECTIONS), list(SECTIONS.values()))[0]
            return "en", self.grammars["en"].expand(section, chance, self.values)
        if roll < 0.54:
            self.values.settle(chance)
            section = "en plain" if self.development else chance.choices(list(PLAIN), list(PLAIN.values()))[0]
            return "plain", self.grammars["plain"].expand(section, chance, self.values)
        if roll < 0.70:
            language = chance.choice(list(self.languages))
            self.values.settle(chance, chance.choice(self.languages[language]))
            plain = " plain" if chance.random() < 0.33 else ""
            pieces = self.grammars["other"].expand(language + plain, chance, self.values)
            if language in ENDINGS and not plain:
                pieces = [
                    (_inflected(text, ENDINGS[language], chance), kind) if kind == "name" else (text, kind)
                    for text, kind in pieces
                ]
            return language + plain, pieces
        if roll < 0.83 and self.messages:
            return self._message()
        if roll < 0.86:
            return "ordinary", [(chance.choice(self.ordinary.code), "")]
        sentence = chance.choice(self.ordinary.prose)
        if roll < 0.94 or not (found := list(_NOUN.finditer(sentence))):
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


def disturb(pieces: list[Piece], chance: random.Random, genre: str) -> list[Piece]:
    """As people write: each text at most a little."""
    roll = chance.random()
    if roll < 0.12:
        pieces = [(text.lower(), kind) for text, kind in pieces]
    elif roll < 0.17:
        pieces = [(text.upper(), kind) for text, kind in pieces]
    elif roll < 0.19 and genre == "plain":
        pieces = [(text.title(), kind) for text, kind in pieces]
    elif roll < 0.22:
        pieces = [(text if kind else text.lower(), kind) for text, kind in pieces]
    elif roll < 0.25:
        pieces = [(text.lower() if kind else text, kind) for text, kind in pieces]
    roll = chance.random()
    if roll < 0.06:
        pieces = [(re.sub(r"[.,;:!?]", "", text) if not kind else text, kind) for text, kind in pieces]
    elif roll < 0.10:
        pieces = [(_slip(text, chance), kind) for text, kind in pieces]
    elif roll < 0.14:
        pieces = [
            ("".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c)), kind)
            for text, kind in pieces
        ]
        pieces = [(unicodedata.normalize("NFC", text), kind) for text, kind in pieces]
    if chance.random() < 0.07 and len(pieces) > 1:
        pieces = _cut(pieces, chance)
    return [one for one in pieces if one[0]]


def _slip(text: str, chance: random.Random) -> str:
    letters = list(text)
    for place in range(len(letters) - 1):
        if letters[place].isalpha() and letters[place + 1].isalpha() and chance.random() < 0.03:
            what = chance.randrange(3)
            if what == 0:
                letters[place], letters[place + 1] = letters[place + 1], letters[place]
            else:
                letters[place] = "" if what == 1 else letters[place] * 2
    return "".join(letters)


def _cut(pieces: list[Piece], chance: random.Random) -> list[Piece]:
    """Without the beginning or the end, at a space: as titles and controls show it."""
    flat = [(word, kind) for text, kind in pieces for word in re.findall(r"\S+|\s+", text)]
    first = chance.randrange(max(1, len(flat) // 3)) if chance.random() < 0.6 else 0
    last = len(flat) - (chance.randrange(max(1, len(flat) // 3)) if chance.random() < 0.6 else 0)
    return _joined(flat[first:last]) or pieces


def _joined(flat: list[Piece]) -> list[Piece]:
    out: list[Piece] = []
    for text, kind in flat:
        if out and out[-1][1] == kind and kind:
            out[-1] = (out[-1][0] + text, kind)
        else:
            out.append((text, kind))
    return [(text.rstrip() if kind else text, kind) for text, kind in out]
