"""What was really on the screen, and when? Looked at by nobody but the test, on connections of its own.

Whenever something was painted, what was painted is read at once and kept without loss: no pace, no scope, no encoder.
What a recording shows can then be compared with all that the screen showed, to a few thousandths of a second.
"""

import select
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import xcffib
import xcffib.damage
import xcffib.xfixes
import xcffib.xproto
import zstandard
from numpy.typing import NDArray

from aboveboard.recorder.capture.port import Rect
from aboveboard.replay.pixels import Pixels

Words = NDArray[np.uint32]
"""Pixels as numbers, 0xRRGGBB: height × width."""

LOOK_EVERY_S = 0.008
ALL_PLANES, HEADER_BYTES, RGB = 0xFFFFFFFF, 32, np.uint32(0xFFFFFF)


@dataclass(frozen=True)
class Look:
    """What was in ``rect`` at some moment of ``[before_ns, after_ns]`` (wall time)."""

    before_ns: int
    after_ns: int
    rect: Rect
    packed: bytes

    @property
    def words(self) -> Words:
        plain = zstandard.ZstdDecompressor().decompress(self.packed)
        return np.frombuffer(plain, np.uint32).reshape(self.rect.height, self.rect.width)


def look(connection: Any, rect: Rect, then: Callable[[], None] = lambda: None) -> tuple[int, int, Words]:
    """The pixels of ``rect`` now, with the wall times between which that was; ``then`` is done at once."""
    screen = connection.setup.roots[0]
    before_ns = time.time_ns()
    request = connection.core.GetImage(
        xcffib.xproto.ImageFormat.ZPixmap, screen.root, rect.x, rect.y, rect.width, rect.height, ALL_PLANES
    )
    reply = connection.wait_for_reply(request.sequence)
    after_ns = time.time_ns()
    then()
    # The library's own reply makes a Python number of every byte (20 ms); this takes them as they lie.
    reply.unpack(f"={HEADER_BYTES}x")
    (data,) = reply.unpack(f"={rect.width * rect.height * 4}s")
    return before_ns, after_ns, np.frombuffer(data, np.uint32).reshape(rect.height, rect.width) & RGB


def kept(before_ns: int, after_ns: int, rect: Rect, words: Words) -> Look:
    """As a look that takes little memory."""
    packed = zstandard.ZstdCompressor(level=1).compress(np.ascontiguousarray(words).tobytes())
    return Look(before_ns, after_ns, rect, packed)


def as_pixels(words: Words) -> Pixels:
    """As a replay has them: (height, width, 3) RGB."""
    return np.stack([words >> shift & 0xFF for shift in (16, 8, 0)], axis=-1).astype(np.uint8)


class SecondLook:
    """Looks at ``display`` from entering the block to leaving it; ``looks`` are in order of time, the first whole."""

    def __init__(self, display: str) -> None:
        self._display = display
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._begun = threading.Event()
        self.looks: list[Look] = []
        self._failure: Exception | None = None

    def __enter__(self) -> "SecondLook":
        self._thread.start()
        assert self._begun.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(10)
        assert self._failure is None, self._failure

    def _run(self) -> None:
        try:
            self._watch()
        except Exception as error:  # whoever waits for it is told
            self._failure = error
        finally:
            self._begun.set()

    def _watch(self) -> None:
        opener: Any = xcffib.connect
        connection = opener(display=self._display)
        root = connection.setup.roots[0]
        whole = Rect(0, 0, root.width_in_pixels, root.height_in_pixels)
        damage, fixes = connection(xcffib.damage.key), connection(xcffib.xfixes.key)
        damage.QueryVersion(1, 1).reply()
        fixes.QueryVersion(5, 0).reply()
        handle, region = connection.generate_id(), connection.generate_id()
        fixes.CreateRegion(region, 0, [])
        damage.Create(handle, root.root, xcffib.damage.ReportLevel.NonEmpty)
        before_ns, after_ns, canvas = look(connection, whole)
        canvas = canvas.copy()
        self.looks.append(kept(before_ns, after_ns, whole, canvas))
        self._begun.set()
        while not self._over.is_set():
            if not _told(connection):
                select.select([connection.get_file_descriptor()], [], [], 0.05)
                continue
            damage.Subtract(handle, 0, region)
            for rect in _within(fixes.FetchRegion(region).reply().rectangles, whole):
                before_ns, after_ns, words = look(connection, rect)
                area = canvas[rect.y : rect.y + rect.height, rect.x : rect.x + rect.width]
                if not np.array_equal(area, words):
                    area[:] = words
                    self.looks.append(kept(before_ns, after_ns, rect, words))
            time.sleep(LOOK_EVERY_S)
        connection.disconnect()


def shown_apps(connection: Any, apps: tuple[str, ...], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Which of these applications' windows are in front: (height, width), the place in ``apps`` and 1; 0: none is."""
    root = connection.setup.roots[0].root
    front = np.zeros((size[1], size[0]), np.uint8)
    for window in connection.core.QueryTree(root).reply().children:
        attributes = connection.core.GetWindowAttributes(window).reply()
        if attributes.map_state != xcffib.xproto.MapState.Viewable or attributes._class == 2:
            continue
        box = connection.core.GetGeometry(window).reply()
        edge = 2 * box.border_width
        part = np.s_[
            max(box.y, 0) : max(box.y + box.height + edge, 0), max(box.x, 0) : max(box.x + box.width + edge, 0)
        ]
        name = _class_below(connection, window)
        front[part] = apps.index(name) + 1 if name in apps else 0
    return front


def _class_below(connection: Any, window: int) -> str:
    """The class of the application whose window this is, or that it frames; "" where nobody says."""
    waiting = [window]
    while waiting:
        one = waiting.pop(0)
        name = connection.core.GetProperty(False, one, xcffib.xproto.Atom.WM_CLASS, 31, 0, 64).reply()
        if name.value_len:
            return bytes(name.value.buf()).rstrip(b"\0").split(b"\0")[-1].decode()
        waiting += connection.core.QueryTree(one).reply().children
    return ""


def _told(connection: Any) -> bool:
    told = False
    while connection.poll_for_event() is not None:
        told = True
    return told


def _within(rectangles: Any, whole: Rect) -> list[Rect]:
    """The one rectangle around them, as far as it is on the screen."""
    if not len(rectangles):
        return []
    left, top = max(min(one.x for one in rectangles), 0), max(min(one.y for one in rectangles), 0)
    right = min(max(one.x + one.width for one in rectangles), whole.width)
    bottom = min(max(one.y + one.height for one in rectangles), whole.height)
    return [Rect(left, top, right - left, bottom - top)] if right > left and bottom > top else []
