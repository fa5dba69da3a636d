"""How does writing get damaged: in small letters or capitals, with slips, cut off, quoted, read wrongly?"""

import random
import re
import unicodedata

from .grammar import Piece


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
    elif roll < 0.24:
        pieces = [(text.lower() if kind else text, kind) for text, kind in pieces]
    elif roll < 0.28:
        # As towns and surnames are written in many countries.
        loud = {chance.choice(("name", "place", "organisation")), "place"}
        pieces = [(text.upper() if kind in loud else text, kind) for text, kind in pieces]
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
    if chance.random() < 0.02:
        pieces = _misread(pieces, chance)
    if chance.random() < 0.07 and len(pieces) > 1:
        pieces = _cut(pieces, chance)
    if any("\n" in text for text, _ in pieces) and chance.random() < 0.12:
        pieces = _quoted(pieces, chance)
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


def _misread(pieces: list[Piece], chance: random.Random) -> list[Piece]:
    """As a program writes UTF-8 that was read as another encoding: the garbage belongs to nobody's name."""
    wrong = chance.choice(["cp1252", "cp1252", "cp1250", "cp1251", "cp1255", "latin-1"])
    garbage = [sign.encode().decode(wrong, "replace") for sign in "–—’“”…•é"]
    out = [(text if kind else text.replace(" - ", f" {chance.choice(garbage)} "), kind) for text, kind in pieces]
    out = [(text if kind else text.replace("'", garbage[2]), kind) for text, kind in out]
    if chance.random() < 0.6:
        out.insert(chance.randrange(len(out) + 1), (f" {chance.choice(garbage)} ", ""))
    return out


def _quoted(pieces: list[Piece], chance: random.Random) -> list[Piece]:
    """Every line begins as a reply quotes it, as a list does, or further in: within a thing too."""
    mark = chance.choice(["> ", "> ", ">", ">> ", "| ", "* ", "- ", "    ", "  ", "\t", "# ", "// "])
    return [(mark, ""), *((text.replace("\n", "\n" + mark), kind) for text, kind in pieces)]
