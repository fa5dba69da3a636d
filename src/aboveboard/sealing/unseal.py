"""What is in this sealed file?

This is the one module that turns ciphertext into plain recorded data. Import rules let only ``lab.open`` and the
participant's own viewer import it.
"""

import pyrage

from aboveboard.base.errors import Tampered
from aboveboard.formats import age_header
from aboveboard.sealing import file_key
from aboveboard.sealing.keys import Identity

__all__ = ["Identity", "unseal"]


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
        raise Tampered(
            "the content of this sealed file was changed or cut short after sealing",
            cause="damage on the way or on a disk, or tampering",
            fix="fetch it again; if that does not help, it is lost",
        ) from error
