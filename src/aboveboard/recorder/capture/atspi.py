"""How are applications asked about what they show?

AT-SPI, the accessibility protocol of the Linux desktop: applications send signals about what gets the focus, and answer
calls about role, state and place of each object. This is that protocol and no more; what follows from it is in
``capture.accessibility`` (is the focus in a secret field?) and ``capture.context`` (which control is it?).
"""

import os
from collections.abc import Sequence
from typing import Any, NamedTuple

from dbus_fast import Variant
from dbus_fast.aio import MessageBus

from aboveboard.base.errors import Unavailable
from aboveboard.recorder.capture.atspi_bus import (
    DBUS,
    DBUS_PATH,
    FOCUSED,
    REGISTRY,
    Body,
    Call,
    Connection,
    Field,
    Heard,
    connect,
    unanswered,
)
from aboveboard.recorder.capture.port import Rect

ROLE_PASSWORD_TEXT = 40
STATE_ACTIVE, STATE_FOCUSED, STATE_SHOWING = 1, 12, 25
ROOT = Field(REGISTRY, "/org/a11y/atspi/accessible/root")
"""Its children are the applications."""

_ACCESSIBLE, _COMPONENT = "org.a11y.atspi.Accessible", "org.a11y.atspi.Component"
_APPLICATION, _COLLECTION = "org.a11y.atspi.Application", "org.a11y.atspi.Collection"
_TEXT, _BY_LINE = "org.a11y.atspi.Text", 3
_DOCUMENT, _SELECTION, _VALUE = "org.a11y.atspi.Document", "org.a11y.atspi.Selection", "org.a11y.atspi.Value"
_PROPERTIES = "org.freedesktop.DBus.Properties"
_NULL = "/org/a11y/atspi/null"
_ON_SCREEN = 0
_ANY_ORDER, _MATCH_ALL, _MATCH_ANY = 1, 1, 2


class Facts(NamedTuple):
    """What one object says of itself. ``rect``: in pixels of the screen, ``None`` if it has no place."""

    role: int
    states: int
    rect: Rect | None
    name: str
    parent: Field | None
    children: int


class Line(NamedTuple):
    """A line of text and where it is, in pixels of the screen."""

    text: str
    rect: Rect


