"""What is said to the keyholder, and what does it answer, beside the documents that have a page of their own?

Asked for by the vault: a key for a person; a consent to be filed. Asked for by anyone: its public keys. Asked for by a
person: every opening of their recordings, each with the proof that it is on the record.
"""

from typing import Annotated

from msgspec import Meta, field

from aboveboard.formats.envelope import Envelope
from aboveboard.formats.fields import (
    Count,
    Document,
    Nanoseconds,
    PersonId,
    PublicKey,
    Sha256,
    decode_json,
    encode_json,
)

SMALL_LIMIT_BYTES = 4 * 1024
SEALED_LIMIT = 96 * 1024
FILING_LIMIT_BYTES = 1024 * 1024
ORDERS_LIMIT_BYTES = 512 * 1024 * 1024
GRANTS_AT_ONCE = 50
"""Of so many grants one may ask at once what became of them."""
OPENINGS_LIMIT_BYTES = 64 * 1024 * 1024


class KeyRequest(Document, frozen=True):
    """Ask for the newest key statement of ``person_id``, whose own public key is ``person_key`` from now on.

    ``known_epoch``: the newest that the asker knows. With ``renew``, there must be a newer one when this is answered.
    """

    person_id: PersonId
    person_key: PublicKey
    known_epoch: Count | None = None
    renew: bool = False


class ConsentFiling(Document, frozen=True):
    """A signed consent receipt and the signed disclosure that it is for."""

    receipt: Envelope
    disclosure: Envelope


class KeysErased(Document, frozen=True):
    """Since ``at_ns`` (wall time) a person's keys are gone; entry ``ledger_index`` records it."""

    ledger_index: Count
    at_ns: Nanoseconds


class PartErasure(Document, frozen=True):
    """A signed order to erase a part, and the epochs of that person's keys that it ends.

    What stays of these epochs has been moved to a newer one before (``formats.rekey``).
    """

    order: Envelope
    key_epochs: Annotated[list[Count], Meta(max_length=10_000)]


class EndedEpoch(Document, frozen=True):
    """The key of ``key_epoch`` is gone; entry ``ledger_index`` records it."""

    key_epoch: Count
    ledger_index: Count


class EpochsEnded(Document, frozen=True):
    """Since ``at_ns`` (wall time) at the latest the keys of these epochs are gone."""

    ended: list[EndedEpoch]
    at_ns: Nanoseconds


class ErasureOrders(Document, frozen=True):
    """Signed orders of people and stewards, oldest first. ``next_after``: ask again after this number for more."""

    orders: list[Envelope]
    next_after: Count | None = None


class PublicKeys(Document, frozen=True):
    """``statement_key`` is what disclosures pin. ``log_key`` and ``witness_keys`` are C2SP verifier keys; ``origin`` is
    the log's name in its checkpoints."""

    statement_key: PublicKey
    log_key: str
    witness_keys: list[str]
    origin: str


class Opening(Document, frozen=True):
    """One entry: ``salt`` is hex, ``readable`` the entry's JSON, ``proof`` the base64 hashes of its inclusion proof."""

    index: Count
    salt: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    readable: str
    proof: Annotated[list[str], Meta(max_length=64)]


class ReadingKey(Document, frozen=True):
    """What opens entries, sealed to who may read them: ``sealed`` is base64 of an age file with 32 bytes, ``key_id``
    its SHA-256."""

    key_id: Sha256
    sealed: Annotated[str, Meta(max_length=SMALL_LIMIT_BYTES)]


class SealedOpening(Document, frozen=True):
    """One entry that only its person can read. ``sealed`` is base64 of a nonce (12 bytes) and ChaCha20-Poly1305 of salt
    and readable entry under the reading key ``key_id``; ``proof`` as in :class:`Opening`."""

    index: Count
    key_id: Sha256
    sealed: Annotated[str, Meta(max_length=SEALED_LIMIT)]
    proof: Annotated[list[str], Meta(max_length=64)]


class Openings(Document, frozen=True):
    """Every release of this person's keys that the log of ``checkpoint`` (a signed, co-signed note) contains:
    ``sealed``, opened with ``keys``; in ``entries`` those that the keyholder itself can read.

    ``checkpoint`` is empty, and so are the entries, as long as nothing was published yet. ``next``: there are more,
    from this index on; they are asked for with the size of this checkpoint, which their proofs lead to as well.
    """

    checkpoint: str
    entries: list[Opening]
    next: Count | None = None
    keys: list[ReadingKey] = field(default_factory=list)
    sealed: list[SealedOpening] = field(default_factory=list)


def encode(
    document: KeyRequest
    | ConsentFiling
    | KeysErased
    | PartErasure
    | EpochsEnded
    | ErasureOrders
    | PublicKeys
    | Openings,
) -> bytes:
    """The document's JSON."""
    return encode_json(document)


def decode_key_request(data: bytes) -> KeyRequest:
    """Parse a request for a key; raises :class:`BadInput`."""
    return decode_json(data, KeyRequest, name="request for a key", limit_bytes=SMALL_LIMIT_BYTES)


def decode_filing(data: bytes) -> ConsentFiling:
    """Parse a consent to be filed; raises :class:`BadInput`."""
    return decode_json(data, ConsentFiling, name="consent to be filed", limit_bytes=FILING_LIMIT_BYTES)


def decode_erased(data: bytes) -> KeysErased:
    """Parse the answer to an erasure order; raises :class:`BadInput`."""
    return decode_json(data, KeysErased, name="answer to an erasure order", limit_bytes=SMALL_LIMIT_BYTES)


def decode_ended(data: bytes) -> EpochsEnded:
    """Parse the answer to an order to erase a part; raises :class:`BadInput`."""
    return decode_json(data, EpochsEnded, name="answer to an erasure order", limit_bytes=FILING_LIMIT_BYTES)


def decode_orders(data: bytes) -> ErasureOrders:
    """Parse a list of erasure orders; raises :class:`BadInput`."""
    return decode_json(data, ErasureOrders, name="list of erasure orders", limit_bytes=ORDERS_LIMIT_BYTES)


def decode_public(data: bytes) -> PublicKeys:
    """Parse the public keys; raises :class:`BadInput`."""
    return decode_json(data, PublicKeys, name="list of public keys", limit_bytes=FILING_LIMIT_BYTES)


def decode_openings(data: bytes) -> Openings:
    """Parse the list of openings; raises :class:`BadInput`."""
    return decode_json(data, Openings, name="list of openings", limit_bytes=OPENINGS_LIMIT_BYTES)
