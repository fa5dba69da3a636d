"""Which texts stood in the field on the way to the one that stands there now?

1. Before something is deleted, after something was typed: the text around it, as far as all that is then deleted in a
   row reaches and :data:`AROUND_CHARACTERS` more on both sides. Whatever was complete once was complete just before a
   deletion, or is complete still.
2. What was typed in a row, by itself, if it does not stand as words of its own in the text: the caret may have been
   elsewhere than it seems.
3. What stood in the field when it was left.
"""

from collections.abc import Sequence

from aboveboard.recorder.redact.typed.field import Field, is_word
from aboveboard.recorder.redact.typed.options import AROUND_CHARACTERS, CONTEXT_CHARACTERS, DRAFTS, FIELD_CHARACTERS
from aboveboard.recorder.redact.typed.parts import Char

_COPIED = 4 * AROUND_CHARACTERS
"""So much is copied on both sides when a deletion begins."""


class Drafts:
    """The texts of one unit. ``unjudged``: characters of texts that were too many to keep."""

    def __init__(self) -> None:
        self.texts: list[list[Char]] = []
        self.unjudged: list[Char] = []
        self._before: list[Char] = []
        self._deleted = 0
        self._row: list[Char] = []

    def typed(self, chars: Sequence[Char], *, over: bool = False) -> None:
        """They were typed after what was typed before in this row; ``over``: over what stood there."""
        if not over:
            self.deletion_over()
        self._row += chars
        if len(self._row) > 2 * CONTEXT_CHARACTERS:
            del self._row[:CONTEXT_CHARACTERS]

    def rubbed_out(self) -> None:
        """The last of the row was deleted."""
        if self._row:
            self._row.pop()

    def deleting(self, field: Field, start: int, end: int) -> None:
        """``field.items[start:end]`` is about to be deleted."""
        if self._before and self._deleted + (end - start) > _COPIED - AROUND_CHARACTERS:
            self.deletion_over()
        if not self._before:
            self._before = field.items[max(0, start - _COPIED) : end + _COPIED]
        self._deleted += end - start

    def deletion_over(self) -> None:
        """Nothing more is deleted in this row: keep the text as far as it matters."""
        before, self._before, self._deleted = self._before, [], 0
        gone = [place for place, char in enumerate(before) if not char.alive and char.known]
        if gone:
            self.keep(before[max(0, gone[0] - AROUND_CHARACTERS) : gone[-1] + 1 + AROUND_CHARACTERS])

    def row_over(self, field: Field) -> None:
        """The caret goes elsewhere, or something is deleted elsewhere than at the end of the row."""
        row = self.row(field)
        self._row = []
        if row:
            self.keep(row)

    def row(self, field: Field) -> list[Char]:
        """What was typed in a row, if it is to be judged by itself."""
        row, end = self._row, field.caret
        if not row:
            return []
        start = end - len(row)
        if start >= 0 and all(one is other for one, other in zip(field.items[start:end], row, strict=True)):
            around = [field.items[place].text for place in (start - 1, end) if 0 <= place < len(field.items)]
            if not any(is_word(text) for text in around):
                return []
        return list(row)

    def left(self, field: Field, *, by_itself: bool = False) -> None:
        """The field is left: nothing more changes in it. ``by_itself``: what is typed in a row goes on elsewhere."""
        if not by_itself:
            self.row_over(field)
        self.deletion_over()
        self.standing(field)

    def standing(self, field: Field) -> None:
        """Keep what stands there now, as far as it is not decided."""
        held = [place for place, char in enumerate(field.items) if char.authors]
        if held:
            start, end = held[0] - CONTEXT_CHARACTERS, held[-1] + CONTEXT_CHARACTERS
            self.keep(field.items[max(0, start) : min(end, start + FIELD_CHARACTERS)])

    def keep(self, text: list[Char]) -> None:
        """``text`` is to be judged."""
        if len(self.texts) < DRAFTS:
            self.texts.append(text)
        else:
            self.unjudged += [char for char in text if char.authors]

    def forget_decided(self) -> None:
        """Drop the texts in which nothing waits any more."""
        self.texts = [text for text in self.texts if any(char.authors for char in text)]
        self.unjudged = [char for char in self.unjudged if char.authors]

    def deleted_now(self) -> list[Char]:
        """The text before the deletion that is going on."""
        gone = [place for place, char in enumerate(self._before) if not char.alive and char.known]
        return self._before[max(0, gone[0] - AROUND_CHARACTERS) : gone[-1] + 1 + AROUND_CHARACTERS] if gone else []
