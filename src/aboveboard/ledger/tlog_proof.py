"""How is one entry proven to somebody who has nothing but a file and the keys that they trust?

C2SP tlog-proof: the entry's index, its inclusion proof and the signed, cosigned checkpoint, as lines of text. ``extra``
carries what the leaf is made of: the salt and the readable entry, or the bare leaf where nobody told what it says. It
is not believed: it must hash to a leaf that the proof leads from.
"""

import base64
import re
from dataclasses import dataclass

from aboveboard.base.errors import BadInput
from aboveboard.formats import entry as entry_format
from aboveboard.ledger import note
from aboveboard.ledger.tree import HASH_BYTES, SIZE_LIMIT, Hash

FIRST_LINE = "c2sp.org/tlog-proof@v1"
PROOF_LIMIT = 63
LIMIT_BYTES = note.LIMIT_BYTES + 2 * entry_format.LIMIT_BYTES

_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True)
class LogProof:
    """That entry ``index`` is in the log of ``checkpoint``, a signed note. **Unverified**: see ``ledger.verify``.

    ``extra`` is salt ‖ readable entry, or the leaf itself, or empty.
    """

    extra: bytes
    index: int
    hashes: tuple[Hash, ...]
    checkpoint: str

    def encode(self) -> str:
        """The file's text."""
        lines = [FIRST_LINE, *([f"extra {_base64(self.extra)}"] if self.extra else []), f"index {self.index}"]
        lines += [_base64(value) for value in self.hashes]
        return "\n".join(lines) + "\n\n" + self.checkpoint

    def leaf(self) -> bytes:
        """The bytes in the log that ``extra`` stands for; raises :class:`BadInput` if it stands for none."""
        if self.extra.startswith(entry_format.LEAF_PREFIX):
            return self.extra
        salt, readable = self.extra[: entry_format.SALT_BYTES], self.extra[entry_format.SALT_BYTES :]
        if not readable:
            raise _bad("it does not carry the entry that it is about")
        return entry_format.leaf(salt, readable)

    def readable(self) -> bytes | None:
        """The entry's JSON, if the file tells it."""
        if self.extra.startswith(entry_format.LEAF_PREFIX):
            return None
        return self.extra[entry_format.SALT_BYTES :] or None


def parse(data: bytes) -> LogProof:
    """Parse a file of at most ``LIMIT_BYTES``; raises :class:`BadInput`. Nothing is verified yet."""
    if len(data) > LIMIT_BYTES:
        raise _bad(f"it is longer than {LIMIT_BYTES} bytes")
    try:
        head, separator, checkpoint = data.decode("utf-8").partition("\n\n")
    except UnicodeDecodeError as error:
        raise _bad("it is not UTF-8") from error
    lines = head.split("\n")
    if not separator or lines.pop(0) != FIRST_LINE:
        raise _bad(f"its first line is not {FIRST_LINE!r}, or it has no checkpoint")
    extra = b""
    if lines and lines[0].startswith("extra "):
        extra = _bytes(lines.pop(0).removeprefix("extra "))
    match = _INDEX.fullmatch(lines.pop(0)) if lines else None
    if match is None or int(match[1]) >= SIZE_LIMIT:
        raise _bad("it does not say which entry it is about")
    if len(lines) > PROOF_LIMIT:
        raise _bad(f"its proof is longer than {PROOF_LIMIT} hashes")
    hashes = tuple(_bytes(line) for line in lines)
    if any(len(value) != HASH_BYTES for value in hashes):
        raise _bad("a line of its proof is not a hash")
    return LogProof(extra, int(match[1]), hashes, checkpoint)


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _bytes(text: str) -> bytes:
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except ValueError as error:
        raise _bad("a line of it is not base64") from error
    if _base64(raw) != text:
        raise _bad("a line of it is not base64 in its one form")
    return raw


def _bad(why: str) -> BadInput:
    return BadInput(
        f"this file is not a proof of a log entry (C2SP tlog-proof): {why}",
        cause="it was cut short or changed, or is another file",
        fix="ask for it again",
    )
