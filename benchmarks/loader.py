"""How many frames a second does a trainer get, in any order, from a sealed data set?

Makes one recording of somebody working (a screen that changes with every key and click), keeps it twice: as a data set
(sealed, bands of zstd), and as H.264 in Matroska, as OWAMcap keeps it. Reads frames of both in the same random order,
in the same run: by ``Dataset.frame``, and by seeking with PyAV. With ``--peers PYTHON`` (an environment that has
``mediaref`` and ``decord``) their readers read the same video in the same order too. Each read must show the right
frame. Prints frames a second, processor time, and how much is kept in memory.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np

from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import envelope, imported
from aboveboard.formats.imported import Imported
from aboveboard.formats.mcap_file import Item
from aboveboard.formats.recording import Button, Session, Timed
from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.lab import lineage
from aboveboard.lab.dataset.read import Dataset
from aboveboard.lab.dataset.write import DatasetWriter, Piece, put_into
from aboveboard.replay.pixels import Pixels, encode_png
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.signatures import SigningKey

FPS = 10
START_NS = 1_800_000_000_000_000_000
STRIPE = 16
"""In the upper left corner each frame tells its number in black and white squares of so many pixels."""
BITS = 16

PEERS = """
import json, sys, time
import numpy as np
path, reader, stripe, bits, fps = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])
order = json.loads(sys.stdin.read())
def number(frame):
    seen = frame[stripe // 2, stripe // 2 : stripe * bits : stripe, 1] > 127
    return int(sum(1 << place for place, one in enumerate(seen) if one))
if reader == "decord":
    import decord
    video = decord.VideoReader(path, num_threads=1)
    read = lambda place: video[place].asnumpy()
else:
    from mediaref import MediaRef
    refer = lambda place: MediaRef(uri=path, pts_ns=round(place * 1e9 / fps))
    read = lambda place: refer(place).to_ndarray()
read(order[0])
begin, begin_cpu = time.perf_counter(), time.process_time()
if reader == "mediaref in batches":
    from mediaref import batch_decode
    parts = [order[start : start + 32] for start in range(0, len(order), 32)]
    shown = ((one, place) for part in parts for one, place in zip(batch_decode([*map(refer, part)]), part))
    wrong = sum(number(one) != place for one, place in shown)
else:
    wrong = sum(number(read(place)) != place for place in order)
wall, cpu = time.perf_counter() - begin, time.process_time() - begin_cpu
print(json.dumps([len(order) / wall, cpu * 1000 / len(order), wrong]))
"""


def numbered(pixels: Pixels, number: int) -> Pixels:
    """The same picture, telling its number."""
    told = pixels.copy()
    for place in range(BITS):
        told[:STRIPE, place * STRIPE : (place + 1) * STRIPE] = 255 * (number >> place & 1)
    return told


def number_of(pixels: Pixels) -> int:
    seen = pixels[STRIPE // 2, STRIPE // 2 : STRIPE * BITS : STRIPE, 1] > 127
    return int(sum(1 << place for place, one in enumerate(seen) if one))


def frames(count: int, width: int, height: int, page: int) -> Iterator[Pixels]:
    """Typing, a panel now and then, another page every ``page`` frames."""
    rng = np.random.default_rng(0)
    desktop = np.full((height, width, 3), 240, np.uint8)
    for number in range(count):
        if number % page == 0:
            desktop[40:] = 240
            for row in range(60, height - 30, 22):
                letters = rng.integers(0, 2, (14, (width - 120) // 8, 1), dtype=np.uint8).repeat(8, axis=1)
                desktop[row : row + 14, 60 : 60 + letters.shape[1]] = 255 - 200 * letters
        if number % 30 == 0:
            x, y = int(rng.integers(0, width - 300)), int(rng.integers(60, height - 200))
            desktop[y : y + 200, x : x + 300] = rng.integers(180, 255, 3, dtype=np.uint8)
        x, y = 40 + number * 11 % (width - 60), 60 + number // 100 * 22 % (height - 100)
        desktop[y : y + 18, x : x + 10] = rng.integers(0, 255, (18, 10, 3), dtype=np.uint8)
        yield numbered(desktop, number)


def keep_sealed(folder: Path, count: int, size: tuple[int, int], page: int, identity: Identity) -> Dataset:
    """A data set with a click on every frame."""
    artefact_id, person_id, session_id = new_id(Kind.ARTEFACT), new_id(Kind.PERSON), new_id(Kind.SESSION)
    writer = DatasetWriter(artefact_id, identity.recipient, put_into(folder))
    opening = Session(
        session_id=session_id, sequence=0, screen_width=size[0], screen_height=size[1], platform="x", recorder="x",
        clock_error_ns=0,
    )  # fmt: skip
    items: list[Item] = [Timed(START_NS, opening)]
    before: Pixels | None = None
    pieces = 0
    for number, pixels in enumerate(frames(count, *size, page)):
        at_ns = START_NS + number * 10**9 // FPS + 1000
        items += list(changes(before, pixels, at_ns))
        items += [Timed(at_ns + late, Button(button=1, pressed=late == 1, x=number * 37 % 999, y=9)) for late in (1, 2)]
        before = pixels
        if len(items) > 200:
            writer.take(Piece(person_id, session_id, new_id(Kind.SEGMENT), pieces, 0, items))
            items, pieces = [], pieces + 1
    writer.take(Piece(person_id, session_id, new_id(Kind.SEGMENT), pieces, 0, items))
    writer.finish(1)
    document = Imported(
        artefact_id=artefact_id, source="owamcap", name="benchmark", licence="made here", imported_at_ns=1,
        recordings=1, events=2, unread={}, pictures=0, pictures_missing=0, files=lineage.list_files(folder),
    )  # fmt: skip
    signed = SigningKey.generate().sign(imported.PAYLOAD_TYPE, imported.encode(document))
    (folder / imported.FILE).write_bytes(envelope.encode(signed))
    return Dataset.open(folder, identity)


def changes(before: Pixels | None, now: Pixels, at_ns: int) -> Iterator[ScreenPatch]:
    """The rows that changed, as one patch."""
    height, width = now.shape[:2]
    rows = np.arange(height) if before is None else np.flatnonzero((before != now).any(axis=(1, 2)))
    for run in np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1):
        part = now[run[0] : run[-1] + 1]
        yield ScreenPatch(at_ns, 0, int(run[0]), width, len(part), before is None, "png", encode_png(part))


def keep_video(path: Path, count: int, size: tuple[int, int], page: int, keyframes: int) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "veryfast", "g": str(keyframes)})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for pixels in frames(count, *size, page):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())


class Seeking:
    """Frames of a video by their place: seek to the key frame before, decode up to it."""

    def __init__(self, path: Path) -> None:
        self._container = av.open(str(path))
        self._stream = self._container.streams.video[0]
        self._stream.codec_context.thread_count = 1

    def read(self, place: int) -> Pixels:
        at_s = place / FPS
        self._container.seek(round(at_s / self._stream.time_base), stream=self._stream)
        for frame in self._container.decode(self._stream):
            if frame.time >= at_s - 0.5 / FPS:
                return frame.to_ndarray(format="rgb24")
        raise AssertionError(place)


Measured = tuple[float, float, int]
"""Frames a second, milliseconds of processor time for each, and how many were not the one that was asked for."""


def measure(read: Callable[[int], Pixels], order: list[int]) -> Measured:
    read(order[0])
    begin, begin_cpu = time.perf_counter(), time.process_time()
    wrong = sum(number_of(read(place)) != place for place in order)
    wall, cpu = time.perf_counter() - begin, time.process_time() - begin_cpu
    return len(order) / wall, cpu * 1000 / len(order), wrong


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--frames", type=int, default=600)
    parser.add_argument("--reads", type=int, default=150)
    parser.add_argument("--size", type=int, nargs=2, default=(1920, 1080))
    parser.add_argument("--page", type=int, default=10 * FPS, help="another page every so many frames")
    parser.add_argument("--keyframes", type=int, default=60, help="one whole frame in so many, in the video")
    parser.add_argument("--peers", help="a Python that has mediaref and decord")
    chosen = parser.parse_args()
    size, identity = tuple(chosen.size), Identity.generate()
    draw = random.Random(1)
    order = [draw.randrange(chosen.frames) for _ in range(chosen.reads)]
    with tempfile.TemporaryDirectory() as scratch:
        folder, video = Path(scratch) / "sealed", Path(scratch) / "video.mkv"
        folder.mkdir()
        data = keep_sealed(folder, chosen.frames, size, chosen.page, identity)
        keep_video(video, chosen.frames, size, chosen.page, chosen.keyframes)
        names = [step.frame_sha256 or "" for step in data.steps()]
        assert len(names) == chosen.frames
        sealed_bytes = sum(one.stat().st_size for one in folder.iterdir())
        print(
            f"{chosen.frames} frames of {size[0]}×{size[1]}, {chosen.reads} read in random order; "
            f"sealed and lossless {sealed_bytes / 1e6:.1f} MB, video {video.stat().st_size / 1e6:.1f} MB"
        )
        ours, our_cpu, wrong = measure(lambda place: data.frame(names[place]), order)
        kept_mib = data.frames.kept_bytes / 1024 / 1024
        print(
            f"{'sealed data set':22} {ours:7.1f} frames/s {our_cpu:7.1f} ms CPU each   {wrong} wrong   "
            f"{kept_mib:.0f} MiB kept"
        )
        found: dict[str, Measured] = {"PyAV, seeking": measure(Seeking(video).read, order)}
        for name in ("mediaref", "mediaref in batches", "decord") if chosen.peers else ():
            arguments = [chosen.peers, "-c", PEERS, str(video), name, *map(str, (STRIPE, BITS, FPS))]
            done = subprocess.run(arguments, input=json.dumps(order), capture_output=True, text=True, check=False)
            if done.returncode:
                print(f"{name}: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
            else:
                found[name] = tuple(json.loads(done.stdout.splitlines()[-1]))
        for name, (fps, cpu, wrong_there) in found.items():
            print(
                f"{name:22} {fps:7.1f} frames/s {cpu:7.1f} ms CPU each   {wrong_there} wrong   "
                f"the data set gives {ours / fps:.1f} ×, {cpu / our_cpu:.1f} × for the CPU time"
            )


if __name__ == "__main__":
    main()
