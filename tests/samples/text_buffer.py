"""A text field as simple as can be: a string, a caret, an anchor. What an editor does with a press, by the book."""

from dataclasses import dataclass, field

from aboveboard.formats.recording import Key


@dataclass
class Buffer:
    text: str = ""
    caret: int = 0
    anchor: int | None = None
    clipboard: str | None = None
    overwriting: bool = False
    column: int | None = None
    steps: list[tuple[str, tuple[str, int]]] = field(default_factory=list)
    undone: list[tuple[str, tuple[str, int]]] = field(default_factory=list)
    goes_on: bool = False

    @property
    def selected(self) -> tuple[int, int]:
        anchor = self.caret if self.anchor is None else self.anchor
        return min(anchor, self.caret), max(anchor, self.caret)

    def press(self, key: Key) -> None:
        control, shift = "Control" in key.modifiers, "Shift" in key.modifiers
        if key.text:
            self._type(key.text)
        elif (control and key.name in "acvxzy") or (control and shift and key.name == "z"):
            self._command("y" if shift else key.name)
        elif key.name in ("BackSpace", "Delete"):
            self._delete(-1 if key.name == "BackSpace" else 1, words=control)
        elif key.name == "Return":
            self._replace("\n", "text")
            self.goes_on = False
        elif key.name == "Insert":
            self.overwriting = not self.overwriting
        elif key.name in ("Left", "Right", "Up", "Down", "Home", "End"):
            self._move(key.name, control, shift)

    def _note(self, kind: str) -> None:
        self.undone.clear()
        if not (self.goes_on and self.steps and self.steps[-1][0] == kind):
            self.steps.append((kind, (self.text, self.caret)))
        self.goes_on = True

    def _replace(self, text: str, kind: str) -> None:
        start, end = self.selected
        if text or start < end:
            self._note(kind)
        self.text = self.text[:start] + text + self.text[end:]
        self.caret, self.anchor, self.column = start + len(text), None, None

    def _type(self, text: str) -> None:
        start, end = self.selected
        if self.overwriting and start == end:
            line = self.text.find("\n", start)
            self.anchor = min(start + len(text), line if line >= 0 else len(self.text))
        self._replace(text, "text")

    def _delete(self, step: int, *, words: bool) -> None:
        start, end = self.selected
        if start == end:
            self.anchor = self._word(step) if words else min(max(self.caret + step, 0), len(self.text))
        self._replace("", "edit")

    def _command(self, name: str) -> None:
        start, end = self.selected
        if name == "a":
            self.anchor, self.caret, self.goes_on = 0, len(self.text), False
        elif name in "cx" and start < end:
            self.clipboard = self.text[start:end]
            if name == "x":
                self._replace("", "edit")
        elif name == "v" and self.clipboard is not None:
            self.goes_on = False
            self._replace(self.clipboard, "edit")
            self.goes_on = False
        elif name in "zy":
            source, target = (self.steps, self.undone) if name == "z" else (self.undone, self.steps)
            self.goes_on = False
            if source:
                kind, state = source.pop()
                target.append((kind, (self.text, self.caret)))
                self.text, self.caret = state
                self.anchor = self.column = None

    def _word(self, step: int) -> int:
        place, inside = self.caret, False
        while 0 <= place - (step < 0) < len(self.text):
            one = self.text[place - (step < 0)]
            if inside and not (one.isalnum() or one == "_"):
                break
            inside = inside or one.isalnum() or one == "_"
            place += step
        return place

    def _move(self, name: str, control: bool, shift: bool) -> None:
        start, end = self.selected
        self.goes_on = False
        if shift and self.anchor is None:
            self.anchor = self.caret
        column, self.column = self.column, None
        line = self.text.rfind("\n", 0, self.caret) + 1
        stop = self.text.find("\n", self.caret)
        stop = len(self.text) if stop < 0 else stop
        if name in ("Left", "Right") and not control and not shift and start < end:
            self.caret = start if name == "Left" else end
        elif name in ("Left", "Right"):
            step = -1 if name == "Left" else 1
            self.caret = self._word(step) if control else min(max(self.caret + step, 0), len(self.text))
        elif name in ("Home", "End"):
            where = (0, len(self.text)) if control else (line, stop)
            self.caret = where[name == "End"]
        elif not control:
            self._vertical(name, line, stop, self.caret - line if column is None else column)
        if not shift or self.anchor == self.caret:
            self.anchor = None

    def _vertical(self, name: str, line: int, stop: int, column: int) -> None:
        if name == "Up" and line == 0:
            self.caret = 0
        elif name == "Down" and stop == len(self.text):
            self.caret = stop
        else:
            begin = self.text.rfind("\n", 0, line - 1) + 1 if name == "Up" else stop + 1
            end = self.text.find("\n", begin)
            end = len(self.text) if end < 0 else end
            self.caret, self.column = min(begin + column, end), column
