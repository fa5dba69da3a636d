"""Disclosures, invitations, people and devices in SQL. What each method promises is said in ``records``."""

from sqlalchemy import or_, select

from aboveboard.base.errors import Conflict
from aboveboard.vault.storage.rows import DeviceRow, DisclosureRow, InvitationRow, PersonRow
from aboveboard.vault.storage.sql.changes import SqlChanges
from aboveboard.vault.storage.sql.tables import devices, disclosures, invitations, people


class SqlDisclosures(SqlChanges):
    def add_disclosure(self, row: DisclosureRow) -> None:
        self._add(disclosures, row)
        self.note_change("disclosure", row.sha256, at_ns=row.received_at_ns)

    def disclosure(self, sha256: str) -> DisclosureRow | None:
        return self._first(DisclosureRow, disclosures, disclosures.c.sha256 == sha256)

    def current_disclosure(self) -> DisclosureRow | None:
        newest = select(disclosures).order_by(disclosures.c.version.desc()).limit(1)
        found = self._connection.execute(newest).mappings().first()
        return None if found is None else DisclosureRow(**found)

    def disclosures_after(self, version: int) -> list[DisclosureRow]:
        return self._all(
            DisclosureRow, disclosures, disclosures.c.version > version, order=[disclosures.c.version.asc()]
        )


class SqlEnrolments(SqlChanges):
    def add_invitation(self, row: InvitationRow) -> None:
        self._add(invitations, row)

    def invitation(self, code_sha256: str) -> InvitationRow | None:
        return self._first(InvitationRow, invitations, invitations.c.code_sha256 == code_sha256)

    def use_invitation(self, code_sha256: str, *, device_id: str) -> None:
        unused = (invitations.c.code_sha256 == code_sha256, invitations.c.used_by_device.is_(None))
        if self._set(invitations, *unused, used_by_device=device_id) != 1:
            raise Conflict(
                "this invitation was used before", cause="a code works once", fix="ask the steward for another one"
            )

    def add_person(self, row: PersonRow) -> None:
        self._add(people, row)

    def renew_key_statement(self, person_id: str, key_statement: str, *, at_ns: int) -> None:
        self._set(people, people.c.person_id == person_id, key_statement=key_statement)
        self.note_change("key", person_id, at_ns=at_ns)

    def add_device(self, row: DeviceRow) -> None:
        self._add(devices, row)

    def person(self, person_id: str) -> PersonRow | None:
        return self._first(PersonRow, people, people.c.person_id == person_id)

    def person_by_key(self, person_key: str) -> PersonRow | None:
        return self._first(PersonRow, people, people.c.person_key == person_key)

    def device(self, device_id: str) -> DeviceRow | None:
        return self._first(DeviceRow, devices, devices.c.device_id == device_id)

    def device_by_key(self, device_key: str) -> DeviceRow | None:
        return self._first(DeviceRow, devices, devices.c.device_key == device_key)

    def note_health(self, device_id: str, *, health: str, at_ns: int) -> None:
        self._set(devices, devices.c.device_id == device_id, health=health, health_at_ns=at_ns)

    def health_since(self, at_ns: int) -> list[str]:
        told = (devices.c.health_at_ns >= at_ns, devices.c.health != "")
        return list(self._connection.execute(select(devices.c.health).where(*told)).scalars())

    def anybody_in(self, *, cohort: str | None = None, country: str | None = None) -> bool:
        where = []
        if cohort is not None:
            where.append(people.c.cohort == cohort)
        if country is not None:
            where.append(or_(people.c.country == country, people.c.country.startswith(f"{country}-")))
        return self._first(PersonRow, people, *where) is not None

    def count_people(self) -> int:
        return self._count(people)

    def count_devices(self) -> int:
        return self._count(devices)
