"""What does the vault remember of the fleet, of drills and of exemptions? Rows, and the port's part for them.

Times are the vault's wall time in nanoseconds. What the port promises is said in ``records``.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from aboveboard.rules.fleet import News, Place, Stop
from aboveboard.vault.storage.rows import PauseRow


@dataclass(frozen=True)
class FleetCount:
    """How many devices of one country and cohort had this answer last, with or without a live lease."""

    country: str
    cohort: str
    answer: str
    lease_live: int
    lately: int
    devices: int


@dataclass(frozen=True)
class PauseReportRow:
    """A steward's pause that is, or was, watched. ``report`` and ``stragglers`` are JSON, once it is closed."""

    pause_id: str
    people: int
    report: str | None = None
    stragglers: str | None = None


@dataclass(frozen=True)
class DrillRow:
    """``envelope`` is the signed drill. ``state``: what became of it, before its pause tells the rest."""

    drill_id: str
    envelope: str
    at_ns: int
    duration_ns: int
    pause_id: str
    state: Literal["scheduled", "begun", "missed", "called_off"]
    received_at_ns: int


@dataclass(frozen=True)
class ExemptionRow:
    """``envelope`` is the signed exemption."""

    exemption_id: str
    kind: Literal["asking", "collection"]
    envelope: str
    person_id: str | None
    pause_id: str | None
    until_ns: int
    received_at_ns: int


class Fleet(Protocol):
    """Devices as they were answered last. Only those whose consent is live are counted."""

    def note_news(self, news: Mapping[str, News]) -> None:
        """Keep the newest of each device; what is older than what is kept changes nothing."""

    def fleet_counts(self, *, now_ns: int, lately_ns: int) -> list[FleetCount]: ...
    def fleet_people(self) -> dict[Place, int]: ...
    def fleet_versions(self, *, since_ns: int) -> dict[str, int]:
        """Recorder version → devices that asked since then."""

    def fleet_health(self, *, since_ns: int) -> list[str]:
        """The words of each device that told any since then; never which."""


class Reports(Protocol):
    """How pauses arrive. The rows of devices are deleted when a report is closed."""

    def open_report(self, pause: PauseRow) -> None:
        """Count whom it concerns, and note every device of theirs whose lease was live when it began."""

    def pauses_without_report(self, *, since_ns: int) -> list[PauseRow]:
        """Pauses by stewards."""

    def pauses_by_stewards(self, *, limit: int) -> list[PauseRow]:
        """The newest, newest first."""

    def open_reports(self) -> list[PauseReportRow]: ...
    def pause_report(self, pause_id: str) -> PauseReportRow | None: ...
    def close_report(self, pause_id: str, *, report: str, stragglers: str) -> None: ...
    def stops(self, pause_id: str) -> list[Stop]: ...
    def stops_of(self, pause: PauseRow, device_ids: Collection[str]) -> dict[str, Stop]:
        """Those of these devices that the pause concerns; a new :class:`Stop` for each that is not noted yet."""

    def note_stops(self, pause_id: str, stops: Sequence[Stop]) -> None:
        """Write each, over what is there."""


class Drills(Protocol):
    """Drills, newest first. Only one that is scheduled changes."""

    def add_drill(self, row: DrillRow) -> None: ...
    def drill(self, drill_id: str) -> DrillRow | None: ...
    def all_drills(self) -> list[DrillRow]: ...
    def drills_due(self, *, now_ns: int) -> list[DrillRow]: ...
    def set_drill(self, drill_id: str, state: str) -> None: ...


class Exemptions(Protocol):
    """Exemptions, oldest first."""

    def add_exemption(self, row: ExemptionRow) -> None: ...
    def exemption(self, exemption_id: str) -> ExemptionRow | None: ...
    def all_exemptions(self) -> list[ExemptionRow]: ...


class FleetRecords(Fleet, Reports, Drills, Exemptions, Protocol):
    """All of it."""
