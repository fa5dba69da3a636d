"""Does recording begin when the person logs in? Only if they said so, here; never by itself.

One file says it, where every desktop looks (XDG autostart): it can be seen, and deleted, without this command.
"""

import os
import shlex
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import click

from aboveboard.commands.home import Home
from aboveboard.commands.main import Session
from aboveboard.recorder.durable import replace_whole

FILE_NAME = "aboveboard-recorder.desktop"
LEAVING_NAME = "aboveboard-leaving.desktop"
"""Where somebody has left and the vault could not be told yet: tells it, then goes."""
_HOME_KEY, _COMMAND_KEY = "X-Aboveboard-Home=", "X-Aboveboard-Program="


@dataclass(frozen=True)
class Autostart:
    """What the file says; ``home`` is whose recording starts, ``runs`` whether the program is still there."""

    path: Path
    on: bool
    home: str = ""
    runs: bool = True


def place(name: str = FILE_NAME) -> Path:
    """Where desktops look for it."""
    config = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(config) / "autostart" / name


def turn_on(home: Home) -> Autostart:
    """Begin to record at each login from now on."""
    comment = "Records this display, visibly, as you agreed. 'aboveboard autostart off' ends this"
    _write(place(), home, ["record"], name="Aboveboard recorder", comment=comment)
    return status()


def remember_leaving(home: Home) -> None:
    """At each login, go on telling the vault that its person has left, until it has it."""
    comment = "Tells the vault that you have left Aboveboard. It goes by itself"
    _write(place(LEAVING_NAME), home, ["leave", "--finish"], name="Aboveboard leaving", comment=comment)


def forget_leaving() -> None:
    """The vault has it."""
    place(LEAVING_NAME).unlink(missing_ok=True)


def _write(path: Path, home: Home, what: list[str], *, name: str, comment: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    program = shutil.which("aboveboard")
    command = [program] if program else [sys.executable, "-P", "-m", "aboveboard"]
    if home.places is not None:
        command = ["env", f"ABOVEBOARD_PLACES={home.places}", *command]
    words = " ".join(_quoted(word) for word in [*command, "--home", str(home.root), *what])
    lines = [
        "[Desktop Entry]",
        "Type=Application",
        f"Name={name}",
        f"Comment={comment}",
        f"Exec={words}",
        "Terminal=false",
        f"{_HOME_KEY}{home.root}",
        f"{_COMMAND_KEY}{program or sys.executable}",
        "",
    ]
    replace_whole(path, "\n".join(lines).encode("utf-8"))


def turn_off() -> Autostart:
    """No more."""
    place().unlink(missing_ok=True)
    return status()


def status() -> Autostart:
    """Is it on, for whose recording, and would it work? A desktop's own switch (``Hidden``) counts."""
    path = place()
    try:
        lines = path.read_text(encoding="utf-8", errors="replace")[:16_384].splitlines()
    except OSError:
        return Autostart(path, on=False)
    if "Hidden=true" in lines or "X-GNOME-Autostart-enabled=false" in lines:
        return Autostart(path, on=False)
    program = _value(lines, _COMMAND_KEY)
    return Autostart(path, on=True, home=_value(lines, _HOME_KEY), runs=os.access(program, os.X_OK))


def _value(lines: list[str], key: str) -> str:
    return next((line.removeprefix(key) for line in lines if line.startswith(key)), "")


def _quoted(word: str) -> str:
    """One argument of an Exec line: quoted, with the escapes of the line and then those of the file."""
    if word == shlex.quote(word) and "%" not in word:
        return word
    escaped = "".join(f"\\{each}" if each in '"`$\\' else each for each in word)
    return '"' + escaped.replace("\\", "\\\\").replace("%", "%%").replace("\n", "\\n") + '"'


@click.command(name="autostart")
@click.argument("what", type=click.Choice(["on", "off", "status"]), default="status")
@click.pass_obj
def autostart_command(session: Session, what: str) -> None:
    """Begin to record when you log in: on, off, or status. Off unless you turn it on."""
    known = turn_on(session.home) if what == "on" else turn_off() if what == "off" else status()
    words = f"on: {known.path}" if known.on else "off"
    if known.on and known.home and known.home != str(session.home.root):
        words += f"\nit starts the recording of another folder: {known.home}"
    if known.on and not known.runs:
        words += "\nbut its program is gone: turn it on again"
    facts: dict[str, object] = {"on": known.on, "path": str(known.path), "home": known.home, "runs": known.runs}
    session.show(words, facts)
