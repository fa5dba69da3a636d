"""Each way of asking for a key that must not leave is refused, with its own reason, by a step that can be named.

For each attack the step that stops it is then taken away, and the key leaves: so the test before it can fail, and no
other step was doing its work by accident.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from aboveboard.base.errors import AboveboardError, BadInput, NotFound, Refused
from aboveboard.formats import entry
from aboveboard.formats.entry import Released
from aboveboard.formats.envelope import encode_base64
from aboveboard.formats.release import ReleaseRequest
from aboveboard.keyholder import endings
from aboveboard.keyholder import release as steps
from aboveboard.rules.decision import Reason
from aboveboard.sealing.seal import seal
from samples.keyholder_programme import (
    DAY_NS,
    Member,
    Programme,
    ask,
    item,
)
from samples.release_attacks import CASES, DECISION, WITHOUT, Case, one_approver_only, plain
from samples.release_check import violations
from samples.witness_process import WitnessProcess, running_witness


@pytest.fixture(scope="module")
def witness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WitnessProcess]:
    with running_witness(tmp_path_factory.mktemp("witness")) as process:
        yield process


@pytest.fixture
def programme(tmp_path: Path, witness: WitnessProcess) -> Iterator[Programme]:
    made = Programme(tmp_path, [witness])
    yield made
    made.close()


def name_of(case: Case) -> str:
    return case.attack.__name__


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_refused_with_its_own_reason_and_nothing_logged(programme: Programme, case: Case) -> None:
    attempt = case.attack(programme, programme.enrol())
    before = programme.on_disk()
    with pytest.raises(Refused) as refused:
        steps.release(programme.desk, attempt.caller.public, attempt.asked)
    assert refused.value.reason == case.reason
    assert programme.on_disk() == before


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_it_is_that_step_which_refuses(programme: Programme, case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    attempt = case.attack(programme, programme.enrol())
    for step in case.removed:
        monkeypatch.setattr(steps, step, WITHOUT[step])
    answer = steps.release(programme.desk, attempt.caller.public, attempt.asked)
    assert len(answer.keys) == len(attempt.asked.items)
    # Even then the release is on the record.
    assert set(violations(programme, [(attempt.asked, answer)])) <= {"not granted by two roles"}


def test_a_second_approver_is_missed_from_outside_too(programme: Programme, monkeypatch: pytest.MonkeyPatch) -> None:
    attempt = one_approver_only(programme, programme.enrol())
    for step in DECISION:
        monkeypatch.setattr(steps, step, WITHOUT[step])
    answer = steps.release(programme.desk, attempt.caller.public, attempt.asked)
    assert violations(programme, [(attempt.asked, answer)]) == ["not granted by two roles"]


def test_every_step_that_decides_is_needed_by_some_attack() -> None:
    assert {step for case in CASES for step in case.removed} == set(WITHOUT)


def test_an_error_inside_the_decision_is_a_no(programme: Programme, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> object:
        raise ZeroDivisionError

    monkeypatch.setattr("aboveboard.keyholder.policy.may_release", broken)
    ada = programme.enrol()
    with pytest.raises(Refused) as refused:
        steps.release(programme.desk, programme.vault.public, plain(programme, ada, programme.granted([ada])).asked)
    assert refused.value.reason == Reason.RULE_ERROR


def test_another_person_s_header_is_not_re_sealed(programme: Programme) -> None:
    ada, bob = programme.enrol(), programme.enrol()
    header = encode_base64(programme.segment(bob).header)
    swapped = item(programme.segment(ada), header=header)
    with pytest.raises(BadInput, match="is not sealed to"):
        steps.release(
            programme.desk,
            programme.vault.public,
            ReleaseRequest(grant=programme.granted([ada]), items=[swapped]),
        )


def test_a_header_that_was_changed_is_not_re_sealed(programme: Programme) -> None:
    ada = programme.enrol()
    stranger = seal(b"x", [ada.recipient])
    segment = programme.segment(ada)
    lines = segment.header.splitlines(keepends=True)
    own = stranger.splitlines(keepends=True)[1:3]
    for header in (b"".join([lines[0], *own, *lines[1:]]), segment.header.replace(b"--- ", b"--- A", 1), b"", b"\n"):
        changed = item(segment, header=encode_base64(header))
        with pytest.raises(AboveboardError) as error:
            steps.release(
                programme.desk,
                programme.vault.public,
                ReleaseRequest(grant=programme.granted([ada]), items=[changed]),
            )
        assert error.value.code in {"bad_input", "tampered"}


def test_an_unknown_epoch_is_not_logged(programme: Programme) -> None:
    ada = programme.enrol()
    before = programme.on_disk()
    asked = ReleaseRequest(grant=programme.granted([ada]), items=[item(programme.segment(ada), key_epoch=7)])
    with pytest.raises(NotFound):
        steps.release(programme.desk, programme.vault.public, asked)
    assert programme.on_disk() == before


def test_an_erased_person_s_keys_never_leave_whatever_step_is_missing(
    programme: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = programme.enrol()
    attempt = plain(programme, ada, programme.granted([ada]))
    endings.erase(programme.desk, programme.order(ada))
    with pytest.raises(Refused) as refused:
        steps.release(programme.desk, attempt.caller.public, attempt.asked)
    assert refused.value.reason == Reason.CONSENT_ERASED
    for step, replacement in WITHOUT.items():
        monkeypatch.setattr(steps, step, replacement)
    with pytest.raises(AboveboardError):
        steps.release(programme.desk, attempt.caller.public, attempt.asked)


def test_a_researcher_cannot_revoke_another_s_grant(programme: Programme) -> None:
    ada = programme.enrol()
    early, seen = programme.granted([ada]), programme.granted([ada])
    # Before it was seen, the word of another researcher is kept and does not count.
    endings.revoke(programme.desk, programme.revocation(early.grant_id, programme.other_researcher))
    for grant in (early, seen):
        steps.release(programme.desk, programme.vault.public, ask(grant, [programme.segment(ada)]))
    with pytest.raises(Refused) as refused:
        endings.revoke(programme.desk, programme.revocation(seen.grant_id, programme.other_researcher))
    assert refused.value.reason == Reason.ROLE_MISSING


def test_a_revocation_needs_its_signer(programme: Programme) -> None:
    grant = programme.granted([programme.enrol()])
    with pytest.raises(Refused) as refused:
        endings.revoke(programme.desk, programme.revocation(grant.grant_id, programme.steward, key=programme.vault))
    assert refused.value.reason == Reason.GRANT_SIGNATURE
    with pytest.raises(Refused) as refused:
        endings.revoke(programme.desk, programme.revocation(grant.grant_id, Member.new("Mallory", "steward")))
    assert refused.value.reason == Reason.GRANT_UNKNOWN_STAFF


def test_leaving_the_roster_ends_what_one_approved(programme: Programme) -> None:
    ada = programme.enrol()
    attempt = plain(programme, ada, programme.granted([ada]))
    programme.write_roster([each for each in programme.members if each is not programme.representative])
    with pytest.raises(Refused) as refused:
        steps.release(programme.desk, attempt.caller.public, attempt.asked)
    assert refused.value.reason == Reason.GRANT_UNKNOWN_STAFF


def test_the_entry_names_who_asked_and_who_agreed(programme: Programme) -> None:
    ada = programme.enrol()
    segment = programme.segment(ada)
    asked = ask(programme.granted([ada]), [segment])
    [key] = steps.release(programme.desk, programme.vault.public, asked).keys
    released = entry.decode(key.readable.encode())
    assert isinstance(released, Released)
    assert released.requester_name == "Ravi (researcher)"
    assert released.approvers == ["Sam (security)", "Rita (representative)"]
    assert released.header_sha256 == hashlib.sha256(segment.header).hexdigest()
    assert released.expires_at_ns == programme.clock.wall_ns() + 7 * DAY_NS
