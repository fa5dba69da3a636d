"""Every database keeps the same promises to the vault: SQLite, and a real PostgreSQL."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aboveboard.base.errors import AboveboardError, Conflict
from aboveboard.vault.pausing import scope_of
from aboveboard.vault.storage.rows import (
    ApprovalRow,
    ArtefactRow,
    ConsentRow,
    DeviceRow,
    DisclosureRow,
    ErasureRow,
    GrantRow,
    InvitationRow,
    PauseRow,
    PersonRow,
    RequestRow,
    SealedRow,
    SegmentRow,
    SegmentsOfSpan,
    SpanRow,
)
from aboveboard.vault.storage.sql.engine import SqlRecords, open_records
from samples.postgres import fresh_database, running_postgres

DISCLOSURE = DisclosureRow("d" * 64, "office-tasks", 1, "{}", "stf_1", 1)
PERSON = PersonRow("per_1", "ed25519:person", "age1person", "{}", 1, "DE", "")
DEVICE = DeviceRow("dev_1", "per_1", "ed25519:device", "Linux", 1)
CONSENT = ConsentRow("con_1", "per_1", "dev_1", "d" * 64, "{}", 1)
SEGMENT = SegmentRow(
    segment_id="seg_1",
    session_id="ses_1",
    sequence=0,
    person_id="per_1",
    device_id="dev_1",
    consent_id="con_1",
    disclosure_sha256="d" * 64,
    key_epoch=0,
    manifest='{"é": 1}',
    manifest_sha256="m" * 64,
    size_bytes=100,
    sha256="a" * 64,
    previous_sha256=None,
    state="declared",
    declared_at_ns=2**62,
)


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
    assert opened.engine.dialect.name == request.param
    yield opened
    opened.close()


def enrolled(records: SqlRecords) -> None:
    with records.begin() as tx:
        tx.add_disclosure(DISCLOSURE)
        tx.add_person(PERSON)
        tx.add_device(DEVICE)
        tx.add_consent(CONSENT)


def test_what_is_written_is_read_back_after_reopening(records: SqlRecords) -> None:
    enrolled(records)
    with records.begin() as tx:
        tx.add_segments([SEGMENT])
    url = records.engine.url.render_as_string(hide_password=False)
    again = open_records(url)
    with again.read() as tx:
        assert tx.current_disclosure() == DISCLOSURE
        assert tx.person_by_key("ed25519:person") == tx.person("per_1") == PERSON
        assert tx.device_by_key("ed25519:device") == tx.device("dev_1") == DEVICE
        assert tx.consent("con_1") == CONSENT
        assert tx.segment("seg_1") == SEGMENT
        assert (tx.count_people(), tx.count_devices()) == (1, 1)
        assert tx.person("per_2") is None
    again.close()


def test_a_transaction_that_raises_leaves_nothing(records: SqlRecords) -> None:
    def begin_and_fail() -> None:
        with records.begin() as tx:
            tx.add_disclosure(DISCLOSURE)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        begin_and_fail()
    with records.read() as tx:
        assert tx.current_disclosure() is None


def test_nothing_is_written_in_a_reading_transaction(records: SqlRecords) -> None:
    with pytest.raises(AboveboardError), records.read() as tx:
        tx.add_disclosure(DISCLOSURE)
    with records.begin() as tx:
        assert tx.current_disclosure() is None
        tx.add_disclosure(DISCLOSURE)


def test_one_writer_at_a_time(records: SqlRecords) -> None:
    """What was checked inside a transaction still holds when it writes, however many try at once."""
    enrolled(records)
    outcomes: list[str] = []

    def take(number: int) -> None:
        with records.begin() as tx:
            if not tx.segments_like([], [], {"ses_1": [0]}):
                time.sleep(0.02)
                tx.add_segments([replace(SEGMENT, segment_id=f"seg_{number}", sha256=str(number) * 64)])
                outcomes.append("taken")
            else:
                outcomes.append("was there")

    threads = [threading.Thread(target=take, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["taken"] + ["was there"] * 5


@pytest.mark.parametrize(
    "again",
    [
        lambda tx: tx.add_disclosure(replace(DISCLOSURE, sha256="e" * 64)),
        lambda tx: tx.add_person(replace(PERSON, person_id="per_2")),
        lambda tx: tx.add_device(replace(DEVICE, device_id="dev_2")),
        lambda tx: tx.add_consent(CONSENT),
        lambda tx: tx.add_segments([SEGMENT]),
        lambda tx: tx.add_segments([replace(SEGMENT, segment_id="seg_2", sha256="b" * 64)]),
        lambda tx: tx.add_segments([replace(SEGMENT, segment_id="seg_2", sequence=1)]),
        lambda tx: tx.add_device(replace(DEVICE, device_id="dev_2", device_key="ed25519:2", person_id="per_9")),
    ],
    ids=["version", "person key", "device key", "id", "segment id", "place", "bytes", "stranger's device"],
)
def test_the_same_id_key_or_place_is_a_conflict(records: SqlRecords, again: Any) -> None:
    enrolled(records)
    with records.begin() as tx:
        tx.add_segments([SEGMENT])
    with pytest.raises(Conflict), records.begin() as tx:
        again(tx)
    with records.read() as tx:
        assert len(tx.segments_of(["per_1"])) == 1


def test_the_newest_disclosure_is_current(records: SqlRecords) -> None:
    with records.begin() as tx:
        for version in (1, 2, 10, 9):
            tx.add_disclosure(replace(DISCLOSURE, version=version, sha256=f"{version:064}"))
    with records.read() as tx:
        current = tx.current_disclosure()
        assert current is not None
        assert current.version == 10


def test_an_invitation_works_once(records: SqlRecords) -> None:
    with records.begin() as tx:
        tx.add_invitation(InvitationRow("c" * 64, "stf_1", 5, "DE", ""))
    with records.begin() as tx:
        tx.use_invitation("c" * 64, device_id="dev_1")
    with pytest.raises(Conflict), records.begin() as tx:
        tx.use_invitation("c" * 64, device_id="dev_2")
    with records.read() as tx:
        found = tx.invitation("c" * 64)
        assert found is not None
        assert found.used_by_device == "dev_1"


def test_the_first_withdrawal_and_the_first_erasure_count(records: SqlRecords) -> None:
    enrolled(records)
    with records.begin() as tx:
        tx.withdraw_consent("con_1", withdrawal="first", at_ns=5)
        tx.withdraw_consent("con_1", withdrawal="second", at_ns=6)
        tx.erase_consents("per_1", at_ns=7)
        tx.erase_consents("per_1", at_ns=8)
    with records.read() as tx:
        assert tx.consents_of("per_1") == [replace(CONSENT, withdrawal="first", withdrawn_at_ns=5, erased_at_ns=7)]


def test_pauses_of_one_and_of_all(records: SqlRecords) -> None:
    rows = [
        PauseRow("pau_3", "person", "per_2", "{}", 3),
        PauseRow("pau_2", "steward", None, "{}", 2, until_ns=9),
        PauseRow("pau_1", "person", "per_1", "{}", 1),
    ]
    with records.begin() as tx:
        for row in rows:
            tx.add_pause(row)
        tx.end_pause("pau_1", at_ns=4)
        tx.end_pause("pau_1", at_ns=8)
        tx.end_pause("pau_2", at_ns=20)
    with records.read() as tx:
        mine = tx.pauses_of("per_1")
        assert [pause.pause_id for pause in mine] == ["pau_1", "pau_2"]
        assert [pause.end_ns() for pause in mine] == [4, 9]
        assert [pause.pause_id for pause in tx.all_pauses()] == ["pau_1", "pau_2", "pau_3"]


def test_pauses_of_a_cohort_a_country_and_an_application(records: SqlRecords) -> None:
    places = {"per_1": ("US-NY", "support"), "per_2": ("US", ""), "per_3": ("DE", "field"), "per_4": ("", "")}
    scopes = {
        "cohort": {"cohort": "support"},
        "part": {"country": "US-NY"},
        "country": {"country": "US"},
        "nowhere": {"country": "FR"},
        "application": {"wm_class": "Chromium"},
        "one": {"person_id": "per_3"},
        "all": {},
    }
    with records.begin() as tx:
        for number, (person_id, (country, cohort)) in enumerate(places.items()):
            key = f"ed25519:{number}"
            tx.add_person(replace(PERSON, person_id=person_id, person_key=key, country=country, cohort=cohort))
        for number, (name, scope) in enumerate(scopes.items()):
            tx.add_pause(PauseRow(name, "steward", **({"person_id": None, "envelope": "{}", "at_ns": number} | scope)))
    with records.read() as tx:
        found = {person_id: {pause.pause_id for pause in tx.pauses_of(person_id)} for person_id in places}
        rows = tx.all_pauses()
        assert [tx.anybody_in(cohort=name) for name in ("support", "suport")] == [True, False]
        assert [tx.anybody_in(country=name) for name in ("US", "US-NY", "DE", "FR", "U")] == [
            True,
            True,
            True,
            False,
            False,
        ]
    assert found == {
        "per_1": {"cohort", "part", "country", "application", "all"},
        "per_2": {"country", "application", "all"},
        "per_3": {"one", "application", "all"},
        "per_4": {"application", "all"},
    }
    for person_id, (country, cohort) in places.items():
        ruled = {row.pause_id for row in rows if scope_of(row).concerns(person_id, cohort=cohort, country=country)}
        assert ruled == found[person_id], "the database and the rule say the same"


def test_a_segment_is_stored_counted_and_destroyed(records: SqlRecords) -> None:
    enrolled(records)
    with records.begin() as tx:
        tx.add_segments([SEGMENT])
        tx.add_segments([replace(SEGMENT, segment_id="seg_2", sequence=1, sha256="b" * 64, size_bytes=50)])
        tx.mark_stored(["seg_1"], at_ns=10)
        tx.mark_stored(["seg_1"], at_ns=11)
        tx.mark_stored(["seg_2"], at_ns=20)
    with records.read() as tx:
        assert tx.stored_bytes("per_1", since_ns=10) == 150
        assert tx.stored_bytes("per_1", since_ns=11) == 50
        assert tx.stored_bytes("per_2", since_ns=0) == 0
        assert tx.stored_bytes(None, since_ns=0) == 150
        assert tx.count_segments("per_1") == tx.count_segments(None) == 2
        assert [row.segment_id for row in tx.segments_of(["per_1", "per_2"])] == ["seg_1", "seg_2"]
        assert tx.segments_of([]) == []
        first, second = tx.segments_of(["per_1"])
        for after, limit, ids in ((None, 9, ["seg_1", "seg_2"]), (None, 1, ["seg_1"]), (first, 9, ["seg_2"])):
            assert [row.segment_id for row in tx.segments_after(["per_2", "per_1"], after, limit)] == ids
        assert tx.segments_after(["per_1"], second, 9) == tx.segments_after(["per_2"], None, 9) == []
        assert tx.segments_after(["per_1"], None, 0) == tx.segments_after([], None, 9) == []
        assert tx.stored_under(["per_1", "per_2"], since_ns=0) == [("per_1", "d" * 64, 2)]
        assert tx.stored_under(["per_1", "per_2"], since_ns=SEGMENT.start_wall_ns + 1) == []
        assert tx.stored_under([], since_ns=0) == []

        def like(*ways: Any) -> list[str]:
            return sorted(row.segment_id for row in tx.segments_like(*ways))

        assert like([], [], {}) == []
        assert like(["seg_1", "seg_9"], [], {}) == ["seg_1"]
        assert like([], ["b" * 64, "c" * 64], {}) == ["seg_2"]
        assert like([], [], {"ses_1": {0, 1, 2}, "ses_2": {0}}) == ["seg_1", "seg_2"]
        assert like(["seg_1"], ["b" * 64], {"ses_1": {0}}) == ["seg_1", "seg_2"], "each once"
    with records.begin() as tx:
        assert tx.disclosures_of_segments() == ["d" * 64]
        tx.mark_destroyed(["seg_1", *(f"seg_{number}" for number in range(10, 1200))])
    with records.read() as tx:
        assert [row.segment_id for row in tx.segments_of(["per_1"])] == ["seg_2"]
        assert tx.all_segment_ids_of("per_1") == ["seg_1", "seg_2"]
        destroyed = tx.segment("seg_1")
        assert destroyed is not None
        assert (destroyed.state, destroyed.manifest) == ("destroyed", "")


def test_a_part_is_found_hidden_and_rewrapped(records: SqlRecords) -> None:
    enrolled(records)
    with records.begin() as tx:
        for number in range(6):
            sha256, times = f"{number}" * 64, (10 * number, 10 * number + 10)
            one = replace(SEGMENT, segment_id=f"seg_{number}", sequence=number, sha256=sha256, key_epoch=number // 3)
            tx.add_segments([replace(one, start_wall_ns=times[0], end_wall_ns=times[1], declared_at_ns=100)])
        tx.add_erasure(ErasureRow("era_1", "per_1", "{}", "ordered", 1, whole=False))
    with records.read() as tx:
        # [10, 20) and [20, 30) lie in it; [0, 10] touches it with its end, and what is doubtful is in.
        assert [row.segment_id for row in tx.segments_between("per_1", 10, 30)] == ["seg_0", "seg_1", "seg_2"]
        assert tx.segments_between("per_2", 0, 100) == []
        assert [row.segment_id for row in tx.segments_in_epochs("per_1", {1, 7})] == ["seg_3", "seg_4", "seg_5"]
        assert [row.segment_id for row in tx.segments_over("d" * 64, before_ns=11, limit=10)] == ["seg_0", "seg_1"]
        assert len(tx.segments_over("d" * 64, before_ns=1000, limit=4)) == 4
        assert [row.segment_id for row in tx.segments_by_id(["seg_9", "seg_2"])] == ["seg_2"]
    with records.begin() as tx:
        tx.mark_erasing(["seg_1", "seg_3"], erasure_id="era_1")
        tx.rewrap({"seg_4": "a header", "seg_5": "another"}, key_epoch=2)
        tx.rewrap({}, key_epoch=3)
    with records.read() as tx:
        left = tx.segments_of(["per_1"])
        assert [row.segment_id for row in left] == ["seg_0", "seg_2", "seg_4", "seg_5"]
        assert [(row.header, row.key_epoch) for row in left[2:]] == [("a header", 2), ("another", 2)]
        assert [row.segment_id for row in tx.segments_by_order("era_1")] == ["seg_1", "seg_3"]
        assert tx.segments_in_epochs("per_1", {1}) == []
    with records.begin() as tx:
        tx.mark_stored(["seg_2", "seg_4"], at_ns=200)
        found = [SealedRow("seg_2", 0, None), SealedRow("seg_4", 2, "a header")]
        assert tx.sealed_to("per_1", {0, 2, 7}) == found, "what is stored of these keys"
        tx.mark_destroyed(["seg_1"])
        tx.mark_erasing(["seg_1"], erasure_id="era_2")
    with records.read() as tx:
        assert [row.state for row in tx.segments_by_order("era_1")] == ["destroyed", "erasing"]


def test_what_was_erased_before_it_came_is_kept_out(records: SqlRecords) -> None:
    enrolled(records)
    with records.begin() as tx:
        tx.add_erasure(ErasureRow("era_1", "per_1", "{}", "ordered", 1, whole=False))
        tx.add_erasure(ErasureRow("era_2", "per_1", "{}", "ordered", 1, why="order", whole=False))
        tx.keep_out("era_1", "per_1", ["seg_1", "seg_2"], None)
        tx.keep_out("era_2", "per_1", [], (100, 200))
    with records.read() as tx:

        def out(segment_id: str, start_ns: int, end_ns: int, person_id: str = "per_1") -> bool:
            return tx.is_kept_out(person_id, [segment_id], start_ns=start_ns, end_ns=end_ns)

        assert out("seg_2", 0, 1)
        assert out("seg_3", 199, 300)
        assert out("seg_3", 50, 100)
        assert not out("seg_3", 50, 99)
        assert not out("seg_3", 200, 300)
        assert not out("seg_2", 150, 160, "per_2")
        assert not tx.erased_whole("per_1")
        assert tx.erasures_of("per_1")[1].why == "order"
    with records.begin() as tx:
        tx.add_erasure(ErasureRow("era_3", "per_1", "{}", "ordered", 1))
        assert tx.erased_whole("per_1")


def test_when_a_part_was_erased_last(records: SqlRecords) -> None:
    enrolled(records)
    with records.begin() as tx:
        for row in (
            ErasureRow("era_1", "per_1", "{}", "ordered", 5, whole=False, keys="per_1#0"),
            ErasureRow("era_2", "per_1", "{}", "ordered", 3, whole=False, keys="per_1#1", why="order"),
            ErasureRow("era_3", "per_1", "{}", "ordered", 9, whole=False),
            ErasureRow("era_4", "per_1", "{}", "ordered", 9, whole=False, keys=""),
            ErasureRow("era_5", "per_1", "{}", "ordered", 9, whole=False, keys="per_1#2", why="retention"),
            ErasureRow("era_6", "per_1", "{}", "ordered", 9, keys="per_1"),
        ):
            tx.add_erasure(row)
        assert [tx.part_erased_at_ns(each) for each in ("per_1", "per_3")] == [5, None]


def test_time_only_goes_on(records: SqlRecords) -> None:
    with records.begin() as tx:
        assert tx.latest_time("retention", at_ns=5) == 5
        assert tx.latest_time("retention", at_ns=9) == 9
        assert tx.latest_time("retention", at_ns=2) == 9
        assert tx.latest_time("another", at_ns=2) == 2


def test_a_request_becomes_a_grant_and_ends(records: SqlRecords) -> None:
    with records.begin() as tx:
        tx.add_request(RequestRow("req_1", "stf_1", "{}", "r" * 64, 1))
        tx.add_approval(ApprovalRow("req_1", "stf_3", "{}", "approve", 3))
        tx.add_approval(ApprovalRow("req_1", "stf_2", "{}", "approve", 2))
        tx.add_grant(GrantRow("gra_1", "req_1", 3))
        tx.revoke_grant("gra_1", revocation="first", at_ns=4)
        tx.revoke_grant("gra_1", revocation="second", at_ns=5)
    with records.read() as tx:
        assert [row.approver for row in tx.approvals_of("req_1")] == ["stf_2", "stf_3"]
        assert tx.grant("gra_1") == GrantRow("gra_1", "req_1", 3, "first", 4)
        assert [row.request_id for row in tx.all_requests()] == ["req_1"]
    with pytest.raises(Conflict), records.begin() as tx:
        tx.add_approval(ApprovalRow("req_1", "stf_2", "{}", "deny", 9))
    with pytest.raises(Conflict), records.begin() as tx:
        tx.add_grant(GrantRow("gra_2", "req_1", 3))


def test_keys_that_were_passed_on_are_counted_for_each_person(records: SqlRecords) -> None:
    with records.begin() as tx:
        tx.note_passed_on({"per_1": 3})
        tx.note_passed_on({"per_1": 2, "per_2": 1})
    with records.read() as tx:
        assert [tx.keys_passed_on(each) for each in ("per_1", "per_2", "per_3")] == [5, 1, 0]


def test_artefacts_become_due_then_destroyed(records: SqlRecords) -> None:
    row = ArtefactRow("art_1", "gra_1", "stf_1", "{}", "live", 5)
    with records.begin() as tx:
        tx.add_request(RequestRow("req_1", "stf_1", "{}", "r" * 64, 1))
        tx.add_grant(GrantRow("gra_1", "req_1", 3))
        tx.add_artefact(row, people=["per_1", "per_2", "per_1"])
        tx.add_artefact(replace(row, artefact_id="art_2"), people=["per_2"])
    with records.begin() as tx:
        assert tx.artefacts_naming("per_1") == [row]
        assert len(tx.artefacts_by("stf_1")) == len(tx.artefacts_naming("per_2")) == tx.count_artefacts() == 2
        tx.mark_artefact_due("art_1", due_by_ns=50)
        tx.mark_artefact_due("art_1", due_by_ns=60)
        tx.mark_artefact_destroyed("art_2", at_ns=7, word="signed")
        tx.mark_artefact_destroyed("art_2", at_ns=8, word="again")
        tx.mark_artefact_due("art_2", due_by_ns=60)
    with records.read() as tx:
        assert tx.artefact("art_1") == replace(row, state="due", due_by_ns=50)
        assert tx.artefact("art_2") == replace(
            row, artefact_id="art_2", state="destroyed", destroyed_at_ns=7, word="signed"
        )


def test_what_an_artefact_was_made_from_and_what_its_files_are(records: SqlRecords) -> None:
    enrolled(records)
    row = ArtefactRow("art_1", "gra_1", "stf_1", "{}", "live", 5)
    with records.begin() as tx:
        for place in range(4):
            name = f"seg_{place}"
            tx.add_segments(
                [replace(SEGMENT, segment_id=name, sequence=place, sha256=f"{place:064}", start_wall_ns=100 - place)]
            )
        tx.add_request(RequestRow("req_1", "stf_1", "{}", "r" * 64, 1))
        tx.add_grant(GrantRow("gra_1", "req_1", 3))
        spans = [SpanRow("ses_1", 0, 0), SpanRow("ses_1", 2, 3)]
        tx.add_artefact(row, people=["per_1"], spans=spans, digests=["1" * 64, "2" * 64, "1" * 64])
        tx.add_artefact(replace(row, artefact_id="art_2"), people=["per_1"], digests=["2" * 64])
    with records.begin() as tx:
        whole = SegmentsOfSpan("per_1", "con_1", "d" * 64, 3, 97)
        assert tx.segments_of_span(SpanRow("ses_1", 1, 9)) == [whole]
        assert tx.segments_of_span(SpanRow("ses_2", 0, 9)) == []
        found = [(digest, one.artefact_id) for digest, one in tx.artefacts_with(["2" * 64, "1" * 64, "0" * 64])]
        assert found == [("1" * 64, "art_1"), ("2" * 64, "art_1"), ("2" * 64, "art_2")]
        assert [one.artefact_id for one in tx.artefacts_of_segments(["seg_0", "seg_3"])] == ["art_1"]
        assert tx.artefacts_of_segments(["seg_1"]) == []
        tx.mark_destroyed(["seg_1"])
        assert not tx.has_destroyed_source("art_1")
        tx.mark_destroyed(["seg_3"])
        assert tx.has_destroyed_source("art_1")
        assert not tx.has_destroyed_source("art_2")
        # What is destroyed was there: it still says whose it was.
        assert tx.segments_of_span(SpanRow("ses_1", 1, 9)) == [whole]


def test_an_erasure_only_moves_on(records: SqlRecords) -> None:
    enrolled(records)
    with records.begin() as tx:
        tx.add_erasure(ErasureRow("era_1", "per_1", "{}", "ordered", 1))
        tx.note_objects_destroyed("era_1")
        tx.finish_erasure("era_1", receipt="too early")
    with records.read() as tx:
        assert [row.phase for row in tx.unfinished_erasures()] == ["ordered"]
    with records.begin() as tx:
        tx.note_keys_destroyed("era_1", ledger_index=3)
        tx.note_objects_destroyed("era_1")
        tx.note_keys_destroyed("era_1", ledger_index=4)
        tx.finish_erasure("era_1", receipt="done")
        tx.finish_erasure("era_1", receipt="again")
    with records.read() as tx:
        assert tx.unfinished_erasures() == []
        assert tx.erasures_of("per_1") == [ErasureRow("era_1", "per_1", "{}", "done", 1, 3, "done")]
