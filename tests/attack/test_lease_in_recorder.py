"""No live lease, no recording: the check stands in three places, and without any one of them nothing gets out either.

Removing all three lets a key through, which shows that these tests see what they are to see.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import Refused
from aboveboard.formats.parts import PARTS
from aboveboard.formats.recording import Timed
from aboveboard.recorder.chain import Span
from aboveboard.recorder.inbox import Arrival
from aboveboard.recorder.lease import Checked, LeaseBook
from aboveboard.rules.decision import ALLOWED, Reason
from samples.recorder_bench import Bench
from samples.synthetic_source import key, part_frame, whole_frame


def type_without_a_lease(bench: Bench) -> None:
    """A lease that has run out, and a person who types on."""
    lease = bench.grant(duration_s=2)
    bench.frame(whole_frame(bench.clock.wall_ns()))
    bench.event(key("a"))
    bench.pass_time(1)
    bench.clock.advance(SECOND_NS)
    assert bench.clock.boot_ns() >= lease.boot_ns + lease.duration_ns
    for letter in "secret":
        bench.event(key(letter))
        bench.frame(part_frame(bench.clock.wall_ns(), 9))
        bench.pass_time(0.1)
    bench.writer.finish()


def letters(bench: Bench) -> str:
    return "".join(timed.event.text for timed in bench.kept())  # type: ignore[union-attr]


def test_what_is_typed_without_a_lease_is_not_kept(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    type_without_a_lease(bench)
    assert letters(bench) == "a"
    assert not bench.writer.dropped, "it never got as far as being dropped"


def no_check_at_the_door(bench: Bench, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(bench.inbox, "_permitted", lambda _: True)


def no_check_in_the_book(bench: Bench, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(LeaseBook, "at", lambda *_: ALLOWED)


def no_check_of_the_cover(bench: Bench, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(LeaseBook, "covered_until", lambda _, __, end_ns: end_ns)
    patch.setattr(LeaseBook, "covering", lambda book, *_: list(book._checked))
    patch.setattr("aboveboard.recorder.chain.leases_cover", lambda *_, **__: ALLOWED)


CHECKS = [no_check_at_the_door, no_check_in_the_book, no_check_of_the_cover]


@pytest.mark.parametrize("remove", CHECKS)
def test_without_any_one_check_nothing_gets_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, remove: Callable[[Bench, pytest.MonkeyPatch], None]
) -> None:
    bench = Bench(tmp_path)
    remove(bench, monkeypatch)
    type_without_a_lease(bench)
    assert set(letters(bench)) <= {"a"}


def test_without_all_of_them_it_would(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(tmp_path)
    for remove in CHECKS:
        remove(bench, monkeypatch)
    type_without_a_lease(bench)
    assert "secret" in letters(bench)


def test_the_session_asks_again_for_what_is_already_in_the_queue(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.grant(duration_s=2)
    late = bench.clock.boot_ns() + 3 * SECOND_NS
    bench.clock.advance(3 * SECOND_NS)
    bench.writer.take(Arrival(Timed(bench.clock.wall_ns(), key("x")), bench.clock.wall_ns(), late))
    assert bench.writer.events == 0
    bench.writer.finish()
    assert bench.segments() == []


@pytest.mark.parametrize("covering", ["none", "too short", "another epoch besides", "too late"])
def test_the_chain_never_writes_what_no_lease_covers(tmp_path: Path, covering: str) -> None:
    bench = Bench(tmp_path)
    start = bench.clock.boot_ns()
    span = Span(bench.clock.wall_ns(), bench.clock.wall_ns() + 4 * SECOND_NS, start, start + 4 * SECOND_NS)
    shown: list[Checked] = []
    if covering == "too short":
        shown = [Checked(bench.grant(duration_s=3), "{}")]
    elif covering == "another epoch besides":
        shown = [Checked(bench.grant(epoch=epoch), "{}") for epoch in (1, 2)]
    elif covering == "too late":
        bench.clock.advance(SECOND_NS)
        shown = [Checked(bench.grant(), "{}")]
    with pytest.raises(Refused) as raised:
        bench.chain.store(dict.fromkeys(PARTS, b"plain"), span, shown)
    assert raised.value.reason in {Reason.LEASE_NONE, Reason.SEGMENT_OUTSIDE_LEASE, Reason.SEGMENT_DURING_PAUSE}
    assert not list(bench.spool.held())
    assert bench.chain.sequence == 0


def test_an_item_dated_into_the_lease_but_arriving_after_it_is_not_kept(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.grant(duration_s=2)
    bench.clock.advance(3 * SECOND_NS)
    bench.event(key("x"), late_ms=2500)
    bench.step()
    bench.writer.finish()
    assert bench.segments() == []


def test_an_item_dated_before_the_lease_is_not_kept(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.clock.advance(SECOND_NS)
    bench.grant()
    bench.event(key("x"), late_ms=500)
    bench.event(key("y"))
    bench.step()
    bench.writer.finish()
    assert letters(bench) == "y"
