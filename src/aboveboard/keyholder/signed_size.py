"""How far had this log come, as a file beside the database says?

The last checkpoint that was signed, in ``signed.checkpoint``: a database that is put back without it is found out even
where no witness can be asked. It is replaced as a whole and not waited for: a crash leaves the one before, which says
less and nothing wrong. What counts of it is the log's own signature (``history.py``).
"""

import contextlib
import os
from pathlib import Path

FILE_NAME = "signed.checkpoint"
LIMIT_BYTES = 16 * 1024


def remember(home: Path, note: str) -> None:
    """Keep ``note``. A disk that is full keeps the one before."""
    draft = home / f".{FILE_NAME}.new"
    with contextlib.suppress(OSError):
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(note.encode("utf-8"))
        draft.replace(home / FILE_NAME)


def recall(home: Path) -> str | None:
    """The note that was kept last; ``None`` if there is none. Nothing of it is verified."""
    try:
        with (home / FILE_NAME).open("rb") as file:
            return file.read(LIMIT_BYTES).decode("utf-8", "replace")
    except OSError:
        return None
