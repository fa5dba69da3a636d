"""What does the log say it contains?

A checkpoint (C2SP tlog-checkpoint): a signed note whose text is the log's origin, its size, and its root hash.
Extension lines are refused: nobody audits them, so nothing may be said there.
"""

import base64
import re
from dataclasses import dataclass

from aboveboard.base.errors import BadInput
from aboveboard.ledger import note
from aboveboard.ledger.tree import HASH_BYTES, SIZE_LIMIT, Hash

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True)
class Checkpoint:
    """The log ``origin`` has ``size`` leaves and ``root`` is their root hash."""

    origin: str
    size: int
    root: Hash

    def text(self) -> str:
        """The note text: what is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode('ascii')}\n"


def parse_text(text: str) -> Checkpoint:
    """Parse a checkpoint's text (no signatures); raises :class:`BadInput` for any spelling but the canonical one."""
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] or not lines[0] or not _SIZE.fullmatch(lines[1]):
        raise _bad("it does not have the three lines of one")
    if int(lines[1]) > SIZE_LIMIT:
        raise _bad("its size is impossible")
    try:
        root = base64.b64decode(lines[2].encode("ascii"), validate=True)
    except ValueError as error:
        raise _bad("its root hash is not base64") from error
    checkpoint = Checkpoint(lines[0], int(lines[1]), root)
    if len(root) != HASH_BYTES or checkpoint.text() != text:
        raise _bad("its root hash is malformed")
    return checkpoint


def parse(data: str) -> tuple[Checkpoint, note.Note]:
    """Parse a signed checkpoint; raises :class:`BadInput`. Nothing is verified: see ``ledger.verify``."""
    parsed = note.parse(data)
    return parse_text(parsed.text), parsed


def sign(checkpoint: Checkpoint, key: note.Signer) -> str:
    """The checkpoint as a note signed by the log; the key's name is the origin."""
    text = checkpoint.text()
    return note.Note(text, (note.sign(text, checkpoint.origin, key),)).encode()


def log_key(origin: str, public: bytes) -> str:
    """The verifier key of the log ``origin`` whose Ed25519 public key is ``public`` (32 bytes)."""
    return note.VerifierKey(origin, note.ED25519, public).text()


def witness_key(name: str, public: bytes) -> str:
    """The verifier key of the witness ``name`` whose Ed25519 public key is ``public`` (32 bytes)."""
    return note.VerifierKey(name, note.COSIGNATURE_V1, public).text()


def add_signatures(data: str, lines: str) -> str:
    """The signed checkpoint ``data`` with a witness's answer, ``lines``, added; raises :class:`BadInput`.

    The lines are parsed, not believed: ``ledger.verify`` decides what they are worth.
    """
    parsed = note.parse(data)
    added = [line for line in note.parse_signatures(lines) if line not in parsed.signatures]
    return note.Note(parsed.text, (*parsed.signatures, *added)).encode()


def _bad(why: str) -> BadInput:
    return BadInput(f"this is not a checkpoint of a log: {why}", cause="cut short or changed", fix="fetch it again")
