"""How does one talk on the accessibility bus?

A D-Bus of its own, to which applications connect. Each question has a time limit, for the other side may hang. Several
questions can be asked at once: most of what a question costs is waking up for its answer. What is registered for, every
application sends; so only the focus is from the start, and the rest when first needed.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus
from dbus_fast.errors import DBusError

from aboveboard.base.errors import Unavailable

CALL_S = 1.0
"""An application that has not answered after this long does not answer."""

FOCUSED, SELECTION_CHANGED, LOAD_COMPLETE = (
    "object:state-changed:focused",
    "object:selection-changed",
    "document:load-complete",
)
"""What applications can be asked to tell, by the names that the registry knows."""

DBUS, DBUS_PATH = "org.freedesktop.DBus", "/org/freedesktop/DBus"
REGISTRY = "org.a11y.atspi.Registry"

_RULES = {
    FOCUSED: "interface='org.a11y.atspi.Event.Object',member='StateChanged',arg0='focused'",
    SELECTION_CHANGED: "interface='org.a11y.atspi.Event.Object',member='SelectionChanged'",
    LOAD_COMPLETE: "interface='org.a11y.atspi.Event.Document',member='LoadComplete'",
}
_BY_MEMBER = {"SelectionChanged": SELECTION_CHANGED, "LoadComplete": LOAD_COMPLETE}
_SENT_BY = "org.a11y.atspi.Event."


class Field(NamedTuple):
    """One accessible object: the unique bus name of its application and its path."""

    owner: str
    path: str


class Call(NamedTuple):
    """One question."""

    owner: str
    path: str
    interface: str
    member: str
    signature: str = ""
    body: tuple[Any, ...] = ()


Heard = Callable[[str, Field], None]
Body = list[Any]


class Connection:
    """A connection to a bus. Used in one event loop."""

    def __init__(self, bus: MessageBus, heard: Heard | None = None) -> None:
        self._bus = bus
        self._heard = heard
        self._listening: set[str] = set()
        self._asked: dict[int, Callable[[Message], None]] = {}
        bus.add_message_handler(self._take)

    @property
    def connected(self) -> bool:
        """Is the other end still there?"""
        return bool(self._bus.connected)

    def close(self) -> None:
        """Disconnect."""
        if self._bus.connected:
            self._bus.disconnect()

    async def listen(self, event: str) -> None:
        """Have applications tell ``event`` too."""
        if event in self._listening:
            return
        await self.call(Call(DBUS, DBUS_PATH, DBUS, "AddMatch", "s", (f"type='signal',{_RULES[event]}",)))
        await self.call(Call(REGISTRY, "/org/a11y/atspi/registry", REGISTRY, "RegisterEvent", "s", (event,)))
        self._listening.add(event)

    async def call(self, call: Call) -> Body:
        """The answer to one question; raises :class:`Unavailable` if it is refused, or not answered in time."""
        answer = (await self.calls([call]))[0]
        if answer is None:
            raise unanswered(call.member)
        return answer

    async def calls(self, calls: Sequence[Call]) -> list[Body | None]:
        """The answers to several questions, asked at once; ``None`` for one refused, or not answered in time."""
        finished = asyncio.get_running_loop().create_future()
        answers: list[Body | None] = [None] * len(calls)
        serials: list[int] = []
        left = len(calls)

        def arrived(place: int, reply: Message) -> None:
            nonlocal left
            left -= 1
            if reply.message_type is MessageType.METHOD_RETURN:
                answers[place] = list(reply.body)
            if not left and not finished.done():
                finished.set_result(None)

        if not calls:
            return answers
        try:
            for place, call in enumerate(calls):
                serial = self._bus.next_serial()
                serials.append(serial)
                self._asked[serial] = partial(arrived, place)
                self._bus.send(
                    Message(
                        destination=call.owner,
                        path=call.path,
                        interface=call.interface,
                        member=call.member,
                        signature=call.signature,
                        body=list(call.body),
                        serial=serial,
                    )
                )
            async with asyncio.timeout(CALL_S):
                await finished
        except (OSError, DBusError, TimeoutError, EOFError):
            pass  # what was answered until then is told
        finally:
            for serial in serials:
                self._asked.pop(serial, None)
        return answers

    def _take(self, message: Message) -> bool:
        if message.message_type is MessageType.SIGNAL:
            self._take_signal(message)
        elif message.message_type in (MessageType.METHOD_RETURN, MessageType.ERROR):
            arrived = self._asked.pop(message.reply_serial or 0, None)
            if arrived is not None:
                arrived(message)
                return True
        return False

    def _take_signal(self, message: Message) -> None:
        if self._heard is None or not message.sender or not message.path:
            return
        field = Field(message.sender, message.path)
        if message.member == "StateChanged":
            if len(message.body) >= 2 and message.body[0] == "focused" and message.body[1] == 1:
                self._heard(FOCUSED, field)
        elif message.member in _BY_MEMBER and str(message.interface).startswith(_SENT_BY):
            self._heard(_BY_MEMBER[message.member], field)


async def connect(address: str | None = None) -> MessageBus:
    """A connection to the bus at ``address``, or to the session's; raises :class:`Unavailable`."""
    try:
        async with asyncio.timeout(CALL_S):
            return await MessageBus(bus_address=address).connect()
    except (OSError, DBusError, TimeoutError, ValueError, EOFError) as error:
        raise Unavailable(
            "the accessibility bus cannot be reached",
            cause="at-spi2-core is not installed or not running",
            fix="install at-spi2-core and log in again; until then no keystroke is recorded",
        ) from error


def unanswered(member: str) -> Unavailable:
    """The error for a question without an answer."""
    return Unavailable(
        f"an application does not answer {member}",
        cause="it is busy, or does not speak the accessibility protocol well",
        fix="nothing: what is typed there is not recorded",
    )
