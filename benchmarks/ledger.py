"""How fast does the ledger take entries in, prove them, and say who opened somebody's recordings?

    python benchmarks/ledger.py [--entries 1000000] [--folder FOLDER]

One process, one thread. Beside the ledger, in the same run and on the same disk: plain SQLite, which inserts the same
readable entries with the same settings and one commit a batch, and neither seals, hashes nor proves anything. Ratios
hold better than figures. With ``--entries 10000000`` some 9 GiB are written.
"""

import argparse
import hashlib
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import consent, custody
from aboveboard.formats import entry as entry_format
from aboveboard.formats.consent import RECEIPT_TYPE, ConsentReceipt
from aboveboard.formats.entry import Entry, Released
from aboveboard.keyholder import audit
from aboveboard.keyholder.database import PRAGMAS, Database
from aboveboard.keyholder.entries import Entries, KeptCheckpoint
from aboveboard.keyholder.openings import opened
from aboveboard.keyholder.people import People
from aboveboard.keyholder.writer import Writer
from aboveboard.ledger import checkpoint as checkpoints
from aboveboard.ledger import proof, tree
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.signatures import SigningKey

ORIGIN = "aboveboard.invalid/ledger/benchmark"
BATCHES = (1, 16, 64, 256, 1024, 4096)
PEOPLE = 10_000
SAMPLE_S = 1.0
ROUNDS = 5
"""One after the other in turn; the one in the middle counts."""
SEEN_OFTEN = 500


class Made:
    """Releases as they are entered: in runs of some segments of one person; one person's every so often."""

    def __init__(self) -> None:
        self._random = Random(5)
        self.people = [new_id(Kind.PERSON) for _ in range(PEOPLE)]
        self.often, self.once = self.people[:2]
        self._staff, self._grant, self._number = new_id(Kind.STAFF), new_id(Kind.GRANT), 0
        self._left: list[str] = []

    def one(self, person_id: str | None = None) -> Entry:
        if person_id is None:
            if not self._left:
                self._left = [self._random.choice(self.people[2:])] * self._random.randint(1, 32)
            person_id = self._left.pop()
        self._number += 1
        return Released(
            at_ns=time.time_ns(),
            person_id=person_id,
            number=self._number,
            segment_id=f"seg_{self._number:026d}",
            header_sha256=hashlib.sha256(self._number.to_bytes(8, "big")).hexdigest(),
            kinds=["screen", "keystrokes", "pointer", "window", "site", "control"],
            grant_id=self._grant,
            requester=self._staff,
            requester_name="Ravi (researcher)",
            approvers=["Sam (security)", "Rita (representative)"],
            purpose="train_agents",
            reason="to learn whether filling in forms can be learnt from how people do it",
            output="a policy that fills in forms, and its evaluation",
            expires_at_ns=time.time_ns() + 7 * 24 * 3600 * SECOND_NS,
        )


def consenting(database: Database, made: Made) -> None:
    """Everybody's own key, as their consents name it: what their entries say is sealed to it."""
    key, recipient = SigningKey.generate(), Identity.generate().recipient
    with database.writing():
        for number, person_id in enumerate(made.people):
            receipt = ConsentReceipt(
                consent_id=new_id(Kind.CONSENT),
                person_id=person_id,
                device_id=new_id(Kind.DEVICE),
                person_key=key.public,
                person_recipient=recipient,
                disclosure_sha256="0" * 64,
                shown_sha256="0" * 64,
                given_at_ns=1,
            )
            signed = key.sign(RECEIPT_TYPE, consent.encode(receipt))
            people = People(database)
            people.add(person_id, f"{key.public}{number}", now_ns=1)
            people.add_consent(receipt, signed, signed)
        database.commit()


def ours(writer: Writer, made: Made, batch: int) -> None:
    """``batch`` callers who enter one release each, and wait for the same commit."""

    def prepare() -> Sequence[Entry]:
        return [made.one()]

    for pending in [writer.submit(prepare) for _ in range(batch)]:
        pending.durable()


def plain(connection: sqlite3.Connection, made: Made, batch: int, count: Iterator[int]) -> None:
    """The same rows without a ledger."""
    connection.execute("BEGIN IMMEDIATE")
    rows = []
    for _ in range(batch):
        entry = made.one()
        readable = entry_format.encode(entry)
        rows.append((next(count), bytes(84), "Released", entry.person_id, bytes(32), readable))  # type: ignore[union-attr]
    connection.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)", rows)
    connection.execute("COMMIT")


def per_second(work: Callable[[], None], each: int) -> float:
    """How many a second, over ``SAMPLE_S`` at least."""
    done, began = 0, time.perf_counter()
    while (taken := time.perf_counter() - began) < SAMPLE_S:
        work()
        done += each
    return done / taken


