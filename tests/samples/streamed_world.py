"""A vault as a process of its own (or several over one database), and recorders' control sides against it.

It is set up in this process as a :class:`VaultWorld`, with a stand-in for the keyholder, and then served for real.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from subprocess import Popen
from typing import Any

import msgspec

from aboveboard.base.clock import SystemClock, boot_id
from aboveboard.base.errors import Unavailable
from aboveboard.recorder.control import ControlStream
from aboveboard.recorder.lease import LeaseBook, LeaseKeeper
from aboveboard.rules.decision import Decision
from aboveboard.sealing.signatures import SigningKey
from aboveboard.vault.place import Config, write_config
from aboveboard.wire.client import Client
from samples.served_world import started, stop
from samples.vault_world import Participant, VaultWorld


class StreamedWorld(VaultWorld):
    """Call :meth:`serve` once everybody is enrolled; from then on the processes are asked."""

    def __init__(self, root: Path, *, database_url: str | None = None) -> None:
        self.root, self.database_url = root, database_url
        self.replicas: list[tuple[Popen[bytes], str]] = []
        if database_url is not None:
            write_config(root / "vault", Config(database_url=database_url))
        super().__init__(root / "vault")

    def open(self) -> None:
        self.clock.wall = time.time_ns()
        super().open()

    def serve(self, replicas: int = 1) -> None:
        super().close()
        roster, key = (self.home / "roster.json").read_bytes(), (self.home / "vault.key").read_bytes()
        for number in range(replicas):
            home = self.home if number == 0 else self.root / f"replica{number}"
            if number:
                write_config(home, Config(database_url=self.database_url))
                (home / "roster.json").write_bytes(roster)
                (home / "vault.key").write_bytes(key)
                (home / "vault.key").chmod(0o600)
            self.replicas.append(started("vault", home))

    @property
    def url(self) -> str:
        return self.replicas[0][1]

    def close(self) -> None:
        if not self.replicas:
            super().close()
        for process, _ in self.replicas:
            stop(process)

    def ask(self, key: SigningKey | None, method: str, path: str, body: Any = b"", *, url: str = "") -> bytes:
        if not self.replicas:
            return super().ask(key, method, path, body)
        self.clock.wall = time.time_ns()
        data = body if isinstance(body, bytes) else msgspec.json.encode(body)
        with Client(url or self.url, key, timeout_s=60) as client:
            return client.ask(method, path, data, media_type="application/json")


class Device:
    """A recorder's control side: it asks for leases and hears what is pushed, and captures nothing."""

    def __init__(self, world: VaultWorld, who: Participant, url: str, *, stream: bool = True) -> None:
        self.clock = SystemClock()
        self.client = Client(url, who.device_key, timeout_s=20)
        self.book = LeaseBook(boot_id())
        self.keeper = LeaseKeeper(
            self.client,
            self.book,
            consent=world.receipt(who),
            lease_key=world.vault.key.public,
            clock=self.clock,
            boot_id=boot_id(),
        )
        self.control = ControlStream(self.client, self.keeper)
        self.stop = threading.Event()
        bodies = [self.keeper.run, *([self.control.run] if stream else [])]
        self.threads = [threading.Thread(target=body, args=(self.stop,)) for body in bodies]
        for thread in self.threads:
            thread.start()

    def now(self) -> Decision:
        return self.book.at(self.clock.boot_ns())

    def until(self, condition: Callable[[], bool], *, limit_s: float = 40) -> float:
        """Wait for it; for how many seconds it took."""
        began_s = time.monotonic()
        while not condition():
            assert time.monotonic() - began_s < limit_s, f"{self.now()}, {self.keeper.error!r}"
            time.sleep(0.005)
        return time.monotonic() - began_s

    def until_recording(self, *, streamed: bool = True) -> "Device":
        self.until(lambda: self.now().allowed and self.keeper.streamed() == streamed)
        return self

    def close(self) -> None:
        self.stop.set()
        self.control.close()
        self.keeper.nudged.set()
        for thread in self.threads:
            thread.join(30)
        self.client.close()


@contextmanager
def streamed_world(root: Path, **words: Any) -> Iterator[StreamedWorld]:
    world = StreamedWorld(root, **words)
    try:
        yield world
    finally:
        with suppress(Unavailable):
            world.close()
