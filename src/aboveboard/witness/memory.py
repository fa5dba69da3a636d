"""What did this witness cosign last?

A witness is worth what it remembers: whoever makes it forget can show it another history. So the memory is on the disk
before an answer leaves, is verified again at every start, and a witness that finds it damaged or gone will not start.
One process at a time holds it.
"""

import fcntl
import os
from pathlib import Path
from typing import IO

import msgspec

from aboveboard.base.errors import BadInput, Conflict, SetupMissing, Tampered, Unavailable
from aboveboard.ledger import checkpoint as checkpoints
from aboveboard.ledger import note
from aboveboard.ledger.checkpoint import Checkpoint

LIMIT_BYTES = 16 * 1024 * 1024


class State(msgspec.Struct, forbid_unknown_fields=True):
    """``state.json``: this witness's ``name``, and the checkpoint it cosigned last for each origin, as signed notes."""

    version: int
    name: str
    cosigned: dict[str, str]


class Memory:
    """The file ``state.json`` in ``home``, held by one process until :meth:`close`."""

    def __init__(self, home: Path, name: str, *, may_create: bool) -> None:
        """Read the memory, or begin one where ``may_create`` says that this witness has never cosigned.

        Raises :class:`Conflict` if another process holds it or it was made under another ``name``,
        :class:`SetupMissing` if it is gone, and :class:`Tampered` if it is damaged.
        """
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = home / "state.json"
        self._lock = _hold(home / "lock")
        try:
            self._state = self._read(name, may_create)
        except BaseException:
            self.close()
            raise

    def latest(self) -> dict[str, Checkpoint]:
        """The checkpoint cosigned last, by origin."""
        return {origin: checkpoints.parse(text)[0] for origin, text in self._state.cosigned.items()}

    def cosigned(self, origin: str) -> str | None:
        """The signed note cosigned last for ``origin``, this witness's own line included."""
        return self._state.cosigned.get(origin)

    def remember(self, origin: str, cosigned: str) -> None:
        """Keep ``cosigned`` as the last for ``origin``. When this returns, it survives a power cut."""
        state = State(1, self._state.name, {**self._state.cosigned, origin: cosigned})
        self._write(state)
        self._state = state

    def check_own(self, key: note.VerifierKey) -> None:
        """Return if every note remembered carries this witness's own valid cosignature; else :class:`Tampered`."""
        for origin, text in self._state.cosigned.items():
            found, parsed = checkpoints.parse(text)
            try:
                own = note.check_signature(parsed, key) is not None
            except Tampered:
                own = False
            if not own or found.origin != origin:
                raise self._damaged("a checkpoint in it does not carry this witness's own cosignature")

    def close(self) -> None:
        """Let another process have it."""
        self._lock.close()

    def _read(self, name: str, may_create: bool) -> State:
        try:
            with self._path.open("rb") as file:
                content = file.read(LIMIT_BYTES + 1)
        except FileNotFoundError as error:
            if may_create:
                state = State(1, name, {})
                self._write(state)
                return state
            raise SetupMissing(
                f"this witness has a key but no memory: {self._path} is gone",
                cause="it was deleted or not restored; started without it, the witness would cosign any history",
                fix="restore it; or retire this witness: delete its key too, and give everyone the new one",
            ) from error
        try:
            state = msgspec.json.decode(content, type=State)
            for text in state.cosigned.values():
                checkpoints.parse(text)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, BadInput) as error:
            raise self._damaged(str(error).splitlines()[0]) from error
        if state.version != 1 or len(content) > LIMIT_BYTES:
            raise self._damaged("it has another version, or is too long")
        if state.name != name:
            raise Conflict(
                f"this witness was set up as {state.name!r}, not {name!r}",
                cause="its name is part of its verifier key",
                fix="start it under its own name",
            )
        return state

    def _write(self, state: State) -> None:
        draft = self._path.with_name(".state.json.new")
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(msgspec.json.encode(state))
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._path)
            _sync_folder(self._path.parent)
        except OSError as error:
            raise Unavailable(
                f"this witness cannot write its memory: {error.strerror}",
                cause="its disk is full or failing",
                fix="make room, then ask again; nothing was cosigned",
            ) from error

    def _damaged(self, why: str) -> Tampered:
        return Tampered(
            f"the memory of this witness, {self._path}, is damaged: {why}",
            cause="a fault of the disk, or somebody changed it",
            fix="restore it from a backup that is newer than its last cosignature, or retire this witness",
        )


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _hold(path: Path) -> IO[bytes]:
    # The file is kept open as long as the memory lives; the lock ends with it, also when the process is killed.
    held = path.open("ab")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        held.close()
        raise Conflict(
            f"another process already runs the witness in {path.parent}",
            cause="it was started twice; two would overwrite each other's memory",
            fix="stop the other one first",
        ) from error
    return held
