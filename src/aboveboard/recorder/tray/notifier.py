"""How is the icon shown by a panel that speaks StatusNotifierItem over the session bus?

The item and its menu (com.canonical.dbusmenu) are answered by hand, because who asks matters: the icon counts as
visible only while a host is registered and the program that has read the icon is still on the bus. After a change it
counts as visible only if the icon is read again within :data:`READ_S`: a panel that hangs would show what is no longer
true. Nothing is sent when nothing changed.
"""

import asyncio
import contextlib
import os
from collections.abc import Callable
from typing import Any

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.errors import DBusError

from aboveboard.recorder.tray.dbus_menu import MENU_PATH, DBusMenu
from aboveboard.recorder.tray.icon import argb_bytes, icon
from aboveboard.recorder.tray.menu import Action, Item
from aboveboard.recorder.tray.view import View

WATCHER, WATCHER_PATH = "org.kde.StatusNotifierWatcher", "/StatusNotifierWatcher"
ITEM, ITEM_PATH = "org.kde.StatusNotifierItem", "/StatusNotifierItem"
READ_S = 0.8
"""How long a panel may take to read a changed icon."""
CALL_S = 2.0
SIZES = (22, 48)

_BUS, _BUS_PATH = "org.freedesktop.DBus", "/org/freedesktop/DBus"
_PROPERTIES = "org.freedesktop.DBus.Properties"
_LOST = (OSError, DBusError, TimeoutError, EOFError, ValueError)


def unmarked(words: str) -> str:
    """``words`` without what a desktop may read as markup in a message."""
    return words.translate({ord("<"): "‹", ord(">"): "›", ord("&"): "＆"})


