"""Openings are believed because the log proves them, never because the keyholder says so."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from aboveboard.base.errors import NotFound, Tampered, Unavailable
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import disclosure
from aboveboard.sealing.signatures import SigningKey
from aboveboard.viewer.source import ViewerSource
from samples import participant_world
from samples.office_session import play
from samples.participant_world import Keyholder, Log, World, sample_disclosure

TAPE = play()


@pytest.fixture
def world() -> World:
    made = World(tape=TAPE)
    made.agree()
    made.add_session(count=2)
    return made


@pytest.fixture
def grant(world: World) -> str:
    return open_two(world)


def open_two(world: World) -> str:
    return world.open_under_grant(
        list(world.sealed), who="Rosa Lindqvist", reason="To train it.", purpose="train_agents", output="a model"
    )


@pytest.fixture
def source(world: World, tmp_path: Path) -> ViewerSource:
    return world.source(tmp_path / "participant")


def proofs(source: ViewerSource) -> tuple[str, list[str]]:
    found = source.openings()
    return found["log"]["proof"], [row["proof"] for row in found["entries"]]


def test_true_entries_are_checked_and_told_in_words(grant: str, source: ViewerSource) -> None:
    found = source.openings()
    assert found["log"]["fault"] is None
    assert proofs(source) == ("checked", ["checked", "checked"])
    row = found["entries"][0]
    assert (row["who"], row["reason"], row["output"], row["grant_id"]) == (
        "Rosa Lindqvist",
        "To train it.",
        "a model",
        grant,
    )
    assert row["purpose"] == "train AI models that operate ordinary software"
    assert row["kinds"] == "screen, pointer and controls"
    assert row["session_id"] == source.newest_session()


@pytest.mark.usefixtures("grant")
@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("readable", lambda text: text.replace("Rosa", "Rose")),
        ("readable", lambda text: text.replace("To train it.", "To train him")),
        ("salt", lambda text: ("0" if text[0] != "0" else "1") + text[1:]),
        ("index", lambda index: index - 1),
        ("index", lambda _: 10**6),
        ("readable", lambda _: "{}"),
    ],
)
def test_an_altered_entry_fails_and_the_others_still_hold(
    world: World, source: ViewerSource, field: str, change: Any
) -> None:
    listed = world.released[1]
    answer = json.loads(Keyholder(world).get("/v1/openings"))
    answer["entries"][1][field] = change(listed[field])
    serve_answer(world, answer)
    found = source.openings()
    assert [row["proof"] for row in found["entries"]] == ["checked", "failed"]
    assert found["entries"][1]["fault"]["fix"]


def serve_answer(world: World, answer: dict[str, Any]) -> None:
    """Let the keyholder give exactly this answer from now on."""
    world.fixed["/v1/openings"] = json.dumps(answer).encode()


@pytest.mark.usefixtures("grant")
def test_somebody_elses_entry_is_not_shown_as_mine(world: World, source: ViewerSource) -> None:
    world.person_id, mine = new_id(Kind.PERSON), world.person_id
    open_two(world)
    world.person_id = mine
    assert proofs(source) == ("checked", ["checked", "checked", "failed", "failed"])


@pytest.mark.usefixtures("grant")
def test_without_the_witness_nothing_is_proven(world: World, source: ViewerSource) -> None:
    answer = json.loads(Keyholder(world).get("/v1/openings"))
    serve_answer(world, answer | {"checkpoint": world.log.checkpoint(witnessed=False)})
    assert proofs(source) == ("failed", ["failed", "failed"])
    assert source.openings()["log"]["fault"]["code"] == "tampered"


@pytest.mark.usefixtures("grant")
def test_a_log_with_another_key_is_not_believed(world: World, source: ViewerSource) -> None:
    world.log.key = SigningKey.generate()
    assert proofs(source) == ("failed", ["failed", "failed"])


def test_a_log_that_grows_is_checked_against_what_was_seen(world: World, source: ViewerSource) -> None:
    for count in (2, 4, 6):
        open_two(world)
        assert proofs(source) == ("checked", ["checked"] * count)


def test_a_log_that_shrinks_is_found_out(world: World, source: ViewerSource) -> None:
    open_two(world)
    assert proofs(source)[0] == "checked"
    keys = world.log.key, world.log.witness
    world.log = Log()
    world.log.key, world.log.witness = keys
    world.log.add(b"only one\n")
    world.released.clear()
    assert proofs(source) == ("failed", [])
    assert "when you last looked" in source.openings()["log"]["fault"]["what"]


def test_a_log_that_was_rewritten_is_found_out(world: World, source: ViewerSource) -> None:
    """Same keys, signed and witnessed, longer than before, but with another past."""
    open_two(world)
    assert proofs(source)[0] == "checked"
    keys = world.log.key, world.log.witness
    world.log = Log()
    world.log.key, world.log.witness = keys
    world.released.clear()
    for _ in range(3):
        open_two(world)
    assert proofs(source) == ("failed", ["failed"] * 6)


def test_an_empty_log_is_fine_until_something_was_seen(world: World, source: ViewerSource) -> None:
    serve_answer(world, {"checkpoint": "", "entries": []})
    assert source.openings() == {
        "log": {"proof": "checked", "fault": None, "origin": participant_world.ORIGIN, "witnesses": 1, "size": 0},
        "complete": {"proof": "checked", "fault": None, "count": 0, "passed_on": 0, "ended_at": None},
        "emergencies": [],
        "ends": [],
        "entries": [],
    }
    world.fixed.clear()
    open_two(world)
    assert proofs(source)[0] == "checked"
    serve_answer(world, {"checkpoint": "", "entries": []})
    assert proofs(source)[0] == "failed"


@pytest.mark.usefixtures("grant")
def test_a_restart_remembers_what_was_seen(world: World, tmp_path: Path) -> None:
    assert proofs(world.source(tmp_path / "participant"))[0] == "checked"
    keys = world.log.key, world.log.witness
    world.log = Log()
    world.log.key, world.log.witness = keys
    world.released.clear()
    world.log.add(b"only one\n")
    assert proofs(world.source(tmp_path / "participant"))[0] == "failed"


def test_artefacts_that_no_checked_opening_explains_are_marked(world: World, source: ViewerSource, grant: str) -> None:
    world.make_artefact(grant, "dataset")
    world.make_artefact(new_id(Kind.GRANT), "model")
    assert {row["kind"]: row["explained"] for row in source.artefacts()} == {"dataset": True, "model": False}
    world.released[0]["readable"] = world.released[0]["readable"].replace("Rosa", "Rose")
    assert {row["kind"]: row["explained"] for row in source.artefacts()} == {"dataset": False, "model": False}
    world.silent.add("keyholder")
    assert {row["explained"] for row in source.artefacts()} == {False}


def test_a_silent_keyholder_is_an_error_with_words(world: World, source: ViewerSource) -> None:
    world.silent.add("keyholder")
    with pytest.raises(Unavailable):
        source.openings()


def test_the_agreement_is_shown_with_its_date(source: ViewerSource) -> None:
    agreed = source.disclosure()
    assert (agreed["programme"], agreed["version"], agreed["agreed_at"]) == (
        "office-tasks",
        3,
        "2026-11-21T10:00:00.000Z",
    )
    assert agreed["same_text"] is True
    assert [kind["words"] for kind in agreed["apps"][1]["kinds"]] == [
        "not recorded",
        "only how many keys you press",
        "only where you click and scroll",
        "only that the application is in front",
        "not recorded",
        "not recorded",
    ]


def test_another_disclosure_than_the_agreed_one_is_refused(world: World, source: ViewerSource) -> None:
    wider = msgspec.structs.replace(sample_disclosure(world.steward.public), retention_days=3650)
    world.disclosure = world.steward.sign(disclosure.PAYLOAD_TYPE, disclosure.encode(wider))
    with pytest.raises(Tampered):
        source.disclosure()
    assert source.overview()["programme"] is None


def test_a_disclosure_that_no_steward_signed_is_refused(world: World, source: ViewerSource) -> None:
    assert world.disclosure is not None
    world.disclosure = SigningKey.generate().sign(disclosure.PAYLOAD_TYPE, world.disclosure.body())
    with pytest.raises(Tampered):
        source.disclosure()


def test_a_receipt_that_this_person_did_not_sign_is_refused(world: World, tmp_path: Path) -> None:
    world.person = SigningKey.generate()
    with pytest.raises(Tampered):
        world.source(tmp_path / "participant").disclosure()


def test_no_receipt_is_an_error_with_words(world: World, tmp_path: Path) -> None:
    world.receipt = None
    with pytest.raises(NotFound):
        world.source(tmp_path / "participant").disclosure()


def test_a_grant_that_was_ended_early_and_an_emergency_that_was_reviewed_say_so(
    world: World, grant: str, source: ViewerSource
) -> None:
    urgent = world.permit_in_emergency(who="Rosa Lindqvist")
    assert source.openings()["ends"] == []
    world.end(grant, who="Samira Haddad (security)", reason="The study is over.")
    world.review(urgent, who="Jonas Weber (representative)", verdict="not_justified", words="It could have waited.")
    ended, review = source.openings()["ends"]
    assert (ended["grant_id"], ended["verdict"], ended["words"], ended["proof"]) == (
        grant,
        None,
        "The study is over.",
        "checked",
    )
    assert ended["who"] == "Samira Haddad (security)"
    assert (review["grant_id"], review["verdict"], review["proof"]) == (urgent, "not_justified", "checked")


def test_an_end_that_is_made_up_is_marked_and_one_of_another_grant_is_not_shown(
    world: World, grant: str, source: ViewerSource
) -> None:
    world.end(grant, who="Samira Haddad (security)", reason="The study is over.")
    world.ends[0]["readable"] = world.ends[0]["readable"].replace("over", "done")
    [ended] = source.openings()["ends"]
    assert ended["proof"] == "failed"
    another = new_id(Kind.GRANT)
    world.end(another, who="Samira Haddad (security)", reason="Another study is over.")
    listed = json.loads(Keyholder(world).get(f"/v1/openings/grants?ids={another}"))
    size = source.openings()["log"]["size"]
    world.fixed[f"/v1/openings/grants?ids={grant}&size={size}"] = json.dumps(listed).encode()
    assert source.openings()["ends"] == []


def test_a_keyholder_that_does_not_say_how_grants_ended_is_no_reason_to_show_nothing(
    world: World, grant: str, source: ViewerSource
) -> None:
    world.end(grant, who="Samira Haddad (security)", reason="The study is over.")
    size = source.openings()["log"]["size"]
    world.fixed[f"/v1/openings/grants?ids={grant}&size={size}"] = b"not what was asked for"
    found = source.openings()
    assert (found["ends"], len(found["entries"])) == ([], 2)
