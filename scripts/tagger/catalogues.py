"""Which words do programs' own interfaces use, in many languages?

The catalogues of messages (gettext) of the programs that are installed on this machine are read, if there are any,
and never copied into the repository. A third of the catalogues is held out: ``interface`` measures on them.
"""

import gettext
import re
import zlib
from pathlib import Path

from . import known

CATALOGUES = Path("/usr/share/locale")
LANGUAGES = known.LISTS["CATALOGUES"]
NOT_ORDINARY = ("iso_", "xkeyboard", "tz")
"""Of these the words are themselves names of countries, peoples and places."""
_HOLE = re.compile(r"%(?:\d\$)?[-#0 +]*\d*(?:\.\d+)?(?:l{0,2}|z|h)[sdiuxcfgqX]|\{\w*\}|%\(\w+\)[sd]")


def held_out(name: str) -> bool:
    return zlib.crc32(name.encode()) % 3 == 0


def messages(language: str, development: bool) -> list[str]:
    """Messages in ``language`` (for English the originals), with "%s" where something is put in."""
    found: set[str] = set()
    folder = CATALOGUES / ("de" if language == "en" else language) / "LC_MESSAGES"
    for path in sorted(folder.glob("*.mo")):
        if held_out(path.name) != development or path.name.startswith(NOT_ORDINARY):
            continue
        try:
            with path.open("rb") as file:
                catalogue = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
        except (OSError, UnicodeDecodeError, ValueError):
            continue
        for key, value in catalogue.items():
            if not isinstance(key, str) or not key or "@" in key or re.search(r"[Tt]ranslat|Copyright|[Aa]uthor", key):
                continue
            text = (key if language == "en" else value).split("\x04")[-1]
            text = _HOLE.sub("%s", re.sub(r"<[^>]+>|[&_](?=\w)", "", text)).strip()
            if 2 < len(text) < 160:
                found.add(text)
    return sorted(found)
