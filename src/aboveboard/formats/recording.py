"""What is in an opened segment?

An ordinary MCAP file with the profile ``aboveboard``. Every topic has one message type; all but the screen are JSON
with a JSON Schema, the screen is protobuf (``formats.screen_patch``). The log time of a message is the wall time at
which it happened, in nanoseconds. Every segment begins with ``/session`` and with what stands just then
(:data:`STANDING`); the screen begins whole, or goes on from the segment before (``Session.screen_continues``).
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from aboveboard.formats.fields import Count, Document, Line, Nanoseconds, SessionId

PROFILE = "aboveboard"
PLAIN_LIMIT_BYTES = 512 * 1024 * 1024
"""The largest segment that is opened, in bytes before sealing."""
MESSAGE_LIMIT = 1_000_000
"""The most messages that are read from one segment."""

Coordinate = Annotated[int, Meta(ge=-65536, le=65536)]
"""A position on the screen in pixels; (0, 0) is the top left corner of the whole desktop."""


ScrollSteps = Annotated[float, Meta(ge=-10_000, le=10_000)]
Name = Annotated[str, Meta(max_length=64)]
"""A word of a protocol: a role, a state."""


class Session(Document, frozen=True):
    """``/session``: what one needs to read the rest."""

    session_id: SessionId
    sequence: Count
    screen_width: Count
    screen_height: Count
    platform: Line
    recorder: Line
    clock_error_ns: Nanoseconds
    """The bound on the error of the mapping from the display server's clock to wall time."""
    screen_continues: bool = False
    """The screen is as it was at the end of the segment numbered one less; else it is unknown until a whole patch."""


class Monitor(Document, frozen=True):
    """One monitor: its place on the desktop in pixels, and how much larger than at 96 dpi things are drawn on it."""

    name: Annotated[str, Meta(max_length=64)]
    x: Coordinate
    y: Coordinate
    width: Count
    height: Count
    scale: Annotated[float, Meta(gt=0, le=16)] = 1.0
    primary: bool = False


class Display(Document, frozen=True):
    """``/display``: the monitors that make up the desktop, from now on."""

    monitors: Annotated[list[Monitor], Meta(max_length=32)]


class Keyboard(Document, frozen=True):
    """``/keyboard``: the layout in force from now on, as XKB names it ("de(nodeadkeys)"); "" where it is not known."""

    layout: Line


class Pointer(Document, frozen=True):
    """``/pointer``: the pointer moved to (x, y)."""

    x: Coordinate
    y: Coordinate


class Button(Document, frozen=True):
    """``/button``: a button went down or up. 1 left, 2 middle, 3 right, 8 back, 9 forward."""

    button: Annotated[int, Meta(ge=1, le=255)]
    pressed: bool
    x: Coordinate
    y: Coordinate


class Scroll(Document, frozen=True):
    """``/scroll``: steps of the wheel, parts of one for smooth scrolling; ``dy`` > 0 is down, ``dx`` > 0 is right."""

    dx: ScrollSteps
    dy: ScrollSteps
    x: Coordinate
    y: Coordinate


class Touch(Document, frozen=True):
    """``/touch``: a finger on a touch screen. ``finger`` tells those that touch at the same time apart."""

    finger: Count
    phase: Literal["begin", "move", "end"]
    x: Coordinate
    y: Coordinate


class Pen(Document, frozen=True):
    """``/pen``: a pen or its eraser moved, touched or left; ``pressure`` 0 to 1, tilts in degrees from upright."""

    x: Coordinate
    y: Coordinate
    touching: bool
    pressure: Annotated[float, Meta(ge=0, le=1)]
    tilt_x: Annotated[float, Meta(ge=-90, le=90)] = 0.0
    tilt_y: Annotated[float, Meta(ge=-90, le=90)] = 0.0
    eraser: bool = False


class Key(Document, frozen=True):
    """``/key``: a key went down or up.

    ``keysym`` is X11's number and ``name`` its name ("Return", "a"); ``text`` is what the press types ("" for none;
    after dead keys and compose sequences it comes with the key that ends them). ``modifiers`` are those in force just
    before: a subset of Shift, Control, Alt, Super, CapsLock, NumLock, Level3. ``shortcut`` names the press as people
    do ("Ctrl+Shift+T"), "" if it is none.
    """

    keycode: Annotated[int, Meta(ge=0, le=65535)]
    keysym: Annotated[int, Meta(ge=0, le=2**32 - 1)]
    name: Annotated[str, Meta(max_length=64)]
    text: Annotated[str, Meta(max_length=16)]
    pressed: bool
    modifiers: list[str]
    shortcut: Annotated[str, Meta(max_length=64)] = ""


class KeyCount(Document, frozen=True):
    """``/key_count``: at the fidelity ``count``, how many keys went down since the last message. Nothing else."""

    presses: Count


class Covered(Document, frozen=True):
    """``/covered``: at the fidelity ``redacted``, keys went down that are not told.

    ``placeholder`` stands for what they typed, changed or deleted ("‹name 3›"); its time is that of the first of them.
    ``remains``: some of it stood in the field when they were over.
    """

    placeholder: Annotated[str, Meta(min_length=1, max_length=64)]
    remains: bool


