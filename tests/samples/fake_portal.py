"""A ScreenCast portal on a bus of its own: the real messages, without a person to ask and without PipeWire."""

import asyncio
import os
import subprocess
import threading
from pathlib import Path
from typing import Any

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from aboveboard.recorder.capture.wayland.portal import PATH, PORTAL
from aboveboard.recorder.capture.wayland.screen_cast import SCREEN_CAST

_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


class PrivateBus:
    """A dbus-daemon that starts nothing, from entering the block to leaving it."""

    def __init__(self, folder: Path) -> None:
        self._socket, self._config = folder / "bus", folder / "bus.conf"
        self.address = f"unix:path={self._socket}"

    def __enter__(self) -> "PrivateBus":
        self._config.write_text(_CONFIG.format(socket=self._socket), encoding="utf-8")
        argv = ["dbus-daemon", f"--config-file={self._config}", "--nofork", "--nosyslog", "--print-address"]
        self._process = subprocess.Popen(argv, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        assert self._process.stdout.readline()
        return self

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self.stop()


class FakePortal:
    """The portal. ``calls`` are the methods called, with their options; the rest says how it behaves.

    ``answers``: the response code to give for a method, ``None`` for no answer; ``streams``: what ``Start`` tells.
    """

    def __init__(self, address: str, size: tuple[int, int]) -> None:
        self._address = address
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.answers: dict[str, int | None] = {}
        self.streams: Any = [
            [
                42,
                {
                    "position": Variant("(ii)", [0, 0]),
                    "size": Variant("(ii)", list(size)),
                    "source_type": Variant("u", 1),
                },
            ]
        ]
        self.cursor_modes, self.version, self.gives_descriptor = 7, 4, True
        self.own_paths = False
        """Use request paths of its own, as portals before 0.9 did."""
        self.quick = False
        """Answer before the call returns."""
        self.session = ""
        self.sent: list[int] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> "FakePortal":
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._serve(), self._loop).result(5)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._bus.disconnect)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        for descriptor in self.sent:
            os.close(descriptor)

    def options(self, member: str) -> dict[str, Any]:
        """The options of the one call of ``member``."""
        (found,) = [options for name, options in self.calls if name == member]
        return {name: value.value for name, value in found.items()}

    def stop_sharing(self) -> None:
        """The person closes the session, in the desktop's panel."""
        signal = Message.new_signal(self.session, "org.freedesktop.portal.Session", "Closed", "", [])
        self._loop.call_soon_threadsafe(self._bus.send, signal)

    async def _serve(self) -> None:
        self._bus = await MessageBus(bus_address=self._address, negotiate_unix_fd=True).connect()
        self._bus.add_message_handler(self._called)
        await self._bus.request_name(PORTAL)

    def _called(self, message: Message) -> Message | bool | None:
        if message.message_type is not MessageType.METHOD_CALL:
            return None
        match message.interface, message.member:
            case "org.freedesktop.DBus.Properties", "Get":
                told = {"AvailableCursorModes": self.cursor_modes, "version": self.version}[message.body[1]]
                return Message.new_method_return(message, "v", [Variant("u", told)])
            case "org.freedesktop.portal.Session" | "org.freedesktop.portal.Request", "Close":
                self.calls.append((f"Close {message.path}", {}))
                return Message.new_method_return(message)
            case interface, "OpenPipeWireRemote" if interface == SCREEN_CAST:
                self.calls.append(("OpenPipeWireRemote", {}))
                return self._descriptor(message)
            case interface, member if interface == SCREEN_CAST:
                return self._request(message, str(member))
            case _:
                return None

    def _descriptor(self, message: Message) -> Message:
        reader, writer = os.pipe()
        self.sent += [reader, writer]
        given = [reader] if self.gives_descriptor else []
        return (
            Message.new_method_return(message, "h", [0], unix_fds=given)
            if given
            else Message.new_error(message, "org.freedesktop.portal.Error.Failed", "no PipeWire")
        )

    def _request(self, message: Message, member: str) -> Message | bool:
        options = message.body[-1]
        self.calls.append((member, options))
        sender = str(message.sender).removeprefix(":").replace(".", "_")
        token = "t_own" if self.own_paths else options["handle_token"].value
        path = f"{PATH}/request/{sender}/{token}"
        results: dict[str, Variant] = {}
        if member == "CreateSession":
            self.session = f"{PATH}/session/{sender}/{options['session_handle_token'].value}"
            results["session_handle"] = Variant("s", self.session)
        if member == "Start":
            results["streams"] = Variant("a(ua{sv})", self.streams)
            results["restore_token"] = Variant("s", "next-time")
        code = self.answers.get(member, 0)
        reply = Message.new_method_return(message, "o", [path])
        if code is None:
            return reply
        answer = Message.new_signal(path, "org.freedesktop.portal.Request", "Response", "ua{sv}", [code, results])
        answer.destination = message.sender
        first, second = (answer, reply) if self.quick else (reply, answer)
        self._bus.send(first)
        self._bus.send(second)
        return True
