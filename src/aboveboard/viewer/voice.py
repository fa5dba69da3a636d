"""What can a person say from their page, and what are they told there? Concerns, notices, and whether by mail too."""

from asyncio import to_thread
from typing import Annotated, Any, Protocol

from litestar import Request, get, post
from litestar.params import FromPath
from msgspec import Meta

from aboveboard.base.ids import Kind, check_id
from aboveboard.formats.fields import Document, decode_json
from aboveboard.viewer.concerns import Concerns
from aboveboard.viewer.notices import Notices
from aboveboard.wire.page import BODY_LIMIT_BYTES


class _Raise(Document, frozen=True):
    text: Annotated[str, Meta(max_length=4000)]
    anonymously: bool


class _Join(Document, frozen=True):
    anonymously: bool


class _Mail(Document, frozen=True):
    address: Annotated[str, Meta(max_length=400)] | None


class Voice(Protocol):
    """Makes both parts anew for each question: the vault may have been started meanwhile."""

    def concerns(self) -> Concerns: ...

    def notices(self) -> Notices: ...


def speaking(voice: Voice | None) -> list[Any]:
    """The paths under ``/api``; none without a voice."""
    return [] if voice is None else [*_concerns(voice), *_notices(voice)]


def _concerns(voice: Voice) -> list[Any]:
    @get("/concerns", sync_to_thread=True)
    def listed() -> dict[str, Any]:
        return voice.concerns().listed()

    @post("/concerns", status_code=200)
    async def raise_one(request: Request[Any, Any, Any]) -> dict[str, str]:
        wanted = decode_json(await request.body(), _Raise, name="concern", limit_bytes=BODY_LIMIT_BYTES)
        concern_id = await to_thread(voice.concerns().raise_one, wanted.text, anonymously=wanted.anonymously)
        return {"concern_id": concern_id}

    @post("/concerns/{concern_id:str}/join", status_code=204)
    async def join(request: Request[Any, Any, Any], concern_id: FromPath[str]) -> None:
        wanted = decode_json(await request.body(), _Join, name="joining", limit_bytes=BODY_LIMIT_BYTES)
        joined = check_id(Kind.CONCERN, concern_id)
        await to_thread(voice.concerns().join, joined, anonymously=wanted.anonymously)

    return [listed, raise_one, join]


def _notices(voice: Voice) -> list[Any]:
    @get("/notices", sync_to_thread=True)
    def listed() -> dict[str, Any]:
        return voice.notices().listed()

    @post("/notices/{notice_id:str}/seen", status_code=204, sync_to_thread=True)
    def seen(notice_id: FromPath[str]) -> None:
        voice.notices().seen(check_id(Kind.NOTICE, notice_id))

    @get("/mail", sync_to_thread=True)
    def mail() -> dict[str, bool]:
        return {"given": voice.notices().has_mail()}

    @post("/mail", status_code=200)
    async def set_mail(request: Request[Any, Any, Any]) -> dict[str, bool]:
        wanted = decode_json(await request.body(), _Mail, name="mail address", limit_bytes=BODY_LIMIT_BYTES)
        await to_thread(voice.notices().set_mail, wanted.address)
        return {"given": wanted.address is not None}

    return [listed, seen, mail, set_mail]
