"""What does the screen cost, coded as the recorder does it, beside still images and video?

Real programs on a display of their own (``screen_contents``): a terminal that prints, a letter typed, a page scrolled,
a page with photographs, a film. The same pictures go through the recorder's coder, through PNG and WebP patch by patch,
and through VP9 and H.264 as video. Prints CPU time and bytes for each picture, what was lost, and the ratios to ours:

    python benchmarks/screen_contents.py FOLDER      # once
    python benchmarks/screen_encoders.py FOLDER [--json]
"""

import argparse
import io
import json
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from screen_contents import CONTENTS

from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.recorder.capture.changes import Comparer
from aboveboard.recorder.capture.port import Frame, Pixels, Rect
from aboveboard.recorder.encode.canvas import Canvas
from aboveboard.replay.canvas import Canvas as Replay

Bgrx = NDArray[np.uint8]
FRAME_NS = 100_000_000
OURS = "recorder"
EXACT_DB = 99.0
"""How many decibels stand for no difference."""


class Row(NamedTuple):
    """What one coder cost for one content, for each picture; ``loss_db`` is the mean PSNR of what is shown."""

    content: str
    coder: str
    cpu_ms: float
    middle_ms: float
    kib: float
    loss_db: float
    decode_ms: float


def load(path: Path) -> list[Bgrx]:
    """The pictures as the capture has them."""
    found = []
    with np.load(path) as stored:
        for name in stored.files:
            rgb = stored[name]
            picture = np.full((*rgb.shape[:2], 4), 255, np.uint8)
            picture[..., :3] = rgb[..., ::-1]
            found.append(picture)
    return found


def frames_of(pictures: list[Bgrx]) -> list[Frame]:
    """As a source tells them: the first whole, then what changed, as the capture finds it."""
    comparer, height, width = Comparer(), *pictures[0].shape[:2]
    found = [Frame(FRAME_NS, (Pixels(Rect(0, 0, width, height), pictures[0].copy()),), True)]
    for number, (before, after) in enumerate(pairwise(pictures), start=2):
        rects = comparer.changed_rects(before.view(np.uint32)[..., 0], after.view(np.uint32)[..., 0])
        found.append(Frame(number * FRAME_NS, tuple(Pixels(rect, _area(after, rect).copy()) for rect in rects), False))
    return found


def recorder_cost(content: str, pictures: list[Bgrx]) -> Row:
    """Ours; what a reader sees after each picture is compared with it."""
    canvas, replay = Canvas(), Replay()
    spent, decoding, size, losses = [], 0.0, 0, []
    for frame, picture in zip(frames_of(pictures), pictures, strict=True):
        started = time.process_time()
        patches = canvas.draw(frame) + canvas.settle(frame.time_ns)
        spent.append(time.process_time() - started)
        size += sum(len(patch.data) for patch in patches)
        started = time.process_time()
        for patch in patches:
            replay.apply(patch)
        decoding += time.process_time() - started
        shown = replay.snapshot()
        assert shown is not None
        losses.append(_psnr(picture[..., 2::-1], shown))
    for patch in canvas.settle(len(pictures) * FRAME_NS + 10**9):
        replay.apply(patch)
    if not np.array_equal(replay.snapshot(), pictures[-1][..., 2::-1]):
        raise SystemExit(f"{content}: what stands is not exact")
    return _row(content, OURS, spent, size, losses, decoding)


STILL: dict[str, tuple[str, dict[str, object]]] = {
    "png, level 1": ("png", {"compress_level": 1}),
    "webp, method 0": ("webp", {"lossless": True, "quality": 50, "method": 0}),
}


def still_cost(content: str, coder: str, pictures: list[Bgrx]) -> Row:
    """Each changed rectangle as a still image without loss."""
    kind, options = STILL[coder]
    spent, decoding, size = [], 0.0, 0
    replay = Replay()
    for frame in frames_of(pictures):
        started = time.process_time()
        encoded = [(patch.rect, _still(patch.bgrx, kind, options)) for patch in frame.patches]
        spent.append(time.process_time() - started)
        size += sum(len(data) for _, data in encoded)
        started = time.process_time()
        for rect, data in encoded:
            replay.apply(ScreenPatch(1, rect.x, rect.y, rect.width, rect.height, frame.whole, kind, data))
        decoding += time.process_time() - started
    return _row(content, coder, spent, size, [EXACT_DB], decoding)


