"""How is a server asked that is not one of ours, and does not sign or explain anything?

One connection is kept open. Whatever the answer's status is, it is an answer; it has a limit of bytes, and of time as a
whole, so that nobody holds us up by sending a little now and then.
"""

import http.client
import ssl
import threading
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from aboveboard.base.errors import Unavailable

PIECE_BYTES = 4096


@dataclass(frozen=True)
class Answer:
    """``media_type`` is without its parameters."""

    status: int
    media_type: str
    body: bytes


class PlainServer:
    """The server at ``base_url``, asked one question at a time. Safe for threads."""

    def __init__(self, base_url: str, *, timeout_s: float, limit_bytes: int) -> None:
        self._base_url = base_url.rstrip("/")
        self.timeout_s = timeout_s
        self._limit_bytes = limit_bytes
        self._kept: http.client.HTTPConnection | None = None
        self._lock = threading.Lock()

    def ask(self, method: str, path: str, body: bytes = b"", media_type: str = "") -> Answer:
        """One request; raises :class:`Unavailable` if there is no answer, or none within the limits.

        A kept connection may have been closed by the other side meanwhile: then it is asked once more, over a new one.
        """
        with self._lock:
            kept = self._kept
            try:
                if kept is not None:
                    try:
                        return self._ask(kept, method, path, body, media_type)
                    except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                        kept.close()
                self._kept = self._connect()
                return self._ask(self._kept, method, path, body, media_type)
            except (OSError, http.client.HTTPException, ValueError) as error:
                self.forget()
                raise Unavailable(
                    f"{self._base_url} does not answer: {type(error).__name__}",
                    cause="it is not running, or the network is down",
                    fix="check its address, then try again",
                ) from error
            except Unavailable:
                self.forget()
                raise

    def forget(self) -> None:
        """Close the kept connection."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def _connect(self) -> http.client.HTTPConnection:
        parts = urlsplit(self._base_url)
        if parts.scheme == "https":
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(
                parts.hostname or "", parts.port, timeout=self.timeout_s, context=context
            )
        return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=self.timeout_s)

    def _ask(
        self, connection: http.client.HTTPConnection, method: str, path: str, body: bytes, media_type: str
    ) -> Answer:
        until = time.monotonic() + self.timeout_s
        headers = {"Content-Type": media_type} if media_type else {}
        connection.request(method, urlsplit(self._base_url).path + path, body or None, headers)
        answer = connection.getresponse()
        received = bytearray()
        while piece := answer.read1(PIECE_BYTES):
            received += piece
            if len(received) > self._limit_bytes or time.monotonic() > until:
                raise Unavailable(
                    f"{self._base_url} answers with too much, or too slowly",
                    cause="it is another server, or it is overloaded",
                    fix="check its address",
                )
        answer.close()
        kind = answer.headers.get("Content-Type", "").split(";")[0].strip()
        return Answer(answer.status, kind, bytes(received))
