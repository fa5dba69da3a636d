"""What do the rules need to know of the pauses that are on record?"""

from collections.abc import Sequence

from aboveboard.rules.pause import PauseFacts, Scope
from aboveboard.vault.storage.rows import PauseRow


def facts_of(pauses: Sequence[PauseRow]) -> list[PauseFacts]:
    """Those that concern one person."""
    return [
        PauseFacts(
            by=pause.made_by,
            at_ns=pause.at_ns,
            ended_at_ns=pause.end_ns(),
            wm_class=pause.wm_class or "",
            reason=pause.reason,
        )
        for pause in pauses
    ]


def scope_of(pause: PauseRow) -> Scope:
    """Whom it concerns."""
    return Scope(
        person_id=pause.person_id,
        cohort=pause.cohort,
        country=pause.country,
        share=pause.share,
        pause_id=pause.pause_id,
    )
