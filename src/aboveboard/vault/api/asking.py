"""Who is asking, and may they ask this at all?

The guard in front of every endpoint has verified the request's signature; here its key becomes a device, a person or a
member of staff. A key that is none of these may only enrol and read disclosures.
"""

from dataclasses import dataclass
from typing import Any, TypeVar

from litestar import Request
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import SkipValidation

from aboveboard.formats.envelope import Envelope
from aboveboard.formats.envelope import encode as encode_envelope
from aboveboard.formats.roster import Staff
from aboveboard.rules.decision import Reason, no
from aboveboard.vault.place import Vault
from aboveboard.vault.storage.records import Transaction
from aboveboard.vault.storage.rows import DeviceRow, PersonRow
from aboveboard.wire.problem import MEDIA_TYPE, STATUS_OF, Problem
from aboveboard.wire.server import signed_by

T = TypeVar("T")
Asked = Request[Any, Any, Any]
TheVault = NamedDependency[SkipValidation[Vault]]

PROBLEMS: dict[int, ResponseSpec] = {
    status: ResponseSpec(
        Problem, generate_examples=False, description="A problem document (RFC 9457).", media_type=MEDIA_TYPE
    )
    for status in sorted(set(STATUS_OF.values()))
}
"""What every endpoint may answer beside its success."""


@dataclass(frozen=True)
class Asker:
    """The holder of ``key``: at most one of a device (with its person), a person, or a member of staff."""

    key: str
    device: DeviceRow | None
    person: PersonRow | None
    staff: Staff | None

    def require_device(self) -> DeviceRow:
        """The device that asks; raises Refused ``role:missing``."""
        return _there(self.device, "a device asks this with its own key")

    def require_person(self) -> PersonRow:
        """The person whose own key asks, or whose device does; raises Refused ``role:missing``."""
        return _there(self.person, "a person, or their device, asks this")

    def require_person_key(self) -> PersonRow:
        """The person whose own key asks; a device's does not do."""
        return _there(self.person if self.device is None else None, "a person asks this with their own key")

    def require_staff(self, *roles: str) -> Staff:
        """The member of staff who asks, in one of ``roles`` (none given: any); raises Refused ``role:missing``."""
        staff = self.staff if self.staff is not None and (not roles or self.staff.role in roles) else None
        return _there(staff, f"asked for: {', '.join(roles) or 'a member of staff'}")


def who_asks(request: Asked, vault: Vault, tx: Transaction) -> Asker:
    """Whoever holds the key that signed this request."""
    return who_holds(signed_by(request), vault, tx)


def who_holds(key: str, vault: Vault, tx: Transaction) -> Asker:
    """Whoever holds this key."""
    device = tx.device_by_key(key)
    person = tx.person(device.person_id) if device is not None else tx.person_by_key(key)
    return Asker(key, device, person, vault.roster().find_key(key))


def as_text(envelope: Envelope) -> str:
    """The envelope as it is kept: its JSON."""
    return encode_envelope(envelope).decode("utf-8")


def _there(found: T | None, detail: str) -> T:
    if found is None:
        no(Reason.ROLE_MISSING, detail).require()
        raise AssertionError("unreachable: a no raises")
    return found
