"""What does the staff's page answer?

``docs/spec/fleet.md`` and ``docs/spec/staff-page.md`` list the paths. Everything under ``/api`` but signing in needs
what ``wire.page_guard`` asks for. A steward has the fleet and access; every other member of staff has access.
"""

from asyncio import to_thread
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Protocol

from litestar import Request, get, post

from aboveboard.wire.page import create_page
from aboveboard.wire.page_guard import Guarded, GuardedApp

FOLDER: Final = Path(__file__).parent / "static"
FLEET_PAGE: Final = Guarded("steward", "the fleet", "aboveboard fleet view")
ACCESS_PAGE: Final = Guarded("steward", "requests and grants", "aboveboard staff view")


class Answering(Protocol):
    """Where the fleet's answers come from: ``steward.desk.Desk``."""

    def state(self) -> dict[str, Any]: ...

    def pause(self, wanted: bytes) -> dict[str, str]: ...

    def resume(self, wanted: bytes) -> dict[str, str]: ...

    def drill(self, wanted: bytes) -> dict[str, str]: ...


class Deciding(Protocol):
    """Where the answers about access come from: ``steward.deciding.Acting``."""

    def state(self) -> dict[str, Any]: ...

    def look(self, wanted: bytes) -> dict[str, Any]: ...

    def ask(self, wanted: bytes) -> dict[str, str]: ...

    def answer(self, wanted: bytes) -> dict[str, str | None]: ...

    def revoke(self, wanted: bytes) -> dict[str, str]: ...

    def review(self, wanted: bytes) -> dict[str, str]: ...


def create_app(
    fleet: Answering | None, token: str, *, access: Deciding | None = None, static: Path = FOLDER
) -> GuardedApp:
    """The page's application, with the parts that are given. ``token`` is part of the address that is printed
    (``page_guard.new_token``). Raises :class:`SetupMissing` if there is no built page in ``static``.
    """

    @get("/parts", sync_to_thread=False)
    def parts() -> dict[str, bool]:
        return {"fleet": fleet is not None, "access": access is not None}

    handlers: list[Any] = [parts]
    if fleet is not None:
        acts = {"/pause": fleet.pause, "/resume": fleet.resume, "/drill": fleet.drill}
        handlers += [_reading("/fleet", fleet.state), *(_acting(path, act) for path, act in acts.items())]
    if access is not None:
        under = {
            "look": access.look,
            "ask": access.ask,
            "answer": access.answer,
            "revoke": access.revoke,
            "review": access.review,
        }
        handlers += [
            _reading("/access", access.state),
            *(_acting(f"/access/{name}", act) for name, act in under.items()),
        ]
    return create_page(ACCESS_PAGE if fleet is None else FLEET_PAGE, handlers, token, static=static)


def _reading(path: str, state: Callable[[], dict[str, Any]]) -> Any:
    @get(path, sync_to_thread=True)
    def read() -> dict[str, Any]:
        return state()

    return read


def _acting(path: str, act: Callable[[bytes], Any]) -> Any:
    """What is wanted travels as JSON; the desk reads it, within its limits."""

    @post(path, status_code=200)
    async def take(request: Request[Any, Any, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = await to_thread(act, await request.body())
        return answer

    return take
