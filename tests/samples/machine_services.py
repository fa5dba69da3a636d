"""A system bus and a session bus of their own, and on them what a desktop has: logind, UPower, NetworkManager, savers.

The services are python-dbusmock's: written after the real ones by others than whoever wrote the code under test.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from aboveboard.stage.processes import Processes, program, require, stop_group, wait_for

SYSTEM_PYTHON = "/usr/bin/python3"
MOCK = "org.freedesktop.DBus.Mock"
LOGIND = ("org.freedesktop.login1", "/org/freedesktop/login1")
SESSION_PATH = "/org/freedesktop/login1/session/c1"
UPOWER = ("org.freedesktop.UPower", "/org/freedesktop/UPower")
NETWORK = ("org.freedesktop.NetworkManager", "/org/freedesktop/NetworkManager")
GNOME = ("org.gnome.ScreenSaver", "/org/gnome/ScreenSaver")

_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


class Buses:
    """The two buses in ``folder``; ``env`` is what tells programs of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes = Processes(folder)
        self.sockets = {"system": folder / "system", "session": folder / "session"}
        self.env = {
            "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={self.sockets['system']}",
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path={self.sockets['session']}",
        }
        self._daemons: dict[str, Any] = {}
        self._mocks: dict[str, Any] = {}
        self._on_system: set[str] = set()

    def start(self, which: str) -> None:
        config = self.folder / f"{which}.conf"
        config.write_text(_CONFIG.format(socket=self.sockets[which]), encoding="utf-8")
        daemon = program("dbus-daemon", "dbus-daemon")
        arguments = [daemon, f"--config-file={config}", "--nofork", "--nosyslog"]
        self._daemons[which] = self.processes.start(arguments, {"PATH": "/usr/bin:/bin"})
        require(wait_for(self.sockets[which].exists, 10), daemon, self.processes)

    def end(self, which: str) -> None:
        """The bus dies, and all who were on it with it."""
        stop_group(self._daemons.pop(which))
        self.sockets[which].unlink(missing_ok=True)

    def template(self, name: str) -> None:
        """Start one of dbusmock's own services."""
        owned = {"logind": LOGIND, "upower": UPOWER, "networkmanager": NETWORK, "gnome_screensaver": GNOME}[name]
        self._mock(owned[0], ["--template", name])

    def service(self, name: str, path: str) -> None:
        """Start an empty service on the session bus."""
        self._mock(name, ["--session", name, path, name])

    def stop(self, name: str) -> None:
        """The service crashes."""
        stop_group(self._mocks.pop(name))

    def call(self, owned: Sequence[str], interface: str, member: str, signature: str = "", *body: Any) -> Any:
        """One call; returns the first value of the reply."""
        return asyncio.run(self._call(owned[0], owned[1], interface, member, signature, list(body)))

    def log_in(self, *, terminal: int, user: int) -> None:
        """logind has a session ``c1`` of ``user`` in front on this virtual terminal."""
        self.call(LOGIND, MOCK, "AddSession", "ssusb", "c1", "seat0", user, "somebody", True)
        self.session(VTNr=Variant("u", terminal))

    def session(self, **changed: Variant) -> None:
        """Change properties of the session, with the signal that follows."""
        interface = "org.freedesktop.login1.Session"
        self.call((LOGIND[0], SESSION_PATH), MOCK, "UpdateProperties", "sa{sv}", interface, changed)

    def session_does(self, member: str) -> None:
        """Call a method of the session."""
        self.call((LOGIND[0], SESSION_PATH), "org.freedesktop.login1.Session", member)

    def sleeping(self, begins: bool) -> None:
        """logind announces sleep, or that the machine woke."""
        manager = "org.freedesktop.login1.Manager"
        self.call(LOGIND, MOCK, "UpdateProperties", "sa{sv}", manager, {"PreparingForSleep": Variant("b", begins)})
        arguments = [manager, "PrepareForSleep", "b", [Variant("b", begins)]]
        self.call(LOGIND, MOCK, "EmitSignal", "sssav", *arguments)

    def inhibitors(self) -> list[Any]:
        found = self.call(LOGIND, "org.freedesktop.login1.Manager", "ListInhibitors")
        return list(found)

    def send_to_all(self, which: str, path: str, interface: str, member: str) -> None:
        """A signal from nobody in particular, addressed to each program on the bus."""

        async def send() -> None:
            bus = await MessageBus(bus_address=f"unix:path={self.sockets[which]}").connect()
            dbus = "org.freedesktop.DBus"
            listed = Message(destination=dbus, path="/org/freedesktop/DBus", interface=dbus, member="ListNames")
            for name in (await bus.call(listed)).body[0]:
                if name.startswith(":") and name != bus.unique_name:
                    signal = Message(
                        message_type=MessageType.SIGNAL,
                        destination=name,
                        path=path,
                        interface=interface,
                        member=member,
                    )
                    await bus.send(signal)
            bus.disconnect()

        asyncio.run(send())

    def _mock(self, name: str, arguments: list[str]) -> None:
        env = self.env | {"PATH": "/usr/bin:/bin"}
        self._mocks[name] = self.processes.start([SYSTEM_PYTHON, "-m", "dbusmock", *arguments], env)
        system = name in {LOGIND[0], UPOWER[0], NETWORK[0]}
        self._on_system |= {name} if system else set()

        def there() -> bool:
            dbus = ("org.freedesktop.DBus", "/org/freedesktop/DBus")
            return bool(asyncio.run(self._call(*dbus, dbus[0], "NameHasOwner", "s", [name], about=name)))

        require(wait_for(there, 20, every_s=0.05), SYSTEM_PYTHON, self.processes)

    async def _call(
        self, name: str, path: str, interface: str, member: str, signature: str, body: list[Any], about: str = ""
    ) -> Any:
        which = "system" if (about or name) in self._on_system else "session"
        bus = await MessageBus(bus_address=f"unix:path={self.sockets[which]}").connect()
        try:
            message = Message(
                destination=name, path=path, interface=interface, member=member, signature=signature, body=body
            )
            reply = await bus.call(message)
            assert reply.message_type is MessageType.METHOD_RETURN, (member, reply.error_name, reply.body)
            return reply.body[0] if reply.body else None
        finally:
            bus.disconnect()


@contextmanager
def buses(folder: Path, *which: str) -> Iterator[Buses]:
    """The buses named in ``which``, both if none is."""
    running = Buses(folder)
    try:
        for name in which or ("system", "session"):
            running.start(name)
        yield running
    finally:
        running.processes.stop()
