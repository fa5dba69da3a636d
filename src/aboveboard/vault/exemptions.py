"""Who is exempt, and how many are?

Nobody by rank. An exemption is a steward's signed document with a ground from a closed list and a reason. It is in
force until its time, and one from collection only while the pause lasts that carries it out: whoever is recorded is
not exempt.
"""

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import BadInput, NotFound
from aboveboard.formats.fleet import Exemption, ExemptionCounts
from aboveboard.vault.storage.fleet_records import ExemptionRow
from aboveboard.vault.storage.records import Transaction

LONGEST_NS = 366 * 86_400 * SECOND_NS
"""Then somebody has to think again."""


def check(tx: Transaction, exemption: Exemption, *, now_ns: int) -> None:
    """May it be recorded? Raises BadInput or NotFound."""
    if not now_ns < exemption.until_ns <= now_ns + LONGEST_NS:
        raise BadInput("an exemption lasts a year at most", cause="its end is not within a year", fix="set its end")
    named = (exemption.person_id is not None, exemption.pause_id is not None)
    if named != ((True, True) if exemption.kind == "collection" else (False, False)):
        raise BadInput(
            "an exemption from collection names a person and the pause that carries it out; one from asking neither",
            cause="the two kinds were mixed up",
            fix="pause the person first, then name that pause; whoever takes no part is not named",
        )
    if exemption.kind == "asking":
        return
    pause = tx.pause(exemption.pause_id or "")
    if pause is None or pause.made_by != "steward" or pause.person_id != exemption.person_id:
        raise NotFound("there is no such pause of this person by a steward", cause="it was mistyped", fix="check it")
    if pause.end_ns() is not None:
        raise BadInput("this pause has an end", cause="it was made for something else", fix="make one without an end")


def in_force(tx: Transaction, row: ExemptionRow, *, now_ns: int) -> bool:
    """Does it hold now?"""
    if row.until_ns <= now_ns:
        return False
    if row.kind == "asking":
        return True
    pause = tx.pause(row.pause_id or "")
    return pause is not None and pause.end_ns() is None


def counts(tx: Transaction, *, now_ns: int) -> ExemptionCounts:
    """How many are in force; for everybody to see. A person who has two counts once."""
    rows = [row for row in tx.all_exemptions() if in_force(tx, row, now_ns=now_ns)]
    return ExemptionCounts(
        asking=sum(row.kind == "asking" for row in rows),
        collection=len({row.person_id for row in rows if row.kind == "collection"}),
    )
