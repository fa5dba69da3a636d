"""What is a step while it is still being made?

Events join it one by one; a late release may join after it was completed, so its last values are read only when the
session is over.
"""

from dataclasses import dataclass, field

from aboveboard.formats.recording import Control, Site, Window
from aboveboard.formats.trajectory import ActionKind, Step
from aboveboard.replay.bands import Picture

NO_WINDOW = Window(app="", title="", pid=0, x=0, y=0, width=0, height=0)
NO_SITE = Site(host="")


@dataclass(frozen=True)
class Shot:
    """The frame in force at some moment. Two shots of the same ``version`` show the same frame."""

    version: int
    picture: Picture | None


@dataclass(eq=False)
class Draft:
    """An action begun at ``time_ns``. ``discarded`` says why it became no step; its events then count as unused."""

    action: ActionKind
    time_ns: int
    window: Window
    shot: Shot | None
    site: Site = NO_SITE
    element: Control | None = None
    end_ns: int = 0
    last_press_ns: int = 0
    segments: list[str] = field(default_factory=list)
    events: int = 0
    x: int | None = None
    y: int | None = None
    end_x: int | None = None
    end_y: int | None = None
    button: int | None = None
    scroll_dx: float = 0.0
    scroll_dy: float = 0.0
    text: list[str] = field(default_factory=list)
    key: str = ""
    shortcut: str = ""
    to: Window = NO_WINDOW
    cause: "Draft | None" = None
    frame_sha256: str | None = None
    discarded: str = ""

    def add(self, time_ns: int, segment_id: str, events: int = 1) -> None:
        """Count ``events`` of ``segment_id`` into the step."""
        self.end_ns = max(self.end_ns, self.time_ns, time_ns)
        self.events += events
        if segment_id not in self.segments:
            self.segments.append(segment_id)

    def begin_at(self, x: int, y: int) -> None:
        """A pointer action begins, and so far ends, at (x, y)."""
        self.x, self.y = x, y
        self.end_x, self.end_y = x, y

    def moved(self) -> int:
        """The square of the distance in pixels between begin and end."""
        return _square(self.x, self.end_x) + _square(self.y, self.end_y)

    def away_from(self, other: "Draft") -> int:
        """The square of the distance in pixels between the begins of two actions."""
        return _square(self.x, other.x) + _square(self.y, other.y)

    def covers(self, control: Control) -> bool:
        """Did it begin within the extents of ``control``?"""
        across, down = (self.x or 0) - control.x, (self.y or 0) - control.y
        return self.x is not None and 0 <= across < control.width and 0 <= down < control.height

    def absorb(self, other: "Draft") -> None:
        """Take over the events of ``other``, the second half of this action."""
        self.end_ns = max(self.end_ns, other.end_ns)
        self.events += other.events
        self.end_x, self.end_y = other.end_x, other.end_y
        self.segments.extend(name for name in other.segments if name not in self.segments)

    def step(self, person_id: str, session_id: str, index: int, caused_by: int | None) -> Step:
        """The finished step; ``caused_by`` is the index of :attr:`cause`."""
        return Step(
            person_id=person_id,
            session_id=session_id,
            index=index,
            time_ns=self.time_ns,
            end_ns=self.end_ns,
            action=self.action,
            app=self.window.app,
            title=self.window.title,
            window_x=self.window.x,
            window_y=self.window.y,
            window_width=self.window.width,
            window_height=self.window.height,
            frame_sha256=self.frame_sha256,
            segments=list(self.segments),
            events=self.events,
            x=self.x,
            y=self.y,
            end_x=self.end_x,
            end_y=self.end_y,
            button=self.button,
            scroll_dx=self.scroll_dx,
            scroll_dy=self.scroll_dy,
            text="".join(self.text),
            key=self.key,
            host=self.site.host,
            url=self.site.url,
            element=self.element,
            shortcut=self.shortcut,
            to_app=self.to.app,
            to_title=self.to.title,
            caused_by=caused_by,
        )


def _square(one: int | None, other: int | None) -> int:
    return ((one or 0) - (other or 0)) ** 2
