"""In which words does the page say why something was left out, and what the recorder is doing?

Every reason that a marker can carry has a title, a sentence, and what to do next; a test fails if one is missing.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Words:
    """``title``, ``label`` where there is little room, ``sentence`` for a reader, ``next_step`` for a change."""

    title: str
    label: str
    sentence: str
    next_step: str


LEFT_OUT: Final[dict[str, Words]] = {
    "session": Words(
        "Recording started or stopped",
        "Session",
        "The recorder was started or stopped here.",
        "Nothing to do.",
    ),
    "password_field": Words(
        "Password field",
        "Password",
        "A password field had the focus, so what you typed was never recorded.",
        "Nothing to do: this cannot be switched off.",
    ),
    "focus_unknown": Words(
        "Field could not be told apart",
        "Unclear",
        "The recorder could not tell whether this was a password field, so it recorded no keys.",
        "Nothing to do. The application does not say which of its fields are for passwords.",
    ),
    "app_not_disclosed": Words(
        "Application not disclosed",
        "Other app",
        "You were in an application that the disclosure does not name, so nothing of it was recorded.",
        "Nothing to do: only the applications that you agreed to are recorded.",
    ),
    "no_lease": Words(
        "No permission at that moment",
        "No lease",
        "The recorder had no live permission from the vault, so it recorded nothing.",
        "Nothing to do. It happens when the vault cannot be reached.",
    ),
    "paused_by_person": Words(
        "Paused by you",
        "Paused",
        "You had paused the recording.",
        "Nothing to do: it goes on when you resume.",
    ),
    "paused_by_steward": Words(
        "Paused by a steward",
        "Paused",
        "A steward had paused the recording.",
        "'aboveboard status' shows the reason that the steward gave.",
    ),
    "screen_changed_too_fast": Words(
        "Screen changed too fast",
        "Too fast",
        "The screen changed while it was being read, so that picture was dropped rather than risk showing too much.",
        "Nothing to do.",
    ),
    "overload": Words(
        "Over the agreed budget",
        "Budget",
        "Recording this would have cost more of your computer than you agreed to, so it was dropped.",
        "Nothing to do: the budget is in what you agreed to.",
    ),
}

STATES: Final[dict[str, Words]] = {
    "recording": Words(
        "Recording", "On", "Your work in the applications you agreed to is being recorded.", "Pause at any time."
    ),
    "not_recording": Words(
        "Not recording", "Off", "Nothing is being recorded at the moment.", "'aboveboard record' starts a recording."
    ),
    "paused_by_person": Words("Paused by you", "Paused", "You paused the recording.", "Resume when you want to go on."),
    "paused_by_steward": Words(
        "Paused by a steward", "Paused", "A steward paused the recording.", "'aboveboard status' shows the reason."
    ),
    "unknown": Words(
        "State not known",
        "Unknown",
        "The vault does not answer, so this page cannot tell. Without the vault, recording stops within seconds.",
        "Start the vault or check the network, then load this page again.",
    ),
}
