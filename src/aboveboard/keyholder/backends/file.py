"""How are private keys wrapped where there is no HSM?

With AES-256-GCM under a key derived (HKDF-SHA-256) from two secrets: ``wrap.key``, one for the whole keyholder, and
``shares/<person>.<epoch>``, one per person and epoch. Both are 32 random bytes that only the keyholder's user can read.
Destroying the share ends the wrapped key of that epoch, also in old copies of the database.

A copy of ``shares/`` from before is what this cannot reach, so it must not be in any backup: ``CACHEDIR.TAG`` in it
tells the programs that make them. ``docs/runbooks/keyholder.md`` says what to do instead.
"""

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from aboveboard.base.errors import BadInput, Conflict, NotFound, SetupMissing
from aboveboard.base.ids import Kind, check_id
from aboveboard.keyholder.backends import does_not_unwrap
from aboveboard.sealing.keys import read_private_file, write_private_file

SECRET_BYTES = 32
NONCE_BYTES = 12
LABEL = "aboveboard.wrap/1"
SECRET_NAME, SHARES_NAME = "wrap.key", "shares"
TAG_NAME = "CACHEDIR.TAG"
TAG = b"""Signature: 8a477f597d28d172789f06886806bc55
# Keep this folder out of every backup: what is destroyed in it must be gone (docs/runbooks/keyholder.md).
"""
"""The convention of bford.info/cachedir, which tar, restic, borg and others follow when they are told to."""


class FileBackend:
    """Wraps with the secrets in the folder ``home``, and makes those that are missing unless ``create`` is false.

    ``create`` must be false where wrapped keys exist already: a fresh ``wrap.key`` would only hide that the old one is
    lost. Raises :class:`SetupMissing` if it is missing, too short, or readable by others.
    """

    def __init__(self, home: Path, *, create: bool) -> None:
        self._shares = home / SHARES_NAME
        path = home / SECRET_NAME
        if create:
            with contextlib.suppress(Conflict):
                write_private_file(path, secrets.token_bytes(SECRET_BYTES))
        try:
            self._secret = _read_secret(path)
        except NotFound as error:
            raise SetupMissing(
                f"{path} is missing, and with it the keys of everyone enrolled",
                cause="it was moved or deleted",
                fix="recover it: 'aboveboard keyholder shares recover', or from its backup",
            ) from error
        self._shares.mkdir(mode=0o700, exist_ok=True)
        if not (self._shares / TAG_NAME).exists():
            (self._shares / TAG_NAME).write_bytes(TAG)
        self._name_epochs()

    def wrap(self, private: bytes, *, person_id: str, key_epoch: int) -> bytes:
        """A random nonce (12 bytes) and the ciphertext with its tag."""
        path = self._share_path(person_id, key_epoch)
        with contextlib.suppress(Conflict):
            write_private_file(path, secrets.token_bytes(SECRET_BYTES))
        nonce = secrets.token_bytes(NONCE_BYTES)
        cipher = AESGCM(self._wrapping_key(person_id, key_epoch))
        return nonce + cipher.encrypt(nonce, private, _context(person_id, key_epoch))

    def unwrap(self, wrapped: bytes, *, person_id: str, key_epoch: int) -> bytes:
        """See :class:`Backend`."""
        nonce, ciphertext = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
        try:
            cipher = AESGCM(self._wrapping_key(person_id, key_epoch))
            return cipher.decrypt(nonce, ciphertext, _context(person_id, key_epoch))
        except (InvalidTag, ValueError, NotFound) as error:
            raise does_not_unwrap(person_id, key_epoch) from error

    def destroy(self, *, person_id: str, key_epoch: int) -> None:
        """Overwrite the share, then remove it, each durably."""
        path = self._share_path(person_id, key_epoch)
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

    def held(self) -> Iterator[tuple[str, int]]:
        """See :class:`Backend`."""
        for name in os.listdir(self._shares):
            person_id, _, epoch = name.partition(".")
            if epoch.isdecimal() and _is_person(person_id):
                yield person_id, int(epoch)

    def close(self) -> None:
        """Nothing is open."""

    def _name_epochs(self) -> None:
        """Shares from before there were epochs bear the person's name alone: they are those of the first."""
        for name in os.listdir(self._shares):
            if _is_person(name):
                (self._shares / name).rename(self._shares / f"{name}.0")

    def _share_path(self, person_id: str, key_epoch: int) -> Path:
        # The id becomes a file's name, so it must be nothing but an id.
        return self._shares / f"{check_id(Kind.PERSON, person_id)}.{int(key_epoch)}"

    def _wrapping_key(self, person_id: str, key_epoch: int) -> bytes:
        info = f"{LABEL}\n{person_id}".encode("ascii")
        share = _read_secret(self._share_path(person_id, key_epoch))
        return HKDF(algorithm=hashes.SHA256(), length=32, salt=share, info=info).derive(self._secret)


def _is_person(name: str) -> bool:
    try:
        return bool(check_id(Kind.PERSON, name))
    except BadInput:
        return False


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
