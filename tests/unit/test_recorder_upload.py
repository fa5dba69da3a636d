"""What is tried again, what is set aside, and what is never forgotten too early."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from aboveboard.base.errors import AboveboardError, BadInput, Conflict, NotFound, Refused, Tampered, Unavailable
from aboveboard.recorder.spool import Spool
from aboveboard.recorder.upload import LONGEST_WAIT_S, Uploader
from aboveboard.rules.decision import Reason
from samples.spooled import add


class Answers:
    """Stands where the client stands."""

    def __init__(self, declare: Callable[[], bytes], store: Callable[[], bytes]) -> None:
        self.declare, self.store = declare, store
        self.asked: list[str] = []

    def post(self, path: str, body: bytes) -> bytes:
        self.asked.append(f"POST {path}")
        return self.declare()

    def put(self, path: str, body: bytes) -> bytes:
        self.asked.append(f"PUT {path}")
        return self.store()


def raising(error: Exception) -> Callable[[], bytes]:
    def answer() -> bytes:
        raise error

    return answer


DECLARED, STORED = (lambda: b'{"state":"declared"}'), (lambda: b'{"state":"stored"}')


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool")


def upload(spool: Spool, declare: Callable[[], bytes], store: Callable[[], bytes]) -> tuple[Uploader, Answers]:
    answers = Answers(declare, store)
    uploader = Uploader(answers, spool, seed=1)  # type: ignore[arg-type]
    uploader.upload_all(threading.Event())
    return uploader, answers


def test_a_segment_is_declared_sent_and_only_then_forgotten(spool: Spool) -> None:
    manifest = add(spool)
    uploader, answers = upload(spool, DECLARED, STORED)
    assert answers.asked == ["POST /v1/segments", f"PUT /v1/segments/{manifest.segment_id}/sealed"]
    assert not list(spool.held())
    assert uploader.counts.uploaded == 1


def test_what_is_stored_already_is_not_sent_again(spool: Spool) -> None:
    add(spool)
    _, answers = upload(spool, STORED, raising(AssertionError()))
    assert answers.asked == ["POST /v1/segments"]
    assert not list(spool.held())


@pytest.mark.parametrize(
    "error",
    [
        Refused(Reason.SEGMENT_OUTSIDE_LEASE, "outside"),
        BadInput("bad"),
        Conflict("again"),
        NotFound("who?"),
        Tampered("changed"),
    ],
)
@pytest.mark.parametrize("step", ["declare", "store"])
def test_what_the_vault_will_never_take_is_set_aside_and_the_rest_goes_on(
    spool: Spool, error: AboveboardError, step: str
) -> None:
    first, _ = add(spool, sequence=0), add(spool, sequence=1)
    calls = iter([raising(error), STORED])

    def failing_once() -> bytes:
        return next(calls)()

    uploader, _ = upload(spool, *((failing_once, STORED) if step == "declare" else (DECLARED, failing_once)))
    assert list(spool.refusals()) == [first.segment_id]
    assert spool.refusals()[first.segment_id].code == error.code
    assert (uploader.counts.uploaded, uploader.counts.refused) == (1, 1)


@pytest.mark.parametrize(
    "answer",
    [
        raising(Unavailable("away")),
        raising(AboveboardError("a fault")),
        raising(Refused(Reason.LEASE_BUDGET_SPENT, "tomorrow")),
        raising(Refused(Reason.RULE_ERROR, "a fault")),
        raising(Refused("request:expired", "the clock is off")),
        lambda: b"<html>",
        lambda: b'{"state":"declared"}',
        lambda: b"",
        lambda: b"\xff",
    ],
)
def test_what_may_pass_is_kept_for_later(spool: Spool, answer: Callable[[], bytes]) -> None:
    add(spool)
    with pytest.raises(AboveboardError):
        upload(spool, DECLARED, answer)
    assert len(list(spool.held())) == 1
    assert not spool.refusals()


def test_what_touched_a_pause_is_deleted(spool: Spool) -> None:
    manifest = add(spool)
    upload(spool, raising(Refused(Reason.SEGMENT_DURING_PAUSE, "a pause")), STORED)
    assert not (spool.folder / "refused" / manifest.segment_id / "sealed.age").exists()
    assert spool.refusals()[manifest.segment_id].reason == "segment:during_pause"


def test_waits_double_are_spread_and_bounded(spool: Spool) -> None:
    uploader = Uploader(Answers(STORED, STORED), spool, seed=1)  # type: ignore[arg-type]
    waits = [uploader.wait_s(failures) for failures in range(1, 200)]
    assert all(0.5 * min(LONGEST_WAIT_S, 2.0 ** min(n, 16)) <= wait for n, wait in enumerate(waits))
    assert max(waits) <= LONGEST_WAIT_S
    assert len(set(waits)) == len(waits)
