"""Which screens does a film from outside show, and when?

An MP4, WebM or Matroska file, or a recording of ours (MCAP), of which only the screen is read. What it claims is
checked before it is used: the container by its first bytes, the size of its pictures, its times, how many there are.
No other file is opened, whatever it names.
"""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from aboveboard.base.clock import MILLISECOND_NS, SECOND_NS
from aboveboard.base.errors import BadInput
from aboveboard.formats.mcap_file import read_recording
from aboveboard.lab.model.sight import Image
from aboveboard.replay.canvas import frames
from aboveboard.replay.pixels import PIXEL_LIMIT

RECORDING_LIMIT_BYTES = 512 * 1024 * 1024
FRAMES_LIMIT = 5_000_000
"""Two days at 30 frames a second."""
LONGEST_NS = 7 * 86_400 * SECOND_NS
APART_NS = 90 * MILLISECOND_NS
"""Of a film no more frames are looked at than a recording has: what is learnt is how those follow on each other."""
LOSS = 24
"""By so much of 255 a pixel of a film with loss may change without anything having happened."""

_MCAP, _MATROSKA, _MP4 = b"\x89MCAP0\r\n", b"\x1a\x45\xdf\xa3", b"ftyp"


def film_frames(path: Path) -> Iterator[tuple[int, Image]]:
    """``(time in ns, (h, w, 3) uint8 RGB)`` in order: wall time of a recording, time in the film of any other.

    Raises :class:`BadInput` for what is no film, is damaged, or is larger than any screen.
    """
    head = _head(path)
    if head.startswith(_MCAP):
        if path.stat().st_size > RECORDING_LIMIT_BYTES:
            raise _bad(path, f"it is larger than {RECORDING_LIMIT_BYTES} bytes")
        yield from frames(read_recording(path.read_bytes()))
    else:
        yield from paced(_decoded(path, "matroska" if head.startswith(_MATROSKA) else "mp4"))


def noise_of(path: Path) -> int:
    """By how much pixels of this film change by themselves: see :data:`LOSS`. Raises what :func:`film_frames` does."""
    return 0 if _head(path).startswith(_MCAP) else LOSS


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        head = file.read(12)
    if not (head.startswith((_MCAP, _MATROSKA)) or head[4:8] == _MP4):
        raise _bad(path, "it begins as none of these: MP4, WebM, Matroska, a recording of Aboveboard")
    return head


def _decoded(path: Path, kind: str) -> Iterator[tuple[int, Image]]:
    """Every frame of the first video in the file."""
    last_ns, count = -1, 0
    # Whatever the container says of its pictures, larger ones are refused by the decoder before it makes room for them.
    limit = {"max_pixels": str(PIXEL_LIMIT)}
    # The open file and not its name: whatever it says, nothing else is opened.
    with path.open("rb") as file:
        try:
            with av.open(file, "r", format=kind, options=limit) as container:
                videos = [one for one in container.streams.video if one.codec_context is not None]
                if not videos:
                    raise _bad(path, "there is no video in it of a kind that is known")
                stream = videos[0]
                stream.codec_context.options = limit
                for frame in container.decode(stream):
                    time_ns = _time_ns(frame)
                    count += 1
                    if count > FRAMES_LIMIT or time_ns > LONGEST_NS:
                        raise _bad(path, "it is longer than a week, or has too many frames")
                    if time_ns <= last_ns:
                        continue
                    last_ns = time_ns
                    yield time_ns, np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
        except (av.FFmpegError, ValueError, OverflowError, MemoryError) as error:
            raise _bad(path, f"it is damaged ({type(error).__name__})") from error
    if not count:
        raise _bad(path, "there is no picture in it")


def _time_ns(frame: av.VideoFrame) -> int:
    """From the film's beginning; -1, which is before all, where it says none."""
    if frame.pts is None or frame.time_base is None:
        return -1
    return int(frame.pts * Fraction(frame.time_base) * SECOND_NS)


def paced(shown: Iterator[tuple[int, Image]]) -> Iterator[tuple[int, Image]]:
    """At most one frame each :data:`APART_NS`; the last one before a pause is never left out."""
    last_ns = -APART_NS
    waiting: tuple[int, Image] | None = None
    for one in shown:
        if waiting is not None and one[0] - waiting[0] >= APART_NS:
            yield waiting
            last_ns, waiting = waiting[0], None
        if one[0] - last_ns >= APART_NS:
            yield one
            last_ns, waiting = one[0], None
        else:
            waiting = one
    if waiting is not None:
        yield waiting


def _bad(path: Path, why: str) -> BadInput:
    return BadInput(
        f"{path.name} cannot be read as a film: {why}",
        cause="it is another kind of file, is damaged, or breaks off",
        fix="play it with any player; write it again as MP4, WebM or Matroska",
    )
