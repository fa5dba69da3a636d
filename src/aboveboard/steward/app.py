"""What does the steward's page answer?

``docs/spec/fleet.md`` lists the paths. Everything under ``/api`` but signing in needs what ``wire.page_guard`` asks
for.
"""

from asyncio import to_thread
from pathlib import Path
from typing import Any, Final, Protocol

from litestar import Request, get, post

from aboveboard.wire.page import create_page
from aboveboard.wire.page_guard import Guarded, GuardedApp

FOLDER: Final = Path(__file__).parent / "static"
PAGE: Final = Guarded("steward", "the fleet", "aboveboard fleet view")


class Answering(Protocol):
    """Where the answers come from: ``steward.desk.Desk``."""

    def state(self) -> dict[str, Any]: ...

    def pause(self, wanted: bytes) -> dict[str, str]: ...

    def resume(self, wanted: bytes) -> dict[str, str]: ...

    def drill(self, wanted: bytes) -> dict[str, str]: ...


def create_app(desk: Answering, token: str, *, static: Path = FOLDER) -> GuardedApp:
    """The page's application. ``token`` is part of the address that is printed (``page_guard.new_token``).

    Raises :class:`SetupMissing` if there is no built page in ``static``.
    """

    @get("/fleet", sync_to_thread=True)
    def state() -> dict[str, Any]:
        return desk.state()

    @post("/pause", status_code=200)
    async def pause(request: Request[Any, Any, Any]) -> dict[str, str]:
        return await to_thread(desk.pause, await request.body())

    @post("/resume", status_code=200)
    async def resume(request: Request[Any, Any, Any]) -> dict[str, str]:
        return await to_thread(desk.resume, await request.body())

    @post("/drill", status_code=200)
    async def drill(request: Request[Any, Any, Any]) -> dict[str, str]:
        return await to_thread(desk.drill, await request.body())

    return create_page(PAGE, [state, pause, resume, drill], token, static=static)
