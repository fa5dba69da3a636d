"""Settings of a desktop (Xfce's own dialogs) and of an editor: boxes, drop-downs, pages, fields for numbers.

The check asks where settings are kept: xfconf, which the desktop's programs read, and the file that GSettings writes.
"""

import subprocess
from collections.abc import Sequence
from configparser import ConfigParser
from random import Random
from typing import ClassVar

from aboveboard.stage.desktop.applications import (
    ACCESS_SETTINGS,
    EDITOR,
    KEYBOARD_SETTINGS,
    LOOK_SETTINGS,
    MOUSE_SETTINGS,
)
from aboveboard.stage.desktop.moves import Move, choose, click, key, menu, type_into
from aboveboard.stage.desktop.task import DesktopTask, Place, Words
from aboveboard.stage.processes import program

ANSWER_S = 10.0


class SettingsTask(DesktopTask):
    """Nothing is laid out: settings begin as Debian has them."""

    def start(self, place: Place, words: Words) -> Sequence[str]:
        return []


class Box(SettingsTask):
    """Tick one of ``boxes``, or take its tick away: its words, its channel and name in xfconf, its value afterwards.

    ``page`` is the tab that they are behind.
    """

    page = ""
    boxes: tuple[tuple[str, str, str], ...] = ()

    def draw(self, random: Random) -> Words:
        name, kept, value = random.choice(self.boxes)
        other = random.choice([one for one, _, _ in self.boxes if one != name])
        return {"box": name, "kept": kept, "turn": "on" if value == "true" else "off", "other": other}

    def check(self, place: Place, words: Words) -> bool:
        there = {channel: xfconf(place, channel) for channel in {kept.split("/")[0] for _, kept, _ in self.boxes}}
        turned = {kept for _, kept, value in self.boxes if _of(there, kept) == value}
        return turned == {words["kept"]}

    def solve(self, words: Words) -> Sequence[Move]:
        return self._ticked(words["box"])

    def miss(self, words: Words) -> Sequence[Move]:
        return self._ticked(words["other"])

    def _ticked(self, box: str) -> Sequence[Move]:
        return [*([click("page tab", self.page)] if self.page else []), click("check box", box)]


def _of(there: dict[str, dict[str, str]], kept: str) -> str | None:
    channel, name = kept.split("/", 1)
    return there[channel].get(f"/{name}")


class LookBox(Box):
    """Of menus, buttons and sounds."""

    name = "settings-look"
    application = LOOK_SETTINGS
    instruction = 'On the page "Settings", turn {turn} "{box}".'
    page = "Settings"
    boxes = (
        ("Show images on buttons", "xsettings/Gtk/ButtonImages", "false"),
        ("Show images in menus", "xsettings/Gtk/MenuImages", "false"),
        ("Enable editable accelerators", "xsettings/Gtk/CanChangeAccels", "true"),
        ("Enable header bars in dialogs", "xsettings/Gtk/DialogsUseHeader", "true"),
        ("Enable event sounds", "xsettings/Net/EnableEventSounds", "true"),
    )


class KeyboardBox(Box):
    """Of the keyboard."""

    name = "settings-keyboard"
    application = KEYBOARD_SETTINGS
    instruction = 'Turn {turn} "{box}".'
    boxes = (
        ("Show blinking", "xsettings/Net/CursorBlink", "false"),
        ("Enable key repeat", "keyboards/Default/KeyRepeat", "false"),
        ("Restore num lock state on startup", "keyboards/Default/RestoreNumlock", "true"),
    )


class AccessBox(Box):
    """Of the keyboard's help for those who press keys one at a time, slowly, or twice."""

    name = "settings-access"
    application = ACCESS_SETTINGS
    instruction = 'On the page "Keyboard", turn {turn} "{box}".'
    page = "Keyboard"
    boxes = (
        ("Use sticky keys", "accessibility/StickyKeys", "true"),
        ("Use slow keys", "accessibility/SlowKeys", "true"),
        ("Use bounce keys", "accessibility/BounceKeys", "true"),
    )


class Hinting(SettingsTask):
    """A drop-down behind a tab, with another beside it that has the same first entry."""

    name = "settings-hinting"
    application = LOOK_SETTINGS
    instruction = 'On the page "Fonts", set the hinting to "{entry}".'
    _KEPT: ClassVar = {"Slight": "hintslight", "Medium": "hintmedium", "Full": "hintfull"}

    def draw(self, random: Random) -> Words:
        return {"entry": random.choice(sorted(self._KEPT))}

    def check(self, place: Place, words: Words) -> bool:
        return xfconf(place, "xsettings").get("/Xft/HintStyle") == self._KEPT[words["entry"]]

    def solve(self, words: Words) -> Sequence[Move]:
        return [click("page tab", "Fonts"), choose("Hinting", words["entry"])]

    def miss(self, words: Words) -> Sequence[Move]:
        return [click("page tab", "Fonts"), choose("Hinting", "Slight" if words["entry"] != "Slight" else "Full")]


