"""What did the simulated fleet show? Numbers for a machine, and the same in words."""

from collections.abc import Sequence

import msgspec

from aboveboard.commands.simulated.frames import Offered
from aboveboard.formats.fleet import PauseReport

TARGET_P50_S, TARGET_P99_S, TARGET_LEASE_S = 0.5, 2.0, 15.0


class Spread(msgspec.Struct, frozen=True):
    """Seconds."""

    count: int
    p50: float
    p99: float
    max: float


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Of one run. ``pause``: from the steward's command until a device online records nothing more; ``by_silence``:
    from the newest lease of a device that was told nothing until it recorded nothing more."""

    devices: int
    replicas: int
    disturbed: dict[str, int]
    connect_s: float
    steady_s: float
    renewals_per_s: float
    renewal: Spread
    vault_cpu_us: float
    """Of the vault's processes, for each renewal while nothing else happened."""
    simulator_cpu_us: float
    pause_taken_s: float
    """Until the vault has the steward's command on its disk, and has answered."""
    pause: Spread
    by_silence: Spread
    all_stopped_s: float
    told: PauseReport | None
    """What the vault itself told the steward of that pause."""
    resumed: Spread
    offered: dict[str, int]
    accepted: dict[str, int]
    refused: dict[str, int]
    accepted_after_pause: int
    last_accepted_after_s: float | None
    sent: dict[str, int]
    sent_accepted: dict[str, int]
    sent_accepted_after_pause: int
    """Those of the frames that were sent to the running vault over HTTP."""

    @property
    def held(self) -> bool:
        """Did it do what is promised?"""
        return (
            self.pause.p50 <= TARGET_P50_S
            and self.pause.p99 <= TARGET_P99_S
            and self.by_silence.max <= TARGET_LEASE_S
            and self.accepted_after_pause == self.sent_accepted_after_pause == 0
            and self.accepted.get("before", 0) > 0
        )


def spread(values: Sequence[float]) -> Spread:
    """The middle, the slowest of a hundred, the slowest."""
    ordered = sorted(values) or [0.0]
    at = [ordered[min(len(ordered) - 1, int(part * len(ordered)))] for part in (0.5, 0.99)]
    return Spread(count=len(values), p50=at[0], p99=at[1], max=ordered[-1])


def in_words(report: Report) -> str:
    """For a terminal."""
    disturbed = ", ".join(f"{count} {what}" for what, count in report.disturbed.items()) or "nobody disturbed"
    lines = [
        f"{report.devices} devices on {report.replicas} process(es) of the vault; {disturbed}",
        f"connected        in {report.connect_s:.1f} s",
        f"leases           {report.renewals_per_s:.0f} a second for {report.steady_s:.0f} s, each answered in "
        f"{_ms(report.renewal)}",
        f"cost of one      {report.vault_cpu_us:.0f} us of the vault, {report.simulator_cpu_us:.0f} us of the devices",
        f"pause, taken     on record after {report.pause_taken_s:.2f} s",
        f"pause, online    {report.pause.count} devices recorded nothing more after {_s(report.pause)}",
        f"pause, by silence {report.by_silence.count} devices, from their newest lease: {_s(report.by_silence)}",
        f"all stopped      {report.all_stopped_s:.2f} s after the pause",
        *_told(report.told),
        f"going on again   {_s(report.resumed)}",
        f"frames offered   {_counts(report.offered)}; taken in: {_counts(report.accepted)}",
        f"refused          {_counts(report.refused)}",
        f"frames sent      {_counts(report.sent)}; taken in: {_counts(report.sent_accepted)}",
        f"last frame taken in {_late(report.last_accepted_after_s)} the pause; taken in of what came after it: "
        f"{report.accepted_after_pause + report.sent_accepted_after_pause}",
        "it did what is promised" if report.held else "IT DID NOT DO WHAT IS PROMISED",
    ]
    return "\n".join(lines)


def _told(told: PauseReport | None) -> list[str]:
    if told is None or told.counts is None:
        return []
    each = told.counts
    said = "all stopped" if told.stopped else f"{each.possible} possible"
    return [
        f"the vault says   {said}: of {each.devices} devices {each.confirmed} asked and were refused, "
        f"{each.lapsed} have no lease any more"
    ]


def counts(found: Offered) -> tuple[dict[str, int], dict[str, int]]:
    """Offered and accepted, by when."""
    return dict(found.offered), dict(found.accepted)


def _s(found: Spread) -> str:
    return f"p50 {found.p50:.2f} s, p99 {found.p99:.2f} s, at most {found.max:.2f} s"


def _ms(found: Spread) -> str:
    return f"p50 {1000 * found.p50:.1f} ms, p99 {1000 * found.p99:.0f} ms, at most {1000 * found.max:.0f} ms"


def _counts(found: dict[str, int]) -> str:
    return ", ".join(f"{count} {what}" for what, count in sorted(found.items())) or "none"


def _late(seconds: float | None) -> str:
    if seconds is None:
        return "none before"
    return f"{abs(seconds):.3f} s {'after' if seconds > 0 else 'before'}"
