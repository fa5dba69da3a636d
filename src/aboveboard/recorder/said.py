"""How do a person's words reach the recorder that runs, without a disk between?

Through a pipe with a name in the recorder's folder: the kernel keeps in its memory what is in it, until it is read or
whoever said it is gone. It is there before the wish that tells of it (``wishes``), and goes after the answer.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aboveboard.base.errors import BadInput

PIPE_NAME = "said.pipe"
LIMIT_BYTES = 4000
"""In UTF-8; less than a pipe takes at once, whatever the machine."""


@contextmanager
def saying(home: Path, words: str) -> Iterator[None]:
    """While it lasts the recorder in ``home`` can hear ``words``. Raises :class:`BadInput` for too many."""
    data = words.encode("utf-8")
    if len(data) > LIMIT_BYTES:
        raise BadInput(f"these words take {len(data)} bytes", cause=f"{LIMIT_BYTES} fit", fix="use fewer")
    place = home / PIPE_NAME
    place.unlink(missing_ok=True)
    os.mkfifo(place, 0o600)
    try:
        pipe = os.open(place, os.O_RDWR | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            os.write(pipe, data)
            yield
        finally:
            os.close(pipe)
    finally:
        place.unlink(missing_ok=True)


def hear(home: Path) -> str | None:
    """What is being said to the recorder in ``home``, once; ``None`` for nothing, and for what are no words."""
    try:
        pipe = os.open(home / PIPE_NAME, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        if not stat.S_ISFIFO(os.fstat(pipe).st_mode):
            return None
        data = os.read(pipe, LIMIT_BYTES + 1)
        return data.decode("utf-8") if 0 < len(data) <= LIMIT_BYTES else None
    except (OSError, UnicodeDecodeError):
        return None
    finally:
        os.close(pipe)
