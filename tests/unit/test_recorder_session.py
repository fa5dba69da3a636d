"""Where segments begin and end, and what they say of what is missing."""

from pathlib import Path

import numpy as np
import pytest

from aboveboard.base.clock import SECOND_NS
from aboveboard.formats.mcap_file import RecordingWriter
from aboveboard.formats.recording import Display, Keyboard, MarkerReason, Monitor, Session, Site, Timed, Window
from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.recorder import inbox as inboxes
from aboveboard.recorder.capture.port import Frame, Pixels, Rect
from aboveboard.recorder.encode.planes import PlanePacker
from aboveboard.replay.canvas import Canvas as Replay
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
    assert second.start_wall_ns < typed_ns
    head, standing = (item.event for item in items[:2] if isinstance(item, Timed))
    assert isinstance(head, Session)
    assert head.screen_continues
    assert standing == WINDOW
    assert not [item for item in items if isinstance(item, ScreenPatch)]
    assert replayed(bench)[-1] is not None


def replayed(bench: Bench) -> list[bytes | None]:
    """The screen after each segment, as a reader of all of them in order sees it; ``None``: unknown."""
    canvas, found = Replay(), []
    for _, items in bench.segments():
        for item in items:
            if isinstance(item, ScreenPatch):
                canvas.apply(item)
            elif isinstance(item.event, Session):
                canvas.begin(item.event)
        pixels = canvas.snapshot()
        found.append(None if pixels is None else pixels.tobytes())
    return found


def heads(bench: Bench) -> list[tuple[bool, bool]]:
    """For each segment: does its screen go on, and does it begin with a whole picture?"""
    found = []
    for _, items in bench.segments():
        (head,) = (item.event for item in items if isinstance(item, Timed) and isinstance(item.event, Session))
        first = next((item for item in items if isinstance(item, ScreenPatch)), None)
        whole = first is not None and first.whole and first.time_ns == items[0].time_ns
        found.append((head.screen_continues, whole))
    return found


def work(bench: Bench, seconds: float) -> None:
    """A key and a change of the screen every second."""
    for number in range(round(seconds)):
        bench.grant()
        bench.event(key("x"))
        bench.frame(part_frame(bench.clock.wall_ns(), number))
        bench.pass_time(1)


def test_a_whole_picture_every_two_minutes_of_work(bench: Bench) -> None:
    begin(bench)
    work(bench, 250)
    found = heads(bench)
    assert found[0] == (False, True)
    assert all(continues for continues, _ in found[1:])
    assert [place for place, (_, whole) in enumerate(found) if whole] == [0, 24, 48]
    assert None not in replayed(bench)


def test_what_stands_begins_each_segment_in_one_order(bench: Bench) -> None:
    begin(bench)
    standing = [
        Site(host="example.org"),
        Display(monitors=[Monitor(name="eDP-1", x=0, y=0, width=320, height=200)]),
        Keyboard(layout="de"),
    ]
    for event in standing:
        bench.event(event)
    site, display, keyboard = standing
    work(bench, 12)
    bench.writer.finish()
    last = [item.event for item in bench.segments()[-1][1] if isinstance(item, Timed)]
    assert last[1:5] == [display, keyboard, WINDOW, site]


def test_a_pause_forgets_what_was_done_and_not_what_the_machine_is(bench: Bench) -> None:
    begin(bench)
    keyboard = Keyboard(layout="de")
    bench.event(keyboard)
    bench.event(Site(host="example.org"))
    bench.step()
    bench.writer.interrupt("screen_locked")
    bench.event(key("b"))
    bench.step()
    bench.writer.finish()
    _, (_, items) = bench.segments()
    assert [item.event for item in items[1:2] if isinstance(item, Timed)] == [keyboard]
    assert not [item for item in items if isinstance(item, Timed) and isinstance(item.event, Window | Site)]
    (gap,) = [marker for marker in bench.markers() if marker.kind == "gap"]
    assert gap.reason == "screen_locked"


