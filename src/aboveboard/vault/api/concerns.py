"""Which concerns are there, who shares them, who answers, by when?

Raising, in this order:

1. An open one is signed with the key of the person who asks. An anonymous one is signed with a pass's key, asked with
   that very key, and the pass holds for raising now (``rules.concerns``); a key that is known here is refused.
2. The pass was not used before.
3. It is dated now: an anonymous one to the hour.

Joining always takes a pass for that concern, of which each person has one; who joins openly signs besides. Everyone in
the programme sees every concern, whether and by when it will be answered, and how many share it.
"""

from typing import Annotated

import msgspec
from litestar import Controller, get, post
from litestar.params import JSONBody, PathParameter

from aboveboard.base.errors import BadInput, Conflict, NotFound
from aboveboard.base.ids import BODY_PATTERN
from aboveboard.formats import concern as concern_format
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats.concern import ANSWER_TYPE, CONCERN_TYPE, JOINING_TYPE, OWNING_TYPE, Concern
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.fields import Document
from aboveboard.formats.passes import Pass
from aboveboard.rules.concerns import (
    ANSWER_WITHIN_NS,
    HOUR_NS,
    OPEN_LIMIT,
    may_answer,
    may_own,
    scope_joins,
    scope_raises,
)
from aboveboard.rules.consent import CLOCK_TOLERANCE_NS
from aboveboard.rules.decision import Reason, no
from aboveboard.sealing.signatures import open_signed
from aboveboard.vault import passes
from aboveboard.vault.api.asking import PROBLEMS, Asked, Asker, TheVault, as_text, who_asks
from aboveboard.vault.api.enrolment import Nothing
from aboveboard.vault.storage.concerns import ConcernRow, JoinRow
from aboveboard.vault.storage.records import Transaction
from aboveboard.vault.widening import facts_of

ConcernInPath = Annotated[str, PathParameter(pattern=f"^cnc_{BODY_PATTERN}$", description="The concern's id.")]


class Raised(Document, frozen=True):
    """A signed :class:`Concern`; with the pass of the key that signed it, if it is anonymous."""

    concern: Envelope
    raised_with: Pass | None = None


class Joined(Document, frozen=True):
    """A signed :class:`Joining`, and the pass of the key that signed it; the person's own signature too, if openly."""

    joining: Envelope
    joined_with: Pass


class ListedConcern(Document, frozen=True):
    """``joins`` and ``joins_openly`` count those who share it beside whoever raised it. Wall time of the vault.

    ``concern``, ``owning`` and ``answer`` are the signed documents; ``raised_with`` lets anybody check the pass.
    """

    concern: Envelope
    raised_with: Pass | None
    raised_at_ns: int
    answer_by_ns: int
    owning: Envelope | None
    answer: Envelope | None
    answered_at_ns: int | None
    joins: int
    joins_openly: int
    overdue: bool


