"""How does the key of some parts of a segment pass to somebody else, and how is a segment moved to a newer key?

Only from inside the keyholder. A recording is never needed: everything here works on the header alone.
"""

from collections.abc import Iterable

from aboveboard.formats import part_keys
from aboveboard.formats.parts import PartName
from aboveboard.sealing import file_key
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.seal import seal
from aboveboard.sealing.seal_parts import keys_of_parts


def release_parts(header: bytes, identity: Identity, recipient: str, names: Iterable[PartName]) -> bytes:
    """A small age file for ``recipient`` alone with the keys of these parts, and of no other.

    The header's MAC is verified first, so only a header whose every stanza was there at sealing is opened. Raises
    :class:`BadInput` and :class:`Tampered` as :func:`file_key.unwrap` does.
    """
    root = file_key.unwrap(header, identity)
    return seal(part_keys.encode(keys_of_parts(root, names)), [recipient])


def move_header(header: bytes, identity: Identity, newer: Identity) -> bytes:
    """``header`` with ``newer`` in the place of ``identity``, and everybody else's stanza as it was.

    For moving a segment to a newer key of the same person. Raises as :func:`release_parts` does.
    """
    return file_key.move(header, identity, newer)