@pytest.mark.parametrize(
    ("reasons", "kind", "said"),
    [
        (["no_lease", "screen_locked"], "gap", "screen_locked"),
        (["screen_locked", "no_lease"], "gap", "screen_locked"),
        (["asleep", "screen_locked"], "gap", "asleep"),
        (["over_budget", "paused_by_person", "no_lease"], "paused", "paused_by_person"),
        (["paused_by_steward"], "paused", "paused_by_steward"),
    ],
)
def test_a_gap_is_told_with_the_reason_that_says_most(
    bench: Bench, reasons: list[MarkerReason], kind: str, said: str
) -> None:
    begin(bench)
    for reason in reasons:
        bench.writer.interrupt(reason)
        bench.clock.advance(SECOND_NS)
    bench.event(key("b"))
    bench.step()
    bench.writer.finish()
    (gap,) = [marker for marker in bench.markers() if marker.kind in {"gap", "paused"}]
    assert (gap.kind, gap.reason) == (kind, said)
    assert gap.end_ns - gap.start_ns >= len(reasons) * SECOND_NS


class Failing:
    """An encoder that fails as often as it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, what: object, name: str, error: Exception) -> None:
        self.times = 0
        real = getattr(what, name)

        def fails(*args: object, **options: object) -> object:
            if self.times:
                self.times -= 1
                raise error
            return real(*args, **options)

        monkeypatch.setattr(what, name, fails)


@pytest.mark.parametrize("error", [MemoryError(), ValueError("a fault"), OSError("a library's own")], ids=type)
def test_a_picture_that_cannot_be_encoded_costs_that_picture(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    failing = Failing(monkeypatch, PlanePacker, "pack", error)
    begin(bench)
    failing.times = 1
    bench.frame(part_frame(bench.clock.wall_ns(), 1))
    bench.step()
    assert bench.writer.dropped["encoder_failed"] == 1
    assert not bench.writer.needs_whole, "not at once: what failed would fail again"
    bench.event(key("b"))
    bench.pass_time(2.1)
    assert bench.writer.needs_whole
    bench.frame(whole_frame(bench.clock.wall_ns(), 7))
    bench.step()
    bench.writer.finish()
    assert [timed.event.text for timed in bench.kept()] == ["a", "b"]  # type: ignore[union-attr]
    (gap,) = [marker for marker in bench.markers() if marker.kind == "gap"]
    assert gap.reason == "encoder_failed"
    assert heads(bench) == [(False, True), (False, False)]
    assert replayed(bench)[-1] == replay_of(whole_frame(0, 7))


def replay_of(frame: Frame) -> bytes:
    return np.ascontiguousarray(frame.patches[0].bgrx[..., 2::-1]).tobytes()


@pytest.mark.parametrize("name", ["patch", "event", "finish"])
def test_a_segment_that_cannot_be_written_is_dropped_and_the_next_begins_whole(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    failing = Failing(monkeypatch, RecordingWriter, name, MemoryError())
    begin(bench)
    failing.times = 1
    bench.event(key("b"))
    bench.frame(part_frame(bench.clock.wall_ns(), 1))
    bench.pass_time(5.5)
    bench.grant()
    if bench.writer.needs_whole:
        bench.frame(whole_frame(bench.clock.wall_ns(), 3))
    bench.event(key("c"))
    bench.step()
    bench.writer.finish()
    assert bench.segments()[0][0].sequence == 0
    assert heads(bench)[0] == (False, True)
    assert "encoder_failed" in {marker.reason for marker in bench.markers()}
    assert bench.kept()[-1].event.text == "c"  # type: ignore[union-attr]
    assert replayed(bench)[-1] is not None


def test_what_the_watchdog_distrusts_begins_anew(bench: Bench) -> None:
    begin(bench)
    bench.writer.begin_anew("screen_stalled")
    assert bench.writer.needs_whole
    bench.clock.advance(SECOND_NS)
    bench.frame(whole_frame(bench.clock.wall_ns(), 5))
    bench.step()
    bench.writer.finish()
    assert heads(bench) == [(False, True), (False, True)]
    (gap,) = [marker for marker in bench.markers() if marker.kind == "gap"]
    assert (gap.reason, gap.end_ns - gap.start_ns) == ("screen_stalled", SECOND_NS)


def test_deleting_the_open_segment_leaves_a_marker_and_a_whole_picture(bench: Bench) -> None:
    begin(bench)
    work(bench, 6)
    bench.event(key("s"))
    bench.frame(part_frame(bench.clock.wall_ns(), 99))
    bench.step()
    since_ns = bench.segments()[0][0].start_wall_ns
    bench.writer.discard_open("discarded_by_person", since_ns=since_ns)
    bench.clock.advance(SECOND_NS)
    bench.event(key("b"))
    bench.step()
    bench.writer.finish()
    assert "s" not in [timed.event.text for timed in bench.kept()]  # type: ignore[union-attr]
    assert heads(bench)[-1] == (False, True)
    gap = bench.markers()[-2]
    assert (gap.kind, gap.reason, gap.start_ns) == ("gap", "discarded_by_person", since_ns)
    assert replayed(bench)[-1] == screen_with(99)
    assert [item.event for item in bench.segments()[-1][1][1:2] if isinstance(item, Timed)] == [WINDOW]


def screen_with(shade: int) -> bytes:
    shown = whole_frame(0).patches[0].bgrx
    (part,) = part_frame(0, shade).patches
    shown[part.rect.y : part.rect.y + part.rect.height, part.rect.x : part.rect.x + part.rect.width] = part.bgrx
    return np.ascontiguousarray(shown[..., 2::-1]).tobytes()


def test_after_a_held_segment_was_deleted_the_next_begins_whole(bench: Bench) -> None:
    begin(bench)
    work(bench, 6)
    bench.writer.restart_picture()
    work(bench, 12)
    assert [whole for _, whole in heads(bench)] == [True, False, True]


def test_what_was_shown_with_loss_is_drawn_exactly_once_it_is_still(bench: Bench) -> None:
    rect = Rect(20, 20, 256, 160)
    begin(bench)
    for seed in range(20):
        bench.frame(Frame(bench.clock.wall_ns(), (Pixels(rect, noise(rect, seed)),), False))
        bench.pass_time(0.1)
    bench.grant()
    bench.pass_time(2)
    shown = whole_frame(0).patches[0].bgrx
    shown[20:180, 20:276] = noise(rect, 19)
    exact = np.ascontiguousarray(shown[..., 2::-1]).tobytes()
    bench.pass_time(3)
    assert replayed(bench)[-1] == exact
    patches = [item for _, items in bench.segments() for item in items if isinstance(item, ScreenPatch)]
    assert any(patch.lossy for patch in patches)
    assert bench.markers()[0].kind == "started"


def noise(rect: Rect, seed: int) -> np.ndarray:
    picture = np.random.default_rng(seed).integers(0, 256, (rect.height, rect.width, 4), np.uint8)
    picture[..., 3] = 255
    return picture


def test_the_end_of_a_session_is_shown_exactly(bench: Bench) -> None:
    rect = Rect(20, 20, 256, 160)
    begin(bench)
    for seed in range(20):
        bench.frame(Frame(bench.clock.wall_ns(), (Pixels(rect, noise(rect, seed)),), False))
        bench.pass_time(0.1)
    bench.writer.finish()
    shown = whole_frame(0).patches[0].bgrx
    shown[20:180, 20:276] = noise(rect, 19)
    assert replayed(bench)[-1] == np.ascontiguousarray(shown[..., 2::-1]).tobytes()


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


def test_what_was_shown_with_loss_is_exact_also_where_a_segment_begins_whole_for_it(bench: Bench) -> None:
    rect = Rect(20, 20, 256, 160)
    begin(bench)
    for seed in range(20):
        bench.frame(Frame(bench.clock.wall_ns(), (Pixels(rect, noise(rect, seed)),), False))
        bench.pass_time(0.1)
    bench.writer.discard_open("discarded_by_person")
    bench.grant()
    bench.pass_time(1)
    bench.writer.finish()
    shown = whole_frame(0).patches[0].bgrx
    shown[20:180, 20:276] = noise(rect, 19)
    assert replayed(bench)[-1] == np.ascontiguousarray(shown[..., 2::-1]).tobytes()
    assert heads(bench)[-1] == (False, True)
