"""Which drills begin now, and how does everybody see them?

A drill is a pause that a steward signed beforehand. The vault begins it by itself at its time, exactly as if it were
posted then, so that what is tried is what is used. One whose time has passed by half, because no vault ran, is missed
and stays so; one whose steward is none any more is called off.
"""

from aboveboard.base.errors import BadInput, Tampered
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats import fleet as fleet_format
from aboveboard.formats import pause as pause_format
from aboveboard.formats.fleet import DRILL_TYPE, Drill, DrillState, PauseReport, ShownDrill
from aboveboard.formats.pause import PAUSE_TYPE, Pause
from aboveboard.rules.fleet import REPORT_NS
from aboveboard.sealing.signatures import open_signed, signed_by
from aboveboard.vault.place import Vault
from aboveboard.vault.storage.fleet_records import DrillRow
from aboveboard.vault.storage.records import Transaction
from aboveboard.vault.storage.rows import PauseRow


def begin_due(vault: Vault, tx: Transaction, *, now_ns: int) -> None:
    """Begin those whose time has come; note which were missed or called off."""
    stewards = [member.key for member in vault.roster().staff if member.role == "steward"]
    for row in tx.drills_due(now_ns=now_ns):
        if now_ns >= row.at_ns + row.duration_ns // 2:
            tx.set_drill(row.drill_id, "missed")
        elif not _signed_by(row, stewards):
            tx.set_drill(row.drill_id, "called_off")
        else:
            tx.add_pause(_pause_row(row, now_ns))
            tx.set_drill(row.drill_id, "begun")


def _signed_by(row: DrillRow, keys: list[str]) -> bool:
    try:
        signed_by(envelope_format.decode(row.envelope.encode()), DRILL_TYPE, keys)
    except (Tampered, BadInput):
        return False
    return True


def drill_of(row: DrillRow) -> Drill:
    """The document."""
    return fleet_format.decode_drill(envelope_format.decode(row.envelope.encode()).body())


def pause_of(drill: Drill) -> Pause:
    """The pause that it begins."""
    return pause_format.decode_pause(drill.pause.body())


def signed_pause(drill: Drill, steward_key: str) -> Pause:
    """The same, its signature checked; raises Tampered."""
    return pause_format.decode_pause(open_signed(drill.pause, PAUSE_TYPE, steward_key))


def shown(row: DrillRow, report: PauseReport | None, *, now_ns: int) -> ShownDrill:
    """The drill as everybody in the programme sees it."""
    drill = drill_of(row)
    state: DrillState
    if row.state == "begun":
        state = "done" if now_ns >= row.at_ns + max(row.duration_ns, REPORT_NS) else "running"
    else:
        state = row.state
    return ShownDrill(
        drill_id=row.drill_id,
        at_ns=row.at_ns,
        duration_ns=row.duration_ns,
        slice=slice_of(pause_of(drill)),
        why=drill.why,
        state=state,
        report=report,
    )


def slice_of(pause: Pause) -> str:
    """Whom it concerns, in words."""
    if pause.cohort is not None:
        return f"cohort {pause.cohort}"
    if pause.country is not None:
        return f"country {pause.country}"
    return "everyone" if pause.share is None else f"{pause.share} of 100, picked by chance"


def _pause_row(row: DrillRow, now_ns: int) -> PauseRow:
    drill = drill_of(row)
    pause = pause_of(drill)
    return PauseRow(
        pause_id=pause.pause_id,
        made_by="steward",
        person_id=pause.person_id,
        envelope=envelope_format.encode(drill.pause).decode("utf-8"),
        at_ns=now_ns,
        until_ns=row.at_ns + row.duration_ns,
        cohort=pause.cohort,
        country=pause.country,
        reason=pause.reason.strip(),
        share=pause.share,
    )
