"""Where segments begin and end, and what they say of what is missing."""

from pathlib import Path

import pytest

from aboveboard.base.clock import SECOND_NS
from aboveboard.formats.recording import Timed, Window
from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.recorder import inbox as inboxes
from aboveboard.rules.decision import Reason, no
from samples.recorder_bench import SEGMENT_NS, Bench
from samples.synthetic_source import WINDOW, key, part_frame, whole_frame


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "recorder")


def begin(bench: Bench) -> None:
    bench.grant()
    bench.frame(whole_frame(bench.clock.wall_ns()))
    bench.event(WINDOW)
    bench.event(key("a"))
    bench.step()


def test_a_segment_is_closed_after_its_time_even_when_nothing_more_happens(bench: Bench) -> None:
    begin(bench)
    bench.pass_time(SEGMENT_NS / SECOND_NS - 0.2)
    assert bench.segments() == []
    bench.pass_time(0.3)
    ((manifest, _),) = bench.segments()
    assert SEGMENT_NS <= manifest.end_boot_ns - manifest.start_boot_ns <= SEGMENT_NS + SECOND_NS // 5


def test_the_next_segment_shows_the_screen_from_before_its_first_event(bench: Bench) -> None:
    begin(bench)
    bench.pass_time(5.2)
    bench.grant()
    bench.pass_time(3)
    typed_ns = bench.event(key("b"))
    bench.step()
    bench.writer.finish()
    (first, _), (second, items) = bench.segments()
    assert second.start_boot_ns == first.end_boot_ns
    whole = next(item for item in items if isinstance(item, ScreenPatch))
    assert whole.whole
    assert whole.time_ns == second.start_wall_ns < typed_ns
    assert isinstance(items[1], Timed)
    assert items[1].event == WINDOW


def test_after_a_long_quiet_a_segment_reaches_back_one_length_at_most(bench: Bench) -> None:
    begin(bench)
    for _ in range(12):
        bench.grant()
        bench.pass_time(5)
    bench.event(key("b"))
    bench.writer.finish()
    bench.step()
    bench.writer.finish()
    manifests = [manifest for manifest, _ in bench.segments()]
    assert all(manifest.end_boot_ns - manifest.start_boot_ns <= SEGMENT_NS + SECOND_NS for manifest in manifests)
    assert bench.markers()[-1].kind != "gap", "quiet is not a gap"


def test_a_gap_between_two_leases_that_no_tick_saw_still_splits(bench: Bench) -> None:
    bench.grant(duration_s=1)
    bench.event(key("a"))
    bench.clock.advance(3 * SECOND_NS)
    bench.grant()
    bench.event(key("b"))
    bench.step()
    bench.writer.finish()
    (first, _), (second, _) = bench.segments()
    assert [timed.event.text for timed in bench.kept()] == ["a", "b"]  # type: ignore[union-attr]
    assert second.start_boot_ns - first.end_boot_ns > 2 * SECOND_NS
    (gap,) = [marker for marker in bench.markers() if marker.kind == "gap"]
    assert (gap.reason, gap.end_ns) == ("no_lease", second.start_wall_ns)


def test_what_a_dropped_segment_was_to_say_is_said_by_the_next(bench: Bench) -> None:
    begin(bench)
    bench.book.end(no(Reason.PAUSED_BY_PERSON), boot_ns=bench.clock.boot_ns(), drop=True)
    bench.writer.interrupt("paused_by_person", drop=True)
    assert bench.segments() == []
    bench.clock.advance(SECOND_NS)
    bench.grant(epoch=1)
    bench.event(key("b"))
    bench.step()
    bench.writer.finish()
    markers = bench.markers()
    assert [(marker.kind, marker.reason) for marker in markers] == [
        ("started", "session"),
        ("paused", "paused_by_person"),
        ("stopped", "session"),
    ]
    assert [timed.event.text for timed in bench.kept()] == ["b"]  # type: ignore[union-attr]
    assert markers[1].end_ns - markers[1].start_ns >= SECOND_NS


def test_nothing_seen_before_a_pause_is_shown_after_it(bench: Bench) -> None:
    begin(bench)
    bench.pass_time(5.2)
    bench.book.end(no(Reason.PAUSED_BY_PERSON), boot_ns=bench.clock.boot_ns(), drop=True)
    bench.writer.interrupt("paused_by_person", drop=True)
    bench.grant(epoch=1)
    assert bench.writer.needs_whole
    bench.event(key("b"))
    bench.step()
    bench.writer.finish()
    _, (_, items) = bench.segments()
    assert not [item for item in items if isinstance(item, ScreenPatch)]
    assert not [item for item in items if isinstance(item, Timed) and isinstance(item.event, Window)]


def test_too_many_items_are_dropped_counted_and_told(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inboxes, "EVENTS_LIMIT", 10)
    begin(bench)
    for _ in range(25):
        bench.event(key("x"))
    bench.step()
    bench.event(key("y"))
    bench.pass_time(5.2)
    bench.event(key("z"))
    bench.step()
    bench.writer.finish()
    (overload,) = [marker for marker in bench.markers() if marker.reason == "overload"]
    assert overload.count == 15
    assert bench.writer.dropped["overload"] == 15
    assert len(bench.kept()) == 1 + 10 + 2


def test_a_dropped_frame_is_followed_by_a_whole_one_or_none(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(bench)
    monkeypatch.setattr(inboxes, "FRAME_BYTES_LIMIT", 10)
    bench.frame(part_frame(bench.clock.wall_ns(), 1))
    monkeypatch.undo()
    bench.frame(part_frame(bench.clock.wall_ns(), 2))
    assert bench.inbox.needs_whole
    bench.frame(whole_frame(bench.clock.wall_ns(), 3))
    bench.frame(part_frame(bench.clock.wall_ns(), 4))
    bench.step()
    bench.writer.finish()
    patches = [item for _, items in bench.segments() for item in items if isinstance(item, ScreenPatch)]
    assert [patch.whole for patch in patches] == [True, True, False]


def test_a_large_segment_is_closed_early(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aboveboard.recorder.session.SIZE_LIMIT_BYTES", 2_000)
    begin(bench)
    for _ in range(60):
        bench.event(key("x"))
        bench.clock.advance(1_000_000)
    bench.step()
    bench.writer.finish()
    assert len(bench.segments()) > 2
    assert len(bench.kept()) == 61


def test_the_wall_clock_set_back_splits_a_segment_and_loses_nothing(bench: Bench) -> None:
    begin(bench)
    bench.clock.wall -= 3600 * SECOND_NS
    bench.event(key("b"))
    bench.step()
    bench.writer.finish()
    assert sorted(timed.event.text for timed in bench.kept()) == ["a", "b"]  # type: ignore[union-attr]
    assert len(bench.segments()) == 2


def test_a_source_that_keeps_its_old_clock_after_a_jump_is_still_recorded(bench: Bench) -> None:
    begin(bench)
    bench.clock.wall -= 3600 * SECOND_NS
    bench.inbox.event(Timed(bench.clock.wall_ns() + 3600 * SECOND_NS, key("b")))
    bench.step()
    bench.writer.finish()
    assert sorted(timed.event.text for timed in bench.kept()) == ["a", "b"]  # type: ignore[union-attr]
