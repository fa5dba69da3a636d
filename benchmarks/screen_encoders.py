"""How should a changed rectangle of the screen be encoded, and what does video cost instead?

Draws two screens (a 640×480 form, a 1080p desktop), plays a short session of work on each (typing, a menu, scrolling, a
new page) and encodes it without loss, patch by patch, with several encoders; then the same frames as VP9 and lossless
H.264 through PyAV, the peer. Prints CPU time and bytes of each, and their ratios to the baseline in the same run.
Repeat with ``python benchmarks/screen_encoders.py``; add screenshots of your own with ``--screenshots a.png b.png``.
"""

import argparse
import io
import json
import random
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Bgrx = NDArray[np.uint8]
FONT_NAMES = ("LiberationSans-Regular.ttf", "DejaVuSans.ttf")
BASELINE = "png level 1"
WORDS = ("the", "of", "and", "to", "in", "is", "you", "that", "it", "he", "was", "for", "on", "are", "as", "with")


class Patch(NamedTuple):
    """Pixels of one changed rectangle: uint8 (height, width, 4), blue, green, red, unused."""

    frame: int
    pixels: Bgrx


def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    for name in FONT_NAMES:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)


class Desktop:
    """A drawn screen on which a short session of work is played, frame by frame."""

    def __init__(self, width: int, height: int, seed: int = 7) -> None:
        self.random = random.Random(seed)
        self.size = (width, height)
        self.image = Image.new("RGB", self.size, "#f4f4f6")
        self.draw = ImageDraw.Draw(self.image)
        self.line_height = 18
        self.lines = [self.sentence() for _ in range(400)]
        self.chrome()
        self.page(0)

    def sentence(self) -> str:
        return " ".join(self.random.choice(WORDS) for _ in range(self.random.randint(4, 14)))

    def chrome(self) -> None:
        width, _ = self.size
        for row in range(40):
            shade = 225 - row
            self.draw.line([(0, row), (width, row)], fill=(shade, shade, shade + 8))
        for place in range(0, width - 90, 96):
            self.draw.rounded_rectangle([place + 4, 6, place + 90, 34], 6, fill="#ffffff", outline="#9aa0a6")
            self.draw.text((place + 14, 12), self.random.choice(WORDS), font=font(13), fill="#202124")

    def page(self, first: int) -> None:
        width, height = self.size
        self.draw.rectangle([0, 41, width, height], fill="#ffffff")
        for row, top in enumerate(range(60, height - 24, self.line_height)):
            colour = "#1a0dab" if (first + row) % 7 == 0 else "#202124"
            self.draw.text((24, top), self.lines[first + row], font=font(14), fill=colour)
        self.photo(width * 2 // 3, 70 - 6 * first, width // 4, height // 4)

    def photo(self, left: int, top: int, width: int, height: int) -> None:
        rows, columns = np.mgrid[0:height, 0:width]
        noise = np.random.default_rng(3).normal(0, 5, (height, width))
        red = 120 + 90 * np.sin(columns / 37) + noise
        stack = np.stack([red, 100 + 0.4 * rows + noise, 180 - 0.2 * columns + noise], axis=-1)
        self.image.paste(Image.fromarray(stack.clip(0, 255).astype(np.uint8)), (left, top))

    def frames(self) -> Iterator[Bgrx]:
        """About 60 frames: a page, typing, a menu, scrolling, another page."""
        height = self.size[1]
        yield self.grab()
        for place in range(30):
            self.draw.text((24 + 9 * place, height - 22), self.random.choice("abcdefgh"), font=font(14), fill="#000000")
            yield self.grab()
        before = self.image.copy()
        self.draw.rectangle([40, 40, 240, 300], fill="#ffffff", outline="#c0c0c0")
        for row in range(12):
            self.draw.text((52, 48 + 20 * row), self.sentence()[:24], font=font(13), fill="#202124")
        yield self.grab()
        for row in range(6):
            self.draw.rectangle([41, 46 + 20 * row, 239, 64 + 20 * row], fill="#dce9fc")
            yield self.grab()
        self.image.paste(before)
        yield self.grab()
        for first in range(1, 16):
            self.page(first)
            yield self.grab()
        self.page(120)
        yield self.grab()

    def grab(self) -> Bgrx:
        rgb = np.asarray(self.image)
        pixels = np.full((*rgb.shape[:2], 4), 255, np.uint8)
        pixels[..., :3] = rgb[..., ::-1]
        return pixels


def patches_of(frames: list[Bgrx]) -> Iterator[Patch]:
    """The first frame whole, then the bounding box of what changed."""
    yield Patch(0, frames[0])
    for number, (before, after) in enumerate(pairwise(frames), start=1):
        changed = (before != after).any(axis=-1)
        rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
        if len(rows):
            box = after[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
            yield Patch(number, np.ascontiguousarray(box))


def as_image(pixels: Bgrx) -> Image.Image:
    height, width = pixels.shape[:2]
    return Image.frombuffer("RGB", (width, height), pixels, "raw", "BGRX", 0, 1)


def pillow(kind: str, **options: object) -> Callable[[Bgrx], bytes]:
    def encode(pixels: Bgrx) -> bytes:
        stream = io.BytesIO()
        as_image(pixels).save(stream, kind, **options)
        return stream.getvalue()

    return encode


def plain_png(filter_type: int, level: int) -> Callable[[Bgrx], bytes]:
    """PNG with one row filter throughout (0 none, 2 up), zlib from the standard library."""

    def encode(pixels: Bgrx) -> bytes:
        height, width = pixels.shape[:2]
        rows = np.empty((height, 1 + 3 * width), np.uint8)
        rgb = pixels[..., 2::-1].reshape(height, 3 * width)
        rows[:, 0] = filter_type
        rows[:, 1:] = rgb
        if filter_type == 2:
            rows[1:, 1:] -= rgb[:-1]
        head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
        parts = [(b"IHDR", head), (b"IDAT", zlib.compress(rows, level)), (b"IEND", b"")]
        chunks = [struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in parts]
        return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)

    return encode


STILL: dict[str, Callable[[Bgrx], bytes]] = {
    "png level 1": pillow("PNG", compress_level=1),
    "png level 1, run lengths": pillow("PNG", compress_level=1, compress_type=zlib.Z_RLE),
    "png level 3": pillow("PNG", compress_level=3),
    "png level 6": pillow("PNG", compress_level=6),
    "png no filter, level 1": plain_png(0, 1),
    "png filter up, level 1": plain_png(2, 1),
    "webp method 0, quality 0": pillow("WEBP", lossless=True, quality=0, method=0),
    "webp method 0, quality 50": pillow("WEBP", lossless=True, quality=50, method=0),
    "webp method 1, quality 50": pillow("WEBP", lossless=True, quality=50, method=1),
}


def still_cost(name: str, patches: list[Patch]) -> tuple[float, int]:
    """CPU seconds and bytes for all patches; stops the program if anything was lost."""
    encode = STILL[name]
    started = time.process_time()
    encoded = [encode(patch.pixels) for patch in patches]
    spent = time.process_time() - started
    for patch, data in zip(patches, encoded, strict=True):
        back = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
        if not np.array_equal(back, patch.pixels[..., 2::-1]):
            raise SystemExit(f"{name} is not without loss")
    return spent, sum(map(len, encoded))


VIDEO: dict[str, tuple[str, str, dict[str, str]]] = {
    "vp9 realtime (loses detail)": (
        "libvpx-vp9",
        "yuv420p",
        {"deadline": "realtime", "cpu-used": "8", "row-mt": "1", "b": "0", "crf": "30", "threads": "1"},
    ),
    "vp9 lossless": (
        "libvpx-vp9",
        "gbrp",
        {"deadline": "realtime", "cpu-used": "8", "lossless": "1", "threads": "1"},
    ),
    "x264rgb lossless": ("libx264rgb", "bgr24", {"preset": "veryfast", "qp": "0", "threads": "1"}),
}


def video_cost(name: str, frames: list[Bgrx]) -> tuple[float, int]:
    """CPU seconds (conversion included) and bytes for all frames as one stream, 10 frames a second."""
    codec, pixel_format, options = VIDEO[name]
    context = av.CodecContext.create(codec, "w")
    context.width, context.height = frames[0].shape[1], frames[0].shape[0]
    context.pix_fmt, context.options, context.time_base = pixel_format, options, Fraction(1, 10)
    started, size = time.process_time(), 0
    for number, pixels in enumerate(frames):
        frame = av.VideoFrame.from_ndarray(pixels, format="bgra").reformat(format=pixel_format)
        frame.pts = number
        size += sum(packet.size for packet in context.encode(frame))
    size += sum(packet.size for packet in context.encode(None))
    return time.process_time() - started, size


class Row(NamedTuple):
    """What one encoder cost for one kind of picture, per picture."""

    screen: str
    pictures: str
    encoder: str
    cpu_ms: float
    kib: float


def measure(width: int, height: int) -> Iterator[Row]:
    """Whole frames, small and large patches with every still encoder; the frames with every video encoder."""
    frames = list(Desktop(width, height).frames())
    patches = list(patches_of(frames))
    area = width * height
    kinds = {
        "whole": [Patch(0, frame) for frame in frames[::10]],
        "patch <5%": [p for p in patches if p.pixels.shape[0] * p.pixels.shape[1] < area / 20],
        "patch >5%": [p for p in patches[1:] if p.pixels.shape[0] * p.pixels.shape[1] >= area / 20],
    }
    screen = f"{width}x{height}"
    for kind, chosen in kinds.items():
        for name in STILL:
            spent, size = still_cost(name, chosen)
            yield Row(screen, kind, name, spent * 1e3 / len(chosen), size / 1024 / len(chosen))
    for name in STILL:
        spent, size = still_cost(name, patches)
        yield Row(screen, "session", name, spent * 1e3 / len(frames), size / 1024 / len(frames))
    for name in VIDEO:
        spent, size = video_cost(name, frames)
        yield Row(screen, "session", name, spent * 1e3 / len(frames), size / 1024 / len(frames))


def measure_screenshot(path: Path) -> Iterator[Row]:
    """A screenshot as a whole frame."""
    rgb = np.asarray(Image.open(path).convert("RGB"))
    pixels = np.full((*rgb.shape[:2], 4), 255, np.uint8)
    pixels[..., :3] = rgb[..., ::-1]
    for name in STILL:
        spent, size = still_cost(name, [Patch(0, pixels)] * 3)
        yield Row(path.name[:10], "whole", name, spent * 1e3 / 3, size / 1024 / 3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON array instead of a table")
    parser.add_argument("--screenshots", nargs="*", type=Path, default=[], metavar="PNG", help="measure these too")
    arguments = parser.parse_args()
    rows = [row for size in ((640, 480), (1920, 1080)) for row in measure(*size)]
    rows += [row for path in arguments.screenshots for row in measure_screenshot(path)]
    if arguments.json:
        print(json.dumps([row._asdict() for row in rows], indent=1))
        return
    base = {row[:2]: row for row in rows if row.encoder == BASELINE}
    print(f"{'screen':10} {'pictures':10} {'encoder':28} {'CPU ms':>8} {'KiB':>8}   ratio to '{BASELINE}': CPU, bytes")
    for row in rows:
        peer = base[row[:2]]
        ratios = f"{row.cpu_ms / peer.cpu_ms:6.2f} {row.kib / peer.kib:6.2f}"
        print(f"{row.screen:10} {row.pictures:10} {row.encoder:28} {row.cpu_ms:8.2f} {row.kib:8.2f}   {ratios}")


if __name__ == "__main__":
    main()
