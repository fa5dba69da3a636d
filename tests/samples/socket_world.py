"""The vault of :class:`VaultWorld`, asked over real sockets by the client that recorders use, on its clock."""

import asyncio
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

from aboveboard.sealing.signatures import SigningKey
from aboveboard.vault.app import app_of
from aboveboard.vault.place import Vault, open_vault
from aboveboard.wire.client import Client
from samples.vault_world import VaultWorld

START_S = 60


class SocketWorld(VaultWorld):
    """``clock`` moves only when told; the vault reads it, and every request is dated by it."""

    def open(self) -> None:
        self.vault: Vault = open_vault(self.home, clock=self.clock)
        self.vault.keyholder = lambda: self.keyholder  # type: ignore[assignment,method-assign,return-value]
        self.app = app_of(self.vault)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.app.state.origins = {self.url}
        server = Server(
            self.app,
            port=port,
            interface=Interfaces.ASGI,
            http=HTTPModes.http1,
            websockets=False,
            log_enabled=False,
            backlog=1024,
            backpressure=10_000,  # each client keeps its connection open, and there are hundreds
        )
        loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=loop.run_until_complete, args=(server.serve(),))
        self._stop = lambda: loop.call_soon_threadsafe(server.stop)
        self._thread.start()
        self._clients: dict[str, Client] = {}
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.02)
        raise AssertionError("the vault did not start")

    def close(self) -> None:
        for client in self._clients.values():
            client.close()
        self._stop()
        self._thread.join()
        self.vault.close()

    def client(self, key: SigningKey | None) -> Client:
        """A recorder's client, which signs with ``key``."""
        name = key.public if key is not None else ""
        if name not in self._clients:
            self._clients[name] = Client(self.url, key, timeout_s=60, now_ns=self.clock.wall_ns)
        return self._clients[name]

    def ask(self, key: SigningKey | None, method: str, path: str, body: Any = b"") -> bytes:
        data = body if isinstance(body, bytes) else msgspec.json.encode(body)
        return self.client(key).ask(method, path, data, media_type="application/json")


@contextmanager
def in_memory() -> Iterator[SocketWorld]:
    """A vault whose folder is in memory where there is room for it: nobody waits for the disk, nobody keeps it."""
    room = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(dir=room) as folder:
        made = SocketWorld(Path(folder) / "vault")
        try:
            yield made
        finally:
            made.close()
