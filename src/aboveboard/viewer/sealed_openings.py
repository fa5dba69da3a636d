"""What do the entries say that the keyholder cannot read itself?

It hands them over as they rest, sealed to their person; here, on the person's own machine, they are opened. One that
does not open stays in the list, without words: whoever checks it says so (``viewer.opening_check``).
"""

import hashlib

from msgspec.structs import replace

from aboveboard.base.errors import AboveboardError
from aboveboard.formats.custody import Opening, Openings, ReadingKey, SealedOpening
from aboveboard.formats.entry import SALT_BYTES
from aboveboard.formats.envelope import decode_base64
from aboveboard.sealing import reading
from aboveboard.sealing.unseal import Identity, unseal

NO_SALT = bytes(SALT_BYTES)


def opened(listed: Openings, identity: Identity) -> Openings:
    """The same list with everything in ``entries``, in the log's order, and nothing sealed."""
    keys = {each.key_id: _key(each, identity) for each in listed.keys}
    entries = [*listed.entries, *(_opened(each, keys.get(each.key_id)) for each in listed.sealed)]
    return replace(listed, entries=sorted(entries, key=lambda each: each.index), keys=[], sealed=[])


def _key(given: ReadingKey, identity: Identity) -> bytes | None:
    try:
        sealed = decode_base64(given.sealed)
        if hashlib.sha256(sealed).hexdigest() != given.key_id:
            return None
        return unseal(sealed, identity)
    except AboveboardError:
        return None


def _opened(given: SealedOpening, key: bytes | None) -> Opening:
    salt, readable = NO_SALT, b""
    try:
        if key is not None:
            salt, readable = reading.open_entry(key, decode_base64(given.sealed))
        words = readable.decode("utf-8")
    except (AboveboardError, UnicodeDecodeError):
        salt, words = NO_SALT, ""
    return Opening(index=given.index, salt=salt.hex(), readable=words, proof=given.proof)
