"""How does a recording become a film that any player shows?

A Matroska file: the screen as VP9 with a variable frame rate (one frame for each change), the pointer drawn in, because
it is not in the pixels, and a SubRip track that says what was done. The file is plain: whoever exports it decides to
have the recording readable on a disk.
"""

import collections
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace

from aboveboard.base.clock import MILLISECOND_NS
from aboveboard.base.errors import BadInput, Unavailable
from aboveboard.formats.recording import Button, Pointer, Scroll, Session, Timed
from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.replay.canvas import Canvas, Item
from aboveboard.replay.captions import Caption, captions
from aboveboard.replay.pixels import Pixels

TICK = Fraction(1, 1000)
"""Matroska counts in milliseconds."""
SMALLEST_GAP_NS = 33 * MILLISECOND_NS
"""Changes closer together than this are one frame of the film."""
SIDE_LIMIT = 16_384
"""VP9's largest side, in pixels."""
ENCODER = {
    "deadline": "realtime",
    "cpu-used": "8",
    "tune-content": "screen",
    "crf": "24",
    "b": "0",
    "row-mt": "1",
    "lag-in-frames": "0",
}

_ARROW = """
X
XX
X.X
X..X
X...X
X....X
X.....X
X......X
X.......X
X........X
X.....XXXXX
X..X..X
X.X X..X
XX  X..X
X    X..X
     XXXX
"""


@dataclass(frozen=True)
class Film:
    """What was written: the wall time of the first frame, seconds from there to the end, frames, captions, and the
    size of the picture in pixels.
    """

    start_ns: int
    duration_s: float
    frames: int
    captions: int
    width: int
    height: int


def export_video(items: Iterable[Item], path: Path) -> Film:
    """Write the film of ``items`` (one or more recordings of a session, in order) to ``path``, a ``.mkv``.

    Two passes over the disk, not one in memory: the pictures are encoded as they come, and then joined with the
    captions in order of time. Raises :class:`BadInput` if there is no screen in the recording or a patch is damaged,
    :class:`Unavailable` if the file cannot be written; then no file is left behind.
    """
    events: list[Timed] = []
    pictures = path.with_name(path.name + ".pictures")
    partial = path.with_name(path.name + ".partial")
    try:
        film = _encode(film_pictures(_tee(items, events)), pictures)
        lines = [line for line in captions(events) if line.end_ns > film.start_ns]
        last_ns = max((timed.time_ns for timed in events), default=0)
        film = _join(pictures, film, lines, last_ns, partial)
        partial.replace(path)
    except (OSError, av.error.FFmpegError) as error:
        raise Unavailable(
            f"the film could not be written to {path}: {error}",
            cause="the folder does not exist, is not writable, or the disk is full",
            fix="choose another place with room",
        ) from error
    finally:
        pictures.unlink(missing_ok=True)
        partial.unlink(missing_ok=True)
    return film


def _encode(pictures: Iterable[tuple[int, Pixels]], path: Path) -> Film:
    """Encode the pictures alone; the size of the first is the film's."""
    first = next(iterator := iter(pictures), None)
    if first is None:
        raise BadInput(
            "this recording has no screen to show",
            cause="the disclosure or the grant did not include the screen",
            fix="look at its events instead, or ask for the screen",
        )
    start_ns = first[0]
    height, width = (side + side % 2 for side in first[1].shape[:2])
    if width > SIDE_LIMIT or height > SIDE_LIMIT:
        raise BadInput(f"a screen of {width}×{height} pixels is too large for a film")
    count = 0
    with av.open(str(path), "w", format="matroska") as container:
        stream = container.add_stream("libvpx-vp9", rate=30, options=ENCODER)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.time_base = stream.codec_context.time_base = TICK
        stream.codec_context.colorspace, stream.codec_context.color_range = Colorspace.ITU709, ColorRange.MPEG
        for time_ns, pixels in itertools.chain([first], iterator):
            frame = av.VideoFrame.from_ndarray(_fit(pixels, width, height), format="rgb24")
            frame = frame.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG)
            frame.pts, frame.time_base = (time_ns - start_ns) // MILLISECOND_NS, TICK
            container.mux(stream.encode(frame))
            count += 1
        container.mux(stream.encode(None))
    return Film(start_ns, 0.0, count, 0, width, height)


