"""What is being captured just now, and what is left out? For the person to see, as it happens.

An ordinary window that draws at most twice a second and only while it is open. The picture is the one that is written,
with what is covered already covered. It is never recorded itself: its class is the recorder's own.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from PIL import Image
from xcffib import xproto

from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.live import Line, LiveFeed, Snapshot
from aboveboard.recorder.status import RecorderStatus
from aboveboard.recorder.tray.icon import icon
from aboveboard.recorder.tray.paint import ACCENT, ACCENT_WASH, ALARM, INK, LINE, PAPER, SOFT, WASH, Sheet
from aboveboard.recorder.tray.view import View
from aboveboard.recorder.tray.xdesk import XDesk
from aboveboard.recorder.wishes import HeldNow

WIDTH, HEIGHT, PAD = 420, 572, 18
PICTURE = (WIDTH - 2 * PAD, 194)
EVERY_S = 0.5
CONFIRM_S = 6.0
"""How long the second press that deletes may wait for."""
CAPTURED_ROWS, LEFT_OUT_ROWS = 5, 3

Press = Literal["pause", "resume", "discard", "close"]


@dataclass(frozen=True)
class Shown:
    """Everything that the window shows; nothing is drawn while it stays the same."""

    view: View
    counts: str
    held: str
    confirming: bool
    version: int


class LiveWindow:
    """``pressed`` is called for a button; ``later(seconds, work)`` runs something then."""

    def __init__(
        self,
        desk: XDesk,
        feed: LiveFeed,
        *,
        pressed: Callable[[Press], None],
        held: Callable[[], HeldNow],
        latest: Callable[[], RecorderStatus | None],
        later: Callable[[float, Callable[[], None]], object],
    ) -> None:
        self._desk, self._feed = desk, feed
        self._pressed, self._held, self._latest, self._later = pressed, held, latest, later
        self._window = 0
        self._view = View("waiting", "")
        self._snapshot: Snapshot | None = None
        self._picture: Image.Image | None = None
        self._drawn: Shown | None = None
        self._confirm_until_s = float("-inf")
        self._buttons: list[tuple[Rect, Press]] = []

    @property
    def window(self) -> int:
        """Its number, 0 while it is closed."""
        return self._window

    def open(self) -> None:
        """Show it; if it is there already, bring it to the front."""
        if self._window:
            self._desk.conn.core.ConfigureWindow(self._window, 1 << 6, [0])
            self._desk.conn.flush()
            return
        size = round(WIDTH * self._desk.scale), round(HEIGHT * self._desk.scale)
        self._window = self._desk.open(
            Rect(0, 0, *size), self._event, title="Aboveboard: what is being captured", bypass=False
        )
        desk, fixed, minimum_and_maximum = self._desk, [*size, *size], (1 << 4) | (1 << 5)
        desk.set_numbers(
            self._window, "WM_NORMAL_HINTS", "WM_SIZE_HINTS", [minimum_and_maximum, *([0] * 4), *fixed, *([0] * 9)]
        )
        desk.set_numbers(self._window, "WM_PROTOCOLS", "ATOM", [desk.atom("WM_DELETE_WINDOW")])
        self._feed.open()
        self._drawn = self._snapshot = self._picture = None
        self._draw()
        desk.conn.core.MapWindow(self._window)
        desk.conn.flush()
        self._later(EVERY_S, self._tick)

    def close(self) -> None:
        """Take it away; nothing is kept for it any more."""
        if self._window:
            self._desk.close(self._window)
            self._window = 0
            self._feed.close()
            self._snapshot = self._picture = None

    def show(self, view: View) -> None:
        """From now on this is so. It is drawn at the next half second."""
        self._view = view

    def _tick(self) -> None:
        if self._window:
            self._draw()
            self._desk.conn.flush()
            self._later(EVERY_S, self._tick)

    def _draw(self) -> None:
        since = self._snapshot.version if self._snapshot is not None else -1
        snapshot = self._feed.snapshot(since=since)
        if snapshot is not None:
            self._snapshot, self._picture = snapshot, _thumbnail(snapshot, self._desk.scale)
        version = self._snapshot.version if self._snapshot is not None else -1
        confirming = time.monotonic() < self._confirm_until_s
        shown = Shown(self._view, _counts(self._latest()), held_words(self._held()), confirming, version)
        if shown == self._drawn:
            return
        self._drawn = shown
        sheet = Sheet(WIDTH, HEIGHT, self._desk.scale)
        self._paint(sheet, shown)
        self._desk.paint(self._window, sheet.image)

    def _paint(self, sheet: Sheet, shown: Shown) -> None:
        view, inner = shown.view, WIDTH - 2 * PAD
        sheet.paste(icon(view.shape, round(34 * sheet.scale), marked=view.marked), PAD, 16)
        sheet.text(PAD + 46, 24, view.title, size=17, bold=True)
        first = view.notes[0] if view.notes else view.sentence
        sheet.lines(PAD + 46, 45, first, size=12.5, width=inner - 46, lines=2)
        self._paint_picture(sheet, PAD, 72)
        y = 72 + PICTURE[1] + 18
        captured = self._snapshot.captured if self._snapshot is not None else ()
        left_out = self._snapshot.left_out if self._snapshot is not None else ()
        _section(sheet, y, "Captured", captured, CAPTURED_ROWS, none="nothing yet")
        y += 22 + 19 * CAPTURED_ROWS + 6
        _section(sheet, y, "Left out", left_out, LEFT_OUT_ROWS, none="nothing", fill=SOFT)
        y += 19 + 19 * LEFT_OUT_ROWS
        sheet.box(PAD, y - 6, inner, 1, fill=LINE)
        sheet.text(PAD, y + 7, shown.counts, size=11.5, fill=SOFT, width=inner)
        sheet.text(PAD, y + 23, shown.held, size=11.5, fill=SOFT, width=inner)
        self._paint_buttons(sheet, shown, HEIGHT - 14 - 34)

    def _paint_picture(self, sheet: Sheet, x: float, y: float) -> None:
        width, height = PICTURE
        sheet.box(x, y, width, height, fill=WASH, radius=6, outline=LINE)
        if self._picture is None:
            words = "no picture yet" if self._view.shape == "recording" else "nothing is captured"
            sheet.text(x + width / 2 - 50, y + height / 2, words, size=12.5, fill=SOFT)
            return
        left = x + (width - self._picture.width / sheet.scale) / 2
        top = y + (height - self._picture.height / sheet.scale) / 2
        sheet.paste(self._picture, left, top)

    def _paint_buttons(self, sheet: Sheet, shown: Shown, y: float) -> None:
        pause: tuple[str, Press] = ("Resume", "resume") if shown.view.shape == "paused" else ("Pause", "pause")
        delete = "Press again to delete" if shown.confirming else "Delete last 10 minutes"
        row: list[tuple[str, Press, float]] = [(*pause, 96), (delete, "discard", 184), ("Close", "close", 88)]
        self._buttons, x = [], float(PAD)
        for label, press, width in row:
            alarm = press == "discard" and shown.confirming
            fill, ink = (ALARM, PAPER) if alarm else (ACCENT_WASH, ACCENT)
            sheet.box(x, y, width, 34, fill=fill, radius=7)
            length = sheet.text(-1000, 0, label, size=13, bold=True) + 1000
            sheet.text(x + (width - length) / 2, y + 17, label, size=13, bold=True, fill=ink)
            s = sheet.scale
            self._buttons.append((Rect(round(x * s), round(y * s), round(width * s), round(34 * s)), press))
            x += width + 8

    def _event(self, event: Any) -> None:
        match event:
            case xproto.ButtonReleaseEvent() if event.detail == 1:
                for rect, press in self._buttons:
                    if 0 <= event.event_x - rect.x < rect.width and 0 <= event.event_y - rect.y < rect.height:
                        self._press(press)
            case xproto.ClientMessageEvent() if event.data.data32[0] == self._desk.atom("WM_DELETE_WINDOW"):
                self.close()
            case xproto.DestroyNotifyEvent():
                self._window = 0
                self._feed.close()

    def _press(self, press: Press) -> None:
        if press == "close":
            self.close()
            return
        if press == "discard" and time.monotonic() >= self._confirm_until_s:
            self._confirm_until_s = time.monotonic() + CONFIRM_S
        else:
            self._confirm_until_s = float("-inf")
            self._pressed(press)
        self._draw()


def held_words(held: HeldNow) -> str:
    """How much waits here, and when it leaves."""
    if not held.segments:
        return "nothing waits on this machine"
    count = f"{held.segments:,} segment{'s' if held.segments != 1 else ''} ({held.size_bytes / 1e6:.1f} MB)"
    wait = f"{count} {'wait' if held.segments != 1 else 'waits'} here"
    if held.next_s is None or held.next_s <= 0:
        return f"{wait}, leaving now"
    minutes = held.next_s / 60
    return f"{wait}; the first leaves in {f'{minutes:.0f} min' if minutes >= 1 else 'less than a minute'}"


def _counts(status: RecorderStatus | None) -> str:
    if status is None:
        return ""
    return f"{status.events:,} events · {status.frames:,} pictures · {status.sealed_bytes / 1e6:.1f} MB sealed"


def _section(
    sheet: Sheet, y: float, title: str, lines: tuple[Line, ...], rows: int, *, none: str, fill: str = INK
) -> None:
    sheet.text(PAD, y, title, size=12.5, bold=True)
    if not lines:
        sheet.text(PAD, y + 21, none, size=12.5, fill=SOFT)
    for number, line in enumerate(lines[:rows]):
        at = y + 21 + number * 19
        sheet.text(PAD, at, time.strftime("%H:%M:%S", time.localtime(line.time_ns // 10**9)), size=11.5, fill=SOFT)
        sheet.text(PAD + 62, at, line.words, size=12.5, fill=fill, width=WIDTH - 2 * PAD - 62)


def _thumbnail(snapshot: Snapshot, scale: float) -> Image.Image | None:
    pixels = snapshot.picture
    if pixels is None:
        return None
    height, width = pixels.shape[:2]
    room = PICTURE[0] * scale - 4, PICTURE[1] * scale - 4
    factor = min(room[0] / width, room[1] / height)
    # All four bytes of a pixel as they lie, without a copy; their order is put right once the picture is small.
    whole = Image.frombuffer("RGBX", (width, height), np.ascontiguousarray(pixels), "raw", "RGBX", 0, 1)
    halves = max(int(0.5 / factor), 1)
    smaller = whole.reduce(halves) if halves > 1 else whole
    size = max(round(width * factor), 1), max(round(height * factor), 1)
    blue, green, red, _ = smaller.resize(size, Image.Resampling.BILINEAR).split()
    return Image.merge("RGB", (red, green, blue))
