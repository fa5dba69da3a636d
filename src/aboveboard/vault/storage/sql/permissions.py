"""Consents and pauses in SQL. What each method promises is said in ``records``."""

from sqlalchemy import and_, or_, select

from aboveboard.rules.pause import parts_of, picked
from aboveboard.vault.storage.rows import ConsentRow, PauseRow
from aboveboard.vault.storage.sql.changes import SqlChanges
from aboveboard.vault.storage.sql.tables import consents, pauses, people


class SqlConsents(SqlChanges):
    def add_consent(self, row: ConsentRow) -> None:
        self._add(consents, row)
        self.note_change("consent", row.person_id, at_ns=row.received_at_ns)

    def consent(self, consent_id: str) -> ConsentRow | None:
        return self._first(ConsentRow, consents, consents.c.consent_id == consent_id)

    def consents_of(self, person_id: str) -> list[ConsentRow]:
        return self._all(ConsentRow, consents, consents.c.person_id == person_id, order=[consents.c.received_at_ns])

    def withdraw_consent(self, consent_id: str, *, withdrawal: str, at_ns: int) -> None:
        live = (consents.c.consent_id == consent_id, consents.c.withdrawn_at_ns.is_(None))
        self._set(consents, *live, withdrawal=withdrawal, withdrawn_at_ns=at_ns)
        person = select(consents.c.person_id).where(consents.c.consent_id == consent_id)
        self.note_change("withdrawal", self._connection.execute(person).scalar_one(), at_ns=at_ns)

    def erase_consents(self, person_id: str, *, at_ns: int) -> None:
        live = (consents.c.person_id == person_id, consents.c.erased_at_ns.is_(None))
        self._set(consents, *live, erased_at_ns=at_ns)
        self.note_change("erasure", person_id, at_ns=at_ns)


class SqlPauses(SqlChanges):
    def add_pause(self, row: PauseRow) -> None:
        self._add(pauses, row)
        self.note_change("pause", row.pause_id, at_ns=row.at_ns)

    def pause(self, pause_id: str) -> PauseRow | None:
        return self._first(PauseRow, pauses, pauses.c.pause_id == pause_id)

    def end_pause(self, pause_id: str, *, at_ns: int) -> None:
        self._set(pauses, pauses.c.pause_id == pause_id, pauses.c.ended_at_ns.is_(None), ended_at_ns=at_ns)
        self.note_change("resume", pause_id, at_ns=at_ns)

    def pauses_of(self, person_id: str) -> list[PauseRow]:
        place = self._connection.execute(
            select(people.c.cohort, people.c.country).where(people.c.person_id == person_id)
        ).first()
        cohort, country = (place.cohort, place.country) if place is not None else ("", "")
        theirs = or_(
            pauses.c.person_id == person_id,
            and_(pauses.c.cohort == cohort, pauses.c.cohort != ""),
            pauses.c.country.in_(parts_of(country)),
            and_(pauses.c.person_id.is_(None), pauses.c.cohort.is_(None), pauses.c.country.is_(None)),
        )
        found = self._all(PauseRow, pauses, theirs, order=[pauses.c.at_ns, pauses.c.pause_id])
        return [row for row in found if row.share is None or picked(person_id, pause_id=row.pause_id, share=row.share)]

    def all_pauses(self) -> list[PauseRow]:
        return self._all(PauseRow, pauses, order=[pauses.c.at_ns, pauses.c.pause_id])
