"""Whatever a file of groups holds: names and people, or a clear error; never a group that the rules would not see."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.base.errors import BadInput
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats.value import LIMIT_BYTES, decode_groups

PEOPLE = [new_id(Kind.PERSON) for _ in range(6)]
Json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(PEOPLE),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(max_size=8), inside, max_size=4),
    max_leaves=12,
)


@given(st.binary(max_size=200) | Json.map(msgspec.json.encode))
def test_bytes_are_groups_or_refused(data: bytes) -> None:
    try:
        groups = decode_groups(data)
    except BadInput:
        return
    assert groups
    assert all(people and all(one in PEOPLE for one in people) for people in groups.values())


@given(st.dictionaries(st.text(max_size=40), st.lists(st.sampled_from(PEOPLE), min_size=1), min_size=1, max_size=20))
def test_groups_come_back_as_they_were_written(groups: dict[str, list[str]]) -> None:
    assert decode_groups(msgspec.json.encode(groups)) == groups


def test_too_much_is_refused_before_it_is_read() -> None:
    with pytest.raises(BadInput):
        decode_groups(b" " * (LIMIT_BYTES + 1))
    with pytest.raises(BadInput):
        decode_groups(msgspec.json.encode({str(place): PEOPLE for place in range(21)}))
