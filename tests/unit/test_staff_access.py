"""What the staff's page shows of requests and grants, what a draft lacks, and what a button signs."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from aboveboard.base.errors import BadInput, Conflict, Refused
from aboveboard.formats import envelope, grant
from aboveboard.steward.deciding import UNSAID
from aboveboard.steward.drafts import Draft, missing
from samples.staff_process import Programme


@pytest.fixture(scope="module")
def programme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Programme]:
    made = Programme(tmp_path_factory.mktemp("staff") / "vault")
    made.go_on()
    made.fill()
    yield made
    made.world.close()


FULL = Draft(
    cohort="north",
    kinds=["screen", "keystrokes"],
    at_most={"keystrokes": "shape"},
    purpose="train_agents",
    output="a model that fills in forms",
    reason="Agents miss the second page of long forms; people do not, and we want to see why.",
)


def bare(**changes: Any) -> Draft:
    return msgspec.structs.replace(FULL, **changes)


def rows(programme: Programme, name: str) -> dict[str, Any]:
    return {row["asked"]["output"]: row for row in programme.desk(name).state()["requests"]}


def test_an_approver_is_shown_exactly_what_was_asked(programme: Programme) -> None:
    row = rows(programme, "sam")["a data set of menu choices"]
    assert (row["requester"], row["signed"], row["answer"], row["state"]) == ("ravi", True, "", "waiting")
    assert row["asked"]["people"] == 12
    assert {each["kind"]: each["at_most"] for each in row["asked"]["kinds"]} == {
        "screen": "exact",
        "keystrokes": "shape",
        "pointer": "full",
    }
    assert [(each["name"], each["verdict"], each["signed"]) for each in row["answers"]] == [("rita", "approve", True)]
    assert row["extent"] == {"named": 12, "people": 12, "segments": 36}


def test_nothing_is_told_of_one_person_or_to_who_asks(programme: Programme) -> None:
    assert rows(programme, "sam")["a drawing of pointer paths"]["extent"] == {
        "named": 1,
        "people": None,
        "segments": None,
    }
    assert {row["extent"] for row in rows(programme, "ravi").values() if row["state"] == "waiting"} == {None}


def test_who_may_answer_and_who_may_end(programme: Programme) -> None:
    waits = "a data set of menu choices"
    assert {name: rows(programme, name)[waits]["answer"] for name in ("sam", "rita", "stella", "ravi")} == {
        "sam": "",
        "rita": "You have answered.",
        "stella": "-",
        "ravi": "-",
    }
    opened = "screens of dialogs"
    assert {rows(programme, name)[opened]["may_revoke"] for name in ("sam", "rita", "stella", "ravi")} == {True}


def test_the_time_of_a_grant_runs_from_the_last_yes(programme: Programme) -> None:
    state = programme.desk("stella").state()
    row = next(row for row in state["requests"] if row["state"] == "granted")
    left_ms = row["expires_ms"] - state["at_ms"]
    assert 0 < 7 * 86_400_000 - left_ms < 120_000


@pytest.mark.parametrize(
    ("draft", "field", "words"),
    [
        (bare(cohort=""), "people", "whose"),
        (bare(people=["per_" + "0" * 26]), "people", "whose"),
        (bare(cohort="", people=["somebody"]), "people", "per_"),
        (bare(kinds=[]), "kinds", "at least one"),
        (bare(purpose=""), "purpose", "closed"),
        (bare(purpose="rank_people"), "purpose", "closed"),
        (bare(purpose="study_interaction"), "purpose", "agreed to"),
        (bare(output=" "), "output", "come of it"),
        (bare(reason="because"), "reason", "why"),
        (bare(reason="a model that fills in forms"), "reason", "why"),
        (bare(reason="aaaaaaaaaaaaaaaa aaaaa"), "reason", "why"),
        (bare(hours=24 * 91), "hours", "90 days"),
        (bare(since_hours=0.0), "since_hours", "hours"),
        (bare(emergency=True, hours=1, since_hours=1), "emergency", "more than one person"),
        (bare(kinds=["thoughts"]), "form", "cannot be read"),
    ],
)
def test_what_a_draft_lacks_is_said_at_once(programme: Programme, draft: Draft, field: str, words: str) -> None:
    wanted = msgspec.json.encode(draft)
    found = programme.desk("ravi").look(wanted)["missing"]
    assert [each["field"] for each in found] == [field]
    assert words in found[0]["words"]
    with pytest.raises(BadInput):
        programme.desk("ravi").ask(wanted)


def test_a_draft_that_is_whole_is_asked_for_the_cohort_as_it_is_now(programme: Programme) -> None:
    assert missing(FULL, None) == []
    asked = programme.desk("ravi").ask(msgspec.json.encode(FULL))
    row = next(row for row in programme.desk("rita").state()["requests"] if row["request_id"] == asked["request_id"])
    assert (row["asked"]["cohort"], row["asked"]["people"]) == ("north", 12)
    assert row["answer"] == ""


def answered(programme: Programme, name: str, request: Any, verdict: str = "approve") -> Any:
    sha256 = next(
        row["sha256"] for row in programme.desk(name).state()["requests"] if row["request_id"] == request.request_id
    )
    return programme.desk(name).answer(json.dumps({"request_sha256": sha256, "verdict": verdict}).encode())


def test_two_answers_open_it_and_one_click_ends_it(programme: Programme) -> None:
    request = programme.ask()
    assert answered(programme, "sam", request) == {"grant_id": None}
    granted = answered(programme, "rita", request)["grant_id"]
    assert granted == grant.grant_id_of(request.request_id)
    programme.desk("stella").revoke(json.dumps({"grant_id": granted}).encode())
    path, body = programme.world.keyholder.asked[-1]
    told = grant.decode_revocation(envelope.decode(body).body())
    assert (path, told.grant_id, told.reason) == ("/v1/revocations", granted, UNSAID)
    state = programme.desk("ravi").state()
    assert next(row for row in state["requests"] if row["request_id"] == request.request_id)["state"] == "revoked"


def test_a_no_is_a_no(programme: Programme) -> None:
    request = programme.ask()
    answered(programme, "sam", request, "deny")
    row = next(row for row in programme.desk("rita").state()["requests"] if row["request_id"] == request.request_id)
    assert row["state"] == "denied"


def test_a_researcher_cannot_answer_and_an_approver_cannot_ask(programme: Programme) -> None:
    request = programme.ask()
    with pytest.raises((Refused, BadInput)):
        answered(programme, "ravi", request)
    with pytest.raises((Refused, BadInput)):
        programme.desk("sam").ask(msgspec.json.encode(FULL))


def test_what_is_not_there_any_more_is_not_signed(programme: Programme) -> None:
    with pytest.raises(Conflict, match="not there any more"):
        programme.desk("sam").answer(json.dumps({"request_sha256": "0" * 64, "verdict": "approve"}).encode())


def test_an_emergency_is_heard_of_and_reviewed_by_who_had_no_part_in_it(programme: Programme) -> None:
    grant_id = programme.hurry()
    reviewing = {
        name: next(row for row in programme.desk(name).state()["requests"] if row["grant_id"] == grant_id)["may_review"]
        for name in ("sam", "rita", "stella", "ravi")
    }
    assert reviewing == {"sam": True, "rita": False, "stella": False, "ravi": False}
    heard = {name: len(programme.desk(name).state()["alarms"]) for name in ("sam", "rita", "stella", "ravi")}
    assert heard == {"sam": 1, "rita": 1, "stella": 1, "ravi": 0}
    wanted = {"grant_id": grant_id, "justified": False, "words": "There was time for a second approver."}
    programme.desk("sam").review(json.dumps(wanted).encode())
    [found] = programme.keyholder.reviews
    assert (found.grant_id, found.verdict, found.by) == (grant_id, "not_justified", programme.world.staff_id("sam"))
    with pytest.raises(BadInput):
        programme.desk("sam").review(json.dumps(wanted | {"words": "no"}).encode())


def test_a_keyholder_that_is_away_is_no_all_clear(programme: Programme) -> None:
    desk = programme.desk("sam")
    desk.keyholder = None
    assert desk.state()["alarms"] is None
