"""A file manager (thunar): folders, names, cutting and pasting, deleting. The check lists the folder, bytes and all."""

from collections.abc import Sequence
from random import Random

from aboveboard.stage.desktop.applications import FILE_MANAGER
from aboveboard.stage.desktop.moves import Move, button, click, key, menu, type_here, type_into
from aboveboard.stage.desktop.task import DesktopTask, Place, Words, files
from aboveboard.stage.desktop.tasks.drawn import lines, nouns


class FilesTask(DesktopTask):
    """A folder with three text files and two empty folders. ``wanted`` changes what is there into what is asked for."""

    application = FILE_MANAGER

    def draw(self, random: Random) -> Words:
        one, two, three, folder, other, new = nouns(random, 6)
        return {
            "one": f"{one}.txt",
            "two": f"{two}.txt",
            "three": f"{three}.txt",
            "folder": folder.title(),
            "other": other.title(),
            "new": new,
            "text": lines(random, 1)[0],
        }

    def start(self, place: Place, words: Words) -> Sequence[str]:
        for name, content in self._before(words).items():
            path = place.work / name
            path.mkdir() if content is None else path.write_bytes(content)
        return [str(place.work)]

    def _before(self, words: Words) -> dict[str, bytes | None]:
        texts = {words[one]: f"{one}: {words['text']}\n".encode() for one in ("one", "two", "three")}
        return {**texts, words["folder"]: None, words["other"]: None}

    def wanted(self, there: dict[str, bytes | None], words: Words) -> None:
        """Change the names and contents of ``there`` to what they are when it is done."""
        raise NotImplementedError

    def check(self, place: Place, words: Words) -> bool:
        there = self._before(words)
        self.wanted(there, words)
        return files(place.work) == there


class NewFolder(FilesTask):
    """A folder more."""

    name = "files-new-folder"
    instruction = 'Create a folder named "{new}".'

    def wanted(self, there: dict[str, bytes | None], words: Words) -> None:
        there[words["new"]] = None

    def solve(self, words: Words) -> Sequence[Move]:
        return [*menu("File", "Create Folder..."), type_here(words["new"]), button("Create")]

    def miss(self, words: Words) -> Sequence[Move]:
        return [*menu("File", "Create Folder..."), button("Create")]


class NewDocument(FilesTask):
    """An empty file, by a menu within a menu."""

    name = "files-new-document"
    instruction = 'Create an empty file named "{new}.txt".'

    def wanted(self, there: dict[str, bytes | None], words: Words) -> None:
        there[f"{words['new']}.txt"] = b""

    def solve(self, words: Words) -> Sequence[Move]:
        return [*menu("File", "Create Document", "Empty File"), type_here(f"{words['new']}.txt"), button("Create")]

    def miss(self, words: Words) -> Sequence[Move]:
        return [*menu("File", "Create Document", "Empty File"), type_here(words["new"]), button("Create")]


class Rename(FilesTask):
    """Another name for one file."""

    name = "files-rename"
    instruction = 'Rename the file "{two}" to "{new}.txt".'

    def wanted(self, there: dict[str, bytes | None], words: Words) -> None:
        there[f"{words['new']}.txt"] = there.pop(words["two"])

    def solve(self, words: Words) -> Sequence[Move]:
        return self._renamed(words["two"], words)

    def miss(self, words: Words) -> Sequence[Move]:
        return self._renamed(words["one"], words)

    def _renamed(self, file: str, words: Words) -> Sequence[Move]:
        return [click("table cell", file), key("F2"), type_here(f"{words['new']}.txt"), button("Rename")]


class MoveFile(FilesTask):
    """Cut here, paste there."""

    name = "files-move"
    instruction = 'Move the file "{one}" into the folder "{folder}".'

    def wanted(self, there: dict[str, bytes | None], words: Words) -> None:
        there[f"{words['folder']}/{words['one']}"] = there.pop(words["one"])

    def solve(self, words: Words) -> Sequence[Move]:
        return self._brought(words, "Control+x")

    def miss(self, words: Words) -> Sequence[Move]:
        return self._brought(words, "Control+c")

    def _brought(self, words: Words, taken: str) -> Sequence[Move]:
        to = click("table cell", words["folder"])
        return [click("table cell", words["one"]), key(taken), to, key("Return"), key("Control+v")]


class CopyFile(MoveFile):
    """Copy here, paste there."""

    name = "files-copy"
    instruction = 'Copy the file "{one}" into the folder "{folder}".'

    def wanted(self, there: dict[str, bytes | None], words: Words) -> None:
        there[f"{words['folder']}/{words['one']}"] = there[words["one"]]

    def solve(self, words: Words) -> Sequence[Move]:
        return self._brought(words, "Control+c")

    def miss(self, words: Words) -> Sequence[Move]:
        return self._brought(words, "Control+x")


class DeleteForever(FilesTask):
    """Not into a bin, and the dialog that asks."""

    name = "files-delete"
    instruction = 'Delete the file "{three}" permanently.'

    def wanted(self, there: dict[str, bytes | None], words: Words) -> None:
        del there[words["three"]]

    def solve(self, words: Words) -> Sequence[Move]:
        return [click("table cell", words["three"]), key("Shift+Delete"), button("Delete")]

    def miss(self, words: Words) -> Sequence[Move]:
        return [click("table cell", words["three"]), key("Shift+Delete"), button("Cancel")]


class DeletePattern(FilesTask):
    """All files with an ending, chosen by a pattern."""

    name = "files-delete-pattern"
    instruction = 'Delete all files that match "*.log" permanently.'

    def draw(self, random: Random) -> Words:
        words = dict(super().draw(random))
        for one in random.sample(("one", "two", "three"), 2):
            words[one] = words[one].replace(".txt", ".log")
        return words

    def wanted(self, there: dict[str, bytes | None], words: Words) -> None:
        for name in [name for name in there if name.endswith(".log")]:
            del there[name]

    def solve(self, words: Words) -> Sequence[Move]:
        return self._deleted("*.log")

    def miss(self, words: Words) -> Sequence[Move]:
        return self._deleted("*.*")

    def _deleted(self, pattern: str) -> Sequence[Move]:
        select = [*menu("Edit", "Select by Pattern..."), type_into("Pattern", pattern), button("Select")]
        return [*select, key("Shift+Delete"), button("Delete")]


TASKS = (NewFolder(), NewDocument(), Rename(), MoveFile(), CopyFile(), DeleteForever(), DeletePattern())
