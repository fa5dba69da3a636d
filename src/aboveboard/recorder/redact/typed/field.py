"""Where is the caret, and what stands around it, as far as the keys tell?

A list of characters with a caret and perhaps a selection. What is not known is in the list too: after a click there is
``SOME`` on both sides of the caret. Each step of the caret into it sets one ``ONE`` apart, so that the way back is as
long as the way in. A step of unknown length into it (Home, a word) leaves ``SOME`` on both sides of the caret again.
A selection ends where the caret is; ``anchor`` is its other end.
"""

from collections.abc import Callable, Sequence
from typing import ClassVar

from aboveboard.recorder.redact.typed.options import FIELD_CHARACTERS
from aboveboard.recorder.redact.typed.parts import ONE, SOME, Char


class Field:
    """One field, or all that is known of it. ``lines``: the caret never leaves its line (a shell's prompt)."""

    def __init__(self, *, lines: bool = False) -> None:
        self.items: list[Char] = [Char(SOME), Char(SOME)]
        self.caret = 1
        self.anchor: int | None = None
        self.shifted = 0
        """How often places in the list changed by anything but an edit: what remembers places must forget them."""
        self._lines = lines
        self._column: int | None = None

    @property
    def selection(self) -> tuple[int, int]:
        """Where the selection starts and ends; both the caret if there is none."""
        anchor = self.caret if self.anchor is None else self.anchor
        return min(anchor, self.caret), max(anchor, self.caret)

    @property
    def beside(self) -> tuple[Char | None, Char | None]:
        """The characters left and right of the caret."""
        left = self.items[self.caret - 1] if self.caret else None
        return left, self.items[self.caret] if self.caret < len(self.items) else None

    def insert(self, place: int, chars: Sequence[Char]) -> None:
        """The caret stands after them, and nothing is selected."""
        self.items[place:place] = chars
        for char in chars:
            char.alive = True
        self.caret, self.anchor, self._column = place + len(chars), None, None

    def remove(self, start: int, end: int) -> list[Char]:
        """What was taken out. The caret stands there, and nothing is selected."""
        gone = self.items[start:end]
        del self.items[start:end]
        for char in gone:
            char.alive = False
        self.caret, self.anchor, self._column = start, None, None
        return gone

    def move(self, verb: str, *, extend: bool) -> None:
        """Move the caret; ``extend``: select what it passes."""
        start, end = self.selection
        if extend and self.anchor is None:
            self.anchor = self.caret
        column = self._column
        self._column = None
        if not extend and start < end and verb in ("left", "right"):
            self.caret = start if verb == "left" else end
        elif verb in ("up", "down"):
            self._vertically(-1 if verb == "up" else 1, column)
        else:
            self._MOVES[verb](self)
        if not extend or self.anchor == self.caret:
            self.anchor = None

    def select_all(self) -> None:
        """From the start to the end, whatever is there."""
        self.anchor, self.caret, self._column = 0, len(self.items), None

    def scan(self, step: int, *, words: bool = False, spaces: bool = False) -> tuple[int, bool]:
        """Where the line (``words``: this or the next word; ``spaces``: what stands between spaces) ends; known?"""
        place, inside = self.caret, False
        while 0 <= (ahead := place - (step < 0)) < len(self.items):
            char = self.items[ahead]
            if not char.known:
                return place, False
            if char.text == "\n" and (self._lines or not words):
                break
            if words:
                part = not char.text.isspace() if spaces else is_word(char.text)
                if inside and not part:
                    break
                inside = inside or part
            place += step
        return place, True

    def overwritten(self, count: int) -> int:
        """The end of what ``count`` characters typed here replace: not of the line's end, nor of what is not known."""
        end = self.caret
        while end < min(self.caret + count, len(self.items)) and self.items[end].text not in (SOME, "\n"):
            end += 1
        return end

    def lose(self, place: int) -> None:
        """The caret is somewhere around ``place``, nobody knows where."""
        self._shift(place, [Char(SOME), Char(SOME)])
        self.caret = place + 1

    def trim(self) -> list[Char]:
        """Drop what is too much, at the end that is farther from the caret. What was dropped."""
        over = len(self.items) - FIELD_CHARACTERS
        if over <= 0:
            return []
        self.shifted += 1
        if self.caret > FIELD_CHARACTERS // 2:
            gone, self.items[: over + 1] = self.items[: over + 1], [Char(SOME)]
            self.caret = max(self.caret - over, 1)
            self.anchor = None if self.anchor is None else max(self.anchor - over, 1)
        else:
            gone, self.items[-over - 1 :] = self.items[-over - 1 :], [Char(SOME)]
            self.anchor = None if self.anchor is None else min(self.anchor, len(self.items))
        return gone

    def _shift(self, place: int, chars: list[Char]) -> None:
        self.items[place:place] = chars
        self.shifted += 1
        if self.anchor is not None and self.anchor > place:
            self.anchor += len(chars)

    def _left(self) -> None:
        left = self.beside[0]
        if left is None or (self._lines and left.text == "\n"):
            return
        if left.text != SOME:
            self.caret -= 1
            return
        self._shift(self.caret, [Char(ONE)])
        if self.anchor == self.caret:
            self.anchor += 1

    def _right(self) -> None:
        right = self.beside[1]
        if right is None or (self._lines and right.text == "\n"):
            return
        if right.text == SOME:
            self._shift(self.caret, [Char(ONE)])
        self.caret += 1

    def _far(self, step: int, *, words: bool = False) -> None:
        place, known = self.scan(step, words=words)
        if known:
            self.caret = place
        elif words:
            self._into_unknown(place, step)
        else:
            self._to_edge(place, step)

    def _to_edge(self, place: int, step: int) -> None:
        """To the end of a line of which a part is not known: the next line's that is, else the text's."""
        while 0 <= (ahead := place - (step < 0)) < len(self.items) and self.items[ahead].text != "\n":
            place += step
        if 0 < place < len(self.items) or not self.items or self.items[min(place, len(self.items) - 1)].text != SOME:
            self.caret = place
        else:
            self._into_unknown(place - step, step)

    def _into_unknown(self, place: int, step: int) -> None:
        """Into the stretch that begins at ``place``: some of it lies before the caret, some after it."""
        for apart in (place, place + step):
            if 0 < apart < len(self.items) and self.items[apart - 1].text == self.items[apart].text == SOME:
                self.caret = apart
                return
        self._shift(place, [Char(SOME)])
        if step < 0 and self.anchor == place:
            self.anchor += 1
        self.caret = place + (step > 0)

    def _vertically(self, step: int, column: int | None) -> None:
        start, known = self.scan(-1)
        if not known:
            self._far(step)
            return
        column = self.caret - start if column is None else column
        edge, known = (start, True) if step < 0 else self.scan(1)
        self.caret = edge
        if not known or not 0 <= edge - (step < 0) < len(self.items):
            if not known:
                self._into_unknown(edge, step)
            return
        self.caret = edge + step
        line, known = self.scan(-1)
        if not known:
            self._into_unknown(line, -1)
            return
        self.caret = line
        length = self.scan(1)[0] - line
        self.caret, self._column = line + min(column, length), column

    def _whole(self, step: int) -> None:
        self.caret = 0 if step < 0 else len(self.items)

    _MOVES: ClassVar[dict[str, Callable[["Field"], None]]] = {
        "left": _left,
        "right": _right,
        "word_left": lambda self: self._far(-1, words=True),
        "word_right": lambda self: self._far(1, words=True),
        "line_start": lambda self: self._far(-1),
        "line_end": lambda self: self._far(1),
        "text_start": lambda self: self._whole(-1),
        "text_end": lambda self: self._whole(1),
        "page": lambda self: self.lose(self.caret),
    }


def is_word(text: str) -> bool:
    """Does Ctrl+Left pass over it as over a part of a word?"""
    return text.isalnum() or text == "_"
