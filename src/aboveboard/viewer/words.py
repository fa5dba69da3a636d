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
        "Too much at once",
        "Too much",
        "More happened at once than the recorder could keep, so some of it was dropped.",
        "Nothing to do.",
    ),
    "over_budget": Words(
        "Over the agreed budget",
        "Budget",
        "Recording this would have cost more of your computer than you agreed to, so it stopped.",
        "Nothing to do: the budget is in what you agreed to.",
    ),
    "on_battery": Words(
        "Battery low",
        "Battery",
        "The battery was low, so recording stopped.",
        "Nothing to do: the limit is in what you agreed to.",
    ),
    "screen_locked": Words(
        "Screen locked", "Locked", "The screen was locked, so nothing was recorded.", "Nothing to do."
    ),
    "asleep": Words("Machine asleep", "Asleep", "This machine slept.", "Nothing to do."),
    "not_visible": Words(
        "Could not be shown",
        "Not shown",
        "Nothing on the display could show that it was recorded, so it was not.",
        "Nothing to do. A tray in the desktop's panel prevents it.",
    ),
    "discarded_by_person": Words(
        "Deleted by you",
        "Deleted",
        "You deleted this before it left your machine.",
        "Nothing to do: it is gone.",
    ),
    "events_lost": Words(
        "Input was missed",
        "Missed",
        "Some of what you did did not reach the recording. The recorder noticed, and says so.",
        "Nothing to do.",
    ),
    "screen_stalled": Words(
        "Screen was missed",
        "Missed",
        "The screen changed and the recording did not follow. The recorder noticed, and says so.",
        "Nothing to do.",
    ),
    "encoder_failed": Words(
        "Could not be written",
        "Failed",
        "The recorder failed to write this part, so it is missing.",
        "Report this if it happens again.",
    ),
    "disk_full": Words(
        "Disk full", "Disk full", "The disk was full, so nothing could be kept.", "Make room on this machine's disk."
    ),
    "detector_missing": Words(
        "Could not be checked",
        "Unchecked",
        "A part that recognises what is personal was missing, so titles, names, or text on the screen were left out.",
        "Tell the programme's contact; 'aboveboard record' says which part.",
    ),
    "not_decided": Words(
        "Not known in time",
        "Not known",
        "What a page showed, or what the last keys had typed, was not known in time, so it was left out.",
        "Nothing to do.",
    ),
    "site_not_disclosed": Words(
        "Site not disclosed",
        "Other site",
        "The browser showed a site that your agreement does not name, or it was not certain which one.",
        "Nothing to do.",
    ),
    "sensitive_site": Words(
        "Never recorded",
        "Never recorded",
        "The page looked like one that nobody should collect at work: health, tax, a union, a bank, a job search or "
        "private mail.",
        "Nothing to do.",
    ),
    "private_window": Words(
        "Private window",
        "Private",
        "The browser's window was a private one, and those are not recorded.",
        "Nothing to do.",
    ),
    "log_in": Words(
        "Log-in",
        "Log-in",
        "You were logging in: everything from entering the page until leaving it was left out.",
        "Nothing to do.",
    ),
    "hidden_prompt": Words(
        "Hidden prompt",
        "Hidden prompt",
        "The terminal asked for something that it does not show, so what you typed was never recorded.",
        "Nothing to do.",
    ),
    "covered_by_person": Words(
        "Covered by you", "Covered", "You covered this before it left your machine.", "Nothing to do."
    ),
    "picture": Words(
        "Pictures covered",
        "Picture",
        "Photographs or films were on the screen, or what looks like them, so they were covered.",
        "Nothing to do.",
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
