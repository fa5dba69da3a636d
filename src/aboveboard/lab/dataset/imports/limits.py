"""How much is unpacked before it is refused?"""

import zlib

from aboveboard.base.errors import BadInput


def inflate(data: bytes, limit_bytes: int) -> bytes:
    """The content of a gzip file; raises :class:`BadInput` beyond the limit or where it breaks off, ``zlib.error``."""
    unpacker = zlib.decompressobj(wbits=31)
    plain = unpacker.decompress(data, limit_bytes + 1)
    if len(plain) > limit_bytes:
        raise BadInput(
            f"a file unpacks to more than {limit_bytes} bytes",
            cause="too large when unpacked",
            fix="leave it out; it is no recording of a person",
        )
    if not unpacker.eof:
        raise BadInput("a packed file breaks off", cause="it was not copied in full", fix="copy it again")
    return plain
