"""How many leases a second does one process of the vault renew on one core? ``python -m benchmarks.control``

Over real sockets on loopback, all signatures real: on control streams, and one by one over signed HTTP. Beside them, in
the same run, what a fleet that polls a flag costs at the least: the same server without anything in it, answering a
bare JSON document. The server is held to one core, the asker to another. "per s" is what was answered while others used
the machine too; "core/s" is what one core would answer if it did nothing else, by the server's processor time.
"""

import argparse
import asyncio
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.control.load import BOOT_ID, Asking, OneByOne, Streaming, load

from aboveboard.commands.home import Home
from aboveboard.commands.places import running_place
from aboveboard.commands.simulated.programme import Enrolled, prepare
from aboveboard.formats import lease as leases
from aboveboard.formats.lease import LeaseRequest
from aboveboard.wire.request_signing import sign_headers

EVERY_S = 0.21
"""Just below the vault's limit for one device."""


def cpu_of(pid: int) -> float:
    """Its processor time so far, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def hold_to(pid: int, cores: set[int]) -> None:
    for task in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), cores)


def lease_post(enrolled: Enrolled, url: str) -> Callable[[], bytes]:
    def request() -> bytes:
        consent = enrolled.consent
        body = leases.encode(
            LeaseRequest(
                device_id=consent.device_id,
                consent_id=consent.consent_id,
                boot_id=BOOT_ID,
                boot_ns=time.monotonic_ns(),
                nonce=secrets.token_hex(16),
                recorder_version="benchmark",
            )
        )
        headers = sign_headers("POST", f"{url}/v1/leases", body, enrolled.key, now_ns=time.time_ns())
        headers |= {
            "Host": url.removeprefix("http://"),
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"POST /v1/leases HTTP/1.1\r\n{lines}\r\n".encode() + body

    return request


def wait_for(port: int) -> None:
    until_s = time.monotonic() + 60
    while time.monotonic() < until_s:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)


def told(name: str, found: tuple[float, float, list[float], int]) -> dict[str, float | str]:
    rate, cpu_s, latencies, wrong = found
    p50, p99 = (1e3 * latencies[int(part * (len(latencies) - 1))] for part in (0.5, 0.99))
    print(f"{name:<44} {rate:8.0f} {1e6 * cpu_s:8.0f} {1 / cpu_s:8.0f} {p50:8.1f} {p99:8.1f} {wrong:6d}", flush=True)
    return {"name": name, "per_s": rate, "cpu_us": 1e6 * cpu_s, "p50_ms": p50, "p99_ms": p99, "wrong": wrong}


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.control")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--devices", type=int, default=800)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        sys.exit("it takes two cores: one for the server and one for who asks")
    os.sched_setaffinity(0, {cores[1]})
    print(f"{'':<44} {'per s':>8} {'CPU us':>8} {'core/s':>8} {'p50 ms':>8} {'p99 ms':>8} {'wrong':>6}")
    rows = []

    def run(url: str, pid: int, clients: list[Asking], at_once: int) -> tuple[float, float, list[float], int]:
        hold_to(pid, {cores[0]})
        return asyncio.run(load(url, clients, seconds=asked.seconds, cpu_s=lambda: cpu_of(pid), at_once=at_once))

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        programme = prepare(root / "vault", devices=asked.devices)
        with running_place(Home(root), "vault") as url:
            pid = json.loads((root / "vault" / "address.json").read_bytes())["pid"]
            streams: list[Asking] = [Streaming(each, url, EVERY_S) for each in programme.people]
            rows.append(told(f"leases on {asked.devices} control streams", run(url, pid, streams, 20)))
            few = programme.people[:16]
            posts: list[Asking] = [OneByOne(lease_post(each, url), 0.0) for each in few]
            rows.append(told("leases one by one, signed HTTP", run(url, pid, posts, 16)))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    peer = subprocess.Popen([sys.executable, "-m", "benchmarks.control.peer", str(port)])
    try:
        wait_for(port)
        get = f"GET /flag HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
        polls: list[Asking] = [OneByOne(lambda: get, EVERY_S) for _ in range(asked.devices)]
        rows.append(
            told("a bare flag polled: no signature, no lease", run(f"http://127.0.0.1:{port}", peer.pid, polls, 50))
        )
    finally:
        peer.terminate()
        peer.wait()
    if asked.json:
        asked.json.write_text(json.dumps({"seconds": asked.seconds, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
