"""What does a person ask to have erased, and what was done about it?

The order is signed by the person. The receipt lists every artefact, what became of it, and what is still due by when.
"""

from typing import Annotated, Literal

from msgspec import Meta

from aboveboard.formats.fields import (
    Count,
    Document,
    ErasureId,
    Line,
    Nanoseconds,
    PersonId,
    decode_json,
    encode_json,
)

ORDER_TYPE = "application/vnd.aboveboard.erasure-order.v1+json"
RECEIPT_TYPE = "application/vnd.aboveboard.erasure-receipt.v1+json"
LIMIT_BYTES = 8 * 1024 * 1024


class ErasureOrder(Document, frozen=True):
    """Everything recorded of ``person_id`` is to go."""

    erasure_id: ErasureId
    person_id: PersonId
    at_ns: Nanoseconds


class ErasedItem(Document, frozen=True):
    """One thing and what became of it: ``due`` items are to be gone by ``due_by_ns`` (wall time)."""

    what: Literal["keys", "segment", "artefact"]
    name: Line
    state: Literal["destroyed", "due"]
    due_by_ns: Nanoseconds | None = None


class ErasureReceipt(Document, frozen=True):
    """``ledger_index`` is the entry that records the destruction of the keys."""

    erasure_id: ErasureId
    person_id: PersonId
    at_ns: Nanoseconds
    ledger_index: Count
    items: Annotated[list[ErasedItem], Meta(max_length=100_000)]


def encode(document: ErasureOrder | ErasureReceipt) -> bytes:
    """The bytes to sign."""
    return encode_json(document)


def decode_order(data: bytes) -> ErasureOrder:
    """Parse an order; raises :class:`BadInput`."""
    return decode_json(data, ErasureOrder, name="erasure order", limit_bytes=LIMIT_BYTES)


def decode_receipt(data: bytes) -> ErasureReceipt:
    """Parse a receipt; raises :class:`BadInput`."""
    return decode_json(data, ErasureReceipt, name="erasure receipt", limit_bytes=LIMIT_BYTES)
