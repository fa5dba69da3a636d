"""What does a film show at given moments, and which captions does it have? Decoded as any player does."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import av
import numpy as np

from aboveboard.replay.pixels import Pixels


def pictures_at(path: Path, times_s: Sequence[float]) -> Iterator[Pixels]:
    """The picture in force at each time, (height, width, 3) RGB; times in order, from the beginning of the film."""
    waiting = list(times_s)
    with av.open(str(path)) as film:
        last: av.VideoFrame | None = None
        for frame in film.decode(video=0):
            while waiting and last is not None and frame.time is not None and frame.time > waiting[0]:
                waiting.pop(0)
                yield last.to_ndarray(format="rgb24")
            last = frame
        for _ in waiting:
            assert last is not None
            yield last.to_ndarray(format="rgb24")


def captions_of(path: Path) -> list[str]:
    """The text of each caption, in order."""
    with av.open(str(path)) as film:
        packets = [bytes(packet).decode("utf-8") for packet in film.demux(subtitles=0) if packet.size]
    return [re.sub("\u200b", "", text) for text in packets]


def difference(shown: Pixels, truth: Pixels) -> float:
    """The mean difference of a colour, 0 to 255."""
    return float(np.abs(shown.astype(np.int16) - truth.astype(np.int16)).mean())
