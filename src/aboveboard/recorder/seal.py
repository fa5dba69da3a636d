"""Who can open what was recorded here?

Exactly two keys: the participant's own, and the participant's key in the keyholder. This machine holds neither private
half while it records, so it cannot open what it has sealed.
"""

from aboveboard.sealing.seal import seal


def seal_segment(plain: bytes, *, person_recipient: str, keyholder_recipient: str) -> bytes:
    """``plain`` as an age file for the two; raises :class:`BadInput` if they are the same or malformed."""
    return seal(plain, [person_recipient, keyholder_recipient])
