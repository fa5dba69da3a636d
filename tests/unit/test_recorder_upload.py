"""What goes together, what is tried again, what is set aside, and what is never forgotten too early."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aboveboard.base.errors import AboveboardError, BadInput, Conflict, NotFound, Refused, Tampered, Unavailable
from aboveboard.recorder import upload as uploading
from aboveboard.recorder.spool import Spool
from aboveboard.recorder.upload import FIRST_AT_ONCE, LONGEST_WAIT_S, Uploader
from aboveboard.rules.decision import Reason
from aboveboard.wire.outcome import SEGMENTS_LIMIT, State
from samples.spooled import add
from samples.taking_vault import TakingVault, manifests_in, refusing


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool")


def upload(spool: Spool, vault: Any) -> Uploader:
    uploader = Uploader(vault, spool, seed=1)
    uploader.upload_all(threading.Event())
    return uploader


def first_only(refuse: Callable[..., State], otherwise: State) -> Callable[..., State]:
    """Refuses the first segment of the session."""
    return lambda manifest, *_: refuse() if manifest.sequence == 0 else otherwise


FINAL = [
    Refused(Reason.SEGMENT_OUTSIDE_LEASE, "outside"),
    BadInput("bad"),
    Conflict("again"),
    NotFound("who?"),
    Tampered("changed"),
]


def test_segments_are_declared_and_sent_together_and_only_then_forgotten(spool: Spool) -> None:
    for sequence in range(3):
        add(spool, b"%d" % sequence, sequence=sequence)
    vault = TakingVault()
    uploader = upload(spool, vault)
    assert vault.asked == [("POST", [0, 1, 2]), ("PUT", [0, 1, 2])]
    assert vault.got == [b"0", b"1", b"2"]
    assert not list(spool.held())
    assert (uploader.counts.uploaded, uploader.counts.uploaded_bytes) == (3, 3)


def test_what_is_stored_already_is_not_sent_again(spool: Spool) -> None:
    for sequence in range(2):
        add(spool, b"%d" % sequence, sequence=sequence)
    vault = TakingVault(declaring=lambda each: "stored" if each.sequence == 0 else "declared")
    upload(spool, vault)
    assert vault.asked == [("POST", [0, 1]), ("PUT", [1])]
    assert not list(spool.held())


def test_a_request_grows_with_what_goes_well_up_to_its_limits(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploading, "BYTES_AT_ONCE", 1000)
    for sequence in range(150):
        add(spool, bytes(600 if sequence in {3, 4} else 1), sequence=sequence)
    vault = TakingVault()
    upload(spool, vault)
    together = [len(numbers) for method, numbers in vault.asked if method == "POST"]
    assert together == [4, FIRST_AT_ONCE * 2, FIRST_AT_ONCE * 4, SEGMENTS_LIMIT, 34], "two are large"
    assert [number for method, numbers in vault.asked if method == "PUT" for number in numbers] == list(range(150))


def test_a_segment_larger_than_a_request_goes_alone(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploading, "BYTES_AT_ONCE", 100)
    monkeypatch.setattr(uploading, "MANIFESTS_BYTES", 10)
    for sequence in range(2):
        add(spool, bytes(200), sequence=sequence)
    vault = TakingVault()
    upload(spool, vault)
    assert [numbers for method, numbers in vault.asked if method == "POST"] == [[0], [1]]


def test_after_a_failure_the_next_goes_alone(spool: Spool) -> None:
    for sequence in range(5):
        add(spool, b"%d" % sequence, sequence=sequence)
    vault = TakingVault()
    put, away = vault.put, [True]

    def cut_off(path: str, body: bytes) -> bytes:
        if away[0]:
            raise Unavailable("the network is too slow for so much")
        return put(path, body)

    vault.put = cut_off  # type: ignore[method-assign]
    uploader = Uploader(vault, spool, seed=1)  # type: ignore[arg-type]
    with pytest.raises(Unavailable):
        uploader.upload_all(threading.Event())
    away[0] = False
    uploader.upload_all(threading.Event())
    assert [numbers for _, numbers in vault.asked] == [[0, 1, 2, 3, 4], [0], [0], [1, 2], [1, 2], [3, 4], [3, 4]]
    assert not list(spool.held())


@pytest.mark.parametrize("error", FINAL)
@pytest.mark.parametrize("step", ["declare", "store"])
def test_what_the_vault_will_never_take_is_set_aside_and_the_rest_goes_on(
    spool: Spool, error: AboveboardError, step: str
) -> None:
    first, _ = add(spool, sequence=0), add(spool, b"other", sequence=1)
    refuse = refusing(error)
    vault = (
        TakingVault(declaring=first_only(refuse, "declared"))
        if step == "declare"
        else TakingVault(storing=first_only(refuse, "stored"))
    )
    uploader = upload(spool, vault)
    assert list(spool.refusals()) == [first.segment_id]
    assert spool.refusals()[first.segment_id].code == error.code
    assert (uploader.counts.uploaded, uploader.counts.refused) == (1, 1)
    assert vault.got == [b"other"]


@pytest.mark.parametrize("error", FINAL)
@pytest.mark.parametrize("method", ["post", "put"])
def test_a_request_that_is_refused_as_a_whole_harms_only_the_one_that_it_is_about(
    spool: Spool, error: AboveboardError, method: str
) -> None:
    bad, _ = add(spool, b"bad", sequence=0), add(spool, b"good", sequence=1)
    vault = TakingVault()
    honest = getattr(vault, method)

    def refusing_all(path: str, body: bytes) -> bytes:
        if bad.segment_id in path or (method == "post" and bad in manifests_in(body)):
            raise error
        return bytes(honest(path, body))

    setattr(vault, method, refusing_all)
    uploader = upload(spool, vault)
    assert list(spool.refusals()) == [bad.segment_id]
    assert vault.got == [b"good"]
    assert (uploader.counts.uploaded, uploader.counts.refused) == (1, 1)


PASSING = [
    Unavailable("away"),
    AboveboardError("a fault"),
    Refused(Reason.LEASE_BUDGET_SPENT, "tomorrow"),
    Refused(Reason.RULE_ERROR, "a fault"),
]


@pytest.mark.parametrize("error", PASSING)
@pytest.mark.parametrize("step", ["declare", "store"])
def test_what_may_pass_is_kept_for_later_and_holds_up_nobody_beside_it(
    spool: Spool, error: AboveboardError, step: str
) -> None:
    later, _ = add(spool, sequence=0), add(spool, b"other", sequence=1)
    refuse = refusing(error)
    vault = (
        TakingVault(declaring=first_only(refuse, "declared"))
        if step == "declare"
        else TakingVault(storing=first_only(refuse, "stored"))
    )
    with pytest.raises(type(error)):
        upload(spool, vault)
    assert [held.manifest for held in spool.held()] == [later]
    assert vault.got == [b"other"]
    assert not spool.refusals()


@pytest.mark.parametrize(
    "answer",
    [
        Unavailable("away"),
        AboveboardError("a fault"),
        Refused("request:expired", "the clock is off"),
        b"<html>",
        b'[{"state":"declared"},{"state":"declared"}]',
        b'[{"state":"stored"}]',
        b'[{"state":"stored"},{"state":"stored"},{"state":"stored"}]',
        b'[{"state":"refused"},{"state":"refused"}]',
        b'[{"state":"stored","more":1},{"state":"stored"}]',
        b"[]",
        b"",
        b"\xff",
    ],
)
def test_whatever_is_answered_nothing_is_forgotten_that_is_not_called_stored(
    spool: Spool, answer: AboveboardError | bytes
) -> None:
    for sequence in range(2):
        add(spool, b"%d" % sequence, sequence=sequence)
    vault = TakingVault()

    def answering(*_: object) -> bytes:
        if isinstance(answer, AboveboardError):
            raise answer
        return answer

    vault.put = answering  # type: ignore[method-assign]
    with pytest.raises(AboveboardError):
        upload(spool, vault)
    assert len(list(spool.held())) == 2
    assert not spool.refusals()


def test_what_touched_a_pause_is_deleted(spool: Spool) -> None:
    manifest = add(spool)
    upload(spool, TakingVault(declaring=refusing(Refused(Reason.SEGMENT_DURING_PAUSE, "a pause"))))
    assert not (spool.folder / "refused" / manifest.segment_id / "sealed.age").exists()
    assert spool.refusals()[manifest.segment_id].reason == "segment:during_pause"


def test_one_that_the_disk_has_damaged_is_set_aside_and_its_neighbours_go(spool: Spool) -> None:
    damaged, _ = add(spool, b"first", sequence=0), add(spool, b"second", sequence=1)
    (spool.folder / damaged.segment_id / "sealed.age").write_bytes(b"FIRST")
    vault = TakingVault()
    upload(spool, vault)
    assert vault.got == [b"second"]
    assert list(spool.refusals()) == [damaged.segment_id]


def test_waits_double_are_spread_and_bounded(spool: Spool) -> None:
    uploader = Uploader(TakingVault(), spool, seed=1)  # type: ignore[arg-type]
    waits = [uploader.wait_s(failures) for failures in range(1, 200)]
    assert all(0.5 * min(LONGEST_WAIT_S, 2.0 ** min(n, 16)) <= wait for n, wait in enumerate(waits))
    assert max(waits) <= LONGEST_WAIT_S
    assert len(set(waits)) == len(waits)
