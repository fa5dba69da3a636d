"""Who are the staff of a programme, in which role, with which key?

The vault and the keyholder each keep their own copy, set by whoever operates them, so that a vault that adds an
approver convinces only itself.
"""

from typing import Annotated, Literal

from msgspec import Meta

from aboveboard.formats.fields import Document, Line, PublicKey, StaffId, decode_json, encode_json

LIMIT_BYTES = 1024 * 1024

Role = Literal["steward", "security", "representative", "researcher"]
"""``security`` and ``representative`` (of the participants) are the two approving roles."""

APPROVING_ROLES: frozenset[str] = frozenset({"security", "representative"})


class Staff(Document, frozen=True):
    """One member of staff. One person has one entry and one role."""

    staff_id: StaffId
    name: Line
    role: Role
    key: PublicKey


class Roster(Document, frozen=True):
    """Everyone with a role."""

    staff: Annotated[list[Staff], Meta(max_length=10_000)]

    def find(self, staff_id: str) -> Staff | None:
        """The member called ``staff_id``, or ``None``."""
        return next((member for member in self.staff if member.staff_id == staff_id), None)

    def find_key(self, key: str) -> Staff | None:
        """The member whose key is ``key``, or ``None``."""
        return next((member for member in self.staff if member.key == key), None)


def encode(roster: Roster) -> bytes:
    """The roster's JSON."""
    return encode_json(roster)


def decode(data: bytes) -> Roster:
    """Parse a roster; raises :class:`BadInput`."""
    return decode_json(data, Roster, name="roster", limit_bytes=LIMIT_BYTES)
