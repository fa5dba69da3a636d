"""How does a device keep one connection open, ask for leases on it, and hear of changes at once?

A WebSocket. The request that opens it is signed like every other, so the messages on it need no signature: whoever
could send one could have only a lease that is of use to nobody but the device. Limits: one stream for each device, a
few requests a second, small messages; what breaks them ends the stream.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from anyio import to_thread
from litestar import WebSocket, websocket
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from aboveboard.base.errors import BadInput
from aboveboard.formats.control import LIMIT_BYTES
from aboveboard.vault.api.asking import TheVault, who_holds
from aboveboard.vault.control.control import Control
from aboveboard.vault.control.held import Held
from aboveboard.vault.storage.rows import DeviceRow, PersonRow
from aboveboard.wire.signature_guard import signed_by

PATH = "/v1/control"
NOT_UNDERSTOOD, TOO_MANY, TOO_LARGE = 1007, 1008, 1009
"""Why the vault closes a stream (RFC 6455)."""

TheControl = NamedDependency[SkipValidation[Control]]


@websocket(PATH)
async def control_stream(socket: WebSocket[Any, Any, Any], vault: TheVault, control: TheControl) -> None:
    """The control stream of the device whose key signed the opening."""
    key = signed_by(socket)

    def known() -> tuple[DeviceRow, PersonRow]:
        with vault.records.read() as tx:
            asker = who_holds(key, vault, tx)
            return asker.require_device(), asker.require_person()

    device, person = await to_thread.run_sync(known)
    await socket.accept()

    async def send(message: bytes) -> None:
        await socket.send({"type": "websocket.send", "text": message.decode("utf-8"), "bytes": None})

    held = Held(device, person, send=send, shut=_cancel_of(asyncio.current_task()), asked_s=time.monotonic())
    control.join(held)
    try:
        while (message := await socket.receive())["type"] == "websocket.receive":
            data = message.get("bytes") or (message.get("text") or "").encode("utf-8")
            if len(data) > LIMIT_BYTES:
                return await socket.close(code=TOO_LARGE)
            if not held.spend(time.monotonic()):
                return await socket.close(code=TOO_MANY)
            try:
                answer = await control.answer(held, data)
            except BadInput:
                return await socket.close(code=NOT_UNDERSTOOD)
            await held.answer(answer)
    except asyncio.CancelledError:
        with suppress(Exception):  # it was closed from the other side meanwhile
            await socket.close()
    finally:
        control.leave(held)


def _cancel_of(task: "asyncio.Task[Any] | None") -> Callable[[], None]:
    """Ends this task, which waits for what the device says next."""

    def cancel() -> None:
        if task is not None:
            task.cancel()

    return cancel
