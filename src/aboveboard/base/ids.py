"""What names a thing here?

A kind of three letters, an underscore, and 130 random bits in Crockford's base 32 (lower case): ``seg_01h5…``.
Ids are random, so they carry neither time nor person nor count.
"""

import re
import secrets
from enum import StrEnum

from aboveboard.base.errors import BadInput

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
BODY_PATTERN = "[0-9a-hjkmnp-tv-z]{26}"


class Kind(StrEnum):
    """The closed list of things that have an id."""

    PERSON = "per"
    DEVICE = "dev"
    STAFF = "stf"
    INVITATION = "inv"
    CONSENT = "con"
    LEASE = "lea"
    PAUSE = "pau"
    SESSION = "ses"
    SEGMENT = "seg"
    REQUEST = "req"
    GRANT = "gra"
    ARTEFACT = "art"
    ERASURE = "era"
    CONCERN = "cnc"
    NOTICE = "ntc"
    DRILL = "dri"
    EXEMPTION = "exe"


def new_id(kind: Kind) -> str:
    """A fresh id of ``kind``: 30 ASCII characters, 130 bits from the operating system."""
    number = secrets.randbits(130)
    body = "".join(ALPHABET[(number >> (5 * place)) & 31] for place in range(26))
    return f"{kind}_{body}"


def check_id(kind: Kind, text: str) -> str:
    """Return ``text`` if it is an id of ``kind``; otherwise raise :class:`BadInput`."""
    if not re.fullmatch(f"{kind}_{BODY_PATTERN}", text):
        raise BadInput(
            f"{text[:60]!r} is not an id of a {kind.name.lower()}",
            cause="it was mistyped, cut short, or names another kind of thing",
            fix=f"copy the whole id; it starts with '{kind}_' and has 30 characters",
        )
    return text
