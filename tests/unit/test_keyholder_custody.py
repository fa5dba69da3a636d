"""Whose key is made, which consent is believed, and what is left of a person after erasure?"""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from aboveboard.base.errors import AboveboardError, BadInput, Conflict, NotFound, Refused, Tampered, Unavailable
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import custody as custody_format
from aboveboard.formats import entry, key_statement
from aboveboard.formats.custody import ConsentFiling, KeyRequest
from aboveboard.formats.disclosure import Purpose
from aboveboard.formats.entry import KeysDestroyed, Released
from aboveboard.formats.envelope import decode_base64
from aboveboard.formats.release import ReleaseRequest
from aboveboard.keyholder import audit, custody, database, endings, openings, schema
from aboveboard.keyholder import release as steps
from aboveboard.keyholder.people import People
from aboveboard.ledger import checkpoint as checkpoints
from aboveboard.ledger import tree, verify
from aboveboard.rules.decision import Reason
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.signatures import SigningKey, open_signed
from aboveboard.viewer.openings import _all
from samples.keyholder_programme import HOUR_NS, Participant, Programme, ask, bytes_of
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


def asked_key(programme: Programme, key: SigningKey | None = None, person_id: str | None = None) -> KeyRequest:
    return KeyRequest(person_id=person_id or new_id(Kind.PERSON), person_key=(key or SigningKey.generate()).public)


def test_a_key_is_made_once_and_vouched_for(programme: Programme) -> None:
    asked = asked_key(programme)
    first = custody.create_key(programme.desk, programme.vault.public, asked)
    size = programme.desk.entries.size()
    assert custody.create_key(programme.desk, programme.vault.public, asked) == first
    assert programme.desk.entries.size() == size == 1
    payload = open_signed(first, key_statement.PAYLOAD_TYPE, programme.desk.public().statement_key)
    statement = key_statement.decode(payload)
    assert (statement.person_id, statement.person_key, statement.key_epoch) == (asked.person_id, asked.person_key, 0)
    wrapped = programme.desk.people.wrapped(asked.person_id, 0)
    assert wrapped is not None
    private = programme.desk.backend.unwrap(wrapped, person_id=asked.person_id, key_epoch=0)
    assert Identity(private).recipient == statement.recipient
    assert private not in bytes_of(programme.home.path)


def test_a_key_is_for_the_vault_to_ask(programme: Programme) -> None:
    with pytest.raises(Refused) as refused:
        custody.create_key(programme.desk, programme.steward.key.public, asked_key(programme))
    assert refused.value.reason == Reason.ROLE_MISSING


def test_a_person_keeps_the_key_they_were_enrolled_with(programme: Programme) -> None:
    ada = programme.enrol()
    with pytest.raises(Conflict):
        custody.create_key(programme.desk, programme.vault.public, asked_key(programme, person_id=ada.person_id))
    with pytest.raises(Conflict):
        custody.create_key(programme.desk, programme.vault.public, asked_key(programme, key=ada.key))
    # A refused one leaves no transaction open.
    programme.enrol()


def file(programme: Programme, filing: ConsentFiling) -> None:
    custody.file_consent(programme.desk, programme.vault.public, filing)


def test_a_consent_is_filed_once(programme: Programme) -> None:
    ada = programme.enrol(consenting=False)
    filing = programme.filing(ada, programme.disclose())
    file(programme, filing)
    file(programme, filing)
    person = programme.desk.people.find(ada.person_id)
    assert person is not None
    assert len(programme.desk.people.consents(person)) == 1
    other = programme.filing(
        ada, programme.disclose(), consent_id=filing_id(filing), given_at_ns=programme.clock.wall_ns() - 1
    )
    with pytest.raises(Conflict):
        file(programme, other)


def filing_id(filing: ConsentFiling) -> str:
    return str(json.loads(filing.receipt.body())["consent_id"])


