"""What became of each part of a request that carries several?

Each part is judged by itself: one that is refused does not harm its neighbours, and its error comes back as the same
error that the whole request would have had.
"""

from collections.abc import Callable
from typing import Literal

from aboveboard.base.errors import AboveboardError
from aboveboard.formats.fields import Document
from aboveboard.wire import problem as problems
from aboveboard.wire.problem import Problem

SEGMENTS_LIMIT = 64
"""How many segments one request declares or sends at most."""

State = Literal["declared", "stored"]


class Outcome(Document, frozen=True):
    """Of one segment. ``declared``: the sealed bytes are awaited; ``stored``: they are durable, and the device may
    forget them; ``refused``: ``problem`` says why."""

    state: Literal["declared", "stored", "refused"]
    problem: Problem | None = None

    def error(self) -> AboveboardError | None:
        """The error that the other side met; ``None``: none."""
        if self.state != "refused":
            return None
        return problems.error_of(self.problem or Problem(title="error", status=500))


def tried(step: Callable[[], State]) -> Outcome:
    """What ``step`` says of a part, or the error of ours that it raises."""
    try:
        return Outcome(state=step())
    except AboveboardError as error:
        return refused(error)


def refused(error: AboveboardError) -> Outcome:
    """A part that met ``error``."""
    return Outcome(state="refused", problem=problems.from_error(error))
