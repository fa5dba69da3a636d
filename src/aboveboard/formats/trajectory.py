"""What did the person do, and what was on the screen just before?

A step is one action with the frame in force just before it. Times are wall time in integer nanoseconds; positions are
screen pixels. The rules by which steps are cut from events are in ``docs/spec/trajectory.md``.
"""

from typing import Annotated, Literal

from msgspec import Meta

from aboveboard.formats.fields import Count, Document, Nanoseconds, PersonId, SegmentId, SessionId, Sha256
from aboveboard.formats.recording import Coordinate

ActionKind = Literal["click", "double_click", "drag", "scroll", "type", "key"]


class Step(Document, frozen=True):
    """One action.

    ``time_ns`` is when it began and ``end_ns`` when it ended; ``frame_sha256`` names the PNG of the whole screen in
    force just before ``time_ns`` (``None`` where no screen was recorded). ``x``, ``y`` are where a pointer action
    began, ``end_x``, ``end_y`` where it ended. ``text`` is what ``type`` typed; ``key`` the name of a ``key``, with its
    modifiers ("Control+s"). ``scroll_dx``, ``scroll_dy`` are wheel steps. ``app``, ``title`` and the window's rectangle
    are those in force at ``time_ns``. ``segments`` are the sources. ``events`` is how many events it was made from.
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
