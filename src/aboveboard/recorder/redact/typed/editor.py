"""What does each press do to the text that is being typed?

Follows one keyboard through the fields it types into: the field at hand (``field``), the texts on the way (``drafts``),
what can be undone (``history``), and the clipboard as far as it was filled from text that is known. It need not be
right: an application may do something else with a key. So what was typed in a row is also judged by itself.
"""

from collections.abc import Callable, Sequence
from typing import ClassVar

from aboveboard.recorder.redact.typed.commands import Command, command_of
from aboveboard.recorder.redact.typed.drafts import Drafts
from aboveboard.recorder.redact.typed.field import Field
from aboveboard.recorder.redact.typed.history import Change, History
from aboveboard.recorder.redact.typed.options import FIELD_CHARACTERS, Options
from aboveboard.recorder.redact.typed.parts import SOME, Char, Does, Press

_DOES: dict[str, Does] = {
    "insert": "text",
    "silent": "text",
    "enter": "text",
    "modifier": "modifier",
    "nothing": "command",
    "pause": "command",
    "leave": "command",
    "copy": "command",
    "overwrite": "command",
    "complete": "command",
    "recall": "command",
    "select_all": "move",
    "left": "move",
    "right": "move",
    "up": "move",
    "down": "move",
    "page": "move",
    "word_left": "move",
    "word_right": "move",
    "line_start": "move",
    "line_end": "move",
    "text_start": "move",
    "text_end": "move",
}
"""All others edit."""

_DELETING = frozenset({"backspace", "delete", "word_backspace", "word_delete"})
"""Several of these in a row are one deletion."""


