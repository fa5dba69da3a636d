"""Which ledger and which witnesses does this lab believe?

Set once by whoever runs the lab, from what the keyholder's and the witnesses' operators publish; never taken from the
server that is being checked.
"""

from typing import Annotated

from msgspec import Meta

from aboveboard.base.errors import BadInput
from aboveboard.formats.fields import Document, decode_json, encode_json

LIMIT_BYTES = 64 * 1024

VerifierKey = Annotated[str, Meta(pattern=r"^[^\s+]{1,200}\+[0-9a-f]{8}\+[A-Za-z0-9+/=]{1,100}$", max_length=320)]
"""A verifier key of C2SP signed notes: ``name+hash+base64``."""


class Trust(Document, frozen=True):
    """A release counts only if its ledger entry is in a checkpoint of the log ``origin``, signed with ``log_key`` and
    co-signed by at least ``quorum`` of ``witness_keys``.
    """

    origin: Annotated[str, Meta(min_length=1, max_length=200)]
    log_key: VerifierKey
    witness_keys: Annotated[list[VerifierKey], Meta(min_length=1, max_length=64)]
    quorum: Annotated[int, Meta(ge=1, le=64)]


def encode(trust: Trust) -> bytes:
    """The JSON that rests in ``trust.json``."""
    return encode_json(trust)


def decode(data: bytes) -> Trust:
    """Parse it; raises :class:`BadInput`, also where the quorum could never be met."""
    trust = decode_json(data, Trust, name="trust file", limit_bytes=LIMIT_BYTES)
    if trust.quorum > len(set(trust.witness_keys)):
        raise BadInput(
            f"this trust file asks for {trust.quorum} witnesses but names {len(set(trust.witness_keys))}",
            cause="a witness was removed, or one is named twice",
            fix="name more witnesses, or lower 'quorum'",
        )
    return trust
