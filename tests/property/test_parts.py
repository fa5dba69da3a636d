"""A segment's parts: divided and put together nothing changes, and nothing that was changed is read."""

import secrets
from math import log2

import pyrage
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.base.errors import BadInput, Tampered
from aboveboard.formats import age_header, parts
from aboveboard.formats.grant import DataKind
from aboveboard.formats.mcap_file import Item, read_recording, write_recording
from aboveboard.formats.part_files import count_items, part_of, read_parts, write_parts
from aboveboard.formats.parts import FLOORS_BYTES, MAGIC, PART_OF_TOPIC, PARTS, PartName
from aboveboard.formats.recording import SCREEN_TOPIC, TOPICS, KeyCount, Pointer, Timed
from aboveboard.sealing import file_key, wrap
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.seal_parts import CHUNK_BYTES, keys_of_parts, seal_parts
from aboveboard.sealing.unseal import unseal_parts, unseal_segment
from samples.any_recording import items

OWNER, OTHER = Identity.generate(), Identity.generate()
SEALED = seal_parts({name: name.encode() * 3 for name in PARTS}, [OWNER.recipient, OTHER.recipient])
HEADER, REST = age_header.split(SEALED)
TABLE_END = len(MAGIC) + 5 * len(PARTS)
PLAIN = st.fixed_dictionaries({name: st.binary(max_size=5000) for name in PARTS})


def test_every_topic_belongs_to_one_part_and_every_kind_that_can_be_asked_for_is_one() -> None:
    assert set(PART_OF_TOPIC) == {*TOPICS, SCREEN_TOPIC}
    assert set(PART_OF_TOPIC.values()) == set(PARTS)
    assert ("always", *DataKind.__args__) == PARTS  # type: ignore[attr-defined]


@settings(max_examples=60, deadline=None)
@given(items(st.integers(0, 4)))
def test_divided_and_put_together_a_recording_is_the_same_in_the_same_order(recorded: list[Item]) -> None:
    divided = write_parts(recorded)
    assert tuple(divided) == PARTS
    assert list(read_parts(divided)) == list(read_recording(write_recording(recorded)))
    assert count_items(divided) == len(recorded)


@settings(max_examples=60, deadline=None)
@given(items(st.integers(0, 4)), st.sets(st.sampled_from(PARTS)))
def test_some_of_the_parts_give_what_is_theirs_in_order_and_nothing_else(
    recorded: list[Item], some: set[PartName]
) -> None:
    divided = write_parts(recorded)
    wanted = [item for item in sorted(recorded, key=lambda item: item.time_ns) if part_of(item) in some]
    assert list(read_parts({name: divided[name] for name in some})) == wanted


@settings(max_examples=60, deadline=None)
@given(items())
def test_a_part_says_nothing_of_how_much_the_others_hold(recorded: list[Item]) -> None:
    """Apart from what has its very time: the numbers within a part are the same whatever happened between."""
    spread = {item.time_ns: item for item in recorded}
    for name in PARTS:
        own = [item for item in spread.values() if part_of(item) == name]
        assert write_parts(own)[name] == write_parts(spread.values())[name]


def test_a_part_that_holds_what_belongs_to_another_is_refused() -> None:
    divided = write_parts([item for item in _one_of_each() if part_of(item) in {"pointer", "keystrokes"}])
    exchanged = divided | {"pointer": divided["keystrokes"], "keystrokes": divided["pointer"]}
    with pytest.raises(BadInput, match="its part keystrokes holds /pointer"):
        read_parts(exchanged)


def _one_of_each() -> list[Item]:
    return [Timed(1, Pointer(x=1, y=1)), Timed(1, KeyCount(presses=1))]


@settings(max_examples=60, deadline=None)
@given(PLAIN)
def test_what_is_sealed_opens_for_both(plain: dict[PartName, bytes]) -> None:
    sealed = seal_parts(plain, [OWNER.recipient, OTHER.recipient])
    assert unseal_segment(sealed, OWNER) == unseal_segment(sealed, OTHER) == plain


