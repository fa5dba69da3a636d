"""Sealed segments of anything, and what is in them.

Where a test is not about kinds of data, its content lies in the part that every grant covers.
"""

from collections.abc import Sequence

from aboveboard.formats.envelope import decode_base64
from aboveboard.formats.mcap_file import Item
from aboveboard.formats.part_files import Parts, read_parts
from aboveboard.formats.parts import ALWAYS, PARTS
from aboveboard.sealing import file_key, wrap
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.seal_parts import seal_parts
from aboveboard.sealing.unseal import unseal_keys, unseal_parts, unseal_segment


def sealed_segment(plain: bytes | Parts, recipients: Sequence[str]) -> bytes:
    """A segment of these parts; or of which every grant opens ``plain``, and whose other parts are empty."""
    if isinstance(plain, bytes):
        plain = {name: plain if name == ALWAYS else b"" for name in PARTS}
    return seal_parts(plain, recipients)


def plain_of(sealed: bytes, identity: Identity) -> bytes:
    """What :func:`sealed_segment` sealed."""
    return unseal_segment(sealed, identity)[ALWAYS]


def plain_with(sealed: bytes, released: str, identity: Identity) -> bytes:
    """The same, opened with keys that the keyholder released (base64) to ``identity``."""
    return unseal_parts(sealed, unseal_keys(decode_base64(released), identity))[ALWAYS]


def reseal_header(header: bytes, identity: Identity, recipient: str) -> bytes:
    """A header for the same content, for ``recipient`` alone; raises if the first is not whole."""
    return wrap.wrap(file_key.unwrap(header, identity), [recipient])


def items_of(sealed: bytes, identity: Identity) -> list[Item]:
    """What a recorder sealed."""
    return list(read_parts(unseal_segment(sealed, identity)))
