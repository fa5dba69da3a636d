"""Which keys was a sealed file wrapped for?

The header of an age v1 file (C2SP age.md): a version line, one stanza per wrapped file key, and a MAC. It is parsed as
strictly as the specification allows, with limits, so that one header has one spelling and a hostile one costs nothing.
"""

import base64
import re
from dataclasses import dataclass

from aboveboard.base.errors import BadInput
from aboveboard.formats.release import HEADER_LIMIT

VERSION_LINE = b"age-encryption.org/v1\n"
LIMIT_BYTES = HEADER_LIMIT * 3 // 4
"""6 KiB: the longest header whose base64 still fits the format in which keys are asked for."""
STANZA_LIMIT = 20
COLUMNS = 64
MAC_BYTES = 32
PAYLOAD_NONCE_BYTES = 16
PAYLOAD_TAG_BYTES = 16
X25519 = "X25519"
X25519_SHARE_BYTES = 32
X25519_BODY_BYTES = 32

_ARGUMENT = re.compile(rb"[\x21-\x7e]+")


@dataclass(frozen=True)
class Stanza:
    """One wrapped file key: ``arguments[0]`` is its type."""

    arguments: tuple[str, ...]
    body: bytes


@dataclass(frozen=True)
class Header:
    """``mac`` authenticates :func:`signed_part` of ``stanzas`` under the file key."""

    stanzas: tuple[Stanza, ...]
    mac: bytes


def x25519_stanza(share: bytes, body: bytes) -> Stanza:
    """The stanza for an ephemeral ``share`` (32 bytes) and a wrapped file key ``body`` (32 bytes)."""
    return Stanza((X25519, encode_unpadded(share)), body)


def x25519_share(stanza: Stanza) -> bytes:
    """The ephemeral share of an X25519 stanza; raises :class:`BadInput` if the stanza is malformed."""
    if len(stanza.arguments) != 2 or len(stanza.body) != X25519_BODY_BYTES:
        raise _bad("an X25519 stanza has the wrong length")
    share = decode_unpadded(stanza.arguments[1].encode("ascii"))
    if len(share) != X25519_SHARE_BYTES:
        raise _bad("the share of an X25519 stanza has the wrong length")
    return share


def split(sealed: bytes) -> tuple[bytes, bytes]:
    """The header of a sealed file, through the MAC line and its newline, and the payload after it.

    Raises :class:`BadInput` if the header is malformed or the payload is too short to be one.
    """
    end = _end(sealed)
    header, payload = sealed[:end], sealed[end:]
    parse(header)
    if len(payload) < PAYLOAD_NONCE_BYTES + PAYLOAD_TAG_BYTES:
        raise _bad("it ends before its content")
    return header, payload


def unread(sealed: bytes) -> bytes:
    """The bytes where the header is, for somebody else who will parse them; raises :class:`BadInput` if they do not
    end."""
    return sealed[: _end(sealed)]


def swap(sealed: bytes, header: bytes) -> bytes:
    """``sealed`` with ``header`` in place of its own; the payload is untouched. Raises :class:`BadInput`."""
    parse(header)
    return header + split(sealed)[1]


def parse(header: bytes) -> Header:
    """Parse a header, through its last newline; raises :class:`BadInput`.

    Stanzas of unknown types pass (the specification asks for them to be ignored); X25519 stanzas must be well-formed.
    """
    if len(header) > LIMIT_BYTES:
        raise _bad(f"its header is longer than {LIMIT_BYTES} bytes")
    if not header.startswith(VERSION_LINE):
        raise _bad("it is not an age v1 file")
    if not header.endswith(b"\n"):
        raise _bad("its header is cut short")
    lines = header[len(VERSION_LINE) : -1].split(b"\n")
    mac_line = lines.pop()
    if not mac_line.startswith(b"--- "):
        raise _bad("its header has no MAC line")
    mac = decode_unpadded(mac_line[len(b"--- ") :])
    if len(mac) != MAC_BYTES:
        raise _bad("its MAC has the wrong length")
    return Header(_stanzas(lines), mac)


def signed_part(stanzas: tuple[Stanza, ...]) -> bytes:
    """The bytes that the MAC covers: everything up to and including ``---``."""
    parts = [VERSION_LINE]
    for stanza in stanzas:
        parts.append(b"-> " + " ".join(stanza.arguments).encode("ascii") + b"\n")
        text = encode_unpadded(stanza.body)
        # A last line shorter than 64 columns always ends the body, even if it has to be empty.
        parts += [text[at : at + COLUMNS].encode("ascii") + b"\n" for at in range(0, len(text) + 1, COLUMNS)]
    return b"".join([*parts, b"---"])


def encode(header: Header) -> bytes:
    """The header's bytes, through its last newline: exactly those that :func:`parse` read."""
    return completed(signed_part(header.stanzas), header.mac)


def completed(signed: bytes, mac: bytes) -> bytes:
    """A header's bytes, of its :func:`signed_part` and the MAC over it."""
    return signed + b" " + encode_unpadded(mac).encode("ascii") + b"\n"


def encode_unpadded(data: bytes) -> str:
    """Standard base64 without padding."""
    return base64.b64encode(data).decode("ascii").rstrip("=")


def decode_unpadded(text: bytes) -> bytes:
    """Canonical standard base64 without padding; raises :class:`BadInput` for any other spelling."""
    try:
        data = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except ValueError as error:
        raise _bad("its base64 is malformed") from error
    if encode_unpadded(data).encode("ascii") != text:
        raise _bad("its base64 is not canonical")
    return data


def _end(sealed: bytes) -> int:
    window = sealed[: LIMIT_BYTES + 1]
    start = window.find(b"\n--- ")
    end = window.find(b"\n", start + 1) + 1 if start >= 0 else 0
    if not end:
        raise _bad(f"its header does not end within {LIMIT_BYTES} bytes")
    return end


def _stanzas(lines: list[bytes]) -> tuple[Stanza, ...]:
    stanzas: list[Stanza] = []
    at = 0
    while at < len(lines):
        marker, *arguments = lines[at].split(b" ")
        if marker != b"->" or not arguments or not all(_ARGUMENT.fullmatch(word) for word in arguments):
            raise _bad("a stanza does not begin as one")
        body, at = _body(lines, at + 1)
        stanza = Stanza(tuple(word.decode("ascii") for word in arguments), body)
        if stanza.arguments[0] == X25519:
            x25519_share(stanza)
        stanzas.append(stanza)
        if len(stanzas) > STANZA_LIMIT:
            raise _bad(f"it is wrapped for more than {STANZA_LIMIT} keys")
    if not stanzas:
        raise _bad("it is wrapped for no key")
    return tuple(stanzas)


def _body(lines: list[bytes], at: int) -> tuple[bytes, int]:
    text = b""
    while at < len(lines):
        line = lines[at]
        if len(line) > COLUMNS:
            raise _bad("a line of a stanza is too long")
        text += line
        at += 1
        if len(line) < COLUMNS:
            return decode_unpadded(text), at
    raise _bad("a stanza is cut short")


def _bad(why: str) -> BadInput:
    return BadInput(
        f"this sealed file cannot be read: {why}",
        cause="it was cut short, changed on the way, or is not an age file",
        fix="fetch it again",
    )
