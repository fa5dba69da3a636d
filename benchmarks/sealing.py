"""How much of what age itself can do is left once every segment is declared, checked, taken in and on the disk?

    python benchmarks/sealing.py [--seconds 4] [--devices 1] [--sizes 64,256,1024,4096]

Sealing and intake: ``sealing.seal_parts`` to two keys, all of it screen, the signed manifests, several segments in a
request as a recorder sends them (``recorder.upload`` has the limits), both requests signed, to a vault in a process of
its own over loopback HTTP (its ten checks, its records in SQLite, the objects on the disk before it answers). Each
device seals the next segments while those before are on their way. The peer, in the same run: ``pyrage.encrypt`` to two
keys, the bytes written to a file of their own, and one fsync for each. The goal is 70 % of the peer.

Beside the rates stands the processor time that a segment takes: of the peer, of the senders, of the vault. It says what
a machine with nothing else to do could reach, where the rates are those of a busy one.
"""

import argparse
import dataclasses
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pyrage

from aboveboard.base.ids import Kind, new_id
from aboveboard.formats.part_files import Parts
from aboveboard.formats.parts import PARTS
from aboveboard.recorder.upload import BYTES_AT_ONCE, SEGMENTS_PATH
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.seal_parts import seal_parts
from aboveboard.sealing.signatures import SigningKey
from aboveboard.wire.client import Client
from aboveboard.wire.outcome import SEGMENTS_LIMIT

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from samples.served_world import ServedWorld, running_places
from samples.vault_world import Participant, Segment, outcomes_in

SIZES_KIB = "64,256,1024,4096"
AT_A_TIME = 2
"""Requests under way from a device: some segments are sealed while those before are sent."""


@contextmanager
def one_connection(world: ServedWorld) -> Iterator[Callable[[SigningKey], Client]]:
    """As a recorder does: one connection for each key and thread, kept open."""
    kept: dict[SigningKey, Client] = {}

    def client_of(key: SigningKey) -> Client:
        return kept.setdefault(key, Client(world.url, key, timeout_s=60))

    def ask(key: SigningKey, method: str, path: str, body: Any = b"") -> bytes:
        world.clock.wall = time.time_ns()
        data = body if isinstance(body, bytes) else msgspec.json.encode(body)
        return client_of(key).ask(method, path, data, media_type="application/json")

    world.ask = ask  # type: ignore[method-assign,assignment]
    yield client_of
    for client in kept.values():
        client.close()


@dataclass(frozen=True)
class Rate:
    """Segments a second, and milliseconds of processor time for each: of this process, and of the vault's."""

    per_s: float
    own_ms: float
    vault_ms: float = 0.0


@contextmanager
def measured(pid: int | None) -> Iterator[Callable[[int], Rate]]:
    """What was done in the block, by how many segments it was."""

    def vault_s() -> float:
        return time.clock_gettime((~pid << 3) | 2) if pid is not None else 0.0  # Linux' number for its processor time

    began_s, own_s, other_s = time.perf_counter(), time.process_time(), vault_s()

    def rate(done: int) -> Rate:
        spans = (time.perf_counter() - began_s, time.process_time() - own_s, vault_s() - other_s)
        return Rate(done / spans[0], spans[1] / done * 1e3, spans[2] / done * 1e3)

    yield rate


def intake(
    world: ServedWorld,
    client_of: Callable[[SigningKey], Client],
    people: list[Participant],
    plain: bytes,
    seconds: float,
) -> Rate:
    """Sealed and taken in, from the devices of these people."""
    together = min(SEGMENTS_LIMIT, max(BYTES_AT_ONCE // len(plain), 1))
    parts: Parts = {name: plain if name == "screen" else b"" for name in PARTS}
    leases = {who.device_id: world.lease(who) for who in people}

    def some(who: Participant) -> int:
        start, session_id = dataclasses.replace(world.clock, wall=time.time_ns()), new_id(Kind.SESSION)
        made: list[Segment] = []
        for sequence in range(together):
            sealed = seal_parts(parts, [who.identity.recipient, who.keyholder_recipient])
            before = made[-1].manifest.sha256 if made else None
            place = {"session_id": session_id, "sequence": sequence, "previous_sha256": before}
            made.append(world.described(who, sealed, [leases[who.device_id]], start, **place))
        declared = world.declare_all(who.device_key, [each.envelope for each in made])
        names = "&".join(f"segment_id={each.manifest.segment_id}" for each in made)
        path = f"{SEGMENTS_PATH}/sealed?{names}"
        stored = outcomes_in(client_of(who.device_key).put(path, [each.sealed for each in made]))
        if {each.state for each in declared} != {"declared"} or {each.state for each in stored} != {"stored"}:
            raise AssertionError("not all were taken in")
        return together

    def device(who: Participant) -> int:
        done = 0
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            under_way = [pool.submit(some, who) for _ in range(AT_A_TIME)]
            while under_way:
                done += under_way.pop(0).result()
                if time.perf_counter() - began_s < seconds:
                    under_way.append(pool.submit(some, who))
        return done

    some(people[0])
    began_s = time.perf_counter()
    with measured(world.vault_process.pid) as rate, ThreadPoolExecutor(len(people)) as devices:
        return rate(sum(devices.map(device, people)))


def peer(folder: Path, plain: bytes, seconds: float) -> Rate:
    """Sealed by age and on the disk."""
    keys = [pyrage.x25519.Recipient.from_str(Identity.generate().recipient) for _ in range(2)]
    began_s, done = time.perf_counter(), 0
    with measured(None) as rate:
        while time.perf_counter() - began_s < seconds:
            descriptor = os.open(folder / f"{done}.age", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            os.write(descriptor, pyrage.encrypt(plain, keys))
            os.fsync(descriptor)
            os.close(descriptor)
            done += 1
        found = rate(done)
    for number in range(done):
        (folder / f"{number}.age").unlink()
    return found


def run(seconds: float, devices: int, sizes_bytes: list[int]) -> None:
    with (
        tempfile.TemporaryDirectory(dir=Path.cwd()) as made,
        running_places(Path(made)) as world,
        one_connection(world) as client_of,
    ):
        print(f"{'size':>10} {'pyrage and a sync':>20} {'sealed and taken in':>20} {'share':>7}   processor ms")
        for size_bytes in sizes_bytes:
            plain = os.urandom(size_bytes)
            before = peer(Path(made), plain, seconds / 2)
            ours = intake(world, client_of, [world.ready() for _ in range(devices)], plain, seconds)
            after = peer(Path(made), plain, seconds / 2)
            age, cpu_ms = (before.per_s + after.per_s) / 2, (before.own_ms + after.own_ms) / 2
            print(
                f"{size_bytes // 1024:8} K {age:15.1f} a s {ours.per_s:15.1f} a s {ours.per_s / age:7.0%}"
                f"   {cpu_ms:6.2f}, {ours.own_ms:.2f} + {ours.vault_ms:.2f} in the vault",
                flush=True,
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=4.0, help="for each size; at most 10, for a lease is short")
    parser.add_argument("--devices", type=int, default=1, help="how many send at once")
    parser.add_argument("--sizes", default=SIZES_KIB, help="of a segment, in KiB")
    asked = parser.parse_args()
    run(min(asked.seconds, 10.0), asked.devices, [int(each) * 1024 for each in asked.sizes.split(",")])
