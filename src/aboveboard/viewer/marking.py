"""Where a person says on their page that a task of theirs begins or ends, and what it is."""

from asyncio import to_thread
from collections.abc import Callable
from typing import Any

from litestar import Request, post

from aboveboard.formats.fields import decode_json
from aboveboard.formats.recording import Task
from aboveboard.wire.page import BODY_LIMIT_BYTES

Marking = Callable[[Task], Task]
"""Puts it into the recording that runs here; gives what of it was recorded, redacted and covered."""


def marking(mark: Marking | None) -> list[Any]:
    """The path under ``/api``; none where nothing can be marked."""
    if mark is None:
        return []

    @post("/marks", status_code=200)
    async def said(request: Request[Any, Any, Any]) -> dict[str, str]:
        task = decode_json(await request.body(), Task, name="mark", limit_bytes=BODY_LIMIT_BYTES)
        told = await to_thread(mark, task)
        return {"what": told.what, "instruction": told.instruction, "outcome": told.outcome}

    return [said]
