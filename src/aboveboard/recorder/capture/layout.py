"""Which windows lie where, and whose are they?

The root window's children are walked in stacking order. A window manager's frame holds the client's window somewhere
inside; a menu or a tooltip has no frame and stands beside its owner. Whose a window is, in this order:

1. the first windows found inside it, itself first, with ``WM_STATE`` (the window manager's mark), else with
   ``WM_CLASS``; if several that differ, unknown;
2. for a window that bypasses the window manager: the window it is transient for, if that is known;
3. or the one application to which all windows of the same X client belong; if they differ, unknown.

Unknown is out of scope, and so is what belongs to a notification (``_NET_WM_WINDOW_TYPE``), whoever shows it: it brings
other people's words on top of anything. Every window that is looked at is watched from before it is looked at, so
whatever changes afterwards is told by an event.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import xcffib
from xcffib.xproto import Atom, EventMask, MapState, WindowClass

from aboveboard.recorder.capture.display import atom, extension, screen_of, setup_of
from aboveboard.recorder.capture.port import Rect, WindowFacts
from aboveboard.recorder.redact.scope import Stacked

SEARCH_DEPTH = 4
"""How deep inside a frame the client's window is looked for."""
WINDOW_LIMIT = 500
"""More windows than this in one frame are not searched: its owner is unknown."""

TYPE = "_NET_WM_WINDOW_TYPE"
NOTIFICATION = "_NET_WM_WINDOW_TYPE_NOTIFICATION"

_WATCHED = EventMask.SubstructureNotify | EventMask.PropertyChange | EventMask.FocusChange
_ANY = 0
_BOUNDING = 0
_LENGTH = 1024


@dataclass
class Top:
    """A mapped child of the root as it was found."""

    window: int
    outer: Rect
    shape: tuple[Rect, ...]
    bypasses: bool
    clients: list[int] = field(default_factory=list)


