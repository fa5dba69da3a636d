"""What did people do in the MiniWoB++ demonstrations?

Reads the files of ``stanfordnlp/miniwob-plusplus-demos``: JSON, plain or gzipped, one demonstration each; a list of
page states, each with the browser's event that it was taken at. The events go through the same
:class:`~aboveboard.lab.derive.steps.StepCutter` as a recording's, so an action here is what it is there. Every event of
a file is in exactly one action, or is counted in ``unused`` under the reason for which it made none.
"""

import gzip
import zlib
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from aboveboard.base.errors import BadInput
from aboveboard.formats.trajectory import ActionKind
from aboveboard.lab.dataset.imports.browser_events import BrowserEvent, actions_of
from aboveboard.lab.dataset.imports.limits import inflate

FILE_LIMIT_BYTES = 256 * 1024 * 1024
"""The largest file that is read, unpacked."""
ELEMENT_LIMIT = 20_000
"""The most elements of one state."""


@dataclass(frozen=True)
class Element:
    """One element of a page, in CSS pixels of the page; (0, 0) is its upper left corner.

    ``parent`` is the index of the element that holds it (-1 for none) in :attr:`State.elements`. ``tag`` is the page's,
    with the type of an input ("INPUT_checkbox"); pieces of text between other elements are elements of the tag "t".
    ``value`` is what a field holds, True or False for a box or a radio button, and ``None`` for all else.
    """

    parent: int
    tag: str
    x: float
    y: float
    width: float
    height: float
    text: str = ""
    value: str | bool | None = None
    id: str = ""
    classes: str = ""
    background: str = ""
    foreground: str = ""
    focused: bool = False
    tampered: bool = False
    """Was it acted upon before, in this demonstration?"""


@dataclass(frozen=True)
class State:
    """The page at ``time_ns``: its elements in the order of the document, each behind the one that holds it."""

    time_ns: int
    elements: tuple[Element, ...]


@dataclass(frozen=True)
class Action:
    """What the person did: ``kind`` as in ``docs/spec/trajectory.md`` (never a ``switch`` here).

    ``state`` is the index of the page just before, in :attr:`Demonstration.states`; ``target`` and ``end_target`` are
    indexes into that state's elements: where the pointer went down and came up, or what had the focus (``None`` where
    the file does not say). A ``choose`` took an option of the drop-down ``target``; the files do not say which.
    ``x``, ``y``, ``end_x``, ``end_y`` are page pixels; the files do not name the button. ``events`` is how many of the
    browser's events it was made from.
    """

    kind: ActionKind
    time_ns: int
    end_ns: int
    state: int
    target: int | None
    end_target: int | None
    events: int
    x: int | None = None
    y: int | None = None
    end_x: int | None = None
    end_y: int | None = None
    text: str = ""
    key: str = ""


@dataclass(frozen=True)
class Demonstration:
    """One attempt of one person at one task; times count from the moment the page was ready.

    ``states`` are those in force just before an action, and the last. ``reward`` is the task's, lower the longer it
    took; ``raw_reward`` is not. ``sum(action.events) + sum(unused.values()) == events`` always holds.
    """

    name: str
    task: str
    utterance: str
    fields: dict[str, str]
    states: tuple[State, ...]
    actions: tuple[Action, ...]
    reward: float
    raw_reward: float
    duration_ns: int
    events: int
    unused: dict[str, int]


class _Event(msgspec.Struct, frozen=True):
    type: str
    timing: int = 1
    x: float | None = None
    y: float | None = None
    key_code: int = msgspec.field(default=0, name="keyCode")
    char_code: int = msgspec.field(default=0, name="charCode")


class _Node(msgspec.Struct, frozen=True):
    tag: str
    left: float
    top: float
    width: float
    height: float
    children: "list[_Node]"
    text: str = ""
    value: str | bool | float | None = None
    id: Any = ""
    classes: Any = ""
    background: str = msgspec.field(default="", name="bgColor")
    foreground: str = msgspec.field(default="", name="fgColor")
    focused: bool = False
    tampered: bool = False
    target: bool = msgspec.field(default=False, name="recordingTarget")
    ref: int = 0


class _State(msgspec.Struct, frozen=True):
    time: int
    action: _Event | None
    dom: msgspec.Raw


class _File(msgspec.Struct, frozen=True):
    utterance: str
    states: list[_State]
    reward: float
    raw_reward: float = msgspec.field(name="rawReward")
    task: str = msgspec.field(default="", name="taskName")
    fields: dict[str, str] = msgspec.field(default_factory=dict)


_FILE = msgspec.json.Decoder(_File)
_NODE = msgspec.json.Decoder(_Node)


@dataclass
class Skipped:
    """How many files made no demonstration, by reason, with the name of the first of each."""

    reasons: Counter[str]
    first: dict[str, str]

    def add(self, reason: str, path: Path) -> None:
        """Count one file."""
        self.reasons[reason] += 1
        self.first.setdefault(reason, str(path))


def read_folder(
    folder: Path, *, tasks: Collection[str] = (), skipped: Skipped | None = None
) -> Iterator[Demonstration]:
    """Every demonstration under ``folder``, in order of path; one at a time is in memory.

    ``tasks`` keeps to these tasks; empty keeps all. A file that is there twice, by a link, is read once. What cannot be
    read is left out and counted in ``skipped``; without it, raises :class:`BadInput` there.
    """
    seen: set[Path] = set()
    for path in sorted(folder.rglob("*.json*")):
        if tasks and path.parent.name not in tasks:
            continue
        place = path.resolve()
        if place in seen or not place.is_relative_to(folder.resolve()):
            if skipped is not None:
                skipped.add("there twice, by a link" if place in seen else "a link to outside the folder", path)
            continue
        seen.add(place)
        try:
            yield read_file(path)
        except BadInput as error:
            if skipped is None:
                raise
            skipped.add(error.cause or error.what, path)


