"""Concerns, passes, notices and deliveries mean the same in SQLite and in PostgreSQL."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from aboveboard.base.errors import Conflict
from aboveboard.vault.storage.concerns import ConcernRow, JoinRow, PassAskingRow
from aboveboard.vault.storage.notices import DeliveryRow, NoticeRow
from aboveboard.vault.storage.rows import PersonRow
from aboveboard.vault.storage.sql.engine import SqlRecords, open_records
from samples.postgres import fresh_database, running_postgres

CONCERN = ConcernRow("cnc_1", None, "ed25519:pass", "{}", "signed", 3600, 5000)
NOTICE = NoticeRow("ntc_1", "incident", "a" * 64, "signed", "stf_1", 10)


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_postgres(tmp_path_factory.mktemp("pg")) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlRecords]:
    if request.param == "sqlite":
        opened = open_records(f"sqlite:///{tmp_path / 'records.sqlite'}")
    else:
        opened = open_records(fresh_database(request.getfixturevalue("postgres")))
    with opened.begin() as tx:
        for number in (1, 2, 3):
            tx.add_person(PersonRow(f"per_{number}", f"ed25519:{number}", f"age1{number}", "{}", 1, "DE", ""))
    yield opened
    opened.close()


def test_a_pass_is_used_once_whatever_for(records: SqlRecords) -> None:
    with records.begin() as tx:
        tx.add_concern(CONCERN)
        tx.add_concern(ConcernRow("cnc_2", "per_1", None, None, "signed", 3601, 4000))
        tx.add_concern(ConcernRow("cnc_3", "per_1", None, None, "signed", 3602, 6000))
        tx.add_join(JoinRow("cnc_1", "ed25519:z", None, "{}", "signed"))
        tx.add_join(JoinRow("cnc_1", "ed25519:a", "per_2", "{}", "signed"))
        tx.add_pass_asking(PassAskingRow("per_1", "raise/2026-11", "b" * 64))

    def write(work: str, row: object) -> None:
        with records.begin() as tx:
            getattr(tx, work)(row)

    for work, row in (
        ("add_concern", replace(CONCERN, concern_id="cnc_4")),
        ("add_concern", replace(CONCERN, pass_key="ed25519:other")),
        ("add_join", JoinRow("cnc_2", "ed25519:z", None, "{}", "signed")),
        ("add_pass_asking", PassAskingRow("per_1", "raise/2026-11", "b" * 64)),
    ):
        with pytest.raises(Conflict):
            write(work, row)
    with records.read() as tx:
        assert [row.concern_id for row in tx.all_concerns()] == ["cnc_2", "cnc_1", "cnc_3"]
        assert tx.concern_by_pass("ed25519:pass") == tx.concern("cnc_1") == CONCERN
        assert [row.pass_key for row in tx.joins_of("cnc_1")] == ["ed25519:a", "ed25519:z"]
        assert tx.join_by_pass("ed25519:nobody") is None
        assert tx.pass_askings("per_2") == []


def test_only_the_first_answer_counts(records: SqlRecords) -> None:
    with records.begin() as tx:
        tx.add_concern(CONCERN)
        tx.own_concern("cnc_1", owner="stf_1", owning="signed", answer_by_ns=4500)
        tx.answer_concern("cnc_1", answer="first", at_ns=7)
        tx.answer_concern("cnc_1", answer="second", at_ns=8)
        tx.own_concern("cnc_1", owner="stf_2", owning="signed", answer_by_ns=1)
    with records.read() as tx:
        row = tx.concern("cnc_1")
        assert row is not None
        assert (row.owner, row.answer_by_ns, row.answer, row.answered_at_ns) == ("stf_1", 4500, "first", 7)


def sent(records: SqlRecords) -> None:
    rows = [DeliveryRow("ntc_1", f"per_{who}", channel, "waiting") for who in (1, 2) for channel in ("tray", "page")]
    rows += [DeliveryRow("ntc_1", f"per_{who}", "mail", "waiting", next_at_ns=10 * who) for who in (1, 2)]
    with records.begin() as tx:
        tx.add_notice(NOTICE, rows)
        later = replace(NOTICE, notice_id="ntc_2", sha256="c" * 64, published_at_ns=20)
        tx.add_notice(later, [DeliveryRow("ntc_2", "per_1", "page", "waiting")])


def test_what_became_of_each_delivery(records: SqlRecords) -> None:
    sent(records)
    with records.begin() as tx:
        assert [row.notice_id for row in tx.notices_of("per_1")] == ["ntc_2", "ntc_1"]
        assert tx.unseen_notices("per_1") == ["c" * 64, "a" * 64]
        assert tx.unseen_notices("per_1", limit=1) == ["c" * 64]
        assert tx.notices_of("per_3") == []
        assert tx.unreached("ntc_1") == 2
        tx.note_offered(["ntc_1"], "per_1", "tray", at_ns=30)
        assert tx.unreached("ntc_1") == 1
        tx.note_seen("ntc_1", "per_2", "page", seen="signed", at_ns=31)
        tx.note_seen("ntc_1", "per_2", "page", seen="another", at_ns=32)
        tx.note_offered(["ntc_1"], "per_2", "page", at_ns=33)  # it was seen: it stays so
        assert tx.unreached("ntc_1") == 0
        row = tx.delivery("ntc_1", "per_2", "page")
        assert row is not None
        assert (row.state, row.seen, row.at_ns) == ("seen", "signed", 31)
        assert tx.unseen_notices("per_2") == []
        tx.release_notice("ntc_1", at_ns=40)
        tx.release_notice("ntc_1", at_ns=41)
        found = tx.notice("ntc_1")
        assert found is not None
        assert found.released_at_ns == 40


def test_a_mail_is_claimed_by_one_and_due_again_when_the_claim_ends(records: SqlRecords) -> None:
    sent(records)
    with records.begin() as tx:
        assert tx.claim_mail(now_ns=9, until_ns=100, limit=5) == []
        [first] = tx.claim_mail(now_ns=50, until_ns=100, limit=1)
        [second] = tx.claim_mail(now_ns=50, until_ns=100, limit=5)
        assert (first.person_id, second.person_id, first.attempts) == ("per_1", "per_2", 1)
        assert tx.claim_mail(now_ns=99, until_ns=200, limit=5) == []
        tx.note_mail(first, state="offered", next_at_ns=None, at_ns=60, detail="250 OK")
        [again] = tx.claim_mail(now_ns=100, until_ns=200, limit=5)
        assert (again.person_id, again.attempts) == ("per_2", 2)
        tx.note_mail(again, state="dead", next_at_ns=None, at_ns=101, detail="x" * 400)
        [dead] = tx.dead_letters()
        assert (dead.person_id, len(dead.detail)) == ("per_2", 300)
        assert tx.claim_mail(now_ns=10**9, until_ns=10**9, limit=5) == []


def test_an_address_is_replaced_and_deleted(records: SqlRecords) -> None:
    with records.begin() as tx:
        tx.set_mail_address("per_1", "sealed")
        tx.set_mail_address("per_1", "sealed anew")
        tx.set_mail_address("per_2", "another")
        tx.set_mail_address("per_2", "")
        assert tx.mail_addresses() == {"per_1": "sealed anew"}
        assert [person.person_id for person in tx.everybody()] == ["per_1", "per_2", "per_3"]
