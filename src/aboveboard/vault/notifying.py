"""To whom does a notice go, by which ways, and how far has it come?"""

from dataclasses import dataclass

from aboveboard.formats import disclosure as disclosure_format
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats import notice as notice_format
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.notice import Audience, Notice
from aboveboard.rules import notices as rules
from aboveboard.rules.decision import Decision
from aboveboard.vault.storage.notices import DeliveryRow, NoticeRow
from aboveboard.vault.storage.records import Transaction

FEW = 50


@dataclass(frozen=True)
class Progress:
    """How many people it concerns, to how many it was offered by some way, how many said to have seen it; and how many
    mails were given up."""

    people: int
    reached: int
    seen: int
    dead: int


def audience_of(tx: Transaction, audience: Audience) -> list[str]:
    """The ids of everyone enrolled whom it concerns, those who have left included: it may be about their data."""
    return [
        person.person_id
        for person in tx.everybody()
        if rules.concerns(audience, person_id=person.person_id, country=person.country, cohort=person.cohort)
    ]


def deliveries_for(tx: Transaction, notice: Notice, people: list[str], *, now_ns: int) -> list[DeliveryRow]:
    """One for the tray and one for the page of each, and one for the mail of whoever gave an address."""
    with_mail = tx.mail_addresses()
    rows = []
    for person_id in people:
        rows += [DeliveryRow(notice.notice_id, person_id, channel, "waiting") for channel in ("tray", "page")]
        if person_id in with_mail:
            rows.append(DeliveryRow(notice.notice_id, person_id, "mail", "waiting", next_at_ns=now_ns))
    return rows


def announce(tx: Transaction, people: list[str], *, now_ns: int) -> None:
    """Have their recorders look for it at once: those of a few by themselves, else everybody's."""
    for subject in people if len(people) <= FEW else [""]:
        tx.note_change("news", subject, at_ns=now_ns)


def tell_emergency(tx: Transaction, signed: Envelope, approver: str, *, now_ns: int) -> None:
    """Deliver the keyholder's notice of an emergency by every way; the same one again changes nothing."""
    payload = signed.body()
    notice = notice_format.decode_notice(payload)
    if tx.notice(notice.notice_id) is not None:
        return
    people = audience_of(tx, notice.audience)
    text = envelope_format.encode(signed).decode("utf-8")
    row = NoticeRow(notice.notice_id, notice.kind, disclosure_format.digest(payload), text, approver, now_ns)
    tx.add_notice(row, deliveries_for(tx, notice, people, now_ns=now_ns))
    announce(tx, people, now_ns=now_ns)


def progress_of(tx: Transaction, notice_id: str) -> Progress:
    """How far it has come."""
    rows = tx.deliveries_of(notice_id)
    people = {row.person_id for row in rows}
    return Progress(
        people=len(people),
        reached=len(people) - tx.unreached(notice_id),
        seen=len({row.person_id for row in rows if row.state == "seen"}),
        dead=sum(row.state == "dead" for row in rows),
    )


def may_be_counted(row: NoticeRow, progress: Progress, *, now_ns: int) -> bool:
    """May it be told how far it has come?"""
    notice = notice_format.decode_notice(envelope_format.decode(row.envelope.encode("utf-8")).body())
    return rules.may_be_counted(
        notice.audience, people=progress.people, published_at_ns=row.published_at_ns, now_ns=now_ns
    )


def others_may_know(row: NoticeRow, progress: Progress, *, now_ns: int) -> Decision:
    """May anybody whom it does not concern be told?"""
    return rules.may_tell_others(
        row.kind,
        published_at_ns=row.published_at_ns,
        counted=may_be_counted(row, progress, now_ns=now_ns),
        unreached=progress.people - progress.reached,
        now_ns=now_ns,
    )
