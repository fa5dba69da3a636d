"""Who are the staff of a programme, in which role, with which key?

The vault and the keyholder each keep their own copy, set by whoever operates them, so that a vault that adds an
approver convinces only itself.
"""

import unicodedata
from collections import Counter
from typing import Annotated, Literal

from msgspec import Meta

from aboveboard.base.errors import BadInput
from aboveboard.formats.fields import Document, Line, PublicKey, StaffId, decode_json, encode_json

LIMIT_BYTES = 1024 * 1024

Role = Literal["steward", "security", "representative", "researcher"]
"""``security`` and ``representative`` (of the participants) are the two approving roles."""

APPROVING_ROLES: frozenset[str] = frozenset({"security", "representative"})


class Staff(Document, frozen=True):
    """One member of staff. One person has one entry and one role.

    ``person`` tells people apart who share a name: a mail address or a staff number, the same in every entry of theirs.
    """

    staff_id: StaffId
    name: Line
    role: Role
    key: PublicKey
    person: Line = ""


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
    """Parse a roster; raises :class:`BadInput`, also where an id, a key or a ``person`` is in it twice."""
    roster = decode_json(data, Roster, name="roster", limit_bytes=LIMIT_BYTES)
    for what in ("staff_id", "key", "person"):
        named = [fold(getattr(member, what)) if what == "person" else getattr(member, what) for member in roster.staff]
        twice = [each for each, times in Counter(filter(None, named)).items() if times > 1]
        if twice:
            raise BadInput(
                f"this roster names the same {what} twice: {twice[0]}",
                cause="somebody was entered a second time",
                fix="one person has one entry and one role: remove the other",
            )
    return roster


def fold(text: str) -> str:
    """``text`` for comparison: case, width, accents' spelling and spaces make no difference."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def may_be_one_person(one: Staff, other: Staff) -> bool:
    """Could these two entries be the same human being, as far as the roster tells?

    The same id, key or ``person`` is. The same name is too, unless both have a ``person`` and it differs.
    """
    if one.staff_id == other.staff_id or one.key == other.key:
        return True
    if one.person and other.person:
        return fold(one.person) == fold(other.person)
    return fold(one.name) == fold(other.name)
