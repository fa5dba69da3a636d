"""Do our functions give what the public test vectors say, and refuse what they say is to be refused?

The age vectors of C2SP/CCTV (npm ``cctv-age``) against sealing; those of RFC 7748, RFC 5869, RFC 7539, NIST and
ed25519.cr.yp.to (PyPI ``cryptography-vectors``) against what seals and signs. RFC 6962's stand in ``test_tree``.
Exceptions, each with its reason, are in :data:`NOT_READ` and :data:`TOO_SHORT`. HPKE (RFC 9180) is used nowhere, so its
vectors prove nothing here. Project Wycheproof publishes no package that set-up could install: ``test_wycheproof.py``
runs its cases where there is a checkout; those that matter for Ed25519, a signature that was bent into another valid
spelling, are made here from the vectors that are.
"""

from collections import Counter
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pyrage
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from aboveboard.base.errors import AboveboardError, BadInput, Tampered
from aboveboard.formats import age_header
from aboveboard.keyholder.backends import file as file_backend
from aboveboard.sealing import wrap
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.signatures import SigningKey, verify_raw
from aboveboard.sealing.unseal import SealedFile, unseal
from samples.public_vectors import AgeVector, age_vectors, numbered
from samples.segments import reseal_header

AGE = age_vectors()
NOT_READ = {
    "armored": "text armour: what is sealed here is never sent as text",
    "passphrase": "scrypt stanzas: nothing is sealed to a passphrase",
    "post_quantum": "hybrid identities: keys are X25519 (docs/spec/sealing.md)",
}
"""Features that we do not have. Every file that needs one is refused, also those that age opens."""
TOO_SHORT = {"stream_missing_tag", "stream_no_chunks", "stream_short_chunk"}
"""Contents too short to be one: said to be cut short before any key is tried, so as bad input and not as tampering."""
LIBRARY_ACCEPTS = {"stanza_missing_body", "stanza_missing_final_line"}
"""Malformed headers that pyrage 1.4 opens. Ours are parsed before it sees them."""
CONTENT_SHORT = {"stream_no_nonce", "stream_short_nonce"}
"""age counts the content's nonce to the header. The keyholder sees neither nonce nor content."""
ERRORS: dict[str, type[AboveboardError]] = {
    "no match": BadInput,
    "header failure": BadInput,
    "armor failure": BadInput,
    "HMAC failure": Tampered,
    "payload failure": Tampered,
}
ORDER = 2**252 + 27742317777372353535851937790883648493
"""Of the group of Ed25519 (RFC 8032, 5.1)."""

with_age = pytest.mark.skipif(not AGE, reason="the npm package cctv-age is not installed: run 'make setup'")


def unread(vector: AgeVector) -> bool:
    return any(getattr(vector, feature) for feature in NOT_READ)


READ = [vector for vector in AGE if not unread(vector)]


def identity_of(vector: AgeVector) -> Identity:
    """Its only identity; any other where it has none, for then nothing is to open."""
    assert len(vector.identities) <= 1
    return Identity.from_text(vector.identities[0]) if vector.identities else Identity.generate()


@with_age
def test_the_vectors_are_all_there() -> None:
    assert len(AGE) >= 143
    assert Counter(vector.expect for vector in READ) >= Counter(
        {"header failure": 31, "payload failure": 18, "success": 14, "no match": 3, "HMAC failure": 1}
    )
    assert {vector.name for vector in READ} >= TOO_SHORT | LIBRARY_ACCEPTS


@with_age
@pytest.mark.parametrize("vector", READ, ids=lambda vector: vector.name)
def test_age_files_open_or_fail_as_they_must(vector: AgeVector, tmp_path: Path) -> None:
    """Whole in memory, and in parts from a disk."""
    path, identity = tmp_path / "sealed", identity_of(vector)
    path.write_bytes(vector.sealed)

    def in_parts() -> bytes:
        opened = SealedFile(path, identity)
        try:
            return opened.read(0, opened.size_bytes)
        finally:
            opened.close()

    for read in (lambda: unseal(vector.sealed, identity), in_parts):
        if vector.expect == "success":
            assert vector.holds(read())
        else:
            with pytest.raises(BadInput if vector.name in TOO_SHORT else ERRORS[vector.expect]):
                read()


@with_age
@pytest.mark.parametrize("vector", [one for one in AGE if unread(one)], ids=lambda vector: vector.name)
def test_what_we_do_not_read_is_refused(vector: AgeVector) -> None:
    texts = [text for text in vector.identities if not text.startswith("AGE-SECRET-KEY-PQ-")]
    for identity in [Identity.from_text(text) for text in texts] or [Identity.generate()]:
        with pytest.raises((BadInput, Tampered)):
            unseal(vector.sealed, identity)
    for text in set(vector.identities) - set(texts):
        with pytest.raises(BadInput):
            Identity.from_text(text)


@with_age
@pytest.mark.parametrize(
    "vector",
    [one for one in READ if one.expect != "payload failure" and one.name not in CONTENT_SHORT],
    ids=lambda one: one.name,
)
def test_a_header_is_resealed_only_if_it_is_whole(vector: AgeVector) -> None:
    """The keyholder sees headers alone. What parses is spelt back as it was."""
    lines, researcher = vector.sealed.split(b"\n"), Identity.generate()
    end = next((place for place, line in enumerate(lines) if line.startswith(b"---")), len(lines) - 1)
    header = b"\n".join(lines[: end + 1]) + b"\n"
    if vector.expect == "header failure":
        with pytest.raises(BadInput):
            reseal_header(header, identity_of(vector), researcher.recipient)
        return
    assert age_header.encode(age_header.parse(header)) == header
    if vector.expect != "success":
        with pytest.raises(ERRORS[vector.expect]):
            reseal_header(header, identity_of(vector), researcher.recipient)
        return
    resealed = age_header.swap(vector.sealed, reseal_header(header, identity_of(vector), researcher.recipient))
    assert vector.holds(unseal(resealed, researcher))


