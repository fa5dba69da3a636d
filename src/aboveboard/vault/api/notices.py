"""What are people told, before anybody else is, and has it reached them?

Publishing: a steward signed it, and it concerns somebody. A person's recorder fetches theirs with the device's key (the
tray), their page with the person's; what was handed over counts as offered. That it was seen counts if

1. the device signed it (tray), or the person (page), and asks with that key;
2. it names this person, and a notice that was sent to them by its hash.

Everybody else, staff included, is told nothing of an embargoed notice until ``rules.notices`` allows it.
"""

from typing import Annotated

from litestar import Controller, get, post
from litestar.params import JSONBody, PathParameter

from aboveboard.base.errors import BadInput, Conflict, NotFound
from aboveboard.base.ids import BODY_PATTERN
from aboveboard.formats import disclosure as disclosure_format
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats import notice as notice_format
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.fields import Document, NoticeId, Sha256
from aboveboard.formats.notice import NOTICE_TYPE, SEEN_TYPE, MailAddress, NoticeKind
from aboveboard.rules.consent import CLOCK_TOLERANCE_NS
from aboveboard.rules.decision import Reason, no
from aboveboard.sealing.signatures import open_signed
from aboveboard.vault import addresses, notifying
from aboveboard.vault.api.asking import PROBLEMS, Asked, TheVault, as_text, who_asks
from aboveboard.vault.api.enrolment import Nothing
from aboveboard.vault.storage.notices import NoticeRow
from aboveboard.vault.storage.records import Transaction

NoticeInPath = Annotated[str, PathParameter(pattern=f"^ntc_{BODY_PATTERN}$", description="The notice's id.")]


class PublishedNotice(Document, frozen=True):
    """How many people it goes to."""

    sha256: Sha256
    people: int


class OwnNotice(Document, frozen=True):
    """A notice for whoever asks. ``seen``: they have said so, by whichever channel."""

    notice: Envelope
    sha256: Sha256
    published_at_ns: int
    seen: bool


class SentNotice(Document, frozen=True):
    """What staff see of a notice. ``notice`` is left out while it is embargoed, but for the steward who wrote it.

    ``reached`` and ``seen``: how many people; ``None`` while it would say of one whether they are at work just now.
    """

    notice_id: NoticeId
    kind: NoticeKind
    notice: Envelope | None
    published_at_ns: int
    released_at_ns: int | None
    people: int
    reached: int | None
    seen: int | None
    dead: int


class DeadLetter(Document, frozen=True):
    """A mail that was given up. ``detail``: the mail server's answer, without the address."""

    notice_id: NoticeId
    person_id: str
    attempts: int
    detail: str


class MailWish(Document, frozen=True):
    """``None``: no mail any more."""

    address: MailAddress | None


class MailState(Document, frozen=True):
    """Whether there is an address; never which."""

    given: bool


