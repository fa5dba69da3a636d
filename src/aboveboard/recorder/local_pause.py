"""How does a person's pause take effect at once, on their own machine, with or without a network?

By a small file in the recorder's folder: while ``paused.json`` is there, nothing is recorded, whatever any lease says.
A running recorder looks ten times a second, and drops the segment it has open. The signed pause that tells the vault
goes its own way. A pause with an end ends by itself; a file that cannot be read pauses too.
"""

import os
from pathlib import Path

from aboveboard.base.errors import BadInput
from aboveboard.formats.pause import LIMIT_BYTES, Pause, decode_pause, encode

FILE_NAME = "paused.json"


def pause_here(home: Path, pause: Pause) -> None:
    """Pause the recorder in ``home`` from now on; durable when it returns."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = home / f".{FILE_NAME}.{os.getpid()}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, encode(pause))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    draft.rename(home / FILE_NAME)


def resume_here(home: Path) -> bool:
    """End the pause of the recorder in ``home``; says whether there was one."""
    try:
        (home / FILE_NAME).unlink()
    except FileNotFoundError:
        return False
    return True


def is_paused(home: Path, *, now_ns: int) -> bool:
    """Is the recorder in ``home`` paused at the wall time ``now_ns``? If that cannot be told, it is."""
    try:
        pause = local_pause(home)
    except BadInput:
        return True
    return pause is not None and (pause.until_ns is None or now_ns < pause.until_ns)


def local_pause(home: Path) -> Pause | None:
    """The pause in force here, with the id that a resume must name; ``None`` if there is none.

    Raises :class:`BadInput` if the file is damaged; recording stays paused until :func:`resume_here`.
    """
    try:
        with (home / FILE_NAME).open("rb") as file:
            return decode_pause(file.read(LIMIT_BYTES + 1))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BadInput("the local pause cannot be read", cause=str(error), fix="resume, then pause again") from error
