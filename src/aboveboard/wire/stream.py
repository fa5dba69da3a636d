"""How does one place keep a connection to another open, on which both may speak at any time?

A WebSocket (RFC 6455), opened by a request that is signed like every other. What is said on it is as safe as the
connection: beyond loopback that is TLS. Loaded only where it is used.
"""

import ssl
from contextlib import ExitStack, suppress
from types import TracebackType

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from aboveboard.base.errors import Unavailable

OPEN_S, CLOSE_S = 10.0, 0.5


class Stream:
    """An open stream to ``url`` ("http://…" or "https://…"); ``headers`` sign the opening. Raises :class:`Unavailable`.

    One thread may :meth:`receive` while others :meth:`send`. A message of more than ``limit_bytes`` ends it.
    """

    def __init__(self, url: str, headers: dict[str, str], *, limit_bytes: int) -> None:
        self._opened = ExitStack()
        try:
            opening = connect(
                url.replace("http", "ws", 1),
                additional_headers=headers,
                ssl=ssl.create_default_context() if url.startswith("https:") else None,
                compression=None,
                open_timeout=OPEN_S,
                close_timeout=CLOSE_S,
                ping_interval=None,
                max_size=limit_bytes,
                user_agent_header=None,
                proxy=None,
            )
            self._connection: ClientConnection = self._opened.enter_context(opening)
        except (OSError, WebSocketException) as error:
            raise _away(error) from error

    def send(self, message: bytes) -> None:
        """Send one message; raises :class:`Unavailable` if the stream is closed."""
        try:
            self._connection.send(message, text=True)
        except (OSError, WebSocketException) as error:
            raise _away(error) from error

    def receive(self) -> bytes:
        """The next message, whenever it comes; raises :class:`Unavailable` once the stream is closed."""
        try:
            message = self._connection.recv(decode=False)
        except (OSError, WebSocketException) as error:
            raise _away(error) from error
        return message if isinstance(message, bytes) else message.encode("utf-8")

    def close(self) -> None:
        """Close it, from any thread."""
        with suppress(OSError, WebSocketException):
            self._connection.close()

    def __enter__(self) -> "Stream":
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()


def _away(error: Exception) -> Unavailable:
    return Unavailable(
        "the stream to the server is closed",
        cause=f"{type(error).__name__}: it is not running, has no streams, or refused this one",
        fix="nothing: without it the server is asked now and then",
    )
