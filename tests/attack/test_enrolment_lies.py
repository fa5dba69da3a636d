"""A vault that lies while a person enrols gets no signature, neither over another disclosure nor for another key."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from aboveboard.base.errors import AboveboardError, BadInput, Tampered
from aboveboard.base.ids import Kind, new_id
from aboveboard.commands import enrol
from aboveboard.commands.home import Home
from aboveboard.formats.disclosure_text import plain_text
from aboveboard.sealing.signatures import SigningKey
from samples.enrolling import Vault, agree
from samples.recorder_world import Participant


def try_to_enrol(tmp_path: Path, vault: Vault, decide: enrol.Decide, monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.setattr(Home, "client", lambda *_: vault)
    return enrol.enrol(Home(tmp_path), f"{new_id(Kind.INVITATION)}@{vault.who.steward.public}", decide)


def not_asked(_: enrol.Question) -> str:
    raise AssertionError("a person is not asked to sign what does not hold")


def test_an_honest_vault_enrols_who_agrees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vault = Vault(Participant())
    assert try_to_enrol(tmp_path, vault, agree, monkeypatch) is not None
    assert set(vault.given) == {"/v1/enrolments", "/v1/consents"}


def test_who_does_not_agree_signs_nothing_and_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vault = Vault(Participant())
    assert try_to_enrol(tmp_path, vault, lambda _: None, monkeypatch) is None
    assert vault.given == {}, "nobody is told"
    assert list(tmp_path.rglob("*")) == [], "not even a key is made"


def _of_another_steward(vault: Vault) -> Vault:
    vault.disclosed_by = SigningKey.generate()
    return vault


def test_a_disclosure_that_the_inviting_steward_did_not_sign_is_not_even_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = _of_another_steward(Vault(Participant()))
    with pytest.raises(Tampered):
        try_to_enrol(tmp_path, vault, not_asked, monkeypatch)
    assert vault.given == {}
    assert list(tmp_path.rglob("*")) == []


LIES: dict[str, Callable[[Participant], Vault]] = {
    "a key that the keyholder did not vouch for": lambda who: Vault(who, SigningKey.generate()),
    "another person's key": lambda who: Vault(who, person_id=new_id(Kind.PERSON)),
    "a key for somebody who signs with another key": lambda who: Vault(who, person_key=SigningKey.generate().public),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
def test_a_lie_about_keys_is_found_out_before_anything_is_signed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lie: Callable[[Participant], Vault]
) -> None:
    vault = lie(Participant())
    with pytest.raises(Tampered):
        try_to_enrol(tmp_path, vault, agree, monkeypatch)
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
