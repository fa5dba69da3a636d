"""Who sent this request, to this server, just now, and is it the first time it is seen?

HTTP Message Signatures (RFC 9421) with Ed25519, made by ``wire.request_signing``. The signature covers the method, the
whole target URI (so a request captured by one server is worthless at another) and the digest of the body (RFC 9530);
its parameters carry the time, a nonce and the public key. The numbered steps are the same in ``docs/spec/http.md``:

1. There is exactly one signature, in the one spelling that this profile allows.
2. It names an Ed25519 public key as ``keyid``.
3. It covers ``@method``, ``@target-uri`` and ``content-digest``, and it holds.
4. It is not older than 60 s, not dated ahead, and not older than the server's own start (before which no nonce is
   remembered).
5. Its nonce was not seen before.
6. The body is the one whose digest was signed.
"""

import base64
import hmac
import re
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from http_message_signatures import HTTPMessageVerifier, HTTPSignatureKeyResolver, algorithms

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import Unavailable
from aboveboard.sealing.signatures import public_key
from aboveboard.wire.request_signing import COVERED, LABEL, TAG, RequestReason, not_authenticated

MAX_AGE_NS = 60 * SECOND_NS
AHEAD_TOLERANCE_NS = 5 * SECOND_NS
REMEMBERED_LIMIT = 200_000
"""How many nonces are remembered at most: 60 s at 3,000 requests a second. Beyond it, requests are refused."""

_NONCE = re.compile(r"[0-9a-f]{32}")
# Base64 leaves spare bits in its last letter; only the spelling with zeros there is accepted, so that changing any
# byte of a signed request makes it another one.
_SIGNATURE = re.compile(LABEL + r"=:[A-Za-z0-9+/]{85}[AQgw]==:")
_DIGEST = re.compile(r"sha-256=:[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=:")


class ReplayCache:
    """Remembers nonces for as long as their requests could be accepted. In memory, safe for threads.

    ``started_ns`` is the wall time at which remembering began: what was signed before it is refused, so a restart
    opens no window. When full it refuses rather than forgets.
    """

    def __init__(self, *, started_ns: int, limit: int = REMEMBERED_LIMIT) -> None:
        self.started_s = started_ns // SECOND_NS
        self._limit = limit
        self._seen: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._lock = threading.Lock()

    def remembered(self) -> int:
        """How many nonces are remembered."""
        return len(self._seen)

    def remember(self, key: str, nonce: str, *, now_ns: int) -> None:
        """Note this nonce of this key; raise :class:`NotAuthenticated` if it was seen, Unavailable if full."""
        with self._lock:
            self._forget(now_ns)
            if (key, nonce) in self._seen:
                raise not_authenticated(RequestReason.REPLAYED)
            if len(self._seen) >= self._limit:
                raise Unavailable(
                    "this server gets more requests than it can tell apart",
                    cause="too many requests within a minute",
                    fix="wait a minute, then try again",
                )
            self._seen[key, nonce] = now_ns + MAX_AGE_NS + 2 * AHEAD_TOLERANCE_NS

    def _forget(self, now_ns: int) -> None:
        while self._seen:
            oldest = next(iter(self._seen))
            if self._seen[oldest] > now_ns:
                return
            del self._seen[oldest]


@dataclass(frozen=True)
class SignedHead:
    """Method, target and headers hold; the body is still to be checked. ``key`` is the public key's text form."""

    key: str
    body_sha256: bytes

    def check_body(self, body: bytes) -> None:
        """Step 6; raise :class:`NotAuthenticated` if this is not the body that was signed."""
        self.check_digest(sha256(body).digest())

    def check_digest(self, body_sha256: bytes) -> None:
        """Step 6, of a body whose SHA-256 the caller has computed."""
        if not hmac.compare_digest(body_sha256, self.body_sha256):
            raise not_authenticated(RequestReason.BODY)


@dataclass
class _Message:
    method: str
    url: str
    headers: dict[str, str]


class _KeyIsItsName(HTTPSignatureKeyResolver):
    """The key id is the public key itself; whether it belongs to anybody is decided after the signature holds."""

    def resolve_public_key(self, key_id: str) -> Ed25519PublicKey:
        return public_key(key_id)


class _Verifier(HTTPMessageVerifier):
    """The library's verifier; time is judged by :func:`verify_head`, on the clock that it is given."""

    def validate_created_and_expires(self, sig_input: Any, max_age: timedelta | None = None) -> None:
        return None


def verify(method: str, url: str, headers: Mapping[str, str], body: bytes, *, now_ns: int, replays: ReplayCache) -> str:
    """Steps 1 to 6; returns the public key ("ed25519:…") that signed, raises :class:`NotAuthenticated`."""
    head = verify_head(method, url, headers, now_ns=now_ns, replays=replays)
    head.check_body(body)
    return head.key


def verify_head(method: str, url: str, headers: Mapping[str, str], *, now_ns: int, replays: ReplayCache) -> SignedHead:
    """Steps 1 to 5, before the body is read. ``url`` is built from the server's own address, never believed."""
    sent = {name.lower(): value for name, value in headers.items()}
    if "signature" not in sent or "signature-input" not in sent:
        raise not_authenticated(RequestReason.UNSIGNED)
    digest = sent.get("content-digest", "")
    if not _SIGNATURE.fullmatch(sent["signature"]) or not _DIGEST.fullmatch(digest):
        raise not_authenticated(RequestReason.SIGNATURE, "a header is not in the form that is asked for")
    try:
        verifier = _Verifier(signature_algorithm=algorithms.ED25519, key_resolver=_KeyIsItsName())
        [result] = verifier.verify(
            _Message(method, url, {name: sent[name] for name in ("content-digest", "signature", "signature-input")}),
            max_age=None,
            expect_tag=TAG,
            require_components=COVERED,
        )
    except Exception as error:
        raise not_authenticated(RequestReason.SIGNATURE) from error
    parameters = result.parameters
    nonce, created_s, key = parameters.get("nonce"), parameters.get("created"), str(parameters["keyid"])
    if not isinstance(nonce, str) or not _NONCE.fullmatch(nonce) or not isinstance(created_s, int):
        raise not_authenticated(RequestReason.SIGNATURE, "the nonce or the time is missing")
    if len(result.covered_components) != len(COVERED) + 1:
        raise not_authenticated(RequestReason.SIGNATURE, "it covers other parts than asked for")
    _check_age(created_s, now_ns=now_ns, replays=replays)
    replays.remember(key, nonce, now_ns=now_ns)
    return SignedHead(key, base64.b64decode(digest.removeprefix("sha-256=:").removesuffix(":")))


def _check_age(created_s: int, *, now_ns: int, replays: ReplayCache) -> None:
    """Step 4."""
    age_ns = now_ns - created_s * SECOND_NS
    if age_ns > MAX_AGE_NS or age_ns < -AHEAD_TOLERANCE_NS:
        raise not_authenticated(RequestReason.EXPIRED, f"its time differs by {abs(age_ns) // SECOND_NS} s from ours")
    if created_s < replays.started_s:
        raise not_authenticated(RequestReason.EXPIRED, "it was signed before the server started")
