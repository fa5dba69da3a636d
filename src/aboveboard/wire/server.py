"""How does a place listen, and how does it stop?

One process, one port, on loopback unless told otherwise. The address is written to ``<home>/address.json`` once the
server answers, and taken away when it stops, so that whoever reads the file finds a server behind it.
"""

import asyncio
import ipaddress
import json
import logging
import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server
from litestar import Litestar, Request, Response
from litestar.exceptions import HTTPException

from aboveboard.base.errors import AboveboardError, BadInput, SetupMissing, Unavailable
from aboveboard.wire import problem as problems
from aboveboard.wire.signature_guard import signature_guard, signed_by

__all__ = ["exception_handlers", "problem", "serve", "signature_guard", "signed_by"]

START_LIMIT_S = 20.0
BACKLOG = 2_048
"""How many connections may wait to be taken: a fleet comes back all at once."""
CONNECTIONS = 65_536
"""How many may be kept open at once; whoever comes then waits. Each device keeps one."""
log = logging.getLogger("aboveboard.wire")


def problem(_: Request[Any, Any, Any], error: Exception) -> Response[problems.Problem]:
    """Any error as a problem document. What was not raised on purpose is logged by kind and place, never by content."""
    if isinstance(error, AboveboardError):
        body = problems.from_error(error)
    elif isinstance(error, HTTPException) and error.status_code < 500:
        code = {404: "not_found", 405: "bad_input", 413: "too_large"}.get(error.status_code, "bad_input")
        body = problems.Problem(
            title=code.replace("_", " "),
            status=error.status_code,
            detail=error.detail,
            code=code,
            what=error.detail,
            fix="see docs/spec/http.md",
        )
    else:
        place = error.__traceback__
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        where = f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place is not None else "?"
        log.error("a request failed with %s at %s", type(error).__name__, where)
        body = problems.Problem(
            title="error",
            status=500,
            detail="the server failed",
            what="the server failed",
            cause=f"a fault of the software ({type(error).__name__})",
            fix="report this; the server's log says where it happened",
        )
    allow = (error.headers or {}).get("Allow") if isinstance(error, HTTPException) else None
    headers = {"Allow": allow} if allow else {}
    return Response(body, status_code=body.status, media_type=problems.MEDIA_TYPE, headers=headers)


exception_handlers: dict[int | type[Exception], Callable[..., Response[Any]]] = {Exception: problem}
"""Give this to ``Litestar(exception_handlers=…)``."""


def serve(
    app: Litestar,
    *,
    home: Path,
    port: int,
    name: str,
    host: str = "127.0.0.1",
    allow_remote: bool = False,
    public_url: str | None = None,
    websockets: bool = False,
) -> None:
    """Listen until SIGTERM or SIGINT. ``port`` 0 takes a free one; ``public_url`` is the address clients use instead.

    Raises :class:`Unavailable` if the port is taken, :class:`BadInput` if ``host`` is not loopback and
    ``allow_remote`` is not set.
    """
    if not _is_loopback(host) and not allow_remote:
        raise BadInput(
            f"the {name} will not listen on {host}",
            cause="beyond loopback everybody on the network could reach it, without TLS",
            fix="put a TLS proxy in front and keep 127.0.0.1, or allow it explicitly",
        )
    port = _free_port(host, port, name)
    url = public_url or f"http://{host}:{port}"
    app.state.origins = {url, f"http://{host}:{port}", *([f"http://localhost:{port}"] if _is_loopback(host) else [])}
    logging.getLogger("httpx").setLevel(logging.WARNING)
    asyncio.run(_run(app, home / "address.json", listen=(host, port), url=url, name=name, websockets=websockets))


async def _run(app: Litestar, address: Path, *, listen: tuple[str, int], url: str, name: str, websockets: bool) -> None:
    host, port = listen
    server = Server(
        app,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=websockets,
        log_enabled=False,
        backlog=BACKLOG,
        backpressure=CONNECTIONS,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    serving = loop.create_task(server.serve())
    try:
        await _until_it_answers(serving, host, port, name)
        write_atomically(address, json.dumps({"url": url, "pid": os.getpid()}).encode())
        await serving
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
        if _is_mine(address):
            address.unlink(missing_ok=True)


async def _until_it_answers(serving: "asyncio.Task[None]", host: str, port: int, name: str) -> None:
    for _ in range(int(START_LIMIT_S / 0.02)):
        if serving.done():
            await serving
            break
        try:
            _, writer = await asyncio.open_connection(host, port)
        except OSError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            return
    raise SetupMissing(
        f"the {name} did not start", cause="its log says why", fix="see the messages above, then start it again"
    )


def write_atomically(path: Path, data: bytes) -> None:
    """Replace ``path`` by ``data`` (mode 0600), durably and as a whole."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(descriptor, data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    fresh.replace(path)


def _is_mine(address: Path) -> bool:
    try:
        return bool(json.loads(address.read_bytes())["pid"] == os.getpid())
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _free_port(host: str, port: int, name: str) -> int:
    """``port`` if nobody listens there, a free one for 0. (granian shares ports, so it would not notice.)"""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Unavailable(
                f"the {name} cannot listen on {host}:{port}: {error.strerror}",
                cause="another program uses the port, perhaps this one, already running",
                fix="stop it, or choose another port (0 takes a free one)",
            ) from error
        return int(probe.getsockname()[1])
