"""How is a request signed, so that the other side can believe it, and why may it not be believed?

HTTP Message Signatures (RFC 9421) with Ed25519, in the one spelling of ``docs/spec/http.md``. As there is only one, it
is written down here. What believes it is a library's reading of the standard (``wire.signed_request``), on servers: a
recorder, which asks every few seconds all day, need not load that.
"""

import base64
import secrets
from enum import StrEnum

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import BadInput, Refused
from aboveboard.sealing.signatures import SigningKey
from aboveboard.wire.pieces import Pieces, sha256_of

LABEL = "aboveboard"
TAG = "aboveboard-request/1"
COVERED = ("@method", "@target-uri", "content-digest")


class RequestReason(StrEnum):
    """Why a request was not believed. None of these says whether the key is known: that is the asker's to decide."""

    UNSIGNED = "request:unsigned"
    SIGNATURE = "request:signature"
    EXPIRED = "request:expired"
    REPLAYED = "request:replayed"
    OTHER_SERVER = "request:other_server"
    BODY = "request:body"


_WORDS: dict[RequestReason, tuple[str, str]] = {
    RequestReason.UNSIGNED: ("The request is not signed.", "Sign it as docs/spec/http.md says."),
    RequestReason.SIGNATURE: ("The signature of the request does not hold.", "Send it again, unchanged on the way."),
    RequestReason.EXPIRED: (
        "The request is too old, dated ahead, or from before the server started.",
        "Set this machine's clock, then send it again with a new signature.",
    ),
    RequestReason.REPLAYED: ("This very request was already seen.", "Send it again with a new nonce."),
    RequestReason.OTHER_SERVER: ("The request was made for another server.", "Use the address the server gives."),
    RequestReason.BODY: ("The body is not the one that was signed.", "Send it again, unchanged on the way."),
}


class NotAuthenticated(Refused):
    """The request cannot be attributed to a key. ``reason`` is a :class:`RequestReason`."""

    code = "not_authenticated"


def not_authenticated(reason: RequestReason, detail: str = "") -> NotAuthenticated:
    """The error for ``reason``; ``detail`` never holds anything secret."""
    sentence, next_step = _WORDS[reason]
    return NotAuthenticated(reason, sentence, cause=detail, fix=next_step)


def sign_headers(method: str, url: str, body: bytes | Pieces, key: SigningKey, *, now_ns: int) -> dict[str, str]:
    """The headers that sign this request: ``Content-Digest``, ``Signature-Input`` and ``Signature``.

    ``url`` is absolute and already percent-encoded, exactly as it goes over the wire; ``now_ns`` is wall time. Raises
    :class:`BadInput` if it holds a letter that a line of the signature cannot.
    """
    if not (url.isascii() and url.isprintable()) or " " in url:
        raise BadInput(f"{url[:200]!r} is not an address", cause="it is not percent-encoded", fix="encode it first")
    body_sha256 = sha256_of([body] if isinstance(body, bytes) else body)
    digest = f"sha-256=:{base64.b64encode(body_sha256).decode()}:"
    parameters = (
        f'("@method" "@target-uri" "content-digest");created={now_ns // SECOND_NS};keyid="{key.public}"'
        f';alg="ed25519";nonce="{secrets.token_hex(16)}";tag="{TAG}"'
    )
    lines = (
        f'"@method": {method.upper()}',
        f'"@target-uri": {url}',
        f'"content-digest": {digest}',
        f'"@signature-params": {parameters}',
    )
    signature = base64.b64encode(key.sign_raw("\n".join(lines).encode())).decode()
    return {
        "Content-Digest": digest,
        "Signature-Input": f"{LABEL}={parameters}",
        "Signature": f"{LABEL}=:{signature}:",
    }
