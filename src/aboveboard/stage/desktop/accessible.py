"""What does an application show at this moment, as it tells those who cannot see it?

AT-SPI: every window is a tree of objects with a role, a name, a state and a place. One look asks for what is showing in
the application's windows, all objects of one depth at once, since most of what a question costs is waiting for it.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus
from dbus_fast.errors import DBusError, InvalidAddressError

from aboveboard.base.errors import Unavailable

ANSWER_S = 5.0
"""An application that has not answered after this long hangs."""
AT_ONCE = 200
"""So many questions are on their way: more may be more than the bus takes at once on a busy machine."""
LABEL_GAP_PX = 120
"""A label that is farther to the left belongs to something else."""
CONTROLS_LIMIT, DEPTH_LIMIT, CHILDREN_LIMIT, TEXT_LIMIT = 600, 40, 200, 300

ACTIVE, CHECKED, FOCUSED, MODAL, SELECTED, SENSITIVE, SHOWING = (1 << bit for bit in (1, 4, 12, 16, 23, 24, 25))
"""States, by the bits that ``atspi-constants.h`` gives them."""
SINGLE_LINE = 1 << 26

_ACCESSIBLE, _COMPONENT, _TEXT = (f"org.a11y.atspi.{name}" for name in ("Accessible", "Component", "Text"))
_PROPERTIES = "org.freedesktop.DBus.Properties"
_REGISTRY, _ROOT = "org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root"
_WRITTEN = frozenset(("text", "entry", "terminal", "spin button", "password text"))
_LABELLED = _WRITTEN | {"combo box", "check box", "slider"}
_LABELLED_BY = 2
_ANSWERS = {
    "GetConnectionUnixProcessID": "u",
    "GetChildren": "a(so)",
    "GetState": "au",
    "GetRoleName": "s",
    "Get": "v",
    "GetExtents": "(iiii)",
    "GetText": "s",
    "GetRelationSet": "a(ua(so))",
}
"""What each question is answered with, by D-Bus signature."""


class Ref(NamedTuple):
    """An object: its application's name on the bus, and its path there."""

    owner: str
    path: str


@dataclass(frozen=True, slots=True)
class Control:
    """One object that is showing. ``parent`` is its place in the list, -1 for a window; places are screen pixels.

    ``text`` is what is written in a field; ``entries`` what a drop-down offers.
    """

    ref: Ref
    role: str
    name: str
    states: int
    left: int
    top: int
    width: int
    height: int
    parent: int
    text: str = ""
    entries: tuple[str, ...] = ()

    def has(self, state: int) -> bool:
        """Whether it is in this state."""
        return bool(self.states & state)

    @property
    def single_line(self) -> bool:
        """Whether a field holds one line and no more."""
        return self.has(SINGLE_LINE) or self.role in ("spin button", "password text", "entry")


