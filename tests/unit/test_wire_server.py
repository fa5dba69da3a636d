"""The server listens only where it may, says what went wrong without saying what was in it, and reads no more than it
must."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from litestar import Litestar, Request, get, post, put
from litestar.testing import TestClient
from litestar.types import Scope

from aboveboard.base import errors
from aboveboard.base.errors import AboveboardError, BadInput, Refused, Unavailable
from aboveboard.sealing.signatures import SigningKey
from aboveboard.wire import problem, server
from aboveboard.wire.client import Client
from aboveboard.wire.request_signing import NotAuthenticated, sign_headers
from aboveboard.wire.server import exception_handlers, signature_guard, signed_by
from aboveboard.wire.signature_guard import pieces_of

URL = "http://place.test"
KEY = SigningKey.generate()
SECRET = "what somebody typed"


async def two_bytes(_: Scope, key: str) -> int:
    if key != KEY.public:
        raise errors.NotFound("not yours", cause="c", fix="f")
    return 2


@get("/open", opt={"open": True})
async def unsigned() -> dict[str, str]:
    return {}


@post("/echo", status_code=200, opt={"body_limit": 10})
async def echo(request: Request[Any, Any, Any]) -> dict[str, str]:
    return {"key": signed_by(request), "body": (await request.body()).decode()}


@put("/limited", opt={"body_limit": two_bytes})
async def limited(request: Request[Any, Any, Any]) -> dict[str, int]:
    return {"size": len(await request.body())}


@put("/pieces", opt={"in_pieces": True, "body_limit": 100_000})
async def in_pieces(request: Request[Any, Any, Any]) -> dict[str, Any]:
    return {"pieces": [len(each) for each in pieces_of(request)], "usual": len(await request.body())}


@post("/fault")
async def fault(request: Request[Any, Any, Any]) -> None:
    raise RuntimeError((await request.body()).decode())


@post("/refusal")
async def refusal() -> None:
    raise Refused("lease:none", "There is no lease.", cause="a cause", fix="a fix")


@get("/open-but-asks", opt={"open": True})
async def open_but_asks(request: Request[Any, Any, Any]) -> dict[str, str]:
    return {"key": signed_by(request)}


def app() -> Litestar:
    made = Litestar(
        [unsigned, echo, limited, in_pieces, fault, refusal, open_but_asks],
        middleware=[signature_guard(now_ns=time.time_ns)],
        exception_handlers=exception_handlers,
        logging_config=None,
    )
    made.state.origins = {URL}
    return made


def ask(method: str, path: str, body: bytes = b"", key: SigningKey | None = KEY, url: str = URL) -> bytes:
    headers = {} if key is None else sign_headers(method, url + path, body, key, now_ns=time.time_ns())
    with TestClient(app(), base_url=url, raise_server_exceptions=False) as client:
        answer = client.request(method, path, content=body, headers=headers)
    if answer.is_success:
        return answer.content
    assert answer.headers["content-type"] == problem.MEDIA_TYPE
    raise problem.to_error(answer.status_code, answer.content)


def test_only_what_is_marked_open_is_open() -> None:
    assert ask("GET", "/open", key=None) == b"{}"
    for method, path in (("POST", "/echo"), ("PUT", "/limited"), ("POST", "/fault"), ("GET", "/open-but-asks")):
        with pytest.raises(NotAuthenticated) as caught:
            ask(method, path, key=None)
        assert caught.value.reason == "request:unsigned"


def test_the_handler_knows_the_key_and_gets_the_body() -> None:
    assert json.loads(ask("POST", "/echo", b"0123456789")) == {"key": KEY.public, "body": "0123456789"}


def test_a_server_believes_only_its_own_address() -> None:
    with pytest.raises(NotAuthenticated) as caught:
        ask("POST", "/echo", url="http://elsewhere.test")
    assert caught.value.reason == "request:other_server"


def test_a_body_above_the_limit_is_refused() -> None:
    with pytest.raises(problem.TooLarge):
        ask("POST", "/echo", b"0123456789x")
    with pytest.raises(problem.TooLarge):
        ask("PUT", "/limited", b"abc")
    assert json.loads(ask("PUT", "/limited", b"ab")) == {"size": 2}
    with pytest.raises(errors.NotFound):
        ask("PUT", "/limited", b"ab", SigningKey.generate())


@pytest.mark.parametrize("path", ["/limited", "/pieces"])
def test_a_body_that_was_not_signed_reaches_no_handler(path: str) -> None:
    headers = sign_headers("PUT", URL + path, b"ab", KEY, now_ns=time.time_ns())
    with TestClient(app(), base_url=URL) as client:
        answer = client.put(path, content=b"aB", headers=headers)
    assert (answer.status_code, answer.json()["reason"]) == (401, "request:body")


def test_a_large_body_comes_as_it_was_sent_in_pieces() -> None:
    assert json.loads(ask("PUT", "/pieces", b"x" * 100_000)) == {"pieces": [100_000], "usual": 0}
    with pytest.raises(problem.TooLarge):
        ask("PUT", "/pieces", b"x" * 100_001)


def test_an_endless_body_is_not_read_to_its_end() -> None:
    """Without a declared length, no more than the limit is read."""
    read_bytes = 0
    headers = sign_headers("POST", f"{URL}/echo", b"", KEY, now_ns=time.time_ns())

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read_bytes
        for _ in range(10_000):
            read_bytes += 8
            yield b"x" * 8

    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(app())
        async with httpx.AsyncClient(transport=transport, base_url=URL) as client:
            return await client.post("/echo", content=endless(), headers=headers)

    assert asyncio.run(run()).status_code == 413
    assert read_bytes <= 24


def test_a_fault_says_nothing_of_what_was_in_the_request(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), pytest.raises(AboveboardError) as caught:
        ask("POST", "/fault", SECRET.encode())
    assert type(caught.value) is AboveboardError
    assert "RuntimeError" in str(caught.value)
    assert SECRET not in str(caught.value)
    assert SECRET not in caplog.text
    assert "test_wire_server.py" in caplog.text, "the log says where it happened"


def test_an_error_arrives_as_it_was_raised() -> None:
    with pytest.raises(Refused) as caught:
        ask("POST", "/refusal")
    error = caught.value
    assert (error.reason, error.what, error.cause, error.fix) == (
        "lease:none",
        "There is no lease.",
        "a cause",
        "a fix",
    )


@pytest.mark.parametrize("kind", sorted(problem.STATUS_OF, key=lambda kind: kind.code))
def test_every_error_crosses(kind: type[AboveboardError]) -> None:
    arguments = ("a:reason", "what") if issubclass(kind, Refused) else ("what",)
    sent = kind(*arguments, cause="cause", fix="fix")
    body = problem.from_error(sent)
    received = problem.to_error(body.status, json.dumps({"title": "", **json.loads(_encoded(body))}).encode())
    assert type(received) is kind
    assert (received.what, received.cause, received.fix) == ("what", "cause", "fix")


def _encoded(body: problem.Problem) -> bytes:
    return msgspec.json.encode(body)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b"{", b"\xff", b'{"title": 1}', b"[" * 100_000])
def test_whatever_answers_it_is_an_error_of_ours(body: bytes) -> None:
    assert isinstance(problem.to_error(500, body), AboveboardError)
    assert isinstance(problem.to_error(503, body), Unavailable)


def test_it_does_not_listen_beyond_loopback_unless_told(tmp_path: Path) -> None:
    for host in ("0.0.0.0", "192.0.2.1", "::", "example.org"):
        with pytest.raises(BadInput, match="will not listen"):
            server.serve(app(), home=tmp_path, port=0, name="place", host=host)


def test_a_client_says_when_nobody_answers() -> None:
    with pytest.raises(Unavailable), Client("http://127.0.0.1:9", KEY) as client:
        client.get("/v1/health")
    for wrong in ("127.0.0.1:8041", "ftp://x", "http://"):
        with pytest.raises(BadInput):
            Client(wrong, KEY)


def test_an_address_file_is_private_and_whole(tmp_path: Path) -> None:
    server.write_atomically(tmp_path / "address.json", b"{}")
    server.write_atomically(tmp_path / "address.json", b'{"pid": 1}')
    assert [path.name for path in tmp_path.iterdir()] == ["address.json"]
    assert (tmp_path / "address.json").stat().st_mode & 0o077 == 0