def read_file(path: Path) -> Demonstration:
    """One demonstration; raises :class:`BadInput`. Where the file does not name its task, its folder does."""
    try:
        return decode(path.read_bytes(), name=path.name, task=path.parent.name)
    except OSError as error:
        raise BadInput(
            f"{path} cannot be read: {error.strerror}", cause="it is not there", fix="see the path"
        ) from error


def decode(data: bytes, *, name: str, task: str) -> Demonstration:
    """The demonstration in a file's bytes; ``task`` is used where they do not name one. Raises :class:`BadInput`."""
    try:
        plain = inflate(data, FILE_LIMIT_BYTES) if data[:2] == b"\x1f\x8b" else data
        if len(plain) > FILE_LIMIT_BYTES:
            raise _bad(name, "too large", f"more than {FILE_LIMIT_BYTES} bytes")
        file = _FILE.decode(plain)
        if not file.states:
            raise _bad(name, "no states", "the recording broke off before the page was ready")
        return _demonstration(file, name, task)
    except (msgspec.DecodeError, zlib.error, gzip.BadGzipFile, EOFError, RecursionError, UnicodeDecodeError) as error:
        raise _bad(name, "not a demonstration, or damaged", str(error)[:200]) from error


def _demonstration(file: _File, name: str, task: str) -> Demonstration:
    pages = _Pages(file)
    events = [
        BrowserEvent(
            place,
            one.time,
            one.action.type,
            one.action.timing,
            _whole(one.action.x),
            _whole(one.action.y),
            one.action.key_code,
            one.action.char_code,
        )
        for place, one in enumerate(file.states)
        if one.action is not None
    ]
    cut = actions_of(events, pages.is_drop_down)
    wanted = sorted({one.place for one in cut.actions} | {len(file.states) - 1})
    number = {place: index for index, place in enumerate(wanted)}
    actions = tuple(
        Action(
            kind=one.kind,
            time_ns=one.step.time_ns,
            end_ns=one.step.end_ns,
            state=number[one.place],
            target=pages.target(one.place, one.place, by_focus=one.kind in ("type", "key")),
            end_target=pages.target(one.place, one.end_place, by_focus=one.kind in ("type", "key")),
            events=one.step.events,
            x=one.step.x,
            y=one.step.y,
            end_x=one.step.end_x,
            end_y=one.step.end_y,
            text=one.step.text,
            key=one.step.key,
        )
        for one in cut.actions
    )
    return Demonstration(
        name=name,
        task=file.task or task,
        utterance=file.utterance,
        fields=file.fields,
        states=tuple(pages.state(place) for place in wanted),
        actions=actions,
        reward=file.reward,
        raw_reward=file.raw_reward,
        duration_ns=(file.states[-1].time - file.states[0].time) * 1_000_000,
        events=len(events),
        unused=cut.unused,
    )


class _Pages:
    """The pages of one file, each parsed when it is asked for, and the last one kept."""

    def __init__(self, file: _File) -> None:
        self._file = file
        self._parsed: dict[int, tuple[list[_Node], list[int]]] = {}

    def state(self, place: int) -> State:
        nodes, parents = self._nodes(place)
        elements = tuple(_element(node, parent) for node, parent in zip(nodes, parents, strict=True))
        return State(self._file.states[place].time * 1_000_000, elements)

    def target(self, shown: int, acted: int, *, by_focus: bool) -> int | None:
        """The index, in the page at ``shown``, of what the event at ``acted`` was done to."""
        nodes, _ = self._nodes(acted)
        found = next((node for node in nodes if (node.focused if by_focus else node.target)), None)
        if found is None:
            return None
        if shown == acted:
            return next(index for index, node in enumerate(nodes) if node is found)
        return next((index for index, node in enumerate(self._nodes(shown)[0]) if node.ref == found.ref), None)

    def is_drop_down(self, place: int) -> bool:
        return any(node.target and node.tag == "SELECT" for node in self._nodes(place)[0])

    def _nodes(self, place: int) -> tuple[list[_Node], list[int]]:
        if place not in self._parsed:
            if len(self._parsed) > 8:
                self._parsed.pop(next(iter(self._parsed)))
            self._parsed[place] = _flat(_NODE.decode(self._file.states[place].dom))
        return self._parsed[place]


def _flat(root: _Node) -> tuple[list[_Node], list[int]]:
    """All nodes in the order of the document, and the index of each one's parent."""
    nodes: list[_Node] = []
    parents: list[int] = []
    waiting = [(root, -1)]
    while waiting:
        node, parent = waiting.pop()
        waiting += [(child, len(nodes)) for child in reversed(node.children)]
        nodes.append(node)
        parents.append(parent)
        if len(nodes) > ELEMENT_LIMIT:
            raise _bad("a state", "too many elements", f"more than {ELEMENT_LIMIT} elements")
    return nodes, parents


def _element(node: _Node, parent: int) -> Element:
    return Element(
        parent=parent,
        tag=node.tag,
        x=node.left,
        y=node.top,
        width=node.width,
        height=node.height,
        text=node.text,
        value=str(node.value) if isinstance(node.value, float) else node.value,
        id=node.id if isinstance(node.id, str) else "",
        classes=node.classes if isinstance(node.classes, str) else "",
        background=node.background,
        foreground=node.foreground,
        focused=node.focused,
        tampered=node.tampered,
    )


def _whole(number: float | None) -> int:
    return round(number or 0)


def _bad(name: str, cause: str, why: str) -> BadInput:
    return BadInput(f"the demonstration {name!r} cannot be read: {why}", cause=cause, fix="leave it out")
