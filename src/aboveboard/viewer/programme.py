"""What does everybody in the programme see of how it is run? How many are exempt, and what came of each drill."""

from typing import Any

from aboveboard.formats import fleet as fleet_format
from aboveboard.formats.fleet import ShownDrill
from aboveboard.viewer.agreement import iso
from aboveboard.viewer.shelves import Asks

DRILLS_SHOWN = 20


def programme(vault: Asks) -> dict[str, Any]:
    """As the vault publishes it; raises :class:`AboveboardError` if it does not."""
    published = fleet_format.decode_published(vault.get("/v1/programme"))
    return {
        "exempt": {"asking": published.exemptions.asking, "collection": published.exemptions.collection},
        "drills": [_drill(each) for each in published.drills[:DRILLS_SHOWN]],
    }


def _drill(drill: ShownDrill) -> dict[str, Any]:
    counts = drill.report.counts if drill.report is not None else None
    longest = counts.to_stop if counts is not None else None
    return {
        "drill_id": drill.drill_id,
        "at": iso(drill.at_ns),
        "seconds": drill.duration_ns / 1e9,
        "slice": drill.slice,
        "why": drill.why,
        "state": drill.state,
        "devices": counts.devices if counts is not None else None,
        "proven": counts.confirmed + counts.lapsed if counts is not None else None,
        "half_s": longest.p50_ns / 1e9 if longest is not None else None,
        "all_s": longest.max_ns / 1e9 if longest is not None else None,
    }
