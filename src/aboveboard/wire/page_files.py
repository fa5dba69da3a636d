"""Which files make up the page?

Those that the build put into the place's folder ``static``, read once into memory when it starts. Nothing else on the
disk can be asked for.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aboveboard.base.errors import SetupMissing

SIZE_LIMIT_BYTES: Final = 8 * 1024 * 1024

MEDIA_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}


@dataclass(frozen=True)
class StaticFile:
    """One file of the page."""

    media_type: str
    content: bytes


def load(folder: Path) -> dict[str, StaticFile]:
    """Path below ``folder`` ("assets/page.js") → file; raises :class:`SetupMissing` if the page was not built."""
    files = {
        path.relative_to(folder).as_posix(): StaticFile(MEDIA_TYPES[path.suffix], path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix in MEDIA_TYPES and path.stat().st_size <= SIZE_LIMIT_BYTES
    }
    if "index.html" not in files:
        raise SetupMissing(
            "the page was not built",
            cause="set-up did not run, or was cut short",
            fix="run 'make setup' in the repository",
        )
    return files
