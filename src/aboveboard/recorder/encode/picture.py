"""Does what was stored show the screen as it is, so that the next segment can go on from it?

A whole picture is told when nothing before shows the screen, and then only now and then: it costs what a minute of
typing does, or ten if it shows photographs, and bounds how much of the screen is unknown after a segment that gets
lost. The larger it is, the longer until the next. Times are on the boot clock.
"""

from aboveboard.base.clock import SECOND_NS
from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.recorder.capture.port import Frame
from aboveboard.recorder.encode.canvas import Canvas
from aboveboard.recorder.encode.moving import STILL_NS

WHOLE_EVERY_NS, WHOLE_AT_MOST_NS = 120 * SECOND_NS, 600 * SECOND_NS
WHOLE_BYTES_PER_S = 512
"""A whole picture of 1920 × 1080 pixels of text has some 50 to 90 KiB and is told every two or three minutes of work,
one with photographs in it some 600 KiB, every ten: at most 15 MB, or 30, in eight hours. After a segment that gets lost
the screen is unknown for at most that long."""


class Picture:
    """The canvas of a session and where it was last told whole."""

    def __init__(self) -> None:
        self._canvas = Canvas()
        self._whole_every_ns = WHOLE_EVERY_NS
        self._whole_ns: int | None = None
        """When it was last told whole in what was stored or is to be; ``None``: what was stored does not show it."""

    @property
    def known(self) -> bool:
        """Is there a picture that a change can be drawn on?"""
        return self._canvas.known

    @property
    def owes(self) -> bool:
        """Is a part of it shown with loss?"""
        return self._canvas.owes

    def due(self, boot_ns: int) -> bool:
        """Is a segment that begins now to begin with a whole picture?"""
        return self.known and (self._whole_ns is None or boot_ns - self._whole_ns >= self._whole_every_ns)

    def open(self, wall_ns: int, boot_ns: int) -> tuple[bool, ScreenPatch | None]:
        """A segment begins: does its screen go on from the one before, and with which whole picture does it begin?"""
        continues = self.known and self._whole_ns is not None
        if not self.due(boot_ns):
            return continues, None
        whole = self._canvas.whole(wall_ns)
        self._told_whole(boot_ns, whole)
        return continues, whole

    def cut(self) -> None:
        """The segment is over: what is drawn from now on is for another one."""
        self._canvas.begin()

    def draw(self, frame: Frame, boot_ns: int) -> list[ScreenPatch]:
        """As :meth:`Canvas.draw`."""
        patches = self._canvas.draw(frame)
        if not self.known:
            self._whole_ns = None
        elif whole := next((patch for patch in patches if patch.whole), None):
            self._told_whole(boot_ns, whole)
        return patches

    def payable(self, now_ns: int, still_ns: int = STILL_NS) -> bool:
        """Would :meth:`settle` draw anything?"""
        return self._canvas.payable(now_ns, still_ns)

    def settle(self, now_ns: int, still_ns: int = STILL_NS) -> list[ScreenPatch]:
        """As :meth:`Canvas.settle`."""
        return self._canvas.settle(now_ns, still_ns)

    def restart(self) -> None:
        """What was stored does not show it: the next segment has to."""
        self._whole_ns = None

    def _told_whole(self, boot_ns: int, whole: ScreenPatch | None) -> None:
        size_bytes = len(whole.data) if whole is not None else 0
        worth_ns = size_bytes * SECOND_NS // WHOLE_BYTES_PER_S
        self._whole_ns = boot_ns
        self._whole_every_ns = min(max(worth_ns, WHOLE_EVERY_NS), WHOLE_AT_MOST_NS)

    def forget(self) -> None:
        """The screen is unknown from now on."""
        self._canvas.forget()
        self._canvas.begin()
        self._whole_ns = None
