"""Does a signed document open for exactly the key and the type it was signed with?"""

import base64

import msgspec
import pytest

from aboveboard.base.errors import BadInput, Tampered
from aboveboard.formats import envelope
from aboveboard.formats.envelope import Envelope, pre_authentication_encoding
from aboveboard.sealing.signatures import (
    FIELD_PRIME,
    LOW_ORDER_Y,
    SigningKey,
    format_public,
    key_id,
    open_signed,
    parse_public,
    signed_by,
    verify_raw,
)

KIND = "application/vnd.aboveboard.example.v1+json"
OTHER = "application/vnd.aboveboard.other.v1+json"
ALICE = SigningKey.from_private_bytes(bytes(range(32)))
BOB = SigningKey.from_private_bytes(bytes(range(1, 33)))
SIGNED = ALICE.sign(KIND, b'{"a":1}')


def test_pre_authentication_encoding_is_that_of_the_dsse_specification() -> None:
    # The example of the DSSE protocol document.
    expected = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    assert pre_authentication_encoding("http://example.com/HelloWorld", b"hello world") == expected


def test_a_known_key_has_its_known_public_half_and_signature() -> None:
    # RFC 8032, section 7.1, TEST 2.
    key = SigningKey.from_private_bytes(
        bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    )
    assert key.public_bytes.hex() == "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    assert key.sign_raw(b"\x72").hex().startswith("92a009a9f0d4cab8720e820b5f642540")
    verify_raw(b"\x72", key.sign_raw(b"\x72"), key.public)


def test_what_was_signed_opens() -> None:
    assert open_signed(SIGNED, KIND, ALICE.public) == b'{"a":1}'
    assert signed_by(SIGNED, KIND, [BOB.public, ALICE.public]) == (ALICE.public, b'{"a":1}')
    assert open_signed(envelope.decode(envelope.encode(SIGNED)), KIND, ALICE.public) == b'{"a":1}'


@pytest.mark.parametrize("keys", [[], [BOB.public]])
def test_other_keys_and_no_keys_open_nothing(keys: list[str]) -> None:
    with pytest.raises(Tampered):
        signed_by(SIGNED, KIND, keys)


def test_another_type_is_refused_by_the_opener_and_by_the_signature() -> None:
    with pytest.raises(Tampered, match="not a"):
        open_signed(SIGNED, OTHER, ALICE.public)
    with pytest.raises(Tampered, match="no valid signature"):
        open_signed(msgspec.structs.replace(SIGNED, payload_type=OTHER), OTHER, ALICE.public)


def test_claiming_the_right_key_id_is_not_enough() -> None:
    forged = BOB.sign(KIND, SIGNED.body())
    claimed = msgspec.structs.replace(forged.signatures[0], keyid=key_id(ALICE.public))
    with pytest.raises(Tampered):
        open_signed(msgspec.structs.replace(forged, signatures=[claimed]), KIND, ALICE.public)


def test_one_good_signature_among_others_is_enough() -> None:
    both = msgspec.structs.replace(SIGNED, signatures=[*BOB.sign(KIND, b"else").signatures, *SIGNED.signatures])
    assert open_signed(both, KIND, ALICE.public) == b'{"a":1}'
    with pytest.raises(Tampered):
        open_signed(both, KIND, BOB.public)


def test_every_changed_bit_of_payload_or_signature_is_noticed() -> None:
    payload, signature = bytearray(SIGNED.body()), bytearray(envelope.decode_base64(SIGNED.signatures[0].sig))
    for target in (payload, signature):
        for bit in range(len(target) * 8):
            target[bit // 8] ^= 1 << (bit % 8)
            changed = Envelope(
                payload=envelope.encode_base64(payload),
                payload_type=KIND,
                signatures=[msgspec.structs.replace(SIGNED.signatures[0], sig=envelope.encode_base64(signature))],
            )
            with pytest.raises(Tampered):
                open_signed(changed, KIND, ALICE.public)
            target[bit // 8] ^= 1 << (bit % 8)


@pytest.mark.parametrize("length", [0, 63, 65])
def test_a_signature_of_another_length_is_no_signature(length: int) -> None:
    short = msgspec.structs.replace(SIGNED.signatures[0], sig=envelope.encode_base64(bytes(length)))
    with pytest.raises(Tampered):
        open_signed(msgspec.structs.replace(SIGNED, signatures=[short]), KIND, ALICE.public)
    with pytest.raises(Tampered):
        verify_raw(b"data", bytes(length), ALICE.public)


def test_a_key_has_one_spelling() -> None:
    text = ALICE.public
    assert format_public(parse_public(text)) == text
    # 43 characters carry 258 bits: the last two must be zero.
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".index(text[-1])
    twin = text[:-1] + "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[last ^ 1]
    assert base64.urlsafe_b64decode(twin[8:] + "=") == ALICE.public_bytes
    for wrong in (
        twin,
        text + "=",
        text[8:],
        text.upper(),
        text[:-1],
        "",
        "ed25519:",
        text + " ",
        text + "\n",
        "é" * 43,
    ):
        with pytest.raises(BadInput):
            parse_public(wrong)


def test_a_key_under_which_anyone_can_sign_is_refused() -> None:
    # The identity: (R, S) = (identity, 0) is a valid signature of every message under it.
    identity = (1).to_bytes(32, "little")
    with pytest.raises(BadInput, match="weak"):
        verify_raw(b"anything", identity + bytes(32), format_public(identity))
    for y in LOW_ORDER_Y:
        for sign in (0, 1 << 255):
            with pytest.raises(BadInput, match="weak"):
                parse_public(format_public((y | sign).to_bytes(32, "little")))
    with pytest.raises(BadInput, match="weak"):
        parse_public(format_public((FIELD_PRIME + 1).to_bytes(32, "little")))


def test_the_low_order_points_are_all_of_them_and_on_the_curve() -> None:
    p, d = FIELD_PRIME, -121665 * pow(121666, -1, FIELD_PRIME) % FIELD_PRIME

    def doubled(y: int) -> int:
        # y of 2P on the Edwards curve, from x² = (y² - 1) / (d y² + 1).
        x2 = (y * y - 1) * pow(d * y * y + 1, -1, p) % p
        return (y * y + x2) * pow(2 - y * y + x2, -1, p) % p

    for y in LOW_ORDER_Y:
        assert doubled(doubled(doubled(y))) == 1
    assert len(LOW_ORDER_Y) == 5  # orders 1, 2, 4, 8, 8; each y has one or two points: eight in all


def test_a_key_never_shows_its_secret() -> None:
    assert ALICE.private_bytes().hex() not in repr(ALICE)
    assert repr(ALICE) == f"SigningKey({ALICE.public})"


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_private_key_has_32_bytes(length: int) -> None:
    with pytest.raises(BadInput):
        SigningKey.from_private_bytes(bytes(length))
