"""How much of what age itself can do is left once every segment is declared, checked, taken in and on the disk?

    flock /tmp/lockdir/bench.lock python benchmarks/sealing.py [--seconds 4]

Sealing and intake: ``sealing.seal`` to two keys, the signed manifest, both requests signed, to a vault in a process of
its own over loopback HTTP (its ten checks, its records in SQLite, the object on the disk before it answers), by one
sender, which seals the next segment while one is on its way. The peer, in the same run: ``pyrage.encrypt`` to the same
two keys, the bytes written to a file of their own, and one fsync for each. The goal is 70 % of the peer.
"""

import argparse
import dataclasses
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pyrage

from aboveboard.sealing.keys import Identity
from aboveboard.sealing.seal import seal
from aboveboard.wire.client import Client

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from samples.served_world import ServedWorld, running_places
from samples.vault_world import Participant

SIZES = (64 * 1024, 256 * 1024, 1024 * 1024, 4 * 1024 * 1024)
AT_A_TIME = 2
"""Segments under way: one is sealed while the one before is sent."""


@contextmanager
def one_connection(world: ServedWorld) -> Iterator[None]:
    """As a recorder does: one connection for each key and thread, kept open."""
    kept: dict[Any, Client] = {}

    def ask(key: Any, method: str, path: str, body: Any = b"") -> bytes:
        world.clock.wall = time.time_ns()
        client = kept.setdefault(key, Client(world.url, key, timeout_s=60))
        data = body if isinstance(body, bytes) else msgspec.json.encode(body)
        return client.ask(method, path, data, media_type="application/json")

    world.ask = ask  # type: ignore[method-assign,assignment]
    yield
    for client in kept.values():
        client.close()


def intake(world: ServedWorld, who: Participant, plain: bytes, seconds: float) -> float:
    """Segments a second, sealed and taken in."""
    lease = world.lease(who)

    def one() -> None:
        start = dataclasses.replace(world.clock, wall=time.time_ns())
        sealed = seal(plain, [who.identity.recipient, who.keyholder_recipient])
        if world.take_in(who, world.described(who, sealed, [lease], start)) != "stored":
            raise AssertionError("it was not taken in")

    one()
    began_s, done = time.perf_counter(), 0
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        while time.perf_counter() - began_s < seconds:
            for each in [pool.submit(one) for _ in range(AT_A_TIME * 4)]:
                each.result()
            done += AT_A_TIME * 4
    return done / (time.perf_counter() - began_s)


def peer(folder: Path, plain: bytes, seconds: float) -> float:
    """Segments a second, sealed by age and on the disk."""
    keys = [pyrage.x25519.Recipient.from_str(Identity.generate().recipient) for _ in range(2)]
    began_s, done = time.perf_counter(), 0
    while time.perf_counter() - began_s < seconds:
        descriptor = os.open(folder / f"{done}.age", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        os.write(descriptor, pyrage.encrypt(plain, keys))
        os.fsync(descriptor)
        os.close(descriptor)
        done += 1
    rate = done / (time.perf_counter() - began_s)
    for number in range(done):
        (folder / f"{number}.age").unlink()
    return rate


def run(seconds: float) -> None:
    with (
        tempfile.TemporaryDirectory(dir=Path.cwd()) as made,
        running_places(Path(made)) as world,
        one_connection(world),
    ):
        print(f"{'size':>10} {'pyrage and a sync':>20} {'sealed and taken in':>20} {'share':>7}")
        for size_bytes in SIZES:
            plain = os.urandom(size_bytes)
            before = peer(Path(made), plain, seconds / 2)
            ours = intake(world, world.ready(), plain, seconds)
            age = (before + peer(Path(made), plain, seconds / 2)) / 2
            print(f"{size_bytes // 1024:8} K {age:15.1f} a s {ours:15.1f} a s {ours / age:7.0%}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=4.0, help="for each size; at most 10, for a lease is short")
    run(min(parser.parse_args().seconds, 10.0))
