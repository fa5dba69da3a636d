"""No key leaves unlogged: each protection of steps 6 to 10 is taken away, and the check from outside must notice.

The check is ``violations``. If it stays silent when a protection is gone, it is worth nothing, so that is tested too.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from aboveboard.base.errors import AboveboardError, Refused
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import entry
from aboveboard.formats.entry import KeyCreated
from aboveboard.keyholder import database, endings, publish
from aboveboard.keyholder import release as steps
from aboveboard.keyholder.entries import LoggedEntry
from aboveboard.keyholder.writer import Pending
from aboveboard.rules.decision import Reason
from samples.keyholder_programme import (
    Programme,
    ask,
)
from samples.release_check import violations
from samples.segments import plain_with
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


def test_every_key_that_leaves_is_on_the_record_and_opens_what_was_asked_for(programme: Programme) -> None:
    ada, bob = programme.enrol(), programme.enrol()
    segments = [programme.segment(ada, b"ada 1"), programme.segment(bob, b"bob"), programme.segment(ada, b"ada 2")]
    asked = ask(programme.granted([ada, bob]), segments)
    released = [(asked, steps.release(programme.desk, programme.vault.public, asked)) for _ in range(2)]
    assert violations(programme, released) == []
    assert len(programme.on_disk()) == 2 + 1 + 2 * 3  # two keys created, one grant, two times three released
    for segment, key in zip(segments, released[0][1].keys, strict=True):
        assert plain_with(segment.sealed, key.sealed, programme.researcher_identity) == segment.plain


@dataclass(frozen=True)
class Said:
    """What says that these are in the log."""

    logged: list[LoggedEntry]

    def durable(self) -> list[LoggedEntry]:
        return self.logged


def release_two(programme: Programme) -> list[str]:
    ada = programme.enrol()
    asked = ask(programme.granted([ada]), [programme.segment(ada), programme.segment(ada)])
    return violations(programme, [(asked, steps.release(programme.desk, programme.vault.public, asked))])


def test_without_the_ledger_append_the_check_goes_red(programme: Programme, monkeypatch: pytest.MonkeyPatch) -> None:
    def pretend(_: object, __: object, wanted: list[object]) -> Said:
        readable = entry.encode(KeyCreated(at_ns=0, person_id=new_id(Kind.PERSON), key_epoch=0))
        return Said([LoggedEntry(0, bytes(32), readable)] * len(wanted))

    monkeypatch.setattr(steps, "append_entries", pretend)
    found = release_two(programme)
    assert found == [
        "not in the log",
        "not on the disk",
        "one entry for several keys",
        "the entry is about something else",
    ]


def test_without_the_append_and_an_honest_index_nothing_leaves(
    programme: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "append_entries", lambda *_: Said([LoggedEntry(99, bytes(32), b"{}")]))
    ada = programme.enrol()
    asked = ask(programme.granted([ada]), [programme.segment(ada)])
    with pytest.raises(AboveboardError):
        steps.release(programme.desk, programme.vault.public, asked)


def test_without_durability_nothing_leaves(programme: Programme, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = programme.enrol()
    asked = ask(programme.granted([ada]), [programme.segment(ada)])

    def only_in_memory(pending: Pending) -> list[LoggedEntry]:
        with programme.desk.database.writing():
            logged = programme.desk.entries.append(pending.prepare())
            programme.desk.database.undo()
        return logged

    monkeypatch.setattr(steps, "make_durable", only_in_memory)
    with pytest.raises(AboveboardError):
        steps.release(programme.desk, programme.vault.public, asked)


def test_with_a_disk_that_forgets_the_check_goes_red(programme: Programme, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def one_endless_transaction(self: database.Database) -> Iterator[None]:
        if not self._connection.in_transaction:
            self._connection.execute("BEGIN IMMEDIATE")
        yield

    ada = programme.enrol()
    asked = ask(programme.granted([ada]), [programme.segment(ada)])
    monkeypatch.setattr(database.Database, "writing", one_endless_transaction)
    monkeypatch.setattr(database.Database, "commit", lambda _: None)
    monkeypatch.setattr(database.Database, "is_writing", True)  # whoever reads sees what was never committed
    answer = steps.release(programme.desk, programme.vault.public, asked)
    assert violations(programme, [(asked, answer)]) == ["not on the disk"]


def test_without_the_witness_the_check_goes_red(programme: Programme, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publish, "gather_cosignatures", lambda _, signed: signed)
    assert release_two(programme) == ["not co-signed"]


def test_with_another_header_s_entry_the_check_goes_red(programme: Programme) -> None:
    ada = programme.enrol()
    granted = programme.granted([ada])
    asked = ask(granted, [programme.segment(ada)])
    answer = steps.release(programme.desk, programme.vault.public, asked)
    other = ask(granted, [programme.segment(ada)])
    assert violations(programme, [(other, answer)]) == ["the entry is about something else"]


def test_entries_come_before_durability_before_the_witness_before_the_key(
    programme: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    names = ["parse", "check_caller", "verify_request", "verify_approvals", "check_binding", "decide"]
    names += ["append_entries", "make_durable", "witnessed_checkpoint", "decide_again", "reseal", "answer"]
    for name in names:
        original = getattr(steps, name)

        def noted(*args: object, _name: str = name, _original: object = original) -> object:
            order.append(_name)
            return _original(*args)  # type: ignore[operator]

        monkeypatch.setattr(steps, name, noted)
    ada = programme.enrol()
    order.clear()
    asked = ask(programme.granted([ada]), [programme.segment(ada)])
    steps.release(programme.desk, programme.vault.public, asked)
    once = [name for place, name in enumerate(order) if not (name == "decide" and order[place - 1] == "decide_again")]
    assert once == names


def revoke_meanwhile(programme: Programme, monkeypatch: pytest.MonkeyPatch) -> Exception | None:
    ada = programme.enrol()
    granted = programme.granted([ada])
    asked = ask(granted, [programme.segment(ada)])
    original = steps.witnessed_checkpoint

    def slowly(desk: object, logged: object) -> object:
        checkpoint = original(desk, logged)  # type: ignore[arg-type]
        endings.revoke(programme.desk, programme.revocation(granted.grant_id, programme.steward))
        return checkpoint

    monkeypatch.setattr(steps, "witnessed_checkpoint", slowly)
    try:
        steps.release(programme.desk, programme.vault.public, asked)
    except Refused as error:
        return error
    return None


def test_a_revocation_while_the_witness_is_asked_still_counts(
    programme: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = revoke_meanwhile(programme, monkeypatch)
    assert isinstance(error, Refused)
    assert error.reason == Reason.GRANT_REVOKED


def test_without_deciding_again_that_revocation_is_missed(
    programme: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "decide_again", lambda *_: None)
    assert revoke_meanwhile(programme, monkeypatch) is None


def test_nothing_readable_is_entered_of_somebody_who_was_erased_meanwhile(
    programme: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bob = programme.enrol(), programme.enrol()
    asked = ask(programme.granted([ada, bob]), [programme.segment(bob), programme.segment(ada)])
    original = steps.append_entries

    def erased_first(*args: object) -> object:
        endings.erase(programme.desk, programme.order(ada))
        return original(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(steps, "append_entries", erased_first)
    with pytest.raises(Refused) as refused:
        steps.release(programme.desk, programme.vault.public, asked)
    assert refused.value.reason == Reason.CONSENT_ERASED
    assert programme.desk.database.all("SELECT 1 FROM entries WHERE kind = 'Released'") == []
