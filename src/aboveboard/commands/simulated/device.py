"""The control side of one recorder among many: its own key, clocks, stream and book of leases, no thread of its own.

What is asked, believed, stopped and counted is the recorder's own code (``LeaseKeeper``, ``LeaseBook``); only waiting
for the network is done by one event loop for all. A device can be cut off, suspended, or have its clock set back.
"""

import asyncio
import random
import uuid
from collections.abc import Callable
from typing import Literal
from urllib.parse import urlsplit

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.uri import parse_uri

from aboveboard.base.clock import SECOND_NS, SystemClock
from aboveboard.base.errors import AboveboardError
from aboveboard.commands.simulated.programme import Enrolled
from aboveboard.formats import control as control_format
from aboveboard.formats import envelope as envelopes
from aboveboard.formats import lease as leases
from aboveboard.formats.control import LIMIT_BYTES, Denied, Granted
from aboveboard.formats.lease import LeaseRequest
from aboveboard.recorder.control import PATH, error_of
from aboveboard.recorder.lease import Checked, LeaseBook, LeaseKeeper
from aboveboard.wire.client import Client
from aboveboard.wire.request_signing import sign_headers

Fate = Literal["online", "cut off", "suspended", "clock moved"]
REFUSED_WAIT_S = 15.0
AGAIN_S = 2.0


class MovedClock(SystemClock):
    """This machine's clocks; the wall clock is off by ``off_ns``, as if somebody had set it."""

    off_ns = 0

    def wall_ns(self) -> int:
        return super().wall_ns() + self.off_ns


class Device(asyncio.Protocol):
    """One of many. ``told`` is called with each lease and each refusal of it."""

    def __init__(self, enrolled: Enrolled, *, lease_key: str, url: str) -> None:
        self.enrolled, self.url = enrolled, url
        self.clock, self.boot_id = MovedClock(), str(uuid.uuid4())
        self.book = LeaseBook(self.boot_id)
        self.keeper = LeaseKeeper(
            Client(url, enrolled.key),
            self.book,
            consent=enrolled.consent,
            lease_key=lease_key,
            clock=self.clock,
            boot_id=self.boot_id,
        )
        self.fate: Fate = "online"
        self.granted = self.refused = self.broken = 0
        self.answer_s: list[float] = []
        self.held: list[Checked] = []
        """The newest leases, as somebody keeps them who means to go on: the book forgets them at a pause."""
        self.stopped_boot_ns: int | None = None
        """When, on the boot clock, it last ceased to permit recording."""
        self.on_stop: Callable[[Device], None] = lambda _: None
        self._transport: asyncio.Transport | None = None
        self._stream: ClientProtocol | None = None
        self._asked: LeaseRequest | None = None
        self._due: asyncio.TimerHandle | None = None
        self._ended = False

    async def connect(self) -> None:
        """Open the stream; raises OSError."""
        parts = urlsplit(self.url)
        await asyncio.get_running_loop().create_connection(lambda: self, parts.hostname or "", parts.port or 80)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        self._stream = ClientProtocol(parse_uri(self.url.replace("http", "ws", 1) + PATH), max_size=LIMIT_BYTES)
        request = self._stream.connect()
        signed = sign_headers("GET", self.url + PATH, b"", self.enrolled.key, now_ns=self.clock.wall_ns())
        for name, value in signed.items():
            request.headers[name] = value
        self._stream.send_request(request)
        self._flush()

    def data_received(self, data: bytes) -> None:
        stream = self._stream
        if stream is None:
            return
        stream.receive_data(data)
        for event in stream.events_received():
            if isinstance(event, Response):
                self.ask()
            elif isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                self._hear(bytes(event.data))
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stream = self._transport = self._asked = None
        self.broken += 1
        if not self._ended and self.fate == "online":
            loop = asyncio.get_running_loop()
            loop.call_later(random.uniform(0.5, 1) * AGAIN_S, lambda: loop.create_task(self._again()))  # noqa: S311

    def ask(self) -> None:
        """Ask for a lease; the answer comes by itself."""
        if self._stream is None or self._asked is not None or self.fate in {"cut off", "suspended"}:
            return
        self._asked = self.keeper.request()
        self._stream.send_text(leases.encode(self._asked))
        self._flush()

    def permitted(self) -> bool:
        """May it record now?"""
        return self.book.at(self.clock.boot_ns()).allowed

    def befall(self, fate: Fate) -> None:
        """It is cut off or suspended (it neither hears nor asks), or its clock is set back by eight hours."""
        self.fate = fate
        if fate == "clock moved":
            self.clock.off_ns = -8 * 3600 * SECOND_NS
        elif self._transport is not None:
            self._transport.pause_reading()

    def close(self) -> None:
        """End the stream for good."""
        self._ended = True
        if self._due is not None:
            self._due.cancel()
        if self._transport is not None:
            self._transport.abort()

    async def _again(self) -> None:
        try:
            await self.connect()
        except OSError:
            self.connection_lost(None)

    def _hear(self, data: bytes) -> None:
        told = control_format.decode(data)
        if isinstance(told, Granted | Denied):
            self._answered(told)
            return
        if told.what == "stop":
            permitted = self.permitted()
            self.keeper.stop(told.reason, told.why)
            if permitted:
                self._stopped()
        if told.what != "look":
            self._ask_in(random.random() * told.spread_ms / 1000)  # noqa: S311

    def _answered(self, told: Granted | Denied) -> None:
        request, self._asked = self._asked, None
        if request is None:
            return
        self.answer_s.append((self.clock.boot_ns() - request.boot_ns) / SECOND_NS)
        permitted = self.permitted()
        try:
            if isinstance(told, Denied):
                raise error_of(told)
            lease = self.keeper.take(envelopes.encode(told.lease), request)
        except AboveboardError as error:
            self.keeper.failed(error)
            self.refused += 1
            if permitted and not self.permitted():
                self._stopped()
            self._ask_in(random.uniform(0.8, 1.2) * REFUSED_WAIT_S)  # noqa: S311
            return
        self.granted += 1
        self.held = [*self.held[-1:], Checked(lease, envelopes.encode(told.lease).decode(), self.clock.boot_ns())]
        self._ask_in(lease.duration_ns / SECOND_NS / 3)

    def _stopped(self) -> None:
        self.stopped_boot_ns = self.clock.boot_ns()
        self.on_stop(self)

    def _ask_in(self, seconds: float) -> None:
        if self._due is not None:
            self._due.cancel()
        self._due = asyncio.get_running_loop().call_later(seconds, self.ask)

    def _flush(self) -> None:
        if self._stream is None or self._transport is None:
            return
        for data in self._stream.data_to_send():
            if data:
                self._transport.write(data)
            else:
                self._transport.close()
