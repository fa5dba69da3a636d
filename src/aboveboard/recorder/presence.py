"""What makes a recording seen and in hand, put together before it starts: the tray, the live feed, the hold.

``record`` is handed one of these and asks it as a condition; without one nothing is shown and nothing is held, which is
for tests and for displays that are not a person's.
"""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from aboveboard.base.clock import Clock, SystemClock, boot_id
from aboveboard.recorder import settings
from aboveboard.recorder.hold import Hold
from aboveboard.recorder.live import LiveFeed
from aboveboard.recorder.notices import Told
from aboveboard.recorder.status import RecorderStatus
from aboveboard.recorder.tray.tray import Tray
from aboveboard.recorder.wishes import HeldNow, Wishes
from aboveboard.rules.decision import Decision


class Holding(Protocol):
    """Who knows what waits on this machine."""

    def held(self) -> HeldNow: ...


class Presence:
    """For the recorder in ``home``, on ``display`` (``None``: the one in ``DISPLAY``). ``stop`` ends the recording.

    ``hold_minutes`` of ``None``: what the person has set; else this run's own. Raises :class:`BadInput` if the settings
    cannot be read. ``page`` opens the person's own page at a place (``None``: it cannot be opened from here).
    """

    def __init__(
        self,
        home: Path,
        display: str | None,
        *,
        person_id: str,
        stop: threading.Event,
        hold_minutes: float | None = None,
        clock: Clock | None = None,
        page: Callable[[str], None] | None = None,
    ) -> None:
        known, clock, boot = settings.load(home), clock or SystemClock(), boot_id()
        self.hold_fixed = hold_minutes is not None
        minutes = known.hold_minutes if hold_minutes is None else hold_minutes
        self.hold = Hold(minutes * 60, clock=clock, boot_id=boot)
        self.feed = LiveFeed()
        self._holding: Holding | None = None
        self.seen: Callable[[int], None] = lambda _: None
        """Is told the number of a notice that the person says to have seen."""
        wishes = Wishes(
            home,
            person_id=person_id,
            clock=clock,
            boot_id=boot,
            stop=stop,
            held=self._held,
            seen=lambda number: self.seen(number),  # noqa: PLW0108 - set after this
            page=page,
        )
        self._tray = Tray(display, wishes=wishes, feed=self.feed, pause_keys=known.pause_keys)

    def start(self, holding: Holding) -> None:
        """Be seen from now on."""
        self._holding = holding
        self._tray.start()

    def show(self, status: RecorderStatus) -> None:
        """How the recording stands."""
        self._tray.show(status)

    def say(self, words: str) -> None:
        """What became of a wish."""
        self._tray.say(words)

    def tell(self, told: Told | None) -> None:
        """What the person is to be told, until they say that they have seen it."""
        self._tray.tell(told)

    def look(self) -> Decision:
        """Is it seen? (``recorder.conditions``)"""
        return self._tray.look()

    def close(self) -> None:
        """Be seen no more."""
        self._tray.close()

    def _held(self) -> HeldNow:
        return self._holding.held() if self._holding is not None else HeldNow(0, 0, self.hold.hold_s, None)
