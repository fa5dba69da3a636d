"""A panel that shows status icons, without a screen: ``python panel_host.py`` owns the watcher's name and is the host.

It does what panels do: reads an item when it registers, reads it again when it says that it changed, and writes each
time what it shows as a line of JSON. On SIGUSR1 it keeps its names but does not read any more, as one that hangs.
"""

import asyncio
import hashlib
import json
import signal
import sys
from typing import Any

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

WATCHER, PATH = "org.kde.StatusNotifierWatcher", "/StatusNotifierWatcher"
ITEM, ITEM_PATH = "org.kde.StatusNotifierItem", "/StatusNotifierItem"
PROPERTIES = "org.freedesktop.DBus.Properties"


class Panel:
    """One process, any number of items."""

    def __init__(self, bus: MessageBus) -> None:
        self.bus = bus
        self.items: dict[str, str] = {}
        self.hangs = False
        self.work: set[asyncio.Task[None]] = set()

    def heard(self, message: Message) -> Message | None:
        if message.message_type is MessageType.SIGNAL:
            if message.interface == ITEM and message.sender in self.items.values():
                self.soon(self.read(next(name for name, owner in self.items.items() if owner == message.sender)))
            return None
        if message.path != PATH or message.message_type is not MessageType.METHOD_CALL:
            return None
        if message.member == "RegisterStatusNotifierItem":
            self.items[message.body[0]] = message.sender or ""
            self.soon(self.read(message.body[0]))
            return Message.new_method_return(message)
        if message.member == "Get":
            return Message.new_method_return(message, "v", [Variant("b", True)])
        return None

    async def read(self, name: str) -> None:
        if self.hangs:
            return
        reply = await self.bus.call(
            Message(
                destination=name,
                path=ITEM_PATH,
                interface=PROPERTIES,
                member="GetAll",
                signature="s",
                body=[ITEM],
            )
        )
        if reply is None or reply.message_type is not MessageType.METHOD_RETURN:
            return
        known: dict[str, Any] = {key: variant.value for key, variant in reply.body[0].items()}
        width, height, pixels = known["IconPixmap"][0]
        told = {
            "name": name,
            "title": known["Title"],
            "words": known["ToolTip"][3],
            "menu": known["Menu"],
            "size": [width, height, len(pixels)],
            "icon": hashlib.sha256(bytes(pixels)).hexdigest(),
        }
        print(json.dumps(told), flush=True)

    def soon(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self.work.add(task)
        task.add_done_callback(self.work.discard)


async def main() -> None:
    bus = await MessageBus().connect()
    panel = Panel(bus)
    bus.add_message_handler(panel.heard)
    rule = f"type='signal',interface='{ITEM}'"
    await bus.call(
        Message(
            destination="org.freedesktop.DBus",
            path="/org/freedesktop/DBus",
            interface="org.freedesktop.DBus",
            member="AddMatch",
            signature="s",
            body=[rule],
        )
    )
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, lambda: setattr(panel, "hangs", True))
    await bus.request_name(WATCHER)
    print(json.dumps({"ready": True}), flush=True)
    await bus.wait_for_disconnect()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
