"""Who signed this text?

The signed note of C2SP signed-note: a text, an empty line, and signature lines. Two kinds of signature are known:
a log's Ed25519 over the text (0x01), and a witness's ``cosignature/v1`` over the text and a time (0x04). A verifier key
carries name, kind and public key; signatures by anyone else are ignored and never vouch for anything.
"""

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from aboveboard.base.errors import BadInput, Tampered

ED25519 = 0x01
COSIGNATURE_V1 = 0x04
KEY_BYTES = 32
KEY_ID_BYTES = 4
SIGNATURE_BYTES = 64
TIME_BYTES = 8
LIMIT_BYTES = 128 * 1024
SIGNATURE_LIMIT = 32

_NAME = re.compile(r"[^\s+]{1,200}")
_LINE = re.compile(r"— ([^\s+]{1,200}) ([A-Za-z0-9+/]+={0,2})")


class Signer(Protocol):
    """What signs: :class:`aboveboard.sealing.signatures.SigningKey` is one."""

    @property
    def public_bytes(self) -> bytes: ...

    def sign_raw(self, data: bytes) -> bytes: ...


@dataclass(frozen=True)
class VerifierKey:
    """A key that signatures are accepted from. ``kind`` is ``ED25519`` or ``COSIGNATURE_V1``."""

    name: str
    kind: int
    public: bytes

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or self.kind not in (ED25519, COSIGNATURE_V1):
            raise _bad_key()
        if len(self.public) != KEY_BYTES:
            raise _bad_key()

    @property
    def key_id(self) -> bytes:
        """The four bytes that name the key in a signature line: a hint, not an identity."""
        data = self.name.encode() + b"\n" + bytes([self.kind]) + self.public
        return hashlib.sha256(data).digest()[:KEY_ID_BYTES]

    def text(self) -> str:
        """``<name>+<key id>+<base64>``, as operators hand keys to each other."""
        material = base64.b64encode(bytes([self.kind]) + self.public).decode("ascii")
        return f"{self.name}+{self.key_id.hex()}+{material}"

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """Read :meth:`text` back; raises :class:`BadInput`, also where the key id does not fit the key."""
        name, _, rest = text.partition("+")
        material = _decode(rest.partition("+")[2])
        if material is None or len(material) != 1 + KEY_BYTES:
            raise _bad_key()
        key = cls(name, material[0], material[1:])
        if key.text() != text:
            raise _bad_key()
        return key


@dataclass(frozen=True)
class NoteSignature:
    """One signature line: who claims to have signed, and the bytes after the key id."""

    name: str
    key_id: bytes
    body: bytes

    def line(self) -> str:
        """The line, with its newline."""
        return f"— {self.name} {base64.b64encode(self.key_id + self.body).decode('ascii')}\n"


@dataclass(frozen=True)
class Note:
    """``text`` ends in a newline. **Unverified**: see :func:`check_signature`."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def encode(self) -> str:
        """The whole note."""
        return self.text + "\n" + "".join(signature.line() for signature in self.signatures)


def parse(data: str) -> Note:
    """Parse a note of at most ``LIMIT_BYTES``; raises :class:`BadInput`. Nothing is verified yet."""
    if len(data.encode("utf-8", "surrogatepass")) > LIMIT_BYTES:
        raise _bad_note(f"it is longer than {LIMIT_BYTES} bytes")
    if any(character < " " and character != "\n" for character in data) or not _is_utf8(data):
        raise _bad_note("it contains characters that are not allowed")
    text, separator, lines = data.rpartition("\n\n")
    if not separator or not lines.endswith("\n"):
        raise _bad_note("it has no signatures")
    return Note(text + "\n", parse_signatures(lines))


def parse_signatures(lines: str) -> tuple[NoteSignature, ...]:
    """Parse one or more signature lines, each with its newline; raises :class:`BadInput`."""
    found = lines.removesuffix("\n").split("\n")
    if not lines.endswith("\n") or len(found) > SIGNATURE_LIMIT:
        raise _bad_note(f"it has no signature, or more than {SIGNATURE_LIMIT}")
    return tuple(_signature(line) for line in found)


def sign(text: str, name: str, key: Signer) -> NoteSignature:
    """``key``'s Ed25519 signature of ``text`` under ``name``."""
    verifier = VerifierKey(name, ED25519, key.public_bytes)
    return NoteSignature(name, verifier.key_id, key.sign_raw(text.encode()))


def cosign(text: str, name: str, key: Signer, at_s: int) -> NoteSignature:
    """``key``'s ``cosignature/v1`` of the checkpoint body ``text`` at ``at_s`` (seconds since the Unix epoch)."""
    verifier = VerifierKey(name, COSIGNATURE_V1, key.public_bytes)
    signature = key.sign_raw(_cosigned(text, at_s))
    return NoteSignature(name, verifier.key_id, at_s.to_bytes(TIME_BYTES, "big") + signature)


def check_signature(note: Note, key: VerifierKey) -> int | None:
    """Whether ``key`` signed the note: ``None`` if no line is by it; a cosignature's time in seconds; 0 otherwise.

    Raises :class:`Tampered` if a line claims to be by ``key`` and is not: such a note is not to be relied on at all.
    """
    times = [
        _verify(note.text, signature.body, key)
        for signature in note.signatures
        if signature.name == key.name and signature.key_id == key.key_id
    ]
    return max(times) if times else None


def _verify(text: str, body: bytes, key: VerifierKey) -> int:
    at_s, signed = 0, text.encode()
    if key.kind == COSIGNATURE_V1:
        at_s, body = int.from_bytes(body[:TIME_BYTES], "big"), body[TIME_BYTES:]
        signed = _cosigned(text, at_s)
    try:
        if len(body) != SIGNATURE_BYTES or at_s >= 2**63:
            raise InvalidSignature
        Ed25519PublicKey.from_public_bytes(key.public).verify(body, signed)
    except InvalidSignature as error:
        raise Tampered(
            f"a signature in the name of {key.name} does not hold",
            cause="the note was changed after signing, or somebody signs in another's name",
            fix="keep the note as evidence; do not rely on it",
        ) from error
    return at_s


def _cosigned(text: str, at_s: int) -> bytes:
    return f"cosignature/v1\ntime {at_s}\n{text}".encode()


def _signature(line: str) -> NoteSignature:
    match = _LINE.fullmatch(line)
    raw = _decode(match[2]) if match else None
    if match is None or raw is None or len(raw) <= KEY_ID_BYTES:
        raise _bad_note("a signature line is malformed")
    return NoteSignature(match[1], raw[:KEY_ID_BYTES], raw[KEY_ID_BYTES:])


def _decode(text: str) -> bytes | None:
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except ValueError:
        return None
    return raw if base64.b64encode(raw).decode("ascii") == text else None


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _bad_note(why: str) -> BadInput:
    return BadInput(f"this signed note cannot be read: {why}", cause="cut short or changed", fix="fetch it again")


def _bad_key() -> BadInput:
    return BadInput(
        "this is not a verifier key (name+id+base64)", cause="it was mistyped or cut short", fix="copy the whole line"
    )
