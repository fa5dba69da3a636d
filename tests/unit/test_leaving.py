"""Leaving: one action, here at once, and the vault hears of it however long it is away."""

import fcntl
import json
import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from aboveboard.base.errors import NotFound, Refused
from aboveboard.base.ids import Kind, new_id
from aboveboard.commands import autostart, enrol, leaving, parting, record
from aboveboard.commands.home import Home
from aboveboard.formats import consent, envelope, erasure
from aboveboard.formats.consent_record import CONTEXT
from aboveboard.recorder import enrolment as enrolments
from aboveboard.recorder.local_pause import local_pause
from aboveboard.rules.decision import Reason
from aboveboard.sealing.signatures import SigningKey, open_signed
from samples.enrolling import Vault, agree
from samples.recorder_world import Participant


class Listening(Vault):
    """A vault that notes everything it is told, in order, and erases when it is told to."""

    def __init__(self, who: Participant) -> None:
        super().__init__(who)
        self.told: list[tuple[str, bytes]] = []
        self.refuses = False

    def post(self, path: str, body: bytes) -> bytes:
        answer = super().post(path, body)
        if self.refuses:
            raise Refused("request:expired", "the request is too old", cause="a clock is wrong", fix="set it")
        self.told.append((path, body))
        if path == "/v1/erasures":
            order = erasure.decode_order(envelope.decode(body).body())
            receipt = erasure.ErasureReceipt(
                erasure_id=order.erasure_id, person_id=order.person_id, at_ns=5, ledger_index=3, items=[]
            )
            return envelope.encode(self.who.vault.sign(erasure.RECEIPT_TYPE, erasure.encode(receipt)))
        return answer

    def withdrawn(self) -> list[str]:
        key = self.person_key
        bodies = [
            open_signed(envelope.decode(body), consent.WITHDRAWAL_TYPE, key)
            for path, body in self.told
            if "withd" in path
        ]
        return [consent.decode_withdrawal(body).consent_id for body in bodies]

    person_key = ""


