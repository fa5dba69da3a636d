"""When does a person get a newer key, what may be sealed to the older one, and how does one epoch end alone?"""

import hashlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from aboveboard.base.errors import BadInput, Conflict, NotFound, Refused, Tampered, Unavailable
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import age_header, entry, key_statement
from aboveboard.formats.custody import KeyRequest
from aboveboard.formats.entry import EpochDestroyed, KeyCreated, Rekeyed, Released
from aboveboard.formats.envelope import decode_base64, encode_base64
from aboveboard.formats.key_statement import KeyStatement
from aboveboard.formats.rekey import RekeyItem, RekeyRequest
from aboveboard.formats.release import ReleaseRequest
from aboveboard.formats.rotation import Rotation
from aboveboard.keyholder import custody, endings, epochs
from aboveboard.keyholder import release as steps
from aboveboard.keyholder.rekey import rekey
from aboveboard.rules import key_epoch
from aboveboard.rules.decision import Reason
from aboveboard.sealing.file_key import MOVED
from aboveboard.sealing.keys import Identity
from samples.keyholder_programme import DAY_NS, HOUR_NS, Participant, Programme, Segment, bytes_of, item
from samples.segments import plain_of, plain_with
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


def key_of(programme: Programme, person: Participant, **asked: object) -> KeyStatement:
    """The person's newest statement, asked for by the vault."""
    request = KeyRequest(**{"person_id": person.person_id, "person_key": person.key.public, **asked})  # type: ignore[arg-type]
    return key_statement.decode(custody.create_key(programme.desk, programme.vault.public, request).body())


def newer(programme: Programme, person: Participant) -> Participant:
    """The person, whose newest key is one that is made now."""
    return Participant(person.person_id, person.key, person.identity, key_of(programme, person, renew=True).recipient)


def moving(person: Participant, segments: list[Segment], key_epoch: int) -> RekeyRequest:
    items = [
        RekeyItem(segment_id=each.segment_id, key_epoch=key_epoch, header=encode_base64(each.header))
        for each in segments
    ]
    return RekeyRequest(person_id=person.person_id, items=items)


def moved(programme: Programme, person: Participant, segment: Segment) -> Segment:
    """The segment as the vault has it once its key was moved from epoch 0."""
    answer = rekey(programme.desk, programme.vault.public, moving(person, [segment], 0))
    header = decode_base64(answer.headers[0].header)
    return Segment(segment.segment_id, segment.person_id, segment.plain, age_header.swap(segment.sealed, header))


def released(programme: Programme, person: Participant, segment: Segment, epoch: int) -> tuple[bytes, Released]:
    """What the researcher opens, and what the ledger says of it."""
    asked = ReleaseRequest(grant=programme.granted([person]), items=[item(segment, key_epoch=epoch)])
    [key] = steps.release(programme.desk, programme.vault.public, asked).keys
    said = entry.decode(key.readable.encode())
    assert isinstance(said, Released)
    return plain_with(segment.sealed, key.sealed, programme.researcher_identity), said


def entries_of(programme: Programme, kind: type[entry.Entry]) -> list[entry.Entry]:
    return programme.read(kind)


def test_a_newer_key_is_made_when_it_is_due_or_asked_for_and_once(programme: Programme) -> None:
    ada = programme.enrol()
    first = key_of(programme, ada)
    assert (first.key_epoch, first.renew_at_ns - first.created_at_ns) == (0, 7 * DAY_NS)
    programme.clock.wall += 7 * DAY_NS - 1
    assert key_of(programme, ada) == first
    programme.clock.wall += 1
    second = key_of(programme, ada, known_epoch=0)
    assert (second.key_epoch, second.person_key) == (1, ada.key.public)
    assert second.recipient != first.recipient
    third = key_of(programme, ada, known_epoch=1, renew=True)
    assert third.key_epoch == 2
    # The same question again, its answer lost on the way, makes no other.
    assert key_of(programme, ada, known_epoch=1, renew=True) == third
    made = entries_of(programme, KeyCreated)
    assert [each.key_epoch for each in made if each.person_id == ada.person_id] == [0, 1, 2]  # type: ignore[union-attr]