class SubPixels(SettingsTask):
    """The drop-down beside that one."""

    name = "settings-sub-pixels"
    application = LOOK_SETTINGS
    instruction = 'On the page "Fonts", set the sub-pixel order to "{entry}".'
    _KEPT: ClassVar = {"RGB": "rgb", "BGR": "bgr", "Vertical RGB": "vrgb", "Vertical BGR": "vbgr"}

    def draw(self, random: Random) -> Words:
        return {"entry": random.choice(sorted(self._KEPT))}

    def check(self, place: Place, words: Words) -> bool:
        return xfconf(place, "xsettings").get("/Xft/RGBA") == self._KEPT[words["entry"]]

    def solve(self, words: Words) -> Sequence[Move]:
        return [click("page tab", "Fonts"), choose("Sub-pixel order", words["entry"])]

    def miss(self, words: Words) -> Sequence[Move]:
        return [click("page tab", "Fonts"), choose("Sub-pixel order", "RGB" if words["entry"] != "RGB" else "BGR")]


class CursorSize(SettingsTask):
    """A field for a number, behind a tab."""

    name = "settings-cursor-size"
    application = MOUSE_SETTINGS
    instruction = 'On the page "Theme", set the cursor size to "{size}".'

    def draw(self, random: Random) -> Words:
        return {"size": str(random.randint(20, 48))}

    def check(self, place: Place, words: Words) -> bool:
        return xfconf(place, "xsettings").get("/Gtk/CursorThemeSize") == words["size"]

    def solve(self, words: Words) -> Sequence[Move]:
        return [click("page tab", "Theme"), type_into("Cursor size", words["size"], "spin button"), key("Tab")]

    def miss(self, words: Words) -> Sequence[Move]:
        return [click("page tab", "Theme"), type_into("Cursor size", words["size"] + "1", "spin button"), key("Tab")]


class EditorBox(Box):
    """A preference of the editor, which GSettings keeps."""

    name = "settings-editor"
    application = EDITOR
    instruction = 'In the preferences of the editor, turn {turn} "{box}".'
    boxes = (
        ("Show line numbers", "show-line-numbers", "true"),
        ("Display whitespace", "show-whitespace", "true"),
        ("Display line endings", "show-line-endings", "true"),
        ("Highlight current line", "highlight-current-line", "true"),
        ("Highlight matching brackets", "match-braces", "true"),
        ("Wrap long lines", "word-wrap", "true"),
    )

    def check(self, place: Place, words: Words) -> bool:
        return gsettings(place, "org/xfce/mousepad/preferences/view") == {words["kept"]: "true"}

    def _ticked(self, box: str) -> Sequence[Move]:
        return [*menu("Edit", "Preferences..."), click("check box", box)]


class EditorColours(SettingsTask):
    """A drop-down in the editor's preferences."""

    name = "settings-editor-colours"
    application = EDITOR
    instruction = 'In the preferences of the editor, choose the color scheme "{entry}".'

    def draw(self, random: Random) -> Words:
        return {"entry": random.choice(("Classic", "Cobalt", "Kate", "Oblivion", "Tango"))}

    def check(self, place: Place, words: Words) -> bool:
        wanted = {"color-scheme": f"'{words['entry'].lower()}'"}
        return gsettings(place, "org/xfce/mousepad/preferences/view") == wanted

    def solve(self, words: Words) -> Sequence[Move]:
        return [*menu("Edit", "Preferences..."), choose("", words["entry"])]

    def miss(self, words: Words) -> Sequence[Move]:
        return [*menu("Edit", "Preferences..."), choose("", "Kate" if words["entry"] != "Kate" else "Tango")]


def xfconf(place: Place, channel: str) -> dict[str, str]:
    """All settings of a channel as the desktop's programs get them, by name; none where nothing was ever set."""
    argv = [program("xfconf-query", "xfconf"), "--channel", channel, "--list", "--verbose"]
    answer = subprocess.run(argv, env=dict(place.env), capture_output=True, timeout=ANSWER_S, check=False)
    lines = answer.stdout.decode(errors="replace").splitlines() if answer.returncode == 0 else []
    return {name: value.strip() for name, _, value in (line.partition(" ") for line in lines)}


def gsettings(place: Place, group: str) -> dict[str, str]:
    """All settings of one group that were changed, as GSettings writes them."""
    path = place.config / "glib-2.0" / "settings" / "keyfile"
    kept = ConfigParser(interpolation=None, strict=False)
    if path.exists():
        kept.read_string(path.read_text(encoding="utf-8", errors="replace"))
    return dict(kept[group]) if group in kept else {}


TASKS = (LookBox(), KeyboardBox(), AccessBox(), Hinting(), SubPixels(), CursorSize(), EditorBox(), EditorColours())
