"""What does it cost to put a year of somebody's work on record as the source of an artefact, and to find it again?

    python benchmarks/lineage.py [--sessions 4400] [--segments 360]

One person, 220 days of twenty sessions, each an hour in segments of ten seconds with one gap; SQLite on a disk. Prints
how large the lineage is, how long the vault takes to check it against its own records and to write it, and how long a
file, an erased hour and a copy in a shared place take to find. Ratios hold better than figures.
"""

import argparse
import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import insert

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import disclosure as disclosures
from aboveboard.formats import envelope as envelopes
from aboveboard.formats import lineage as lineages
from aboveboard.formats.disclosure import AppRule, Budget, Disclosure
from aboveboard.formats.lineage import ArtefactFile, Lineage
from aboveboard.lab.orphans import orphans
from aboveboard.rules.lineage import Terms, covers, may_register, sources_of
from aboveboard.sealing.signatures import SigningKey
from aboveboard.vault.descent import origins_of, spans_of
from aboveboard.vault.storage.rows import (
    ArtefactRow,
    ConsentRow,
    DeviceRow,
    DisclosureRow,
    GrantRow,
    PersonRow,
    RequestRow,
)
from aboveboard.vault.storage.sql.engine import open_records
from aboveboard.vault.storage.sql.tables import segments

START_NS, SEGMENT_NS = 1_800_000_000 * SECOND_NS, 10 * SECOND_NS
SHARED_FILES, SHARED_BYTES = 200, 1_000_000
T = TypeVar("T")


@contextmanager
def timed(words: str) -> Iterator[None]:
    begin = time.perf_counter()
    yield
    print(f"{words:<66} {(time.perf_counter() - begin) * 1000:10.1f} ms")


def best_of(times: int, act: Callable[[], T]) -> float:
    """The shortest, in milliseconds."""
    found = []
    for _ in range(times):
        begin = time.perf_counter()
        act()
        found.append(time.perf_counter() - begin)
    return min(found) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=4400)
    parser.add_argument("--segments", type=int, default=360)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lineage-") as folder:
        measure(Path(folder), wanted.sessions, wanted.segments)


def measure(folder: Path, sessions: int, each: int) -> None:
    person, consent = new_id(Kind.PERSON), new_id(Kind.CONSENT)
    names = [new_id(Kind.SESSION) for _ in range(sessions)]
    gap = each // 2
    places = [((person, consent, name), place) for name in names for place in range(each) if place != gap]
    print(f"{len(places)} segments in {sessions} sessions")
    with timed("sources from single segments"):
        sources = sources_of(places)
    made = Lineage(
        artefact_id=new_id(Kind.ARTEFACT),
        kind="dataset",
        created_at_ns=START_NS,
        grant_id=new_id(Kind.GRANT),
        purposes=["train_agents"],
        retention_until_ns=START_NS,
        sources=sources,
        parents=[],
        files=[ArtefactFile(path="a", size_bytes=1, sha256="a" * 64)],
        made_by="benchmark",
    )
    encoded = lineages.encode(made)
    print(f"{'the lineage':<66} {len(encoded) / 1e6:10.2f} MB of at most {lineages.LIMIT_BYTES / 1e6:.1f}")
    print(f"{'read it back':<66} {best_of(3, lambda: lineages.decode(encoded)):10.1f} ms")
    print(f"{'does one cover the other?':<66} {best_of(3, lambda: covers(sources, sources)):10.1f} ms")
    terms = [(source, Terms(frozenset(made.purposes), START_NS)) for source in sources]
    asked = {"people": [person], "purpose": "train_agents"}
    print(f"{'the rule':<66} {best_of(3, lambda: may_register(made, **asked, parents=[], origins=terms)):10.1f} ms")
    on_record(folder, made, names, each)
    in_a_shared_place(folder)


