"""How does one come to see a Wayland desktop?

Through the ScreenCast portal, in five steps. What may be seen is chosen by the person, in a window of the desktop:

1. ``CreateSession``;
2. ``SelectSources``: monitors, the pointer's picture left out of the pixels;
3. ``Start``: the person is asked, and the streams are told;
4. ``OpenPipeWireRemote``: a descriptor through which PipeWire gives the pixels of these streams and no others;
5. ``Close`` at the end. The person may close it at any time, in the desktop's own panel.

The choice may be remembered by the desktop for next time (``persist_mode``), under a token that only it understands.
"""

import asyncio
import os
import secrets
import threading
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from dbus_fast import Variant

from aboveboard.base.errors import SetupMissing, Unavailable
from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.capture.wayland.portal import ANSWER_S, PATH, PORTAL, Declined, Portal

SCREEN_CAST = "org.freedesktop.portal.ScreenCast"
MONITOR, WINDOW = 1, 2
HIDDEN, METADATA = 1, 4
"""Where the pointer's picture is not part of the pixels."""
UNTIL_REVOKED = 2
CLOSE_S = 1.0
STREAMS_LIMIT = 32

T = TypeVar("T")


@dataclass(frozen=True)
class Stream:
    """One monitor: its PipeWire node, and its place on the desktop."""

    node: int
    rect: Rect


@dataclass(frozen=True)
class Cast:
    """What was allowed. ``remote`` is the descriptor to read from, the caller's own; "" is no token."""

    streams: tuple[Stream, ...]
    remote: int
    restore_token: str


class ScreenCast:
    """One session with the portal. Runs in a thread of its own; its methods are called from any one other."""

    def __init__(self, address: str | None = None) -> None:
        self._address = address
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="capture-portal", daemon=True)
        self._portal: Portal | None = None
        self._session = ""
        self._following: asyncio.Task[None] | None = None
        self.ended = threading.Event()
        """Set once the person, or the desktop, stopped the sharing."""

    def open(self, restore_token: str = "") -> Cast:
        """Steps 1 to 4. Raises :class:`Declined` if the person says no, :class:`SetupMissing` if it cannot be."""
        self._thread.start()
        try:
            return self._run(self._open(restore_token), 4 * ANSWER_S)
        except Declined:
            self.close()
            raise
        except Unavailable as error:
            self.close()
            raise SetupMissing(error.what, cause=error.cause, fix=error.fix) from error
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Step 5; closing twice is fine."""
        if not self._thread.is_alive():
            return
        try:
            self._run(self._close(), CLOSE_S)
        except (TimeoutError, Unavailable):
            pass  # the bus is gone, and with it the session
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(CLOSE_S)

    async def _open(self, restore_token: str) -> Cast:
        portal = self._portal = await Portal.open(self._address)
        cursor = await self._cursor_mode(portal)
        version = await portal.number(SCREEN_CAST, "version")
        token = f"aboveboard_{secrets.token_hex(8)}"
        created = await portal.request(
            SCREEN_CAST, "CreateSession", "", [], {"session_handle_token": Variant("s", token)}
        )
        session = self._session = str(created.get("session_handle", ""))
        portal.on_closed(session, self.ended.set)
        options = {
            "types": Variant("u", MONITOR),
            "multiple": Variant("b", True),
            "cursor_mode": Variant("u", cursor),
        }
        if version >= 4:
            options["persist_mode"] = Variant("u", UNTIL_REVOKED)
            if restore_token:
                options["restore_token"] = Variant("s", restore_token)
        await portal.request(SCREEN_CAST, "SelectSources", "o", [session], options)
        started = await portal.request(SCREEN_CAST, "Start", "os", [session, ""], {})
        streams = parse_streams(started.get("streams"))
        reply = await portal.call((PORTAL, PATH, SCREEN_CAST), "OpenPipeWireRemote", "oa{sv}", [session, {}])
        if not reply.unix_fds:
            raise Unavailable("the desktop's portal gave no way to the pixels", cause="PipeWire is not running")
        remote, *others = reply.unix_fds
        for other in others:
            os.close(other)
        self._following = asyncio.create_task(self._follow(portal))
        return Cast(streams, remote, str(started.get("restore_token", "")))

    async def _follow(self, portal: Portal) -> None:
        """Without the bus nobody would say that the sharing ended."""
        await portal.disconnected()
        self.ended.set()

    async def _cursor_mode(self, portal: Portal) -> int:
        modes = await portal.number(SCREEN_CAST, "AvailableCursorModes")
        for mode in (HIDDEN, METADATA):
            if modes & mode:
                return mode
        raise SetupMissing(
            "this desktop cannot show its screen without the pointer's picture in it",
            cause="its portal offers no other cursor mode, or there is no ScreenCast portal",
            fix="install the xdg-desktop-portal of your desktop (gnome, kde, wlr), log in again",
        )

    async def _close(self) -> None:
        if self._portal is not None and self._portal.connected:
            if self._session:
                await self._portal.close(self._session)
            self._portal.disconnect()
        await asyncio.sleep(0)

    def _run(self, work: Coroutine[Any, Any, T], limit_s: float) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(limit_s)


def parse_streams(told: object) -> tuple[Stream, ...]:
    """The streams in the results of ``Start``; raises :class:`Unavailable` if they do not say where they are."""
    if not isinstance(told, list) or not 0 < len(told) <= STREAMS_LIMIT:
        raise _unplaced("no stream was told")
    streams = []
    for one in told:
        if not isinstance(one, list | tuple) or len(one) != 2 or not isinstance(one[1], dict):
            raise _unplaced("a stream has another form")
        place, size = (_pair(one[1].get(name)) for name in ("position", "size"))
        if not isinstance(one[0], int) or place is None or size is None or min(size) <= 0:
            raise _unplaced("a stream has no place or no size")
        streams.append(Stream(one[0], Rect(*place, *size)))
    return tuple(streams)


def _pair(told: object) -> tuple[int, int] | None:
    value = told.value if isinstance(told, Variant) else told
    if isinstance(value, list | tuple) and len(value) == 2 and all(isinstance(number, int) for number in value):
        return value[0], value[1]
    return None


def _unplaced(why: str) -> Unavailable:
    return Unavailable(
        f"the desktop's portal did not say where on the desktop its pixels belong: {why}",
        cause="it is older than the version that tells it, or a window was shared and not a monitor",
        fix="share monitors; update the xdg-desktop-portal of your desktop",
    )
