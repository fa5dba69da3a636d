"""Is what is made never wider than what it was made from, and is nobody left out of it?"""

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.base.errors import BadInput
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import lineage as lineages
from aboveboard.formats.disclosure import PURPOSES
from aboveboard.formats.lineage import ArtefactFile, Lineage, SessionSource, Source
from aboveboard.rules import lineage as rule
from aboveboard.rules.decision import Reason
from aboveboard.rules.lineage import (
    Place,
    Terms,
    covers,
    may_register,
    narrowest,
    own_part,
    sources_of,
    touches,
    union,
)

PEOPLE = [new_id(Kind.PERSON) for _ in range(3)]
CONSENTS = {person: new_id(Kind.CONSENT) for person in PEOPLE}
SESSIONS = {person: [new_id(Kind.SESSION) for _ in range(2)] for person in PEOPLE}
PLACES: list[Place] = [(person, CONSENTS[person], session) for person in PEOPLE for session in SESSIONS[person]]

segments = st.sets(st.tuples(st.sampled_from(PLACES), st.integers(0, 12)))
purposes = st.frozensets(st.sampled_from(sorted(PURPOSES)))
terms = st.builds(Terms, purposes, st.integers(0, 2**63 - 1))


def members(sources: list[Source]) -> set[tuple[Place, int]]:
    """Each segment that the sources name, one by one."""
    return {
        ((source.person_id, source.consent_id, session.session_id), sequence)
        for source in sources
        for session in source.sessions
        for first, last in session.spans
        for sequence in range(first, last + 1)
    }


@given(segments)
def test_sources_name_exactly_their_segments_in_one_way(found: set[tuple[Place, int]]) -> None:
    assert members(sources_of(found)) == found
    again = msgspec.json.decode(msgspec.json.encode(sources_of(sorted(found, reverse=True))), type=list[Source])
    assert again == sources_of(found)


@given(segments, segments)
def test_a_union_names_what_either_names(one: set[tuple[Place, int]], two: set[tuple[Place, int]]) -> None:
    assert members(union(sources_of(one), sources_of(two))) == one | two
    assert covers(sources_of(one), sources_of(two)) == (two <= one)


@given(segments, st.sampled_from(PLACES), st.integers(0, 12), st.integers(0, 5))
def test_an_erased_span_is_found(found: set[tuple[Place, int]], place: Place, first: int, more: int) -> None:
    wanted = any(where[2] == place[2] and first <= sequence <= first + more for where, sequence in found)
    assert touches(sources_of(found), place[2], first, first + more) == wanted


@given(st.lists(terms, min_size=1))
def test_the_narrowest_is_no_wider_than_any_source(sources: list[Terms]) -> None:
    found = narrowest(sources)
    for source in sources:
        assert found.purposes <= source.purposes
        assert found.until_ns <= source.until_ns
    # Nor narrower than it has to be: a purpose that all share stays, and the last day is some source's.
    assert found.until_ns in {source.until_ns for source in sources}
    assert all(any(word not in source.purposes for source in sources) for word in set(PURPOSES) - found.purposes)
    assert narrowest([*sources, found]) == found


@given(segments.filter(len), st.sampled_from(PEOPLE))
def test_a_persons_own_part_is_theirs_alone(found: set[tuple[Place, int]], person: str) -> None:
    made = lineage(found, parents=[new_id(Kind.ARTEFACT)])
    own = {(place, sequence) for place, sequence in found if place[0] == person}
    if not own:
        with pytest.raises(ValueError, match="does not name"):
            own_part(made, person, naming=(), state="live", due_by_ns=None)
        return
    told = own_part(made, person, naming=(), state="live", due_by_ns=None)
    assert members(told.sources) == own
    assert (told.segment_count, told.people, told.parents) == (len(own), len(made.people), [])
    assert own_part(made, person, naming=made.parents, state="live", due_by_ns=None).parents == made.parents


def test_what_has_no_source_has_no_terms() -> None:
    with pytest.raises(ValueError, match="no source"):
        narrowest([])


def lineage(found: set[tuple[Place, int]], **changes: Any) -> Lineage:
    one = Lineage(
        artefact_id=new_id(Kind.ARTEFACT),
        kind="dataset",
        created_at_ns=1,
        grant_id=new_id(Kind.GRANT),
        purposes=["train_agents"],
        retention_until_ns=100,
        sources=sources_of(found),
        parents=[],
        files=[ArtefactFile(path="a", size_bytes=1, sha256="0" * 64)],
        made_by="a test",
    )
    return msgspec.structs.replace(one, **changes)


def decided(made: Lineage, parents: list[Lineage], origins: list[tuple[Source, Terms | None]]) -> str:
    """Under a grant for the first two people, to train agents."""
    people = PEOPLE[:2]
    return may_register(made, people=people, purpose="train_agents", parents=parents, origins=origins).reason


