"""How is a person's mail address kept, which they gave for notices and for nothing else?

Sealed with a key of its own (``mail.key``, beside the database and not in it), bound to the person: a copy of the
database shows no address, and one row cannot be put in another's place. It is opened for one thing, sending a notice,
and no endpoint ever returns it.
"""

import base64
import secrets
from contextlib import suppress

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from aboveboard.base.errors import Conflict, NotFound, Tampered
from aboveboard.sealing.keys import read_private_file, write_private_file
from aboveboard.vault.place import Vault

KEY_NAME = "mail.key"
NONCE_BYTES = 12


def seal(vault: Vault, person_id: str, address: str) -> str:
    """What the database keeps of ``address``."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    sealed = AESGCM(_key(vault)).encrypt(nonce, address.encode("ascii"), person_id.encode("ascii"))
    return base64.b64encode(nonce + sealed).decode("ascii")


def unseal(vault: Vault, person_id: str, sealed: str) -> str:
    """The address; raises :class:`Tampered` if it was changed, or is another person's."""
    raw = base64.b64decode(sealed)
    try:
        plain = AESGCM(_key(vault)).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], person_id.encode("ascii"))
    except InvalidTag as error:
        raise Tampered(
            "a mail address cannot be opened",
            cause="its row was changed, or mail.key is another one",
            fix="restore mail.key from its backup, or ask the person for their address again",
        ) from error
    return plain.decode("ascii")


def _key(vault: Vault) -> bytes:
    path = vault.home / KEY_NAME
    try:
        return bytes.fromhex(read_private_file(path).decode("ascii"))
    except NotFound:
        with suppress(Conflict):  # another request was faster
            write_private_file(path, secrets.token_bytes(32).hex().encode("ascii"))
        return bytes.fromhex(read_private_file(path).decode("ascii"))
