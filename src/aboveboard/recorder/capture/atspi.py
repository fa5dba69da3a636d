"""How are applications asked about their fields?

AT-SPI, the accessibility protocol of the Linux desktop: applications connect to a D-Bus of its own, send signals about
what gets the focus, and answer calls about role, state and place of each field. This is that protocol and no more; what
follows from it is in ``capture.accessibility``. Every call has a time limit, for the other side may hang.
"""

import asyncio
import os
from collections.abc import Callable
from typing import Any, NamedTuple

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.errors import DBusError

from aboveboard.base.errors import Unavailable
from aboveboard.recorder.capture.port import Rect

ROLE_PASSWORD_TEXT = 40
STATE_ACTIVE, STATE_FOCUSED, STATE_SHOWING = 1, 12, 25
CALL_S = 1.0
"""An application that has not answered after this long does not answer."""

_ACCESSIBLE = "org.a11y.atspi.Accessible"
_DBUS = "org.freedesktop.DBus"
_DBUS_PATH = "/org/freedesktop/DBus"
_FOCUS_RULE = "type='signal',interface='org.a11y.atspi.Event.Object',member='StateChanged',arg0='focused'"
_ANY_ORDER, _MATCH_ALL, _MATCH_ANY = 1, 1, 2


class Field(NamedTuple):
    """One accessible object: the unique bus name of its application and its path."""

    owner: str
    path: str


class Bus:
    """A connection to the accessibility bus."""

    def __init__(self, bus: MessageBus) -> None:
        self._bus = bus
        self._pids: dict[str, int] = {}

    @classmethod
    async def open(cls, address: str, focused: Callable[[Field], None]) -> "Bus":
        """Connect, and have ``focused`` called for each field that says it got the focus.

        Raises :class:`Unavailable` if there is no such bus.
        """
        try:
            bus = await asyncio.wait_for(MessageBus(bus_address=address).connect(), CALL_S)
        except (OSError, DBusError, TimeoutError, ValueError, EOFError) as error:
            raise Unavailable(
                "the accessibility bus cannot be reached",
                cause="at-spi2-core is not installed or not running",
                fix="install at-spi2-core and log in again; until then no keystroke is recorded",
            ) from error
        opened = cls(bus)
        bus.add_message_handler(lambda message: _heard(message, focused))
        await opened._call(_DBUS, _DBUS_PATH, _DBUS, "AddMatch", "s", [_FOCUS_RULE])
        registry = "org.a11y.atspi.Registry"
        for event in ("object:state-changed:focused",):
            await opened._call(registry, "/org/a11y/atspi/registry", registry, "RegisterEvent", "s", [event])
        return opened

    @property
    def connected(self) -> bool:
        """Is the other end still there?"""
        return bool(self._bus.connected)

    def close(self) -> None:
        """Disconnect."""
        if self._bus.connected:
            self._bus.disconnect()

    async def role(self, field: Field) -> int:
        """The number of the field's role."""
        return int((await self._call(*field, _ACCESSIBLE, "GetRole"))[0])

    async def state(self, field: Field) -> int:
        """The field's states, as bits."""
        low, high = (await self._call(*field, _ACCESSIBLE, "GetState"))[0]
        return int(low) | int(high) << 32

    async def extents(self, field: Field) -> Rect:
        """Where the field is, in pixels of the screen."""
        on_screen = 0
        body = await self._call(*field, "org.a11y.atspi.Component", "GetExtents", "u", [on_screen])
        return Rect(*(int(number) for number in body[0]))

    async def pid(self, owner: str) -> int:
        """The process behind a unique bus name; its answer never changes."""
        if owner not in self._pids:
            body = await self._call(_DBUS, _DBUS_PATH, _DBUS, "GetConnectionUnixProcessID", "s", [owner])
            self._pids[owner] = int(body[0])
        return self._pids[owner]

    async def focused_in(self, pid: int) -> Field | None:
        """The field that has the focus in the active window of process ``pid``; ``None`` if it does not tell."""
        root = Field("org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root")
        for application in await self._children(root):
            if await self.pid(application.owner) != pid:
                continue
            for window in await self._children(application):
                if await self.state(window) >> STATE_ACTIVE & 1:
                    found = await self._focused_below(window)
                    if found is not None:
                        return found
        return None

    async def _children(self, field: Field) -> list[Field]:
        return [Field(*child) for child in (await self._call(*field, _ACCESSIBLE, "GetChildren"))[0]]

    async def _focused_below(self, window: Field) -> Field | None:
        rule = [[1 << STATE_FOCUSED, 0], _MATCH_ALL, {}, _MATCH_ALL, [], _MATCH_ALL, [], _MATCH_ALL, False]
        arguments = [rule, _ANY_ORDER, 1, True]
        body = await self._call(*window, "org.a11y.atspi.Collection", "GetMatches", "(aiia{ss}iaiiasib)uib", arguments)
        return Field(*body[0][0]) if body[0] else None

    async def _call(
        self, owner: str, path: str, interface: str, member: str, signature: str = "", body: list[Any] | None = None
    ) -> list[Any]:
        """One call; raises :class:`Unavailable` if it fails or is not answered."""
        message = Message(
            destination=owner, path=path, interface=interface, member=member, signature=signature, body=body or []
        )
        try:
            reply = await asyncio.wait_for(self._bus.call(message), CALL_S)
        except (OSError, DBusError, TimeoutError, EOFError) as error:
            raise _unanswered(member) from error
        if reply is None or reply.message_type is not MessageType.METHOD_RETURN:
            raise _unanswered(member)
        return list(reply.body)