class Editor:
    """Used by one thread."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.drafts = Drafts()
        self.field = Field(lines=options.editing == "readline")
        self._history = History()
        self._clipboard: list[Char] | None = None
        self._killed: list[Char] | None = None
        self._silent: list[Press] = []
        self._overwriting = False

    @property
    def text(self) -> str:
        """What stands in the field, with ``SOME`` and ``ONE`` for what is not known."""
        return "".join(char.text for char in self.field.items)

    def press(self, press: Press) -> Command:
        """The press does to the field what it means; what it made and deleted is noted on it."""
        command = command_of(press.key, self.options)
        verb = command.verb
        press.does = _DOES.get(verb, "edit")
        if verb == "insert":
            self._type(press)
        elif verb == "silent":
            self._silent.append(press)
        elif verb not in ("modifier", "nothing"):
            self._silent.clear()
            if verb != "backspace":
                self.drafts.row_over(self.field)
            if verb not in _DELETING:
                self.drafts.deletion_over()
            if press.does == "move":
                self._move(press, command)
            else:
                self._VERBS[verb](self, press)
        return command

    def leave(self, *, clipboard: bool = True, by_itself: bool = False) -> None:
        """Another field has the keyboard from now on.

        ``clipboard``: nothing else could change the clipboard. ``by_itself``: no key or click led there, as from box
        to box of a form for a card's number; what is typed in a row goes on.
        """
        self.drafts.left(self.field, by_itself=by_itself)
        self.field = Field(lines=self.options.editing == "readline")
        self._history = History()
        self._silent.clear()
        self._overwriting = False
        if not clipboard:
            self._clipboard = None

    def take_drafts(self) -> Drafts:
        """The texts on the way so far, at the end of a unit; further ones are kept anew."""
        taken, self.drafts = self.drafts, Drafts()
        taken.row_over(self.field)
        taken.deletion_over()
        return taken

    # What happens to the text.

    def _insert(self, press: Press, chars: list[Char], *, kind: str = "edit") -> None:
        place = self.field.caret
        if len(self.field.items) + len(chars) > FIELD_CHARACTERS + 500:
            self.drafts.left(self.field)
            self.field.trim()
            place = self.field.caret
        self.field.insert(place, chars)
        self._history.note(self.field, kind, Change(True, place, chars))
        press.made += chars

    def _remove(self, press: Press, start: int, end: int, *, kind: str = "edit") -> list[Char]:
        if start >= end:
            return []
        self.drafts.deleting(self.field, start, end)
        gone = self.field.remove(start, end)
        self._history.note(self.field, kind, Change(False, start, gone))
        press.gone += [char for char in gone if char.known]
        press.beside = self.field.beside
        return gone

    def _remove_selection(self, press: Press, kind: str = "edit") -> list[Char]:
        return self._remove(press, *self.field.selection, kind=kind)

    def _type(self, press: Press) -> None:
        authors = (*self._silent[-8:], press)
        chars = [Char(text, authors) for text in press.key.text]
        for silent in self._silent[-8:]:
            silent.made += chars
        self._silent.clear()
        replaced = self._remove_selection(press, "text")
        if self._overwriting and not replaced:
            self._remove(press, self.field.caret, self.field.overwritten(len(chars)), kind="text")
        self.drafts.typed(chars, over=self._overwriting)
        self._insert(press, chars, kind="text")

    def _move(self, press: Press, command: Command) -> None:
        self._history.interrupt()
        if command.verb == "select_all":
            self.field.select_all()
        else:
            self.field.move(command.verb, extend=command.extend)
        press.beside = self.field.beside

    def _backspace(self, press: Press) -> None:
        if self._remove_selection(press):
            self.drafts.row_over(self.field)
            return
        self.drafts.rubbed_out()
        left = self.field.beside[0]
        if left is not None and left.text != SOME and not (self._in_shell and left.text == "\n"):
            self._remove(press, self.field.caret - 1, self.field.caret)

    def _delete(self, press: Press) -> None:
        right = self.field.beside[1]
        if not self._remove_selection(press) and right is not None and right.text != SOME:
            self._remove(press, self.field.caret, self.field.caret + 1)

    def _far(self, press: Press, step: int, *, words: bool = False, spaces: bool = False, kill: bool = False) -> None:
        gone = [] if kill else self._remove_selection(press)
        if not gone:
            place, _ = self.field.scan(step, words=words, spaces=spaces)
            gone = self._remove(press, *sorted((place, self.field.caret)))
        if gone and self._in_shell | kill:
            self._killed = gone

    @property
    def _in_shell(self) -> bool:
        return self.options.editing == "readline"

    def _transpose(self, press: Press) -> None:
        caret = self.field.caret
        if 1 < caret <= len(self.field.items) and all(one.known for one in self.field.items[caret - 2 : caret]):
            pair = self._remove(press, caret - 2, caret)
            self._again(press, pair[::-1])

    def _again(self, press: Press, chars: Sequence[Char] | None) -> None:
        """What was seen before comes again, by this press and those that made it; ``None``: it is not known."""
        self._history.interrupt()
        known = [Char(one.text, (*one.authors, press), thing=one.thing) for one in chars or [Char(SOME)]]
        for char in known:
            for author in char.authors[:-1]:
                author.made.append(char)
        self._remove_selection(press)
        self._insert(press, known)
        self._history.interrupt()

    def _copy(self, press: Press) -> None:
        start, end = self.field.selection
        if start < end:
            self._clipboard = self.field.items[start:end][:FIELD_CHARACTERS]

    def _cut(self, press: Press) -> None:
        self._copy(press)
        self._remove_selection(press)

    def _turn(self, press: Press, changes: list[Change] | None) -> None:
        if changes is None:
            if SOME in (char.text for char in self.field.items):
                self.field.lose(self.field.caret)
            return
        for change in changes:
            if change.came:
                self.field.insert(change.place, change.chars)
            else:
                self.drafts.deleting(self.field, change.place, change.place + len(change.chars))
                gone = self.field.remove(change.place, change.place + len(change.chars))
                press.gone += [char for char in gone if char.known]
            self.drafts.deletion_over()

    def _enter(self, press: Press) -> None:
        if self._in_shell:
            self.field.move("text_end", extend=False)
        if any(char.known for char in self.field.items[self.field.caret :]):
            self.drafts.standing(self.field)  # the field may keep its one line, and send it
        self._remove_selection(press, "text")
        self._insert(press, [Char("\n", (press,))], kind="text")
        self._history.interrupt()

    def _recall(self, press: Press) -> None:
        """Another line stands in place of this one."""
        start, known = self.field.scan(-1)
        if known:
            self._remove(press, start, max(self.field.scan(1)[0], self.field.caret))
        self._insert(press, [Char(SOME)])

    def _overwrite(self, press: Press) -> None:
        self._overwriting = not self._overwriting

    def _nothing(self, press: Press) -> None:
        pass

    _VERBS: ClassVar[dict[str, Callable[["Editor", Press], None]]] = {
        "pause": _nothing,
        "leave": _nothing,
        "enter": _enter,
        "complete": lambda self, press: self._insert(press, [Char(SOME)]),
        "recall": _recall,
        "backspace": _backspace,
        "delete": _delete,
        "word_backspace": lambda self, press: self._far(press, -1, words=True),
        "word_delete": lambda self, press: self._far(press, 1, words=True),
        "rub_word": lambda self, press: self._far(press, -1, words=True, spaces=True, kill=True),
        "to_line_start": lambda self, press: self._far(press, -1, kill=True),
        "to_line_end": lambda self, press: self._far(press, 1, kill=True),
        "transpose": _transpose,
        "copy": _copy,
        "cut": _cut,
        "paste": lambda self, press: self._again(press, self._clipboard),
        "yank": lambda self, press: self._again(press, self._killed),
        "undo": lambda self, press: self._turn(press, self._history.step_back(self.field)),
        "redo": lambda self, press: self._turn(press, self._history.step_forth(self.field)),
        "overwrite": _overwrite,
    }
