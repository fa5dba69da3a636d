"""How are applications asked about what they show?

AT-SPI, the accessibility protocol of the Linux desktop: applications connect to a D-Bus of its own, send signals about
what gets the focus, and answer calls about role, state and place of each object. This is that protocol and no more;
what follows from it is in ``capture.accessibility`` (is the focus in a secret field?) and ``capture.context`` (which
control is it?). Every call has a time limit, for the other side may hang. What is registered for, every application
sends; so only the focus is from the start, and the rest when first needed.
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

FOCUSED, SELECTION_CHANGED, LOAD_COMPLETE = (
    "object:state-changed:focused",
    "object:selection-changed",
    "document:load-complete",
)
"""What applications can be asked to tell, by the names that the registry knows."""

_RULES = {
    FOCUSED: "interface='org.a11y.atspi.Event.Object',member='StateChanged',arg0='focused'",
    SELECTION_CHANGED: "interface='org.a11y.atspi.Event.Object',member='SelectionChanged'",
    LOAD_COMPLETE: "interface='org.a11y.atspi.Event.Document',member='LoadComplete'",
}
_BY_MEMBER = {"SelectionChanged": SELECTION_CHANGED, "LoadComplete": LOAD_COMPLETE}
_ACCESSIBLE, _COMPONENT = "org.a11y.atspi.Accessible", "org.a11y.atspi.Component"
_PROPERTIES = "org.freedesktop.DBus.Properties"
_DBUS = "org.freedesktop.DBus"
_DBUS_PATH = "/org/freedesktop/DBus"
_NULL = "/org/a11y/atspi/null"
_ON_SCREEN = 0
_ANY_ORDER, _MATCH_ALL, _MATCH_ANY = 1, 1, 2


class Field(NamedTuple):
    """One accessible object: the unique bus name of its application and its path."""

    owner: str
    path: str


ROOT = Field("org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root")
"""Its children are the applications."""

Heard = Callable[[str, Field], None]


class Bus:
    """A connection to the accessibility bus. Each question raises :class:`Unavailable` if it is not answered."""

    def __init__(self, bus: MessageBus) -> None:
        self._bus = bus
        self._pids: dict[str, int] = {}
        self._listening: set[str] = set()

    @classmethod
    async def open(cls, address: str, heard: Heard) -> "Bus":
        """Connect, and have ``heard`` called with what was told and by which field; the focus is told from the start.

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
        bus.add_message_handler(lambda message: _heard(message, heard))
        await opened.listen(FOCUSED)
        return opened

    async def listen(self, event: str) -> None:
        """Have applications tell ``event`` too."""
        if event in self._listening:
            return
        self._listening.add(event)
        await self._call(_DBUS, _DBUS_PATH, _DBUS, "AddMatch", "s", [f"type='signal',{_RULES[event]}"])
        registry = "org.a11y.atspi.Registry"
        await self._call(registry, "/org/a11y/atspi/registry", registry, "RegisterEvent", "s", [event])

    async def silence(self, event: str) -> None:
        """Have applications no longer tell ``event``."""
        if event not in self._listening:
            return
        self._listening.discard(event)
        registry = "org.a11y.atspi.Registry"
        await self._call(registry, "/org/a11y/atspi/registry", registry, "DeregisterEvent", "s", [event])
        await self._call(_DBUS, _DBUS_PATH, _DBUS, "RemoveMatch", "s", [f"type='signal',{_RULES[event]}"])

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
        body = await self._call(*field, _COMPONENT, "GetExtents", "u", [_ON_SCREEN])
        return Rect(*(int(number) for number in body[0]))

    async def name_and_parent(self, field: Field) -> tuple[str, Field | None, int]:
        """The field's name, what it is in, and how many children it has."""
        known = (await self._call(*field, _PROPERTIES, "GetAll", "s", [_ACCESSIBLE]))[0]
        return str(known["Name"].value), _field(known["Parent"].value), int(known["ChildCount"].value)

    async def name(self, field: Field) -> str:
        """The field's name."""
        return str((await self._call(*field, _PROPERTIES, "Get", "ss", [_ACCESSIBLE, "Name"]))[0].value)

    async def value(self, field: Field) -> float:
        """The number that a slider or spin button stands at."""
        body = await self._call(*field, _PROPERTIES, "Get", "ss", ["org.a11y.atspi.Value", "CurrentValue"])
        return float(body[0].value)

    async def at(self, field: Field, x: int, y: int) -> Field | None:
        """What inside ``field`` is at the pixel (x, y) of the screen: itself, one below it, or ``None``."""
        body = await self._call(*field, _COMPONENT, "GetAccessibleAtPoint", "iiu", [x, y, _ON_SCREEN])
        return _field(body[0])

    async def child(self, field: Field, number: int) -> Field | None:
        """The child with this number, counted from 0."""
        return _field((await self._call(*field, _ACCESSIBLE, "GetChildAtIndex", "i", [number]))[0])

    async def selected(self, field: Field) -> Field | None:
        """The first of its children that are selected."""
        return _field((await self._call(*field, "org.a11y.atspi.Selection", "GetSelectedChild", "i", [0]))[0])

    async def attribute(self, document: Field, name: str) -> str:
        """An attribute of a document, "" if it has none of this name."""
        body = await self._call(*document, "org.a11y.atspi.Document", "GetAttributeValue", "s", [name])
        return str(body[0])

    async def children(self, field: Field) -> list[Field]:
        """All its children."""
        return [Field(*child) for child in (await self._call(*field, _ACCESSIBLE, "GetChildren"))[0]]

    async def first_below(self, field: Field, *, state: int, role: int | None = None) -> Field | None:
        """The first below ``field`` that has the state with this number, and the role with this number."""
        states = [0, 0]
        states[state // 32] = _signed(1 << state % 32)
        roles = [0, 0, 0, 0] if role is not None else []
        if role is not None:
            roles[role // 32] = _signed(1 << role % 32)
        rule = [states, _MATCH_ALL, {}, _MATCH_ALL, roles, _MATCH_ANY if roles else _MATCH_ALL, [], _MATCH_ALL, False]
        arguments = [rule, _ANY_ORDER, 1, True]
        collection = "org.a11y.atspi.Collection"
        body = await self._call(*field, collection, "GetMatches", "(aiia{ss}iaiiasib)uib", arguments)
        return _field(body[0][0]) if body[0] else None

    async def pid(self, owner: str) -> int:
        """The process behind a unique bus name; its answer never changes."""
        if owner not in self._pids:
            body = await self._call(_DBUS, _DBUS_PATH, _DBUS, "GetConnectionUnixProcessID", "s", [owner])
            self._pids[owner] = int(body[0])
        return self._pids[owner]

    async def applications(self, pid: int) -> list[Field]:
        """The applications that process ``pid`` says it is."""
        return [one for one in await self.children(ROOT) if await self.pid(one.owner) == pid]

    async def focused_in(self, pid: int) -> Field | None:
        """The field that has the focus in the active window of process ``pid``; ``None`` if it does not tell."""
        for application in await self.applications(pid):
            for window in await self.children(application):
                if await self.state(window) >> STATE_ACTIVE & 1:
                    found = await self.first_below(window, state=STATE_FOCUSED)
                    if found is not None:
                        return found
        return None

    async def _call(
        self, owner: str, path: str, interface: str, member: str, signature: str = "", body: list[Any] | None = None
    ) -> list[Any]:
        """One call; raises :class:`Unavailable` if it fails or is not answered."""
        message = Message(
            destination=owner, path=path, interface=interface, member=member, signature=signature, body=body or []
        )
        try:
            async with asyncio.timeout(CALL_S):
                reply = await self._bus.call(message)
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


def _heard(message: Message, heard: Heard) -> None:
    if message.message_type is not MessageType.SIGNAL or not message.sender or not message.path:
        return
    field = Field(message.sender, message.path)
    if message.member == "StateChanged":
        if len(message.body) >= 2 and message.body[0] == "focused" and message.body[1] == 1:
            heard(FOCUSED, field)
    elif message.member in _BY_MEMBER and str(message.interface).startswith("org.a11y.atspi.Event."):
        heard(_BY_MEMBER[message.member], field)


def _field(reference: Any) -> Field | None:
    owner, path = reference
    return None if not owner or not path or path == _NULL else Field(str(owner), str(path))


def _signed(bits: int) -> int:
    """As D-Bus sends numbers of 32 bits."""
    return bits - (1 << 32) if bits >> 31 else bits


def _unanswered(member: str) -> Unavailable:
    return Unavailable(
        f"an application does not answer {member}",
        cause="it is busy, or does not speak the accessibility protocol well",
        fix="nothing: what is typed there is not recorded",
    )
