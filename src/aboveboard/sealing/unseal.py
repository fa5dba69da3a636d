"""What is in this sealed file, or in those parts of a sealed segment whose keys I have?

This is the one module that turns ciphertext into plain recorded data. Import rules let only ``lab.open`` and the
participant's own viewer import it.
"""

import os
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import pyrage
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from aboveboard.base.errors import BadInput, Tampered
from aboveboard.formats import age_header, part_keys, parts
from aboveboard.formats.parts import PARTS, PartName
from aboveboard.sealing import file_key
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.seal_parts import CHUNK_BYTES, chunk_nonce, keys_of_parts, payload_key

__all__ = ["CHUNK_BYTES", "Identity", "SealedFile", "Source", "unseal", "unseal_keys", "unseal_parts", "unseal_segment"]

TAG_BYTES = 16
CHUNKS_KEPT = 32
"""How many opened chunks of one file are kept: 2 MiB."""


def unseal(sealed: bytes, identity: Identity) -> bytes:
    """The plain bytes of ``sealed``, whole or not at all.

    Raises :class:`BadInput` if it is malformed or not sealed to ``identity``, and :class:`Tampered` if its header or
    its content was changed.
    """
    # The header first, by our stricter rules: the library lets some malformed headers pass.
    header, _ = age_header.split(sealed)
    file_key.unwrap(header, identity)
    try:
        return bytes(pyrage.decrypt(sealed, [pyrage.x25519.Identity.from_str(identity.text())]))
    except pyrage.DecryptError as error:
        raise _changed() from error


def unseal_segment(sealed: bytes, identity: Identity) -> dict[PartName, bytes]:
    """All parts of a segment that is sealed to ``identity``, whole or not at all. Raises as :func:`unseal` does."""
    header, _ = age_header.split(sealed)
    root = file_key.unwrap(header, identity)
    return unseal_parts(sealed, keys_of_parts(root, PARTS))


def unseal_keys(released: bytes, identity: Identity) -> dict[PartName, bytes]:
    """The keys of parts that the keyholder sealed to ``identity``. Raises as :func:`unseal` does."""
    return part_keys.decode(unseal(released, identity))


def unseal_parts(sealed: bytes, keys: Mapping[PartName, bytes]) -> dict[PartName, bytes]:
    """Those parts of a segment for which there are ``keys``, whole or not at all; the others stay closed.

    Raises :class:`BadInput` if it is malformed, and :class:`Tampered` if one of them is not what was sealed under its
    key: it was changed, cut short, or is another part or another segment's.
    """
    found = parts.split(age_header.split(sealed)[1])
    return {name: parts.unpad(_payload(key, found[name])) for name, key in keys.items()}


class Source(Protocol):
    """Sealed bytes that are read in parts, wherever they rest; fewer come out where they end."""

    size_bytes: int

    def read(self, offset: int, size_bytes: int) -> bytes: ...
    def close(self) -> None: ...


class _OnDisk:
    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self.size_bytes = os.fstat(self._file.fileno()).st_size

    def read(self, offset: int, size_bytes: int) -> bytes:
        return os.pread(self._file.fileno(), size_bytes, offset)

    def close(self) -> None:
        self._file.close()


class SealedFile:
    """A sealed file that is opened in parts. Only the chunks that are asked for are read; each is checked.

    Raises as :func:`unseal` does. That the file is whole is checked when it is opened: its last chunk says that it is.
    """

    def __init__(self, file: Path | Source, identity: Identity) -> None:
        self._file: Source = _OnDisk(file) if isinstance(file, Path) else file
        try:
            header, _ = age_header.split(self._file.read(0, age_header.LIMIT_BYTES + CHUNK_BYTES))
            secret = file_key.unwrap(header, identity)
            self._start = len(header) + age_header.PAYLOAD_NONCE_BYTES
            sealed_bytes = self._file.size_bytes - self._start
            self._last = max(0, -(-sealed_bytes // (CHUNK_BYTES + TAG_BYTES)) - 1)
            self.size_bytes = sealed_bytes - (self._last + 1) * TAG_BYTES
            nonce = self._file.read(len(header), age_header.PAYLOAD_NONCE_BYTES)
            self._cipher = ChaCha20Poly1305(payload_key(secret, nonce))
            self._kept: OrderedDict[int, bytes] = OrderedDict()
            if not self._chunk(self._last) and self._last:
                raise _changed()  # Only a file without any content ends with an empty chunk (C2SP age.md, "Payload").
        except BaseException:
            self._file.close()
            raise

    def read(self, offset: int, size_bytes: int) -> bytes:
        """``size_bytes`` of the plain content from ``offset`` on; raises :class:`BadInput` beyond its end."""
        if min(offset, size_bytes) < 0 or offset + size_bytes > self.size_bytes:
            raise BadInput(
                f"a sealed file of {self.size_bytes} bytes has none at {offset} to {offset + size_bytes}",
                cause="what lists its content is of another file",
                fix="derive the data set again",
            )
        first, last = offset // CHUNK_BYTES, max(offset, offset + size_bytes - 1) // CHUNK_BYTES
        plain = b"".join(self._chunk(number) for number in range(first, last + 1)) if size_bytes else b""
        begin = offset - first * CHUNK_BYTES
        return plain[begin : begin + size_bytes]

    def close(self) -> None:
        """Forget the key and what was opened."""
        self._kept.clear()
        self._file.close()

    def _chunk(self, number: int) -> bytes:
        kept = self._kept.get(number)
        if kept is not None:
            self._kept.move_to_end(number)
            return kept
        begin = self._start + number * (CHUNK_BYTES + TAG_BYTES)
        sealed = self._file.read(begin, CHUNK_BYTES + TAG_BYTES)
        try:
            plain = self._cipher.decrypt(chunk_nonce(number, last=number == self._last), sealed, None)
        except (InvalidTag, ValueError) as error:
            raise _changed() from error
        self._kept[number] = plain
        if len(self._kept) > CHUNKS_KEPT:
            self._kept.popitem(last=False)
        return plain


def _payload(key: bytes, sealed: bytes) -> bytes:
    """What is in a part that is sealed under the file key ``key``."""
    nonce, view = sealed[: age_header.PAYLOAD_NONCE_BYTES], memoryview(sealed)[age_header.PAYLOAD_NONCE_BYTES :]
    cipher, step = ChaCha20Poly1305(payload_key(key, nonce)), CHUNK_BYTES + TAG_BYTES
    last = (len(view) - 1) // step
    try:
        return b"".join(
            cipher.decrypt(chunk_nonce(number, last=number == last), view[number * step : (number + 1) * step], None)
            for number in range(last + 1)
        )
    except (InvalidTag, ValueError) as error:
        raise _changed() from error


def _changed() -> Tampered:
    return Tampered(
        "the content of this sealed file was changed or cut short after sealing",
        cause="damage on the way or on a disk, or tampering",
        fix="fetch it again; if that does not help, it is lost",
    )