def _join(pictures: Path, film: Film, lines: list[Caption], last_ns: int, path: Path) -> Film:
    """Write pictures and captions in order of time, each picture as long as it was on the screen.

    The film ends with its last picture, event or caption, whichever is later.
    """

    def to_ms(time_ns: int) -> int:
        return max(0, (time_ns - film.start_ns) // MILLISECOND_NS)

    with av.open(str(pictures)) as source, av.open(str(path), "w", format="matroska") as container:
        stream = container.add_stream_from_template(source.streams.video[0])
        words = container.add_mux_stream("subrip")
        words.time_base = TICK
        words.metadata.update({"title": "What was done", "language": "eng"})
        waiting = collections.deque(lines)
        held: av.Packet[av.VideoStream] | None = None
        for packet in itertools.chain((p for p in source.demux(video=0) if p.size), [None]):
            if held is not None:
                begin_ms = _pts_ms(held)
                end_ms = _pts_ms(packet) if packet is not None else begin_ms + SMALLEST_GAP_NS // MILLISECOND_NS
                if packet is None:
                    end_ms = max([end_ms, to_ms(last_ns), *(to_ms(line.end_ns) for line in lines)])
                held.stream, held.time_base = stream, TICK
                held.pts = held.dts = begin_ms
                held.duration = end_ms - begin_ms
                container.mux(held)
                while waiting and (packet is None or to_ms(waiting[0].start_ns) < end_ms):
                    line = waiting.popleft()
                    container.mux(_caption(words, line, to_ms(line.start_ns), to_ms(line.end_ns)))
            held = packet
    return replace(film, duration_s=end_ms / 1000, captions=len(lines))


def _pts_ms(packet: "av.Packet[av.VideoStream]") -> int:
    assert packet.pts is not None
    assert packet.time_base is not None
    return round(packet.pts * packet.time_base / TICK)


def _caption(words: av.stream.Stream, line: Caption, begin_ms: int, end_ms: int) -> "av.Packet[av.stream.Stream]":
    packet: av.Packet[av.stream.Stream] = av.Packet(_escape(line.text).encode("utf-8"))
    packet.stream, packet.time_base = words, TICK
    packet.pts = packet.dts = begin_ms
    packet.duration = end_ms - begin_ms
    return packet


def _tee(items: Iterable[Item], events: list[Timed]) -> Iterator[Item]:
    for item in items:
        if isinstance(item, Timed):
            events.append(item)
        yield item


def film_pictures(items: Iterable[Item]) -> Iterator[tuple[int, Pixels]]:
    """The pictures of the film, the pointer drawn in, at least ``SMALLEST_GAP_NS`` apart."""
    canvas, pointer = Canvas(), None
    shown_ns, dirty_ns = None, None
    for item in items:
        if (
            dirty_ns is not None
            and item.time_ns > dirty_ns
            and (shown_ns is None or item.time_ns - shown_ns >= SMALLEST_GAP_NS)
        ):
            pixels = canvas.snapshot()
            if pixels is not None:
                shown_ns = dirty_ns if shown_ns is None else max(dirty_ns, shown_ns + SMALLEST_GAP_NS)
                yield shown_ns, _with_pointer(pixels, pointer)
                dirty_ns = None
        if isinstance(item, ScreenPatch):
            canvas.apply(item)
            dirty_ns = item.time_ns
        elif isinstance(item.event, Session):
            canvas.begin(item.event)
        elif isinstance(item.event, Pointer | Button | Scroll) and pointer != (item.event.x, item.event.y):
            pointer = item.event.x, item.event.y
            dirty_ns = item.time_ns
    pixels = canvas.snapshot()
    if dirty_ns is not None and pixels is not None:
        yield (
            dirty_ns if shown_ns is None else max(dirty_ns, shown_ns + SMALLEST_GAP_NS),
            _with_pointer(pixels, pointer),
        )


def _with_pointer(pixels: Pixels, place: tuple[int, int] | None) -> Pixels:
    """A copy with an arrow whose tip is at ``place``, as far as it lies on the screen."""
    if place is None:
        return pixels
    picture = pixels.copy()
    height, width = picture.shape[:2]
    for row, line in enumerate(_ARROW.strip("\n").split("\n")):
        for column, mark in enumerate(line):
            x, y = place[0] + column, place[1] + row
            if mark != " " and 0 <= x < width and 0 <= y < height:
                picture[y, x] = 0 if mark == "X" else 255
    return picture


def _fit(pixels: Pixels, width: int, height: int) -> Pixels:
    """The pixels in the film's size: cut or padded with black at the right and the bottom."""
    if pixels.shape[:2] == (height, width):
        return np.ascontiguousarray(pixels)
    picture = np.zeros((height, width, 3), np.uint8)
    cut = pixels[:height, :width]
    picture[: cut.shape[0], : cut.shape[1]] = cut
    return picture


def _escape(text: str) -> str:
    """SubRip takes ``<`` and ``{`` for markup: a zero-width space after them shows them as they are."""
    return text.replace("<", "<\u200b").replace("{", "{\u200b").replace("\n", " ")
