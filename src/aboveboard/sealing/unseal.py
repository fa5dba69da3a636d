"""What is in this sealed file?

This is the one module that turns ciphertext into plain recorded data. Import rules let only ``lab.open`` and the
participant's own viewer import it.
"""

import os
from collections import OrderedDict
from pathlib import Path

import pyrage
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from aboveboard.base.errors import BadInput, Tampered
from aboveboard.formats import age_header
from aboveboard.sealing import file_key
from aboveboard.sealing.keys import Identity

__all__ = ["Identity", "SealedFile", "unseal"]

CHUNK_BYTES = 64 * 1024
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


class SealedFile:
    """A sealed file that is opened in parts. Only the chunks that are asked for are read; each is checked.

    Raises as :func:`unseal` does. That the file is whole is checked when it is opened: its last chunk says that it is.
    """

    def __init__(self, path: Path, identity: Identity) -> None:
        self._file = path.open("rb")
        try:
            header, _ = age_header.split(self._file.read(age_header.LIMIT_BYTES + CHUNK_BYTES))
            secret = file_key.unwrap(header, identity)
            self._start = len(header) + age_header.PAYLOAD_NONCE_BYTES
            sealed_bytes = os.fstat(self._file.fileno()).st_size - self._start
            self._last = max(0, -(-sealed_bytes // (CHUNK_BYTES + TAG_BYTES)) - 1)
            self.size_bytes = sealed_bytes - (self._last + 1) * TAG_BYTES
            nonce = os.pread(self._file.fileno(), age_header.PAYLOAD_NONCE_BYTES, len(header))
            self._cipher = ChaCha20Poly1305(_payload_key(secret, nonce))
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
        sealed = os.pread(self._file.fileno(), CHUNK_BYTES + TAG_BYTES, begin)
        try:
            plain = self._cipher.decrypt(number.to_bytes(11, "big") + bytes([number == self._last]), sealed, None)
        except (InvalidTag, ValueError) as error:
            raise _changed() from error
        self._kept[number] = plain
        if len(self._kept) > CHUNKS_KEPT:
            self._kept.popitem(last=False)
        return plain


def _payload_key(secret: bytes, nonce: bytes) -> bytes:
    """The key under which the content is sealed (C2SP age.md, "Payload")."""
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=nonce, info=b"payload").derive(secret)


def _changed() -> Tampered:
    return Tampered(
        "the content of this sealed file was changed or cut short after sealing",
        cause="damage on the way or on a disk, or tampering",
        fix="fetch it again; if that does not help, it is lost",
    )
