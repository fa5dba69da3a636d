"""How does a researcher get the key of one segment without anyone seeing the recording?

The keyholder unwraps the file key from the segment's header and wraps it for the researcher. The payload stays where it
is. Import rules let only the keyholder import this, and it calls it only after the ledger entry is durable.
"""

from aboveboard.sealing import file_key
from aboveboard.sealing.keys import Identity


def reseal_header(header: bytes, identity: Identity, recipient: str) -> bytes:
    """A new header for the same payload, wrapped for ``recipient`` alone.

    ``header`` goes through the MAC line and its newline, and must be wrapped for ``identity``. Its MAC is verified
    first, so only a header whose every stanza was there at sealing is re-sealed. Raises :class:`BadInput` and
    :class:`Tampered` as :func:`file_key.unwrap` does.
    """
    return file_key.wrap(file_key.unwrap(header, identity), recipient)


def move_header(header: bytes, identity: Identity, recipient: str) -> bytes:
    """``header`` with ``recipient`` in the place of ``identity``, and everybody else's stanza as it was.

    For moving a segment to a newer key of the same person. Raises as :func:`reseal_header` does.
    """
    return file_key.move(header, identity, recipient)
