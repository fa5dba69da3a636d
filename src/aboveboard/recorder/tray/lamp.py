"""Which of the three means shows the state now, and what happens when the person uses it?

All of it runs in the tray's one thread. A means that becomes visible takes the place of those after it; one that ceases
to be hands over to the next within the same step. At the start a panel gets a moment, so that the indicator does not
flash up beside it.
"""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Literal

import xcffib

from aboveboard.base.errors import AboveboardError
from aboveboard.recorder.live import LiveFeed
from aboveboard.recorder.notices import Told
from aboveboard.recorder.status import RecorderStatus
from aboveboard.recorder.tray.dbus_menu import DBusMenu
from aboveboard.recorder.tray.hotkey import Hotkey
from aboveboard.recorder.tray.indicator import Indicator
from aboveboard.recorder.tray.live_window import LiveWindow, Press
from aboveboard.recorder.tray.menu import Action, Item, menu_of
from aboveboard.recorder.tray.notifier import Notifier, unmarked
from aboveboard.recorder.tray.popup import Popup
from aboveboard.recorder.tray.view import WAITING, View, view_of
from aboveboard.recorder.tray.xdesk import XDesk
from aboveboard.recorder.tray.xembed import XEmbedIcon
from aboveboard.recorder.wishes import DISCARD_MINUTES, Wishes
from aboveboard.rules.decision import Reason

Means = Literal["panel", "tray", "indicator", ""]

GRACE_S = 0.7
SAID_S = 120.0
"""How long the outcome of a wish stays in the menu."""
_MARKS: dict[Action | Press, tuple[Literal["begin", "end"], Literal["unknown", "success", "failure"]]] = {
    "task_begins": ("begin", "unknown"),
    "task_done": ("end", "success"),
    "task_not_done": ("end", "failure"),
}
_PAGES: dict[Action | Press, str] = {"told": "told", "concerns": "concerns", "task_words": "mark"}
"""Where the person's page begins."""
_PAUSES: dict[Action | Press, float | None] = {"pause_5": 5, "pause_60": 60, "pause": None}


