"""Which control is at this pixel?

Applications answer for one window each, and not for what lies over it. So, in this order:

1. the menus that are open: the one with the item told of last, and those it was opened from;
2. a window without a name over the active one: a popup. One that has nothing inside to ask tells nothing, and then
   nothing is known, for what is below it is not what was clicked;
3. the window that answers for the pixel; the active one if several do.

Whatever is found is asked again for what is inside it, until it answers with itself. Some notebooks answer for their
tabs alone: then the page of the selected tab is asked. Chromium answers at once, but for the inside of a page by a
guess, which it looks up for the next time: so it is asked a second time, a little later.
"""

import asyncio
from dataclasses import dataclass
from typing import NamedTuple

from aboveboard.base.errors import Unavailable
from aboveboard.recorder.capture.atspi import STATE_ACTIVE, Bus, Facts
from aboveboard.recorder.capture.atspi_bus import Field
from aboveboard.recorder.capture.controls import MENUS, PAGE_TAB_LIST, SHOWING, Controls, Known
from aboveboard.recorder.redact.scope import contains

WINDOWS_LIMIT, HOPS_LIMIT, MENUS_LIMIT, PAGES_LIMIT = 8, 24, 5, 4
LOOKED_UP_S = 0.015
_GUESSES = "Chromium"


@dataclass
class _Process:
    applications: list[Field]
    guesses: bool
    windows: list[Field]


class Hit(NamedTuple):
    """What was found, and what it says of itself where that is known already."""

    found: Field
    facts: Facts | None = None


class HitTest:
    """Finds controls of one process on one bus."""

    def __init__(self, bus: Bus, controls: Controls) -> None:
        self._bus = bus
        self._controls = controls
        self._known: dict[int, _Process] = {}

    async def at(self, pid: int, x: int, y: int, highlighted: Known | None) -> Hit | None:
        """The innermost thing at (x, y); ``highlighted`` is the menu item told of last."""
        if highlighted is not None:
            found = await self._in_menus(highlighted, x, y)
            if found is not None:
                return Hit(found)
        process = await self._process(pid)
        hit = await self._window_at(process, x, y)
        if hit is None:
            return None
        window, found = hit
        if process.guesses:
            await asyncio.sleep(LOOKED_UP_S)
            again, facts = await self._bus.at_and_facts(window, x, y, found)
            return Hit(found, facts) if again is None or again == found else Hit(again)
        for _ in range(HOPS_LIMIT):
            inside = (await self._bus.at([found], x, y))[0]
            if inside is None or inside == found:
                inside = await self._page_at(found, x, y)
            if inside is None:
                break
            found = inside
        return Hit(found)

    async def windows(self, pid: int) -> list[Field]:
        """The windows of process ``pid``, the newest last."""
        process = await self._process(pid)
        process.windows = (await self._bus.children_and_at(process.applications, [], 0, 0))[0][-WINDOWS_LIMIT:]
        return process.windows

    async def _process(self, pid: int) -> _Process:
        known = self._known.get(pid)
        if known is None:
            applications = await self._bus.applications(pid)
            guesses = [await self._bus.toolkit(application) == _GUESSES for application in applications]
            known = _Process(applications, any(guesses), [])
            if applications:
                self._known = {pid: known}
        return known

    async def _window_at(self, process: _Process, x: int, y: int) -> tuple[Field, Field] | None:
        """The window that is to be asked, and what it answers for (x, y): rules 2 and 3."""
        windows, found = await self._bus.children_and_at(process.applications, process.windows, x, y)
        if windows[-WINDOWS_LIMIT:] != process.windows:
            process.windows = windows[-WINDOWS_LIMIT:]
            found = await self._bus.at(process.windows, x, y)
        hits = [(window, inside) for window, inside in zip(process.windows, found, strict=True) if inside is not None]
        if len(hits) <= 1:
            return hits[0] if hits else None
        active: tuple[Field, Field] | None = None
        for window, inside in reversed(hits):
            facts = await self._bus.facts(window)
            if facts.states >> STATE_ACTIVE & 1:
                active = active or (window, inside)
            elif facts.states & SHOWING and not facts.name:
                return (window, inside) if facts.children else None
        return active or hits[-1]

    async def _in_menus(self, highlighted: Known, x: int, y: int) -> Field | None:
        menu: Known | None = highlighted
        for _ in range(MENUS_LIMIT):
            if menu is None or (menu is not highlighted and menu.role not in MENUS):
                break
            if menu.role in MENUS:
                found = (await self._bus.at([menu.field], x, y))[0]
                item = await self._controls.look(found) if found is not None and found != menu.field else None
                if item is not None and item.states & SHOWING and contains(item.rect, x, y):
                    return found
            menu = await self._controls.look(menu.parent) if menu.parent is not None else None
        return None

    async def _page_at(self, found: Field, x: int, y: int) -> Field | None:
        """If ``found`` is a notebook: what of its selected page is at (x, y)."""
        try:
            if await self._bus.role(found) != PAGE_TAB_LIST:
                return None
            tab = await self._bus.selected(found)
            for page in await self._bus.first_children(tab, PAGES_LIMIT) if tab is not None else []:
                known = await self._controls.look(page)
                if known is not None and known.states & SHOWING and contains(known.rect, x, y):
                    return page
        except Unavailable:
            pass  # a notebook that does not tell
        return None
