"""Which keys did the keyholder hand out for one segment?

The content of the small age file that is sealed to a requester: a JSON object with one key for each part that the grant
covers, in hexadecimal: ``{"always":"00…","pointer":"00…"}``.
"""

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from aboveboard.formats.fields import decode_json
from aboveboard.formats.parts import PARTS, PartName

LIMIT_BYTES = 1024

Key = Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]


def encode(keys: Mapping[PartName, bytes]) -> bytes:
    """The keys (16 bytes each) as JSON, in the order of the parts."""
    return msgspec.json.encode({name: keys[name].hex() for name in PARTS if name in keys})


def decode(data: bytes) -> dict[PartName, bytes]:
    """Parse keys; raises :class:`BadInput`."""
    found = decode_json(data, dict[PartName, Key], name="keys of a segment", limit_bytes=LIMIT_BYTES)
    return {name: bytes.fromhex(key) for name, key in found.items()}