VIDEO: dict[str, tuple[str, str, dict[str, str]]] = {
    "vp9, realtime": (
        "libvpx-vp9",
        "yuv420p",
        {"deadline": "realtime", "cpu-used": "8", "row-mt": "1", "b": "0", "crf": "30", "lag-in-frames": "0"},
    ),
    "x264, ultrafast": ("libx264", "yuv420p", {"preset": "ultrafast", "crf": "23", "tune": "zerolatency"}),
    "x264, veryfast": ("libx264", "yuv420p", {"preset": "veryfast", "crf": "23", "tune": "zerolatency"}),
    "x264 rgb, lossless": ("libx264rgb", "bgr24", {"preset": "ultrafast", "qp": "0", "tune": "zerolatency"}),
}
DECODERS = {"libvpx-vp9": "vp9", "libx264": "h264", "libx264rgb": "h264"}


def video_cost(content: str, coder: str, pictures: list[Bgrx]) -> Row:
    """All pictures as one stream, ten a second, in one thread; conversion included."""
    codec, pixel_format, options = VIDEO[coder]
    context = av.CodecContext.create(codec, "w")
    context.width, context.height = pictures[0].shape[1], pictures[0].shape[0]
    context.pix_fmt, context.options, context.time_base = pixel_format, {**options, "threads": "1"}, Fraction(1, 10)
    spent, packets = [], []
    for number, pixels in enumerate(pictures):
        started = time.process_time()
        picture = av.VideoFrame.from_ndarray(pixels, format="bgra").reformat(format=pixel_format)
        picture.pts = number
        packets += context.encode(picture)
        spent.append(time.process_time() - started)
    packets += context.encode(None)
    decoder = av.CodecContext.create(DECODERS[codec], "r")
    started = time.process_time()
    decoded = [one.to_ndarray(format="rgb24") for packet in [*packets, None] for one in decoder.decode(packet)]
    decoding = time.process_time() - started
    losses = [_psnr(pixels[..., 2::-1], shown) for pixels, shown in zip(pictures, decoded, strict=True)]
    return _row(content, coder, spent, sum(packet.size for packet in packets), losses, decoding)


def measure(content: str, pictures: list[Bgrx]) -> Iterator[Row]:
    """Every coder on one content."""
    recorder_cost(content, pictures[:5])  # what is loaded at first use is not a cost of the first picture
    yield recorder_cost(content, pictures)
    for coders, cost in ((STILL, still_cost), (VIDEO, video_cost)):
        one: Callable[[str, str, list[Bgrx]], Row] = cost
        for coder in coders:
            yield one(content, coder, pictures)


def _still(pixels: Bgrx, kind: str, options: dict[str, object]) -> bytes:
    height, width = pixels.shape[:2]
    stream = io.BytesIO()
    Image.frombuffer("RGB", (width, height), pixels, "raw", "BGRX", 0, 1).save(stream, kind, **options)
    return stream.getvalue()


def _area(pixels: Bgrx, rect: Rect) -> Bgrx:
    return pixels[rect.y : rect.y + rect.height, rect.x : rect.x + rect.width]


def _psnr(wanted: NDArray[np.uint8], shown: NDArray[np.uint8]) -> float:
    if np.array_equal(wanted, shown):
        return EXACT_DB
    error = float(np.square(wanted.astype(np.float32) - shown).mean())
    return min(EXACT_DB, float(10 * np.log10(255**2 / error)))


def _row(content: str, coder: str, spent: list[float], size: int, losses: list[float], decoding: float) -> Row:
    count = len(spent)
    middle_ms = float(np.median(spent[1:])) * 1e3
    return Row(content, coder, sum(spent) * 1e3 / count, middle_ms, size / 1024 / count, float(np.mean(losses)),
               decoding * 1e3 / count)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where screen_contents.py put its pictures")
    parser.add_argument("--json", action="store_true", help="print one JSON array instead of a table")
    arguments = parser.parse_args()
    rows: list[Row] = []
    for content in CONTENTS:
        rows += measure(content, load(arguments.folder / f"{content}.npz"))
    if arguments.json:
        print(json.dumps([row._asdict() for row in rows], indent=1))
        return
    ours = {row.content: row for row in rows if row.coder == OURS}
    print("for each picture of 1280 × 800; × is how many times as much as ours\n")
    print(
        f"{'content':12} {'coder':20} {'CPU ms':>8} {'median':>7} {'KiB':>8} {'PSNR':>6} {'decode':>7}  × CPU × bytes"
    )
    for row in rows:
        peer = ours[row.content]
        loss = "exact" if row.loss_db >= EXACT_DB else f"{row.loss_db:.1f}"
        ratios = f"{row.cpu_ms / peer.cpu_ms:8.1f} {row.kib / peer.kib:8.1f}"
        figures = f"{row.cpu_ms:8.2f} {row.middle_ms:7.2f} {row.kib:8.2f} {loss:>6} {row.decode_ms:7.2f}"
        print(f"{row.content:12} {row.coder:20} {figures} {ratios}")


if __name__ == "__main__":
    main()
