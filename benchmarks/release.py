"""How fast do keys leave, with the entry durable first? Re-sealing, policy and ledger apart and together.

    python benchmarks/release.py [--seconds 3]

A real keyholder in this process over a real disk, people with the file backend, a grant of two roles; the witness is
either this process (its signature and nothing else: "no remote witness") or a real one in a process of its own, over
loopback HTTP. "Together" is ``keyholder.release.release`` as the vault calls it, every step of it. Rates are keys a
second of wall time, and of one core's processor time (of this process, all threads); times are of one request.

The peer, in the same run: ``pyrage`` opens a small file sealed to the same two keys and seals it to the researcher, and
the 300 bytes that an entry has are written to a file and synced, one by one.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pyrage

from aboveboard.base.clock import SystemClock
from aboveboard.formats.parts import PARTS, PartName
from aboveboard.formats.release import ReleaseRequest
from aboveboard.keyholder import publish
from aboveboard.keyholder import release as steps
from aboveboard.keyholder.entries import KeptCheckpoint
from aboveboard.ledger import checkpoint as checkpoints
from aboveboard.ledger import note
from aboveboard.sealing import file_key, wrap
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.reseal import release_parts
from aboveboard.sealing.signatures import SigningKey

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from samples.keyholder_programme import Participant, Programme, ask
from samples.witness_process import WitnessProcess, running_witness

SHAPES = [(1, 1), (1, 4), (1, 16), (16, 1), (16, 4), (64, 1), (64, 4), (256, 1), (256, 4), (512, 1)]
"""Keys in a request, and callers at a time."""
FEW = [(1, 1), (64, 1), (256, 1)]
PEOPLE = 8


@dataclass(frozen=True)
class Rate:
    """``per_s``: of wall time; ``per_core_s``: of processor time; ``p50_ms``, ``p99_ms``: of one act."""

    per_s: float
    per_core_s: float
    p50_ms: float
    p99_ms: float

    def row(self, *words: object) -> str:
        numbers = f"{self.per_s:9,.0f} {self.per_core_s:9,.0f} {self.p50_ms:8.2f} {self.p99_ms:8.2f}"
        return f"{' '.join(str(word) for word in words):44}{numbers}"


def measure(act: Callable[[], Any], *, keys: int, seconds: float, callers: int = 1) -> Rate:
    """``act`` again and again by so many threads; it does so many ``keys`` each time."""
    act()
    ends_s, spans = time.perf_counter() + seconds, []
    began_s, began_cpu_s = time.perf_counter(), time.process_time()

    def work() -> list[float]:
        own = []
        while (now_s := time.perf_counter()) < ends_s:
            act()
            own.append(time.perf_counter() - now_s)
        return own

    with ThreadPoolExecutor(callers) as pool:
        for own in [pool.submit(work) for _ in range(callers)]:
            spans += own.result()
    wall_s, cpu_s = time.perf_counter() - began_s, time.process_time() - began_cpu_s
    spans.sort()
    done = keys * len(spans)
    p99 = spans[min(len(spans) - 1, int(len(spans) * 0.99))]
    return Rate(done / wall_s, done / cpu_s, spans[len(spans) // 2] * 1e3, p99 * 1e3)


@contextmanager
def without_a_remote_witness(programme: Programme) -> Iterator[None]:
    """The witness's signature, made here: what is left is the keyholder's own time."""
    key, name = SigningKey.generate(), "witness.example.org"

    def cosign(_: object, signed: KeptCheckpoint) -> KeptCheckpoint:
        line = note.cosign(note.parse(signed.note).text, name, key, int(time.time())).line()
        return KeptCheckpoint(signed.size, checkpoints.add_signatures(signed.note, line))

    original = publish.gather_cosignatures
    publish.gather_cosignatures = cosign  # type: ignore[assignment]
    try:
        yield
    finally:
        publish.gather_cosignatures = original


def asked_by(programme: Programme, people: list[Participant], keys: int, callers: int) -> Callable[[], ReleaseRequest]:
    """Requests under one grant, of a person each, in turn."""
    granted = programme.granted(people)
    made = [ask(granted, [programme.segment(people[at % len(people)])] * keys) for at in range(max(callers, PEOPLE))]
    turn = count()
    return lambda: made[next(turn) % len(made)]


def together(
    programme: Programme, people: list[Participant], seconds: float, words: str, shapes: list[tuple[int, int]]
) -> None:
    for keys, callers in shapes:
        next_asked = asked_by(programme, people, keys, callers)

        def act(asked: Callable[[], ReleaseRequest] = next_asked) -> None:
            steps.release(programme.desk, programme.vault.public, asked())

        rate = measure(act, keys=keys, seconds=seconds, callers=callers)
        print(rate.row(f"{words}, {keys} keys, {callers} callers"))


def apart(programme: Programme, people: list[Participant], seconds: float) -> None:
    header, identity = programme.segment(people[0]).header, Identity.generate()
    scalar = programme.desk.backend.unwrap(
        programme.desk.people.wrapped(people[0].person_id, 0) or b"", person_id=people[0].person_id, key_epoch=0
    )
    own = Identity(scalar)

    def whole() -> bytes:
        return wrap.wrap(file_key.unwrap(header, own), [identity.recipient])

    print(measure(whole, keys=1, seconds=seconds).row("(a header with one key for all)"))
    for words, parts in (("re-sealing, one kind", PARTS[:2]), ("re-sealing, all kinds", PARTS)):

        def reseal(parts: Sequence[PartName] = parts) -> bytes:
            return release_parts(header, own, identity.recipient, parts)

        print(measure(reseal, keys=1, seconds=seconds).row(words))
    asked = ask(programme.granted(people), [programme.segment(people[0])])
    steps.release(programme.desk, programme.vault.public, asked)
    roster = programme.desk.home.roster()
    request, approvals = steps.verify_request(asked.grant, roster), steps.verify_approvals(asked.grant, roster)
    permit = steps.Permit(asked.grant, request, steps.hash_of(asked.grant), approvals, roster, granted=True)
    wanted = steps.parse(asked)
    print(
        measure(lambda: steps.decide(programme.desk, permit, wanted), keys=1, seconds=seconds).row("policy, a person")
    )
    for keys in (1, 16, 64, 256, 512):
        many = wanted * keys

        def enter(many: Any = many) -> None:
            steps.make_durable(steps.append_entries(programme.desk, permit, many))

        print(measure(enter, keys=keys, seconds=seconds).row(f"ledger, {keys} entries, durable"))


def peer(folder: Path, seconds: float) -> None:
    mine, theirs, researcher = (pyrage.x25519.Identity.generate() for _ in range(3))
    sealed = pyrage.encrypt(b"x" * 16, [mine.to_public(), theirs.to_public()])
    descriptor = os.open(folder / "peer", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def act() -> None:
        pyrage.encrypt(pyrage.decrypt(sealed, [mine]), [researcher.to_public()])
        os.write(descriptor, b"e" * 300)
        os.fdatasync(descriptor)

    print(measure(act, keys=1, seconds=seconds).row("pyrage, opened and sealed, one sync each"))
    print(
        measure(
            lambda: pyrage.encrypt(pyrage.decrypt(sealed, [mine]), [researcher.to_public()]), keys=1, seconds=seconds
        ).row("pyrage, without the sync")
    )


def run(folder: Path, witness: WitnessProcess, seconds: float, shapes: list[tuple[int, int]]) -> None:
    programme = Programme(folder / "programme", [witness], SystemClock())
    try:
        people = [programme.enrol() for _ in range(PEOPLE)]
        print(f"{'':44}{'keys/s':>9} {'a core':>9} {'p50 ms':>8} {'p99 ms':>8}")
        peer(folder, seconds)
        with without_a_remote_witness(programme):
            apart(programme, people, seconds)
            together(programme, people, seconds, "no remote witness", shapes)
        together(programme, people, seconds, "a witness beside", shapes)
    finally:
        programme.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=3.0, help="for each row")
    parser.add_argument("--few", action="store_true", help="only the smallest and the usual requests")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as made, running_witness(Path(made) / "witness") as beside:
        run(Path(made), beside, chosen.seconds, FEW if chosen.few else SHAPES)
