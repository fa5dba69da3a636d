"""Where do private keys rest, and how are they kept from other eyes?

A key file has mode 0600, is created all at once or not at all, never overwrites another, and is on the disk before it
is used. A file that others can read is refused, because its key may already be known.
"""

import os
import secrets
import stat
from functools import cached_property, lru_cache
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from aboveboard.base.errors import BadInput, Conflict, NotFound, SetupMissing
from aboveboard.sealing import bech32
from aboveboard.sealing.signatures import SigningKey

RECIPIENT_PREFIX = "age"
IDENTITY_PREFIX = "AGE-SECRET-KEY-"
KEY_BYTES = 32
FILE_LIMIT_BYTES = 16 * 1024


class Identity:
    """An age X25519 private key: what unseals. It never shows its secret in ``repr``."""

    def __init__(self, scalar: bytes) -> None:
        if len(scalar) != KEY_BYTES:
            raise BadInput(
                f"an age identity has {KEY_BYTES} bytes, not {len(scalar)}",
                cause="the text is of another kind of key",
                fix="use the key that `age-keygen` or Aboveboard wrote",
            )
        self._scalar = scalar
        self._private = X25519PrivateKey.from_private_bytes(scalar)
        self._public = self._private.public_key().public_bytes_raw()

    @classmethod
    def generate(cls) -> "Identity":
        """A fresh identity from the operating system's randomness."""
        return cls(secrets.token_bytes(KEY_BYTES))

    @classmethod
    def from_text(cls, text: str) -> "Identity":
        """From ``AGE-SECRET-KEY-1…``; raises :class:`BadInput` without repeating the secret."""
        return cls(bech32.decode(IDENTITY_PREFIX, text))

    @classmethod
    def load(cls, path: Path) -> "Identity":
        """From an age identity file with exactly one identity; comments and empty lines are skipped.

        Raises :class:`NotFound`, :class:`SetupMissing` (others can read it) or :class:`BadInput`.
        """
        lines = [line.strip() for line in read_private_file(path).decode("utf-8", "replace").splitlines()]
        keys = [line for line in lines if line and not line.startswith("#")]
        if len(keys) != 1:
            raise BadInput(
                f"{path} holds {len(keys)} identities, not one",
                cause="it was edited, or is not an age identity file",
                fix="keep one AGE-SECRET-KEY-1… line in it",
            )
        return cls.from_text(keys[0])

    def save(self, path: Path) -> None:
        """Write an identity file that ``age -d -i`` reads; raises :class:`Conflict` if ``path`` exists."""
        write_private_file(path, f"# public key: {self.recipient}\n{self.text()}\n".encode("ascii"))

    @cached_property
    def recipient(self) -> str:
        """The public half, ``age1…``: what is sealed to."""
        return bech32.encode(RECIPIENT_PREFIX, self._public)

    def public_bytes(self) -> bytes:
        """The public half's 32 bytes."""
        return self._public

    def private(self) -> X25519PrivateKey:
        """The secret, for an exchange."""
        return self._private

    def text(self) -> str:
        """The secret as ``AGE-SECRET-KEY-1…``."""
        return bech32.encode(IDENTITY_PREFIX.lower(), self._scalar).upper()

    def scalar(self) -> bytes:
        """The secret's 32 bytes."""
        return self._scalar

    def __repr__(self) -> str:
        return f"Identity({self.recipient})"


@lru_cache(maxsize=1024)
def recipient_bytes(recipient: str) -> bytes:
    """The 32-byte X25519 public key of an ``age1…`` recipient; raises :class:`BadInput`."""
    raw = bech32.decode(RECIPIENT_PREFIX, recipient)
    if len(raw) != KEY_BYTES or recipient != recipient.lower():
        raise BadInput(
            f"{recipient[:70]!r} is not an age X25519 recipient",
            cause="it is of another kind, or in upper case",
            fix="use the age1… line that belongs to the identity",
        )
    return raw


def save_signing_key(path: Path, key: SigningKey) -> None:
    """Write ``key`` as PKCS#8 PEM; raises :class:`Conflict` if ``path`` exists."""
    private = Ed25519PrivateKey.from_private_bytes(key.private_bytes())
    write_private_file(path, private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def load_signing_key(path: Path) -> SigningKey:
    """Read a key written by :func:`save_signing_key`; raises :class:`NotFound`, :class:`SetupMissing`, or
    :class:`BadInput`."""
    try:
        private = load_pem_private_key(read_private_file(path), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        private = None
    if not isinstance(private, Ed25519PrivateKey):
        raise BadInput(
            f"{path} does not hold an Ed25519 private key",
            cause="it was damaged, or is another kind of file",
            fix="restore it from its backup",
        )
    return SigningKey(private)


def load_or_create_signing_key(path: Path) -> SigningKey:
    """The key in ``path``; where there is none yet, a fresh one, saved first. Safe when two processes start at once."""
    try:
        return load_signing_key(path)
    except NotFound:
        key = SigningKey.generate()
    try:
        save_signing_key(path, key)
    except Conflict:
        return load_signing_key(path)
    return key


def write_private_file(path: Path, content: bytes) -> None:
    """Create ``path`` with mode 0600 and ``content``, durably and all at once; :class:`Conflict` if it exists."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # link() refuses to replace, and the name appears only when the content is complete.
        os.link(draft, path)
    except FileExistsError as error:
        raise Conflict(
            f"{path} exists already", cause="a key was made here before", fix="use it, or move it away first"
        ) from error
    finally:
        draft.unlink()
    _sync_folder(path.parent)


def read_private_file(path: Path) -> bytes:
    """The content of a private file of at most ``FILE_LIMIT_BYTES``; raises :class:`NotFound`, :class:`SetupMissing`
    (others can read it) or :class:`BadInput` (too long)."""
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            content = file.read(FILE_LIMIT_BYTES + 1)
    except FileNotFoundError as error:
        raise NotFound(
            f"there is no key file {path}", cause="it was not made yet, or moved", fix="check ABOVEBOARD_HOME"
        ) from error
    if mode & 0o077:
        raise SetupMissing(
            f"{path} can be read by others (mode {mode:04o}), so its key may be known",
            cause="it was copied, or its permissions were changed",
            fix=f"replace the key if anyone else uses this machine; otherwise: chmod 600 {path}",
        )
    if len(content) > FILE_LIMIT_BYTES:
        raise BadInput(f"{path} is too long for a key file", cause="it is another file", fix="check the path")
    return content


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
