"""Who can open what was recorded here?

Exactly two keys: the participant's own, and the participant's key in the keyholder. This machine holds neither private
half while it records, so it cannot open what it has sealed.
"""

from collections.abc import Mapping

from aboveboard.formats.parts import PartName
from aboveboard.sealing.seal_parts import seal_parts


def seal_segment(plain: Mapping[PartName, bytes], *, person_recipient: str, keyholder_recipient: str) -> bytes:
    """These parts as a segment for the two; raises :class:`BadInput` if they are the same or malformed."""
    return seal_parts(plain, [person_recipient, keyholder_recipient])
