"""What is open under a grant closes when it ends: streams, what was handed out, data sets; and nobody can prevent it.

Each is also tried with the protection taken away: then it stays open, so these tests can fail.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import AboveboardError, NotFound, Refused, Tampered, Unavailable
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import entry as entry_format
from aboveboard.formats import envelope, standing
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.grant import Grant
from aboveboard.formats.standing import Standing, StandingQuestion
from aboveboard.keyholder import endings, filing
from aboveboard.keyholder import release as steps
from aboveboard.keyholder import standing as keyholder_standing
from aboveboard.lab import flow, while_granted
from aboveboard.lab.dataset.read import Dataset
from aboveboard.lab.open import Opened, open_grant
from aboveboard.lab.while_granted import WhileGranted
from aboveboard.rules.decision import Reason
from aboveboard.sealing.signatures import SigningKey, open_signed
from samples.keyholder_programme import Programme, ask
from samples.lab_recording import segment
from samples.lab_world import LabWorld
from samples.witness_process import WitnessProcess, running_witness

PATIENCE_S = 20.0
"""For a busy machine; what is promised is a second, and asking twice within one is what keeps it."""


def world(segments: int = 3) -> tuple[LabWorld, str]:
    made = LabWorld()
    person, session_id = made.enrol(), new_id(Kind.SESSION)
    for sequence in range(segments):
        made.upload(person, session_id, sequence, segment(session_id, sequence, "words"))
    return made, made.grant()


def watched(made: LabWorld, grant_id: str) -> WhileGranted:
    return WhileGranted(made, grant_id, made.staff_key, made.trust, clock=made.clock)


def opening(made: LabWorld, grant_id: str, granted: WhileGranted) -> Iterator[Opened]:
    return open_grant(
        made,
        grant_id,
        made.identity,
        made.trust,
        requester_key=made.staff_key.public,
        granted=granted,
        clock=made.clock,
    )


def closes(use: Callable[[], object]) -> str:
    """Use it again and again until it is refused; the reason."""
    until_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < until_s:
        try:
            use()
        except Refused as error:
            return error.reason
        time.sleep(0.02)
    raise AssertionError("it stayed open")


Use = Callable[[LabWorld, str, WhileGranted, Path], Callable[[], object]]


def a_stream(made: LabWorld, grant_id: str, granted: WhileGranted, _: Path) -> Callable[[], object]:
    stream = opening(made, grant_id, granted)
    next(stream)
    waited: list[str] = []

    def use() -> object:
        # One more segment is opened only after the end, so that what refuses is the stream itself.
        if not waited:
            waited.append(closes(granted.check))
        return next(stream)

    return use


def a_handed_out_segment(made: LabWorld, grant_id: str, granted: WhileGranted, _: Path) -> Callable[[], object]:
    opened = next(opening(made, grant_id, granted))
    assert len(opened.items) > 1
    return lambda: opened.items[0]


def an_iteration_that_is_under_way(
    made: LabWorld, grant_id: str, granted: WhileGranted, _: Path
) -> Callable[[], object]:
    under_way = iter(next(opening(made, grant_id, granted)).items)
    next(under_way)
    waited: list[str] = []

    def use() -> object:
        if not waited:
            waited.append(closes(granted.check))
        return next(under_way)

    return use


def the_steps_of_a_data_set(made: LabWorld, grant_id: str, granted: WhileGranted, home: Path) -> Callable[[], object]:
    data = data_set(made, grant_id, granted, home)
    assert list(data.events())
    return lambda: list(data.events())


def a_row_of_a_data_set(made: LabWorld, grant_id: str, granted: WhileGranted, home: Path) -> Callable[[], object]:
    rows = data_set(made, grant_id, granted, home).events()
    next(rows)
    waited: list[str] = []

    def use() -> object:
        if not waited:
            waited.append(closes(granted.check))
        return next(rows)

    return use


def a_frame_of_a_data_set(made: LabWorld, grant_id: str, granted: WhileGranted, home: Path) -> Callable[[], object]:
    data = data_set(made, grant_id, granted, home)
    name = data.frame_names()[0]
    assert data.frame(name).size
    return lambda: data.frame(name)


def data_set(made: LabWorld, grant_id: str, granted: WhileGranted, home: Path) -> Dataset:
    derived = flow.derive(made, grant_id, made.identity, made.staff_key, home, made.trust, clock=made.clock)
    return Dataset.open(derived.path, made.identity, granted=granted)


USES: list[Use] = [
    a_stream,
    a_handed_out_segment,
    an_iteration_that_is_under_way,
    the_steps_of_a_data_set,
    a_row_of_a_data_set,
    a_frame_of_a_data_set,
]


@pytest.mark.parametrize("kind", USES, ids=lambda each: each.__name__)
def test_what_is_open_closes_when_the_grant_is_revoked(kind: Use, tmp_path: Path) -> None:
    made, grant_id = world()
    with watched(made, grant_id) as granted:
        use = kind(made, grant_id, granted, tmp_path)
        made.ended = Reason.GRANT_REVOKED
        assert closes(use) == Reason.GRANT_REVOKED


@pytest.mark.parametrize("kind", [a_handed_out_segment, the_steps_of_a_data_set, a_frame_of_a_data_set])
def test_without_watching_it_stays_open(kind: Use, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, grant_id = world()
    with watched(made, grant_id) as granted:
        use = kind(made, grant_id, granted, tmp_path)
        made.ended = Reason.GRANT_REVOKED
        monkeypatch.setattr(granted, "check", lambda: None)
        monkeypatch.setattr(granted, "_end", lambda _: None)
        asked = made.standing_asked
        until_s = time.monotonic() + PATIENCE_S
        while made.standing_asked < asked + 2 and time.monotonic() < until_s:
            time.sleep(0.02)
        assert use() is not None


def test_it_is_asked_often_enough_for_a_second() -> None:
    assert while_granted.ASK_EVERY_S <= 0.5
    assert while_granted.GOOD_FOR_S <= 5


def test_what_is_closed_is_gone_from_memory_and_stays_closed() -> None:
    made, grant_id = world()
    with watched(made, grant_id) as granted:
        kept = granted.keep(["a secret"])
        made.ended = Reason.GRANT_EXPIRED
        assert closes(lambda: kept[0]) == Reason.GRANT_EXPIRED
        assert kept._items == []
        made.ended = Reason.OK
        for _ in range(3):
            granted._ask()
        assert closes(lambda: len(kept)) == Reason.GRANT_EXPIRED


def test_nothing_is_derived_when_it_ends_midway(tmp_path: Path) -> None:
    made, grant_id = world()

    def end(done: int, _: int) -> None:
        if done == 1:
            made.ended = Reason.GRANT_REVOKED
            asked, until_s = made.standing_asked, time.monotonic() + PATIENCE_S
            while made.standing_asked < asked + 2 and time.monotonic() < until_s:
                if not any(thread.name == "while-granted" for thread in threading.enumerate()):
                    break
                time.sleep(0.02)

    with pytest.raises(Refused) as refused:
        flow.derive(made, grant_id, made.identity, made.staff_key, tmp_path, made.trust, end, clock=made.clock)
    assert refused.value.reason == Reason.GRANT_REVOKED
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert made.artefacts == {}


@contextmanager
def answering(made: LabWorld, answer: Callable[[bytes], bytes]) -> Iterator[None]:
    made.stands = answer  # type: ignore[method-assign]
    yield
    del made.stands


def silent(made: LabWorld) -> Callable[[bytes], bytes]:
    def answer(_: bytes) -> bytes:
        raise Unavailable("the keyholder does not answer", cause="a test says so", fix="none")

    return answer


def signed_by_the_vault(made: LabWorld) -> Callable[[bytes], bytes]:
    def answer(body: bytes) -> bytes:
        true = envelope.decode(LabWorld.stands(made, body)).body()
        return envelope.encode(SigningKey.generate().sign(standing.ANSWER_TYPE, true))

    return answer


def replayed(made: LabWorld) -> Callable[[bytes], bytes]:
    question = StandingQuestion(grant_id=made_grant(made), nonce="0" * 32, at_ns=1)
    old = LabWorld.stands(made, envelope.encode(made.staff_key.sign(standing.QUESTION_TYPE, standing.encode(question))))
    return lambda _: old


def about_another_grant(made: LabWorld) -> Callable[[bytes], bytes]:
    def answer(body: bytes) -> bytes:
        data = json.loads(envelope.decode(LabWorld.stands(made, body)).body())
        data["grant_id"] = new_id(Kind.GRANT)
        return envelope.encode(made.log_key.sign(standing.ANSWER_TYPE, json.dumps(data).encode()))

    return answer


def as_another_document(made: LabWorld) -> Callable[[bytes], bytes]:
    def answer(body: bytes) -> bytes:
        true = envelope.decode(LabWorld.stands(made, body)).body()
        return envelope.encode(made.log_key.sign(standing.QUESTION_TYPE, true))

    return answer


def nonsense(_: LabWorld) -> Callable[[bytes], bytes]:
    return lambda _: b'{"reason": "ok"}'


def made_grant(made: LabWorld) -> str:
    assert made.request is not None
    return made.request.request_id.replace("req_", "gra_")


@pytest.mark.parametrize(
    "lie",
    [silent, signed_by_the_vault, replayed, about_another_grant, as_another_document, nonsense],
    ids=lambda each: each.__name__,
)
def test_who_stands_in_between_can_only_close_it(
    lie: Callable[[LabWorld], Callable[[bytes], bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(while_granted, "GOOD_FOR_S", 0.8)
    monkeypatch.setattr(while_granted, "ASK_EVERY_S", 0.1)
    made, grant_id = world(1)
    with answering(made, lie(made)), pytest.raises(AboveboardError), watched(made, grant_id):
        pass
    with watched(made, grant_id) as granted:
        kept = granted.keep([1])
        with answering(made, lie(made)):
            assert closes(lambda: kept[0]) == Reason.GRANT_UNCERTAIN


def test_it_closes_by_itself_when_its_time_is_over() -> None:
    made, grant_id = world(1)
    assert made.request is not None
    made.clock.advance(made.request.duration_ns - SECOND_NS)
    with watched(made, grant_id) as granted:
        kept = granted.keep([1])
        assert kept[0] == 1
        # The answers go on saying that it holds, and for another second.
        assert closes(lambda: kept[0]) == Reason.GRANT_EXPIRED


def test_a_data_set_of_another_grant_is_not_what_is_watched(tmp_path: Path) -> None:
    made, grant_id = world(1)
    derived = flow.derive(made, grant_id, made.identity, made.staff_key, tmp_path, made.trust, clock=made.clock)
    with watched(made, made.grant()) as granted, pytest.raises(Tampered, match="another grant"):
        Dataset.open(derived.path, made.identity, granted=granted)


# The keyholder's side.


@pytest.fixture(scope="module")
def witness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WitnessProcess]:
    with running_witness(tmp_path_factory.mktemp("witness")) as process:
        yield process


@pytest.fixture
def programme(tmp_path: Path, witness: WitnessProcess) -> Iterator[Programme]:
    made = Programme(tmp_path, [witness])
    yield made
    made.close()


def question(programme: Programme, grant: Grant, key: SigningKey | None = None) -> Envelope:
    asked = StandingQuestion(grant_id=grant.grant_id, nonce="5" * 32, at_ns=programme.clock.wall_ns())
    return (key or programme.researcher.key).sign(standing.QUESTION_TYPE, standing.encode(asked))


def standing_of(programme: Programme, grant: Grant) -> Standing:
    signed = keyholder_standing.answer(programme.desk, question(programme, grant))
    return standing.decode_answer(open_signed(signed, standing.ANSWER_TYPE, programme.desk.log_key.public))


def told(programme: Programme) -> list[entry_format.Entry]:
    return programme.read(entry_format.HolderTold)


def test_who_holds_keys_is_told_and_the_ledger_says_so_once(programme: Programme) -> None:
    ada = programme.enrol()
    grant = programme.granted([ada])
    steps.release(programme.desk, programme.vault.public, ask(grant, [programme.segment(ada), programme.segment(ada)]))
    assert standing_of(programme, grant).reason == "ok"
    assert told(programme) == []
    endings.revoke(programme.desk, programme.revocation(grant.grant_id, programme.steward))
    for _ in range(2):
        assert standing_of(programme, grant).reason == Reason.GRANT_REVOKED
    [entry] = told(programme)
    assert isinstance(entry, entry_format.HolderTold)
    assert (entry.grant_id, entry.keys, entry.reason) == (grant.grant_id, 2, Reason.GRANT_REVOKED)
    assert entry.requester == programme.researcher.staff.staff_id


def test_who_opened_nothing_holds_nothing(programme: Programme) -> None:
    grant = programme.granted([programme.enrol()])
    with pytest.raises(NotFound):
        standing_of(programme, grant)
    filing.file_grant(programme.desk, grant)
    endings.revoke(programme.desk, programme.revocation(grant.grant_id, programme.steward))
    assert standing_of(programme, grant).reason == Reason.GRANT_REVOKED
    assert told(programme) == []


def test_only_the_requester_is_told(programme: Programme) -> None:
    grant = programme.granted([programme.enrol()])
    filing.file_grant(programme.desk, grant)
    for key in (programme.other_researcher.key, programme.security.key, programme.vault):
        with pytest.raises(Refused) as refused:
            keyholder_standing.answer(programme.desk, question(programme, grant, key))
        assert refused.value.reason == Reason.GRANT_SIGNATURE


def test_it_ends_when_somebody_who_signed_it_leaves(programme: Programme) -> None:
    ada = programme.enrol()
    grant = programme.granted([ada])
    steps.release(programme.desk, programme.vault.public, ask(grant, [programme.segment(ada)]))
    programme.write_roster([each for each in programme.members if each is not programme.security])
    assert standing_of(programme, grant).reason == Reason.GRANT_UNKNOWN_STAFF
    programme.write_roster(programme.members)
    assert standing_of(programme, grant).reason == Reason.GRANT_REVOKED