class Switch:
    """The desktop's switch for accessibility: applications tell about their fields only while it is on."""

    def __init__(self) -> None:
        self._turned_on = False

    async def on(self) -> str | None:
        """Turn it on if it is off; the accessibility bus's address, ``None`` where there is no desktop session."""
        if not os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
            return None
        try:
            bus = await asyncio.wait_for(MessageBus().connect(), CALL_S)
        except (OSError, DBusError, TimeoutError, ValueError, EOFError):
            return None
        try:
            session = Bus(bus)
            status = ["org.a11y.Status", "IsEnabled"]
            properties = ("org.a11y.Bus", "/org/a11y/bus", "org.freedesktop.DBus.Properties")
            enabled = (await session._call(*properties, "Get", "ss", status))[0]
            if not enabled.value:
                await session._call(*properties, "Set", "ssv", [*status, Variant("b", True)])
                self._turned_on = True
            address = (await session._call("org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus", "GetAddress"))[0]
            return str(address)
        except Unavailable:
            return None
        finally:
            bus.disconnect()

    async def restore(self) -> None:
        """Turn it off again if it was off before."""
        if not self._turned_on:
            return
        self._turned_on = False
        try:
            bus = await asyncio.wait_for(MessageBus().connect(), CALL_S)
            arguments = ["org.a11y.Status", "IsEnabled", Variant("b", False)]
            await Bus(bus)._call(
                "org.a11y.Bus", "/org/a11y/bus", "org.freedesktop.DBus.Properties", "Set", "ssv", arguments
            )
            bus.disconnect()
        except (OSError, DBusError, TimeoutError, ValueError, EOFError, Unavailable):
            return


def _heard(message: Message, focused: Callable[[Field], None]) -> None:
    if (
        message.message_type is MessageType.SIGNAL
        and message.member == "StateChanged"
        and message.sender
        and message.path
        and len(message.body) >= 2
        and message.body[0] == "focused"
        and message.body[1] == 1
    ):
        focused(Field(message.sender, message.path))


def _unanswered(member: str) -> Unavailable:
    return Unavailable(
        f"an application does not answer {member}",
        cause="it is busy, or does not speak the accessibility protocol well",
        fix="nothing: what is typed there is not recorded",
    )
