"""Since when has this checkpoint existed, at the latest, by a clock that is not ours?

A time authority (RFC 3161) signs the hash of a file and a time. What is stamped here is a checkpoint exactly as it was
published, signatures included, so that ``openssl ts -verify`` checks the same two files. The keyholder can set its own
clock, and so can a witness it colludes with; the authority's has nothing to do with either.
"""

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from aboveboard.base.errors import BadInput, Tampered

QUERY_TYPE = "application/timestamp-query"
ANSWER_LIMIT_BYTES = 64 * 1024


@dataclass(frozen=True)
class Asked:
    """A request as it is sent, and the number that the answer must repeat."""

    body: bytes
    nonce: int | None


def ask(note: str) -> Asked:
    """What to send to a time authority for ``note``, a signed checkpoint."""
    request = TimestampRequestBuilder().data(note.encode()).hash_algorithm(HashAlgorithm.SHA256).build()
    return Asked(request.as_bytes(), request.nonce)


def check(answer: bytes, note: str, roots_pem: bytes, *, nonce: int | None = None) -> datetime:
    """When ``note`` existed, as an authority under one of ``roots_pem`` (PEM certificates) has signed in ``answer``.

    ``nonce`` is that of the request, where the answer is to it. Raises :class:`BadInput` if something does not parse,
    and :class:`Tampered` if a check fails.
    """
    try:
        roots = x509.load_pem_x509_certificates(roots_pem)
        found = decode_timestamp_response(answer[: ANSWER_LIMIT_BYTES + 1])
    except ValueError as error:
        raise BadInput(
            f"this is no answer of a time authority, or its certificates cannot be read: {error}",
            cause="it was cut short, or is another file",
            fix="use the pair of files that belong together",
        ) from error
    builder = VerifierBuilder(roots=list(roots), nonce=nonce)
    try:
        builder.build().verify_message(found, note.encode())
        return found.tst_info.gen_time
    except (VerificationError, ValueError) as error:
        raise Tampered(
            f"this stamp does not hold: {error}",
            cause="it is of another checkpoint, by another authority, or was changed",
            fix="keep both files; ask the keyholder's operator for the stamp as it was made",
        ) from error
