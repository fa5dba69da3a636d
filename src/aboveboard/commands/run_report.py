"""What does a run say at its end, to a person and to a script?"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from aboveboard.base.clock import MILLISECOND_NS
from aboveboard.commands.ledger import Verified
from aboveboard.commands.main import Session
from aboveboard.commands.rehearsal import Rehearsal
from aboveboard.formats.assessment import Assessment
from aboveboard.lab.flow import DerivedDataset
from aboveboard.stage.compare import Comparison

if TYPE_CHECKING:
    from aboveboard.commands.training import Part


@dataclass(frozen=True)
class Facts:
    """Everything that the summary is made from."""

    seconds: float
    rehearsal: Rehearsal
    dataset: DerivedDataset
    comparison: Comparison
    model_id: str
    model_path: Path
    trained: "Part"
    assessment_id: str
    assessment: Assessment
    ledger: Verified

    def for_scripts(self, url: str) -> dict[str, object]:
        """The same as numbers."""
        summary = self.rehearsal.summary
        return {
            "seconds": round(self.seconds, 1),
            "episodes": len(self.rehearsal.episodes),
            "events_sent": self.comparison.sent,
            "events_in_dataset": self.comparison.found,
            "events_left_out": self.comparison.left_out,
            "events_lost": self.comparison.lost,
            "time_error_p50_ms": self.comparison.error_p50_ns / MILLISECOND_NS,
            "time_error_p95_ms": self.comparison.error_p95_ns / MILLISECOND_NS,
            "frames": summary.frames,
            "segments": summary.segments,
            "sealed_bytes": summary.sealed_bytes,
            "recorded_seconds": summary.seconds,
            "recorder_cpu_seconds": summary.cpu_s,
            "ledger_entries": self.ledger.size,
            "dataset": str(self.dataset.path),
            "model": str(self.model_path),
            "assessment": msgspec.to_builtins(self.assessment),
            "page": url,
        }


def show_summary(session: Session, facts: Facts, url: str) -> None:
    """Print it."""
    if session.as_json:
        session.show("", facts.for_scripts(url))
        return
    compared, summary, totals = facts.comparison, facts.rehearsal.summary, facts.dataset.totals
    share = summary.cpu_s / summary.seconds if summary.seconds else 0.0
    actions = ", ".join(f"{count} {action.replace('_', ' ')}" for action, count in totals.actions.items())
    rows = [
        (
            "done in",
            f"{facts.seconds:.0f} s; {len(facts.rehearsal.episodes)} episodes, {facts.rehearsal.solved} solved",
        ),
        (
            "events",
            f"{compared.sent} sent by the person, {compared.found} in the data set, {compared.left_out} left out "
            f"(where one logs in, or before it was known what a page is), {compared.lost} lost",
        ),
        (
            "times",
            f"error {compared.error_p50_ns / MILLISECOND_NS:.2f} ms median, "
            f"{compared.error_p95_ns / MILLISECOND_NS:.2f} ms at the 95th percentile",
        ),
        ("screen", f"{summary.frames} frames, lossless, only what changed"),
        ("sealed", f"{summary.sealed_bytes / 1e6:.2f} MB in {summary.segments} segments, {summary.uploaded} taken in"),
        ("recorder", f"{summary.cpu_s:.1f} s of processor time in {summary.seconds:.0f} s ({share:.1%} of one core)"),
        ("ledger", f"{facts.ledger.size} entries: signed, witnessed, recomputed; root {facts.ledger.root.hex()[:16]}…"),
        ("data set", f"{totals.steps} steps ({actions})"),
        ("", str(facts.dataset.path)),
        ("model", f"trained in {facts.trained.seconds:.0f} s; {facts.model_path}"),
    ]
    click.echo()
    for name, words in rows:
        click.echo(f"  {click.style(f'{name:<9}', bold=True)} {words}")
    click.echo()
    click.echo("\n".join(f"  {line}" for line in facts.assessment.text().splitlines()))
    click.echo()
    click.echo(f"  {click.style('the page', bold=True)}  {url}")