def test_a_consent_that_the_person_did_not_sign_is_refused(programme: Programme) -> None:
    ada, bob = programme.enrol(consenting=False), programme.enrol(consenting=False)
    disclosed = programme.disclose()
    by_bob = programme.filing(bob, disclosed, person_id=ada.person_id)
    good = programme.filing(ada, disclosed)
    by_vault = programme.vault.sign(good.receipt.payload_type, good.receipt.body())
    for filing in (by_bob, msgspec.structs.replace(good, receipt=by_vault)):
        with pytest.raises(Tampered):
            file(programme, filing)
    other_key = programme.filing(ada, disclosed, person_key=bob.key.public)
    with pytest.raises(Tampered, match="another key"):
        file(programme, other_key)
    stranger = programme.filing(ada, disclosed, person_id=new_id(Kind.PERSON))
    with pytest.raises(NotFound):
        file(programme, stranger)


def test_a_disclosure_counts_only_if_a_known_steward_signed_it_and_it_pins_us(programme: Programme) -> None:
    ada = programme.enrol(consenting=False)
    good = programme.disclose()
    by_researcher = programme.researcher.key.sign(good.payload_type, good.body())
    elsewhere = programme.disclose(keyholder_key=SigningKey.generate().public)
    for disclosed in (by_researcher, elsewhere):
        with pytest.raises(Refused) as refused:
            file(programme, programme.filing(ada, disclosed))
        assert refused.value.reason == Reason.DISCLOSURE_UNKNOWN
    swapped = msgspec.structs.replace(programme.filing(ada, good), disclosure=programme.disclose(["study_interaction"]))
    with pytest.raises(Refused) as refused:
        file(programme, swapped)
    assert refused.value.reason == Reason.CONSENT_OTHER_DISCLOSURE
    with pytest.raises(Refused) as refused:
        file(programme, programme.filing(ada, good, given_at_ns=programme.clock.wall_ns() + HOUR_NS))
    assert refused.value.reason == Reason.CONSENT_FROM_THE_FUTURE
    with pytest.raises(Refused) as refused:
        custody.file_consent(programme.desk, programme.steward.key.public, programme.filing(ada, good))
    assert refused.value.reason == Reason.ROLE_MISSING


def test_a_person_sees_their_own_openings_with_proofs_and_nobody_else_s(programme: Programme) -> None:
    ada, bob = programme.enrol(), programme.enrol()
    granted = programme.granted([ada, bob])
    segments = [programme.segment(ada), programme.segment(bob), programme.segment(ada)]
    steps.release(programme.desk, programme.vault.public, ask(granted, segments))
    found = programme.openings_of(ada)
    log = programme.log
    checkpoint = verify.verify_checkpoint(found.checkpoint, log.origin, log.log_key, programme.witness_keys, 1)
    seen = []
    for each in found.entries:
        about = entry.decode(each.readable.encode())
        assert isinstance(about, Released)
        seen.append(about.segment_id)
        leaf = entry.leaf(bytes.fromhex(each.salt), each.readable.encode())
        verify.verify_inclusion(leaf, each.index, [decode_base64(part) for part in each.proof], checkpoint)
    assert seen == [segments[0].segment_id, segments[2].segment_id]
    for stranger in (programme.vault, programme.steward.key, SigningKey.generate()):
        with pytest.raises(Refused):
            openings.openings(programme.desk, stranger.public)


