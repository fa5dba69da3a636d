"""Is a sealed file's header read strictly: one spelling, within limits, and never changed unnoticed?"""

import re

import pyrage
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.base.errors import AboveboardError, BadInput, Tampered
from aboveboard.formats import age_header
from aboveboard.formats.age_header import Header, Stanza
from aboveboard.sealing import file_key, wrap
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.reseal import move_header
from aboveboard.sealing.seal import seal
from aboveboard.sealing.unseal import unseal
from samples.segments import reseal_header

OWNER = Identity(bytes(range(1, 33)))
STRANGER = Identity(bytes(range(2, 34)))
FILE_KEY = bytes(range(16))
GOOD = wrap.wrap_with(FILE_KEY, [(OWNER.recipient, bytes(range(3, 35)))])
SHARE, BODY = (line.split(b" ")[-1] for line in GOOD.split(b"\n")[1:3])
ANYTHING = [line.encode() for line in ("-> grease 1 2 3", "QUJD")]

words = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=12)
stanzas = st.builds(
    Stanza,
    st.lists(words, min_size=1, max_size=4).map(tuple).filter(lambda found: found[0] != "X25519"),
    st.binary(max_size=200),
)


def changed(**lines: bytes) -> bytes:
    """The good header with its type, share, body, or MAC line replaced."""
    version, stanza, body, mac, end = GOOD.split(b"\n")
    found = {"version": version, "stanza": stanza, "body": body, "mac": mac, "end": end} | lines
    return b"\n".join(found.values())


@settings(deadline=None)
@given(st.lists(stanzas, min_size=1, max_size=6), st.binary(min_size=32, max_size=32))
def test_what_is_encoded_is_parsed_and_spelt_the_same(found: list[Stanza], mac: bytes) -> None:
    header = Header(tuple(found), mac)
    encoded = age_header.encode(header)
    assert age_header.parse(encoded) == header
    assert age_header.split(encoded + bytes(32)) == (encoded, bytes(32))


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_parsed_or_refused(data: bytes) -> None:
    for candidate in (data, age_header.VERSION_LINE + data, GOOD[:-20] + data):
        try:
            header = age_header.parse(candidate)
        except BadInput:
            continue
        assert age_header.encode(header) == candidate


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(b"", id="empty"),
        pytest.param(GOOD.replace(b"\n", b"\r\n"), id="carriage_returns"),
        pytest.param(changed(version=b"age-encryption.org/v2"), id="version_unknown"),
        pytest.param(GOOD[:-1], id="no_last_newline"),
        pytest.param(GOOD + b"\n", id="line_too_many"),
        pytest.param(changed(mac=b"---"), id="mac_missing"),
        pytest.param(changed(mac=b"--- " + b"A" * 42), id="mac_short"),
        pytest.param(GOOD[:-1] + b"A\n", id="mac_long"),
        pytest.param(GOOD[:-1] + b"=\n", id="mac_padded"),
        pytest.param(GOOD[:-1] + b" \n", id="mac_trailing_space"),
        pytest.param(GOOD.replace(b"--- ", b"---  "), id="mac_extra_space"),
        pytest.param(changed(stanza=b"->X25519 " + SHARE), id="stanza_bad_start"),
        pytest.param(changed(stanza=b"->"), id="stanza_no_arguments"),
        pytest.param(changed(stanza=b"->  X25519 " + SHARE), id="stanza_empty_argument"),
        pytest.param(changed(stanza=b"-> X25519 " + SHARE + b" "), id="stanza_trailing_space"),
        pytest.param(changed(stanza="-> é".encode()), id="stanza_not_ascii"),
        pytest.param(changed(stanza=b"-> a\x7f"), id="stanza_control_character"),
        pytest.param(changed(body=b"A" * 65), id="line_too_long"),
        pytest.param(changed(stanza=b"-> other", body=b"A" * 64), id="last_line_missing"),
        pytest.param(changed(body=BODY[:20] + b"\n" + BODY[20:]), id="short_line_in_the_middle"),
        pytest.param(changed(body=BODY + b"="), id="body_padded"),
        pytest.param(changed(body=BODY[:-1] + b"/"), id="body_not_canonical"),
        pytest.param(changed(body=BODY.replace(BODY[:1], b"_", 1)), id="body_other_alphabet"),
        pytest.param(changed(body=BODY[:-2]), id="x25519_short_body"),
        pytest.param(changed(body=BODY + b"AA"), id="x25519_long_file_key"),
        pytest.param(changed(stanza=b"-> X25519 " + SHARE[:-2]), id="x25519_short_share"),
        pytest.param(changed(stanza=b"-> X25519 " + SHARE + b"AA"), id="x25519_long_share"),
        pytest.param(changed(stanza=b"-> X25519 " + SHARE + b" 1"), id="x25519_extra_argument"),
        pytest.param(changed(stanza=b"-> X25519"), id="x25519_no_share"),
        pytest.param(changed(stanza=b"-> X25519 " + SHARE[:-1] + b"/"), id="x25519_share_not_canonical"),
        pytest.param(age_header.VERSION_LINE + b"--- " + b"A" * 43 + b"\n", id="no_stanza"),
        pytest.param(GOOD.replace(b"--- ", b"-> x\n\n" * 20 + b"--- "), id="too_many_stanzas"),
        pytest.param(GOOD.replace(b"--- ", b"-> x\n" + b"A" * 64 * 100 + b"\n--- "), id="too_long"),
    ],
)
def test_malformed_headers_are_refused(header: bytes) -> None:
    with pytest.raises(BadInput):
        age_header.parse(header)
    with pytest.raises(BadInput):
        file_key.unwrap(header, OWNER)
    with pytest.raises((BadInput, Tampered)):
        unseal(header + bytes(40), OWNER)


