"""Which screens are there to look at? Each comes from a seed and its number alone, whatever else is drawn.

A screen is a desktop of one of :data:`SETTINGS` with two or three windows of real programs side by side or over one
another: a page, a PDF, a terminal, a notepad, a spreadsheet, a dialog.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

import numpy as np
from benchmarks.redaction.screens import pages, texts
from benchmarks.redaction.screens.desk import BORDER, TITLE, Desk, Setting, standing
from benchmarks.redaction.screens.planted import Token
from numpy.typing import NDArray

from aboveboard.base.errors import Unavailable
from aboveboard.recorder.redact.pixels.panes import Panes

SETTINGS = (
    Setting((1280, 800)),
    Setting((1280, 800), fringes=True),
    Setting((1366, 768), scale=1.5),
    Setting((2560, 800)),  # two monitors side by side
)
FAILURES = 3
"""So often a desktop may fail to stand up, or a program on it, on a machine that is busy."""
PROGRAMS = ("terminal", "terminal", "notepad", "notepad", "spreadsheet", "dialog")

Place = tuple[int, int, int, int]


@dataclass
class Screen:
    """``pixels``: (height, width) as the recorder has them; ``tokens``: what was written, in sight or not.

    ``panes``: which windows lie where.
    """

    number: int
    pixels: NDArray[np.uint32]
    tokens: list[Token] = field(default_factory=list)
    about: str = ""
    panes: Panes = ()


def screens(seed: int, numbers: Sequence[int]) -> Iterator[Screen]:
    """The screens of these numbers; those of one setting one after the other."""
    for setting in SETTINGS:
        chosen = [number for number in numbers if SETTINGS[_random(seed, number).randrange(len(SETTINGS))] == setting]
        failures = 0
        while chosen:
            with standing(setting) as desk:
                try:
                    while chosen:
                        random = _random(seed, chosen[0])
                        random.randrange(len(SETTINGS))
                        made = _screen(desk, random, chosen[0])
                        chosen.pop(0)
                        yield made
                except Unavailable:
                    failures += 1
                    if failures >= FAILURES:
                        raise


def _random(seed: int, number: int) -> Random:
    return Random(f"{seed}-{number}")


def _screen(desk: Desk, random: Random, number: int) -> Screen:
    """Arrange windows, wait until they stand still, look, and put them away."""
    made = Screen(number, np.zeros((0, 0), np.uint32), about=desk.setting.about)
    places = _places(random, desk.setting.size)
    kinds = ["browser", *(random.choice(PROGRAMS) for _ in places[1:])]
    if random.random() < 0.25:
        kinds[0] = random.choice(PROGRAMS)
    for kind, place in zip(kinds, places, strict=True):
        made.about += f" · {_window(desk, random, kind, place, made.tokens)}"
    if "choice/" in made.about:
        desk.press(pages.OPENS)
    made.pixels, made.panes = desk.look(), desk.panes()
    desk.clear()
    return made


def _places(random: Random, size: tuple[int, int]) -> list[Place]:
    """Where the contents of windows go, the first at the bottom."""
    width, height = size
    if width >= 2 * height:  # a window or two on each monitor
        half = width // 2
        return [
            _content(0, 0, half, height),
            _content(half, 0, half, height // 2),
            _content(half, height // 2, half, height // 2),
        ]
    if random.random() < 0.35:  # the second over the first
        return [_content(0, 0, width, height), _content(width // 2 - 37, height // 3, width // 2, height // 2)]
    half = round(width * random.choice((0.5, 0.55)))
    return [_content(0, 0, half, height), _content(half, 0, width - half, height)]


def _content(x: int, y: int, width: int, height: int) -> Place:
    return (x + BORDER, y + TITLE, width - 2 * BORDER, height - TITLE - 6)


def _window(desk: Desk, random: Random, kind: str, place: Place, tokens: list[Token]) -> str:
    """Open it; what it is, for the report."""
    if kind == "browser":
        name = random.choice((*pages.PAGES, "pdf"))
        sheet = pages.page(random, "letter" if name == "pdf" else name, plain=name == "pdf")
        tokens += sheet.tokens
        if name == "pdf":
            desk.pdf(sheet, place)
            return "pdf"
        desk.browser(sheet, place)
        return sheet.about
    if kind == "spreadsheet":
        rows = texts.sheet(random, 30)
        tokens += [cell for row in rows for cell in row]
        desk.spreadsheet(texts.csv(rows), place)
        return kind
    lines = texts.terminal(random, 60) if kind == "terminal" else texts.note(random, 60)
    tokens += [token for one in lines for token in one]
    if kind == "terminal":
        desk.terminal(texts.coloured(random, lines), random, place)
    elif kind == "notepad":
        desk.notepad(texts.plain(lines), random, place)
    else:
        desk.dialog(texts.plain(lines[:20]), place)
    return kind
