"""How is something asked of the desktop that the person has to allow?

By D-Bus, of ``org.freedesktop.portal.Desktop``. A call answers at once with the path of a *request*; what came of it is
told later, once, by that request's ``Response``. The path follows from the caller's own name and a token that it
chooses, so it is listened to before the call is made: a quick answer is not missed. A portal of another mind about the
path names it in its answer, and is believed.
"""

import asyncio
import secrets
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.errors import AuthError, DBusError

from aboveboard.base.errors import SetupMissing, Unavailable

PORTAL, PATH = "org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop"
CALL_S = 5.0
ANSWER_S = 120.0
"""How long a person may think about what they are asked."""

_DBUS = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
_REQUEST, _SESSION = "org.freedesktop.portal.Request", "org.freedesktop.portal.Session"
_DONE, _CANCELLED = 0, 1
_CONNECTION_ERRORS = (OSError, DBusError, AuthError, TimeoutError, ValueError, EOFError)


class Declined(SetupMissing):
    """The person said no."""


class Portal:
    """A connection to the portals. Used inside of one event loop."""

    def __init__(self, bus: MessageBus) -> None:
        self._bus = bus
        self._answers: dict[str, asyncio.Future[tuple[int, dict[str, Any]]]] = {}
        self._closed: dict[str, Callable[[], None]] = {}
        self._early: dict[str, tuple[int, dict[str, Any]]] = {}
        bus.add_message_handler(self._heard)

    @classmethod
    async def open(cls, address: str | None) -> "Portal":
        """Connect to the session bus (``None``: this session's own); raises :class:`SetupMissing`."""
        try:
            bus = await asyncio.wait_for(MessageBus(bus_address=address, negotiate_unix_fd=True).connect(), CALL_S)
        except _CONNECTION_ERRORS as error:
            raise SetupMissing(
                "the desktop's session bus cannot be reached",
                cause="this is not a graphical session",
                fix="run this inside of the person's own session",
            ) from error
        opened = cls(bus)
        for interface, member in ((_REQUEST, "Response"), (_SESSION, "Closed")):
            rule = f"type='signal',sender='{PORTAL}',interface='{interface}',member='{member}'"
            await opened.call(_DBUS, "AddMatch", "s", [rule])
        return opened

    @property
    def connected(self) -> bool:
        """Is the bus still there?"""
        return bool(self._bus.connected)

    def disconnect(self) -> None:
        """End the connection; the portal then ends its sessions."""
        if self._bus.connected:
            self._bus.disconnect()

    async def disconnected(self) -> None:
        """Wait until the bus is gone."""
        with suppress(*_CONNECTION_ERRORS):
            await self._bus.wait_for_disconnect()

    async def number(self, interface: str, name: str) -> int:
        """A number that the portal tells of itself; 0 if it does not."""
        try:
            reply = await self.call((PORTAL, PATH, "org.freedesktop.DBus.Properties"), "Get", "ss", [interface, name])
        except Unavailable:
            return 0
        value = reply.body[0].value if reply.body else 0
        return value if isinstance(value, int) else 0

    async def request(
        self, interface: str, member: str, signature: str, body: list[Any], options: dict[str, Variant]
    ) -> dict[str, Any]:
        """Ask, and wait for the answer; ``options`` come last in the call.

        Raises :class:`Declined` if the person said no, :class:`Unavailable` if the portal did not do it.
        """
        token = f"aboveboard_{secrets.token_hex(8)}"
        path = f"{PATH}/request/{self._sender}/{token}"
        answer: asyncio.Future[tuple[int, dict[str, Any]]] = asyncio.get_running_loop().create_future()
        self._answers[path] = answer
        try:
            arguments = [*body, options | {"handle_token": Variant("s", token)}]
            reply = await self.call((PORTAL, PATH, interface), member, signature + "a{sv}", arguments)
            path = self._follow(path, str(reply.body[0]) if reply.body else path)
            code, results = await self._wait(answer, path, member)
        finally:
            self._answers.pop(path, None)
        if code == _CANCELLED:
            raise Declined(
                "the desktop is not shared with the recorder",
                cause="you said no when your desktop asked",
                fix="nothing; start again if it was a mistake",
            )
        if code != _DONE:
            raise _undone(member, f"it answered {code}")
        return {name: value.value if isinstance(value, Variant) else value for name, value in results.items()}

    def on_closed(self, session: str, closed: Callable[[], None]) -> None:
        """Have ``closed`` called when the portal ends ``session``: the person stopped sharing."""
        self._closed[session] = closed

    async def close(self, path: str, interface: str = _SESSION) -> None:
        """End a session or a request; one that has ended already is fine."""
        with suppress(Unavailable):
            await self.call((PORTAL, path, interface), "Close", "", [])

    async def call(self, target: tuple[str, str, str], member: str, signature: str, body: list[Any]) -> Message:
        """One call of ``target`` (name, path, interface); raises :class:`Unavailable` if it fails."""
        name, path, interface = target
        message = Message(
            destination=name, path=path, interface=interface, member=member, signature=signature, body=body
        )
        try:
            reply = await asyncio.wait_for(self._bus.call(message), CALL_S)
        except _CONNECTION_ERRORS as error:
            raise _undone(member, "it did not answer") from error
        if reply is None or reply.message_type is not MessageType.METHOD_RETURN:
            said = str(reply.body[0]) if reply is not None and reply.body else "it refused"
            raise _undone(member, said[:200])
        return reply

    @property
    def _sender(self) -> str:
        return (self._bus.unique_name or "").removeprefix(":").replace(".", "_")

    def _follow(self, expected: str, told: str) -> str:
        """The portal may have another path in mind than the one that is listened to."""
        if told != expected:
            answer = self._answers[told] = self._answers.pop(expected)
            if told in self._early and not answer.done():
                answer.set_result(self._early.pop(told))
        return told

    async def _wait(
        self, answer: "asyncio.Future[tuple[int, dict[str, Any]]]", path: str, member: str
    ) -> tuple[int, dict[str, Any]]:
        try:
            return await asyncio.wait_for(answer, ANSWER_S)
        except TimeoutError as error:
            await self.close(path, _REQUEST)
            raise _undone(member, f"nobody answered within {ANSWER_S:.0f} s") from error

    def _heard(self, message: Message) -> None:
        if message.message_type is not MessageType.SIGNAL or message.path is None:
            return
        if message.interface == _REQUEST and message.member == "Response" and message.signature == "ua{sv}":
            code, results = message.body
            answer = self._answers.get(message.path)
            if answer is None:
                self._early = {message.path: (code, results)}
            elif not answer.done():
                answer.set_result((code, results))
        elif message.interface == _SESSION and message.member == "Closed" and message.path in self._closed:
            self._closed.pop(message.path)()


def _undone(member: str, why: str) -> Unavailable:
    return Unavailable(
        f"the desktop's portal did not do {member}: {why}",
        cause="the desktop has no portal for it, or the portal for another desktop is installed",
        fix="install the xdg-desktop-portal of your desktop (gnome, kde, wlr), log in again",
    )