class Accessible:
    """The accessibility bus of one display. Not for use from several threads; leave the block to disconnect."""

    def __init__(self, session_bus: str) -> None:
        self._loop = asyncio.new_event_loop()
        try:
            self._bus = self._loop.run_until_complete(_connect(session_bus))
        except (OSError, DBusError, TimeoutError) as error:
            self._loop.close()
            raise _silent(error) from error

    def __enter__(self) -> "Accessible":
        return self

    def __exit__(self, *_: object) -> None:
        self._bus.disconnect()
        self._loop.close()

    def look(self, pids: Sequence[int]) -> list[Control]:
        """What is showing in the windows of these processes; parents stand before their children.

        Where a dialog keeps the other windows from being used, only what is in it and in menus is told.
        """
        return self._loop.run_until_complete(self._look(set(pids)))

    async def _look(self, pids: set[int]) -> list[Control]:
        applications = await self._children([Ref(_REGISTRY, _ROOT)])
        owners = await self._calls(
            [_call(_DBUS, "GetConnectionUnixProcessID", "s", one.owner) for one in applications[0]]
        )
        own = [one for one, body in zip(applications[0], owners, strict=True) if body and body[0] in pids]
        windows = [window for some in await self._children(own) for window in some][:CHILDREN_LIMIT]
        found = await self._level(windows, [-1] * len(windows))
        modal = [one for one in found if one.has(MODAL)]
        found = [one for one in found if not modal or one.has(MODAL) or one.role == "window"]
        every, level = list(found), list(range(len(found)))
        for _ in range(DEPTH_LIMIT):
            if not level or len(every) >= CONTROLS_LIMIT:
                break
            children = await self._children([every[place].ref for place in level])
            refs, parents = [], []
            for place, some in zip(level, children, strict=True):
                refs += some[:CHILDREN_LIMIT]
                parents += [place] * len(some[:CHILDREN_LIMIT])
            below = await self._level(refs[:CONTROLS_LIMIT], parents[:CONTROLS_LIMIT])
            level = list(range(len(every), len(every) + len(below)))
            every += below
        return _labelled(_in_order(every[:CONTROLS_LIMIT]))

    async def _level(self, refs: Sequence[Ref], parents: Sequence[int]) -> list[Control]:
        """Those of ``refs`` that are showing."""
        answers = await self._calls([_call(ref, "GetState") for ref in refs])
        showing = [
            (ref, parent, _bits(body[0]))
            for ref, parent, body in zip(refs, parents, answers, strict=True)
            if body and _bits(body[0]) & SHOWING
        ]
        asked = [
            call
            for ref, _, _ in showing
            for call in (
                _call(ref, "GetRoleName"),
                _name_of(ref),
                Message(ref.owner, ref.path, _COMPONENT, "GetExtents", signature="u", body=[0]),
            )
        ]
        answers = await self._calls(asked)
        made = []
        for number, (ref, parent, states) in enumerate(showing):
            role, name, extents = answers[3 * number : 3 * number + 3]
            left, top, width, height = extents[0] if extents else (0, 0, 0, 0)
            words = " ".join(str(name[0].value).split()) if name else ""
            made.append(Control(ref, str(role[0]) if role else "", words, states, left, top, width, height, parent))
        return await self._with_texts(made)

    async def _with_texts(self, controls: list[Control]) -> list[Control]:
        """The same, with what is written in fields and offered by drop-downs, and the labels that stand beside them."""
        fields = [place for place, one in enumerate(controls) if one.role in _WRITTEN]
        bodies = await self._calls(
            [Message(*controls[place].ref, _TEXT, "GetText", signature="ii", body=[0, TEXT_LIMIT]) for place in fields]
        )
        for place, body in zip(fields, bodies, strict=True):
            controls[place] = replace(controls[place], text=str(body[0]) if body else "")
        for place, one in enumerate(controls):
            if one.role == "combo box":
                # A drop-down has what is chosen for its name.
                controls[place] = replace(one, name="", text=one.name, entries=await self._entries(one.ref))
        unnamed = [place for place, one in enumerate(controls) if one.role in _LABELLED and not one.name]
        for place, name in zip(unnamed, await self._labels([controls[place].ref for place in unnamed]), strict=True):
            controls[place] = replace(controls[place], name=name)
        return controls

    async def _labels(self, refs: Sequence[Ref]) -> list[str]:
        """What the label of each says, "" where there is none."""
        sets = await self._calls([_call(ref, "GetRelationSet") for ref in refs])
        found = [
            next((Ref(*to[0]) for kind, to in body[0] if kind == _LABELLED_BY and to), None) if body else None
            for body in sets
        ]
        names = iter(await self._names([ref for ref in found if ref is not None]))
        return [(next(names) if ref is not None else "").removesuffix(":") for ref in found]

    async def _names(self, refs: Sequence[Ref]) -> list[str]:
        bodies = await self._calls([_name_of(ref) for ref in refs])
        return [" ".join(str(body[0].value).split()) if body else "" for body in bodies]

    async def _entries(self, combo: Ref) -> tuple[str, ...]:
        lists = (await self._children([combo]))[0]
        refs = [ref for some in await self._children(lists[:1]) for ref in some[:CHILDREN_LIMIT]]
        return tuple(await self._names(refs))

    async def _children(self, refs: Sequence[Ref]) -> list[list[Ref]]:
        bodies = await self._calls([_call(ref, "GetChildren") for ref in refs])
        return [[Ref(*one) for one in body[0]] if body else [] for body in bodies]

    async def _calls(self, messages: Sequence[Message]) -> list[list[Any] | None]:
        """All answers; ``None`` for an object that has gone, or answers something else than what was asked."""
        try:
            async with asyncio.timeout(ANSWER_S):
                answers: list[Message | None] = []
                for first in range(0, len(messages), AT_ONCE):
                    some = messages[first : first + AT_ONCE]
                    answers += await asyncio.gather(*(self._bus.call(message) for message in some))
        except TimeoutError as error:
            raise Unavailable(
                "an application does not say what it shows", cause="it hangs, or the machine is very busy"
            ) from error
        return [
            one.body if one is not None and one.signature == _ANSWERS[message.member or ""] else None
            for message, one in zip(messages, answers, strict=True)
        ]


