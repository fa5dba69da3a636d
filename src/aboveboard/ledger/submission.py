"""How does a log ask a witness for its cosignature?

The body of ``add-checkpoint`` (C2SP tlog-witness): the size that the witness saw last, the proof that the log has only
grown since, an empty line, and the signed checkpoint.
"""

import base64
import re
from dataclasses import dataclass

from aboveboard.base.errors import BadInput
from aboveboard.ledger import note
from aboveboard.ledger.tree import HASH_BYTES, SIZE_LIMIT, Hash

LIMIT_BYTES = note.LIMIT_BYTES + 8 * 1024
PROOF_LIMIT = 63
SIZE_TYPE = "text/x.tlog.size"
"""The media type of the answer 409, whose body is the size that the witness saw last and a newline."""

_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True)
class Submission:
    """``proof`` leads from ``old_size`` to the size that ``checkpoint``, a signed note, claims. **Unverified.**"""

    old_size: int
    proof: tuple[Hash, ...]
    checkpoint: str

    def encode(self) -> bytes:
        """The request's body."""
        lines = [f"old {self.old_size}", *(base64.b64encode(value).decode("ascii") for value in self.proof), ""]
        return ("\n".join(lines) + "\n" + self.checkpoint).encode()


def parse(body: bytes) -> Submission:
    """Parse a request's body of at most ``LIMIT_BYTES``; raises :class:`BadInput`."""
    if len(body) > LIMIT_BYTES:
        raise _bad(f"it is longer than {LIMIT_BYTES} bytes")
    try:
        head, separator, checkpoint = body.decode("utf-8").partition("\n\n")
    except UnicodeDecodeError as error:
        raise _bad("it is not UTF-8") from error
    old, *hashes = head.split("\n")
    match = _OLD.fullmatch(old)
    if not separator or match is None or int(match[1]) > SIZE_LIMIT:
        raise _bad("it does not begin with the old size")
    if len(hashes) > PROOF_LIMIT:
        raise _bad(f"its proof is longer than {PROOF_LIMIT} hashes")
    return Submission(int(match[1]), tuple(_hash(line) for line in hashes), checkpoint)


def parse_size(body: bytes) -> int:
    """The size in an answer 409 of the type ``SIZE_TYPE``; raises :class:`BadInput`."""
    match = re.fullmatch(rb"(0|[1-9][0-9]{0,18})\n", body)
    if match is None or int(match[1]) > SIZE_LIMIT:
        raise _bad("the witness's answer holds no size")
    return int(match[1])


def _hash(line: str) -> Hash:
    try:
        raw = base64.b64decode(line.encode("ascii"), validate=True)
    except ValueError as error:
        raise _bad("a line of its proof is not base64") from error
    if len(raw) != HASH_BYTES or base64.b64encode(raw).decode("ascii") != line:
        raise _bad("a line of its proof is not a hash")
    return raw


def _bad(why: str) -> BadInput:
    return BadInput(
        f"this request to a witness cannot be read: {why}", cause="cut short or changed", fix="send it again"
    )
