"""The policies, as a table; and every way in which a decision can fail to be one: each is a no, and an alarm."""

import dataclasses
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cedarpy
import pytest

from aboveboard.base.errors import Refused, SetupMissing
from aboveboard.keyholder import cedar
from aboveboard.keyholder import release as steps
from aboveboard.keyholder.cedar import SHIPPED, Policies, Question, entity, open_policies, reference, uid
from aboveboard.rules.decision import ALLOWED, Reason
from samples import release_attacks
from samples.keyholder_programme import Programme, ask
from samples.release_attacks import plain
from samples.witness_process import WitnessProcess, running_witness

CASES = tomllib.loads((Path(__file__).parent / "policy_cases.toml").read_text("utf-8"))["case"]
ROLES = {"ravi": "researcher", "rosa": "researcher", "sam": "security", "rita": "representative"}
GRANT: dict[str, Any] = {
    "requester": "ravi",
    "security": ["sam"],
    "representative": ["rita"],
    "purpose": "train_agents",
    "kinds": ["screen"],
    "people": 1,
    "starts": 1000,
    "ends": 2000,
    "emergency": False,
    "revoked": False,
}
ERRING = "forbid (principal, action, resource) when { context.now * 9223372036854775807 == 0 };"


def question(
    *,
    grant: dict[str, Any] | None = None,
    person: dict[str, Any] | None = None,
    roles: dict[str, str] | None = None,
    principal: str = "ravi",
    named: bool = True,
    now: int = 1500,
) -> Question:
    """A release that is permitted, but for what is changed."""
    facts = GRANT | (grant or {})
    facts["requester"] = reference("Staff", facts["requester"])
    for role in ("security", "representative"):
        facts[role] = [reference("Staff", name) for name in facts[role]]
    about = {"erased": False, "consented": True, "purposes": ["train_agents"]} | (person or {})
    return Question(
        principal=uid("Staff", principal),
        action="release",
        resource=uid("Person", "ada"),
        context={"grant": reference("Grant", "g"), "now": now},
        entities=[
            *(entity("Staff", name, {"role": role}) for name, role in (ROLES | (roles or {})).items()),
            entity("Person", "ada", about, [uid("Grant", "g")] if named else []),
            entity("Grant", "g", facts),
        ],
    )


def policies(*more: str, alarms: list[str] | None = None) -> Policies:
    texts = [(SHIPPED / "release.cedar").read_text("utf-8"), *more]
    heard = [] if alarms is None else alarms
    return Policies(texts, (SHIPPED / "schema.cedarschema").read_text("utf-8"), heard.append)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_table(case: dict[str, Any]) -> None:
    changes = {name: value for name, value in case.items() if name not in ("name", "says")}
    alarms: list[str] = []
    decision = policies(alarms=alarms).decide(question(**changes))
    assert ("yes" if decision.allowed else decision.detail) == case["says"]
    assert decision.reason is (Reason.OK if decision.allowed else Reason.POLICY_NO)
    assert alarms == []


def test_the_table_has_a_case_for_each_policy() -> None:
    text = (SHIPPED / "release.cedar").read_text("utf-8")
    ids = {line.removeprefix('@id("').removesuffix('")') for line in text.splitlines() if line.startswith("@id")}
    said = {part for case in CASES for part in case["says"].split(", ")}
    assert said == ids - {"a-researcher-opens-what-was-granted-to-them"} | {"yes", "nothing permits it"}


def without(question: Question, kind: str, attribute: str) -> Question:
    entities: list[Any] = []
    for each in question.entities:
        kept = {name: value for name, value in each["attrs"].items() if name != attribute}
        entities.append({**each, "attrs": kept} if each["uid"]["type"] == kind else each)
    return dataclasses.replace(question, entities=entities)


def unknown(question: Question, kind: str) -> Question:
    known = [each for each in question.entities if each["uid"]["type"] != kind]
    return dataclasses.replace(question, entities=known)


UNDECIDED: dict[str, Callable[[Question], Question]] = {
    "an attribute of the grant is missing": lambda asked: without(asked, "Grant", "revoked"),
    "an attribute of the person is missing": lambda asked: without(asked, "Person", "consented"),
    "an attribute has another type": lambda _: question(grant={"revoked": "no"}),
    "an attribute is too many": lambda _: question(person={"trusted": True}),
    "the time is missing": lambda asked: dataclasses.replace(asked, context={"grant": reference("Grant", "g")}),
    "the grant is unknown": lambda asked: unknown(asked, "Grant"),
    "the person is unknown": lambda asked: unknown(asked, "Person"),
    "the requester is unknown": lambda asked: dataclasses.replace(asked, principal=uid("Staff", "nobody")),
    "the requester is a person": lambda asked: dataclasses.replace(asked, principal=uid("Person", "ada")),
    "there is no such action": lambda asked: dataclasses.replace(asked, action="open"),
    "a name is no name": lambda asked: dataclasses.replace(asked, action='release", resource == x, action'),
}


@pytest.mark.parametrize("name", UNDECIDED)
def test_what_cannot_be_decided_is_a_no_and_an_alarm(name: str) -> None:
    alarms: list[str] = []
    decision = policies(alarms=alarms).decide(UNDECIDED[name](question()))
    assert decision.reason is Reason.POLICY_ERROR
    assert len(alarms) == 1


