"""How are the bytes of a large body kept, hashed and cut without being copied?

As the pieces in which they came, one behind the other. To join megabytes takes as long as to hash them: fresh memory
has to be found for every page of them.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256

Pieces = Sequence[bytes | memoryview]
SMALL_BYTES = 16 * 1024
"""Pieces below this are put together: each costs some memory of its own, and a sender may send single bytes."""


class Arriving:
    """A body as it comes, and its hash so far."""

    def __init__(self) -> None:
        self.size_bytes = 0
        self._pieces: list[bytes] = []
        self._small = bytearray()
        self._digest = sha256()

    def add(self, piece: bytes) -> None:
        """The next of it."""
        self.size_bytes += len(piece)
        self._digest.update(piece)
        if len(piece) < SMALL_BYTES:
            self._small += piece
        if len(piece) >= SMALL_BYTES or len(self._small) >= SMALL_BYTES:
            self._flush()
        if len(piece) >= SMALL_BYTES:
            self._pieces.append(piece)

    def whole(self) -> tuple[list[bytes], bytes]:
        """All of it, and its SHA-256 (32 bytes)."""
        self._flush()
        return self._pieces, self._digest.digest()

    def _flush(self) -> None:
        if self._small:
            self._pieces.append(bytes(self._small))
            self._small.clear()


def size_of(pieces: Pieces) -> int:
    """How many bytes these are together."""
    return sum(len(each) for each in pieces)


def sha256_of(pieces: Pieces) -> bytes:
    """The SHA-256 (32 bytes) over all of them."""
    digest = sha256()
    for each in pieces:
        digest.update(each)
    return digest.digest()


def start_of(pieces: Pieces, limit_bytes: int) -> bytes:
    """At most the first ``limit_bytes``."""
    return b"".join(cut(pieces, [limit_bytes])[0])


def cut(pieces: Pieces, sizes_bytes: Iterable[int]) -> list[list[memoryview]]:
    """Parts of these sizes, from the start; a part for which bytes are missing is shorter, and what is left over is in
    none."""
    rest = [memoryview(each) for each in reversed(pieces)]
    parts: list[list[memoryview]] = []
    for size_bytes in sizes_bytes:
        part: list[memoryview] = []
        missing = size_bytes
        while missing > 0 and rest:
            piece = rest.pop()
            part.append(piece[:missing])
            if len(piece) > missing:
                rest.append(piece[missing:])
            missing -= len(part[-1])
        parts.append(part)
    return parts