class Bus(Connection):
    """The questions. Each raises :class:`Unavailable` if it is not answered."""

    def __init__(self, bus: MessageBus, heard: Heard | None = None) -> None:
        super().__init__(bus, heard)
        self._pids: dict[str, int] = {}

    @classmethod
    async def open(cls, address: str, heard: Heard) -> "Bus":
        """Connect, and have ``heard`` called with what was told and by which field; the focus is told from the start.

        Raises :class:`Unavailable` if there is no such bus.
        """
        opened = cls(await connect(address), heard)
        await opened.listen(FOCUSED)
        return opened

    async def role(self, field: Field) -> int:
        """The number of the field's role."""
        return int((await self.call(Call(*field, _ACCESSIBLE, "GetRole")))[0])

    async def state(self, field: Field) -> int:
        """The field's states, as bits."""
        return _bits(await self.call(Call(*field, _ACCESSIBLE, "GetState")))

    async def states(self, fields: Sequence[Field]) -> list[int]:
        """The states of several fields; 0 for one that does not tell."""
        answers = await self.calls([Call(*field, _ACCESSIBLE, "GetState") for field in fields])
        return [0 if answer is None else _bits(answer) for answer in answers]

    async def extents(self, field: Field) -> Rect:
        """Where the field is, in pixels of the screen."""
        return _rect(await self.call(_extents(field)))

    async def facts(self, field: Field) -> Facts:
        """What the field says of itself, asked at once."""
        facts = _facts(await self.calls(_facts_of(field)))
        if facts is None:
            raise unanswered("GetRole")
        return facts

    async def step(self, field: Field) -> tuple[int, str, Field | None]:
        """The field's role and name, and what it is in."""
        role, known = await self.calls([Call(*field, _ACCESSIBLE, "GetRole"), _all_of(field)])
        if role is None or known is None:
            raise unanswered("GetRole")
        return int(role[0]), *_known(known)[:2]

    async def names(self, fields: Sequence[Field]) -> list[str]:
        """The names of several fields; "" for one that does not tell."""
        answers = await self.calls([Call(*field, _PROPERTIES, "Get", "ss", (_ACCESSIBLE, "Name")) for field in fields])
        return ["" if answer is None else str(answer[0].value) for answer in answers]

    async def value(self, field: Field) -> float:
        """The number that a slider or spin button stands at."""
        return float((await self.call(Call(*field, _PROPERTIES, "Get", "ss", (_VALUE, "CurrentValue"))))[0].value)

    async def toolkit(self, application: Field) -> str:
        """What the application was made with: "gtk", "Chromium", "Gecko"."""
        call = Call(*application, _PROPERTIES, "Get", "ss", (_APPLICATION, "ToolkitName"))
        return str((await self.call(call))[0].value)

    async def at(self, fields: Sequence[Field], x: int, y: int) -> list[Field | None]:
        """What inside each of ``fields`` is at the pixel (x, y) of the screen: itself, one below it, or ``None``."""
        return [_found(answer) for answer in await self.calls([_at(field, x, y) for field in fields])]

    async def at_and_facts(self, field: Field, x: int, y: int, of: Field) -> tuple[Field | None, Facts | None]:
        """What inside ``field`` is at (x, y), and what ``of`` says of itself, asked at once."""
        found, *facts = await self.calls([_at(field, x, y), *_facts_of(of)])
        return _found(found), _facts(facts)

    async def children_and_at(
        self, parents: Sequence[Field], fields: Sequence[Field], x: int, y: int
    ) -> tuple[list[Field], list[Field | None]]:
        """All children of ``parents``, and what inside each of ``fields`` is at (x, y), asked at once."""
        of = [Call(*parent, _ACCESSIBLE, "GetChildren") for parent in parents]
        answers = await self.calls([*of, *(_at(field, x, y) for field in fields)])
        children = [Field(*child) for answer in answers[: len(of)] if answer is not None for child in answer[0]]
        return children, [_found(answer) for answer in answers[len(of) :]]

    async def selected(self, field: Field) -> Field | None:
        """The first of its children that are selected."""
        return _field((await self.call(Call(*field, _SELECTION, "GetSelectedChild", "i", (0,))))[0])

    async def written(self, fields: Sequence[Field], *, hidden: int) -> list[bool]:
        """Which of ``fields`` have text to be asked for, and not the role ``hidden``."""
        answers = await self.calls(
            [Call(*field, _ACCESSIBLE, member) for field in fields for member in ("GetInterfaces", "GetRole")]
        )
        pairs = zip(answers[::2], answers[1::2], strict=True)
        return [bool(has and role and _TEXT in has[0] and int(role[0]) != hidden) for has, role in pairs]

    async def lines_at(self, places: Sequence[tuple[Field, tuple[int, int]]]) -> list[Line]:
        """The line of each field's text that is at a pixel (x, y) of the screen, of those that tell."""
        calls = [Call(*field, _TEXT, "GetOffsetAtPoint", "iiu", (*point, _ON_SCREEN)) for field, point in places]
        found = [
            (field, int(answer[0]))
            for (field, _), answer in zip(places, await self.calls(calls), strict=True)
            if answer is not None and int(answer[0]) >= 0
        ]
        calls = [Call(*field, _TEXT, "GetStringAtOffset", "iu", (at, _BY_LINE)) for field, at in found]
        lines = [
            (field, str(answer[0]), int(answer[1]), int(answer[2]))
            for (field, _), answer in zip(found, await self.calls(calls), strict=True)
            if answer is not None and 0 <= int(answer[1]) < int(answer[2])
        ]
        calls = [
            Call(*field, _TEXT, "GetRangeExtents", "iiu", (start, end, _ON_SCREEN)) for field, _, start, end in lines
        ]
        return [
            Line(text, Rect(*map(int, answer[:4])))
            for (_, text, *_), answer in zip(lines, await self.calls(calls), strict=True)
            if answer is not None
        ]

    async def attribute(self, document: Field, name: str) -> str:
        """An attribute of a document, "" if it has none of this name."""
        return str((await self.call(Call(*document, _DOCUMENT, "GetAttributeValue", "s", (name,))))[0])

    async def children(self, field: Field) -> list[Field]:
        """All its children."""
        return [Field(*child) for child in (await self.call(Call(*field, _ACCESSIBLE, "GetChildren")))[0]]

    async def first_children(self, field: Field, number: int) -> list[Field]:
        """Its first ``number`` children, of perhaps very many."""
        calls = [Call(*field, _ACCESSIBLE, "GetChildAtIndex", "i", (place,)) for place in range(number)]
        found = [None if answer is None else _field(answer[0]) for answer in await self.calls(calls)]
        return [child for child in found if child is not None]

    async def first_below(self, field: Field, *, state: int, role: int | None = None) -> Field | None:
        """The first below ``field`` that has the state with this number, and the role with this number."""
        body = await self.call(_matches(field, 1, state=state, role=role))
        return _field(body[0][0]) if body[0] else None

    async def contents(self, field: Field, roles: Sequence[tuple[int, int]]) -> tuple[list[Field], ...]:
        """For each role the first so many below ``field`` that have it, and the first that there is below it at all.

        Raises :class:`Unavailable` if one of these is not answered.
        """
        calls = [_matches(field, number, role=role) for role, number in roles]
        answers = await self.calls([*calls, Call(*field, _ACCESSIBLE, "GetChildAtIndex", "i", (0,))])
        if any(answer is None for answer in answers):
            raise unanswered("GetMatches")
        *found, first = [answer for answer in answers if answer is not None]
        child = _field(first[0])
        return (*([Field(*one) for one in body[0]] for body in found), [] if child is None else [child])

    async def attributes(self, fields: Sequence[Field]) -> list[dict[str, str]]:
        """What else several fields say of themselves, by name; nothing of one that does not tell."""
        answers = await self.calls([Call(*field, _ACCESSIBLE, "GetAttributes") for field in fields])
        return [
            {} if answer is None else {str(key): str(value) for key, value in answer[0].items()} for answer in answers
        ]

    async def pid(self, owner: str) -> int:
        """The process behind a unique bus name; its answer never changes."""
        if owner not in self._pids:
            body = await self.call(Call(DBUS, DBUS_PATH, DBUS, "GetConnectionUnixProcessID", "s", (owner,)))
            self._pids[owner] = int(body[0])
        return self._pids[owner]

    async def applications(self, pid: int) -> list[Field]:
        """The applications that process ``pid`` says it is."""
        return [one for one in await self.children(ROOT) if await self.pid(one.owner) == pid]

    async def focused_in(self, pid: int) -> Field | None:
        """The field that has the focus in the active window of process ``pid``; ``None`` if it does not tell."""
        for application in await self.applications(pid):
            for window in await self.children(application):
                if await self.state(window) >> STATE_ACTIVE & 1:
                    found = await self.first_below(window, state=STATE_FOCUSED)
                    if found is not None:
                        return found
        return None


