"""However the bytes of several segments are cut, padded or spoilt on their way, exactly those that arrived whole are
stored, each under its own name."""

import hashlib
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aboveboard.base.errors import BadInput
from aboveboard.vault.storage.objects import name_of_segment
from samples.vault_world import Participant, Segment, VaultWorld, outcomes_in


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VaultWorld]:
    made = VaultWorld(tmp_path_factory.mktemp("bytes") / "vault")
    yield made
    made.close()


@pytest.fixture(scope="module")
def who(world: VaultWorld) -> Participant:
    return world.ready()


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    sizes=st.lists(st.integers(0, 300), min_size=1, max_size=5),
    kept=st.one_of(st.just(1.0), st.floats(0, 1)),
    spoilt=st.one_of(st.none(), st.floats(0, 1, exclude_max=True)),
    more=st.sampled_from([b"", b"", b"x"]),
)
def test_what_arrived_whole_is_stored_and_nothing_else(
    world: VaultWorld, who: Participant, sizes: list[int], kept: float, spoilt: float | None, more: bytes
) -> None:
    segments = [world.recorded(who, seconds=1, plain=bytes(size)) for size in sizes]
    world.declare_all(who.device_key, [each.envelope for each in segments])
    body = bytearray(b"".join(each.sealed for each in segments))
    body = body[: round(len(body) * kept)]
    if spoilt is not None and body:
        body[int(len(body) * spoilt)] ^= 1
    body += more
    names = "&".join(f"segment_id={each.manifest.segment_id}" for each in segments)
    expected = _whole(segments, bytes(body))
    try:
        answer = world.ask(who.device_key, "PUT", f"/v1/segments/sealed?{names}", bytes(body))
    except BadInput:
        assert len(body) > sum(len(each.sealed) for each in segments), "more than was declared is not read"
        expected = [False] * len(segments)
    else:
        assert [each.state == "stored" for each in outcomes_in(answer)] == expected
    there = set(world.vault.objects.names())
    for one, stored in zip(segments, expected, strict=True):
        name = name_of_segment(one.manifest.segment_id)
        assert (name in there) == stored
        assert not stored or hashlib.sha256(world.vault.objects.get(name)).hexdigest() == one.manifest.sha256


def _whole(segments: list[Segment], body: bytes) -> list[bool]:
    at, found = 0, []
    for one in segments:
        found.append(body[at : at + len(one.sealed)] == one.sealed)
        at += len(one.sealed)
    return found
