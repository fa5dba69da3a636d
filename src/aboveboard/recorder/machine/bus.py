"""How is a service on a D-Bus followed, when it may be absent, come, go, or not answer?

1. A service is never started by asking it: who is not there has nothing to say.
2. Its signals say "ask again" and no more, so an answer that is overtaken by a signal is asked for anew. Only a signal
   that nothing can be asked about (a request to lock) is taken at its word.
3. A signal counts only if it comes from the owner of the service's name.
4. No answer within :data:`CALL_S`, or one of another shape, is not a no: the service counts as silent, and is asked
   again later.
5. A bus that went away is connected to again, after a second, later each minute. Nothing else wakes anybody up.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from dbus_fast import Message, MessageFlag, MessageType
from dbus_fast.aio import MessageBus
from dbus_fast.errors import AuthError, DBusError, InvalidAddressError

from aboveboard.base.errors import Unavailable
from aboveboard.recorder.machine.service import DoesNotTell, Service

CALL_S = 2.0
"""A service that has not answered after this long does not answer."""
AGAIN_S = 5.0
"""How long a service that did not answer is left alone; twice as long each time."""
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 60.0

_DBUS, _DBUS_PATH = "org.freedesktop.DBus", "/org/freedesktop/DBus"
_DOES_NOT_TELL = {
    "UnknownMethod",
    "UnknownInterface",
    "UnknownObject",
    "UnknownProperty",
    "NotSupported",
    "InvalidArgs",
}
"""How errors end that say that there is no such thing; the last is GLib's word for an unknown property."""
_BROKEN = (OSError, DBusError, AuthError, InvalidAddressError, TimeoutError, ValueError, EOFError, Unavailable)
_OTHER_SHAPE = (IndexError, AttributeError, TypeError, ValueError)


class Bus:
    """Follows ``services`` on the bus at ``address``, until the task that runs :meth:`run` is cancelled.

    ``lost(True)`` is called when a bus that was there is not any more, ``lost(False)`` when it is there again.
    """

    def __init__(self, address: str, services: Sequence[Service], lost: Callable[[bool], None]) -> None:
        self._address = address
        self._services = services
        self._lost = lost
        self._was_there = False
        self._followers: list[_Follower] = []
        self.ready = asyncio.Event()
        """Every service that is there was asked once, or there is no bus."""

    async def run(self) -> None:
        wait_s = FIRST_WAIT_S
        while True:
            try:
                bus = MessageBus(bus_address=self._address, negotiate_unix_fd=True)
                await asyncio.wait_for(bus.connect(), CALL_S)
                wait_s, self._was_there = FIRST_WAIT_S, True
                try:
                    await self._follow(bus)
                finally:
                    bus.disconnect()
            except _BROKEN:
                pass
            if self._was_there:
                self._lost(True)
            for service in self._services:
                service.gone()
            self.ready.set()
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, LONGEST_WAIT_S)

    async def _follow(self, bus: MessageBus) -> None:
        """Until the bus goes away."""
        self._followers = [_Follower(bus, service) for service in self._services]
        bus.add_message_handler(self._heard)
        tasks = [asyncio.ensure_future(follower.run()) for follower in self._followers]
        wait_for_end: Callable[[], Awaitable[None]] = bus.wait_for_disconnect
        gone = asyncio.ensure_future(wait_for_end())
        ready = asyncio.ensure_future(self._asked())
        try:
            done, _ = await asyncio.wait([gone, *tasks], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in (*tasks, gone, ready):
                task.cancel()
            await asyncio.gather(*tasks, gone, ready, return_exceptions=True)
            bus.remove_message_handler(self._heard)

    async def _asked(self) -> None:
        for follower in self._followers:
            await follower.asked.wait()
        self._lost(False)
        self.ready.set()

    def _heard(self, message: Message) -> None:
        if message.message_type is MessageType.SIGNAL:
            for follower in self._followers:
                follower.heard(message)


class _Follower:
    """One service on one connection."""

    def __init__(self, bus: MessageBus, service: Service) -> None:
        self._bus = bus
        self._service = service
        self._owner = ""
        self._again_s = AGAIN_S
        self._due = asyncio.Event()
        self.asked = asyncio.Event()

    async def run(self) -> None:
        """Ask whenever it is due; raises if the bus itself does not answer."""
        name = self._service.name
        owner_changed = f"interface='{_DBUS}',member='NameOwnerChanged',arg0='{name}'"
        for rule in (f"sender='{_DBUS}',{owner_changed}", *(f"sender='{name}',{rule}" for rule in self._service.rules)):
            await self._daemon("AddMatch", f"type='signal',{rule}")
        owner = await self._daemon("GetNameOwner", name)
        self._owner = str(owner.body[0]) if owner.message_type is MessageType.METHOD_RETURN else ""
        if self._owner:
            self._due.set()
        else:
            self._service.gone()
            self.asked.set()
        while True:
            await self._due.wait()
            self._due.clear()
            await self._ask()
            self.asked.set()

    def heard(self, message: Message) -> None:
        """A signal: of the bus about the service's name, or of the service."""
        if message.sender == _DBUS and message.member == "NameOwnerChanged" and message.body[0] == self._service.name:
            self._owner = str(message.body[2])
            if self._owner:
                self._due.set()
            else:
                self._service.gone()
        elif self._owner and message.sender == self._owner:
            self._due.set()
            self._service.heard(message)

    async def _ask(self) -> None:
        owner = self._owner
        try:
            if owner:
                await self._service.ask(self._call)
        except (Unavailable, *_OTHER_SHAPE):
            if owner == self._owner:
                self._service.silent()
                asyncio.get_running_loop().call_later(self._again_s, self._due.set)
                self._again_s = min(self._again_s * 2, LONGEST_WAIT_S)
        else:
            self._again_s = AGAIN_S
        if not self._owner:
            # It went while it was asked: what it said last must not count as what stands.
            self._service.gone()

    async def _daemon(self, member: str, argument: str) -> Message:
        message = Message(
            destination=_DBUS, path=_DBUS_PATH, interface=_DBUS, member=member, signature="s", body=[argument]
        )
        return await self._answered(message)

    async def _call(
        self, path: str, interface: str, member: str, signature: str = "", body: Sequence[Any] = ()
    ) -> Message:
        message = Message(
            destination=self._owner or self._service.name,
            path=path,
            interface=interface,
            member=member,
            signature=signature,
            body=list(body),
            flags=MessageFlag.NO_AUTOSTART,
        )
        reply = await self._answered(message)
        if reply.message_type is MessageType.METHOD_RETURN:
            return reply
        if str(reply.error_name).rpartition(".")[2] in _DOES_NOT_TELL:
            raise DoesNotTell(member)
        raise _unanswered(f"{self._service.name} answers {member} with {reply.error_name}")

    async def _answered(self, message: Message) -> Message:
        try:
            return await asyncio.wait_for(self._bus.call(message), CALL_S)
        except (OSError, DBusError, TimeoutError, EOFError) as error:
            raise _unanswered(f"{message.destination} does not answer {message.member}") from error


def _unanswered(what: str) -> Unavailable:
    return Unavailable(
        what,
        cause="the service is busy, hangs, or has just ended",
        fix="nothing: it is asked again; until then the answer is the careful one",
    )
