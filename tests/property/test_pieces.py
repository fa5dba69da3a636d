"""However a body comes in pieces, it is the same body, and cut where it was to be cut."""

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from aboveboard.wire.pieces import SMALL_BYTES, Arriving, cut, sha256_of, size_of, start_of

SIZES = st.one_of(st.integers(0, 9), st.sampled_from([SMALL_BYTES - 1, SMALL_BYTES, SMALL_BYTES + 1]))


@given(sizes=st.lists(SIZES, max_size=12), first=st.integers(0, 255))
def test_a_body_arrives_as_it_was_sent(sizes: list[int], first: int) -> None:
    sent = [bytes([(first + number) % 256]) * size for number, size in enumerate(sizes)]
    arriving = Arriving()
    for piece in sent:
        arriving.add(piece)
    pieces, digest = arriving.whole()
    assert b"".join(pieces) == b"".join(sent)
    assert digest == sha256(b"".join(sent)).digest() == sha256_of(sent)
    assert arriving.size_bytes == size_of(pieces) == sum(sizes)


def test_single_bytes_are_not_kept_as_single_pieces() -> None:
    arriving = Arriving()
    for _ in range(3 * SMALL_BYTES):
        arriving.add(b"x")
    assert len(arriving.whole()[0]) == 3


@given(
    sizes=st.lists(st.integers(0, 9), max_size=9),
    parts=st.lists(st.integers(0, 20), max_size=9),
    limit=st.integers(0, 30),
)
def test_parts_are_what_slices_of_the_whole_are(sizes: list[int], parts: list[int], limit: int) -> None:
    pieces, whole = [], bytes(range(sum(sizes)))
    at = 0
    for size in sizes:
        pieces.append(whole[at : at + size])
        at += size
    at = 0
    for part, size in zip(cut(pieces, parts), parts, strict=True):
        assert b"".join(part) == whole[at : at + size]
        at += size
    assert start_of(pieces, limit) == whole[:limit]
