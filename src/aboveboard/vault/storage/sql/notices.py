"""Notices, their deliveries and mail addresses in SQL. What each method promises is said in ``storage.notices``."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, replace

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text, delete, func, insert, select

from aboveboard.vault.storage.notices import DeliveryRow, DeliveryState, MailAddressRow, NoticeRow
from aboveboard.vault.storage.rows import PersonRow
from aboveboard.vault.storage.sql.area import MANY, Area, in_parts
from aboveboard.vault.storage.sql.tables import HASH, ID, metadata, people

notices = Table(
    "notices",
    metadata,
    Column("notice_id", ID, primary_key=True),
    Column("kind", String(10), nullable=False),
    Column("sha256", HASH, nullable=False, unique=True),
    Column("envelope", Text, nullable=False),
    Column("published_by", ID, nullable=False),
    Column("published_at_ns", BigInteger, nullable=False),
    Column("released_at_ns", BigInteger),
)
deliveries = Table(
    "deliveries",
    metadata,
    Column("notice_id", ID, ForeignKey("notices.notice_id"), primary_key=True),
    Column("person_id", ID, ForeignKey("people.person_id"), primary_key=True, index=True),
    Column("channel", String(4), primary_key=True),
    Column("state", String(7), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at_ns", BigInteger),
    Column("at_ns", BigInteger),
    Column("detail", String(300), nullable=False),
    Column("seen", Text),
    Index("ix_deliveries_channel_state_next_at_ns", "channel", "state", "next_at_ns"),
)
mail_addresses = Table(
    "mail_addresses",
    metadata,
    Column("person_id", ID, ForeignKey("people.person_id"), primary_key=True),
    Column("sealed", Text, nullable=False),
)
REACHED = ("offered", "seen")


class SqlNotices(Area):
    def everybody(self) -> list[PersonRow]:
        return self._all(PersonRow, people, order=[people.c.person_id])

    def add_notice(self, row: NoticeRow, deliveries_of_it: Sequence[DeliveryRow]) -> None:
        self._add(notices, row)
        rows = [asdict(each) for each in deliveries_of_it]
        for start in range(0, len(rows), MANY):
            self._connection.execute(insert(deliveries), rows[start : start + MANY])

    def notice(self, notice_id: str) -> NoticeRow | None:
        return self._first(NoticeRow, notices, notices.c.notice_id == notice_id)

    def all_notices(self) -> list[NoticeRow]:
        return self._all(NoticeRow, notices, order=[notices.c.published_at_ns.desc(), notices.c.notice_id])

    def release_notice(self, notice_id: str, *, at_ns: int) -> None:
        self._set(notices, notices.c.notice_id == notice_id, notices.c.released_at_ns.is_(None), released_at_ns=at_ns)

    def notices_of(self, person_id: str) -> list[NoticeRow]:
        theirs = select(deliveries.c.notice_id).where(deliveries.c.person_id == person_id)
        order = [notices.c.published_at_ns.desc(), notices.c.notice_id]
        return self._all(NoticeRow, notices, notices.c.notice_id.in_(theirs), order=order)

    def unseen_notices(self, person_id: str, *, limit: int = 10_000) -> list[str]:
        theirs = deliveries.c.person_id == person_id
        sent = select(deliveries.c.notice_id).where(theirs)
        seen = select(deliveries.c.notice_id).where(theirs, deliveries.c.state == "seen")
        query = (
            select(notices.c.sha256)
            .where(notices.c.notice_id.in_(sent), notices.c.notice_id.not_in(seen))
            .order_by(notices.c.published_at_ns.desc(), notices.c.notice_id)
            .limit(limit)
        )
        return list(self._connection.execute(query).scalars())

    def deliveries_of(self, notice_id: str) -> list[DeliveryRow]:
        order = [deliveries.c.person_id, deliveries.c.channel]
        return self._all(DeliveryRow, deliveries, deliveries.c.notice_id == notice_id, order=order)

    def delivery(self, notice_id: str, person_id: str, channel: str) -> DeliveryRow | None:
        return self._first(DeliveryRow, deliveries, *_one(notice_id, person_id, channel))

    def note_offered(self, notice_ids: Collection[str], person_id: str, channel: str, *, at_ns: int) -> None:
        for part in in_parts(sorted(notice_ids)):
            self._set(
                deliveries,
                deliveries.c.notice_id.in_(part),
                deliveries.c.person_id == person_id,
                deliveries.c.channel == channel,
                deliveries.c.state == "waiting",
                state="offered",
                at_ns=at_ns,
            )

    def note_seen(self, notice_id: str, person_id: str, channel: str, *, seen: str, at_ns: int) -> None:
        unseen = (*_one(notice_id, person_id, channel), deliveries.c.state != "seen")
        self._set(deliveries, *unseen, state="seen", seen=seen, at_ns=at_ns)

    def unreached(self, notice_id: str) -> int:
        of_it = deliveries.c.notice_id == notice_id
        everyone = select(func.count(deliveries.c.person_id.distinct())).where(of_it)
        reached = everyone.where(deliveries.c.state.in_(REACHED))
        return int(self._connection.execute(everyone).scalar_one() - self._connection.execute(reached).scalar_one())

    def claim_mail(self, *, now_ns: int, until_ns: int, limit: int) -> list[DeliveryRow]:
        due = (deliveries.c.channel == "mail", deliveries.c.state == "waiting", deliveries.c.next_at_ns <= now_ns)
        found = self._all(DeliveryRow, deliveries, *due, order=[deliveries.c.next_at_ns, deliveries.c.person_id])
        claimed = []
        for row in found[:limit]:
            changed = replace(row, attempts=row.attempts + 1, next_at_ns=until_ns)
            where = _one(row.notice_id, row.person_id, row.channel)
            self._set(deliveries, *where, attempts=changed.attempts, next_at_ns=until_ns)
            claimed.append(changed)
        return claimed

    def note_mail(
        self, row: DeliveryRow, *, state: DeliveryState, next_at_ns: int | None, at_ns: int, detail: str
    ) -> None:
        where = _one(row.notice_id, row.person_id, row.channel)
        self._set(deliveries, *where, state=state, next_at_ns=next_at_ns, at_ns=at_ns, detail=detail[:300])

    def dead_letters(self) -> list[DeliveryRow]:
        order = [deliveries.c.notice_id, deliveries.c.person_id]
        return self._all(DeliveryRow, deliveries, deliveries.c.state == "dead", order=order)

    def set_mail_address(self, person_id: str, sealed: str) -> None:
        self._connection.execute(delete(mail_addresses).where(mail_addresses.c.person_id == person_id))
        if sealed:
            self._add(mail_addresses, MailAddressRow(person_id, sealed))

    def mail_addresses(self) -> dict[str, str]:
        rows = self._all(MailAddressRow, mail_addresses, order=[mail_addresses.c.person_id])
        return {row.person_id: row.sealed for row in rows}


def _one(notice_id: str, person_id: str, channel: str) -> tuple:  # type: ignore[type-arg]
    return (
        deliveries.c.notice_id == notice_id,
        deliveries.c.person_id == person_id,
        deliveries.c.channel == channel,
    )
