"""How does a recording become a sealed segment, of which each kind of data has a key of its own?

One age header wraps the segment's root secret, once per recipient. Each part is the payload of an age file whose file
key follows from the root and the part's name: with a header for that key before it, it is an ordinary age file. Whoever
has the root opens all; whoever was given the keys of some parts opens these, and can work out neither the root nor any
other part's key. As with :mod:`sealing.seal`, public keys are enough to seal.
"""

import hmac
import secrets
from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from aboveboard.formats import parts
from aboveboard.formats.age_header import PAYLOAD_NONCE_BYTES, PAYLOAD_TAG_BYTES
from aboveboard.formats.parts import PARTS, PartName
from aboveboard.sealing import wrap
from aboveboard.sealing.seal import check_recipients

PART_INFO = b"aboveboard segment part v1 "
PAYLOAD_INFO = b"payload"
CHUNK_BYTES = 64 * 1024


def seal_parts(plain: Mapping[PartName, bytes], recipients: Sequence[str]) -> bytes:
    """The sealed segment of these parts (all of ``PARTS``), which each of ``recipients`` (``age1…``) can open alone.

    Raises :class:`BadInput` as :func:`sealing.seal.seal` does.
    """
    check_recipients(recipients)
    root = secrets.token_bytes(wrap.FILE_KEY_BYTES)
    nonces = {name: secrets.token_bytes(PAYLOAD_NONCE_BYTES) for name in PARTS}
    return seal_under(root, plain, nonces, header=wrap.wrap(root, recipients))


def seal_under(
    root: bytes, plain: Mapping[PartName, bytes], nonces: Mapping[PartName, bytes], *, header: bytes = b""
) -> bytes:
    """``header`` and what follows it, with given secrets that must never be used twice: for test vectors.

    It is written once, into its place: each copy of megabytes would take longer than to seal them.
    """
    padding = {name: parts.padding(name, len(content)) for name, content in plain.items()}
    sizes = {name: _payload_bytes(len(content) + len(padding[name])) for name, content in plain.items()}
    start = header + parts.table(sizes)
    out = BytesIO(bytes(len(start) + sum(sizes.values())))
    with out.getbuffer() as room:
        room[: len(start)] = start
        place = len(start)
        for name, key in keys_of_parts(root, PARTS).items():
            end = place + sizes[name]
            _write_payload(room[place:end], key, nonces[name], memoryview(plain[name]), padding[name])
            place = end
    return out.getvalue()


def keys_of_parts(root: bytes, names: Iterable[PartName]) -> dict[PartName, bytes]:
    """The file keys (16 bytes each) of these parts of the segment with this root secret: HKDF-SHA-256 without salt.

    What HKDF extracts from the root is the same for all of them, and extracted once.
    """
    extracted = hmac.digest(bytes(hashes.SHA256.digest_size), root, "sha256")
    return {
        name: HKDFExpand(hashes.SHA256(), wrap.FILE_KEY_BYTES, PART_INFO + name.encode("ascii")).derive(extracted)
        for name in names
    }


def payload_key(file_key: bytes, nonce: bytes) -> bytes:
    """The key under which the content is sealed (C2SP age.md, "Payload")."""
    return wrap.derive(file_key, nonce, PAYLOAD_INFO)


def chunk_nonce(number: int, *, last: bool) -> bytes:
    """Of the chunk numbered so, from 0 on."""
    return number.to_bytes(11, "big") + bytes([last])


def _payload_bytes(plain_bytes: int) -> int:
    """How large the payload of an age file with so many bytes is, of which there is at least one."""
    chunks = (plain_bytes - 1) // CHUNK_BYTES + 1
    return PAYLOAD_NONCE_BYTES + plain_bytes + chunks * PAYLOAD_TAG_BYTES


def _write_payload(room: memoryview, file_key: bytes, nonce: bytes, plain: memoryview, padding: bytes) -> None:
    """The payload of an age file with this file key, which fills ``room``, of ``plain`` and what it is padded with."""
    cipher = ChaCha20Poly1305(payload_key(file_key, nonce))
    room[:PAYLOAD_NONCE_BYTES] = nonce
    place, last = PAYLOAD_NONCE_BYTES, (len(plain) + len(padding) - 1) // CHUNK_BYTES
    for number in range(last + 1):
        chunk = _chunk(plain, padding, number * CHUNK_BYTES)
        end = place + len(chunk) + PAYLOAD_TAG_BYTES
        cipher.encrypt_into(chunk_nonce(number, last=number == last), chunk, None, room[place:end])
        place = end


def _chunk(plain: memoryview, padding: bytes, start: int) -> bytes | memoryview:
    """At most ``CHUNK_BYTES`` of the two together, from there on."""
    chunk = plain[start : start + CHUNK_BYTES]
    if len(chunk) == CHUNK_BYTES:
        return chunk
    over = max(start - len(plain), 0)
    return bytes(chunk) + padding[over : over + CHUNK_BYTES - len(chunk)]
