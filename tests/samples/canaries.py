"""Is this text anywhere in these files, in any of the forms in which it would rest by accident?"""

import base64
from collections.abc import Iterable, Iterator
from pathlib import Path

LEAST = 10
"""Letters: eight of base64 are then certain at each alignment."""


def forms(text: str) -> list[bytes]:
    """UTF-8, UTF-16 (both orders), hex, and base64 of each at its three alignments, without the edges that vary.

    Of a text shorter than :data:`LEAST` so little is left of base64 that chance would find it in a megabyte of keys.
    """
    assert len(text) >= LEAST, f"{text!r} is too short to be told from chance"
    plain = [text.encode("utf-8"), text.encode("utf-16-le"), text.encode("utf-16-be")]
    found = [*plain, *(each.hex().encode() for each in plain)]
    for each in plain:
        for shift in range(3):
            encoded = base64.b64encode(b"\0" * shift + each)
            # The first group mixes with what stands before, the last with what stands behind: both are left off.
            core = encoded[4 * (shift > 0) : len(encoded) // 4 * 4 - 4]
            found += [core, core.replace(b"+", b"-").replace(b"/", b"_")]
    return found


def files_below(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in sorted(folder.rglob("*")) if path.is_file())


def find(texts: Iterable[str], folders: Iterable[Path]) -> list[str]:
    """Every file that holds one of ``texts`` in any form, as "file: text"."""
    wanted = [(text, form) for text in texts for form in forms(text)]
    hits = []
    for path in files_below(folders):
        content = path.read_bytes()
        hits += sorted({f"{path}: {text}" for text, form in wanted if form in content})
    return hits