def test_the_good_header_is_good() -> None:
    assert file_key.unwrap(GOOD, OWNER) == FILE_KEY
    assert age_header.encode(age_header.parse(GOOD)) == GOOD


def test_no_changed_bit_of_a_header_goes_unnoticed() -> None:
    for bit in range(len(GOOD) * 8):
        broken = bytearray(GOOD)
        broken[bit // 8] ^= 1 << (bit % 8)
        with pytest.raises((BadInput, Tampered)):
            reseal_header(bytes(broken), OWNER, STRANGER.recipient)


def test_no_part_of_a_header_opens() -> None:
    for end in range(len(GOOD)):
        with pytest.raises(BadInput):
            file_key.unwrap(GOOD[:end], OWNER)


def test_a_stanza_added_or_removed_is_noticed() -> None:
    header, _ = age_header.split(seal(b"plain", [OWNER.recipient, STRANGER.recipient]))
    parsed = age_header.parse(header)
    added = Header((*parsed.stanzas, Stanza(("extra",), b"")), parsed.mac)
    mine = next(s for s in parsed.stanzas if _opens(s, parsed.mac))
    fewer = Header((mine,), parsed.mac)
    for broken in (added, fewer, Header(parsed.stanzas[::-1], parsed.mac)):
        with pytest.raises(Tampered):
            reseal_header(age_header.encode(broken), OWNER, STRANGER.recipient)


def _opens(stanza: Stanza, mac: bytes) -> bool:
    try:
        file_key.unwrap(age_header.encode(Header((stanza,), mac)), OWNER)
    except Tampered:
        return True
    except BadInput:
        return False
    raise AssertionError("the MAC of a header with fewer stanzas cannot hold")


@pytest.mark.parametrize("share", [0, 1, 2**255 - 19, 2**255 - 18])
def test_a_share_of_low_order_is_refused(share: int) -> None:
    stanza = age_header.x25519_stanza(share.to_bytes(32, "little"), bytes(32))
    with pytest.raises(BadInput, match="weak"):
        file_key.unwrap(age_header.encode(Header((stanza,), bytes(32))), OWNER)


def test_a_header_for_somebody_else_is_refused() -> None:
    with pytest.raises(BadInput, match="not sealed to"):
        reseal_header(GOOD, STRANGER, OWNER.recipient)


def test_a_resealed_header_opens_only_for_its_recipient() -> None:
    header = reseal_header(GOOD, OWNER, STRANGER.recipient)
    assert file_key.unwrap(header, STRANGER) == FILE_KEY
    assert len(age_header.parse(header).stanzas) == 1
    with pytest.raises(BadInput):
        file_key.unwrap(header, OWNER)
    assert reseal_header(GOOD, OWNER, STRANGER.recipient) != header  # a fresh ephemeral key each time


@pytest.mark.parametrize("length", [0, 15, 17, 32])
def test_a_file_key_has_16_bytes(length: int) -> None:
    with pytest.raises(ValueError):
        wrap.wrap(bytes(length), [OWNER.recipient])


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=3000), st.floats(0, 1, exclude_max=True), st.integers(1, 255))
def test_sealed_files_open_whole_or_not_at_all(plain: bytes, where: float, mask: int) -> None:
    sealed = seal(plain, [OWNER.recipient, STRANGER.recipient])
    assert unseal(sealed, OWNER) == plain == unseal(sealed, STRANGER)
    assert len(plain) < 8 or plain not in age_header.split(sealed)[1]
    at = int(where * len(sealed))
    broken = bytearray(sealed)
    broken[at] ^= mask
    for damaged in (bytes(broken), sealed[:at], sealed + b"\0"):
        with pytest.raises((BadInput, Tampered)):
            unseal(damaged, OWNER)


