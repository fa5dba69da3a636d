"""What does the recorder tell the person it records?"""

from dataclasses import dataclass, field
from typing import Literal

State = Literal["waiting", "recording", "paused", "stopped"]


@dataclass(frozen=True)
class RecorderStatus:
    """Now. ``reason`` is the word from the closed list (or an error's code) that explains ``state``; "ok" if recording.

    ``events`` and ``frames`` are those kept so far, ``sealed_bytes`` what they became; ``spooled_bytes`` wait for the
    vault; ``cpu_s`` is the processor time of this process, of all its threads. ``problems`` says in words what the
    watchdog found; ``pace`` is how closely the screen is recorded just now, so that the budget is kept. ``why`` is a
    steward's reason for a pause, in their words; ``paused_apps`` are out of scope while the rest is recorded.
    """

    state: State
    reason: str
    seconds: float = 0.0
    events: int = 0
    frames: int = 0
    segments: int = 0
    sealed_bytes: int = 0
    spooled_bytes: int = 0
    uploaded: int = 0
    refused: int = 0
    cpu_s: float = 0.0
    error: str = ""
    problems: tuple[str, ...] = ()
    pace: str = "full rate"
    why: str = ""
    paused_apps: tuple[str, ...] = ()


@dataclass(frozen=True)
class RecordingSummary:
    """At the end. ``dropped`` counts, by reason, what was captured and not kept; the recording says so too."""

    session_id: str
    seconds: float
    events: int
    frames: int
    segments: int
    sealed_bytes: int
    uploaded: int
    spooled_bytes: int
    refused: int
    cpu_s: float
    dropped: dict[str, int] = field(default_factory=dict)
