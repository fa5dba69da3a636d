"""A terminal (lxterminal): commands, and the dialog of its preferences. The check reads files and the history."""

from collections.abc import Sequence
from configparser import ConfigParser
from pathlib import Path
from random import Random

from aboveboard.stage.desktop.applications import TERMINAL
from aboveboard.stage.desktop.moves import Move, button, choose, click, key, menu, type_into
from aboveboard.stage.desktop.task import DesktopTask, Place, Words, files
from aboveboard.stage.desktop.tasks.drawn import lines, nouns

RETURN = key("Return")


class TerminalTask(DesktopTask):
    """A shell in a folder with one text file. Its history is written after each command."""

    application = TERMINAL

    def draw(self, random: Random) -> Words:
        file, new = nouns(random, 2)
        return {"file": f"{file}.txt", "new": new, "text": "\n".join(lines(random, 3)) + "\n", **self.more(random)}

    def more(self, random: Random) -> Words:
        """What else is drawn."""
        return {}

    def start(self, place: Place, words: Words) -> Sequence[str]:
        (place.work / words["file"]).write_text(words["text"], encoding="utf-8")
        shell = "PS1='$ '\nPROMPT_COMMAND='history -a'\nHISTFILE=~/.bash_history\nset +o histexpand\n"
        (place.work.parent / ".bashrc").write_text(shell, encoding="utf-8")
        return [f"--working-directory={place.work}"]

    def run(self, command: str) -> list[Move]:
        """Type a command and send it off."""
        return [type_into("", command, "terminal"), RETURN]


class Command(TerminalTask):
    """One command as it is told."""

    name = "terminal-command"
    instruction = 'Run the command "{command}" in the terminal.'

    def more(self, random: Random) -> Words:
        kind = random.choice(("mkdir {}", "touch {}.md", "seq 9 > {}.csv"))
        return {"command": kind.format(nouns(random, 1)[0])}

    def check(self, place: Place, words: Words) -> bool:
        verb, *_, name = words["command"].split()
        made = {"mkdir": None, "touch": b"", "seq": b"1\n2\n3\n4\n5\n6\n7\n8\n9\n"}[verb]
        return (
            files(place.work) == {words["file"]: words["text"].encode(), name: made}
            and history(place) == [words["command"]]
        )  # fmt: skip

    def solve(self, words: Words) -> Sequence[Move]:
        return self.run(words["command"])

    def miss(self, words: Words) -> Sequence[Move]:
        # Typed, and not sent off.
        return self.run(words["command"])[:1]


class TwoCommands(TerminalTask):
    """A folder, and a copy into it: the second command fails without the first."""

    name = "terminal-two-commands"
    instruction = 'Run "mkdir {new}" in the terminal and then "cp {file} {new}".'

    def check(self, place: Place, words: Words) -> bool:
        text = words["text"].encode()
        copy = f"{words['new']}/{words['file']}"
        return files(place.work) == {words["file"]: text, words["new"]: None, copy: text}

    def solve(self, words: Words) -> Sequence[Move]:
        return [*self.run(f"mkdir {words['new']}"), *self.run(f"cp {words['file']} {words['new']}")]

    def miss(self, words: Words) -> Sequence[Move]:
        # The wrong way round: a copy under the folder's name.
        return [*self.run(f"cp {words['file']} {words['new']}"), *self.run(f"mkdir {words['new']}")]


class Preference(TerminalTask):
    """A drop-down in the preferences: the palette of colours."""

    name = "terminal-palette"
    instruction = 'Choose the palette "{entry}" in the preferences of the terminal.'

    def more(self, random: Random) -> Words:
        return {"entry": random.choice(("xterm", "Tango", "Solarized Dark", "Solarized Light"))}

    def check(self, place: Place, words: Words) -> bool:
        return setting(place, "color_preset") == words["entry"]

    def solve(self, words: Words) -> Sequence[Move]:
        return self._chosen(words, button("OK"))

    def miss(self, words: Words) -> Sequence[Move]:
        return self._chosen(words, button("Cancel"))

    def _chosen(self, words: Words, last: Move) -> Sequence[Move]:
        return [*menu("Edit", "Preferences"), choose("Palette", words["entry"]), last]


class TabsAt(TerminalTask):
    """A drop-down behind a tab of the preferences: where tabs are shown."""

    name = "terminal-tabs-at"
    instruction = 'On the page "Display" of the preferences, set the tab panel position to "{entry}".'

    def more(self, random: Random) -> Words:
        return {"entry": random.choice(("Bottom", "Left", "Right"))}

    def check(self, place: Place, words: Words) -> bool:
        return setting(place, "tabpos") == words["entry"].lower()

    def solve(self, words: Words) -> Sequence[Move]:
        return self._set(words["entry"])

    def miss(self, words: Words) -> Sequence[Move]:
        return self._set("Left" if words["entry"] != "Left" else "Right")

    def _set(self, entry: str) -> Sequence[Move]:
        return [
            *menu("Edit", "Preferences"),
            click("page tab", "Display"),
            choose("Tab panel position", entry),
            button("OK"),
        ]


def history(place: Place) -> list[str]:
    """The commands that were run, in order."""
    path = place.work.parent / ".bash_history"
    return path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []


def setting(place: Place, name: str) -> str | None:
    """What the terminal keeps of its preferences."""
    path: Path = place.config / "lxterminal" / "lxterminal.conf"
    kept = ConfigParser(interpolation=None, strict=False)
    if path.exists():
        kept.read_string(path.read_text(encoding="utf-8", errors="replace"))
    return kept.get("general", name, fallback=None)


TASKS = (Command(), TwoCommands(), Preference(), TabsAt())
