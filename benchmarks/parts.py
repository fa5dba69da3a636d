"""What does it cost that each kind of data has a key and a padded part of its own, and what do the sizes still tell?

    python -m benchmarks.recorder --only base,day --alone --rounds 1 --keep FOLDER
    python benchmarks/parts.py FOLDER

Of each person recorded there, all segments are opened with the person's own key. Beside them, of the same items: one
MCAP file with its index in one age file, as segments were sealed before there were parts; the same file without schemas
and index, as parts are; and parts without padding. Processor time is of dividing or writing and of sealing to two keys,
the best of three for each segment.
"""

import argparse
import io
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from aboveboard.base.errors import AboveboardError
from aboveboard.formats import age_header
from aboveboard.formats.mcap_file import Item, RecordingWriter, write_recording
from aboveboard.formats.part_files import Parts, read_parts, write_parts
from aboveboard.formats.parts import FLOOR_BYTES, FLOORS_BYTES, PARTS, padded_size
from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.seal import seal
from aboveboard.sealing.seal_parts import seal_parts
from aboveboard.sealing.unseal import unseal_segment

ROUNDS = 3
RECIPIENTS = [Identity.generate().recipient for _ in range(2)]


def opened(folder: Path, identity: Identity) -> list[tuple[bytes, Parts]]:
    """The segments of whom this identity belongs to: sealed, and their parts."""
    found = []
    for path in sorted((folder / "programme" / "vault" / "objects" / "segments").glob("*.age")):
        sealed = path.read_bytes()
        try:
            found.append((sealed, unseal_segment(sealed, identity)))
        except AboveboardError:
            continue  # somebody else's
    return found


def bare(items: Sequence[Item]) -> bytes:
    """One file without schemas and index."""
    stream = io.BytesIO()
    writer = RecordingWriter(stream, bare=True)
    for item in items:
        writer.patch(item) if isinstance(item, ScreenPatch) else writer.event(item)
    writer.finish()
    return stream.getvalue()


def best_s(work: Callable[[], object]) -> float:
    """Seconds of processor time."""
    spent = []
    for _ in range(ROUNDS):
        began_s = time.process_time()
        work()
        spent.append(time.process_time() - began_s)
    return min(spent)


def report(segments: Sequence[tuple[bytes, Parts]]) -> None:
    """One person's table."""
    recorded = [list(read_parts(parts)) for _, parts in segments]
    sealed_bytes = sum(len(sealed) for sealed, _ in segments)
    before = sum(len(seal(write_recording(items), RECIPIENTS)) for items in recorded)
    small = sum(len(seal(bare(items), RECIPIENTS)) for items in recorded)
    unpadded = sum(
        len(age_header.split(sealed)[0]) + sum(len(part) + 32 for part in parts.values()) for sealed, parts in segments
    )
    print(f"{len(segments)} segments; bytes of all, of a segment, and beside one file with its index:")
    for words, size in (
        ("one file, with its index", before),
        ("one file, without", small),
        ("parts, not padded", unpadded),
        ("parts, padded: as sealed", sealed_bytes),
    ):
        print(f"  {words:<26}{size:>12,}{size // len(segments):>10,}{100 * (size / before - 1):>+8.1f} %")
    print("plain bytes of each part, without padding; the share of segments that are at its floor; and how many sizes")
    for name in PARTS:
        sizes = sorted(len(parts[name]) for _, parts in segments)
        padded = [padded_size(name, size + 1) for size in sizes]
        floor, middle, high = FLOORS_BYTES.get(name, FLOOR_BYTES), sizes[len(sizes) // 2], sizes[len(sizes) * 95 // 100]
        print(
            f"  {name:<12}p50 {middle:>8,}  p95 {high:>8,}  most {sizes[-1]:>9,}"
            f"  floor {floor:>6,}: {100 * padded.count(floor) / len(padded):>5.1f} %, {len(set(padded))} sizes"
        )
    one_s = sum(best_s(lambda items=items: seal(write_recording(items), RECIPIENTS)) for items in recorded)  # type: ignore[misc]
    parts_s = sum(best_s(lambda items=items: seal_parts(write_parts(items), RECIPIENTS)) for items in recorded)  # type: ignore[misc]
    print(
        f"processor time of a segment: {1000 * one_s / len(segments):.2f} ms as one file, "
        f"{1000 * parts_s / len(segments):.2f} ms as parts\n"
    )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    for path in sorted(folder.glob("programme/person-*/participant/identity.txt")):
        print(f"# {path.parent.parent.name}")
        report(opened(folder, Identity.load(path)))


if __name__ == "__main__":
    main()
