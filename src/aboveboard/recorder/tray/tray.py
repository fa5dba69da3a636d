"""Is it visible that this display is recorded? Read this first.

    recorder's thread   show(status) ──► one thread of ours ──► Notifier (a panel on D-Bus), else
                        look() ◄── visible?                     XEmbedIcon (a tray of X11), else
                                                                Indicator (a window of our own)

The first of the three that is visible shows it (``lamp``). When it is not any more, the next takes over at once; while
none is visible, or what is shown is not yet what the recorder said, :meth:`Tray.look` says no and nothing is recorded.
The thread sleeps until an event comes; nothing is looked for by the clock.
"""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable
from typing import Any

from aboveboard.recorder.live import LiveFeed
from aboveboard.recorder.notices import Told
from aboveboard.recorder.status import RecorderStatus
from aboveboard.recorder.tray.lamp import Lamp, Means
from aboveboard.recorder.wishes import Wishes
from aboveboard.rules.decision import ALLOWED, Decision, Reason, no

START_S = 5.0
"""How long :meth:`Tray.start` waits for something to be visible."""
LATE_S = 1.0
"""What the recorder says must be shown within this."""


class Tray:
    """A condition of recording (``recorder.conditions``), and the person's hand on it.

    ``display`` of ``None``: the one in ``DISPLAY``. Nothing is shown before :meth:`start`.
    """

    def __init__(self, display: str | None, *, wishes: Wishes, feed: LiveFeed, pause_keys: str = "") -> None:
        self._display, self._wishes, self._feed, self._pause_keys = display, wishes, feed, pause_keys
        self._status: RecorderStatus | None = None
        self._said: tuple[object, ...] = ()
        self._told: Told | None = None
        self._lamp: Lamp | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended = asyncio.Event()
        self._means: Means = ""
        self._visible = threading.Event()
        self._wanted, self._shown, self._behind_since_s = 0, 0, 0.0
        self._thread = threading.Thread(target=self._run, name="tray", daemon=True)

    def start(self) -> None:
        """Show something, as good as this desktop can; :meth:`look` says whether it worked."""
        self._thread.start()
        self._visible.wait(START_S)

    def show(self, status: RecorderStatus) -> None:
        """The recorder's state; nothing is drawn or sent unless the answer changed."""
        self._status = status
        said = (status.state, status.reason, status.error, status.problems)
        if said != self._said:
            self._said = said
            if self._shown == self._wanted:
                self._behind_since_s = time.monotonic()
            self._wanted += 1
            self._call(self._show)

    def say(self, words: str) -> None:
        """Tell the person what became of a wish; from any thread."""
        self._call(self._say, words)

    def tell(self, told: Told | None) -> None:
        """A notice to show until it is seen (``None``: none any more); from any thread."""
        self._told = told
        self._call(self._tell)

    def look(self) -> Decision:
        """Does something show, truly, how it stands? Reads what is known."""
        behind_s = time.monotonic() - self._behind_since_s if self._shown != self._wanted else 0.0
        if not self._visible.is_set() or not self._thread.is_alive():
            return no(Reason.INDICATOR_MISSING)
        if behind_s > LATE_S:
            return no(Reason.INDICATOR_MISSING, "what is shown is not up to date")
        return ALLOWED

    @property
    def means(self) -> Means:
        """What shows it now."""
        return self._means

    def close(self) -> None:
        """Take everything away."""
        if self._thread.is_alive():
            self._call(self._ended.set)
            self._thread.join(START_S)
        self._visible.clear()

    def _call(self, work: Callable[..., None], *arguments: object) -> None:
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # it ended a moment ago
                loop.call_soon_threadsafe(work, *arguments)

    # What follows runs in our own thread.

    def _run(self) -> None:
        try:
            asyncio.run(self._live())
        finally:
            self._seen("")

    async def _live(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(self._broken)
        self._lamp = Lamp(
            self._display,
            wishes=self._wishes,
            feed=self._feed,
            pause_keys=self._pause_keys,
            latest=lambda: self._status,
            seen=self._seen,
            ended=self._ended.set,
        )
        self._show()
        self._tell()
        try:
            await self._lamp.start()
            await self._ended.wait()
        finally:
            self._lamp.close()
            self._loop = None

    def _broken(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """A fault of ours: what is shown may be wrong from now on, so nothing is, and nothing is recorded."""
        loop.default_exception_handler(context)
        self._ended.set()

    def _show(self) -> None:
        wanted = self._wanted  # read before the status, so that a newer one is never taken for shown
        if self._lamp is not None and self._status is not None:
            self._lamp.show(self._status)
            self._shown = wanted

    def _tell(self) -> None:
        if self._lamp is not None:
            self._lamp.tell(self._told)

    def _say(self, words: str) -> None:
        if self._lamp is not None:
            self._lamp.say(words)

    def _seen(self, means: Means) -> None:
        self._means = means
        if means:
            self._visible.set()
        else:
            self._visible.clear()
