"""Is any answer an answer, whatever its status, and nobody waited for longer or read further than the limits say?"""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from aboveboard.base.errors import Unavailable
from aboveboard.wire.plain import Answer, PlainServer

Connection = Callable[[socket.socket], None]


@contextmanager
def listening(serve: Connection) -> Iterator[str]:
    """A server that hands each connection to ``serve``."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    try:
                        serve(connection)
                    except OSError:
                        continue

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/prefix"
        server.shutdown(socket.SHUT_RDWR)


def request(connection: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(4096)
        if not piece:
            raise OSError("closed")
        received += piece
    return received


def reply(status: str, body: bytes) -> bytes:
    return (
        f"HTTP/1.1 {status}\r\nContent-Type: text/x.tlog.size; a=b\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        + body
    )


def ask(url: str, **limits: float) -> Answer:
    return PlainServer(url, **{"timeout_s": 5, "limit_bytes": 1000} | limits).ask("GET", "/checkpoint")  # type: ignore[arg-type]


def test_any_status_is_an_answer_and_the_connection_is_kept() -> None:
    asked: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        while True:
            asked.append(request(connection))
            connection.sendall(reply("409 Conflict", b"7\n"))

    with listening(serve) as url:
        server = PlainServer(url, timeout_s=5, limit_bytes=1000)
        for _ in range(3):
            assert server.ask("GET", "/checkpoint") == Answer(409, "text/x.tlog.size", b"7\n")
        server.forget()
    assert len(asked) == 3
    assert all(each.startswith(b"GET /prefix/checkpoint HTTP/1.1") for each in asked)


def test_a_connection_that_was_closed_meanwhile_is_made_anew() -> None:
    def serve(connection: socket.socket) -> None:
        request(connection)
        connection.sendall(reply("200 OK", b"once"))

    with listening(serve) as url:
        server = PlainServer(url, timeout_s=5, limit_bytes=1000)
        for _ in range(3):
            assert server.ask("GET", "/checkpoint").body == b"once"


def test_who_sends_too_much_or_a_little_for_ever_is_not_waited_for() -> None:
    def much(connection: socket.socket) -> None:
        request(connection)
        connection.sendall(reply("200 OK", bytes(100_000)))

    def little(connection: socket.socket) -> None:
        request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n")
        for _ in range(900):
            connection.sendall(b"x")
            time.sleep(0.05)

    def nothing(connection: socket.socket) -> None:
        request(connection)
        connection.recv(1)

    for serve in (much, little, nothing):
        with listening(serve) as url:
            began = time.monotonic()
            with pytest.raises(Unavailable):
                ask(url, timeout_s=0.5)
            assert time.monotonic() - began < 30


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://127.0.0.1:99999", "http://", "http://a:b"])
def test_nobody_there_is_said(url: str) -> None:
    with pytest.raises(Unavailable, match="does not answer"):
        ask(url)


def test_rubbish_is_no_answer() -> None:
    def serve(connection: socket.socket) -> None:
        request(connection)
        connection.sendall(b"\x00\xff" * 50 + b"\r\n\r\n")

    with listening(serve) as url, pytest.raises(Unavailable):
        ask(url)