def test_how_long_an_epoch_lasts_is_set_and_never_is_one_answer(programme: Programme) -> None:
    ada = programme.enrol()
    config = programme.home.path / "config.json"
    config.write_bytes(b'{"epoch_days": 0}')
    programme.clock.wall += 400 * DAY_NS
    assert key_of(programme, ada).key_epoch == 0
    config.write_bytes(b'{"epoch_days": 1}')
    assert key_of(programme, ada).key_epoch == 1
    assert epochs.rotate(programme.desk, [ada.person_id, new_id(Kind.PERSON)]) == [ada.person_id]
    assert key_of(programme, ada).key_epoch == 2


def test_each_epoch_opens_its_own_segments(programme: Programme) -> None:
    ada = programme.enrol()
    old = programme.segment(ada, b"of the first epoch")
    ada = newer(programme, ada)
    new = programme.segment(ada, b"of the second epoch")
    assert released(programme, ada, old, 0)[0] == b"of the first epoch"
    assert released(programme, ada, new, 1)[0] == b"of the second epoch"
    with pytest.raises(BadInput, match="not sealed to"):
        released(programme, ada, old, 1)


def test_a_moved_segment_outlives_its_epoch_and_the_others_do_not(programme: Programme) -> None:
    ada = programme.enrol()
    stays, goes = programme.segment(ada, b"stays"), programme.segment(ada, b"goes")
    newer(programme, ada)
    kept = moved(programme, ada, stays)
    done = epochs.destroy(programme.desk, ada.person_id, [0], erasure_id=new_id(Kind.ERASURE), why="person")
    opened, said = released(programme, ada, kept, 1)
    assert opened == b"stays"
    # The entry is about the file as it was sealed: whoever opens it compares that with what lies in the vault.
    assert said.header_sha256 == released_hash(stays)
    for epoch in (0, 1):
        with pytest.raises((NotFound, BadInput)):
            released(programme, ada, goes, epoch)
    with pytest.raises(NotFound):
        released(programme, ada, stays, 0)
    # The person's own key opens all of it, before and after.
    for each in (stays, goes, kept):
        assert plain_of(each.sealed, ada.identity) == each.plain
    [destroyed] = entries_of(programme, EpochDestroyed)
    assert (destroyed.person_id, destroyed.key_epoch) == (ada.person_id, 0)  # type: ignore[union-attr]
    assert list(done) == [0]
    [moving_entry] = entries_of(programme, Rekeyed)
    assert (moving_entry.segment_ids, moving_entry.header_sha256) == (  # type: ignore[union-attr]
        [stays.segment_id],
        [released_hash(stays)],
    )


def released_hash(segment: Segment) -> str:
    return hashlib.sha256(segment.header).hexdigest()


def test_moving_gives_nobody_anything(programme: Programme) -> None:
    ada, bob = programme.enrol(), programme.enrol()
    segment = programme.segment(ada)
    newer(programme, ada), newer(programme, bob)
    kept = moved(programme, ada, segment)
    assert plain_of(kept.sealed, ada.identity) == segment.plain
    with pytest.raises(BadInput):
        plain_of(kept.sealed, programme.researcher_identity)
    kinds = [each.arguments[0] for each in age_header.parse(kept.header).stanzas]
    assert [kind for kind in kinds if not kind.endswith("-grease")] == ["X25519", MOVED]
    # Another person's header, another epoch, a bent one, and anybody but the vault: nothing is moved, nothing entered.
    before = programme.desk.entries.size()
    at = segment.header.index(b"--- ") + 4
    other = b"A" if segment.header[at : at + 1] != b"A" else b"B"
    bent_header = encode_base64(segment.header[:at] + other + segment.header[at + 1 :])
    bent = RekeyItem(segment_id=segment.segment_id, key_epoch=0, header=bent_header)
    for asked, error in (
        (moving(bob, [segment], 0), BadInput),
        (moving(ada, [segment], 1), BadInput),
        (moving(ada, [segment], 9), BadInput),
        (RekeyRequest(person_id=ada.person_id, items=[bent]), Tampered),
        (moving(ada, [segment, programme.segment(bob)], 0), BadInput),
    ):
        with pytest.raises(error):
            rekey(programme.desk, programme.vault.public, asked)
    with pytest.raises(Refused):
        rekey(programme.desk, programme.researcher.key.public, moving(ada, [segment], 0))
    assert programme.desk.entries.size() == before


