"""A real witness as its own process, for tests that need somebody else to have seen the log."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from aboveboard.keyholder.home import WitnessAddress


@dataclass(frozen=True)
class WitnessProcess:
    """A witness that runs."""

    home: Path
    url: str
    verifier_key: str
    pid: int

    def address(self) -> WitnessAddress:
        return WitnessAddress(name="the works council", url=self.url, verifier_key=self.verifier_key)


@contextmanager
def running_witness(home: Path, name: str = "witness.test/council") -> Iterator[WitnessProcess]:
    """A witness as its own process, told of no log yet."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    program = "import sys; from pathlib import Path; from aboveboard.witness.app import serve;"
    program += " serve(Path(sys.argv[1]), 0, name=sys.argv[2])"
    process = subprocess.Popen([sys.executable, "-c", program, str(home), name])
    try:
        url = wait_for_address(home, process)
        key = httpx.get(f"{url}/v1/public", trust_env=False).json()["verifier_key"]
        yield WitnessProcess(home, url, key, process.pid)
    finally:
        process.terminate()
        process.wait(timeout=10)


def wait_for_address(home: Path, process: "subprocess.Popen[bytes]", limit_s: float = 30) -> str:
    """The address that a place wrote once it answered."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError(f"it ended with status {process.returncode} before it answered")
        try:
            address = json.loads((home / "address.json").read_bytes())
        except (FileNotFoundError, ValueError):
            time.sleep(0.02)
            continue
        if address["pid"] == process.pid:
            return str(address["url"])
        time.sleep(0.02)
    raise AssertionError("it did not start in time")
