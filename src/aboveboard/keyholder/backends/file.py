"""How are private keys wrapped where there is no HSM?

With AES-256-GCM under a key derived (HKDF-SHA-256) from two secrets: ``wrap.key``, one for the whole keyholder, and
``shares/<person>``, one per person. Both are 32 random bytes that only the keyholder's user can read. Destroying the
share ends every wrapped key of that person, also those in old copies of the database.
"""

import contextlib
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from aboveboard.base.errors import Conflict, NotFound, SetupMissing, Tampered
from aboveboard.base.ids import Kind, check_id
from aboveboard.sealing.keys import read_private_file, write_private_file

SECRET_BYTES = 32
NONCE_BYTES = 12
LABEL = "aboveboard.wrap/1"


class FileBackend:
    """Wraps with the secrets in the folder ``home``, and makes those that are missing unless ``create`` is false.

    ``create`` must be false where wrapped keys exist already: a fresh ``wrap.key`` would only hide that the old one is
    lost. Raises :class:`SetupMissing` if it is missing, too short, or readable by others.
    """

    def __init__(self, home: Path, *, create: bool) -> None:
        self._shares = home / "shares"
        path = home / "wrap.key"
        if create:
            with contextlib.suppress(Conflict):
                write_private_file(path, secrets.token_bytes(SECRET_BYTES))
        try:
            self._secret = _read_secret(path)
        except NotFound as error:
            raise SetupMissing(
                f"{path} is missing, and with it the keys of everyone enrolled",
                cause="it was moved or deleted",
                fix="restore it from its backup",
            ) from error
        self._shares.mkdir(mode=0o700, exist_ok=True)

    def wrap(self, private: bytes, *, person_id: str, key_epoch: int) -> bytes:
        """A random nonce (12 bytes) and the ciphertext with its tag. Makes the person's share if there is none."""
        path = self._share_path(person_id)
        with contextlib.suppress(Conflict):
            write_private_file(path, secrets.token_bytes(SECRET_BYTES))
        nonce = secrets.token_bytes(NONCE_BYTES)
        cipher = AESGCM(self._wrapping_key(person_id))
        return nonce + cipher.encrypt(nonce, private, _context(person_id, key_epoch))

    def unwrap(self, wrapped: bytes, *, person_id: str, key_epoch: int) -> bytes:
        """See :class:`Backend`."""
        nonce, ciphertext = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
        try:
            cipher = AESGCM(self._wrapping_key(person_id))
            return cipher.decrypt(nonce, ciphertext, _context(person_id, key_epoch))
        except (InvalidTag, ValueError, NotFound) as error:
            raise Tampered(
                f"the wrapped key of {person_id} (epoch {key_epoch}) does not unwrap",
                cause="it was changed, belongs to another person or epoch, or was destroyed",
                fix="if the person was not erased, restore the keyholder's home from its backup",
            ) from error

    def destroy(self, *, person_id: str) -> None:
        """Overwrite the person's share, then remove it, each durably."""
        path = self._share_path(person_id)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW)
        except FileNotFoundError:
            return
        try:
            os.write(descriptor, secrets.token_bytes(SECRET_BYTES))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        path.unlink()
        folder = os.open(self._shares, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _share_path(self, person_id: str) -> Path:
        # The id becomes a file's name, so it must be nothing but an id.
        return self._shares / check_id(Kind.PERSON, person_id)

    def _wrapping_key(self, person_id: str) -> bytes:
        info = f"{LABEL}\n{person_id}".encode("ascii")
        share = _read_secret(self._share_path(person_id))
        return HKDF(algorithm=hashes.SHA256(), length=32, salt=share, info=info).derive(self._secret)


def _context(person_id: str, key_epoch: int) -> bytes:
    return f"{LABEL}\n{person_id}\n{key_epoch}".encode("ascii")


def _read_secret(path: Path) -> bytes:
    secret = read_private_file(path)
    if len(secret) != SECRET_BYTES:
        raise SetupMissing(
            f"{path} has {len(secret)} bytes instead of {SECRET_BYTES}",
            cause="it was damaged or replaced",
            fix="restore it from its backup",
        )
    return secret
