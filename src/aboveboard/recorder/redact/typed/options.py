"""How long may typing wait to be judged, how does the application edit, and how much is kept in memory?"""

from dataclasses import dataclass
from typing import Literal

from aboveboard.base.clock import SECOND_NS


@dataclass(frozen=True, slots=True)
class Options:
    """``editing``: "field" as text fields of most toolkits, "readline" as a shell in a terminal, "mac" as on macOS.

    ``overwrites``: the Insert key lets typing replace what stands there (GTK, office programs; not browsers).
    A unit is over ``idle_ns`` after its last press. After ``cap_ns`` or ``cap_events`` since the first event that
    waits, what lies before a safe boundary is judged; after ``hard_cap_ns`` or ``hard_cap_events`` all that waits.
    """

    editing: Literal["field", "readline", "mac"] = "field"
    overwrites: bool = True
    idle_ns: int = 2 * SECOND_NS
    cap_ns: int = 8 * SECOND_NS
    cap_events: int = 1_000
    hard_cap_ns: int = 16 * SECOND_NS
    hard_cap_events: int = 3_000

    def __post_init__(self) -> None:
        """Raises :class:`ValueError` for limits that would let a unit wait for ever, or not at all."""
        if not 0 < self.idle_ns <= self.cap_ns <= self.hard_cap_ns or not 0 < self.cap_events <= self.hard_cap_events:
            raise ValueError("idle, cap and hard cap must be above 0 and in this order")


FIELD_CHARACTERS = 4_000
"""So much of a field's text is remembered; what lies farthest from the caret is dropped first."""
CONTEXT_CHARACTERS = 400
"""So much before and after what is new is judged with it."""
AROUND_CHARACTERS = 120
"""So much before and after a deletion is judged with what was deleted."""
DRAFTS = 64
"""So many texts on the way are judged in one unit; what was deleted after that is covered, unjudged."""
UNDO_STEPS = 100