def test_payloads_cannot_be_exchanged_under_a_header() -> None:
    one, two = seal(b"one", [OWNER.recipient]), seal(b"two", [OWNER.recipient])
    with pytest.raises(Tampered):
        unseal(age_header.swap(one, age_header.split(two)[0]), OWNER)


@pytest.mark.parametrize(
    "recipients",
    [
        pytest.param([], id="nobody"),
        pytest.param([OWNER.recipient, OWNER.recipient], id="twice"),
        pytest.param([OWNER.recipient, "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ"], id="ssh"),
        pytest.param([OWNER.text()], id="secret"),
        pytest.param([OWNER.recipient.upper()], id="upper_case"),
        pytest.param(["age1"], id="short"),
        pytest.param(OWNER.recipient, id="a_text_is_no_list"),
        pytest.param([Identity.generate().recipient for _ in range(20)], id="too_many"),
    ],
)
def test_sealing_to_the_wrong_keys_is_refused(recipients: list[str]) -> None:
    with pytest.raises(AboveboardError) as caught:
        seal(b"plain", recipients)
    assert caught.value.code == "bad_input"
    assert not re.search("AGE-SECRET-KEY", str(caught.value))


def test_sealing_to_as_many_keys_as_allowed_can_be_read() -> None:
    people = [Identity.generate() for _ in range(19)]
    sealed = seal(b"plain", [person.recipient for person in people])
    assert unseal(sealed, people[-1]) == b"plain"


def test_a_moved_header_opens_for_the_newer_key_and_the_others_and_not_for_the_older() -> None:
    newer, newest = Identity.generate(), Identity.generate()
    header, payload = age_header.split(seal(b"plain", [STRANGER.recipient, OWNER.recipient]))
    secret = file_key.unwrap(header, STRANGER)
    moved = move_header(header, OWNER, newer)
    again = move_header(moved, newer, newest)
    for each, opens in ((moved, (newer, STRANGER)), (again, (newest, STRANGER))):
        assert [file_key.unwrap(each, identity) for identity in opens] == [secret] * 2
        with pytest.raises(BadInput, match="not sealed to"):
            file_key.unwrap(each, OWNER)
    with pytest.raises(BadInput, match="not sealed to"):
        file_key.unwrap(again, newer)
    assert move_header(header, OWNER, newer) != moved, "a fresh salt each time"
    theirs = pyrage.x25519.Identity.from_str(STRANGER.text())
    assert pyrage.decrypt(again + payload, [theirs]) == b"plain", "other readers skip what is not theirs"


def test_no_changed_bit_of_a_moved_header_goes_unnoticed() -> None:
    header = move_header(GOOD, OWNER, STRANGER)
    for bit in range(len(header) * 8):
        broken = bytearray(header)
        broken[bit // 8] ^= 1 << (bit % 8)
        with pytest.raises((BadInput, Tampered)):
            file_key.unwrap(bytes(broken), STRANGER)


@pytest.mark.parametrize(
    "stanza",
    [
        Stanza((file_key.MOVED,), bytes(32)),
        Stanza((file_key.MOVED, age_header.encode_unpadded(bytes(15))), bytes(32)),
        Stanza((file_key.MOVED, age_header.encode_unpadded(bytes(16)), "x"), bytes(32)),
        Stanza((file_key.MOVED, age_header.encode_unpadded(bytes(16))), bytes(31)),
        Stanza((file_key.MOVED, age_header.encode_unpadded(bytes(16)) + "="), bytes(32)),
    ],
    ids=["no salt", "short salt", "extra argument", "short body", "padded salt"],
)
def test_a_malformed_moved_stanza_is_refused(stanza: Stanza) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        file_key.unwrap(age_header.encode(Header((stanza,), bytes(32))), OWNER)
