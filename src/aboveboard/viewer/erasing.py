"""What does the page ask when its person wants something erased? First what would go, then, with that plan, that it go.

What was shown is what is erased: the second question names the plan that the first one made.
"""

from asyncio import to_thread
from typing import Any, Protocol

from litestar import Request, get, post

Ask = Request[Any, Any, Any]


class Eraser(Protocol):
    """What the buttons do, if whoever starts the viewer lets them."""

    def look(self, wanted: bytes) -> dict[str, Any]:
        """``wanted`` is a wish (``viewer.reach``); what it would do, and the ``plan``'s name."""
        ...

    def erase(self, wanted: bytes) -> dict[str, Any]:
        """``wanted`` is ``{"plan"}``; what was done."""
        ...

    def erasures(self) -> list[dict[str, Any]]:
        """Every order about this person, newest first, whoever gave it."""
        ...


def erasing(eraser: Eraser | None) -> list[Any]:
    """The endpoints."""
    if eraser is None:
        return []

    @post("/erase/look", status_code=200)
    async def look(request: Ask) -> dict[str, Any]:
        return await to_thread(eraser.look, await request.body())

    @post("/erase", status_code=200)
    async def erase(request: Ask) -> dict[str, Any]:
        return await to_thread(eraser.erase, await request.body())

    @get("/erasures", sync_to_thread=True)
    def erasures() -> list[dict[str, Any]]:
        return eraser.erasures()

    return [look, erase, erasures]