def on_record(folder: Path, made: Lineage, names: list[str], each: int) -> None:
    records = open_records(f"sqlite:///{folder / 'records.sqlite'}")
    [source] = made.sources
    device, key = new_id(Kind.DEVICE), SigningKey.generate()
    payload = disclosures.encode(agreed(key.public))
    agreed_sha256 = disclosures.digest(payload)
    published = envelopes.encode(key.sign(disclosures.PAYLOAD_TYPE, payload)).decode()
    common = {"person_id": source.person_id, "device_id": device, "consent_id": source.consent_id, "key_epoch": 0}
    common |= {"disclosure_sha256": agreed_sha256, "manifest": "", "manifest_sha256": "", "size_bytes": 1}
    common |= {"state": "stored", "declared_at_ns": START_NS, "end_wall_ns": START_NS}
    with records.begin() as tx:
        tx.add_disclosure(DisclosureRow(agreed_sha256, "x", 1, published, "x", 1))
        tx.add_person(PersonRow(source.person_id, "x", "x", "x", 1, "DE", ""))
        tx.add_device(DeviceRow(device, source.person_id, "x", "x", 1))
        tx.add_consent(ConsentRow(source.consent_id, source.person_id, device, agreed_sha256, "x", 1))
        tx.add_request(RequestRow("req_x", "x", "x", "x", 1))
        tx.add_grant(GrantRow(made.grant_id, "req_x", 1))
        for name in names:
            rows = [
                common
                | {"segment_id": new_id(Kind.SEGMENT), "session_id": name, "sequence": place}
                | {"sha256": os.urandom(32).hex(), "start_wall_ns": START_NS + place * SEGMENT_NS}
                for place in range(each)
            ]
            tx._connection.execute(insert(segments), rows)
    with records.read() as tx, timed("the vault asks its own records"):
        origins = origins_of(tx, made)
    assert len(origins) == len(names)
    assert all(terms is not None for _, terms in origins)
    artefact = ArtefactRow(made.artefact_id, made.grant_id, "", "", "live", START_NS)
    with timed("and writes it"), records.begin() as tx:
        tx.add_artefact(artefact, people=made.people, spans=spans_of(made), digests=["a" * 64])
        assert not tx.has_destroyed_source(made.artefact_id)
    with records.read() as tx:
        hour = [row.segment_id for row in tx.segments_like([], [], {names[7]: range(each)})]
        assert tx.artefacts_of_segments(hour)
        print(f"{'what was made of an hour?':<66} {best_of(20, lambda: tx.artefacts_of_segments(hour)):10.2f} ms")
        print(f"{'of what is this file?':<66} {best_of(20, lambda: tx.artefacts_with(['a' * 64])):10.2f} ms")
    records.close()


def agreed(key: str) -> Disclosure:
    return Disclosure(
        programme="benchmark",
        version=1,
        published_at_ns=1,
        language="en",
        title="A benchmark",
        summary="A benchmark.",
        controller="Example Ltd",
        contact="privacy@example.org",
        countries=["DE"],
        legal_entities=["Example Ltd"],
        apps=[AppRule(name="Editor", wm_class="editor", why="to measure")],
        purposes=["train_agents"],
        recipients=["nobody"],
        retention_days=30,
        never_collected=["passwords"],
        budget=Budget(),
        frames_per_second=10,
        keyholder_key=key,
        lease_key=key,
    )


def in_a_shared_place(folder: Path) -> None:
    place = folder / "shared"
    place.mkdir()
    for number in range(SHARED_FILES):
        (place / f"{number}.bin").write_bytes(os.urandom(SHARED_BYTES))
    files = [path.read_bytes() for path in place.iterdir()]
    search = best_of(3, lambda: sum(1 for _ in orphans(place, lambda digests, ids: [])))
    alone = best_of(3, lambda: [hashlib.sha256(file).digest() for file in files])
    total = SHARED_FILES * SHARED_BYTES / 1e6
    print(f"{'look for orphans: ' + str(round(total)) + ' MB':<66} {search:10.1f} ms, {total / search * 1000:.0f} MB/s")
    print(f"{'beside it: SHA-256 of the same bytes, in memory':<66} {alone:10.1f} ms, {total / alone * 1000:.0f} MB/s")


if __name__ == "__main__":
    main()
