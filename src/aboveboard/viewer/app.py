"""What does the viewer answer?

``docs/spec/viewer.md`` lists the paths. Everything under ``/api`` but signing in needs what ``wire.page_guard`` asks
for; the rest is the page itself, which holds nothing of anybody's. Plain recorded data leaves this process only over
loopback, to the page of the participant who started it.
"""

from asyncio import to_thread
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final, Protocol

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, QueryParameter

from aboveboard.base.ids import Kind, check_id
from aboveboard.formats.fields import decode_json
from aboveboard.viewer.erasing import Eraser, erasing
from aboveboard.viewer.marking import Marking, marking
from aboveboard.viewer.voice import Voice, speaking
from aboveboard.wire.page import create_page
from aboveboard.wire.page_guard import Guarded, GuardedApp

FOLDER: Final = Path(__file__).parent / "static"
PAGE: Final = Guarded("viewer", "your recordings", "aboveboard view")

CHOICE_LIMIT_BYTES = 100
Origin = Annotated[int, QueryParameter(ge=0, le=2**63 - 1)]


class Source(Protocol):
    """Where the answers come from: ``viewer.source.ViewerSource``."""

    def overview(self) -> dict[str, Any]: ...

    def sessions(self) -> dict[str, Any]: ...

    def session(self, session_id: str) -> dict[str, Any]: ...

    def events(self, session_id: str, segment_id: str, origin_ns: int) -> bytes: ...

    def screen(self, session_id: str, segment_id: str, origin_ns: int) -> bytes: ...

    def openings(self) -> dict[str, Any]: ...

    def openings_file(self) -> bytes: ...

    def artefacts(self) -> list[dict[str, Any]]: ...

    def disclosure(self) -> dict[str, Any]: ...

    def programme(self) -> dict[str, Any]: ...


class Actions(Protocol):
    """What the page's buttons do, if whoever starts the viewer lets them."""

    def pause(self) -> None: ...

    def resume(self) -> None: ...

    def covers(self) -> dict[str, Any]: ...

    def look_for(self, wanted: bytes) -> dict[str, Any]: ...

    def cover(self, wanted: bytes) -> dict[str, Any]: ...

    def stop_covering(self, unwanted: bytes) -> dict[str, Any]: ...

    def leave(self, *, erase: bool) -> dict[str, Any]: ...


class _Leaving(msgspec.Struct, forbid_unknown_fields=True):
    """``erase``: what was collected, too. There is no default: the person says which."""

    erase: bool


def create_app(
    source: Source,
    token: str,
    actions: Actions | None = None,
    *,
    voice: Voice | None = None,
    eraser: Eraser | None = None,
    mark: Marking | None = None,
    static: Path = FOLDER,
) -> GuardedApp:
    """The viewer's application. ``token`` is part of the address that is printed (``page_guard.new_token``).

    Raises :class:`SetupMissing` if there is no built page in ``static``.
    """
    may = {"can_act": actions is not None, "can_erase": eraser is not None, "can_mark": mark is not None}
    handlers = [*_reading(source, may), *_acting(actions), *speaking(voice), *erasing(eraser), *marking(mark)]
    return create_page(PAGE, handlers, token, static=static)


def _reading(source: Source, may: dict[str, bool]) -> list[Any]:
    @get("/overview", sync_to_thread=True)
    def overview() -> dict[str, Any]:
        return source.overview() | may

    @get("/sessions", sync_to_thread=True)
    def sessions() -> dict[str, Any]:
        return source.sessions()

    @get("/sessions/{session_id:str}", sync_to_thread=True)
    def session(session_id: FromPath[str]) -> dict[str, Any]:
        return source.session(check_id(Kind.SESSION, session_id))

    @get("/sessions/{session_id:str}/segments/{segment_id:str}/events", sync_to_thread=True)
    def events(session_id: FromPath[str], segment_id: FromPath[str], origin_ns: Origin) -> Response[bytes]:
        found = source.events(check_id(Kind.SESSION, session_id), check_id(Kind.SEGMENT, segment_id), origin_ns)
        return Response(found, media_type="application/json")

    @get("/sessions/{session_id:str}/segments/{segment_id:str}/screen", sync_to_thread=True)
    def screen(session_id: FromPath[str], segment_id: FromPath[str], origin_ns: Origin) -> Response[bytes]:
        pack = source.screen(check_id(Kind.SESSION, session_id), check_id(Kind.SEGMENT, segment_id), origin_ns)
        return Response(pack, media_type="application/octet-stream")

    @get("/openings", sync_to_thread=True)
    def openings() -> dict[str, Any]:
        return source.openings()

    @get("/openings/file", sync_to_thread=True)
    def openings_file() -> Response[bytes]:
        return Response(source.openings_file(), media_type="application/zip")

    @get("/artefacts", sync_to_thread=True)
    def artefacts() -> list[dict[str, Any]]:
        return source.artefacts()

    @get("/disclosure", sync_to_thread=True)
    def disclosure() -> dict[str, Any]:
        return source.disclosure()

    @get("/programme", sync_to_thread=True)
    def programme() -> dict[str, Any]:
        return source.programme()

    return [overview, sessions, session, events, screen, openings, openings_file, artefacts, disclosure, programme]


def _acting(actions: Actions | None) -> list[Any]:
    if actions is None:
        return []

    @post("/pause", status_code=204, sync_to_thread=True)
    def pause() -> None:
        actions.pause()

    @post("/resume", status_code=204, sync_to_thread=True)
    def resume() -> None:
        actions.resume()

    @get("/covers", sync_to_thread=True)
    def covers() -> dict[str, Any]:
        return actions.covers()

    @post("/leave", status_code=200)
    async def leave(request: Request[Any, Any, Any]) -> dict[str, Any]:
        wanted = decode_json(await request.body(), _Leaving, name="choice", limit_bytes=CHOICE_LIMIT_BYTES)
        return await to_thread(partial(actions.leave, erase=wanted.erase))

    return [pause, resume, covers, leave, *_covering(actions)]


def _covering(actions: Actions) -> list[Any]:
    """ "Also cover this": what it would do, do it, no longer. Each takes the person's covers as JSON."""

    @post("/covers/look", status_code=200)
    async def look_for(request: Request[Any, Any, Any]) -> dict[str, Any]:
        return await to_thread(actions.look_for, await request.body())

    @post("/covers/cover", status_code=200)
    async def cover(request: Request[Any, Any, Any]) -> dict[str, Any]:
        return await to_thread(actions.cover, await request.body())

    @post("/covers/stop", status_code=200)
    async def stop(request: Request[Any, Any, Any]) -> dict[str, Any]:
        return await to_thread(actions.stop_covering, await request.body())

    return [look_for, cover, stop]
