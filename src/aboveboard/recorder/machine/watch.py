"""Everything that the machine says of itself, in one place: whether it sleeps, is locked, runs out of battery.

One thread follows two buses and the display; it sleeps until one of them says something. A bus that is not there is no
error. If the thread ends by itself, every condition has said no.
"""

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from aboveboard.base.clock import Clock, SystemClock
from aboveboard.base.errors import Unavailable
from aboveboard.formats.disclosure import Disclosure
from aboveboard.recorder.conditions import Condition
from aboveboard.recorder.machine.bus import Bus
from aboveboard.recorder.machine.display_lock import DisplayLock
from aboveboard.recorder.machine.lock import SAVERS, Locks, ScreenSaver, Session
from aboveboard.recorder.machine.network import Network
from aboveboard.recorder.machine.power import SUPPLIES, Power
from aboveboard.recorder.machine.sleep import Sleep
from aboveboard.rules.decision import Decision

END_S = 3.0


class MachineWatch:
    """Watches this machine for a recording of ``display`` under ``disclosure``, from :meth:`start` to :meth:`close`."""

    def __init__(
        self,
        disclosure: Disclosure,
        display: str | None = None,
        *,
        clock: Clock | None = None,
        supplies: Path = SUPPLIES,
    ) -> None:
        self._display = display
        self._locks = Locks()
        self._sleep = Sleep(clock or SystemClock())
        self._power = Power(disclosure.budget.battery_percent, supplies=supplies)
        self._network = Network()
        self._thread = threading.Thread(target=self._guard, name="machine", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._main: asyncio.Task[None] | None = None
        self._ending = False
        self.failure: Exception | None = None
        """Why the watch ended by itself."""
        self.settled = threading.Event()
        """Everybody who is there was asked once."""

    def conditions(self) -> Sequence[Condition]:
        """Sleep, lock and battery; sleep comes first, as it waits for somebody to look."""
        decides = (self._sleep.decide, self._locks.decide, self._power.decide)
        return [_Watched(self, decide) for decide in decides]

    def metered(self) -> bool:
        """Does sending cost the person by the byte?"""
        return self._network.metered

    def start(self) -> None:
        """Begin to watch. Until everybody has been asked, the screen counts as locked."""
        self._thread.start()

    def close(self) -> None:
        """Stop watching; a second time does nothing."""
        self._ending = True
        if self._loop is not None and self._main is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._main.cancel)
        if self._thread.is_alive():
            self._thread.join(END_S)

    def require_running(self) -> None:
        """Raise :class:`Unavailable` if nobody watches."""
        if not self._thread.is_alive() or self.failure is not None:
            raise Unavailable(
                "nobody watches whether this machine is locked or asleep",
                cause=repr(self.failure) if self.failure is not None else "the watch was not begun, or was ended",
                fix="start recording again; report this if it happens twice",
            )

    def _guard(self) -> None:
        try:
            asyncio.run(self._run())
        except asyncio.CancelledError:
            pass
        except Exception as error:  # noqa: BLE001 - whatever it was, nobody watches any more
            self.failure = error

    async def _run(self) -> None:
        self._loop, self._main = asyncio.get_running_loop(), asyncio.current_task()
        if self._ending:
            return
        self._loop.set_exception_handler(self._broken)
        display = DisplayLock(self._display, self._locks)
        try:
            display.attach(self._loop)
            session = Session(self._locks, display.terminal)
            savers = [ScreenSaver(name, self._locks) for name in SAVERS]
            system = Bus(
                _system_address(),
                [self._sleep, session, self._power, self._network],
                partial(self._lost, "the system bus"),
            )
            desktop = Bus(_session_address(), savers, partial(self._lost, "the session bus"))
            await _all([system.run(), desktop.run(), self._settle(system, desktop)])
        finally:
            self._sleep.release()
            display.close()

    def _broken(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Something that the loop called has raised: what it was to tell is not known."""
        error = context.get("exception")
        self.failure = error if isinstance(error, Exception) else Unavailable(str(context.get("message")))
        if self._main is not None:
            self._main.cancel()

    async def _settle(self, *buses: Bus) -> None:
        for bus in buses:
            await bus.ready.wait()
        self._locks.asked()
        self.settled.set()

    def _lost(self, bus: str, lost: bool) -> None:
        if lost:
            self._locks.says(bus, True, "it went away, and with it whoever knows of the lock")
        else:
            self._locks.forget(bus)


class _Watched:
    """One decision as a ``Condition``."""

    def __init__(self, watch: MachineWatch, decide: Callable[[], Decision]) -> None:
        self._watch = watch
        self._decide = decide

    def look(self) -> Decision:
        self._watch.require_running()
        return self._decide()

    def close(self) -> None:
        self._watch.close()


async def _all(parts: Sequence[Coroutine[Any, Any, None]]) -> None:
    async with asyncio.TaskGroup() as group:
        for part in parts:
            group.create_task(part)


def _system_address() -> str:
    return os.environ.get("DBUS_SYSTEM_BUS_ADDRESS") or "unix:path=/run/dbus/system_bus_socket"


def _session_address() -> str:
    runtime = os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
    return os.environ.get("DBUS_SESSION_BUS_ADDRESS") or f"unix:path={runtime}/bus"