def ms(taken: Sequence[float]) -> str:
    ordered = sorted(taken)
    middle, late = statistics.median(ordered), ordered[int(len(ordered) * 0.99)]
    return f"{middle * 1e3:.2f} ms in the middle, {late * 1e3:.2f} at p99"


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def appends(folder: Path, made: Made) -> None:
    """Both side by side, for each size of batch."""
    database = Database(folder / "batches.sqlite")
    consenting(database, made)
    writer = Writer(database, Entries(database, ORIGIN))
    peer = sqlite3.connect(folder / "peer.sqlite", isolation_level=None)
    for pragma in PRAGMAS:
        peer.execute(f"PRAGMA {pragma}")
    peer.execute(
        "CREATE TABLE entries (ledger_index INTEGER PRIMARY KEY, leaf BLOB NOT NULL, kind TEXT NOT NULL,"
        " person_id TEXT, salt BLOB, readable BLOB) STRICT"
    )
    peer.execute("CREATE INDEX entries_person ON entries (person_id)")
    count = iter(range(10**12))
    print("durable appends a second, by entries in a batch (one commit each)")
    for batch in BATCHES:
        mine, floor = [], []
        for _ in range(ROUNDS):
            mine.append(per_second(lambda batch=batch: ours(writer, made, batch), batch))  # type: ignore[misc]
            floor.append(per_second(lambda batch=batch: plain(peer, made, batch, count), batch))  # type: ignore[misc]
        own, other = statistics.median(mine), statistics.median(floor)
        print(f"  {batch:5d}: ledger {own:8,.0f}   plain SQLite {other:8,.0f}   ratio {own / other:.2f}")
    database.close()
    peer.close()


def grow(database: Database, entries: Entries, made: Made, wanted: int, folder: Path) -> None:
    """Up to ``wanted`` entries in batches of 4096, ``SEEN_OFTEN`` of them one person's."""
    every = max(1, wanted // SEEN_OFTEN)
    size, mark, began = 0, 0, time.perf_counter()
    while size < wanted:
        batch = [
            made.one(made.often if at % every == every - 1 else made.once if at == wanted // 2 else None)
            for at in range(size, min(size + 4096, wanted))
        ]
        with database.writing():
            entries.append(batch)
            database.commit()
        size += len(batch)
        if size >= mark + wanted // 5:
            taken = time.perf_counter() - began
            print(f"  {size:10,}: {(size - mark) / taken:7,.0f}/s, {size_of(folder) / size:,.0f} bytes an entry")
            mark, began = size, time.perf_counter()


def proofs(path: Path, size: int) -> None:
    database = Database(path)
    entries = Entries(database, ORIGIN)
    root = tree.root(entries, size)
    random = Random(3)
    taken, worked = [], []
    for _ in range(2000):
        index = random.randrange(size)
        began, began_work = time.perf_counter(), time.thread_time()
        hashes = tree.inclusion_proof(entries, index, size)
        worked.append(time.thread_time() - began_work)
        taken.append(time.perf_counter() - began)
        leaf = entries.rows(index, index + 1)[0][1]
        proof.check_inclusion(tree.leaf_hash(leaf), index, size, hashes, root)
    print(f"an inclusion proof of any entry (2,000 of them, each checked): {ms(taken)}; of processor time {ms(worked)}")
    taken = []
    for _ in range(200):
        old = random.randrange(1, size)
        taken.append(timed(lambda old=old: tree.consistency_proof(entries, old, size)))  # type: ignore[misc]
    print(f"a consistency proof from any size: {ms(taken)}")
    database.close()


def questions(path: Path, made: Made, size: int) -> None:
    """From nothing in memory each time: the database is opened anew."""
    for person_id, words in ((made.once, "1 opening"), (made.often, f"{SEEN_OFTEN} openings")):
        taken, length = [], 0
        for _ in range(7):
            database = Database(path)
            entries = Entries(database, ORIGIN)
            began = time.perf_counter()
            person = database.record.tag("person", person_id)
            answer = custody.encode(opened(entries, person, KeptCheckpoint(size, "the checkpoint")))
            taken.append(time.perf_counter() - began)
            length = len(answer)
            database.close()
        print(f'"who opened mine?", {words}: {ms(taken)}, {length:,} bytes')


def start(path: Path, key: SigningKey) -> None:
    database = Database(path)
    entries = Entries(database, ORIGIN)
    head = entries.head()
    with database.writing():
        entries.keep("signed", KeptCheckpoint(head.size, checkpoints.sign(head, key)))
        database.commit()
    whole = timed(lambda: list(audit.audit(entries, key)))
    with database.writing():
        audit.conclude(entries, key, head.size)
        database.commit()
    database.close()
    database = Database(path)
    entries = Entries(database, ORIGIN)
    since = timed(lambda: list(audit.audit(entries, key, audit.audited(entries, key))))
    print(f"the whole audit: {whole:.1f} s; the one at a start, everything audited before: {since * 1e3:.0f} ms")
    database.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=None, help="on the disk to measure [default: a temporary one]")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as name:
        folder, made = Path(name), Made()
        appends(folder, made)
        for path in folder.iterdir():
            path.unlink()
        path = folder / "keys.sqlite"
        database = Database(path)
        consenting(database, made)
        print(f"growing to {asked.entries:,} entries, 4,096 a commit")
        grow(database, Entries(database, ORIGIN), made, asked.entries, folder)
        database.close()
        proofs(path, asked.entries)
        questions(path, made, asked.entries)
        start(path, SigningKey.generate())


if __name__ == "__main__":
    main()
