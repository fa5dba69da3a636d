"""How does one place ask another, signed, and get either bytes or the other side's own error?"""

from collections.abc import Callable
from urllib.parse import quote, urlsplit

import httpx

from aboveboard.base.clock import SystemClock
from aboveboard.base.errors import BadInput, Unavailable
from aboveboard.sealing.signatures import SigningKey
from aboveboard.wire import problem
from aboveboard.wire.signed_request import sign_headers

ANSWER_LIMIT_BYTES = 80 * 1024 * 1024
"""A server that answers with more is not believed to be one of ours."""


class Client:
    """One server at ``base_url`` ("http://127.0.0.1:8041"), asked with ``key``; ``None`` asks unsigned.

    Every method returns the answer's bytes or raises: the server's own error as our class, or :class:`Unavailable`
    if there is no answer. Safe for threads. Redirects are not followed and proxies from the environment not used.
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
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise BadInput(
                f"{base_url[:200]!r} is not an address of a server",
                cause="it was mistyped",
                fix="it looks like http://127.0.0.1:8041; the server's address.json holds it",
            )
        self.base_url = base_url.rstrip("/")
        self._key = key
        self._now_ns = now_ns or SystemClock().wall_ns
        self._limit_bytes = limit_bytes
        self._http = httpx.Client(timeout=timeout_s, trust_env=False, follow_redirects=False)

    def get(self, path: str) -> bytes:
        """GET ``path`` ("/v1/status"); letters that a URL cannot hold are percent-encoded."""
        return self.ask("GET", path, b"")

    def post(self, path: str, body: bytes) -> bytes:
        """POST JSON."""
        return self.ask("POST", path, body, media_type="application/json")

    def put(self, path: str, body: bytes) -> bytes:
        """PUT raw bytes."""
        return self.ask("PUT", path, body, media_type="application/octet-stream")

    def ask(self, method: str, path: str, body: bytes, *, media_type: str | None = None) -> bytes:
        """Send one signed request and return the answer's body."""
        url = httpx.URL(self.base_url + quote(path, safe="/?&=%:@!$'()*+,;~-._"))
        headers = {} if media_type is None else {"Content-Type": media_type}
        if self._key is not None:
            headers |= sign_headers(method, str(url), body, self._key, now_ns=self._now_ns())
        try:
            with self._http.stream(method, url, content=body, headers=headers) as answer:
                data = self._read(answer)
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise Unavailable(
                f"{self.base_url} does not answer",
                cause=f"{type(error).__name__}: it is not running, or the network is down",
                fix="start it, check the address, then try again",
            ) from error
        if answer.is_success:
            return data
        raise problem.to_error(answer.status_code, data)

    def _read(self, answer: httpx.Response) -> bytes:
        chunks: list[bytes] = []
        size_bytes = 0
        for chunk in answer.iter_bytes():
            size_bytes += len(chunk)
            if size_bytes > self._limit_bytes:
                raise BadInput(
                    f"the answer of {self.base_url} is larger than {self._limit_bytes} bytes",
                    cause="this is not the server it should be",
                    fix="check the address",
                )
            chunks.append(chunk)
        return b"".join(chunks)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