class Concerns(Controller):
    """Raising, joining, taking over, answering, reading."""

    path = "/v1/concerns"
    tags = ("concerns",)

    @get("/", sync_to_thread=True, responses=PROBLEMS)
    def all(self, request: Asked, vault: TheVault) -> list[ListedConcern]:
        """Every concern of the programme, the earliest date first. For those who take part, and the staff."""
        with vault.records.read() as tx:
            asker = who_asks(request, vault, tx)
            if asker.staff is None:
                asker.require_person()
            now_ns = vault.clock.wall_ns()
            return [_listed(row, tx.joins_of(row.concern_id), now_ns) for row in tx.all_concerns()]

    @post("/", status_code=200, sync_to_thread=True, responses=PROBLEMS)
    def raise_one(self, request: Asked, vault: TheVault, data: JSONBody[Raised]) -> Nothing:
        """Raise a concern, openly or anonymously."""
        now_ns = vault.clock.wall_ns()
        given = data.raised_with
        if given is not None:
            scope_raises(given.scope, now_ns=now_ns).require()
            passes.check(vault, given)
        with vault.records.begin() as tx:
            asker = who_asks(request, vault, tx)
            concern = _open(asker, data.concern) if given is None else _anonymous(asker, data.concern, given)
            if _known(tx, concern, data.concern):
                return Nothing()
            _check_new(tx, concern, given, now_ns)
            whole_ns = now_ns if given is None else now_ns - now_ns % HOUR_NS
            tx.add_concern(
                ConcernRow(
                    concern_id=concern.concern_id,
                    person_id=concern.person_id,
                    pass_key=None if given is None else given.key,
                    pass_text=None if given is None else _pass_text(given),
                    envelope=as_text(data.concern),
                    raised_at_ns=whole_ns,
                    answer_by_ns=whole_ns + ANSWER_WITHIN_NS,
                )
            )
        return Nothing()

    @post("/{concern_id:str}/joins", status_code=200, sync_to_thread=True, responses=PROBLEMS)
    def join(self, request: Asked, vault: TheVault, concern_id: ConcernInPath, data: JSONBody[Joined]) -> Nothing:
        """Share a concern. Each person counts once, however they join."""
        given = data.joined_with
        passes.check(vault, given)
        joining = concern_format.decode_joining(open_signed(data.joining, JOINING_TYPE, given.key))
        with vault.records.begin() as tx:
            asker = who_asks(request, vault, tx)
            if joining.person_id is None:
                _check_unknown(asker, given)
            elif joining.person_id != asker.require_person_key().person_id:
                no(Reason.ROLE_MISSING, "a person joins for themselves").require()
            else:
                open_signed(data.joining, JOINING_TYPE, asker.key)
            row = _row(tx, concern_id)
            if joining.concern_id != concern_id:
                no(Reason.CONCERN_PASS, "it joins another concern").require()
            known = tx.join_by_pass(given.key)
            if known is not None:
                if envelope_format.decode(known.envelope.encode("utf-8")).payload != data.joining.payload:
                    no(Reason.CONCERN_PASS_SPENT).require()
                return Nothing()
            scope_joins(given.scope, facts_of(row)).require()
            tx.add_join(JoinRow(concern_id, given.key, joining.person_id, _pass_text(given), as_text(data.joining)))
        return Nothing()

    @post("/{concern_id:str}/owner", status_code=200, sync_to_thread=True, responses=PROBLEMS)
    def own(self, request: Asked, vault: TheVault, concern_id: ConcernInPath, data: JSONBody[Envelope]) -> Nothing:
        """A steward takes a concern over, and says by when they will answer."""
        with vault.records.begin() as tx:
            steward = who_asks(request, vault, tx).require_staff("steward")
            owning = concern_format.decode_owning(open_signed(data, OWNING_TYPE, steward.key))
            row = _row(tx, concern_id)
            if owning.concern_id != concern_id or owning.owner != steward.staff_id:
                no(Reason.ROLE_MISSING, "a steward takes over for themselves, the concern that is named").require()
            may_own(facts_of(row), answer_by_ns=owning.answer_by_ns).require()
            tx.own_concern(concern_id, owner=steward.staff_id, owning=as_text(data), answer_by_ns=owning.answer_by_ns)
        return Nothing()

    @post("/{concern_id:str}/answer", status_code=200, sync_to_thread=True, responses=PROBLEMS)
    def answer(self, request: Asked, vault: TheVault, concern_id: ConcernInPath, data: JSONBody[Envelope]) -> Nothing:
        """The owner answers, for everyone to read."""
        now_ns = vault.clock.wall_ns()
        with vault.records.begin() as tx:
            steward = who_asks(request, vault, tx).require_staff("steward")
            answer = concern_format.decode_answer(open_signed(data, ANSWER_TYPE, steward.key))
            row = _row(tx, concern_id)
            if answer.concern_id != concern_id or answer.by != steward.staff_id:
                no(Reason.CONCERN_NOT_OWNER, "the answer is to another concern, or by somebody else").require()
            known = row.answer
            if known is not None and envelope_format.decode(known.encode("utf-8")).payload == data.payload:
                return Nothing()
            may_answer(facts_of(row), steward.staff_id).require()
            tx.answer_concern(concern_id, answer=as_text(data), at_ns=now_ns)
        return Nothing()


