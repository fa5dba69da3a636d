"""How does a person's device become known to a vault?

With a one-time invitation. The request is signed by the device; the person's own key signs the same words (the proof),
so that nobody enrols a device in the name of a key they do not hold.
"""

from typing import Annotated

from msgspec import Meta

from aboveboard.formats.envelope import Envelope
from aboveboard.formats.fields import (
    Cohort,
    Country,
    DeviceId,
    Document,
    InvitationId,
    Line,
    PersonId,
    PublicKey,
    Recipient,
    decode_json,
    encode_json,
)

PROOF_TYPE = "application/vnd.aboveboard.enrolment.v1+json"
LIMIT_BYTES = 256 * 1024


class EnrolmentProof(Document, frozen=True):
    """What the person's key signs. ``code`` is the invitation's; ``platform`` says what the device is."""

    code: InvitationId
    person_key: PublicKey
    person_recipient: Recipient
    device_key: PublicKey
    platform: Line


class EnrolmentRequest(Document, frozen=True):
    """The proof's fields again, and ``proof``: them in an envelope of ``PROOF_TYPE`` signed by ``person_key``."""

    code: InvitationId
    person_key: PublicKey
    person_recipient: Recipient
    device_key: PublicKey
    platform: Line
    proof: Envelope

    def proven(self) -> EnrolmentProof:
        """The fields that the proof must repeat."""
        return EnrolmentProof(
            code=self.code,
            person_key=self.person_key,
            person_recipient=self.person_recipient,
            device_key=self.device_key,
            platform=self.platform,
        )


class EnrolmentAnswer(Document, frozen=True):
    """``key_statement`` is the keyholder's, for this person; ``steward_keys`` are those that may sign disclosures.

    ``country`` and ``cohort`` are what the vault knows of the person besides, from the invitation.
    """

    person_id: PersonId
    device_id: DeviceId
    key_statement: Envelope
    steward_keys: Annotated[list[PublicKey], Meta(max_length=10_000)]
    country: Country
    cohort: Cohort


def encode(document: EnrolmentProof | EnrolmentRequest | EnrolmentAnswer) -> bytes:
    """The document's JSON: the bytes to sign, for :class:`EnrolmentProof`."""
    return encode_json(document)


def decode_proof(data: bytes) -> EnrolmentProof:
    """Parse what the person's key signed; raises :class:`BadInput`."""
    return decode_json(data, EnrolmentProof, name="enrolment proof", limit_bytes=LIMIT_BYTES)


def decode_request(data: bytes) -> EnrolmentRequest:
    """Parse a request to enrol; raises :class:`BadInput`."""
    return decode_json(data, EnrolmentRequest, name="enrolment", limit_bytes=LIMIT_BYTES)


def decode_answer(data: bytes) -> EnrolmentAnswer:
    """Parse the vault's answer; raises :class:`BadInput`."""
    return decode_json(data, EnrolmentAnswer, name="answer to an enrolment", limit_bytes=2 * 1024 * 1024)