@pytest.mark.parametrize("size", [0, CHUNK_BYTES - 1, CHUNK_BYTES, 3 * CHUNK_BYTES - 1, 3 * CHUNK_BYTES])
def test_each_part_is_an_ordinary_age_file_under_a_header_for_its_key(size: int) -> None:
    plain = {name: secrets.token_bytes(size) for name in PARTS}
    sealed = seal_parts(plain, [OWNER.recipient])
    header, rest = age_header.split(sealed)
    keys, found = keys_of_parts(file_key.unwrap(header, OWNER), PARTS), parts.split(rest)
    for name in PARTS:
        assert (
            keys[name]
            == wrap.derive(file_key.unwrap(header, OWNER), b"", b"aboveboard segment part v1 " + name.encode())[:16]
        )
        own_header = wrap.wrap(keys[name], [OTHER.recipient])
        opened = pyrage.decrypt(own_header + found[name], [pyrage.x25519.Identity.from_str(OTHER.text())])
        assert opened == parts.pad(name, plain[name])
        assert parts.unpad(opened) == plain[name]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(PARTS), st.binary(max_size=6000))
def test_padding_comes_off_as_it_went_on(name: PartName, plain: bytes) -> None:
    padded = parts.pad(name, plain)
    assert parts.unpad(padded) == plain
    assert len(padded) == parts.padded_size(name, len(plain) + 1)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(PARTS), st.integers(1, 2**29))
def test_padding_costs_an_eighth_at_most_and_leaves_few_sizes(name: PartName, size: int) -> None:
    padded = parts.padded_size(name, size)
    floor = FLOORS_BYTES.get(name, parts.FLOOR_BYTES)
    assert padded >= max(size, floor)
    assert padded == floor or padded <= size * 1.12
    assert parts.padded_size(name, padded) == padded
    kept_bits = padded.bit_length() - (padded & -padded).bit_length()
    assert padded == floor or kept_bits <= log2(padded.bit_length()) + 1


@pytest.mark.parametrize("padded", [b"", bytes(100), b"words" + bytes(9), b"\x80\x00\x01"])
def test_what_is_not_padded_is_refused(padded: bytes) -> None:
    with pytest.raises(BadInput, match="not padded"):
        parts.unpad(padded)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300) | st.binary(max_size=300).map(lambda data: MAGIC + data))
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(BadInput):
        parts.split(data)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, TABLE_END - 1), st.integers(1, 255))
def test_no_changed_byte_of_the_list_goes_unnoticed(place: int, change: int) -> None:
    broken = bytearray(REST)
    broken[place] ^= change
    with pytest.raises((BadInput, Tampered)):
        unseal_segment(HEADER + bytes(broken), OWNER)


@settings(max_examples=60, deadline=None)
@given(st.integers(TABLE_END, len(REST) - 1), st.integers(0, 7))
def test_no_changed_bit_of_a_part_goes_unnoticed(place: int, bit: int) -> None:
    broken = bytearray(REST)
    broken[place] ^= 1 << bit
    with pytest.raises(Tampered):
        unseal_segment(HEADER + bytes(broken), OWNER)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(REST) - 1))
def test_what_is_cut_short_or_goes_on_is_refused(end: int) -> None:
    for data in (REST[:end], REST + b"\x00"):
        with pytest.raises(BadInput):
            unseal_segment(HEADER + data, OWNER)


@pytest.mark.parametrize("chunks", [1, 2])
def test_a_part_cut_short_by_whole_chunks_is_noticed(chunks: int) -> None:
    plain = {name: bytes(3 * CHUNK_BYTES) if name == "screen" else b"" for name in PARTS}
    header, rest = age_header.split(seal_parts(plain, [OWNER.recipient]))
    found = parts.split(rest)
    short = found["screen"][: 16 + chunks * (CHUNK_BYTES + 16)]
    assert len(short) < len(found["screen"])
    with pytest.raises(Tampered):
        unseal_segment(header + parts.join(found | {"screen": short}), OWNER)


def test_lengths_that_were_moved_from_one_part_to_the_next_are_noticed() -> None:
    found = parts.split(REST)
    moved = found | {"always": found["always"] + found["screen"][:1], "screen": found["screen"][1:]}
    with pytest.raises(Tampered):
        unseal_segment(HEADER + parts.join(moved), OWNER)


def test_only_the_parts_with_keys_are_opened() -> None:
    keys = keys_of_parts(file_key.unwrap(HEADER, OWNER), ["pointer"])
    assert unseal_parts(SEALED, keys) == {"pointer": b"pointer" * 3}
    with pytest.raises(Tampered):
        unseal_parts(SEALED, {"screen": keys["pointer"]})
