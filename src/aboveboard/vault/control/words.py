"""Which word do those concerned get when something has changed?

A pause stops them, whatever it is of: who hears it records nothing until they have asked. All else lets them ask.
"""

from dataclasses import dataclass

from aboveboard.formats.control import SPREAD_LIMIT_MS, Word
from aboveboard.rules.decision import Reason
from aboveboard.rules.pause import Scope
from aboveboard.vault.pausing import scope_of
from aboveboard.vault.storage.rows import ChangeRow, PauseRow

AT_ONCE = 50
ASKS_PER_S = 2_000
"""How many requests for leases this process would rather not exceed when it makes many ask."""


@dataclass(frozen=True)
class News:
    """``word`` for those in ``scope``. ``forgets``: what was remembered of them may have changed; with ``pause`` only
    what is remembered of that pause has."""

    scope: Scope
    word: Word
    forgets: bool = True
    pause: PauseRow | None = None


def news_of(change: ChangeRow, pause: PauseRow | None) -> News:
    """What a change means; ``pause`` is the one that it is about, if any. What is not understood concerns everyone."""
    match change.kind:
        case "pause" if pause is not None:
            reason = Reason.PAUSED_BY_PERSON if pause.made_by == "person" else Reason.PAUSED_BY_STEWARD
            why = f"{pause.wm_class}: {pause.reason}" if pause.wm_class else pause.reason
            return News(scope_of(pause), Word(what="stop", reason=reason, why=why[:200]), pause=pause)
        case "resume" if pause is not None:
            return News(scope_of(pause), Word(what="ask"), pause=pause)
        case "consent" | "key":
            return News(Scope(person_id=change.subject), Word(what="ask"))
        case "withdrawal" | "erasure":
            return News(Scope(person_id=change.subject), Word(what="stop"))
        case "news":
            return News(Scope(person_id=change.subject or None), Word(what="look"))
        case _:
            return News(Scope(), Word(what="ask"))


def spread_ms(listeners: int) -> int:
    """Within which time so many should ask."""
    return 0 if listeners <= AT_ONCE else min(SPREAD_LIMIT_MS, listeners * 1000 // ASKS_PER_S)
