"""How does a person's pause take effect at once, on their own machine, with or without a network?

By a small file in the recorder's folder: while ``paused.json`` is there, nothing is recorded, whatever any lease says.
A running recorder is woken by the kernel when the file comes or goes (:class:`PauseWatch`), and drops the segment it
has open. The signed pause that tells the vault goes its own way; one that is made where the person's key is not (the
tray, the hotkey) holds here alone, and says so by its reason. A pause with an end ends by itself; a file that cannot be
read pauses too.
"""

from pathlib import Path

from aboveboard.base.errors import BadInput
from aboveboard.formats.pause import LIMIT_BYTES, Pause, decode_pause, encode
from aboveboard.recorder.durable import replace_whole
from aboveboard.recorder.folder_watch import ANYTHING, FolderWatch

FILE_NAME = "paused.json"
HERE_ONLY = "on this machine"
"""The reason of a pause that the vault was not told of: only such a one ends by :func:`resume_here` alone."""


def pause_here(home: Path, pause: Pause) -> None:
    """Pause the recorder in ``home`` from now on; durable when it returns."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    replace_whole(home / FILE_NAME, encode(pause))


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
    return pause is not None and _holds(pause, now_ns)


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


class PauseWatch:
    """The pause of the recorder in ``home``, read only when the file changed. Used by one thread."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._watch = FolderWatch(home)
        self._pause: Pause | None = None
        self._unreadable = False
        self._read()

    def fileno(self) -> int:
        """Readable when :meth:`changed` should be called."""
        return self._watch.fileno()

    def changed(self) -> frozenset[str]:
        """Take in what changed; the names of all files of the folder that did (``ANYTHING`` among them: perhaps all).

        Costs one system call while nothing changed.
        """
        names = self._watch.changed()
        if FILE_NAME in names or ANYTHING in names:
            self._read()
        return names

    def paused(self, *, now_ns: int) -> bool:
        """Is the recorder paused at the wall time ``now_ns``, by what :meth:`changed` took in?"""
        return self._unreadable or (self._pause is not None and _holds(self._pause, now_ns))

    @property
    def pause(self) -> Pause | None:
        """The pause that was read last; it may have ended by its time."""
        return self._pause

    def close(self) -> None:
        """Stop watching."""
        self._watch.close()

    def _read(self) -> None:
        try:
            self._pause, self._unreadable = local_pause(self._home), not self._home.is_dir()
        except BadInput:
            self._pause, self._unreadable = None, True


def _holds(pause: Pause, now_ns: int) -> bool:
    return pause.until_ns is None or now_ns < pause.until_ns
