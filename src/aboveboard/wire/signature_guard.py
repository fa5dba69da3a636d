"""Does every request that reaches a handler carry a signature that holds?

Litestar middleware in front of every route. A handler is open only if it says ``opt={"open": True}``; otherwise the
request is verified (see ``signed_request``) before its body is read, the body is read up to the handler's
``opt={"body_limit": …}`` (bytes, or an async function of scope and key that returns bytes), and its digest is checked.
A handler that says ``opt={"in_pieces": True}`` has it from :func:`pieces_of`, uncopied, and none in the usual way. A
WebSocket is opened by a signed GET without a body. What a key may do is decided afterwards, by the handler.
"""

from collections.abc import Callable
from typing import Any

from litestar import Litestar
from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPReceiveMessage, Receive, Scope, Send, WebSocketReceiveMessage

from aboveboard.base.errors import Unavailable
from aboveboard.wire.pieces import Arriving, Pieces
from aboveboard.wire.problem import TooLarge
from aboveboard.wire.request_signing import RequestReason, not_authenticated
from aboveboard.wire.signed_request import ReplayCache, SignedHead, verify_head

BODY_LIMIT_BYTES = 1024 * 1024
"""What a handler reads at most unless it says otherwise."""

_STATE_KEY = "aboveboard_signed_by"
_PIECES_KEY = "aboveboard_pieces"


def signature_guard(*, now_ns: Callable[[], int]) -> Callable[..., ASGIApp]:
    """Make the middleware for ``Litestar(middleware=[…])``; ``now_ns`` reads wall time."""
    replays = ReplayCache(started_ns=now_ns())

    def _believed(scope: Scope, method: str) -> SignedHead:
        return verify_head(
            method,
            target_uri(scope, origins_of(scope["litestar_app"])),
            {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
            now_ns=now_ns(),
            replays=replays,
        )

    class SignatureGuard:
        def __init__(self, app: ASGIApp, **_: Any) -> None:
            self.app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == ScopeType.WEBSOCKET:
                head = _believed(scope, "GET")
                head.check_body(b"")
                scope["state"][_STATE_KEY] = head.key
            elif not _is_open(scope):
                head = _believed(scope, str(scope["method"]))
                pieces, digest = await _read(scope, receive, await _limit_bytes(scope, head.key))
                head.check_digest(digest)
                scope["state"][_STATE_KEY] = head.key
                if _takes_pieces(scope):
                    scope["state"][_PIECES_KEY] = pieces
                    pieces = []
                receive = _again(b"".join(pieces), receive)
            await self.app(scope, receive, send)

    return SignatureGuard


def signed_by(request: ASGIConnection[Any, Any, Any, Any]) -> str:
    """The public key ("ed25519:…") whose signature over this request holds; raises if the route is open."""
    key = request.scope["state"].get(_STATE_KEY)
    if not isinstance(key, str):
        raise not_authenticated(RequestReason.UNSIGNED)
    return key


def pieces_of(request: ASGIConnection[Any, Any, Any, Any]) -> Pieces:
    """The body, as it came, of a handler with ``opt={"in_pieces": True}``."""
    pieces: Pieces = request.scope["state"][_PIECES_KEY]
    return pieces


def origins_of(app: Litestar) -> frozenset[str]:
    """The app's own addresses ("http://127.0.0.1:8041"), which ``wire.server.serve`` notes once it has a port."""
    return frozenset(app.state.get("origins", ()))


def target_uri(scope: Scope, origins: frozenset[str]) -> str:
    """The absolute URI that was asked for, byte for byte; refuse it unless it starts with an address of this server."""
    hosts = [value for name, value in scope["headers"] if name.lower() == b"host"]
    scheme = {"ws": "http", "wss": "https"}.get(scope["scheme"], scope["scheme"])
    origin = f"{scheme}://{hosts[0].decode('latin-1')}" if len(hosts) == 1 else ""
    if origin not in origins:
        raise not_authenticated(RequestReason.OTHER_SERVER)
    path = scope["raw_path"].split(b"?", 1)[0].decode("latin-1")
    query = scope["query_string"].decode("latin-1")
    return f"{origin}{path}?{query}" if query else f"{origin}{path}"


def _is_open(scope: Scope) -> bool:
    handler = scope.get("route_handler")
    return handler is not None and handler.opt.get("open") is True


def _takes_pieces(scope: Scope) -> bool:
    handler = scope.get("route_handler")
    return handler is not None and handler.opt.get("in_pieces") is True


async def _limit_bytes(scope: Scope, key: str) -> int:
    handler = scope.get("route_handler")
    limit = BODY_LIMIT_BYTES if handler is None else handler.opt.get("body_limit", BODY_LIMIT_BYTES)
    return int(await limit(scope, key) if callable(limit) else limit)


async def _read(scope: Scope, receive: Receive, limit_bytes: int) -> tuple[list[bytes], bytes]:
    """The whole body and its SHA-256; raises :class:`TooLarge` as soon as it is known to exceed ``limit_bytes``.

    Each piece is hashed as it comes, while it is still near: others wait for a quarter of a millisecond at most.
    """
    declared = next((value for name, value in scope["headers"] if name.lower() == b"content-length"), b"0")
    if not declared.isdigit() or int(declared) > limit_bytes:
        raise _too_large(limit_bytes)
    body = Arriving()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise Unavailable(
                "the request ended before its body did", cause="the sender went away", fix="send it again"
            )
        if body.size_bytes + len(message["body"]) > limit_bytes:
            raise _too_large(limit_bytes)
        body.add(message["body"])
        if not message["more_body"]:
            return body.whole()


def _too_large(limit_bytes: int) -> TooLarge:
    return TooLarge(
        f"the body is larger than {limit_bytes} bytes",
        cause="it is not what it claims to be, or larger than was declared",
        fix="send at most what the limit, or the segment's manifest, allows",
    )


def _again(body: bytes, receive: Receive) -> Receive:
    """Give the body, once, to whoever reads it next."""
    given = False

    async def again() -> HTTPReceiveMessage | WebSocketReceiveMessage:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
