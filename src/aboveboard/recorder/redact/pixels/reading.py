"""What was read on a screen, and what was not?

Every piece of ink on the screen is in exactly one place: in a word of a line whose text is known, in ``unread``, or it
was looked at and holds no text (an icon). Whoever covers personal data covers all of ``unread`` too: nobody checked it.
"""

from dataclasses import dataclass
from typing import NamedTuple

from aboveboard.recorder.capture.port import Rect

UNKNOWN = "\N{REPLACEMENT CHARACTER}"
"""In a line's text: a word that is not read yet. Its ink is in ``unread``."""


class Word(NamedTuple):
    """``left`` to ``right``: columns from the line's corner; ``start`` to ``end``: its part of the line's text."""

    left: int
    right: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Content:
    """A line wherever it stands: its text, and its words from left to right."""

    text: str
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """Ink that hangs together in a row. ``rect`` holds all of it."""

    rect: Rect
    content: Content

    @property
    def text(self) -> str:
        """Its words, one space between two of them."""
        return self.content.text

    def place(self, start: int, end: int) -> Rect | None:
        """The rectangle of all words that ``text[start:end]`` touches; ``None`` if it touches none."""
        touched = [word for word in self.content.words if word.start < end and start < word.end]
        if not touched:
            return None
        left, right = min(word.left for word in touched), max(word.right for word in touched)
        return Rect(self.rect.x + left, self.rect.y, right - left, self.rect.height)


@dataclass(frozen=True, slots=True)
class Reading:
    """``lines`` from top to bottom; ``unread``: rectangles with ink of which it is not known what it says.

    ``typed``: the rectangles of lines where somebody may be typing. They may be read or not.
    """

    lines: tuple[Line, ...] = ()
    unread: tuple[Rect, ...] = ()
    typed: tuple[Rect, ...] = ()


@dataclass(slots=True)
class Counts:
    """How the reader fared so far; for measurements. Words unless it says otherwise."""

    lines_again: int = 0
    lines_new: int = 0
    words_known: int = 0
    words_spelt: int = 0
    words_given: int = 0
    words_ocr: int = 0
    words_blank: int = 0
    words_unreadable: int = 0
    ocr_calls: int = 0
    ocr_ns: int = 0
    areas: int = 0
    pixels: int = 0
    given_refused: int = 0
    """Lines of which an application said what does not fit the ink."""
