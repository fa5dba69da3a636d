"""What did the person say that is to be covered from now on?

``covers.json`` in the recorder's folder. It holds their words as they wrote them, so it is for its owner alone, and
never leaves this machine. A file that cannot be read is an error: to go on without it would show what was to be hidden.
"""

from pathlib import Path

from aboveboard.base.errors import BadInput
from aboveboard.formats.fields import decode_json, encode_json
from aboveboard.recorder.durable import replace_whole
from aboveboard.recorder.redact.own_covers import OwnCovers

FILE_NAME = "covers.json"
LIMIT_BYTES = 256 * 1024


def load(home: Path) -> OwnCovers:
    """Those in ``home``, none where there is no file; raises :class:`BadInput`."""
    try:
        with (home / FILE_NAME).open("rb") as file:
            return decode(file.read(LIMIT_BYTES + 1))
    except FileNotFoundError:
        return OwnCovers()
    except OSError as error:
        raise BadInput("your own covers cannot be read", cause=str(error), fix=f"check {home / FILE_NAME}") from error


def save(home: Path, covers: OwnCovers) -> None:
    """Write them; a running recorder takes them up when it is asked to (``recorder.wishes``)."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    replace_whole(home / FILE_NAME, encode_json(covers))


def forget(home: Path) -> None:
    """Nothing is to be covered any more."""
    (home / FILE_NAME).unlink(missing_ok=True)


def decode(data: bytes) -> OwnCovers:
    """Parse them; raises :class:`BadInput`."""
    return decode_json(data, OwnCovers, name="list of your own covers", limit_bytes=LIMIT_BYTES)