def _anonymous(asker: Asker, signed: Envelope, given: Pass) -> Concern:
    """Step 1 for an anonymous concern, whose pass holds."""
    _check_unknown(asker, given)
    concern = concern_format.decode_concern(open_signed(signed, CONCERN_TYPE, given.key))
    if concern.person_id is not None:
        no(Reason.CONCERN_NOT_ANONYMOUS, "it names a person").require()
    return concern


def _open(asker: Asker, signed: Envelope) -> Concern:
    """Step 1 for an open concern."""
    person = asker.require_person_key()
    concern = concern_format.decode_concern(open_signed(signed, CONCERN_TYPE, person.person_key))
    if concern.person_id != person.person_id:
        no(Reason.ROLE_MISSING, "a person raises a concern in their own name, or with a pass").require()
    return concern


def _check_unknown(asker: Asker, given: Pass) -> None:
    if asker.device is not None or asker.person is not None or asker.staff is not None:
        no(Reason.CONCERN_NOT_ANONYMOUS, "the request was signed with a key that is known here").require()
    if asker.key != given.key:
        no(Reason.CONCERN_PASS, "the request was signed with another key than the pass's").require()


def _known(tx: Transaction, concern: Concern, data: Envelope) -> bool:
    """Is this very concern on record? Raises Conflict if another one has its id."""
    row = tx.concern(concern.concern_id)
    if row is None:
        return False
    if envelope_format.decode(row.envelope.encode("utf-8")).payload != data.payload:
        raise Conflict("another concern has this id", cause="it was used before", fix="use a new id")
    return True


def _check_new(tx: Transaction, concern: Concern, given: Pass | None, now_ns: int) -> None:
    """Steps 2 and 3, and how many may wait that one person raised openly."""
    if abs(concern.at_ns - now_ns) > HOUR_NS + CLOCK_TOLERANCE_NS:
        raise BadInput("this concern is not dated now", cause="a clock is wrong, or it is old", fix="raise it again")
    if given is None:
        waiting = [row for row in tx.all_concerns() if row.person_id == concern.person_id and row.answer is None]
        if len(waiting) >= OPEN_LIMIT:
            no(Reason.CONCERN_TOO_MANY).require()
        return
    if concern.at_ns % HOUR_NS:
        raise BadInput("an anonymous concern is dated to the hour", cause="it says when it was written", fix="round it")
    if tx.concern_by_pass(given.key) is not None:
        no(Reason.CONCERN_PASS_SPENT).require()


def _row(tx: Transaction, concern_id: str) -> ConcernRow:
    row = tx.concern(concern_id)
    if row is None:
        raise NotFound("there is no such concern", cause="its id was mistyped", fix="list the concerns")
    return row


def _pass_text(given: Pass) -> str:
    return msgspec.json.encode(given).decode("utf-8")


def _signed(text: str | None) -> Envelope | None:
    return None if text is None else envelope_format.decode(text.encode("utf-8"))


def _listed(row: ConcernRow, joins: list[JoinRow], now_ns: int) -> ListedConcern:
    return ListedConcern(
        concern=envelope_format.decode(row.envelope.encode("utf-8")),
        raised_with=None if row.pass_text is None else msgspec.json.decode(row.pass_text, type=Pass),
        raised_at_ns=row.raised_at_ns,
        answer_by_ns=row.answer_by_ns,
        owning=_signed(row.owning),
        answer=_signed(row.answer),
        answered_at_ns=row.answered_at_ns,
        joins=len(joins),
        joins_openly=sum(each.person_id is not None for each in joins),
        overdue=facts_of(row).overdue(now_ns),
    )