def test_what_is_sealed_to_just_now_is_not_destroyed(programme: Programme) -> None:
    ada = programme.enrol()
    with pytest.raises(Conflict, match="newest"):
        epochs.destroy(programme.desk, ada.person_id, [0], erasure_id=None, why="retention")
    assert released(programme, ada, programme.segment(ada), 0)[0] == b"what was recorded"


def test_a_destroyed_epoch_is_in_none_of_the_files_and_destroying_again_changes_nothing(programme: Programme) -> None:
    ada = programme.enrol()
    wrapped = programme.desk.people.wrapped(ada.person_id, 0)
    assert wrapped is not None
    share = programme.home.path / "shares" / f"{ada.person_id}.0"
    secret = share.read_bytes()
    newer(programme, ada)
    first = epochs.destroy(programme.desk, ada.person_id, [0], erasure_id=None, why="retention")
    size = programme.desk.entries.size()
    assert epochs.destroy(programme.desk, ada.person_id, [0], erasure_id=None, why="retention") == first
    assert programme.desk.entries.size() == size
    everything = bytes_of(programme.home.path)
    assert secret not in everything
    assert wrapped not in everything
    with pytest.raises(Tampered):
        programme.desk.backend.unwrap(wrapped, person_id=ada.person_id, key_epoch=0)


