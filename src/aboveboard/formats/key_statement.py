"""Which key of the keyholder are a person's recordings sealed to?

Signed by the keyholder, checked by the recorder against the key pinned in the disclosure: a vault that hands out a key
of its own is refused. It also says which person's key the keyholder will take consents, questions and erasure orders
from: a vault that enrolled another key in the person's name is refused too.
"""

from aboveboard.formats.fields import (
    Count,
    Document,
    Nanoseconds,
    PersonId,
    PublicKey,
    Recipient,
    decode_json,
    encode_json,
)

PAYLOAD_TYPE = "application/vnd.aboveboard.key-statement.v1+json"
LIMIT_BYTES = 4 * 1024


class KeyStatement(Document, frozen=True):
    """``recipient`` is the age recipient for ``person_id`` in ``key_epoch`` (0, 1, …).

    Whoever seals MUST refuse it unless ``person_key`` is the person's own. From ``renew_at_ns`` on (wall time; 0: no
    time is set) the keyholder makes the key of the next epoch as soon as it is asked.
    """

    person_id: PersonId
    person_key: PublicKey
    key_epoch: Count
    recipient: Recipient
    created_at_ns: Nanoseconds
    renew_at_ns: Nanoseconds = 0


def encode(statement: KeyStatement) -> bytes:
    """The bytes to sign."""
    return encode_json(statement)


def decode(data: bytes) -> KeyStatement:
    """Parse a key statement; raises :class:`BadInput`."""
    return decode_json(data, KeyStatement, name="key statement", limit_bytes=LIMIT_BYTES)