FIRST, SECOND, OTHER = PLACES[0], PLACES[2], PLACES[4]
OPENED = Terms(frozenset(["train_agents", "evaluate_agents"]), 100)
PARENT = lineage({(FIRST, 0), (FIRST, 1)})


def origin(terms: Terms | None) -> list[tuple[Source, Terms | None]]:
    return [(sources_of({(FIRST, 0)})[0], terms)]


@pytest.mark.parametrize(
    ("made", "parents", "origins", "reason"),
    [
        (lineage({(FIRST, 0)}), [], origin(OPENED), Reason.OK),
        (lineage({(FIRST, 0)}, retention_until_ns=99), [], origin(OPENED), Reason.OK),
        (lineage({(FIRST, 0), (FIRST, 1)}, parents=[PARENT.artefact_id]), [PARENT], [], Reason.OK),
        (lineage({(OTHER, 0)}), [], origin(OPENED), Reason.GRANT_WRONG_PERSON),
        (lineage({(FIRST, 0)}, purposes=["evaluate_agents"]), [], origin(OPENED), Reason.GRANT_WRONG_PURPOSE),
        (lineage({(FIRST, 0)}), [], [], Reason.LINEAGE_UNKNOWN_SOURCE),
        (lineage({(FIRST, 0)}), [], origin(None), Reason.LINEAGE_UNKNOWN_SOURCE),
        (lineage({(FIRST, 0)}, parents=[PARENT.artefact_id]), [], origin(OPENED), Reason.LINEAGE_UNKNOWN_SOURCE),
        (lineage({(FIRST, 0)}, parents=[PARENT.artefact_id]), [PARENT], [], Reason.LINEAGE_LEAVES_OUT),
        (lineage({(SECOND, 0)}, parents=[PARENT.artefact_id]), [PARENT], [], Reason.LINEAGE_LEAVES_OUT),
        (
            lineage({(FIRST, 0)}),
            [],
            origin(replace(OPENED, purposes=frozenset(["evaluate_agents"]))),
            Reason.LINEAGE_WIDER,
        ),
        (lineage({(FIRST, 0)}), [], origin(replace(OPENED, until_ns=99)), Reason.LINEAGE_KEPT_LONGER),
        (
            lineage({(FIRST, 0), (FIRST, 1)}, parents=[PARENT.artefact_id], retention_until_ns=101),
            [PARENT],
            [],
            Reason.LINEAGE_KEPT_LONGER,
        ),
    ],
)
def test_what_may_be_registered(
    made: Lineage, parents: list[Lineage], origins: list[tuple[Source, Terms | None]], reason: Reason
) -> None:
    assert decided(made, parents, origins) == reason


def test_an_error_is_a_no(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule, "narrowest", lambda sources: 1 / 0)
    assert decided(lineage({(FIRST, 0)}), [], origin(OPENED)) == Reason.RULE_ERROR


def test_ten_people_who_record_every_day_of_three_years_fit() -> None:
    """Each with twenty sessions a day, cut by pauses and locks, and one gap in each."""
    sources = []
    for _ in range(10):
        sessions = sorted(new_id(Kind.SESSION) for _ in range(3 * 220 * 20))
        spans = [(0, 200), (202, 359)]
        named = [SessionSource(session_id=session_id, spans=spans) for session_id in sessions]
        sources.append(Source(person_id=new_id(Kind.PERSON), consent_id=new_id(Kind.CONSENT), sessions=named))
    sources.sort(key=lambda source: source.person_id)
    made = lineage(set(), sources=sources)
    encoded = lineages.encode(made)
    assert len(encoded) < lineages.LIMIT_BYTES
    assert made.segment_count == 10 * 3 * 220 * 20 * 359
    assert lineages.decode(encoded) == made


@pytest.mark.parametrize(
    "spans", [[], [[1, 0]], [[0, 1], [2, 3]], [[0, 2], [1, 3]], [[4, 5], [0, 1]], [[-1, 0]], [[0, 0], [0, 0]]]
)
def test_spans_have_one_spelling(spans: list[list[int]]) -> None:
    text = msgspec.json.encode({"session_id": PLACES[0][2], "spans": spans})
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(text, type=SessionSource)


def test_sources_out_of_order_or_named_twice_are_refused() -> None:
    good = lineages.encode(lineage({(FIRST, 0), (SECOND, 0), (PLACES[1], 0)}))
    raw = msgspec.json.decode(good)
    lineages.decode(good)
    for broken in (
        raw | {"sources": raw["sources"][::-1]},
        raw | {"sources": [raw["sources"][0]] * 2},
        raw | {"sources": []},
        raw | {"sources": [raw["sources"][0] | {"sessions": raw["sources"][0]["sessions"] * 2}]},
    ):
        with pytest.raises(BadInput):
            lineages.decode(msgspec.json.encode(broken))