class Notices(Controller):
    """Publishing, fetching, having seen."""

    path = "/v1"
    tags = ("notices",)

    @post("/notices", status_code=200, sync_to_thread=True, responses=PROBLEMS)
    def publish(self, request: Asked, vault: TheVault, data: JSONBody[Envelope]) -> PublishedNotice:
        """Send a notice that a steward signed to everyone whom it concerns."""
        now_ns = vault.clock.wall_ns()
        with vault.records.begin() as tx:
            steward = who_asks(request, vault, tx).require_staff("steward")
            payload = open_signed(data, NOTICE_TYPE, steward.key)
            notice = notice_format.decode_notice(payload)
            sha256 = disclosure_format.digest(payload)
            known = tx.notice(notice.notice_id)
            if known is not None:
                if known.sha256 != sha256:
                    raise Conflict("another notice has this id", cause="it was used before", fix="use a new id")
                return PublishedNotice(sha256=sha256, people=notifying.progress_of(tx, notice.notice_id).people)
            if abs(notice.at_ns - now_ns) > CLOCK_TOLERANCE_NS:
                raise BadInput("this notice is not dated now", cause="a clock is wrong", fix="set it, sign again")
            people = notifying.audience_of(tx, notice.audience)
            if not people or set(notice.audience.people or ()) - set(people):
                raise NotFound(
                    "this notice would not reach those whom it names",
                    cause="a person, country or cohort was mistyped, or nobody is enrolled there",
                    fix="check whom it is for",
                )
            row = NoticeRow(notice.notice_id, notice.kind, sha256, as_text(data), steward.staff_id, now_ns)
            tx.add_notice(row, notifying.deliveries_for(tx, notice, people, now_ns=now_ns))
            notifying.announce(tx, people, now_ns=now_ns)
        return PublishedNotice(sha256=sha256, people=len(people))

    @get("/notices", sync_to_thread=True, responses=PROBLEMS)
    def own(self, request: Asked, vault: TheVault) -> list[OwnNotice]:
        """The notices for the person who asks, or whose device does, newest first. They count as offered from now."""
        with vault.records.read() as tx:
            asker = who_asks(request, vault, tx)
            person_id = asker.require_person().person_id
            channel = "tray" if asker.device is not None else "page"
            rows = tx.notices_of(person_id)
            unseen = set(tx.unseen_notices(person_id))
            states = [tx.delivery(row.notice_id, person_id, channel) for row in rows]
        waiting = [state.notice_id for state in states if state is not None and state.state == "waiting"]
        if waiting:
            with vault.records.begin() as tx:
                tx.note_offered(waiting, person_id, channel, at_ns=vault.clock.wall_ns())
        return [
            OwnNotice(
                notice=_signed(row),
                sha256=row.sha256,
                published_at_ns=row.published_at_ns,
                seen=row.sha256 not in unseen,
            )
            for row in rows
        ]

    @post("/notices/{notice_id:str}/seen", status_code=200, sync_to_thread=True, responses=PROBLEMS)
    def seen(self, request: Asked, vault: TheVault, notice_id: NoticeInPath, data: JSONBody[Envelope]) -> Nothing:
        """Note that somebody has seen a notice that was sent to them."""
        now_ns = vault.clock.wall_ns()
        with vault.records.begin() as tx:
            asker = who_asks(request, vault, tx)
            person = asker.require_person()
            seen = notice_format.decode_seen(open_signed(data, SEEN_TYPE, asker.key))
            row = tx.notice(notice_id)
            if seen.channel != ("tray" if asker.device is not None else "page"):
                no(
                    Reason.NOTICE_NOT_YOURS, "the tray says so with the device's key, the page with the person's"
                ).require()
            if row is None or (seen.notice_id, seen.notice_sha256) != (notice_id, row.sha256):
                no(Reason.NOTICE_NOT_YOURS, "it is another notice").require()
            elif seen.person_id != person.person_id or tx.delivery(notice_id, person.person_id, seen.channel) is None:
                no(Reason.NOTICE_NOT_YOURS, "it was sent to somebody else").require()
            if seen.at_ns > now_ns + CLOCK_TOLERANCE_NS:
                raise BadInput("this was seen later than now", cause="a clock is wrong", fix="set it, then try again")
            tx.note_seen(notice_id, person.person_id, seen.channel, seen=as_text(data), at_ns=now_ns)
        return Nothing()

    @get("/notices/sent", sync_to_thread=True, responses=PROBLEMS)
    def sent(self, request: Asked, vault: TheVault) -> list[SentNotice]:
        """Every notice and how far it has come, newest first. For the staff."""
        now_ns = vault.clock.wall_ns()
        with vault.records.read() as tx:
            staff = who_asks(request, vault, tx).require_staff()
            return [_sent(tx, row, staff_id=staff.staff_id, now_ns=now_ns) for row in tx.all_notices()]

    @get("/dead-letters", sync_to_thread=True, responses=PROBLEMS)
    def dead_letters(self, request: Asked, vault: TheVault) -> list[DeadLetter]:
        """Every mail that was given up, and why. For stewards."""
        with vault.records.read() as tx:
            who_asks(request, vault, tx).require_staff("steward")
            return [
                DeadLetter(notice_id=row.notice_id, person_id=row.person_id, attempts=row.attempts, detail=row.detail)
                for row in tx.dead_letters()
            ]

    @post("/notices/{notice_id:str}/release", status_code=200, sync_to_thread=True, responses=PROBLEMS)
    def release(self, request: Asked, vault: TheVault, notice_id: NoticeInPath, data: JSONBody[Nothing]) -> Nothing:
        """Let anybody read a notice, once those whom it concerns were told."""
        now_ns = vault.clock.wall_ns()
        with vault.records.begin() as tx:
            who_asks(request, vault, tx).require_staff("steward")
            row = _row(tx, notice_id)
            notifying.others_may_know(row, notifying.progress_of(tx, notice_id), now_ns=now_ns).require()
            tx.release_notice(notice_id, at_ns=now_ns)
        return Nothing()

    @get("/released-notices", sync_to_thread=True, opt={"open": True}, responses={503: PROBLEMS[503]})
    def released(self, vault: TheVault) -> list[Envelope]:
        """What was released, for anybody, newest first. Needs no signature."""
        with vault.records.read() as tx:
            return [_signed(row) for row in tx.all_notices() if row.released_at_ns is not None]

    @get("/mail-address", sync_to_thread=True, responses=PROBLEMS)
    def mail_state(self, request: Asked, vault: TheVault) -> MailState:
        """Has the person who asks given an address?"""
        with vault.records.read() as tx:
            person = who_asks(request, vault, tx).require_person_key()
            return MailState(given=person.person_id in tx.mail_addresses())

    @post("/mail-address", status_code=200, sync_to_thread=True, responses=PROBLEMS)
    def set_mail(self, request: Asked, vault: TheVault, data: JSONBody[MailWish]) -> MailState:
        """Have notices by mail too, or no longer."""
        with vault.records.begin() as tx:
            person = who_asks(request, vault, tx).require_person_key()
            sealed = addresses.seal(vault, person.person_id, data.address) if data.address else ""
            tx.set_mail_address(person.person_id, sealed)
        return MailState(given=data.address is not None)


def _row(tx: Transaction, notice_id: str) -> NoticeRow:
    row = tx.notice(notice_id)
    if row is None:
        raise NotFound("there is no such notice", cause="its id was mistyped", fix="list the notices")
    return row


def _signed(row: NoticeRow) -> Envelope:
    return envelope_format.decode(row.envelope.encode("utf-8"))


def _sent(tx: Transaction, row: NoticeRow, *, staff_id: str, now_ns: int) -> SentNotice:
    progress = notifying.progress_of(tx, row.notice_id)
    known = row.published_by == staff_id or notifying.others_may_know(row, progress, now_ns=now_ns).allowed
    counted = notifying.may_be_counted(row, progress, now_ns=now_ns)
    return SentNotice(
        notice_id=row.notice_id,
        kind=row.kind,
        notice=_signed(row) if known else None,
        published_at_ns=row.published_at_ns,
        released_at_ns=row.released_at_ns,
        people=progress.people,
        reached=progress.reached if counted else None,
        seen=progress.seen if counted else None,
        dead=progress.dead,
    )