@with_age
@pytest.mark.parametrize("name", sorted(LIBRARY_ACCEPTS))
def test_what_the_library_lets_pass_we_refuse(name: str) -> None:
    """The control: without our parser these would open."""
    [vector] = [one for one in READ if one.name == name]
    assert pyrage.decrypt(vector.sealed, [pyrage.x25519.Identity.from_str(vector.identities[0])])
    with pytest.raises(BadInput):
        unseal(vector.sealed, identity_of(vector))


def published(*path: str) -> str:
    """A file of ``cryptography_vectors``."""
    return files("cryptography_vectors").joinpath(*path).read_text(encoding="utf-8")


def test_x25519() -> None:
    """RFC 7748, 5.2."""
    blocks = [block for block in numbered(published("asymmetric", "X25519", "rfc7748.txt")) if "input_scalar" in block]
    assert len(blocks) >= 2
    for block in blocks:
        private = X25519PrivateKey.from_private_bytes(bytes.fromhex(block["input_scalar"]))
        assert wrap.exchange(private, bytes.fromhex(block["input_u"])).hex() == block["output_u"]


def test_hkdf() -> None:
    """RFC 5869. Ours always takes 32 bytes: the first of what the vectors give."""
    blocks = list(numbered(published("KDF", "rfc-5869-HKDF-SHA256.txt")))
    assert len(blocks) == 3
    for block in blocks:
        given = [bytes.fromhex(block[name]) for name in ("ikm", "salt", "info")]
        assert wrap.derive(*given).hex() == block["okm"][:64]


def test_chacha20_poly1305() -> None:
    """RFC 7539 and BoringSSL's, with the cipher that file keys are wrapped with."""
    done = 0
    for block in numbered(published("ciphers", "ChaCha20Poly1305", "boringssl.txt")):
        key, nonce, plain, extra, sealed, tag = (
            _bytes(block.get(name, "")) for name in ("key", "nonce", "in", "ad", "ct", "tag")
        )
        if len(nonce) != len(wrap.NONCE) or len(tag) != 16:
            continue
        cipher = ChaCha20Poly1305(key)
        assert cipher.encrypt(nonce, plain, extra) == sealed + tag
        with pytest.raises(InvalidTag):
            cipher.decrypt(nonce, sealed + tag[:-1] + bytes([tag[-1] ^ 1]), extra)
        done += 1
    assert done > 10


@pytest.mark.parametrize("name", ["gcmEncryptExtIV256.rsp", "gcmDecrypt256.rsp"])
def test_aes_gcm(name: str) -> None:
    """NIST's, of the sizes in which the keyholder wraps keys and the vault seals addresses: 256, 96 and 128 bits."""
    opened, refused = 0, 0
    for block in _gcm(published("ciphers", "AES", "GCM", name)):
        key, nonce, sealed, extra, tag = (bytes.fromhex(block[each]) for each in ("key", "iv", "ct", "aad", "tag"))
        cipher = file_backend.AESGCM(key)
        if "fail" in block:
            refused += 1
            with pytest.raises(InvalidTag):
                cipher.decrypt(nonce, sealed + tag, extra)
            continue
        plain = bytes.fromhex(block["pt"])
        opened += 1
        assert cipher.decrypt(nonce, sealed + tag, extra) == plain
        assert cipher.encrypt(nonce, plain, extra) == sealed + tag
    assert opened > 100
    assert (refused > 100) == name.startswith("gcmDecrypt")


def test_ed25519() -> None:
    """Each signs as published and verifies; with another text, or in another spelling of the signature, it does not."""
    lines = published("asymmetric", "Ed25519", "sign.input").splitlines()
    assert len(lines) == 1024
    for number, line in enumerate(lines):
        secret, public, text, signed = (bytes.fromhex(part) for part in line.split(":")[:4])
        key, signature = SigningKey.from_private_bytes(secret[:32]), signed[:64]
        assert (key.public_bytes, key.sign_raw(text)) == (public, signature)
        if number % 16:
            continue
        verify_raw(text, signature, key.public)
        scalar = int.from_bytes(signature[32:], "little") + ORDER
        bent = [signature[:32] + scalar.to_bytes(32, "little")] if scalar < 2**256 else []
        for other in (*bent, signature[:-1], signature + b"\0", bytes(64)):
            with pytest.raises(Tampered):
                verify_raw(text, other, key.public)
        with pytest.raises(Tampered):
            verify_raw(text + b"\0", signature, key.public)


def _bytes(text: str) -> bytes:
    """BoringSSL's files write some values as quoted text."""
    return text[1:-1].encode("ascii") if text.startswith('"') else bytes.fromhex(text)


def _gcm(text: str) -> Iterator[dict[str, str]]:
    """The blocks of our sizes; a block without ``PT`` that says ``FAIL`` must not open."""
    sizes: dict[str, str] = {}
    block: dict[str, str] = {}
    for line in [*text.splitlines(), "Count = end"]:
        name, sign, value = (part.strip().lower() for part in line.strip("[]").partition("="))
        if line.startswith("["):
            sizes[name] = value
        elif line.strip() == "FAIL":
            block["fail"] = ""
        elif sign and name == "count":
            if block and (block["ivlen"], block["taglen"]) == ("96", "128"):
                yield block
            block = dict(sizes)
        elif sign and block:
            block[name] = value