def test_a_crash_between_the_record_and_the_deed_is_made_good_at_the_start(
    programme: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = programme.enrol()
    newer(programme, ada)

    def lost(*_: object, **__: object) -> None:
        raise OSError("power loss")

    with monkeypatch.context() as patch:
        patch.setattr(programme.desk.backend, "destroy", lost)
        with pytest.raises(OSError, match="power loss"):
            epochs.destroy(programme.desk, ada.person_id, [0], erasure_id=None, why="retention")
    share = programme.home.path / "shares" / f"{ada.person_id}.0"
    assert share.exists()
    programme.reopen()
    assert not share.exists()
    assert programme.desk.people.epochs(ada.person_id) == [1]


def test_erasing_a_person_ends_every_epoch_of_theirs_alone(programme: Programme) -> None:
    ada, bob = programme.enrol(), programme.enrol()
    newer(programme, ada)
    endings.erase(programme.desk, programme.order(ada))
    assert [each for each in programme.desk.backend.held() if each[0] == ada.person_id] == []
    assert released(programme, bob, programme.segment(bob), 0)[0] == b"what was recorded"
    with pytest.raises(Refused) as refused:
        newer(programme, ada)
    assert refused.value.reason == Reason.CONSENT_ERASED
    with pytest.raises(Refused):
        rekey(programme.desk, programme.vault.public, moving(ada, [programme.segment(ada)], 0))


def test_a_vault_that_knows_a_newer_key_shows_that_the_keyholder_was_set_back(programme: Programme) -> None:
    ada = programme.enrol()
    with pytest.raises(Conflict, match="old backup"):
        key_of(programme, ada, known_epoch=1)


def test_nobody_makes_keys_without_end(programme: Programme, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(epochs, "EPOCHS_LIMIT", 3)
    ada = programme.enrol()
    newer(programme, ada), newer(programme, ada)
    with pytest.raises(Conflict, match="3 keys already"):
        newer(programme, ada)


@pytest.mark.parametrize(("after_ns", "least"), [(0, 1), (HOUR_NS - 1, 1), (HOUR_NS, 2), (400 * DAY_NS, 2)])
def test_the_epoch_before_counts_for_an_hour_more(after_ns: int, least: int) -> None:
    statement = KeyStatement(
        person_id=new_id(Kind.PERSON),
        person_key="ed25519:" + "A" * 43,
        key_epoch=2,
        recipient=Identity.generate().recipient,
        created_at_ns=10**18,
    )
    assert key_epoch.least(statement, now_ns=10**18 + after_ns) == least
    assert key_epoch.least(msgspec.structs.replace(statement, key_epoch=0), now_ns=10**18 + after_ns) == 0


def test_everyone_gets_a_newer_key_once_and_only_at_the_operator_s_word(
    programme: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(custody, "AT_ONCE", 2)
    people = [programme.enrol() for _ in range(3)]
    programme.clock.wall += 1
    asked, operator = Rotation(older_than_ns=programme.clock.wall_ns()), programme.desk.statement_key.public
    for key in (programme.vault, programme.steward.key, people[0].key):
        with pytest.raises(Refused) as refused:
            custody.rotate(programme.desk, key.public, asked)
        assert refused.value.reason == Reason.ROLE_MISSING
    answers = [custody.rotate(programme.desk, operator, asked) for _ in range(3)]
    assert [(each.made, each.left) for each in answers] == [(2, 1), (1, 0), (0, 0)]
    assert {key_of(programme, each).key_epoch for each in people} == {1}
    programme.clock.wall += 1
    alone = Rotation(older_than_ns=programme.clock.wall_ns(), person_id=people[1].person_id)
    assert custody.rotate(programme.desk, operator, alone).made == 1
    assert [key_of(programme, each).key_epoch for each in people] == [1, 2, 1]


def held_up(
    programme: Programme,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
    waits: Callable[[], object],
    goes: Callable[[], object],
) -> "Future[object]":
    """``waits`` hangs in the store's ``what`` while ``goes`` comes to its end; then the store answers."""
    inside, answer = threading.Event(), threading.Event()
    really = getattr(programme.desk.backend, what)

    def slow(*arguments: object, **words: object) -> object:
        if threading.current_thread() is not threading.main_thread() and not inside.is_set():
            inside.set()
            assert answer.wait(60)
        return really(*arguments, **words)

    monkeypatch.setattr(programme.desk.backend, what, slow)
    with ThreadPoolExecutor(2) as pool:
        waiting = pool.submit(waits)
        try:
            assert inside.wait(60)
            pool.submit(goes).result(timeout=60)
        finally:
            answer.set()
        waiting.exception(timeout=60)
    return waiting


def test_a_store_that_takes_its_time_holds_up_no_revocation(
    programme: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = programme.enrol()
    granted = programme.granted([ada])
    asked = ReleaseRequest(grant=granted, items=[item(programme.segment(ada))])
    revocation = programme.revocation(granted.grant_id, programme.steward)
    release = held_up(
        programme,
        monkeypatch,
        "unwrap",
        lambda: steps.release(programme.desk, programme.vault.public, asked),
        lambda: endings.revoke(programme.desk, revocation),
    )
    # The key was unwrapped by then, and did not leave.
    error = release.exception()
    assert isinstance(error, Refused)
    assert error.reason == Reason.GRANT_REVOKED


def test_who_was_faster_has_made_the_key(programme: Programme, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = programme.enrol()
    slower = held_up(
        programme,
        monkeypatch,
        "wrap",
        lambda: key_of(programme, ada, known_epoch=0, renew=True),
        lambda: key_of(programme, ada, known_epoch=0, renew=True),
    )
    found = slower.result()
    assert found == key_of(programme, ada)
    assert programme.desk.people.epochs(ada.person_id) == [0, 1]
    segment = programme.segment(newer_of(ada, found))
    assert released(programme, ada, segment, 1)[0] == segment.plain


def newer_of(person: Participant, statement: object) -> Participant:
    assert isinstance(statement, KeyStatement)
    return Participant(person.person_id, person.key, person.identity, statement.recipient)


def test_nothing_is_moved_to_a_key_that_is_the_newest_no_more(
    programme: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = programme.enrol()
    asked = moving(ada, [programme.segment(ada)], 0)
    newer(programme, ada)
    late = held_up(
        programme,
        monkeypatch,
        "unwrap",
        lambda: rekey(programme.desk, programme.vault.public, asked),
        lambda: newer(programme, ada),
    )
    assert isinstance(late.exception(), Unavailable)
    assert rekey(programme.desk, programme.vault.public, asked).key_epoch == 2
