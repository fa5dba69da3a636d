"""What is shown of the recorder's state, in a shape and in words?

Two states that differ for the person differ in shape, not in colour alone. The words are those of the closed list
(``rules.decision.EXPLANATIONS``). Counters are no part of a view: it changes only when the answer changes.
"""

from dataclasses import dataclass
from typing import Literal

from aboveboard.recorder.status import RecorderStatus
from aboveboard.rules.decision import EXPLANATIONS, Explanation, Reason

Shape = Literal["recording", "paused", "waiting", "problem"]

TITLES: dict[Shape, str] = {
    "recording": "Recording",
    "paused": "Paused",
    "waiting": "Not recording",
    "problem": "Not recording",
}
RECORDING = Explanation("What you do in the applications you agreed to is recorded.", "")
STOPPED = Explanation("The recording has ended.", "")

TROUBLES = frozenset(
    {
        Reason.RULE_ERROR,
        Reason.CAPTURE_INCOMPLETE,
        Reason.SPOOL_FULL,
        Reason.LEASE_SIGNATURE,
        Reason.LEASE_NOT_ASKED_FOR,
        Reason.LEASE_RECORD_BEHIND,
    }
)
"""What somebody should look at; the other reasons not to record are ordinary."""


@dataclass(frozen=True)
class View:
    """``marked``: it records, and something is wrong beside. ``notes`` are further lines, most important first."""

    shape: Shape
    sentence: str
    next_step: str = ""
    marked: bool = False
    notes: tuple[str, ...] = ()
    paused_elsewhere: bool = False

    @property
    def title(self) -> str:
        """In one or two words."""
        return TITLES[self.shape]


WAITING = View("waiting", "The recorder is starting.")


def view_of(status: RecorderStatus, *, notes: tuple[str, ...] = (), paused_elsewhere: bool = False) -> View:
    """The view of a status; ``notes`` come before what is wrong."""
    wrong = tuple(word for word in (*status.problems, status.error) if word)
    if status.why:
        notes = (f"The steward's reason: {status.why}", *notes)
    elif status.paused_apps:
        notes = (f"Not recorded just now, by a steward's pause: {', '.join(status.paused_apps)}", *notes)
    shape: Shape
    if status.state == "recording":
        words, shape = RECORDING, "recording"
    elif status.state == "paused":
        words, shape = _explained(status), "paused"
    elif status.state == "stopped":
        words, shape = STOPPED, "waiting"
    else:
        words, shape = _explained(status), "problem" if _is_trouble(status) else "waiting"
    return View(
        shape=shape,
        sentence=words.sentence,
        next_step=words.next_step,
        marked=bool(wrong) and shape == "recording",
        notes=(*notes, *wrong),
        paused_elsewhere=paused_elsewhere,
    )


def _is_trouble(status: RecorderStatus) -> bool:
    known = {str(reason) for reason in Reason}
    return bool(status.problems) or status.reason not in known or Reason(status.reason) in TROUBLES


def _explained(status: RecorderStatus) -> Explanation:
    try:
        return EXPLANATIONS[Reason(status.reason)]
    except ValueError:  # an error's code: its words are in ``error``
        return Explanation("Nothing is recorded.", "")
