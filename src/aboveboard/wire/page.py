"""How does a place serve a page to the one person who started it?

``create_page`` puts a page's own requests behind ``wire.page_guard``: everything under ``/api`` but signing in needs
both halves; the rest is the page itself, which holds nothing of anybody's.
"""

from pathlib import Path
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.params import FromPath
from msgspec import Meta

from aboveboard.base.errors import NotFound
from aboveboard.formats.fields import decode_json
from aboveboard.wire.page_files import StaticFile, load
from aboveboard.wire.page_guard import (
    SIGN_IN_PATH,
    Guarded,
    GuardedApp,
    Halves,
    check_halves,
    check_host,
    check_site,
    check_token,
)
from aboveboard.wire.server import exception_handlers

BODY_LIMIT_BYTES = 16 * 1024


class _SignIn(msgspec.Struct):
    token: Annotated[str, Meta(max_length=200)]


def create_page(page: Guarded, handlers: list[Any], token: str, *, static: Path) -> GuardedApp:
    """The application that answers ``handlers`` under ``/api``, and the files of ``static`` elsewhere.

    ``token`` is part of the address that is printed (``page_guard.new_token``). Raises :class:`SetupMissing` if there
    is no built page in ``static``.
    """
    halves = Halves.of(token, page.name)

    async def guard(request: Request[Any, Any, Any]) -> None:
        check_host(page, request.headers.get("host", ""), request.app.state.get("origins"))
        if request.url.path.startswith("/api/"):
            check_site(page, request.headers)
            if request.url.path != SIGN_IN_PATH:
                check_halves(page, request.headers, halves)

    @post("/sign-in", status_code=200)
    async def sign_in(request: Request[Any, Any, Any]) -> Response[dict[str, str]]:
        given = decode_json(await request.body(), _SignIn, name="sign-in", limit_bytes=BODY_LIMIT_BYTES)
        check_token(page, given.token, token)
        return Response({"page_key": halves.page_key}, headers={"Set-Cookie": halves.set_cookie()})

    return GuardedApp(
        route_handlers=[Router("/api", route_handlers=[sign_in, *handlers]), *_files(load(static))],
        before_request=guard,
        exception_handlers=exception_handlers,
        openapi_config=None,
        request_max_body_size=BODY_LIMIT_BYTES,
    )


def _files(files: dict[str, StaticFile]) -> list[Any]:
    def answer(name: str) -> Response[bytes]:
        if name not in files:
            raise NotFound(
                "there is no such page here", cause="the address was mistyped", fix="open the printed address"
            )
        return Response(files[name].content, media_type=files[name].media_type)

    @get("/")
    async def index() -> Response[bytes]:
        return answer("index.html")

    @get("/{name:path}")
    async def file(name: FromPath[Path]) -> Response[bytes]:
        return answer(name.as_posix().lstrip("/"))

    return [index, file]
