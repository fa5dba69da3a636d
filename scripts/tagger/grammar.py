"""How does a template become a text that knows where its personal parts are?

A template is a line: ``(a|b|)`` chooses, ``{slot}`` is filled with a value, ``<rule>`` expands a rule of the file,
``\\n`` breaks the line, a backslash takes the next character as it is. A template file has sections (``## section``),
rules (``@rule = a | b``; a rule may be given several times) and comments (``# …``).
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

Piece = tuple[str, str]
"""A text and its kind ("" for none)."""
Fill = Callable[[str, random.Random], list[Piece]]


@dataclass
class Grammar:
    sections: dict[str, list[list]] = field(default_factory=dict)
    rules: dict[str, list[list]] = field(default_factory=dict)

    def expand(self, section: str, chance: random.Random, fill: Fill) -> list[Piece]:
        pieces: list[Piece] = []
        self._walk(chance.choice(self.sections[section]), chance, fill, pieces)
        return pieces

    def _walk(self, nodes: list, chance: random.Random, fill: Fill, into: list[Piece]) -> None:
        for what, value in nodes:
            if what == "text":
                into.append((value, ""))
            elif what == "choice":
                self._walk(chance.choice(value), chance, fill, into)
            elif what == "rule":
                self._walk(chance.choice(self.rules[value]), chance, fill, into)
            else:
                into += fill(value, chance)


def read(path: Path) -> Grammar:
    grammar, section = Grammar(), "main"
    for line in path.read_text("utf-8").splitlines():
        if not line.strip() or line.startswith("# "):
            continue
        if line.startswith("## "):
            section = line[3:].strip()
        elif line.startswith("@"):
            name, _, body = line[1:].partition(" = ")
            grammar.rules.setdefault(name.strip(), []).extend(_trimmed(one) for one in _parse(f"({body})")[0][1])
        else:
            grammar.sections.setdefault(section, []).append(_parse(line))
    return grammar


def _parse(text: str) -> list:
    nodes, place = _sequence(text, 0, "")
    if place != len(text):
        raise ValueError(f"a bracket too many: {text}")
    return nodes


def _sequence(text: str, place: int, stops: str) -> tuple[list, int]:
    nodes: list = []
    plain = ""
    while place < len(text) and text[place] not in stops:
        one = text[place]
        if one == "\\":
            plain += {"n": "\n", "t": "\t"}.get(text[place + 1], text[place + 1])
            place += 2
            continue
        if one in "({<":
            if plain:
                nodes.append(("text", plain))
                plain = ""
            if one == "(":
                options = []
                while one != ")":
                    option, place = _sequence(text, place + 1, "|)")
                    if place >= len(text):
                        raise ValueError(f"a bracket is not closed: {text}")
                    options.append(option)
                    one = text[place]
                nodes.append(("choice", options))
                place += 1
            else:
                end = text.index("}" if one == "{" else ">", place)
                nodes.append(("slot" if one == "{" else "rule", text[place + 1 : end]))
                place = end + 1
            continue
        plain += one
        place += 1
    if plain:
        nodes.append(("text", plain))
    return nodes, place


def _trimmed(nodes: list) -> list:
    """Without the spaces around `` | ``."""
    if nodes and nodes[0][0] == "text":
        nodes[0] = ("text", nodes[0][1].removeprefix(" "))
    if nodes and nodes[-1][0] == "text":
        nodes[-1] = ("text", nodes[-1][1].removesuffix(" "))
    return nodes