class Window(Document, frozen=True):
    """``/window``: which window is active. ``app`` is the disclosed name; fields above the fidelity are empty."""

    app: Line
    title: Annotated[str, Meta(max_length=1000)]
    pid: Count
    x: Coordinate
    y: Coordinate
    width: Count
    height: Count


class Site(Document, frozen=True):
    """``/site``: what a browser's active window shows from now on; "" where not known or above the fidelity."""

    host: Annotated[str, Meta(max_length=255)]
    url: Annotated[str, Meta(max_length=4000)] = ""


class Control(Document, frozen=True):
    """``/control``: the control under the pointer at a click, that got the focus, or that was chosen.

    Its time is that of the click, of the focus, or of the choice. ``role`` and the roles in ``path`` are AT-SPI's
    names. ``path`` leads from the window down to the control's parent, each step as "role" or "role: name"; for a
    choice in a menu it holds the menus. ``options`` are those of a combo box or list, in order, as far as they could be
    read in time; ``chosen`` is the one in force. The rectangle is in pixels of the desktop. Above the fidelity the
    names, options, ``value`` and ``chosen`` are empty.
    """

    cause: Literal["click", "focus", "choice"]
    role: Name
    x: Coordinate
    y: Coordinate
    width: Count
    height: Count
    states: Annotated[list[Name], Meta(max_length=48)]
    path: Annotated[list[Annotated[str, Meta(max_length=120)]], Meta(max_length=24)]
    name: Annotated[str, Meta(max_length=200)] = ""
    value: Annotated[str, Meta(max_length=200)] = ""
    options: Annotated[list[Annotated[str, Meta(max_length=100)]], Meta(max_length=60)] = msgspec.field(
        default_factory=list
    )
    chosen: Annotated[str, Meta(max_length=100)] = ""


INSTRUCTION_LIMIT = 500
"""Of the words of a task, in characters."""


class Task(Document, frozen=True):
    """``/task``: the person said that a task of theirs begins or ends here.

    ``instruction`` is what it is, in their own words, as far as they gave any; personal information in it is redacted
    like in other text. ``outcome`` is how it went, where it ends.
    """

    what: Literal["begin", "end"]
    instruction: Annotated[str, Meta(max_length=INSTRUCTION_LIMIT)] = ""
    outcome: Literal["unknown", "success", "failure"] = "unknown"


MarkerReason = Literal[
    "session",
    "password_field",
    "focus_unknown",
    "app_not_disclosed",
    "no_lease",
    "paused_by_person",
    "paused_by_steward",
    "screen_changed_too_fast",
    "overload",
    "over_budget",
    "on_battery",
    "screen_locked",
    "asleep",
    "not_visible",
    "discarded_by_person",
    "events_lost",
    "screen_stalled",
    "encoder_failed",
    "disk_full",
    "detector_missing",
    "not_decided",
    "site_not_disclosed",
    "sensitive_site",
    "private_window",
    "log_in",
    "hidden_prompt",
    "covered_by_person",
    "picture",
]
"""Why something is not in a recording: the closed list."""


class Marker(Document, frozen=True):
    """``/marker``: from ``start_ns`` to ``end_ns`` (wall time) something was not recorded, and why.

    ``count`` is how many events or regions were left out; 0 where that is not known or would tell too much.
    """

    kind: Literal["suppressed", "gap", "paused", "started", "stopped"]
    reason: MarkerReason
    start_ns: Nanoseconds
    end_ns: Nanoseconds
    count: Count = 0


TOPICS: dict[str, type[Document]] = {
    "/session": Session,
    "/pointer": Pointer,
    "/button": Button,
    "/scroll": Scroll,
    "/key": Key,
    "/key_count": KeyCount,
    "/covered": Covered,
    "/touch": Touch,
    "/pen": Pen,
    "/display": Display,
    "/keyboard": Keyboard,
    "/window": Window,
    "/site": Site,
    "/control": Control,
    "/task": Task,
    "/marker": Marker,
}
"""The JSON topics. ``/screen`` is the only other one."""

SCREEN_TOPIC = "/screen"

Event = (
    Session
    | Pointer
    | Button
    | Scroll
    | Touch
    | Pen
    | Key
    | KeyCount
    | Covered
    | Display
    | Keyboard
    | Window
    | Site
    | Control
    | Task
    | Marker
)

STANDING: tuple[type[Document], ...] = (Display, Keyboard, Window, Site)
"""What holds until the next of its kind: each segment begins with the ones in force, in this order."""


class Timed(msgspec.Struct, frozen=True):
    """An event and the wall time at which it happened."""

    time_ns: int
    event: Event


def topic_of(event: Event) -> str:
    """The topic that ``event`` is written to."""
    return _TOPIC_OF[type(event)]


_TOPIC_OF: dict[type[Document], str] = {kind: topic for topic, kind in TOPICS.items()}
