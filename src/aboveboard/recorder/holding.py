"""How does the person's page know when what is held may leave?

The recorder that runs writes down how long it holds (``holding.json``), which may be another time than the settings say
(``aboveboard record --hold``). If none runs, nothing leaves by itself.
"""

import os
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from aboveboard.base.errors import BadInput
from aboveboard.formats.fields import Document, decode_json, encode_json
from aboveboard.recorder.durable import replace_whole

FILE_NAME = "holding.json"
LIMIT_BYTES = 1024


class Holding(Document, frozen=True):
    """Process ``pid`` records here and holds for ``hold_s`` seconds."""

    pid: Annotated[int, Meta(ge=1, le=2**31)]
    hold_s: Annotated[float, Meta(ge=0)]


def say(home: Path, hold_s: float) -> None:
    """This process holds for so long."""
    replace_whole(home / FILE_NAME, encode_json(Holding(pid=os.getpid(), hold_s=hold_s)))


def unsay(home: Path) -> None:
    """This process records no more."""
    (home / FILE_NAME).unlink(missing_ok=True)


def hold_s(home: Path) -> float | None:
    """How long the recorder that runs in ``home`` holds; ``None`` if none does, or if it cannot be known."""
    try:
        with (home / FILE_NAME).open("rb") as file:
            said = decode_json(file.read(LIMIT_BYTES + 1), Holding, name="hold", limit_bytes=LIMIT_BYTES)
        os.kill(said.pid, 0)
    except (OSError, BadInput):
        return None
    return said.hold_s
