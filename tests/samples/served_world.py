"""A vault, a keyholder and a witness as three real processes, each confined to its own folder, spoken to over HTTP.

What devices sign is made by :class:`VaultWorld`; here it goes over the wire, at the machine's own time.
"""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from aboveboard.base.clock import ManualClock
from aboveboard.formats import custody
from aboveboard.formats.custody import PublicKeys
from aboveboard.keyholder.desk import log_name
from aboveboard.keyholder.home import KeyholderHome, write_service, write_witnesses
from aboveboard.sealing.keys import load_or_create_signing_key
from aboveboard.sealing.signatures import SigningKey
from aboveboard.vault.place import Config, write_config
from aboveboard.wire.client import Client
from aboveboard.witness.logs import watch_log
from samples.vault_world import VaultWorld
from samples.witness_process import WitnessProcess, running_witness, wait_for_address

SERVE = """
import sys
from pathlib import Path
from aboveboard.{place}.app import serve
from aboveboard.wire.confine import available, confine

home = Path(sys.argv[1])
assert confine(own=[home]) or not available()
serve(home, 0)
"""


class ServedWorld(VaultWorld):
    """The programme around three running places. ``vault_process`` and ``keyholder_process`` can be stopped."""

    def __init__(self, root: Path, witness: WitnessProcess) -> None:
        self.keyholder_home = KeyholderHome(root / "keyholder")
        self.witness = witness
        watch_log(witness.home, log_name(self.keyholder_home).log_key)
        write_witnesses(self.keyholder_home, [witness.address()])
        super().__init__(root / "vault")

    def open(self) -> None:
        roster = (self.home / "roster.json").read_bytes()
        (self.keyholder_home.path / "roster.json").write_bytes(roster)
        self.clock = ManualClock()
        write_service(self.keyholder_home, load_or_create_signing_key(self.home / "vault.key").public)
        self.start_keyholder()
        self.start_vault()

    def start_keyholder(self) -> None:
        self.keyholder_process, self.keyholder_url = started("keyholder", self.keyholder_home.path)
        self.public: PublicKeys = custody.decode_public(Client(self.keyholder_url, None).get("/v1/public"))
        write_config(self.home, Config(keyholder_url=self.keyholder_url))

    def start_vault(self) -> None:
        self.vault_process, self.url = started("vault", self.home)

    def close(self) -> None:
        stop(self.vault_process)
        stop(self.keyholder_process)

    def keyholder_key(self) -> str:
        return self.public.statement_key

    def ask(self, key: SigningKey | None, method: str, path: str, body: Any = b"") -> bytes:
        self.clock.wall = time.time_ns()
        data = body if isinstance(body, bytes) else msgspec.json.encode(body)
        with Client(self.url, key, timeout_s=60) as client:
            return client.ask(method, path, data, media_type="application/json")


@contextmanager
def running_places(root: Path) -> Iterator[ServedWorld]:
    """All three, until the block ends; each must then stop cleanly."""
    with running_witness(root / "witness") as witness:
        world = ServedWorld(root, witness)
        try:
            yield world
        finally:
            world.close()


def started(place: str, home: Path) -> tuple["subprocess.Popen[bytes]", str]:
    """One place as its own process, and the address at which it answers."""
    (home / "address.json").unlink(missing_ok=True)
    log = (home / "log.txt").open("ab")
    process = subprocess.Popen([sys.executable, "-c", SERVE.format(place=place), str(home)], stdout=log, stderr=log)
    log.close()
    return process, wait_for_address(home, process)


def stop(process: "subprocess.Popen[bytes]", how: int = signal.SIGTERM) -> int:
    """End it; its exit status."""
    if process.poll() is None:
        process.send_signal(how)
    return process.wait(timeout=20)
