"""Who paused whom, until when?

A person pauses themselves, with their own key; a steward pauses one person, a cohort, a country, one application of
everybody's, or everyone. Only who made a pause ends it: the person, or any steward for a steward's. It counts from the
moment that the vault has it, by the vault's clock.
"""

from litestar import Controller, get, post
from litestar.params import JSONBody

from aboveboard.base.errors import BadInput, Conflict, NotFound
from aboveboard.formats import disclosure as disclosure_format
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats import pause as pause_format
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.fields import Document
from aboveboard.formats.pause import PAUSE_TYPE, RESUME_TYPE, Pause
from aboveboard.rules.decision import Reason, no
from aboveboard.sealing.signatures import open_signed
from aboveboard.vault.api.asking import PROBLEMS, Asked, Asker, TheVault, as_text, who_asks
from aboveboard.vault.api.enrolment import Nothing
from aboveboard.vault.storage.records import Transaction
from aboveboard.vault.storage.rows import PauseRow


class ListedPause(Document, frozen=True):
    """``ended_at_ns`` of ``None``: it lasts until somebody ends it. Wall time of the vault, like ``at_ns``."""

    pause: Envelope
    at_ns: int
    ended_at_ns: int | None


class Pauses(Controller):
    """Pausing and resuming."""

    path = "/v1"
    tags = ("pauses",)

    @post("/pauses", status_code=200, sync_to_thread=True, responses=PROBLEMS)
    def pause(self, request: Asked, vault: TheVault, data: JSONBody[Envelope]) -> Nothing:
        """Stop recording: no lease is issued to those whom the pause concerns."""
        with vault.records.begin() as tx:
            now_ns = vault.clock.wall_ns()  # once nothing else is written: what was declared before, was before it
            asker = who_asks(request, vault, tx)
            pause = pause_format.decode_pause(open_signed(data, PAUSE_TYPE, _signer(asker)))
            _check(tx, pause, asker, now_ns)
            known = tx.pause(pause.pause_id)
            if known is not None:
                if envelope_format.decode(known.envelope.encode("utf-8")).payload != data.payload:
                    raise Conflict("another pause has this id", cause="it was used before", fix="use a new id")
                return Nothing()
            tx.add_pause(
                PauseRow(
                    pause_id=pause.pause_id,
                    made_by=pause.by,
                    person_id=pause.person_id,
                    envelope=as_text(data),
                    at_ns=now_ns,
                    until_ns=pause.until_ns,
                    cohort=pause.cohort,
                    country=pause.country,
                    wm_class=pause.wm_class,
                    reason=pause.reason.strip(),
                    share=pause.share,
                )
            )
        return Nothing()

    @post("/resumes", status_code=200, sync_to_thread=True, responses=PROBLEMS)
    def resume(self, request: Asked, vault: TheVault, data: JSONBody[Envelope]) -> Nothing:
        """End a pause."""
        with vault.records.begin() as tx:
            asker = who_asks(request, vault, tx)
            resume = pause_format.decode_resume(open_signed(data, RESUME_TYPE, _signer(asker)))
            pause = tx.pause(resume.pause_id)
            if pause is None:
                raise NotFound("there is no such pause", cause="its id was mistyped", fix="list the pauses")
            if pause.made_by == "person":
                theirs = asker.person is not None and asker.person.person_id == pause.person_id
            else:
                theirs = asker.staff is not None and asker.staff.role == "steward"
            if not theirs:
                no(Reason.PAUSE_NOT_YOURS).require()
            tx.end_pause(pause.pause_id, at_ns=vault.clock.wall_ns())
        return Nothing()

    @get("/pauses", sync_to_thread=True, responses=PROBLEMS)
    def list_pauses(self, request: Asked, vault: TheVault) -> list[ListedPause]:
        """Every pause that concerns the person who asks (or whose device does); a steward sees all by stewards:
        who paused themselves is nobody else's business."""
        with vault.records.read() as tx:
            asker = who_asks(request, vault, tx)
            if asker.staff is not None:
                asker.require_staff("steward")
                rows = [row for row in tx.all_pauses() if row.made_by == "steward"]
            else:
                rows = tx.pauses_of(asker.require_person().person_id)
        return [
            ListedPause(
                pause=envelope_format.decode(row.envelope.encode("utf-8")), at_ns=row.at_ns, ended_at_ns=row.end_ns()
            )
            for row in rows
        ]


def _signer(asker: Asker) -> str:
    """Whose signature the document must carry: a device only hands on what its person signed."""
    return asker.key if asker.staff is not None else asker.require_person().person_key


def _check(tx: Transaction, pause: Pause, asker: Asker, now_ns: int) -> None:
    if pause.by == "person":
        if asker.person is None or pause.person_id != asker.person.person_id or _scopes(pause) != 1:
            no(Reason.ROLE_MISSING, "a person pauses only themselves").require()
    else:
        asker.require_staff("steward")
        check_scope(tx, pause)
        if not pause.reason.strip():
            raise BadInput("a steward's pause needs a reason", cause="people are shown it", fix="say why")
    if pause.until_ns is not None and pause.until_ns <= now_ns:
        raise BadInput("this pause would already be over", cause="its end lies in the past", fix="choose a later end")


def check_scope(tx: Transaction, pause: Pause) -> None:
    """What a steward's pause names must exist: a mistyped name would pause nobody, and nobody would notice."""
    if _scopes(pause) > 1:
        raise BadInput(
            "this pause names more than one of a person, a cohort, a country, an application and a share",
            cause="nobody could tell whom it concerns",
            fix="make one pause for each",
        )
    if pause.person_id is not None and tx.person(pause.person_id) is None:
        raise NotFound("there is no such person", cause="the id was mistyped", fix="check it")
    if pause.cohort is not None and not tx.anybody_in(cohort=pause.cohort):
        raise NotFound(f"nobody is in the cohort {pause.cohort!r}", cause="it was mistyped", fix="check its name")
    if pause.country is not None and not tx.anybody_in(country=pause.country):
        raise NotFound(f"nobody is enrolled in {pause.country}", cause="it was mistyped", fix="check the country")
    if pause.wm_class is not None:
        current = tx.current_disclosure()
        rules = disclosure_format.decode(envelope_format.decode(current.envelope.encode()).body()) if current else None
        if rules is None or pause.wm_class.casefold() not in {app.wm_class.casefold() for app in rules.apps}:
            raise NotFound(
                f"the disclosure names no application {pause.wm_class!r}",
                cause="it was mistyped, or is not recorded anyway",
                fix="use its wm_class as the disclosure has it",
            )


def _scopes(pause: Pause) -> int:
    return sum(each is not None for each in (pause.person_id, pause.cohort, pause.country, pause.wm_class, pause.share))
