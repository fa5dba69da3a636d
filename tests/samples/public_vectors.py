"""Test vectors that others publish, read from the packages that set-up installs; nothing of them is kept here."""

import base64
import hashlib
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

AGE_PACKAGE = Path(__file__).parents[2] / "web" / "node_modules" / "cctv-age" / "index.js"
"""C2SP/CCTV's age test vectors as the npm package ``cctv-age``: one base64 text for each."""
_VECTOR = re.compile(r'^// \.\./testdata/(\S+)\nvar \w+ = __toBinary\("([A-Za-z0-9+/=]*)"\);$', re.MULTILINE)


@dataclass(frozen=True)
class AgeVector:
    """``expect`` is one of the words of the package's README; ``identities`` are as age writes them."""

    name: str
    expect: str
    payload_sha256: str
    identities: tuple[str, ...]
    armored: bool
    passphrase: bool
    sealed: bytes

    @property
    def post_quantum(self) -> bool:
        return any(text.startswith("AGE-SECRET-KEY-PQ-") for text in self.identities)

    def holds(self, plain: bytes) -> bool:
        return hashlib.sha256(plain).hexdigest() == self.payload_sha256


def age_vectors() -> list[AgeVector]:
    """All of them; none where the package is not installed."""
    if not AGE_PACKAGE.exists():
        return []
    found = _VECTOR.findall(AGE_PACKAGE.read_text(encoding="utf-8"))
    return [_age_vector(name, base64.b64decode(content)) for name, content in found]


def _age_vector(name: str, raw: bytes) -> AgeVector:
    head, _, sealed = raw.partition(b"\n\n")
    fields: dict[str, list[str]] = {}
    for line in head.decode("utf-8").split("\n"):
        key, _, value = line.partition(": ")
        fields.setdefault(key, []).append(value)
    return AgeVector(
        name=name,
        expect=fields["expect"][0],
        payload_sha256=fields.get("payload", [""])[0],
        identities=tuple(fields.get("identity", [])),
        armored="armored" in fields,
        passphrase="passphrase" in fields,
        sealed=zlib.decompress(sealed) if "compressed" in fields else sealed,
    )


def numbered(text: str) -> Iterator[dict[str, str]]:
    """The blocks of ``NAME = value`` lines of a NIST-like file, each begun by ``COUNT``; a value may be empty."""
    block: dict[str, str] = {}
    for line in text.splitlines():
        name, sign, value = (part.strip() for part in line.partition("="))
        if line.startswith("#") or not sign:
            continue
        if name.upper() == "COUNT" and block:
            yield block
            block = {}
        block[name.lower()] = value
    if block:
        yield block
