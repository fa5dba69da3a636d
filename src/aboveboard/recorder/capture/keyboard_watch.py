"""Which keyboard layout is in force, and since when?

XKB's events on a connection tell of a new keymap and of another active layout, each with the server's time. Keys that
were pressed before a change are named by the mapping before it, however late they are told. A layout's name is what
``setxkbmap`` and the desktops leave on the root window, "de(nodeadkeys)"; a keymap loaded otherwise has none.
"""

from collections.abc import Iterable
from typing import Any

import xcffib.xkb

from aboveboard.formats import recording
from aboveboard.recorder.capture.display import atom, screen_of
from aboveboard.recorder.capture.keyboard import Keyboard

NAME = "XKEYBOARD"
RULES_NAMES = "_XKB_RULES_NAMES"
_CORE_KEYBOARD = 0x100
_NEW_KEYBOARD, _MAP, _STATE = 0, 1, 2
_WHICH = 1 << _NEW_KEYBOARD | 1 << _MAP | 1 << _STATE
_ALL_OF_A_MAP = 0xFF
_ALL_OF_A_STATE, _GROUP = 0x3FFF, 1 << 4
_PROPERTY_NOTIFY, _MAPPING_NOTIFY = 28, 34
_PROPERTY_CHANGE = 1 << 22
_HALF_OF_TIME = 1 << 31


class KeyboardWatch:
    """The keyboard of the server behind ``conn``, whose events are given to :meth:`follow`. Used by one thread."""

    def __init__(self, conn: Any) -> None:
        self._conn = conn
        self._root: int = screen_of(conn).root
        self._names: int = atom(conn, RULES_NAMES)
        found = conn.core.QueryExtension(len(NAME), NAME).reply()
        self._xkb_event: int | None = found.first_event if found.present else None
        self._group = self._select()
        self._keyboard = Keyboard.read_whole(conn)
        self._before = self._keyboard
        self._since_ms: int | None = None
        self._layouts = layout_names(conn)
        self._told = self.event()

    def at(self, server_ms: int) -> Keyboard:
        """The mapping that was in force at this server time."""
        if self._since_ms is not None and (server_ms - self._since_ms) % (1 << 32) >= _HALF_OF_TIME:
            return self._before
        return self._keyboard

    def event(self) -> recording.Keyboard:
        """The layout in force."""
        known = self._group < len(self._layouts)
        return recording.Keyboard(layout=self._layouts[self._group][:200] if known else "")

    def follow(self, events: Iterable[bytes]) -> list[tuple[int, recording.Keyboard]]:
        """Take in what the server sent; returns each change of the layout with its server time in ms.

        Other events are passed over. A new keymap is asked for here, once for all of ``events``.
        """
        changes: list[tuple[int, recording.Keyboard]] = []
        mapped_ms: int | None = None
        for event in events:
            kind = event[0] & 0x7F
            time_ms = int.from_bytes(event[4:8], "little")
            if kind == self._xkb_event and event[1] in {_NEW_KEYBOARD, _MAP}:
                mapped_ms = time_ms if mapped_ms is None else mapped_ms
            elif kind == self._xkb_event and event[1] == _STATE:
                self._group = event[13]
            elif kind == _PROPERTY_NOTIFY and int.from_bytes(event[8:12], "little") == self._names:
                time_ms = int.from_bytes(event[12:16], "little")
                self._layouts = layout_names(self._conn)
            elif kind == _MAPPING_NOTIFY and self._xkb_event is None:
                self._replace(None)
            now = self.event()
            if now != self._told:
                self._told = now
                changes.append((time_ms, now))
        if mapped_ms is not None:
            self._replace(mapped_ms)
        return changes

    def _replace(self, since_ms: int | None) -> None:
        self._before, self._since_ms = self._keyboard, since_ms
        self._keyboard = Keyboard.read_whole(self._conn)

    def _select(self) -> int:
        """Ask for the events; returns the active group."""
        core = self._conn.core
        core.ChangeWindowAttributes(self._root, 1 << 11, [_PROPERTY_CHANGE])
        if self._xkb_event is None:
            return 0
        xkb = self._conn(xcffib.xkb.key)
        xkb.UseExtension(1, 0).reply()
        only_groups = [_ALL_OF_A_STATE, _GROUP]
        all_of = 1 << _NEW_KEYBOARD
        xkb.SelectEvents(_CORE_KEYBOARD, _WHICH, 0, all_of, _ALL_OF_A_MAP, _ALL_OF_A_MAP, only_groups)
        group: int = xkb.GetState(_CORE_KEYBOARD).reply().group
        return group


def layout_names(conn: Any) -> tuple[str, ...]:
    """The names of the layouts as ``setxkbmap`` left them on the root window; empty where nobody did."""
    number = atom(conn, RULES_NAMES)
    value = conn.core.GetProperty(False, screen_of(conn).root, number, 0, 0, 1024).reply().value
    parts = [part.decode("latin-1").split(",") for part in bytes(value.buf()).split(b"\0")]
    if len(parts) < 4:
        return ()
    layouts, variants = parts[2], parts[3] + [""] * len(parts[2])
    return tuple(
        f"{layout}({variant})" if variant else layout for layout, variant in zip(layouts, variants, strict=False)
    )
