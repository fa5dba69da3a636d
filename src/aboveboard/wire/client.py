"""How does one place ask another, signed, and get either bytes or the other side's own error?"""

import http.client
import select
import ssl
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from aboveboard.base.clock import SystemClock
from aboveboard.base.errors import BadInput, Unavailable
from aboveboard.sealing.signatures import SigningKey
from aboveboard.wire import problem
from aboveboard.wire.pieces import Pieces, size_of
from aboveboard.wire.request_signing import sign_headers

if TYPE_CHECKING:
    from aboveboard.wire.stream import Stream

ANSWER_LIMIT_BYTES = 80 * 1024 * 1024
"""A server that answers with more is not believed to be one of ours."""


class Client:
    """One server at ``base_url`` ("http://127.0.0.1:8041"), asked with ``key``; ``None`` asks unsigned.

    Every method returns the answer's bytes or raises: the server's own error as our class, or :class:`Unavailable`
    if there is no answer. Safe for threads: each has a connection of its own, kept open between requests. Redirects
    are not followed and proxies from the environment not used.
    """

    def __init__(
        self,
        base_url: str,
        key: SigningKey | None,
        *,
        timeout_s: float = 10,
        now_ns: Callable[[], int] | None = None,
        limit_bytes: int = ANSWER_LIMIT_BYTES,
    ) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or _port(parts.netloc) is None:
            raise BadInput(
                f"{base_url[:200]!r} is not an address of a server",
                cause="it was mistyped",
                fix="it looks like http://127.0.0.1:8041; the server's address.json holds it",
            )
        self.base_url = base_url.rstrip("/")
        self._key = key
        self._now_ns = now_ns or SystemClock().wall_ns
        self._limit_bytes = limit_bytes
        self._secure, self._netloc, self._root = parts.scheme == "https", parts.netloc, parts.path.rstrip("/")
        self._timeout_s = timeout_s
        self._own = threading.local()
        self._lock = threading.Lock()
        self._open: set[http.client.HTTPConnection] = set()

    def get(self, path: str) -> bytes:
        """GET ``path`` ("/v1/status"); letters that a URL cannot hold are percent-encoded."""
        return self.ask("GET", path, b"")

    def post(self, path: str, body: bytes) -> bytes:
        """POST JSON."""
        return self.ask("POST", path, body, media_type="application/json")

    def put(self, path: str, body: bytes | Pieces) -> bytes:
        """PUT raw bytes: pieces go one behind the other, and are not copied."""
        return self.ask("PUT", path, body, media_type="application/octet-stream")

    def ask(self, method: str, path: str, body: bytes | Pieces, *, media_type: str | None = None) -> bytes:
        """Send one signed request and return the answer's body."""
        target = self._root + quote(path, safe="/?&=%:@!$'()*+,;~-._")
        headers = {} if media_type is None else {"Content-Type": media_type}
        if not isinstance(body, bytes):
            headers["Content-Length"] = str(size_of(body))
        if self._key is not None:
            url = self.base_url.removesuffix(self._root) + target
            headers |= sign_headers(method, url, body, self._key, now_ns=self._now_ns())
        try:
            connection = self._connection()
            connection.request(method, target, body, headers)
            with connection.getresponse() as answer:
                data = answer.read(self._limit_bytes + 1)
                if len(data) > self._limit_bytes:
                    self._forget(connection)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._forget(getattr(self._own, "connection", None))
            raise Unavailable(
                f"{self.base_url} does not answer",
                cause=f"{type(error).__name__}: it is not running, or the network is down",
                fix="start it, check the address, then try again",
            ) from error
        if len(data) > self._limit_bytes:
            raise BadInput(
                f"the answer of {self.base_url} is larger than {self._limit_bytes} bytes",
                cause="this is not the server it should be",
                fix="check the address",
            )
        if 200 <= answer.status < 300:
            return data
        raise problem.to_error(answer.status, data)

    def stream(self, path: str, *, limit_bytes: int) -> "Stream":
        """Open a stream at ``path``, with a signed request; raises :class:`Unavailable`."""
        from aboveboard.wire.stream import Stream

        url = self.base_url + path
        headers = {} if self._key is None else sign_headers("GET", url, b"", self._key, now_ns=self._now_ns())
        return Stream(url, headers, limit_bytes=limit_bytes)

    def _connection(self) -> http.client.HTTPConnection:
        """This thread's connection; a new one if the server has closed it meanwhile."""
        connection: http.client.HTTPConnection | None = getattr(self._own, "connection", None)
        if connection is not None and connection.sock is not None and _readable(connection):
            self._forget(connection)  # nothing was asked, so what can be read is that it is closed
            connection = None
        if connection is None:
            if self._secure:
                connection = http.client.HTTPSConnection(
                    self._netloc, timeout=self._timeout_s, context=ssl.create_default_context()
                )
            else:
                connection = http.client.HTTPConnection(self._netloc, timeout=self._timeout_s)
            self._own.connection = connection
            with self._lock:
                self._open.add(connection)
        return connection

    def _forget(self, connection: http.client.HTTPConnection | None) -> None:
        if connection is None:
            return
        connection.close()
        self._own.connection = None
        with self._lock:
            self._open.discard(connection)

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            connections, self._open = self._open, set()
        for connection in connections:
            connection.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _port(netloc: str) -> int | None:
    """The port, 0 for the scheme's own, ``None`` if it is no port."""
    try:
        return urlsplit(f"//{netloc}").port or 0
    except ValueError:
        return None


def _readable(connection: http.client.HTTPConnection) -> bool:
    poll = select.poll()
    poll.register(connection.sock, select.POLLIN)
    return bool(poll.poll(0))
