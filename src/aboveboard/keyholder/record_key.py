"""What the keyholder itself has to find and to read again: how does it rest, so that its database tells nobody?

Under the record key, 32 random bytes in ``record.key`` beside the database:

* people, grants and staff are filed under :meth:`RecordKey.tag`, a keyed hash: rows can be found and counted by whoever
  knows the id, and read by nobody;
* what must be read again (kept grants, orders, alarms, entries about nobody) is sealed with it. What belongs to a grant
  is sealed for its id as well, which stands nowhere else: the key alone does not open it;
* :meth:`RecordKey.mac` shows that a row of the ledger is as it was written.

What only its person has to read the keyholder cannot open any more: see ``readings.py``.
"""

import contextlib
import hmac
import secrets
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from aboveboard.base.errors import BadInput, Conflict, NotFound, SetupMissing, Tampered
from aboveboard.sealing.keys import read_private_file, write_private_file

FILE_NAME = "record.key"
KEY_BYTES = 32
TAG_BYTES = 16
NONCE_BYTES = 12
ERASED_PREFIX = "erased:"


class RecordKey:
    """The key; it never shows its secret in ``repr``."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self.tag = lru_cache(maxsize=65_536)(self._tag)
        self._derived = lru_cache(maxsize=4096)(self._derive)

    def _tag(self, what: str, name: str) -> bytes:
        """The 16 bytes under which the ``what`` called ``name`` is filed."""
        return self._derive("tag", what, name)[:TAG_BYTES]

    def erased(self, what: str, name: str) -> str:
        """What stands in the place of an id once it was erased."""
        return ERASED_PREFIX + self.tag(what, name).hex()

    @staticmethod
    def tag_of(erased: str) -> bytes:
        """The tag in what :meth:`erased` gave."""
        return bytes.fromhex(erased.removeprefix(ERASED_PREFIX))

    def mac(self, data: bytes) -> bytes:
        """16 bytes that nobody without the key can make for ``data``."""
        return hmac.digest(self._derived("mac", "", ""), data, "sha256")[:TAG_BYTES]

    def seal(self, what: str, plain: bytes, name: str = "") -> bytes:
        """``plain`` for :meth:`open` with the same ``what`` and ``name``."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + ChaCha20Poly1305(self._derived("seal", what, name)).encrypt(nonce, plain, None)

    def open(self, what: str, sealed: bytes, name: str = "") -> bytes:
        """What was sealed; raises :class:`Tampered`."""
        cipher = ChaCha20Poly1305(self._derived("seal", what, name))
        try:
            return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None)
        except (InvalidTag, ValueError) as error:
            raise Tampered(
                f"what the keyholder kept ({what}) cannot be opened",
                cause="the database was changed by hand or damaged, or record.key is another database's",
                fix="restore the keyholder's home from its backup",
            ) from error

    def check(self) -> bytes:
        """What a database keeps, to know its own key again."""
        return self.tag("check", "")

    def _derive(self, use: str, what: str, name: str) -> bytes:
        return hmac.digest(self._secret, f"aboveboard.record/1\0{use}\0{what}\0{name}".encode(), "sha256")

    def __repr__(self) -> str:
        return "RecordKey(…)"


def load(path: Path) -> RecordKey:
    """The key in the file; raises :class:`SetupMissing`."""
    try:
        secret = read_private_file(path)
    except NotFound as error:
        raise _unusable(f"{path} is missing, and the database beside it was written with it") from error
    except BadInput as error:
        raise _unusable(error.what) from error
    if len(secret) != KEY_BYTES:
        raise _unusable(f"{path} has {len(secret)} bytes, not {KEY_BYTES}")
    return RecordKey(secret)


def load_or_create(path: Path) -> RecordKey:
    """The key in the file; a fresh one where there is none yet. Raises :class:`SetupMissing`."""
    if not path.exists():
        with contextlib.suppress(Conflict):  # somebody was faster
            write_private_file(path, secrets.token_bytes(KEY_BYTES))
    return load(path)


def other(path: Path) -> SetupMissing:
    """That the key is not the one that the database beside it was written with."""
    return _unusable(f"{path} is not the key that the database beside it was written with")


def _unusable(what: str) -> SetupMissing:
    return SetupMissing(
        what,
        cause="it was left out of a backup, or is another keyholder's",
        fix="restore record.key from the backup of the keys: docs/runbooks/keyholder.md",
    )
