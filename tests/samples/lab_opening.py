"""Opening under a grant in a :class:`LabWorld`."""

from dataclasses import replace
from typing import Any

import msgspec

from aboveboard.lab.open import Opened, open_grant
from aboveboard.lab.while_granted import WhileGranted
from aboveboard.ledger import checkpoint as checkpoints
from samples.lab_world import ORIGIN, LabWorld


def held_open(made: LabWorld, grant_id: str) -> WhileGranted:
    honest = msgspec.structs.replace(made.trust, log_key=checkpoints.log_key(ORIGIN, made.log_key.public_bytes))
    return WhileGranted(made, grant_id, made.staff_key, honest, clock=made.clock)


def open_all(made: LabWorld, grant_id: str, **changes: Any) -> list[Opened]:
    """All that a grant opens, kept after its end."""
    values: dict[str, Any] = {"identity": made.identity, "trust": made.trust, "requester_key": made.staff_key.public}
    values |= changes
    with held_open(made, grant_id) as granted:
        opening = open_grant(
            made,
            grant_id,
            values["identity"],
            values["trust"],
            requester_key=values["requester_key"],
            granted=granted,
            clock=made.clock,
        )
        return [replace(one, items=list(one.items)) for one in opening]
