"""A consent as JSON-LD: valid by its shapes, in the words of the vocabulary, and the signed receipt is found in it."""

import copy
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyshacl import validate
from rdflib import RDF, Graph, Literal, URIRef

from aboveboard.base.errors import BadInput
from aboveboard.formats import disclosure
from aboveboard.formats.consent import ConsentReceipt, Withdrawal
from aboveboard.formats.consent_record import CONTEXT, OWN, read_back, record_of
from aboveboard.formats.disclosure_text import plain_text, shown_digest
from aboveboard.rules.consent import DAY_NS, expires_at_ns
from samples.published import published

ROOT = Path(__file__).parents[2]
SHAPES = (ROOT / "docs" / "spec" / "consent-record.shacl.ttl").read_text(encoding="utf-8")
TERMS = frozenset((ROOT / "tests" / "vectors" / "dpv-2.0-terms.txt").read_text(encoding="utf-8").split())
DPV = CONTEXT["dpv"]
MADE = published()
GIVEN_NS = 1_800_000_000_123_456_789


def receipt(language: str = "en", **changes: Any) -> ConsentReceipt:
    facts = {
        "consent_id": "con_" + "0" * 26,
        "person_id": "per_" + "0" * 26,
        "device_id": "dev_" + "0" * 26,
        "person_key": "ed25519:" + "p" * 43,
        "person_recipient": "age1" + "q" * 58,
        "disclosure_sha256": disclosure.digest(disclosure.encode(MADE)),
        "shown_sha256": shown_digest(plain_text(MADE, language)),
        "given_at_ns": GIVEN_NS,
        "expires_at_ns": GIVEN_NS + 365 * DAY_NS,
        "language": language,
    }
    return ConsentReceipt(**(facts | changes))


def record(one: ConsentReceipt, withdrawal: Withdrawal | None = None) -> dict[str, Any]:
    made = record_of(one, MADE, expires_at_ns=expires_at_ns(one), withdrawal=withdrawal)
    return json.loads(json.dumps(made, ensure_ascii=False))  # type: ignore[no-any-return]


def graph(made: dict[str, Any]) -> Graph:
    return Graph().parse(data=json.dumps(made), format="json-ld")


def conforms(made: dict[str, Any]) -> tuple[bool, str]:
    valid, _, words = validate(graph(made), shacl_graph=Graph().parse(data=SHAPES, format="turtle"))
    return bool(valid), str(words)


ENDED = Withdrawal(consent_id="con_" + "0" * 26, person_id="per_" + "0" * 26, at_ns=GIVEN_NS + 5)


@pytest.mark.parametrize("one", [receipt(), receipt("de"), receipt(expires_at_ns=None)], ids=["en", "de", "undated"])
@pytest.mark.parametrize("withdrawal", [None, ENDED], ids=["given", "withdrawn"])
def test_a_record_is_valid_and_holds_the_signed_receipt(one: ConsentReceipt, withdrawal: Withdrawal | None) -> None:
    made = record(one, withdrawal)
    valid, words = conforms(made)
    assert valid, words
    assert read_back(made) == one
    status = "ConsentGiven" if withdrawal is None else "ConsentWithdrawn"
    assert (None, URIRef(DPV + "hasConsentStatus"), URIRef(DPV + status)) in graph(made)


def test_every_word_is_the_vocabularys_own() -> None:
    """A term that DPV does not have would say nothing to anybody else."""
    found = graph(record(receipt(), ENDED))
    used = {str(node) for triple in found for node in triple if isinstance(node, URIRef)}
    terms = {name.removeprefix(DPV) for name in used if name.startswith(DPV)}
    assert len(terms) > 25
    assert terms <= TERMS, terms - TERMS
    known = (DPV, OWN, str(RDF), CONTEXT["dct"], "urn:aboveboard:", "urn:iso:3166:")
    assert all(name.startswith(known) for name in used)


def test_the_record_says_every_kind_with_its_reason_and_every_paper() -> None:
    found = graph(record(receipt("de")))
    reasons = {str(each) for each in found.objects(None, URIRef(DPV + "hasJustification"))}
    german = MADE.translations[0].apps[0].because
    assert reasons == {german.keystrokes, german.screen, german.pointer, german.window}
    assert {str(each) for each in found.objects(None, URIRef(OWN + "sha256"))} == {
        each.sha256 for each in MADE.formalities
    }
    durations = {str(each) for each in found.objects(None, URIRef(DPV + "hasDuration")) if isinstance(each, Literal)}
    assert durations == {f"P{MADE.retention_days}D"}


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place inside ``value``."""
    if isinstance(value, dict):
        return [
            inner
            for key, each in value.items()
            if key != "@context"
            for inner in [(*at, key), *paths(each, (*at, key))]
        ]
    if isinstance(value, list):
        return [inner for place, each in enumerate(value) for inner in paths(each, (*at, place))]
    return []


@pytest.mark.parametrize(
    "gone",
    [
        "dct:conformsTo", "dct:language", "dpv:hasConsentStatus", "dpv:hasLegalBasis", "dpv:isIndicatedAtTime",
        "dct:valid", "dpv:hasDataSubject", "dpv:hasNotice", "dpv:hasProcess", "dpv:hasIdentifier", "ab:givenAtNs",
    ],
)  # fmt: skip
def test_without_any_of_its_parts_it_is_not_valid(gone: str) -> None:
    made = record(receipt())
    del made[gone]
    assert not conforms(made)[0]


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_a_record_that_was_cut_or_bent_is_read_as_the_same_or_refused(data: st.DataObject) -> None:
    made = record(receipt())
    bent = copy.deepcopy(made)
    path = data.draw(st.sampled_from(paths(made)))
    inside: Any = bent
    for step in path[:-1]:
        inside = inside[step]
    if data.draw(st.booleans()):
        del inside[path[-1]]
    else:
        inside[path[-1]] = data.draw(st.none() | st.integers() | st.text(max_size=20) | st.just([]) | st.just({}))
    try:
        found = read_back(bent)
    except BadInput:
        return
    assert msgspec.structs.asdict(found).keys() == msgspec.structs.asdict(receipt()).keys()


@pytest.mark.parametrize("nothing", [None, [], {}, "text", 5])
def test_what_is_no_record_is_refused_in_words(nothing: Any) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        read_back(nothing)
