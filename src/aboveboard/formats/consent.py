"""Who agreed to which disclosure, on which device, and has it been taken back?

A receipt is signed with the person's own key over the hash of the exact bytes that were shown. A withdrawal is signed
by the same key, needs no reason, and costs nothing.
"""

from aboveboard.formats.fields import (
    ConsentId,
    DeviceId,
    Document,
    Language,
    Nanoseconds,
    PersonId,
    PublicKey,
    Recipient,
    Sha256,
    decode_json,
    encode_json,
)

RECEIPT_TYPE = "application/vnd.aboveboard.consent-receipt.v1+json"
WITHDRAWAL_TYPE = "application/vnd.aboveboard.withdrawal.v1+json"
LIMIT_BYTES = 16 * 1024


class ConsentReceipt(Document, frozen=True):
    """``shown_sha256`` is over the text as the person saw it, in ``language``; ``disclosure_sha256`` over the published
    bytes. From ``expires_at_ns`` on consent has to be asked for anew; ``None``, in receipts from before there was this
    field: a year after it was given.
    """

    consent_id: ConsentId
    person_id: PersonId
    device_id: DeviceId
    person_key: PublicKey
    person_recipient: Recipient
    disclosure_sha256: Sha256
    shown_sha256: Sha256
    given_at_ns: Nanoseconds
    expires_at_ns: Nanoseconds | None = None
    language: Language = "en"


class Withdrawal(Document, frozen=True):
    """Consent taken back, from ``at_ns`` (wall time) on."""

    consent_id: ConsentId
    person_id: PersonId
    at_ns: Nanoseconds


def encode(document: ConsentReceipt | Withdrawal) -> bytes:
    """The bytes to sign."""
    return encode_json(document)


def decode_receipt(data: bytes) -> ConsentReceipt:
    """Parse a receipt; raises :class:`BadInput`."""
    return decode_json(data, ConsentReceipt, name="consent receipt", limit_bytes=LIMIT_BYTES)


def decode_withdrawal(data: bytes) -> Withdrawal:
    """Parse a withdrawal; raises :class:`BadInput`."""
    return decode_json(data, Withdrawal, name="withdrawal of consent", limit_bytes=LIMIT_BYTES)