class WindowTree:
    """Asks a server about its windows. Used by one thread; ``conn`` gets the events of all windows looked at."""

    def __init__(self, conn: Any) -> None:
        self._conn = conn
        self._shape = extension(conn, "SHAPE")
        self._root: int = screen_of(conn).root
        self._id_mask: int = setup_of(conn).resource_id_mask
        names = ("WM_STATE", "_NET_WM_NAME", "_NET_WM_PID", "UTF8_STRING", "_NET_ACTIVE_WINDOW", TYPE, NOTIFICATION)
        self.atoms = {name: atom(conn, name) for name in names}
        self.atoms |= {"WM_CLASS": Atom.WM_CLASS, "WM_NAME": Atom.WM_NAME, "WM_TRANSIENT_FOR": Atom.WM_TRANSIENT_FOR}
        self._watched: set[int] = set()
        self._shape_watched: set[int] = set()
        self._inside: dict[int, list[int]] = {}
        """The clients inside each child of the root, as far as they were searched for."""
        self._watch(self._root, _WATCHED | EventMask.StructureNotify)

    def forget(self, window: int) -> None:
        """The window is gone; its number may be used again.

        Also one that was gone before it was ever watched, as the active window may be that its manager still names:
        nobody tells when that goes, and the next window of this number would not be watched.
        """
        self._watched.discard(window)
        self._shape_watched.discard(window)
        self._inside.pop(window, None)

    def search_again(self, top: int | None = None) -> None:
        """Whose windows are inside ``top``, or inside any, may have changed."""
        if top is None:
            self._inside.clear()
        else:
            self._inside.pop(top, None)

    def read(self) -> tuple[Stacked, ...]:
        """All mapped windows from the bottom to the top. A window that vanishes meanwhile is left out."""
        tops = self._tops()
        for top in tops:
            if top.window not in self._inside:
                self._inside[top.window] = self._clients(top.window)
            top.clients = self._inside[top.window]
        facts = {client: self.facts(client) for top in tops for client in top.clients}
        by_connection: dict[int, set[WindowFacts]] = {}
        for client, known in facts.items():
            if known is not None:
                by_connection.setdefault(client & ~self._id_mask, set()).add(known)
        stack = []
        for top in tops:
            owner = self._owner(top, facts, by_connection)
            stack.append(Stacked(top.outer, top.shape, _content(top, facts), owner))
        return tuple(stack)

    def active(self) -> int:
        """The active window's number, 0 if none."""
        value = self._property(self._root, self.atoms["_NET_ACTIVE_WINDOW"])
        return int.from_bytes(value[:4], "little") if len(value) >= 4 else 0

    def facts(self, window: int) -> WindowFacts | None:
        """What is known of a client's window; ``None`` if it is gone, has no class, or is a notification."""
        names = ("WM_CLASS", "_NET_WM_NAME", "WM_NAME", "_NET_WM_PID", TYPE)
        self._watch(window)
        cookies = [self._conn.core.GetProperty(False, window, self.atoms[name], _ANY, 0, _LENGTH) for name in names]
        geometry_cookie = self._conn.core.GetGeometry(window)
        place_cookie = self._conn.core.TranslateCoordinates(window, self._root, 0, 0)
        values = [_value(_reply(cookie)) for cookie in cookies]
        geometry, place = _reply(geometry_cookie), _reply(place_cookie)
        if geometry is None:
            self.forget(window)
        parts = values[0].split(b"\0")
        if geometry is None or place is None or len(parts) < 2 or not parts[1] or self._notifies(values[4]):
            return None
        title = values[1].decode("utf-8", "replace") if values[1] else values[2].decode("latin-1")
        return WindowFacts(
            window_id=window,
            wm_class=parts[1].decode("utf-8", "replace"),
            title=title,
            pid=int.from_bytes(values[3][:4], "little") if len(values[3]) >= 4 else 0,
            rect=Rect(place.dst_x, place.dst_y, geometry.width, geometry.height),
        )

    def _tops(self) -> list[Top]:
        children = _reply(self._conn.core.QueryTree(self._root))
        windows = list(children.children) if children is not None else []
        for window in windows:
            self._watch(window)
            if window not in self._shape_watched:
                self._shape_watched.add(window)
                self._shape.SelectInput(window, True)
        # Many are never shown: nothing more is asked of those.
        looked = [(window, self._conn.core.GetWindowAttributes(window)) for window in windows]
        shown = []
        for window, cookie in looked:
            attributes = _reply(cookie)
            if attributes is None:
                self.forget(window)
            elif _shown(attributes):
                shown.append((window, attributes))
        asked = [
            (window, attributes, self._conn.core.GetGeometry(window), self._shape.GetRectangles(window, _BOUNDING))
            for window, attributes in shown
        ]
        tops = []
        for window, attributes, *cookies in asked:
            geometry, shape = (_reply(cookie) for cookie in cookies)
            if geometry is not None and shape is not None:
                border = geometry.border_width
                side = 2 * border
                outer = Rect(geometry.x, geometry.y, geometry.width + side, geometry.height + side)
                inner_x, inner_y = geometry.x + border, geometry.y + border
                parts = tuple(Rect(inner_x + r.x, inner_y + r.y, r.width, r.height) for r in shape.rectangles)
                tops.append(Top(window, outer, parts, bool(attributes.override_redirect)))
        return tops

    def _clients(self, top: int) -> list[int]:
        """The topmost managed windows inside ``top``, else the topmost with a class; empty if there is none."""
        level, seen, classed = [top], 0, list[int]()
        for _ in range(SEARCH_DEPTH):
            for window in level:
                self._watch(window)
            asked = [
                (
                    window,
                    self._ask(window, "WM_STATE"),
                    self._ask(window, "WM_CLASS"),
                    self._conn.core.QueryTree(window),
                )
                for window in level
            ]
            answered = [(window, *(_reply(cookie) for cookie in cookies)) for window, *cookies in asked]
            for window, _, _, tree in answered:
                if tree is None:
                    self.forget(window)
            managed = [window for window, state, _, _ in answered if _value(state)]
            if managed:
                return managed
            classed = classed or [window for window, _, name, _ in answered if _value(name)]
            level = [child for _, _, _, tree in answered if tree is not None for child in tree.children]
            seen += len(level)
            if not level or seen > WINDOW_LIMIT:
                break
        return classed

    def _owner(
        self, top: Top, facts: dict[int, WindowFacts | None], by_connection: dict[int, set[WindowFacts]]
    ) -> WindowFacts | None:
        owners = [facts[client] for client in top.clients]
        if owners:
            return _same(owners)
        if not top.bypasses or self._notifies(self._property(top.window, self.atoms[TYPE])):
            return None
        leader = int.from_bytes(self._property(top.window, self.atoms["WM_TRANSIENT_FOR"])[:4], "little")
        if leader in facts:
            return facts[leader]
        return _same(by_connection.get(top.window & ~self._id_mask, set()))

    def _notifies(self, types: bytes) -> bool:
        """Is a notification among the ``types`` that a window says it is of?"""
        return self.atoms[NOTIFICATION] in memoryview(types[: len(types) // 4 * 4]).cast("I")

    def _watch(self, window: int, mask: int = _WATCHED) -> None:
        if window not in self._watched:
            self._watched.add(window)
            self._conn.core.ChangeWindowAttributes(window, 1 << 11, [mask])

    def _ask(self, window: int, name: str) -> Any:
        return self._conn.core.GetProperty(False, window, self.atoms[name], _ANY, 0, _LENGTH)

    def _property(self, window: int, number: int) -> bytes:
        return _value(_reply(self._conn.core.GetProperty(False, window, number, _ANY, 0, _LENGTH)))


def _shown(attributes: Any) -> bool:
    """Can anything of a window be seen?"""
    return bool(attributes.map_state == MapState.Viewable and attributes._class == WindowClass.InputOutput)


def _content(top: Top, facts: dict[int, WindowFacts | None]) -> Rect:
    """Where the client paints: its own rectangle inside the frame, all of a window that has none."""
    if not top.clients:
        return top.outer
    known = facts[top.clients[0]] if len(top.clients) == 1 else None
    return known.rect if known is not None else Rect(top.outer.x, top.outer.y, 0, 0)


def _same(owners: Iterable[WindowFacts | None]) -> WindowFacts | None:
    """The first of ``owners`` if all are known and of one application."""
    known = list(owners)
    first = known[0] if known else None
    if first is None or any(owner is None or owner.wm_class != first.wm_class for owner in known):
        return None
    return first


def _reply(cookie: Any) -> Any:
    """The answer, or ``None`` if the window asked about is gone."""
    try:
        return cookie.reply()
    except xcffib.ConnectionException:
        raise
    except xcffib.XcffibException:
        return None


def _value(reply: Any) -> bytes:
    return b"" if reply is None else bytes(reply.value.buf())