class Switch:
    """The desktop's switch for accessibility: applications tell about their fields only while it is on."""

    def __init__(self) -> None:
        self._turned_on = False

    async def on(self) -> str | None:
        """Turn it on if it is off; the accessibility bus's address, ``None`` where there is no desktop session."""
        if not os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
            return None
        try:
            session = Connection(await connect())
        except Unavailable:
            return None
        try:
            enabled = (await session.call(_switch("Get", "ss")))[0]
            if not enabled.value:
                await session.call(_switch("Set", "ssv", Variant("b", True)))
                self._turned_on = True
            address = (await session.call(Call("org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus", "GetAddress")))[0]
            return str(address)
        except Unavailable:
            return None
        finally:
            session.close()

    async def restore(self) -> None:
        """Turn it off again if it was off before."""
        if not self._turned_on:
            return
        self._turned_on = False
        try:
            session = Connection(await connect())
            await session.call(_switch("Set", "ssv", Variant("b", False)))
            session.close()
        except Unavailable:
            return


def _switch(member: str, signature: str, *value: Variant) -> Call:
    where = ("org.a11y.Bus", "/org/a11y/bus", _PROPERTIES, member)
    return Call(*where, signature, ("org.a11y.Status", "IsEnabled", *value))


def _matches(field: Field, number: int, *, state: int | None = None, role: int | None = None) -> Call:
    """The first ``number`` below ``field`` that have the state and the role with these numbers."""
    states, roles = [0, 0], [0, 0, 0, 0] if role is not None else []
    if state is not None:
        states[state // 32] = _signed(1 << state % 32)
    if role is not None:
        roles[role // 32] = _signed(1 << role % 32)
    rule = [states, _MATCH_ALL, {}, _MATCH_ALL, roles, _MATCH_ANY if roles else _MATCH_ALL, [], _MATCH_ALL, False]
    return Call(*field, _COLLECTION, "GetMatches", "(aiia{ss}iaiiasib)uib", (rule, _ANY_ORDER, number, True))


def _at(field: Field, x: int, y: int) -> Call:
    return Call(*field, _COMPONENT, "GetAccessibleAtPoint", "iiu", (x, y, _ON_SCREEN))


def _found(answer: Body | None) -> Field | None:
    return None if answer is None else _field(answer[0])


def _facts_of(field: Field) -> list[Call]:
    role, states = Call(*field, _ACCESSIBLE, "GetRole"), Call(*field, _ACCESSIBLE, "GetState")
    return [role, states, _extents(field), _all_of(field)]


def _facts(answers: Sequence[Body | None]) -> Facts | None:
    role, states, extents, known = answers
    if role is None or states is None or known is None:
        return None
    return Facts(int(role[0]), _bits(states), None if extents is None else _rect(extents), *_known(known))


def _extents(field: Field) -> Call:
    return Call(*field, _COMPONENT, "GetExtents", "u", (_ON_SCREEN,))


def _all_of(field: Field) -> Call:
    return Call(*field, _PROPERTIES, "GetAll", "s", (_ACCESSIBLE,))


def _known(body: Body) -> tuple[str, Field | None, int]:
    known = body[0]
    return str(known["Name"].value), _field(known["Parent"].value), int(known["ChildCount"].value)


def _rect(body: Body) -> Rect:
    return Rect(*(int(number) for number in body[0]))


def _bits(body: Body) -> int:
    low, high = body[0]
    return int(low) | int(high) << 32


def _field(reference: Any) -> Field | None:
    owner, path = reference
    return None if not owner or not path or path == _NULL else Field(str(owner), str(path))


def _signed(bits: int) -> int:
    """As D-Bus sends numbers of 32 bits."""
    return bits - (1 << 32) if bits >> 31 else bits
