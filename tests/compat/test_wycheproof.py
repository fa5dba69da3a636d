"""Do our functions, and the library's below them, hold against Project Wycheproof's hostile cases?

No package holds them, so set-up cannot install them. With a checkout of C2SP/wycheproof:

    WYCHEPROOF=path/to/checkout python -m pytest tests/compat/test_wycheproof.py

At its commit dac1dd4 (18 August 2026), on 22 November 2026, all 1,409 held. Left out: nonces of other than 12 bytes
(128 cases), which nothing here makes; files of algorithms that are not used.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import load_der_public_key

from aboveboard.base.errors import AboveboardError, BadInput
from aboveboard.sealing import wrap
from aboveboard.sealing.signatures import format_public, verify_raw

CHECKOUT = os.environ.get("WYCHEPROOF", "")
pytestmark = pytest.mark.skipif(not CHECKOUT, reason="no checkout of C2SP/wycheproof is named in WYCHEPROOF")

Case = dict[str, Any]


def cases(name: str) -> Iterator[tuple[Case, Case]]:
    """Each case of a file, with its group."""
    path = Path(CHECKOUT) / "testvectors_v1" / f"{name}_test.json"
    for group in json.loads(path.read_text(encoding="utf-8"))["testGroups"]:
        yield from ((group, each) for each in group["tests"])


def raw(each: Case, *names: str) -> list[bytes]:
    return [bytes.fromhex(each[name]) for name in names]


def test_x25519() -> None:
    """Everything is computed as they say, but a shared secret of zeros: that key is refused."""
    for _, each in cases("x25519"):
        private, public, shared = raw(each, "private", "public", "shared")
        if any(shared):
            assert wrap.exchange(X25519PrivateKey.from_private_bytes(private), public) == shared, each
        else:
            with pytest.raises(BadInput):
                wrap.exchange(X25519PrivateKey.from_private_bytes(private), public)


def test_ed25519() -> None:
    for group, each in cases("ed25519"):
        message, signature = raw(each, "msg", "sig")
        key = format_public(bytes.fromhex(group["publicKey"]["pk"]))
        if each["result"] == "valid":
            verify_raw(message, signature, key)
        else:
            with pytest.raises(AboveboardError):
                verify_raw(message, signature, key)


@pytest.mark.parametrize(("name", "cipher"), [("chacha20_poly1305", ChaCha20Poly1305), ("aes_gcm", AESGCM)])
def test_what_seals(name: str, cipher: Any) -> None:
    """With nonces of 12 bytes, the only ones that are used."""
    for group, each in cases(name):
        key, nonce, aad, message, sealed, tag = raw(each, "key", "iv", "aad", "msg", "ct", "tag")
        if group["ivSize"] != 96:
            continue
        if each["result"] == "valid":
            assert cipher(key).encrypt(nonce, message, aad) == sealed + tag, each
            assert cipher(key).decrypt(nonce, sealed + tag, aad) == message
        else:
            with pytest.raises(InvalidTag):
                cipher(key).decrypt(nonce, sealed + tag, aad)


def test_hkdf() -> None:
    for _, each in cases("hkdf_sha256"):
        secret, salt, info, derived = raw(each, "ikm", "salt", "info", "okm")

        def derive(each: Case = each, secret: bytes = secret, salt: bytes = salt, info: bytes = info) -> bytes:
            return HKDF(algorithm=hashes.SHA256(), length=each["size"], salt=salt, info=info).derive(secret)

        if each["result"] == "valid":
            assert derive() == derived
        else:
            with pytest.raises(ValueError, match="larger than"):
                derive()


def test_passes() -> None:
    """RSA-PSS with SHA-384 and a salt of 48 bytes, of 2,048 bits: what an unblinded pass is."""
    pss = padding.PSS(mgf=padding.MGF1(hashes.SHA384()), salt_length=48)
    for group, each in cases("rsa_pss_2048_sha384_mgf1_48"):
        key: Any = load_der_public_key(bytes.fromhex(group["publicKeyDer"]))
        message, signature = raw(each, "msg", "sig")
        if each["result"] == "valid":
            key.verify(signature, message, pss, hashes.SHA384())
        else:
            with pytest.raises(InvalidSignature):
                key.verify(signature, message, pss, hashes.SHA384())