def test_a_forbid_that_errs_is_a_no_and_an_alarm() -> None:
    alarms: list[str] = []
    decision = policies(ERRING, alarms=alarms).decide(question())
    assert decision.reason is Reason.POLICY_ERROR
    assert "overflow" in decision.detail
    assert len(alarms) == 1
    # By itself, Cedar leaves it out and says yes: that is what has to be stopped here.
    asked = question()
    by_itself = cedarpy.is_authorized(
        {
            "principal": dict(asked.principal),
            "action": 'Action::"release"',
            "resource": dict(asked.resource),
            "context": dict(asked.context),
        },
        (SHIPPED / "release.cedar").read_text("utf-8") + ERRING,
        [dict(each) for each in asked.entities],
    )
    assert by_itself.allowed
    assert by_itself.diagnostics.errors


def test_what_takes_too_long_is_a_no_and_an_alarm(monkeypatch: pytest.MonkeyPatch) -> None:
    alarms: list[str] = []
    slow = policies(alarms=alarms)
    monkeypatch.setattr(cedar, "TIME_LIMIT_S", 0.0)
    assert slow.decide(question()).detail == "it took too long"
    assert len(alarms) == 1


def test_an_operators_own_may_only_forbid(tmp_path: Path) -> None:
    folder = tmp_path / "policies"
    folder.mkdir()
    own = folder / "own.cedar"
    own.write_text(
        '@id("no-keys") forbid (principal, action, resource) when { context.grant.kinds.contains("screen") };'
    )
    assert open_policies(tmp_path, print).decide(question()).detail == "no-keys"
    assert open_policies(tmp_path, print).decide(question(grant={"kinds": ["pointer"]})).allowed
    for text in (
        "permit (principal, action, resource);",
        "forbid (principal, action, resource) when { context.grant.weekday == 7 };",
        "forbid (principal, action, resource) when { principal.age > 3 };",
        "forbid (principal == ?principal, action, resource);",
        "forbid (principal, action",
        "",
    ):
        own.write_text(text)
        with pytest.raises(SetupMissing, match="policies cannot be used"):
            open_policies(tmp_path, print)
    own.write_bytes(b"\xff\xfe")
    with pytest.raises(SetupMissing):
        open_policies(tmp_path, print)


@pytest.fixture(scope="module")
def witness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WitnessProcess]:
    with running_witness(tmp_path_factory.mktemp("witness")) as process:
        yield process


@pytest.fixture
def programme(tmp_path: Path, witness: WitnessProcess) -> Iterator[Programme]:
    made = Programme(tmp_path, [witness])
    yield made
    made.close()


@pytest.mark.parametrize(
    "attack",
    [
        release_attacks.one_approver_only,
        release_attacks.one_approver_twice,
        release_attacks.the_same_role_twice,
        release_attacks.the_requester_approves,
        release_attacks.a_steward_requests,
        release_attacks.the_grant_has_expired,
        release_attacks.the_grant_is_dated_ahead,
        release_attacks.the_grant_was_revoked,
        release_attacks.the_person_is_not_named,
        release_attacks.the_purpose_was_not_disclosed,
    ],
    ids=lambda attack: attack.__name__,
)
def test_the_policies_hold_by_themselves(
    programme: Programme, monkeypatch: pytest.MonkeyPatch, attack: Callable[..., release_attacks.Attempt]
) -> None:
    tried = attack(programme, programme.enrol())
    monkeypatch.setattr("aboveboard.keyholder.policy.may_release", lambda *_, **__: ALLOWED)
    with pytest.raises(Refused) as refused:
        steps.release(programme.desk, tried.caller.public, tried.asked)
    assert refused.value.reason == Reason.POLICY_NO
    # And without them the same attack works.
    monkeypatch.setattr(Policies, "decide", lambda *_: ALLOWED)
    assert steps.release(programme.desk, tried.caller.public, tried.asked).keys


def test_a_policy_that_errs_stops_a_release_and_raises_one_alarm(programme: Programme) -> None:
    programme.desk.close()
    (programme.home.path / "policies").mkdir()
    (programme.home.path / "policies" / "own.cedar").write_text(ERRING)
    programme.reopen_after(old={})
    ada = programme.enrol()
    attempt = plain(programme, ada, programme.granted([ada]))
    before = programme.on_disk()
    for _ in range(3):
        with pytest.raises(Refused) as refused:
            steps.release(programme.desk, attempt.caller.public, attempt.asked)
        assert refused.value.reason == Reason.POLICY_ERROR
    assert programme.on_disk() == before
    assert [each.kind for each in programme.desk.alarms.all()] == ["policy"]


def test_no_decision_is_remembered(programme: Programme) -> None:
    """Only that a signature holds for these bytes and this key is kept, which is the same for ever."""
    ada = programme.enrol()
    granted = programme.granted([ada])
    asked = ask(granted, [programme.segment(ada)])
    steps.release(programme.desk, programme.vault.public, asked)
    counted = 0
    decide = programme.desk.policies.decide

    def counting(asked: Question) -> object:
        nonlocal counted
        counted += 1
        return decide(asked)

    programme.desk.policies.decide = counting  # type: ignore[method-assign,assignment]
    steps.release(programme.desk, programme.vault.public, asked)
    assert counted == 2, "before the ledger, and again after it"
