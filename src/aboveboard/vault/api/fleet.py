"""What are stewards told of the fleet, and what is everybody?

Stewards: the state of the fleet and how each pause by a steward arrives, as far as ``rules.fleet`` lets it be told.
Everybody in the programme: how many exemptions there are, and what came of each drill. Never who works how much, and
never who paused themselves.
"""

from litestar import Controller, get, post
from litestar.params import JSONBody

from aboveboard.base.errors import BadInput, Conflict
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats import fleet as fleet_format
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.fleet import (
    DRILL_TYPE,
    EXEMPTION_TYPE,
    Drill,
    Fleet,
    Published,
    ShownDrill,
    ShownExemption,
    ShownPause,
)
from aboveboard.rules.decision import Reason, no
from aboveboard.sealing.signatures import open_signed
from aboveboard.vault import drills, exemptions, reporting
from aboveboard.vault.api.asking import PROBLEMS, Asked, Asker, TheVault, as_text, who_asks
from aboveboard.vault.api.enrolment import Nothing
from aboveboard.vault.api.pauses import check_scope
from aboveboard.vault.storage.fleet_records import DrillRow, ExemptionRow
from aboveboard.vault.storage.records import Transaction

PAUSES_SHOWN = 20
DRILLS_SHOWN = 100


class Fleets(Controller):
    """The fleet, pauses, drills, exemptions."""

    path = "/v1"
    tags = ("fleet",)

    @get("/fleet", sync_to_thread=True, responses=PROBLEMS)
    def fleet(self, request: Asked, vault: TheVault) -> Fleet:
        """How many devices are in which state, for a steward."""
        with vault.records.read() as tx:
            who_asks(request, vault, tx).require_staff("steward")
            return reporting.facts(tx, now_ns=vault.clock.wall_ns())

    @get("/fleet/pauses", sync_to_thread=True, responses=PROBLEMS)
    def pauses(self, request: Asked, vault: TheVault) -> list[ShownPause]:
        """How the newest pauses by stewards have arrived, newest first; those by people are nobody else's business."""
        now_ns = vault.clock.wall_ns()
        with vault.records.read() as tx:
            who_asks(request, vault, tx).require_staff("steward")
            shown = []
            for row in tx.pauses_by_stewards(limit=PAUSES_SHOWN):
                report, stragglers = reporting.report_of(tx, row, now_ns=now_ns)
                pause = envelope_format.decode(row.envelope.encode())
                shown.append(ShownPause(pause=pause, report=report, stragglers=stragglers))
            return shown

    @post("/drills", status_code=200, sync_to_thread=True, responses=PROBLEMS)
    def schedule(self, request: Asked, vault: TheVault, data: JSONBody[Envelope]) -> Nothing:
        """Schedule a drill: the vault begins its pause by itself."""
        now_ns = vault.clock.wall_ns()
        with vault.records.begin() as tx:
            steward = who_asks(request, vault, tx).require_staff("steward")
            drill = fleet_format.decode_drill(open_signed(data, DRILL_TYPE, steward.key))
            known = tx.drill(drill.drill_id)
            if known is not None:
                _same(known.envelope, data, "drill")
                return Nothing()
            _check_drill(tx, drill, steward.key, now_ns)
            tx.add_drill(
                DrillRow(
                    drill_id=drill.drill_id,
                    envelope=as_text(data),
                    at_ns=max(drill.at_ns, now_ns),
                    duration_ns=drill.duration_ns,
                    pause_id=drills.pause_of(drill).pause_id,
                    state="scheduled",
                    received_at_ns=now_ns,
                )
            )
        return Nothing()

    @post("/exemptions", status_code=200, sync_to_thread=True, responses=PROBLEMS)
    def exempt(self, request: Asked, vault: TheVault, data: JSONBody[Envelope]) -> Nothing:
        """Record a steward's exemption."""
        now_ns = vault.clock.wall_ns()
        with vault.records.begin() as tx:
            steward = who_asks(request, vault, tx).require_staff("steward")
            exemption = fleet_format.decode_exemption(open_signed(data, EXEMPTION_TYPE, steward.key))
            known = tx.exemption(exemption.exemption_id)
            if known is not None:
                _same(known.envelope, data, "exemption")
                return Nothing()
            exemptions.check(tx, exemption, now_ns=now_ns)
            tx.add_exemption(
                ExemptionRow(
                    exemption_id=exemption.exemption_id,
                    kind=exemption.kind,
                    envelope=as_text(data),
                    person_id=exemption.person_id,
                    pause_id=exemption.pause_id,
                    until_ns=exemption.until_ns,
                    received_at_ns=now_ns,
                )
            )
        return Nothing()

    @get("/exemptions", sync_to_thread=True, responses=PROBLEMS)
    def list_exemptions(self, request: Asked, vault: TheVault) -> list[ShownExemption]:
        """Every exemption with its reason, for a steward, oldest first."""
        now_ns = vault.clock.wall_ns()
        with vault.records.read() as tx:
            who_asks(request, vault, tx).require_staff("steward")
            return [
                ShownExemption(
                    exemption=envelope_format.decode(row.envelope.encode()),
                    in_force=exemptions.in_force(tx, row, now_ns=now_ns),
                )
                for row in tx.all_exemptions()
            ]

    @get("/programme", sync_to_thread=True, responses=PROBLEMS)
    def programme(self, request: Asked, vault: TheVault) -> Published:
        """What everybody in the programme sees: how many exemptions there are, and what came of each drill."""
        now_ns = vault.clock.wall_ns()
        with vault.records.read() as tx:
            _require_somebody(who_asks(request, vault, tx))
            rows = tx.all_drills()[:DRILLS_SHOWN]
            return Published(
                exemptions=exemptions.counts(tx, now_ns=now_ns),
                drills=[_shown(tx, row, now_ns) for row in rows],
            )


def _shown(tx: Transaction, row: DrillRow, now_ns: int) -> ShownDrill:
    pause = tx.pause(row.pause_id)
    report = None if pause is None else reporting.report_of(tx, pause, now_ns=now_ns)[0]
    return drills.shown(row, report, now_ns=now_ns)


def _require_somebody(asker: Asker) -> None:
    if asker.person is None and asker.staff is None:
        no(Reason.ROLE_MISSING, "only whoever is in the programme sees it").require()


def _same(known: str, data: Envelope, name: str) -> None:
    if envelope_format.decode(known.encode()).payload != data.payload:
        raise Conflict(f"another {name} has this id", cause="it was used before", fix="use a new id")


def _check_drill(tx: Transaction, drill: Drill, steward_key: str, now_ns: int) -> None:
    pause = drills.signed_pause(drill, steward_key)
    if pause.by != "steward" or pause.person_id is not None or pause.wm_class is not None:
        raise BadInput(
            "a drill is of everyone, a share, a country or a cohort",
            cause="it names one person or application",
            fix="pause that without a drill",
        )
    check_scope(tx, pause)
    if not pause.reason.strip():
        raise BadInput("a drill's pause needs a reason", cause="people are shown it", fix="say that it is a drill")
    if pause.until_ns != drill.at_ns + drill.duration_ns:
        raise BadInput("the drill and its pause end at different times", cause="they were mixed up", fix="make it anew")
    if drill.at_ns + drill.duration_ns // 2 <= now_ns:
        raise BadInput("this drill would be missed", cause="its time has passed", fix="choose a later time")
    if tx.pause(pause.pause_id) is not None:
        raise Conflict("another pause has this id", cause="it was used before", fix="use a new id")