_DBUS = Ref("org.freedesktop.DBus", "/org/freedesktop/DBus")


def accessibility_bus(session_bus: str) -> str:
    """Where the accessibility bus is, by the session bus at that address; raises :class:`Unavailable`."""
    try:
        return asyncio.run(_address(session_bus))
    except (OSError, DBusError, TimeoutError, ValueError, InvalidAddressError) as error:
        raise _silent(error) from error


def _silent(error: Exception) -> Unavailable:
    return Unavailable(
        f"the accessibility bus does not answer: {error}",
        cause="at-spi2-core is missing, or has not started yet",
        fix="apt-get install at-spi2-core, and start the display again",
    )


async def _connect(session_bus: str) -> MessageBus:
    return await MessageBus(bus_address=await _address(session_bus)).connect()


async def _address(session_bus: str) -> str:
    session = await MessageBus(bus_address=session_bus).connect()
    try:
        answer = await session.call(Message("org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus", "GetAddress"))
    finally:
        session.disconnect()
    if answer is None or answer.message_type is not MessageType.METHOD_RETURN:
        raise OSError("no address is told")
    return str(answer.body[0])


def _call(ref: Ref, member: str, signature: str = "", *body: object) -> Message:
    interface = ref.owner if ref is _DBUS else _ACCESSIBLE
    return Message(*ref, interface, member, signature=signature, body=list(body))


def _name_of(ref: Ref) -> Message:
    return Message(*ref, _PROPERTIES, "Get", signature="ss", body=[_ACCESSIBLE, "Name"])


def _bits(words: Sequence[int]) -> int:
    return sum(int(word) << 32 * place for place, word in enumerate(words[:2]))


def _labelled(every: list[Control]) -> list[Control]:
    """The same; what has neither name nor label of its own has that which stands left of it in its row."""
    labels = [one for one in every if one.role == "label" and one.name]

    def beside(one: Control) -> str:
        middle = one.top + one.height // 2
        row = [label for label in labels if label.top <= middle < label.top + label.height]
        left = [label for label in row if 0 <= one.left - label.left - label.width <= LABEL_GAP_PX]
        return max(left, key=lambda label: label.left).name.removesuffix(":") if left else ""

    return [replace(one, name=beside(one)) if one.role in _LABELLED and not one.name else one for one in every]


def _in_order(every: list[Control]) -> list[Control]:
    """Depth first, as a page is read: each object before what is in it, a subtree in one run."""
    inside: dict[int, list[int]] = {}
    for place, one in enumerate(every):
        inside.setdefault(one.parent if one.parent < len(every) else -1, []).append(place)
    order: list[int] = []
    left = list(reversed(inside.get(-1, [])))
    while left:
        place = left.pop()
        order.append(place)
        left += reversed(inside.get(place, []))
    at = {old: new for new, old in enumerate(order)}
    return [replace(every[old], parent=at.get(every[old].parent, -1)) for old in order]
