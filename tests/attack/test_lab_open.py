"""A vault that lies to the lab, once for each way that it could: nothing comes out, and the lab says so."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import AboveboardError, BadInput, Refused, Tampered
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats.envelope import encode_base64
from aboveboard.formats.mcap_file import Item
from aboveboard.formats.part_files import write_parts
from aboveboard.formats.parts import PartName
from aboveboard.formats.recording import SCREEN_TOPIC, KeyCount, topic_of
from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.formats.trust import Trust
from aboveboard.lab import open as lab_open
from aboveboard.lab.open import Opened, open_grant
from aboveboard.ledger import checkpoint as checkpoints
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.seal import seal
from aboveboard.sealing.signatures import SigningKey
from samples import lab_world
from samples.lab_opening import held_open, open_all
from samples.lab_recording import at, segment
from samples.lab_world import KINDS, ORIGIN, LabWorld

CANARY = "canary words"


def world(**settings: Any) -> tuple[LabWorld, str]:
    """Two people, three segments, one grant."""
    made = LabWorld(**settings)
    first, second = made.enrol(), made.enrol()
    session_id = new_id(Kind.SESSION)
    made.upload(first, session_id, 0, segment(session_id, 0, CANARY))
    made.upload(first, session_id, 1, segment(session_id, 1, "more"))
    other = new_id(Kind.SESSION)
    made.upload(second, other, 0, segment(other, 0, "else"))
    return made, made.grant()


def topics(opened: list[Opened]) -> set[str]:
    return {
        SCREEN_TOPIC if isinstance(item, ScreenPatch) else topic_of(item.event) for one in opened for item in one.items
    }


def test_an_honest_vault_gives_everything_in_order() -> None:
    made, grant_id = world()
    opened = open_all(made, grant_id)
    assert [one.manifest for one in opened] == sorted(
        (one.manifest for one in made.stored), key=lambda one: (one.person_id, one.sequence)
    )
    assert topics(opened) == {"/session", "/window", "/pointer", "/button", "/scroll", "/key", SCREEN_TOPIC}
    wanted = segment(made.stored[0].manifest.session_id, 0, CANARY)
    assert any(one.items == wanted for one in opened)
    assert [(one.place, one.total) for one in opened] == [(0, 3), (1, 3), (2, 3)]
    # One entry in the ledger for every key that left.
    assert made.size == 3


GRANTED: dict[str, set[str]] = {
    "screen": {SCREEN_TOPIC},
    "keystrokes": {"/key", "/key_count"},
    "pointer": {"/pointer", "/button", "/scroll"},
    "window": {"/window"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_only_the_granted_kind_comes_out(kind: str) -> None:
    made = LabWorld(kinds=[kind])
    person_id, session_id = made.enrol(), new_id(Kind.SESSION)
    items: list[Item] = [*segment(session_id, 0, CANARY), at(3950, KeyCount(presses=2))]
    made.upload(person_id, session_id, 0, items)
    assert topics(open_all(made, made.grant())) == {"/session"} | GRANTED[kind]


def first_key(answer: dict[str, Any]) -> dict[str, Any]:
    key: dict[str, Any] = answer["keys"][0]
    return key


def flip(text: str) -> str:
    """A base64 text of the same length for other bytes."""
    return ("B" if text[0] == "A" else "A") + text[1:]


def change_entry(**changes: Any) -> Callable[[LabWorld, str], Callable[[dict[str, Any]], None]]:
    """The entry says something else, and is properly in the log."""

    def lie(made: LabWorld, grant_id: str) -> Callable[[dict[str, Any]], None]:
        def apply(answer: dict[str, Any]) -> None:
            manifest = made.find(first_key(answer)["segment_id"]).manifest
            keys = [made.key(grant_id, manifest, **changes), *answer["keys"][1:]]
            answer.update(made.prove(keys))

        return apply

    return lie


def rewrite(change: Callable[[dict[str, Any]], None]) -> Callable[[LabWorld, str], Callable[[dict[str, Any]], None]]:
    return lambda made, grant_id: change


def _unlogged(answer: dict[str, Any]) -> None:
    # The readable entry is right in every word but stands in no log.
    key = first_key(answer)
    key["salt"] = "11" * 32


def _reworded(answer: dict[str, Any]) -> None:
    key = first_key(answer)
    key["readable"] = json.dumps(json.loads(key["readable"]) | {"reason": "another reason than is logged"})


def _exchanged_headers(answer: dict[str, Any]) -> None:
    one, two = answer["keys"][:2]
    one["sealed"], two["sealed"] = two["sealed"], one["sealed"]


def _other_proof(answer: dict[str, Any]) -> None:
    key = first_key(answer)
    key["proof"] = [flip(one) for one in key["proof"]]


def _wrong_index(answer: dict[str, Any]) -> None:
    first_key(answer)["entry_index"] += 1


def _no_proof(answer: dict[str, Any]) -> None:
    first_key(answer)["proof"] = []


def _not_asked(answer: dict[str, Any]) -> None:
    answer["keys"][0]["segment_id"] = new_id(Kind.SEGMENT)


def _left_out(answer: dict[str, Any]) -> None:
    answer["keys"].pop()


def _twice(answer: dict[str, Any]) -> None:
    answer["keys"].append(answer["keys"][0])


LIES: dict[str, Callable[[LabWorld, str], Callable[[dict[str, Any]], None]]] = {
    "the entry is about another segment": change_entry(segment_id=new_id(Kind.SEGMENT)),
    "the entry is about another person": change_entry(person_id=new_id(Kind.PERSON)),
    "the entry is of another grant": change_entry(grant_id=new_id(Kind.GRANT)),
    "the entry names another requester": change_entry(requester=new_id(Kind.STAFF)),
    "the entry states another purpose": change_entry(purpose="evaluate_agents"),
    "the entry says other kinds": change_entry(kinds=["screen"]),
    "the entry is about another sealed file": change_entry(header_sha256="0" * 64),
    "the entry is not in the log": rewrite(_unlogged),
    "the entry was reworded": rewrite(_reworded),
    "the proof is forged": rewrite(_other_proof),
    "the proof is missing": rewrite(_no_proof),
    "the proof is of another place": rewrite(_wrong_index),
    "two keys were exchanged": rewrite(_exchanged_headers),
    "a key was not asked for": rewrite(_not_asked),
    "a key is missing": rewrite(_left_out),
    "a key is there twice": rewrite(_twice),
}


@pytest.mark.parametrize("name", LIES)
def test_a_lie_about_the_keys(name: str) -> None:
    made, grant_id = world()
    made.lie = LIES[name](made, grant_id)
    with pytest.raises(Tampered):
        open_all(made, grant_id)


def test_without_the_witness_nothing_is_opened() -> None:
    made, grant_id = world(witnessed=False)
    with pytest.raises(Tampered, match="0 of the 1 witnesses"):
        open_all(made, grant_id)


def test_a_checkpoint_of_another_log() -> None:
    made, grant_id = world()
    made.log_key = SigningKey.generate()
    with pytest.raises(Tampered, match="not signed by the log"):
        open_all(made, grant_id)


def test_a_witness_that_nobody_trusts() -> None:
    made, grant_id = world()
    stranger = checkpoints.witness_key("witness.example.org", SigningKey.generate().public_bytes)
    with pytest.raises(Tampered):
        open_all(made, grant_id, trust=msgspec.structs.replace(made.trust, witness_keys=[stranger]))


def test_a_quorum_of_two_needs_two() -> None:
    made, grant_id = world()
    second = checkpoints.witness_key("second.example.org", SigningKey.generate().public_bytes)
    two = Trust(origin=ORIGIN, log_key=made.trust.log_key, witness_keys=[*made.trust.witness_keys, second], quorum=2)
    with pytest.raises(Tampered, match="1 of the 2"):
        open_all(made, grant_id, trust=two)


def _bit_flipped(made: LabWorld) -> None:
    sealed = bytearray(made.stored[0].sealed)
    sealed[-20] ^= 1
    made.stored[0].sealed = bytes(sealed)


def _cut_short(made: LabWorld) -> None:
    made.stored[0].sealed = made.stored[0].sealed[:-100]


def _another_file(made: LabWorld) -> None:
    one = made.stored[0]
    made.stored[0].sealed = seal(b"x" * one.manifest.size_bytes, [made.custody[one.manifest.person_id].recipient])


def _twice_listed(made: LabWorld) -> None:
    made.stored.append(made.stored[0])


def _not_in_the_grant(made: LabWorld) -> None:
    session_id = new_id(Kind.SESSION)
    made.upload(made.enrol(), session_id, 0, segment(session_id, 0, "x"))


def _broken_chain(made: LabWorld) -> None:
    one = made.stored[1]
    made.stored[1] = replace(one, manifest=msgspec.structs.replace(one.manifest, previous_sha256="0" * 64))


def _wrong_size(made: LabWorld) -> None:
    one = made.stored[2]
    made.stored[2] = replace(one, manifest=msgspec.structs.replace(one.manifest, size_bytes=1))


NOT_DECLARED = "not those that the recorder declared"
STORAGE: dict[str, tuple[Callable[[LabWorld], None], str]] = {
    "one bit of the sealed bytes flipped": (_bit_flipped, NOT_DECLARED),
    "the sealed bytes cut short": (_cut_short, NOT_DECLARED),
    "another sealed file in its place": (_another_file, NOT_DECLARED),
    "a segment listed twice": (_twice_listed, "twice"),
    "a person whom the grant does not name": (_not_in_the_grant, "does not name"),
    "a segment that does not follow on its predecessor": (_broken_chain, "does not follow"),
    "a manifest with another size": (_wrong_size, NOT_DECLARED),
}


def test_a_list_of_several_pages_is_whole_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    made, grant_id = world()
    segments = len(open_all(made, grant_id))
    for page in (1, 2, segments):
        made.page = page
        assert len(open_all(made, grant_id)) == segments
    answer = made.get
    monkeypatch.setattr(made, "get", lambda path: answer(path.partition("?")[0]))  # the first page for ever
    with pytest.raises(Tampered, match="twice, or out of order"):
        open_all(made, grant_id)
    monkeypatch.undo()
    monkeypatch.setattr(lab_open, "SEGMENTS_LIMIT", segments - 1)
    with pytest.raises(BadInput, match="lists more than"):
        open_all(made, grant_id)


@pytest.mark.parametrize("name", STORAGE)
def test_a_lie_about_the_segments(name: str) -> None:
    made, grant_id = world()
    tell, why = STORAGE[name]
    tell(made)
    with pytest.raises(Tampered, match=why):
        open_all(made, grant_id)


def test_a_recording_under_another_manifest() -> None:
    made = LabWorld()
    person_id = made.enrol()
    made.upload(person_id, new_id(Kind.SESSION), 0, segment(new_id(Kind.SESSION), 0, "x"))
    with pytest.raises(Tampered, match="another recording"):
        open_all(made, made.grant())


def test_a_grant_that_the_vault_widened() -> None:
    made, grant_id = world(kinds=["pointer"])
    mine = made.staff_key.public
    assert made.request is not None
    # The vault signs the wider request itself: it has no other key.
    made.staff_key = SigningKey.generate()
    made.request = msgspec.structs.replace(made.request, kinds=KINDS)
    with pytest.raises(Tampered):
        open_all(made, grant_id, requester_key=mine)


def test_another_grant_than_was_asked_for() -> None:
    made, _ = world()
    with pytest.raises(Tampered, match="another grant"):
        open_all(made, new_id(Kind.GRANT))


def test_the_wrong_identity_says_what_to_do() -> None:
    made, grant_id = world()
    with pytest.raises(BadInput, match="not the one that the request named") as caught:
        open_all(made, grant_id, identity=Identity.generate())
    assert "identity that made the request" in caught.value.fix
    assert made.key_requests == 0


def test_a_grant_that_ran_out_stops_midway() -> None:
    made, grant_id = world()
    with held_open(made, grant_id) as granted:
        opening = open_grant(
            made,
            grant_id,
            made.identity,
            made.trust,
            requester_key=made.staff_key.public,
            granted=granted,
            clock=made.clock,
        )
        next(opening)
        made.clock.advance(3601 * SECOND_NS)
        with pytest.raises(Refused) as caught:
            next(opening)
    assert caught.value.reason == "grant:expired"


def test_a_key_for_somebody_else_opens_nothing() -> None:
    made, grant_id = world()

    def stranger(answer: dict[str, Any]) -> None:
        first_key(answer)["sealed"] = encode_base64(seal(b"{}", [Identity.generate().recipient]))

    made.lie = stranger
    with pytest.raises(AboveboardError):
        open_all(made, grant_id)


def upload_part(name: PartName, plain: bytes, session_id: str) -> tuple[LabWorld, str]:
    """A segment of which one part holds ``plain``, sealed and listed as it should be: damaged before it was sealed."""
    made = LabWorld()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(lab_world, "write_parts", lambda items: write_parts(items) | {name: plain})
        made.upload(made.enrol(), session_id, 0, segment(session_id, 0, "x"))
    return made, made.grant()


@pytest.mark.parametrize("part", [0.01, 0.3, 0.6, 0.99])
def test_a_recording_cut_short_before_it_was_sealed(part: float) -> None:
    session_id = new_id(Kind.SESSION)
    whole = write_parts(segment(session_id, 0, "x"))["always"]
    with pytest.raises(BadInput):
        open_all(*upload_part("always", whole[: int(len(whole) * part)], session_id))


def test_a_flipped_bit_is_refused_or_changes_nothing() -> None:
    session_id = new_id(Kind.SESSION)
    wanted = segment(session_id, 0, "x")
    whole = write_parts(wanted)["keystrokes"]
    refused = 0
    for place in range(0, len(whole), 29):
        broken = whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :]
        try:
            (opened,) = open_all(*upload_part("keystrokes", broken, session_id))
        except (BadInput, Tampered):
            refused += 1
        else:
            assert opened.items == wanted, f"bit flipped in byte {place}"
    assert refused > 5
