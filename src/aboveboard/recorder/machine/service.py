"""What is a service that the machine watch follows on a D-Bus, and how is it asked?

How it is followed is in ``machine.bus``.
"""

from collections.abc import Awaitable, Sequence
from typing import Any, Protocol

from dbus_fast import Message

PROPERTIES = "org.freedesktop.DBus.Properties"


class DoesNotTell(Exception):
    """The service is there and has no such method or property."""


class Call(Protocol):
    """Calls the service that is being followed; returns the reply's body.

    Raises :class:`DoesNotTell`, or :class:`Unavailable` if it fails otherwise or is not answered.
    """

    def __call__(
        self, path: str, interface: str, member: str, signature: str = "", body: Sequence[Any] = ()
    ) -> Awaitable[Message]: ...


class Service(Protocol):
    """What is followed. All is called in the thread of the bus."""

    @property
    def name(self) -> str:
        """The well-known name on the bus."""
        ...

    @property
    def rules(self) -> Sequence[str]:
        """Match rules for the signals that matter, without the sender."""
        ...

    async def ask(self, call: Call) -> None:
        """Find out how things stand: the service came, or said something."""
        ...

    def heard(self, message: Message) -> None:
        """Take a signal at its word, if nothing can be asked about it. :meth:`ask` follows in any case."""
        ...

    def silent(self) -> None:
        """The service is there and does not answer."""
        ...

    def gone(self) -> None:
        """The service is not there, or not any more."""
        ...


async def prop(call: Call, path: str, interface: str, name: str) -> Any:
    """The value of a property."""
    reply = await call(path, PROPERTIES, "Get", "ss", [interface, name])
    return reply.body[0].value
