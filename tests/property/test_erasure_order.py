"""Whatever bytes come as an order to erase: they are refused in words, or are an order that means one thing."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.base.errors import BadInput
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import erasure
from aboveboard.formats.erasure import ErasureOrder, Span
from aboveboard.formats.roster import Staff
from aboveboard.rules.erasure import over_at_ns, reaches, signer_of

IDS = [new_id(Kind.SEGMENT) for _ in range(4)]
TIMES = st.integers(0, 2**62)
SPANS = st.none() | st.builds(lambda a, b: {"from_ns": a, "until_ns": b}, TIMES, TIMES)
EVIDENCE = st.none() | st.just(
    {
        "staff_id": new_id(Kind.STAFF),
        "title": "Order of a court",
        "sha256": "a" * 64,
        "kept_at": "the registry",
        "notice_id": new_id(Kind.NOTICE),
    }
)
DOCUMENTS = st.fixed_dictionaries(
    {
        "erasure_id": st.just(new_id(Kind.ERASURE)),
        "person_id": st.just(new_id(Kind.PERSON)) | st.text(max_size=30),
        "at_ns": TIMES,
    },
    optional={
        "span": SPANS,
        "segments": st.none() | st.lists(st.sampled_from(IDS), max_size=4) | st.lists(st.text(max_size=30), max_size=2),
        "why": st.sampled_from(["person", "retention", "order", "whim"]),
        "evidence": EVIDENCE,
    },
)


def parsed(data: bytes) -> ErasureOrder | None:
    try:
        return erasure.decode_order(data)
    except BadInput:
        return None


@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    parsed(data)


@given(DOCUMENTS)
def test_any_document_means_one_thing_or_nothing(document: dict[str, Any]) -> None:
    order = parsed(msgspec.json.encode(document))
    if order is None:
        return
    assert (order.span is None) or (order.segments is None)
    assert order.whole == (order.span is None and order.segments is None)
    assert (order.why == "order") == (order.evidence is not None)
    steward = None if order.evidence is None else staff(order.evidence.staff_id)
    keys = {"person_key": "person", "vault_key": "vault"}
    signer = signer_of(order, steward=steward, **keys)
    assert signer == {"person": "person", "retention": "vault", "order": "steward"}[order.why]
    assert not (order.whole and signer == "vault"), "the vault never orders everything"
    assert signer_of(order, steward=None, **keys) in {signer, None}


def staff(staff_id: str) -> Staff:
    return Staff(staff_id=staff_id, name="Stella", role="steward", key="steward")


@given(st.tuples(TIMES, TIMES), st.tuples(TIMES, TIMES))
def test_whatever_touches_a_span_is_reached(span: tuple[int, int], times: tuple[int, int]) -> None:
    if span[0] >= span[1]:
        return
    order = ErasureOrder(
        erasure_id=new_id(Kind.ERASURE),
        person_id=new_id(Kind.PERSON),
        at_ns=0,
        span=Span(from_ns=span[0], until_ns=span[1]),
    )
    found = reaches(order, segment_id=IDS[0], start_wall_ns=times[0], end_wall_ns=times[1])
    first, last = sorted(times)
    assert found == (first < span[1] and last >= span[0])


@given(TIMES, TIMES, st.integers(1, 3650), st.none() | st.integers(1, 3650))
def test_nothing_is_kept_longer_than_the_narrowest_promise(
    start_ns: int, declared_ns: int, own: int, newest: int | None
) -> None:
    over_ns = over_at_ns(start_wall_ns=start_ns, declared_at_ns=declared_ns, own_days=own, newest_days=newest)
    for from_ns in (start_ns, declared_ns):
        for days in (own, newest or own):
            assert over_ns <= from_ns + days * 86_400 * 10**9
