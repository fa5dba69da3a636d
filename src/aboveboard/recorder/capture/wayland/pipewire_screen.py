"""How do PipeWire's pixels become a screen that can be read?

*Not yet run against PipeWire.* GStreamer's ``pipewiresrc`` reads each stream; the latest picture of each is kept, at
its place on the desktop. PipeWire sends a picture when something changed, so the latest is what is on the screen.
"""

import os
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aboveboard.base.errors import SetupMissing, Unavailable
from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.capture.portable.desktop import Unread
from aboveboard.recorder.capture.wayland.screen_cast import Cast, Stream

_OPAQUE = np.uint32(0xFF000000)
Ended = Callable[[], bool]


class PipeWireScreen:
    """The desktop of ``cast``; takes over its descriptor. ``ended``: did the person stop the sharing?

    ``gst`` is GStreamer's module, for trying it without. Raises :class:`SetupMissing` without GStreamer.
    """

    def __init__(self, cast: Cast, ended: Ended, gst: Any = None) -> None:
        self._remote, self._ended = cast.remote, ended
        gst = gst or _gstreamer()
        self._null = gst.State.NULL
        self._pictures = [_Picture(gst, stream, cast.remote) for stream in cast.streams]

    def grab(self, rect: Rect) -> NDArray[np.uint32]:
        if self._ended():
            raise Unavailable(
                "the desktop is not shared any more",
                cause="you stopped it in your desktop's panel, or the session ended",
                fix="start recording again if you want to",
            )
        pixels = np.zeros((rect.height, rect.width), np.uint32)
        for picture in self._pictures:
            picture.update()
            picture.paint(pixels, rect)
        if not pixels.all():
            raise Unread("not every monitor has sent a picture yet", cause="the sharing has just begun")
        return pixels

    def close(self) -> None:
        for picture in self._pictures:
            picture.pipeline.set_state(self._null)
        os.close(self._remote)


class _Picture:
    """The latest picture of one stream."""

    def __init__(self, gst: Any, stream: Stream, remote: int) -> None:
        self._gst, self._rect = gst, stream.rect
        self._latest: NDArray[np.uint32] | None = None
        self.pipeline = gst.parse_launch(
            f"pipewiresrc fd={os.dup(remote)} path={stream.node} ! videoconvert ! video/x-raw,format=BGRx "
            "! appsink name=latest max-buffers=1 drop=true sync=false"
        )
        self._sink = self.pipeline.get_by_name("latest")
        self.pipeline.set_state(gst.State.PLAYING)

    def update(self) -> None:
        """Take the picture that arrived, if one did."""
        sample = self._sink.emit("try-pull-sample", 0)
        if sample is None:
            return
        form = sample.get_caps().get_structure(0)
        width, height = form.get_value("width"), form.get_value("height")
        buffer = sample.get_buffer()
        known, mapped = buffer.map(self._gst.MapFlags.READ)
        if not known:
            return
        try:
            rows = np.frombuffer(mapped.data, np.uint32)[: height * (len(mapped.data) // height // 4)]
            self._latest = rows.reshape(height, -1)[:, :width] | _OPAQUE
        finally:
            buffer.unmap(mapped)

    def paint(self, pixels: NDArray[np.uint32], rect: Rect) -> None:
        """Put into ``pixels``, which are those of ``rect``, what this monitor shows of it."""
        if self._latest is None or self._latest.shape != (self._rect.height, self._rect.width):
            return
        left, top = max(rect.x, self._rect.x), max(rect.y, self._rect.y)
        right = min(rect.x + rect.width, self._rect.x + self._rect.width)
        bottom = min(rect.y + rect.height, self._rect.y + self._rect.height)
        if left < right and top < bottom:
            part = self._latest[top - self._rect.y : bottom - self._rect.y, left - self._rect.x : right - self._rect.x]
            pixels[top - rect.y : bottom - rect.y, left - rect.x : right - rect.x] = part


def _gstreamer() -> Any:
    try:
        import gi

        gi.require_version("Gst", "1.0")
        from gi.repository import Gst
    except (ImportError, ValueError) as error:
        raise SetupMissing(
            "the pixels of a Wayland desktop cannot be read",
            cause="GStreamer, its plugin for PipeWire, or its Python binding is not installed",
            fix="apt-get install python3-gi gir1.2-gstreamer-1.0 gstreamer1.0-pipewire",
        ) from error
    Gst.init(None)
    return Gst