class Lamp:
    """``seen`` is told which means is visible ("" for none), ``ended`` is called when the display is gone."""

    def __init__(
        self,
        display: str | None,
        *,
        wishes: Wishes,
        feed: LiveFeed,
        pause_keys: str,
        latest: Callable[[], RecorderStatus | None],
        seen: Callable[[Means], None],
        ended: Callable[[], None],
    ) -> None:
        self._wishes, self._latest, self._seen, self._ended = wishes, latest, seen, ended
        self._loop = asyncio.get_running_loop()
        self._view: View = WAITING
        self._said = ""
        self._told: Told | None = None
        self._saying: asyncio.TimerHandle | None = None
        self._grace = True
        self._locked = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._desk: XDesk | None = None
        self._panel = Notifier(
            self._view, DBusMenu(self._menu(), self.choose), chosen=self.choose, changed=self._settle
        )
        self._tray: XEmbedIcon | None = None
        self._indicator: Indicator | None = None
        self._live: LiveWindow | None = None
        self._popup: Popup | None = None
        self._hotkey: Hotkey | None = None
        with contextlib.suppress(AboveboardError):  # a display without X can still have a panel
            self._open_desk(XDesk(display), feed, pause_keys)

    async def start(self) -> None:
        """Try a panel and a tray first, and the indicator when they had their moment."""
        self._loop.call_later(GRACE_S, self._end_grace)
        await self._panel.start()
        if not self._panel.offered and self._tray is not None:
            self._tray.want(True)
            self._pump()

    def show(self, status: RecorderStatus) -> None:
        """From now on this is so."""
        self._lock(status.reason == Reason.MACHINE_LOCKED)
        paused_elsewhere = status.state == "paused" and self._wishes.paused_elsewhere()
        problem = self._hotkey.problem if self._hotkey is not None else ""
        notes = tuple(word for word in (self._said, problem) if word)
        view = view_of(status, notes=notes, paused_elsewhere=paused_elsewhere)
        if view == self._view:
            return
        self._view = view
        self._panel.show(view, self._menu())
        if self._desk is not None and self._tray and self._indicator and self._live:
            self._tray.show(view)
            self._indicator.show(view)
            self._live.show(view)
            self._pump()

    def say(self, words: str) -> None:
        """Tell the person what became of a wish: now, and for a while in the menu."""
        self._said = words
        if self._saying is not None:
            self._saying.cancel()
        self._saying = self._loop.call_later(SAID_S, self._unsay)
        self._start(self._panel.say(words))
        self._show_again()

    def tell(self, told: Told | None) -> None:
        """A notice that was not seen yet is in the menu until it is; a new one is said once besides."""
        before, self._told = self._told, told
        if told == before:
            return
        if self._popup is not None:
            self._popup.close()  # what it offers is about another notice
        if told is not None and (before is None or told.number != before.number):
            self._start(self._panel.say(f"{unmarked(told.headline)}. It is in the menu of this icon."))
        self._panel.show(self._view, self._menu())
        self._pump()

    def choose(self, action: Action | Press) -> None:
        """Do what the person chose. If a pause cannot be written down, the recording ends instead."""
        wishes = self._wishes
        try:
            if action in _PAUSES:
                wishes.pause(_PAUSES[action])
            elif action == "resume":
                wishes.resume()
            elif action == "discard":
                wishes.discard(DISCARD_MINUTES)
            elif action == "send":
                wishes.send_now()
            elif action in _MARKS:
                wishes.mark(*_MARKS[action])
            elif action == "stop":
                wishes.stop()
            elif action == "seen" and self._told is not None:
                wishes.seen(self._told.number)
            elif action in _PAGES and wishes.page is not None:
                wishes.page(_PAGES[action])
            elif action == "live" and self._live is not None:
                self._live.open()
                self._pump()
        except (OSError, AboveboardError) as error:
            if action in _PAUSES:
                wishes.stop()
            self.say(f"That could not be done: {error}")

    def close(self) -> None:
        """Take everything away."""
        for task in self._tasks:
            task.cancel()
        self._panel.close()
        if self._desk is not None:
            self._loop.remove_reader(self._descriptor)
            with contextlib.suppress(xcffib.ConnectionException):
                if self._hotkey is not None:
                    self._hotkey.release()
                self._desk.disconnect()

    def _open_desk(self, desk: XDesk, feed: LiveFeed, pause_keys: str) -> None:
        self._desk = desk
        self._popup = Popup(desk, self.choose)
        self._tray = XEmbedIcon(desk, self._view, clicked=self._open_menu, changed=self._settle)
        self._indicator = Indicator(desk, self._view, clicked=self._open_menu, changed=self._settle, later=self._later)
        self._live = LiveWindow(
            desk, feed, pressed=self.choose, held=self._wishes.held, latest=self._latest, later=self._later
        )
        self._hotkey = Hotkey(desk, pause_keys, self._toggle)
        self._descriptor = desk.fileno()  # a connection that broke does not tell it any more
        self._loop.add_reader(self._descriptor, self._pump)

    def _pump(self) -> None:
        """Hand out what the display said; without a display there is nothing to record."""
        if self._desk is not None:
            try:
                self._desk.pump()
            except xcffib.ConnectionException:
                self._loop.remove_reader(self._descriptor)
                self._ended()

    def _settle(self) -> None:
        """Which of the three is it now?"""
        panel = self._panel.visible
        if self._tray is None or self._indicator is None:
            self._seen("panel" if panel else "")
            return
        self._tray.want(not panel and not (self._grace and self._panel.offered))
        tray = self._tray.visible
        self._indicator.want(not panel and not tray and not self._grace and not self._locked)
        if panel:
            self._grace = False
        self._seen("panel" if panel else "tray" if tray else "indicator" if self._indicator.visible else "")

    def _lock(self, locked: bool) -> None:
        """Over a locked screen nothing of ours is shown or can be used; nothing is recorded then either."""
        if locked == self._locked:
            return
        self._locked = locked
        if locked and self._popup is not None and self._live is not None:
            self._popup.close()
            self._live.close()
        self._settle()
        self._pump()

    def _end_grace(self) -> None:
        self._grace = False
        self._settle()
        self._pump()

    def _open_menu(self, x: int, y: int) -> None:
        if self._popup is not None:
            self._popup.open(self._menu(), x, y)

    def _toggle(self) -> None:
        self.choose("resume" if self._wishes.paused() else "pause")

    def _menu(self) -> tuple[Item, ...]:
        return menu_of(self._view, minutes=DISCARD_MINUTES, told=self._told, page=self._wishes.page is not None)

    def _unsay(self) -> None:
        self._said = ""
        self._show_again()

    def _show_again(self) -> None:
        status = self._latest()
        if status is not None:
            self.show(status)

    def _later(self, seconds: float, work: Callable[[], None]) -> None:
        def then() -> None:
            with contextlib.suppress(xcffib.ConnectionException):
                work()
            self._pump()

        self._loop.call_later(seconds, then)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
