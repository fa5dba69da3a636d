"""Ask a server over many connections, each again as soon as it was answered (but no more than so often a second)."""

import asyncio
import secrets
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.uri import parse_uri

from aboveboard.commands.simulated.programme import Enrolled
from aboveboard.formats import lease as leases
from aboveboard.formats.lease import LeaseRequest
from aboveboard.wire.request_signing import sign_headers

BOOT_ID = "0b1c2d3e-4f50-4617-8293-a4b5c6d7e8f9"


class Asking(asyncio.Protocol):
    """One connection. ``every_s`` is the least time between two of its questions."""

    def __init__(self, every_s: float) -> None:
        self.every_s = every_s
        self.answered = 0
        self.wrong = 0
        self.latency_s: list[float] = []
        self._asked_s = 0.0
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    def ask(self) -> None:
        if self.transport is None or self.transport.is_closing():
            return
        self._asked_s = time.perf_counter()
        self.transport.write(self.question())

    def question(self) -> bytes:
        raise NotImplementedError

    def got(self, right: bool) -> None:
        now_s = time.perf_counter()
        self.answered += 1
        self.wrong += not right
        self.latency_s.append(now_s - self._asked_s)
        wait_s = self._asked_s + self.every_s - now_s
        asyncio.get_running_loop().call_later(max(0.0, wait_s), self.ask)


class Streaming(Asking):
    """Leases on a control stream."""

    def __init__(self, enrolled: Enrolled, url: str, every_s: float) -> None:
        super().__init__(every_s)
        self.enrolled, self.url = enrolled, url
        self.stream = ClientProtocol(parse_uri(url.replace("http", "ws", 1) + "/v1/control"))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        request = self.stream.connect()
        target = self.url + "/v1/control"
        for name, value in sign_headers("GET", target, b"", self.enrolled.key, now_ns=time.time_ns()).items():
            request.headers[name] = value
        self.stream.send_request(request)
        transport.write(b"".join(self.stream.data_to_send()))  # type: ignore[attr-defined]

    def question(self) -> bytes:
        consent = self.enrolled.consent
        request = LeaseRequest(
            device_id=consent.device_id,
            consent_id=consent.consent_id,
            boot_id=BOOT_ID,
            boot_ns=time.monotonic_ns(),
            nonce=secrets.token_hex(16),
            recorder_version="benchmark",
        )
        self.stream.send_text(leases.encode(request))
        return b"".join(self.stream.data_to_send())

    def data_received(self, data: bytes) -> None:
        self.stream.receive_data(data)
        for event in self.stream.events_received():
            if isinstance(event, Response):
                self.ask()
            elif isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                self.got(bytes(event.data[:15]) == b'{"kind":"lease"')


class OneByOne(Asking):
    """Requests over HTTP, kept open. ``request`` makes the whole of one."""

    def __init__(self, request: Callable[[], bytes], every_s: float) -> None:
        super().__init__(every_s)
        self.request = request
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.ask()

    def question(self) -> bytes:
        return self.request()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        if len(rest) >= length:
            self._buffer = b""
            self.got(head.split(b" ", 2)[1] == b"200")


async def load(
    url: str, clients: list[Asking], *, seconds: float, cpu_s: Callable[[], float], at_once: int = 25
) -> tuple[float, float, list[float], int]:
    """Answers a second, the server's processor seconds for each, the latencies, and how many answers were not right."""
    parts, loop = urlsplit(url), asyncio.get_running_loop()
    for number, client in enumerate(clients):
        await loop.create_connection(lambda one=client: one, parts.hostname, parts.port)  # type: ignore[misc]
        if number % at_once == 0:
            await asyncio.sleep(0.05)
    while not all(client.answered > 1 for client in clients):
        await asyncio.sleep(0.05)
    for client in clients:
        client.latency_s.clear()
    began_s, began_cpu_s, before = time.perf_counter(), cpu_s(), sum(client.answered for client in clients)
    await asyncio.sleep(seconds)
    answered = sum(client.answered for client in clients) - before
    took_s, used_s = time.perf_counter() - began_s, cpu_s() - began_cpu_s
    for client in clients:
        if client.transport is not None:
            client.transport.abort()
    latencies = sorted(each for client in clients for each in client.latency_s)
    return answered / took_s, used_s / max(answered, 1), latencies, sum(client.wrong for client in clients)
