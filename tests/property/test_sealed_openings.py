"""Whatever a keyholder hands over as sealed, a person's machine opens or shows as unreadable, and never stops at it."""

import hashlib

from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.formats.custody import Openings, ReadingKey, SealedOpening
from aboveboard.formats.entry import SALT_BYTES
from aboveboard.formats.envelope import encode_base64
from aboveboard.sealing import reading
from aboveboard.sealing.keys import Identity
from aboveboard.viewer.sealed_openings import opened

PERSON = Identity.generate()
KEY = reading.new_key([PERSON.recipient])


def listed(file: bytes, key_id: str, sealed: bytes) -> Openings:
    return Openings(
        checkpoint="",
        entries=[],
        keys=[ReadingKey(key_id=hashlib.sha256(file).hexdigest(), sealed=encode_base64(file))],
        sealed=[SealedOpening(index=3, key_id=key_id, sealed=encode_base64(sealed), proof=[])],
    )


@given(st.binary(max_size=300), st.binary(max_size=300))
@settings(deadline=None)
def test_anything_at_all_is_shown_and_not_readable(file: bytes, sealed: bytes) -> None:
    for offered in (file, KEY.sealed):
        found = opened(listed(offered, hashlib.sha256(offered).hexdigest(), sealed), PERSON)
        assert [(each.index, each.readable) for each in found.entries] == [(3, "")]


@given(st.text(max_size=200), st.binary(min_size=SALT_BYTES, max_size=SALT_BYTES), st.data())
@settings(deadline=None)
def test_what_was_sealed_is_opened_and_with_one_bit_changed_it_is_not(
    words: str, salt: bytes, data: st.DataObject
) -> None:
    key_id = hashlib.sha256(KEY.sealed).hexdigest()
    sealed = reading.seal_entry(KEY.key, salt, words.encode())
    [whole] = opened(listed(KEY.sealed, key_id, sealed), PERSON).entries
    assert (whole.readable, whole.salt) == (words, salt.hex())
    at = data.draw(st.integers(0, len(sealed) * 8 - 1))
    bent = bytearray(sealed)
    bent[at // 8] ^= 1 << at % 8
    [gone] = opened(listed(KEY.sealed, key_id, bytes(bent)), PERSON).entries
    assert (gone.readable, gone.salt) == ("", bytes(SALT_BYTES).hex())
