"""What did the person do, what was on the screen just before, and what was it for?

A step is one action with the frame and the control in force just before it; an episode is a run of steps that belong
together. Times are wall time in integer nanoseconds; positions are screen pixels. The rules by which steps are cut from
events, and episodes from steps, are in ``docs/spec/trajectory.md``.
"""

from typing import Annotated, Literal

from msgspec import Meta

from aboveboard.formats.fields import (
    Count,
    Document,
    Nanoseconds,
    PersonId,
    SegmentId,
    SessionId,
    Sha256,
    decode_json,
)
from aboveboard.formats.recording import Control, Coordinate

MARKS_LIMIT_BYTES = 64 * 1024 * 1024

ActionKind = Literal["click", "double_click", "drag", "scroll", "type", "key", "shortcut", "choose", "switch"]


class Proposed(Document, frozen=True):
    """What a policy was about to do: ``x``, ``y`` are where it would press (``None``: nowhere, it types where the
    focus is); ``text`` what it would type, or choose from a list, or the key that it would press ("Control+s");
    ``turns`` of the wheel, 1 down, -1 up.
    """

    action: Literal["click", "type", "choose", "key", "scroll"]
    x: Coordinate | None = None
    y: Coordinate | None = None
    text: Annotated[str, Meta(max_length=4000)] = ""
    turns: Annotated[int, Meta(ge=-1, le=1)] = 0


class Step(Document, frozen=True):
    """One action.

    ``time_ns`` is when it began and ``end_ns`` when it ended; ``frame_sha256`` names the PNG of the whole screen in
    force just before ``time_ns`` (``None`` where no screen was recorded). ``x``, ``y`` are where a pointer action
    began, ``end_x``, ``end_y`` where it ended. ``text`` is what ``type`` typed; ``key`` the name of a ``key``, with its
    modifiers ("Control+s"). ``scroll_dx``, ``scroll_dy`` are wheel steps. ``app``, ``title`` and the window's rectangle
    are those in force at ``time_ns``, and so are ``host`` and ``url``. ``segments`` are the sources. ``events`` is how
    many events it was made from.

    ``element`` is the control that a click met, or that had the focus; of a ``choose`` the menu item, list or drop-down
    with what was chosen in it. ``shortcut`` is what people call a ``shortcut`` ("Ctrl+S"). A ``switch`` says in
    ``to_app`` and ``to_title`` which window became active, and in ``caused_by`` the index of the step that made it so
    (``None``: none did, such as a window that opened by itself).

    ``by`` is who did it: the person, or a policy that they watched; ``model`` where nobody recorded it: a model took it
    from the look of a film (``formats.labelled``). ``proposed`` is what that policy was about to do
    when the person did this instead: a correction.
    """

    person_id: PersonId
    session_id: SessionId
    index: Count
    time_ns: Nanoseconds
    end_ns: Nanoseconds
    action: ActionKind
    app: str
    title: str
    window_x: Coordinate
    window_y: Coordinate
    window_width: Count
    window_height: Count
    frame_sha256: Sha256 | None
    segments: Annotated[list[SegmentId], Meta(min_length=1)]
    events: Count
    x: Coordinate | None = None
    y: Coordinate | None = None
    end_x: Coordinate | None = None
    end_y: Coordinate | None = None
    button: int | None = None
    scroll_dx: float = 0.0
    scroll_dy: float = 0.0
    text: str = ""
    key: str = ""
    host: str = ""
    url: str = ""
    element: Control | None = None
    shortcut: str = ""
    to_app: str = ""
    to_title: str = ""
    caused_by: Count | None = None
    by: Literal["person", "policy", "model"] = "person"
    proposed: Proposed | None = None


Outcome = Literal["unknown", "success", "failure"]
Source = Literal["", "person", "form", "plug_in"]
"""Who wrote an instruction: the person while they worked, a form, or a model; "" for nobody."""
INSTRUCTION_LIMIT = 4000
"""In characters."""
Instruction = Annotated[str, Meta(max_length=INSTRUCTION_LIMIT)]


class Mark(Document, frozen=True):
    """Somebody said that something begins or ends at ``time_ns``: a task, or a stretch of the person's own.

    ``instruction`` is what it was to be; ``outcome`` how it went, where it ends.
    """

    session_id: SessionId
    time_ns: Nanoseconds
    kind: Literal["begin", "end"]
    instruction: Instruction = ""
    instructed_by: Source = ""
    outcome: Outcome = "unknown"


class Episode(Document, frozen=True):
    """A run of steps of one session: ``steps`` of them from index ``first_step`` on, never none.

    ``began`` is why it is cut from what came before: the session's begin, a pause, another application, a mark that
    something begins, or one that something ended.
    """

    person_id: PersonId
    session_id: SessionId
    index: Count
    first_step: Count
    steps: Annotated[int, Meta(ge=1)]
    start_ns: Nanoseconds
    end_ns: Nanoseconds
    began: Literal["session", "idle", "window", "begin", "end"]
    apps: list[str]
    instruction: Instruction = ""
    instructed_by: Source = ""
    outcome: Outcome = "unknown"


def decode_marks(data: bytes) -> list[Mark]:
    """The marks of a JSON array; raises :class:`BadInput`."""
    return decode_json(data, list[Mark], name="list of marks", limit_bytes=MARKS_LIMIT_BYTES)