def test_erasure_leaves_no_key_and_nothing_readable_and_a_log_that_holds(programme: Programme) -> None:
    ada, bob = programme.enrol(), programme.enrol()
    granted = programme.granted([ada, bob])
    segments = [programme.segment(ada), programme.segment(bob)]
    answer = steps.release(programme.desk, programme.vault.public, ask(granted, segments))
    wrapped = programme.desk.people.wrapped(ada.person_id, 0)
    assert wrapped is not None
    before = bytes_of(programme.home.path)
    assert answer.keys[0].readable.encode() not in before
    [listed] = openings.openings(programme.desk, ada.key.public).sealed
    [key] = openings.openings(programme.desk, ada.key.public).keys
    gone = [wrapped, ada.person_id.encode(), decode_base64(listed.sealed), decode_base64(key.sealed)]
    gone.append((programme.home.path / "shares" / f"{ada.person_id}.0").read_bytes())
    assert all(each in before for each in gone)
    head = programme.desk.entries.head()

    done = endings.erase(programme.desk, programme.order(ada))

    left = bytes_of(programme.home.path)
    assert [each in left for each in gone] == [False] * len(gone)
    # The log keeps every leaf, and grew by the record of this.
    assert list(audit.audit(programme.desk.entries, programme.desk.log_key))
    assert tree.root(programme.desk.entries, head.size) == head.root
    assert programme.desk.entries.size() == head.size + 1 == done.ledger_index + 1
    [told] = programme.openings_of(ada).entries
    assert told.index == done.ledger_index
    assert isinstance(entry.decode(told.readable.encode()), KeysDestroyed)
    assert len(programme.openings_of(bob).entries) == 1
    # Others are untouched, and it is not undone by enrolling again.
    steps.release(programme.desk, programme.vault.public, ask(granted, segments[1:]))
    with pytest.raises(Refused) as refused:
        custody.create_key(
            programme.desk,
            programme.vault.public,
            KeyRequest(person_id=ada.person_id, person_key=ada.key.public),
        )
    assert refused.value.reason == Reason.CONSENT_ERASED
    programme.reopen()
    assert endings.erase(programme.desk, programme.order(ada)) == done


def test_an_erasure_needs_the_person(programme: Programme) -> None:
    ada, bob = programme.enrol(), programme.enrol()
    for key in (programme.vault, programme.steward.key, bob.key):
        with pytest.raises(Tampered):
            endings.erase(programme.desk, programme.order(ada, key=key))
    asked = ask(programme.granted([ada]), [programme.segment(ada)])
    assert len(steps.release(programme.desk, programme.vault.public, asked).keys) == 1


