"""Does the machine go to sleep, and is what was recorded until then safe before it does?

logind says so shortly before, and waits for those who asked it to (a *delay inhibitor*). So:

1. While awake, a delay is held.
2. When sleep is announced, the answer is no at once. Who acts on a no closes the segment and looks again, so the second
   look means that it is closed: then the delay is given up. Nobody looks: it is given up after :data:`HOLD_S`.
3. When the machine is awake again, the answer is yes again, and a new delay is taken.

Whatever logind says or leaves out, a sleep shows afterwards: the clock that runs on during sleep is ahead of the one
that does not. Then the answer is no once, so that nothing is joined over the sleep.
"""

import asyncio
import os
from collections.abc import Sequence
from contextlib import suppress

from dbus_fast import Message

from aboveboard.base.clock import SECOND_NS, Clock
from aboveboard.base.errors import Unavailable
from aboveboard.recorder.machine.lock import LOGIND
from aboveboard.recorder.machine.service import Call, DoesNotTell, prop
from aboveboard.rules.decision import ALLOWED, Decision, Reason, no

HOLD_S = 3.0
"""logind itself waits 5 s unless told otherwise (``InhibitDelayMaxSec``)."""
SLEPT_NS = SECOND_NS
"""The clocks may differ by this much without any sleep."""

_MANAGER, _PATH = f"{LOGIND}.Manager", "/org/freedesktop/login1"
_INHIBIT = ["sleep", "Aboveboard", "closes the recording before sleep", "delay"]


class Sleep:
    """The announcements of sleep, as a ``Service`` of the system bus. :meth:`decide` is for one other thread."""

    name = LOGIND
    rules: Sequence[str] = (f"interface='{_MANAGER}',member='PrepareForSleep'",)

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._loop: asyncio.AbstractEventLoop | None = None
        self._asleep = False
        self._looks = 0
        self._delay: int | None = None
        self._ahead_ns = self._now_ahead_ns()

    def decide(self) -> Decision:
        """No from the announcement of sleep until the machine is awake again."""
        ahead_ns, before_ns = self._now_ahead_ns(), self._ahead_ns
        self._ahead_ns = ahead_ns
        if self._asleep:
            self._looks += 1
            if self._looks >= 2 and self._loop is not None:
                self._loop.call_soon_threadsafe(self.release)
            return no(Reason.MACHINE_ASLEEP, "sleep was announced")
        if ahead_ns - before_ns > SLEPT_NS:
            return no(Reason.MACHINE_ASLEEP, f"it slept for {(ahead_ns - before_ns) // SECOND_NS} s")
        return ALLOWED

    async def ask(self, call: Call) -> None:
        try:
            self._announced(await prop(call, _PATH, _MANAGER, "PreparingForSleep") is True)
        except DoesNotTell:
            self._announced(False)
        if not self._asleep and self._delay is None:
            # Refused (by a policy, or as sleep is just beginning): then there is less time, and no less care.
            with suppress(Unavailable, DoesNotTell):
                reply = await call(_PATH, _MANAGER, "Inhibit", "ssss", _INHIBIT)
                self._delay = reply.unix_fds[reply.body[0]]

    def heard(self, message: Message) -> None:
        if message.member == "PrepareForSleep":
            self._announced(message.body[0] is True)

    def silent(self) -> None:
        """What it announced last stands."""

    def gone(self) -> None:
        self._announced(False)
        self.release()

    def _announced(self, asleep: bool) -> None:
        self._loop = asyncio.get_running_loop()
        if asleep and not self._asleep:
            self._looks = 0
            self._loop.call_later(HOLD_S, self._give_up)
        self._asleep = asleep

    def _give_up(self) -> None:
        if self._asleep:
            self.release()

    def release(self) -> None:
        """Give up the delay, if one is held."""
        if self._delay is not None:
            os.close(self._delay)
            self._delay = None

    def _now_ahead_ns(self) -> int:
        return self._clock.boot_ns() - self._clock.monotonic_ns()
