"""Which pixels does this reference of another recorder stand for?

An image beside the recording, one inside it (a ``data:`` address), or a frame of a video beside it. Nothing outside the
recording's own folder is read, and nothing is fetched.
"""

import base64
import binascii
import io
import re
from pathlib import Path

import av
import numpy as np
from PIL import Image

from aboveboard.base.errors import BadInput
from aboveboard.replay.pixels import PIXEL_LIMIT, Pixels

_DATA = re.compile(r"data:image/[a-z]+;base64,(.*)", re.DOTALL)
_LIMIT_BYTES = 256 * 1024 * 1024


class Pictures:
    """Pictures that lie in ``folder``. Frames of a video that are asked for in order are decoded once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._video: _Video | None = None

    def image(self, reference: str) -> Pixels:
        """An image by its relative path, or inside the reference; raises :class:`BadInput`."""
        inside = _DATA.fullmatch(reference)
        try:
            data = base64.b64decode(inside[1], validate=True) if inside else _read(self.place(reference))
            with Image.open(io.BytesIO(data)) as image:
                if image.width * image.height > PIXEL_LIMIT:
                    raise _bad("it is larger than any screen")
                return np.asarray(image.convert("RGB"))
        except (OSError, ValueError, SyntaxError, binascii.Error, Image.DecompressionBombError) as error:
            raise _bad(f"its image is damaged ({type(error).__name__})") from error

    def frame(self, reference: str, time_ns: int) -> Pixels:
        """The frame that a video shows at ``time_ns`` from its beginning; raises :class:`BadInput`."""
        path = self.place(reference)
        if self._video is None or self._video.path != path:
            self.close()
            self._video = _Video(path)
        return self._video.at(time_ns)

    def place(self, reference: str) -> Path:
        """The file that a relative path names; raises :class:`BadInput` where it leads out of the folder."""
        if "://" in reference or reference.startswith(("data:", "/", "\\")):
            raise _bad("it is not in the recording's folder")
        path = (self._folder / reference.replace("\\", "/")).resolve()
        if not path.is_relative_to(self._folder) or not path.is_file():
            raise _bad("it is not in the recording's folder")
        return path

    def close(self) -> None:
        """Close the video."""
        if self._video is not None:
            self._video.close()
            self._video = None


class _Video:
    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._container = av.open(str(path))
            self._stream = self._container.streams.video[0]
            self._frames = self._container.decode(self._stream)
            self._now = next(self._frames)
        except (av.FFmpegError, IndexError, StopIteration) as error:
            raise _bad(f"the video {path.name} cannot be read ({type(error).__name__})") from error
        self._next: av.VideoFrame | None = None

    def at(self, time_ns: int) -> Pixels:
        seconds = time_ns / 1e9
        if seconds < (self._now.time or 0):
            self._container.seek(0)
            self._frames = self._container.decode(self._stream)
            self._now, self._next = next(self._frames), None
        try:
            while True:
                if self._next is None:
                    self._next = next(self._frames, None)
                if self._next is None or (self._next.time or 0) > seconds + 1e-6:
                    break
                self._now, self._next = self._next, None
            return np.asarray(self._now.to_ndarray(format="rgb24"), np.uint8)
        except av.FFmpegError as error:
            raise _bad(f"the video {self.path.name} is damaged ({type(error).__name__})") from error

    def close(self) -> None:
        self._container.close()


def _read(path: Path) -> bytes:
    if path.stat().st_size > _LIMIT_BYTES:
        raise _bad("its file is too large")
    return path.read_bytes()


def _bad(why: str) -> BadInput:
    return BadInput(f"a picture cannot be read: {why}", cause=why, fix="the steps are imported without it")
