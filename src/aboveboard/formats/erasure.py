"""What is to be erased, by whose order, and what was done about it?

A person orders it with their own key: everything, a span of time, or exactly these segments. Which application a
segment shows is not said to anybody: the person's own machine resolves it to segments. Two others can order it: the
vault's own key, for segments whose retention is over; and a steward with evidence, such as a court's order, once a
notice to the person is on its way.

The receipt lists what became of what. Whoever keeps a copy signs for its destruction; until then it is due.
"""

import hashlib
from collections.abc import Iterable
from typing import Annotated, Literal

from msgspec import Meta

from aboveboard.base.errors import BadInput
from aboveboard.formats.fields import (
    ArtefactId,
    Count,
    Document,
    ErasureId,
    Line,
    Nanoseconds,
    NoticeId,
    PersonId,
    SegmentId,
    Sha256,
    StaffId,
    decode_json,
    encode_json,
)

ORDER_TYPE = "application/vnd.aboveboard.erasure-order.v1+json"
RECEIPT_TYPE = "application/vnd.aboveboard.erasure-receipt.v1+json"
DESTROYED_TYPE = "application/vnd.aboveboard.artefact-destroyed.v1+json"
LIMIT_BYTES = 8 * 1024 * 1024
SMALL_LIMIT_BYTES = 64 * 1024
SEGMENT_LIMIT = 50_000
"""The most segments that one order names; a longer list is several orders, or a span."""
LISTED_LIMIT = 10_000
"""Of so many segments the receipt names each; of more, their number and the digest of their ids."""

Why = Literal["person", "retention", "order"]


class Span(Document, frozen=True):
    """What was recorded at or after ``from_ns`` and before ``until_ns`` (wall time), even in part."""

    from_ns: Nanoseconds
    until_ns: Nanoseconds


class Evidence(Document, frozen=True):
    """Why a steward orders it: the document ``title`` with this hash, kept where those who may ask can see it.

    ``notice_id``: the notice that tells the person.
    """

    staff_id: StaffId
    title: Annotated[str, Meta(min_length=3, max_length=200)]
    sha256: Sha256
    kept_at: Annotated[str, Meta(min_length=3, max_length=200)]
    notice_id: NoticeId


class ErasureOrder(Document, frozen=True):
    """Everything recorded of ``person_id`` is to go; or what lies in ``span``; or exactly ``segments``."""

    erasure_id: ErasureId
    person_id: PersonId
    at_ns: Nanoseconds
    span: Span | None = None
    segments: Annotated[list[SegmentId], Meta(min_length=1, max_length=SEGMENT_LIMIT)] | None = None
    why: Why = "person"
    evidence: Evidence | None = None

    @property
    def whole(self) -> bool:
        """Is it everything?"""
        return self.span is None and self.segments is None


class ErasedItem(Document, frozen=True):
    """One thing and what became of it: ``due`` items are to be gone by ``due_by_ns`` (wall time).

    ``keys``: a person's, or with ``#`` and a number one of its epochs. ``segments``: a number of them, with the digest
    of their ids (:func:`digest_of`). ``artefact``: destroyed whole, and made again without what was erased, or not.
    """

    what: Literal["keys", "segment", "segments", "artefact"]
    name: Line
    state: Literal["destroyed", "due"]
    due_by_ns: Nanoseconds | None = None


class ErasureReceipt(Document, frozen=True):
    """``ledger_index`` is the entry that records the destruction of the keys; 0 where none was needed yet."""

    erasure_id: ErasureId
    person_id: PersonId
    at_ns: Nanoseconds
    ledger_index: Count
    items: Annotated[list[ErasedItem], Meta(max_length=100_000)]
    why: Why = "person"


class Destroyed(Document, frozen=True):
    """Whoever kept it says: every file of ``artefact_id`` is gone since ``at_ns``. ``lineage_sha256`` names which.

    ``rebuilt_as``: the artefact that was made of what is left of it.
    """

    artefact_id: ArtefactId
    lineage_sha256: Sha256
    at_ns: Nanoseconds
    rebuilt_as: ArtefactId | None = None


class Preview(Document, frozen=True):
    """What an order would do, before it is signed. ``models``: of the artefacts, those that learnt from it."""

    segments: Count
    recorded_ns: Nanoseconds
    size_bytes: Count
    artefacts: Count
    models: Count
    rewrapped: Count
    """How many segments stay, and get a new key because their old one has to end."""


def digest_of(segment_ids: Iterable[str]) -> str:
    """SHA-256, in hex, over the ids in order, one a line."""
    return hashlib.sha256("".join(f"{each}\n" for each in sorted(segment_ids)).encode("ascii")).hexdigest()


def encode(document: ErasureOrder | ErasureReceipt | Destroyed) -> bytes:
    """The bytes to sign."""
    return encode_json(document)


def decode_order(data: bytes) -> ErasureOrder:
    """Parse an order; raises :class:`BadInput`, also for one that contradicts itself."""
    order = decode_json(data, ErasureOrder, name="erasure order", limit_bytes=LIMIT_BYTES)
    if order.span is not None and (order.segments is not None or order.span.from_ns >= order.span.until_ns):
        raise _contradiction("it names a span that is empty, or segments beside it")
    if (order.why == "order") != (order.evidence is not None):
        raise _contradiction("a steward's order comes with evidence, and nobody else's does")
    if order.why == "retention" and order.segments is None:
        raise _contradiction("what is erased because its time is over is named, segment by segment")
    return order


def decode_receipt(data: bytes) -> ErasureReceipt:
    """Parse a receipt; raises :class:`BadInput`."""
    return decode_json(data, ErasureReceipt, name="erasure receipt", limit_bytes=LIMIT_BYTES)


def decode_destroyed(data: bytes) -> Destroyed:
    """Parse the word that an artefact is gone; raises :class:`BadInput`."""
    return decode_json(data, Destroyed, name="word that an artefact is gone", limit_bytes=SMALL_LIMIT_BYTES)


def decode_preview(data: bytes) -> Preview:
    """Parse a preview; raises :class:`BadInput`."""
    return decode_json(data, Preview, name="preview of an erasure", limit_bytes=SMALL_LIMIT_BYTES)


def _contradiction(why: str) -> BadInput:
    return BadInput(
        f"this erasure order contradicts itself: {why}",
        cause="it was put together by hand, or by another version",
        fix="nothing was erased; order it anew: 'aboveboard erase --help'",
    )