@pytest.fixture
def vault(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Listening:
    made = Listening(Participant())
    monkeypatch.setattr(Home, "client", lambda *_: made)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return made


@pytest.fixture
def home(vault: Listening, tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    enrol.enrol(made, f"{new_id(Kind.INVITATION)}@{vault.who.steward.public}", agree)
    vault.person_key = made.person_key().public
    return made


def consent_ids(home: Home) -> list[str]:
    return sorted(path.stem for path in (home.folder("participant") / "consents").glob("con_*.jsonld"))


def held(home: Home, count: int = 3) -> list[Path]:
    """Sealed segments that wait to be sent, as the spool names them."""
    spool = home.folder("recorder") / "spool"
    spool.mkdir(exist_ok=True)
    made = [spool / new_id(Kind.SEGMENT) for _ in range(count)]
    for folder in made:
        folder.mkdir()
        (folder / "segment.age").write_bytes(b"sealed")
    return made


def test_who_leaves_is_gone_here_and_the_vault_knows(vault: Listening, home: Home) -> None:
    enrol.renew(home, agree)
    files = held(home)
    left = leaving.leave(home)
    assert (left.told, left.erased, left.trouble) == (True, None, None)
    assert sorted(vault.withdrawn()) == consent_ids(home)
    assert len(consent_ids(home)) == 2, "every consent, not just the newest"
    assert not any(path.exists() for path in files)
    with pytest.raises(NotFound):
        enrolments.load(home.folder("recorder"))
    assert local_pause(home.folder("recorder")) is None
    assert parting.waiting(home.folder("participant")) is None
    assert "/v1/erasures" not in [path for path, _ in vault.told], "erasing is the person's choice"
    newest = enrolments.verify(enrolments.load(home.folder("participant"))).consent.consent_id
    record_ = json.loads((home.folder("participant") / "consents" / f"{newest}.jsonld").read_bytes())
    assert record_["dpv:hasConsentStatus"] == {"@id": "dpv:ConsentWithdrawn"}
    assert CONTEXT["dpv"] in json.dumps(record_["@context"])


def test_who_wants_it_has_everything_erased_with_the_same_action(vault: Listening, home: Home) -> None:
    left = leaving.leave(home, erase=True)
    assert left.erased is not None
    assert [path for path, _ in vault.told][-2:] == ["/v1/withdrawals", "/v1/erasures"]
    assert (home.folder("participant") / f"{left.erased.erasure_id}.json").exists()


@pytest.mark.parametrize("erase", [False, True])
def test_with_no_network_it_happens_here_at_once_and_the_vault_hears_of_it_later(
    vault: Listening, home: Home, erase: bool
) -> None:
    files = held(home)
    vault.away = True
    left = leaving.leave(home, erase=erase)
    assert not left.told
    assert not any(path.exists() for path in files)
    with pytest.raises(NotFound):
        enrolments.load(home.folder("recorder"))
    assert not parting.finish(home, first_wait_s=0.0, tries=3)
    vault.away = False
    assert parting.finish(home, first_wait_s=0.0, tries=1)
    assert vault.withdrawn() == consent_ids(home)
    assert ("/v1/erasures" in [path for path, _ in vault.told]) == erase
    assert parting.finish(home, tries=1), "there is nothing left to tell"
    assert len(vault.withdrawn()) == 1


def test_no_answer_of_a_server_keeps_anybody(vault: Listening, home: Home) -> None:
    files = held(home)
    vault.refuses = True
    left = leaving.leave(home)
    assert not left.told
    assert left.trouble is not None
    assert not any(path.exists() for path in files)
    vault.refuses = False
    assert parting.finish(home, tries=1)


def test_leaving_that_was_interrupted_is_finished(
    vault: Listening, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = held(home)

    def interrupted(_: Home) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(parting, "tell", interrupted)
        with pytest.raises(KeyboardInterrupt):
            leaving.leave(home)
    assert local_pause(home.folder("recorder")) is not None, "capture has stopped already"
    first = parting.waiting(home.folder("participant"))
    left = leaving.leave(home)
    assert left.told
    assert first is not None
    assert [body for path, body in vault.told if path == "/v1/withdrawals"] == [
        envelope.encode(each) for each in first.withdrawals
    ]
    assert not any(path.exists() for path in files)


def test_a_recorder_that_runs_ends_because_its_enrolment_is_gone(vault: Listening, home: Home) -> None:
    """It holds its lock until it has seen that; the spool is dropped only then."""
    folder = home.folder("recorder")
    files = held(home)
    started, saw = threading.Event(), threading.Event()

    def recorder() -> None:
        descriptor = os.open(folder / "recorder.lock", os.O_RDWR | os.O_CREAT)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        started.set()
        while not record.is_over("lease:none", folder):
            time.sleep(0.02)
        if all(path.exists() for path in files):
            saw.set()
        os.close(descriptor)

    running = threading.Thread(target=recorder)
    running.start()
    started.wait(10)
    vault.away = True
    leaving.leave(home)
    running.join(30)
    assert saw.is_set()
    assert not any(path.exists() for path in files)


def test_a_recording_is_over_when_the_person_has_left(home: Home) -> None:
    folder = home.folder("recorder")
    assert not record.is_over(Reason.LEASE_EXPIRED, folder)
    assert record.is_over(Reason.CONSENT_WITHDRAWN, folder)
    enrolments.forget(folder)
    assert record.is_over(Reason.LEASE_EXPIRED, folder)


def test_each_log_in_goes_on_telling_until_it_is_told(
    vault: Listening, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(parting.subprocess, "Popen", lambda command, **_: started.append(command))
    autostart.turn_on(home)
    vault.away = True
    leaving.leave(home)
    assert not autostart.status().on, "what is not enrolled does not start to record"
    parting.carry_on(home)
    assert started[0][-2:] == ["leave", "--finish"]
    entry = autostart.place(autostart.LEAVING_NAME)
    assert "leave --finish" in entry.read_text(encoding="utf-8")
    vault.away = False
    assert parting.finish(home, tries=1)
    assert not entry.exists()


def test_only_one_tells_at_a_time(vault: Listening, home: Home) -> None:
    vault.away = True
    leaving.leave(home)
    vault.away = False
    with parting._alone(home.folder("participant")) as alone:
        assert alone
        assert not parting.finish(home, tries=1)
    assert vault.withdrawn() == []
    assert parting.finish(home, tries=1)


def test_there_is_nothing_to_leave_for_who_is_not_enrolled(vault: Listening, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        leaving.enrolled_or_leaving(Home(tmp_path / "nobody"))


def test_a_receipt_of_another_server_is_no_erasure(vault: Listening, home: Home) -> None:
    vault.who.vault = SigningKey.generate()
    left = leaving.leave(home, erase=True)
    assert left.erased is None
    assert left.trouble is not None
    assert parting.waiting(home.folder("participant")) is not None, "it is asked for again"
