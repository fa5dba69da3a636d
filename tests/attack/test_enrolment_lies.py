"""A vault that lies while a person enrols gets no signature, neither over another disclosure nor for another key."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aboveboard.base.errors import AboveboardError, BadInput, Tampered
from aboveboard.base.ids import Kind, new_id
from aboveboard.commands import enrol
from aboveboard.commands.home import Home
from aboveboard.formats import disclosure, enrolment, envelope, key_statement
from aboveboard.formats.disclosure_text import plain_text
from aboveboard.formats.enrolment import EnrolmentAnswer
from aboveboard.sealing.signatures import SigningKey
from samples.recorder_world import Participant


class Vault:
    """Answers as an honest vault would, with ``who``'s keys behind it; remembers what it was given."""

    def __init__(self, who: Participant, signer: SigningKey | None = None, **statement: Any) -> None:
        self.who, self.signer, self.statement = who, signer or who.keyholder, statement
        self.disclosed_by = who.steward
        self.given: dict[str, bytes] = {}

    def get(self, path: str) -> bytes:
        assert path == "/v1/disclosures/current"
        signed = self.disclosed_by.sign(disclosure.PAYLOAD_TYPE, disclosure.encode(self.who.disclosure()))
        return envelope.encode(signed)

    def post(self, path: str, body: bytes) -> bytes:
        self.given[path] = body
        if path != "/v1/enrolments":
            return b"{}"
        asked = enrolment.decode_request(body)
        stated = self.who.statement(**{"person_key": asked.person_key, **self.statement})
        answer = EnrolmentAnswer(
            country="DE",
            cohort="",
            person_id=self.who.person_id,
            device_id=self.who.device_id,
            key_statement=self.signer.sign(key_statement.PAYLOAD_TYPE, key_statement.encode(stated)),
            steward_keys=[self.disclosed_by.public],
        )
        return enrolment.encode(answer)


def try_to_enrol(tmp_path: Path, vault: Vault, decide: enrol.Decide, monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.setattr(Home, "client", lambda *_: vault)
    return enrol.enrol(Home(tmp_path), f"{new_id(Kind.INVITATION)}@{vault.who.steward.public}", decide)


def agree(*_: object) -> bool:
    return True


def not_asked(*_: object) -> bool:
    raise AssertionError("a person is not asked to sign what does not hold")


def test_an_honest_vault_enrols_who_agrees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vault = Vault(Participant())
    assert try_to_enrol(tmp_path, vault, agree, monkeypatch) is not None
    assert set(vault.given) == {"/v1/enrolments", "/v1/consents"}


def test_who_does_not_agree_signs_nothing_and_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vault = Vault(Participant())
    assert try_to_enrol(tmp_path, vault, lambda *_: False, monkeypatch) is None
    assert set(vault.given) == {"/v1/enrolments"}
    assert not list(tmp_path.rglob("enrolment.json"))


def _of_another_steward(vault: Vault) -> Vault:
    vault.disclosed_by = SigningKey.generate()
    return vault


LIES: dict[str, Callable[[Participant], Vault]] = {
    "a disclosure that the inviting steward did not sign": lambda who: _of_another_steward(Vault(who)),
    "a key that the keyholder did not vouch for": lambda who: Vault(who, SigningKey.generate()),
    "another person's key": lambda who: Vault(who, person_id=new_id(Kind.PERSON)),
    "a key for somebody who signs with another key": lambda who: Vault(who, person_key=SigningKey.generate().public),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
def test_a_lie_is_found_out_before_the_person_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lie: Callable[[Participant], Vault]
) -> None:
    vault = lie(Participant())
    with pytest.raises(Tampered):
        try_to_enrol(tmp_path, vault, not_asked, monkeypatch)
    assert "/v1/consents" not in vault.given
    assert not list(tmp_path.rglob("enrolment.json"))


def test_agreeing_elsewhere_binds_exactly_the_text_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vault = Vault(Participant())
    text = plain_text(vault.who.disclosure())
    decide = enrol.agreeing_to(hashlib.sha256(text.encode() + b" ").hexdigest())
    with pytest.raises(BadInput):
        try_to_enrol(tmp_path, vault, decide, monkeypatch)
    assert "/v1/consents" not in vault.given
    decide = enrol.agreeing_to(hashlib.sha256(text.encode()).hexdigest())
    assert try_to_enrol(tmp_path, Vault(vault.who), decide, monkeypatch) is not None


@pytest.mark.parametrize("invitation", ["", "inv_x", "@ed25519:abc", "inv_x@age1abc", "x" * 10_000])
def test_what_is_no_invitation_is_refused_in_words(tmp_path: Path, invitation: str) -> None:
    with pytest.raises(AboveboardError) as refused:
        enrol.enrol(Home(tmp_path), invitation, agree)
    assert refused.value.fix