def test_while_another_program_reads_the_database_erasure_says_so_and_ends_the_key_anyway(
    programme: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = programme.enrol()
    asked = ask(programme.granted([ada]), [programme.segment(ada)])
    programme.desk.database.run("PRAGMA busy_timeout=50")
    reader = sqlite3.connect(programme.home.database_path)
    reader.execute("BEGIN")
    reader.execute("SELECT COUNT(*) FROM identities").fetchall()
    with pytest.raises(Unavailable):
        endings.erase(programme.desk, programme.order(ada))
    with pytest.raises(AboveboardError):
        steps.release(programme.desk, programme.vault.public, asked)
    assert not (programme.home.path / "shares" / f"{ada.person_id}.0").exists()
    reader.close()
    assert endings.erase(programme.desk, programme.order(ada)).ledger_index >= 0


def reasons(programme: Programme, asked: ReleaseRequest) -> Iterator[str]:
    """Why a release is refused; nothing if it is not."""
    try:
        steps.release(programme.desk, programme.vault.public, asked)
    except Refused as error:
        yield error.reason


def test_what_is_not_disclosed_any_more_is_no_purpose_any_more(programme: Programme) -> None:
    """Less applies at once, also to what was recorded before; and never more than was agreed to."""
    ada = programme.enrol(["train_agents", "evaluate_agents"])
    segment = programme.segment(ada)

    def allowed(purpose: Purpose) -> bool:
        asked = ask(programme.granted([ada], purpose=purpose), [segment])
        answers = [*reasons(programme, asked)]
        assert set(answers) <= {Reason.GRANT_WRONG_PURPOSE}
        return not answers

    assert allowed("evaluate_agents")
    for caller, signed, reason in (
        (SigningKey.generate().public, programme.disclose(), Reason.ROLE_MISSING),
        (
            programme.vault.public,
            programme.disclose(keyholder_key=SigningKey.generate().public),
            Reason.DISCLOSURE_UNKNOWN,
        ),
    ):
        with pytest.raises(Refused) as caught:
            custody.file_disclosure(programme.desk, caller, signed)
        assert caught.value.reason == reason
    custody.file_disclosure(
        programme.desk, programme.vault.public, programme.disclose(["train_agents", "study_interaction"])
    )
    assert allowed("train_agents")
    assert not allowed("evaluate_agents")
    assert not allowed("study_interaction"), "that was never agreed to"
    programme.reopen()
    assert not allowed("evaluate_agents"), "a restart changes nothing"


def test_a_keyholders_older_database_is_brought_up_to_date(tmp_path: Path) -> None:
    path, ada, bob = tmp_path / "keys.sqlite", new_id(Kind.PERSON), new_id(Kind.PERSON)
    connection = sqlite3.connect(path)
    connection.executescript(f"BEGIN; {schema.SCHEMA} PRAGMA user_version=1; COMMIT;")
    with connection:
        connection.execute("INSERT INTO people VALUES (?, 'a', 1, NULL, NULL, NULL)", (ada,))
        connection.execute("INSERT INTO people VALUES (?, 'b', 1, 2, 3, x'7b7d')", (bob,))
    connection.close()
    opened = database.Database(path)
    people = People(opened)
    assert people.newest_disclosures() == []
    assert people.destroyed_of([(ada, 0), (bob, 0), (bob, 1)]) == [(bob, 0)]
    with opened.writing():
        assert people.number_releases(ada, 2) == 1
    opened.close()


def test_a_long_list_of_openings_comes_in_pages_of_one_checkpoint(
    programme: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bob = programme.enrol(), programme.enrol()
    granted = programme.granted([ada, bob])
    for person in (ada, bob, ada):
        asked = ask(granted, [programme.segment(person) for _ in range(4)])
        steps.release(programme.desk, programme.vault.public, asked)
    whole = openings.openings(programme.desk, ada.key.public)
    assert (len(whole.sealed), whole.next) == (8, None)
    monkeypatch.setattr(openings, "PAGE", 3)
    first = openings.openings(programme.desk, ada.key.public)
    size = checkpoints.parse(first.checkpoint)[0].size
    steps.release(programme.desk, programme.vault.public, ask(granted, [programme.segment(ada)]))
    entries, following, pages = list(first.sealed), first.next, 1
    while following is not None:
        page = openings.openings(programme.desk, ada.key.public, start=following, size=size)
        entries, following, pages = entries + page.sealed, page.next, pages + 1
    assert pages == 3
    assert entries == whole.sealed  # what came meanwhile is not in between
    with pytest.raises(BadInput, match="published"):
        openings.openings(programme.desk, ada.key.public, size=size + 1000)


class Paged:
    """Answers in pages; ``next`` may be bent."""

    def __init__(self, programme: Programme, person: Participant, bend: int = 0) -> None:
        self.programme, self.person, self.bend = programme, person, bend

    def get(self, path: str) -> bytes:
        asked = {key: int(value[0]) for key, value in parse_qs(urlsplit(path).query).items()}
        found = openings.openings(self.programme.desk, self.person.key.public, **asked)  # type: ignore[arg-type]
        if self.bend and found.next is not None:
            found = msgspec.structs.replace(found, next=max(0, found.next + self.bend))
        return custody_format.encode(found)


def test_the_person_s_machine_asks_for_every_page(programme: Programme, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = programme.enrol()
    asked = ask(programme.granted([ada]), [programme.segment(ada) for _ in range(8)])
    steps.release(programme.desk, programme.vault.public, asked)
    whole = openings.openings(programme.desk, ada.key.public)
    monkeypatch.setattr(openings, "PAGE", 3)
    assert _all(Paged(programme, ada)) == whole
    for bend in (-3, 10**6):
        with pytest.raises(Tampered, match="circle"):
            _all(Paged(programme, ada, bend))
