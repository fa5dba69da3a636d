"""What does the person set for their own recorder?

``settings.json`` in the recorder's folder. It can only make recording later or less convenient to the programme, never
wider: what is recorded is the disclosure's to say. A file that cannot be read is an error, not a default.
"""

from pathlib import Path
from typing import Annotated

from msgspec import Meta

from aboveboard.base.errors import BadInput
from aboveboard.formats.fields import Document, decode_json, encode_json
from aboveboard.recorder.durable import replace_whole

FILE_NAME = "settings.json"
LIMIT_BYTES = 4 * 1024
HOLD_MINUTES = 10.0
LONGEST_HOLD_MINUTES = 7 * 24 * 60
PAUSE_KEYS = "Ctrl+Alt+Shift+P"


class Settings(Document, frozen=True):
    """``hold_minutes``: how long sealed segments stay here before they may leave; 0 is not at all.

    ``pause_keys``: what pauses and resumes from anywhere, as people write it; "" for none.
    """

    hold_minutes: Annotated[float, Meta(ge=0, le=LONGEST_HOLD_MINUTES)] = HOLD_MINUTES
    pause_keys: Annotated[str, Meta(max_length=64)] = PAUSE_KEYS


def load(home: Path) -> Settings:
    """The settings in ``home``, the defaults where there are none; raises :class:`BadInput`."""
    try:
        with (home / FILE_NAME).open("rb") as file:
            return decode(file.read(LIMIT_BYTES + 1))
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        raise BadInput("the settings cannot be read", cause=str(error), fix=f"check {home / FILE_NAME}") from error


def save(home: Path, settings: Settings) -> None:
    """Write the settings; a running recorder takes them up at once."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    replace_whole(home / FILE_NAME, encode_json(settings))


def decode(data: bytes) -> Settings:
    """Parse settings; raises :class:`BadInput`."""
    return decode_json(data, Settings, name="settings file", limit_bytes=LIMIT_BYTES)
