"""Blind signatures: the draft's own vectors, and what must not hold."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.base.errors import AboveboardError, BadInput, Tampered
from aboveboard.sealing import blind, blind_keys
from aboveboard.sealing.blind import MODULUS_BYTES, BlindKey
from samples.pass_samples import KEY, VECTORS


@pytest.mark.parametrize("vector", VECTORS, ids=["both", "no info", "no message", "neither"])
def test_the_vectors_of_the_draft(vector: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    message, info = bytes.fromhex(vector["msg"]), bytes.fromhex(vector["info"])
    key = BlindKey(int(vector["p"], 16), int(vector["q"], 16))
    assert f"{blind.public_exponent(key.modulus, info):0256x}" == vector["eprime"]
    monkeypatch.setattr(blind.secrets, "token_bytes", lambda _: bytes.fromhex(vector["salt"]))
    monkeypatch.setattr(blind, "_unit", lambda _: int(vector["r"], 16))
    hidden = blind.blind(key.modulus, message, info)
    assert hidden.asked.hex() == vector["blind_msg"]
    signed = blind.sign(key, hidden.asked, info)
    assert signed.hex() == vector["blind_sig"]
    assert blind.unblind(key.modulus, message, info, signed, hidden).hex() == vector["sig"]


def test_a_signature_is_for_one_message_one_info_and_one_key() -> None:
    hidden = blind.blind(KEY.modulus, b"message", b"info")
    signature = blind.unblind(KEY.modulus, b"message", b"info", blind.sign(KEY, hidden.asked, b"info"), hidden)
    blind.verify(KEY.modulus, b"message", b"info", signature)
    changed = bytes([signature[0] ^ 1, *signature[1:]])
    for message, info, bad in (
        (b"massage", b"info", signature),
        (b"message", b"other", signature),
        (b"message", b"info", changed),
        (b"message", b"info", b""),
    ):
        with pytest.raises(Tampered):
            blind.verify(KEY.modulus, message, info, bad)
    with pytest.raises(Tampered):  # the signer signed for something else
        blind.unblind(KEY.modulus, b"message", b"info", blind.sign(KEY, hidden.asked, b"other"), hidden)


def test_what_the_signer_sees_fits_every_message() -> None:
    """For each asking and each finished signature there is a blind that makes the two one: nothing links them."""
    exponent = blind.public_exponent(KEY.modulus, b"info")
    askings, signatures = [], []
    for message in (b"one", b"two"):
        hidden = blind.blind(KEY.modulus, message, b"info")
        signed = blind.sign(KEY, hidden.asked, b"info")
        askings.append((int.from_bytes(hidden.asked, "big"), int.from_bytes(signed, "big")))
        signature = blind.unblind(KEY.modulus, message, b"info", signed, hidden)
        signatures.append(int.from_bytes(signature, "big"))
    for asked, signed_number in askings:
        for signature_number in signatures:
            encoded = pow(signature_number, exponent, KEY.modulus)
            factor = signed_number * pow(signature_number, -1, KEY.modulus) % KEY.modulus
            assert encoded * pow(factor, exponent, KEY.modulus) % KEY.modulus == asked


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=300))
def test_whatever_is_asked_is_signed_or_refused(asked: bytes) -> None:
    try:
        signed = blind.sign(KEY, asked, b"info")
    except AboveboardError:
        assert len(asked) != MODULUS_BYTES or int.from_bytes(asked, "big") in {0, 1} or asked >= b"\xd6"
    else:
        assert len(signed) == MODULUS_BYTES


def test_primes_are_safe_and_a_key_is_kept(tmp_path) -> None:  # type: ignore[no-untyped-def]
    prime = blind_keys.safe_prime(256)
    assert prime.bit_length() == 256
    assert blind_keys._is_prime(prime)
    assert blind_keys._is_prime((prime - 1) // 2)
    assert not blind_keys._is_prime(prime * 3)
    path = tmp_path / "passes.key"
    blind_keys.save(path, KEY)
    assert blind_keys.load_or_create(path) == KEY
    assert str(KEY.p) not in repr(KEY)
    path.write_text('{"p": "5", "q": "7"}')
    with pytest.raises(BadInput, match="does not hold"):
        blind_keys.load(path)
    with pytest.raises(BadInput):
        blind.check_modulus(15)
