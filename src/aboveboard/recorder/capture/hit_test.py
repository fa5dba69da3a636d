"""Which control is at this pixel?

Applications answer for one window each, and not for what lies over it. So, in this order:

1. the menus that are open: the one with the item told of last, and those it was opened from;
2. a window without a name over the active one: a popup. One that has nothing inside to ask tells nothing, and then
   nothing is known, for what is below it is not what was clicked;
3. the window that answers for the pixel; the active one if several do.

Whatever is found is asked again for what is inside it, until it answers with itself. Some notebooks answer for their
tabs alone: then the page of the selected tab is asked.
"""

import asyncio
from typing import NamedTuple

from aboveboard.base.errors import Unavailable
from aboveboard.recorder.capture.atspi import STATE_ACTIVE, Bus, Field
from aboveboard.recorder.capture.controls import MENUS, PAGE_TAB_LIST, SHOWING, Controls, Known
from aboveboard.recorder.redact.scope import contains

WINDOWS_LIMIT = 8
HOPS_LIMIT = 24
MENUS_LIMIT = 5
PAGES_LIMIT = 4


class _Hit(NamedTuple):
    window: Field
    found: Field


class HitTest:
    """Finds controls of one process on one bus."""

    def __init__(self, bus: Bus, controls: Controls) -> None:
        self._bus = bus
        self._controls = controls

    async def at(self, pid: int, x: int, y: int, highlighted: Known | None) -> Field | None:
        """The innermost thing at (x, y); ``highlighted`` is the menu item told of last."""
        if highlighted is not None:
            found = await self._in_menus(highlighted, x, y)
            if found is not None:
                return found
        found = await self._window_at(pid, x, y)
        for _ in range(HOPS_LIMIT):
            if found is None:
                break
            inside = await self._asked_at(found, x, y)
            if inside is None or inside == found:
                inside = await self._page_at(found, x, y)
            if inside is None:
                break
            found = inside
        return found

    async def windows(self, pid: int) -> list[Field]:
        """The windows of process ``pid``, the newest last."""
        found: list[Field] = []
        for application in await self._bus.applications(pid):
            found += await self._bus.children(application)
        return found[-WINDOWS_LIMIT:]

    async def active_window(self, pid: int) -> Field | None:
        """The window of ``pid`` that is active; ``None`` if none says so."""
        for window in await self.windows(pid):
            if await self._bus.state(window) >> STATE_ACTIVE & 1:
                return window
        return None

    async def _window_at(self, pid: int, x: int, y: int) -> Field | None:
        """What the window that is to be asked answers for (x, y): rules 2 and 3."""
        windows = await self.windows(pid)
        found = await asyncio.gather(*(self._asked_at(window, x, y) for window in windows))
        hits = [_Hit(window, inside) for window, inside in zip(windows, found, strict=True) if inside is not None]
        if len(hits) <= 1:
            return hits[0].found if hits else None
        active: Field | None = None
        for hit in reversed(hits):
            states = await self._bus.state(hit.window)
            if states >> STATE_ACTIVE & 1:
                active = active or hit.found
            elif states & SHOWING:
                name, _, children = await self._bus.name_and_parent(hit.window)
                if not name:
                    return hit.found if children else None
        return active or hits[-1].found

    async def _in_menus(self, highlighted: Known, x: int, y: int) -> Field | None:
        menu: Known | None = highlighted
        for _ in range(MENUS_LIMIT):
            if menu is None:
                break
            if menu.role in MENUS:
                found = await self._asked_at(menu.field, x, y)
                item = await self._controls.look(found) if found is not None and found != menu.field else None
                if item is not None and item.states & SHOWING and contains(item.rect, x, y):
                    return found
            elif menu is not highlighted:
                break
            try:
                _, parent, _ = await self._bus.name_and_parent(menu.field)
            except Unavailable:
                break
            menu = await self._controls.look(parent) if parent is not None else None
        return None

    async def _page_at(self, found: Field, x: int, y: int) -> Field | None:
        """If ``found`` is a notebook: what of its selected page is at (x, y)."""
        try:
            if await self._bus.role(found) != PAGE_TAB_LIST:
                return None
            tab = await self._bus.selected(found)
            for page in (await self._bus.children(tab))[:PAGES_LIMIT] if tab is not None else []:
                known = await self._controls.look(page)
                if known is not None and known.states & SHOWING and contains(known.rect, x, y):
                    return page
        except Unavailable:
            pass  # a notebook that does not tell
        return None

    async def _asked_at(self, field: Field, x: int, y: int) -> Field | None:
        try:
            return await self._bus.at(field, x, y)
        except Unavailable:
            return None
