"""An editor (mousepad): saving, searching, menus within menus. The check reads the folder, every byte of it."""

from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import ClassVar

from aboveboard.stage.desktop.applications import EDITOR
from aboveboard.stage.desktop.moves import (
    Move,
    button,
    click,
    key,
    menu,
    type_here,
    type_into,
)
from aboveboard.stage.desktop.task import DesktopTask, Place, Words, files
from aboveboard.stage.desktop.tasks.drawn import file_name, lines, nouns

SAVE = key("Control+s")


class EditorTask(DesktopTask):
    """A text of some lines in ``file``. ``wanted`` are its bytes when it is done; nothing else may be in the folder."""

    application = EDITOR

    def draw(self, random: Random) -> Words:
        return {"file": file_name(random), "text": "\n".join(lines(random, 5)) + "\n", **self.more(random)}

    def more(self, random: Random) -> Words:
        """What else is drawn."""
        return {}

    def start(self, place: Place, words: Words) -> Sequence[str]:
        path = place.work / words["file"]
        path.write_text(words["text"], encoding="utf-8")
        return [str(path)]

    def wanted(self, words: Words) -> bytes:
        """The file's bytes when it is done."""
        raise NotImplementedError

    def check(self, place: Place, words: Words) -> bool:
        return files(place.work) == {words["file"]: self.wanted(words)}


class SaveAs(EditorTask):
    """The same text under a second name."""

    name = "editor-save-as"
    instruction = 'Save this text under the new name "{new}".'

    def more(self, random: Random) -> Words:
        return {"new": file_name(random, "md")}

    def check(self, place: Place, words: Words) -> bool:
        text = words["text"].encode()
        return files(place.work) == {words["file"]: text, words["new"]: text}

    def solve(self, words: Words) -> Sequence[Move]:
        return [*menu("File", "Save As..."), type_here(words["new"]), button("Save")]

    def miss(self, words: Words) -> Sequence[Move]:
        return [*menu("File", "Save As..."), type_here(Path(words["new"]).stem), button("Save")]


class AppendLine(EditorTask):
    """A line more at the end."""

    name = "editor-append-line"
    instruction = 'Write "{line}" at the end of the text and save it.'

    def more(self, random: Random) -> Words:
        return {"line": " ".join(nouns(random, 3))}

    def check(self, place: Place, words: Words) -> bool:
        text = (words["text"] + words["line"]).encode()
        return files(place.work) in ({words["file"]: text}, {words["file"]: text + b"\n"})

    def solve(self, words: Words) -> Sequence[Move]:
        return [key("Control+End"), type_into("", words["line"]), SAVE]

    def miss(self, words: Words) -> Sequence[Move]:
        return [type_into("", words["line"]), SAVE]


class ReplaceAll(EditorTask):
    """One word for another, everywhere, with the dialog for it."""

    name = "editor-replace-all"
    instruction = 'Replace "{old}" by "{new}" in the whole text and save it.'

    def draw(self, random: Random) -> Words:
        old, new, *others = nouns(random, 12)
        words = [old, *others[:4], old, *others[4:], old]
        text = "\n".join(" ".join(words[at : at + 4]) for at in range(0, len(words), 4)) + "\n"
        return {"file": file_name(random), "text": text, "old": old, "new": new}

    def wanted(self, words: Words) -> bytes:
        return words["text"].replace(words["old"], words["new"]).encode()

    def solve(self, words: Words) -> Sequence[Move]:
        return self._replaced(words, [click("check box", "Replace all in:"), button("Replace All")])

    def miss(self, words: Words) -> Sequence[Move]:
        # One of them, not all.
        return self._replaced(words, [button("Find"), button("Replace")])

    def _replaced(self, words: Words, pressed: Sequence[Move]) -> Sequence[Move]:
        return [
            *menu("Search", "Find and Replace..."),
            type_into("Search for", words["old"]),
            type_into("Replace with", words["new"]),
            *pressed,
            button("Close"),
            SAVE,
        ]


class ChangeCase(EditorTask):
    """The whole text in other letters: a menu within a menu."""

    name = "editor-change-case"
    instruction = "Convert the whole text {entry} and save it."
    _KINDS = ("To Uppercase", "To Title Case", "To Opposite Case")

    def more(self, random: Random) -> Words:
        return {"entry": random.choice(self._KINDS).replace("To", "to")}

    def wanted(self, words: Words) -> bytes:
        text = words["text"]
        return (text.title() if "Title" in words["entry"] else text.upper()).encode()

    def solve(self, words: Words) -> Sequence[Move]:
        return [key("Control+a"), *self._converted(words["entry"]), SAVE]

    def miss(self, words: Words) -> Sequence[Move]:
        # Nothing is selected: only the word at the cursor is converted.
        return [*self._converted(words["entry"]), SAVE]

    def _converted(self, entry: str) -> list[Move]:
        return menu("Edit", "Convert", entry.replace("to", "To", 1))


class LineEndings(EditorTask):
    """The ends of lines as another system writes them."""

    name = "editor-line-endings"
    instruction = 'Give the file the line ending "{entry}" and save it.'
    _ENDS: ClassVar = {"Mac (CR)": "\r", "DOS / Windows (CR LF)": "\r\n"}

    def more(self, random: Random) -> Words:
        return {"entry": random.choice(sorted(self._ENDS))}

    def wanted(self, words: Words) -> bytes:
        return words["text"].replace("\n", self._ENDS[words["entry"]]).encode()

    def solve(self, words: Words) -> Sequence[Move]:
        return [*menu("Document", "Line Ending", words["entry"]), SAVE]

    def miss(self, words: Words) -> Sequence[Move]:
        other = next(entry for entry in self._ENDS if entry != words["entry"])
        return [*menu("Document", "Line Ending", other), SAVE]


class DeleteLine(EditorTask):
    """Go to a line by its number, and delete it."""

    name = "editor-delete-line"
    instruction = 'Delete line "{number}" of the text and save it.'

    def more(self, random: Random) -> Words:
        return {"number": str(random.randint(2, 5))}

    def wanted(self, words: Words) -> bytes:
        text = words["text"].splitlines(keepends=True)
        del text[int(words["number"]) - 1]
        return "".join(text).encode()

    def solve(self, words: Words) -> Sequence[Move]:
        go = [*menu("Search", "Go to..."), type_into("Line number", words["number"], "spin button"), button("Jump to")]
        return [*go, *menu("Edit", "Delete Line"), SAVE]

    def miss(self, words: Words) -> Sequence[Move]:
        return [*menu("Edit", "Delete Line"), SAVE]


TASKS = (SaveAs(), AppendLine(), ReplaceAll(), ChangeCase(), LineEndings(), DeleteLine())