class Notifier:
    """One item on the session bus. Used by one event loop; ``changed`` is called when :attr:`visible` may have."""

    def __init__(self, view: View, menu: DBusMenu, *, chosen: Callable[[Action], None], changed: Callable[[], None]):
        self._view = view
        self._menu = menu
        self._chosen = chosen
        self._changed = changed
        self._bus: MessageBus | None = None
        self._name = f"{ITEM}-{os.getpid()}-1"
        self._host = False
        self._readers: set[str] = set()
        self._drawn, self._read, self._in_time = 0, 0, True
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def visible(self) -> bool:
        """Does a panel show the icon as it is now?"""
        return self._host and bool(self._readers) and self._in_time

    @property
    def offered(self) -> bool:
        """Is there a panel that may show it, be it only in a moment?"""
        return self._host

    async def start(self) -> None:
        """Go on the bus and have the item shown as soon as somebody can; without a bus nothing happens."""
        if not os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
            return
        with contextlib.suppress(*_LOST):
            self._bus = await asyncio.wait_for(MessageBus().connect(), CALL_S)
            self._bus.add_message_handler(self._heard)
            self._menu.connect(self._bus)
            await self._listen(f"member='NameOwnerChanged',arg0='{WATCHER}'")
            await self._call(_BUS, _BUS_PATH, _BUS, "RequestName", "su", [self._name, 0])
            self._later(self._end_of_bus())
            await self._register()

    def show(self, view: View, items: tuple[Item, ...]) -> None:
        """From now on this is so."""
        before, self._view = self._view, view
        self._menu.show(items)
        if self._bus is None or not self._bus.connected:
            return
        if (before.shape, before.marked) != (view.shape, view.marked):
            self._drawn += 1
            self._signal("NewIcon")
            if self._readers:
                asyncio.get_running_loop().call_later(READ_S, self._read_by_now, self._drawn)
        if before.title != view.title:
            self._signal("NewTitle")
        if (before.sentence, before.notes) != (view.sentence, view.notes):
            self._signal("NewToolTip")

    async def say(self, words: str) -> None:
        """Tell the person something once, where the desktop shows such messages."""
        hints = {"transient": Variant("b", True)}
        body = ["Aboveboard", 0, "", "Aboveboard", words, [], hints, 8000]
        place = ("org.freedesktop.Notifications", "/org/freedesktop/Notifications", "org.freedesktop.Notifications")
        with contextlib.suppress(*_LOST):
            await self._call(*place, "Notify", "susssasa{sv}i", body)

    def close(self) -> None:
        """Leave the bus: the item is gone at once."""
        for task in self._tasks:
            task.cancel()
        if self._bus is not None and self._bus.connected:
            self._bus.disconnect()

    async def _register(self) -> None:
        """Offer the item, and learn whether anybody shows items at all."""
        self._readers.clear()
        self._host = False
        with contextlib.suppress(*_LOST):
            await self._call(WATCHER, WATCHER_PATH, WATCHER, "RegisterStatusNotifierItem", "s", [self._name])
            for member in ("StatusNotifierHostRegistered", "StatusNotifierHostUnregistered"):
                await self._listen(f"interface='{WATCHER}',member='{member}'")
            await self._ask_for_host()
        self._changed()

    async def _ask_for_host(self) -> None:
        try:
            answer = await self._call(
                WATCHER, WATCHER_PATH, _PROPERTIES, "Get", "ss", [WATCHER, "IsStatusNotifierHostRegistered"]
            )
            self._host = bool(answer[0].value)
        except _LOST:
            self._host = False
        self._changed()

    def _heard(self, message: Message) -> Message | bool | None:
        if message.message_type is MessageType.SIGNAL:
            self._signalled(message)
            return None
        if message.message_type is not MessageType.METHOD_CALL or message.path not in {ITEM_PATH, MENU_PATH}:
            return None
        if message.path == MENU_PATH:
            return self._menu.answer(message)
        if message.interface == _PROPERTIES:
            return self._property(message)
        if message.interface == ITEM and message.member in {"Activate", "SecondaryActivate"}:
            self._chosen("live")
            return Message.new_method_return(message)
        if message.interface == ITEM and message.member in {"ContextMenu", "Scroll"}:
            return Message.new_method_return(message)
        return None

    def _property(self, message: Message) -> Message | None:
        known = self._properties()
        if message.member == "GetAll":
            self._seen_by(message.sender)
            return Message.new_method_return(message, "a{sv}", [known])
        if message.member != "Get" or message.body[1] not in known:
            return None
        if message.body[1] == "IconPixmap":
            self._seen_by(message.sender)
        return Message.new_method_return(message, "v", [known[message.body[1]]])

    def _properties(self) -> dict[str, Variant]:
        view = self._view
        pictures = [icon(view.shape, size, marked=view.marked) for size in SIZES]
        pixmaps = [[size, size, argb_bytes(picture)] for size, picture in zip(SIZES, pictures, strict=True)]
        words = " ".join([view.sentence, *view.notes])
        return {
            "Category": Variant("s", "ApplicationStatus"),
            "Id": Variant("s", "aboveboard"),
            "Title": Variant("s", f"Aboveboard: {view.title}"),
            "Status": Variant("s", "Active"),
            "WindowId": Variant("i", 0),
            "IconName": Variant("s", ""),
            "IconThemePath": Variant("s", ""),
            "IconPixmap": Variant("a(iiay)", pixmaps),
            "OverlayIconName": Variant("s", ""),
            "OverlayIconPixmap": Variant("a(iiay)", []),
            "AttentionIconName": Variant("s", ""),
            "AttentionIconPixmap": Variant("a(iiay)", []),
            "AttentionMovieName": Variant("s", ""),
            "ToolTip": Variant("(sa(iiay)ss)", ["", [], f"Aboveboard: {view.title}", words]),
            "ItemIsMenu": Variant("b", True),
            "Menu": Variant("o", MENU_PATH),
        }

    def _seen_by(self, reader: str | None) -> None:
        """A host has read the icon: it shows this one now."""
        self._read, self._in_time = self._drawn, True
        if reader and reader not in self._readers:
            self._readers.add(reader)
            self._later(self._listen(f"member='NameOwnerChanged',arg0='{reader}'"))
        self._changed()

    def _read_by_now(self, drawn: int) -> None:
        if self._read < drawn:
            self._in_time = False
            self._changed()

    def _signalled(self, message: Message) -> None:
        if message.member == "NameOwnerChanged" and message.sender == _BUS:
            name, _, owner = message.body
            if name == WATCHER:
                if owner:
                    self._later(self._register())
                else:
                    self._host = False
                    self._readers.clear()
                    self._changed()
            elif not owner and name in self._readers:
                self._readers.discard(name)
                self._changed()
        elif message.interface == WATCHER and (message.member or "").startswith("StatusNotifierHost"):
            self._later(self._ask_for_host())

    async def _end_of_bus(self) -> None:
        bus = self._bus
        if bus is not None:
            wait: Any = bus.wait_for_disconnect
            with contextlib.suppress(*_LOST):
                await wait()
            self._host = False
            self._readers.clear()
            self._changed()

    async def _listen(self, rule: str) -> None:
        await self._call(_BUS, _BUS_PATH, _BUS, "AddMatch", "s", [f"type='signal',{rule}"])

    async def _call(
        self, owner: str, path: str, interface: str, member: str, signature: str, body: list[Any]
    ) -> list[Any]:
        if self._bus is None:
            raise EOFError("there is no session bus")
        message = Message(
            destination=owner, path=path, interface=interface, member=member, signature=signature, body=body
        )
        reply = await asyncio.wait_for(self._bus.call(message), CALL_S)
        if reply is None or reply.message_type is not MessageType.METHOD_RETURN:
            raise EOFError(f"{member} was not answered")
        return list(reply.body)

    def _signal(self, member: str) -> None:
        if self._bus is not None:
            self._bus.send(Message(message_type=MessageType.SIGNAL, path=ITEM_PATH, interface=ITEM, member=member))

    def _later(self, work: Any) -> None:
        async def quietly() -> None:
            with contextlib.suppress(*_LOST):
                await work

        task = asyncio.get_running_loop().create_task(quietly())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
