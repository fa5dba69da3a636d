"""What the watchdog and the governor say is carried out, on parts whose clock moves only when told."""

import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace
from numpy.typing import NDArray

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import Unavailable
from aboveboard.formats.disclosure import Budget
from aboveboard.formats.recording import Timed
from aboveboard.recorder.budget import Governor
from aboveboard.recorder.capture.port import Rect, Sink, Vitals
from aboveboard.recorder.lease import LeaseKeeper
from aboveboard.recorder.oversight import DiskCheck, Oversight
from aboveboard.recorder.tap import Tap
from aboveboard.rules.decision import Reason
from aboveboard.wire.client import Client
from samples.recorder_bench import BOOT, Bench
from samples.synthetic_source import SyntheticSource, key, whole_frame
from samples.x_windows import until

PLACE = Rect(10, 10, 20, 20)


class SecondPath:
    """The second path: says what it is told to."""

    def __init__(self) -> None:
        self.happened, self.shade, self.closed = 0, 0, False

    def presses(self) -> int:
        return self.happened

    def presses_by(self, display_ms: int) -> tuple[int, int]:
        return self.happened, self.happened if display_ms else 0

    def painted(self) -> tuple[Rect, ...]:
        return (PLACE,)

    def pixels(self, rect: Rect) -> NDArray[np.uint8] | None:
        return np.full((rect.height, rect.width, 4), self.shade, np.uint8)

    def close(self) -> None:
        self.closed = True


class Told(SyntheticSource):
    """A source that is not running and says what it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.says, self.shade, self.seen = Vitals(0, 0, 0, {}, (PLACE,)), 0, True

    def vitals(self) -> Vitals:
        return self.says

    def believed(self, rect: Rect) -> NDArray[np.uint8] | None:
        return np.full((rect.height, rect.width, 4), self.shade, np.uint8) if self.seen else None


class Desk:
    """A bench that is overseen; each second a round, ten steps."""

    def __init__(self, home: Path) -> None:
        self.bench, self.path, self.source = Bench(home), SecondPath(), Told()
        bench, self.spent_s = self.bench, 0.0
        disclosure = replace(bench.verified.disclosure, budget=Budget(cpu_percent=10))
        self.governor = Governor(home, disclosure, bench.clock, spent_s=lambda: self.spent_s)
        client = Client("http://127.0.0.1:1", None)
        words = {"consent": bench.verified.consent, "lease_key": "", "clock": bench.clock, "boot_id": BOOT}
        self.keeper = LeaseKeeper(client, bench.book, **words)
        self.oversight = Oversight(
            governor=self.governor,
            pulse=self.path,
            inbox=bench.inbox,
            writer=bench.writer,
            spool=bench.spool,
            keeper=self.keeper,
            clock=bench.clock,
        )
        bench.grant(duration_s=300)
        self.oversight.watch(self.source)
        bench.frame(whole_frame(bench.clock.wall_ns()))
        self.seconds(3)

    def seconds(self, count: int, *, recording: bool = True) -> None:
        for _ in range(count):
            for _ in range(10):
                self.bench.clock.advance(SECOND_NS // 10)
                self.bench.step()
                self.oversight.step(recording=recording)
            self.keeper.asked += 1
            self.oversight._rounds.go()
            self.oversight._decide()
        self.oversight.step(recording=recording)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "recorder")


def test_all_is_well_where_nothing_is_wrong(desk: Desk) -> None:
    for _ in range(20):
        desk.bench.event(key("a"))
        desk.seconds(1)
    assert desk.oversight.problems == ()
    assert desk.oversight.pace == "full rate"
    assert desk.keeper.health() == []
    assert desk.oversight.look().allowed


def test_lost_presses_are_marked_with_their_stretch_told_and_the_picture_asked_for(desk: Desk) -> None:
    desk.source.whole_asked.clear()
    for _ in range(4):
        desk.path.happened += 4
        desk.bench.event(key("a"))
        desk.seconds(1)
    assert desk.oversight.problems == ("4 presses of keys or buttons did not reach the recorder",)
    assert desk.keeper.health() == ["events_lost"]
    assert desk.source.whole_asked.is_set()
    assert desk.bench.writer.needs_whole
    desk.bench.event(key("b"))
    desk.seconds(6)
    (marker,) = [marker for marker in desk.bench.markers() if marker.reason == "events_lost"]
    assert marker.kind == "gap"
    assert 3 * SECOND_NS <= marker.end_ns - marker.start_ns <= 5 * SECOND_NS


def test_a_screen_that_is_not_what_is_believed_is_marked(desk: Desk) -> None:
    desk.path.shade = 7
    desk.bench.event(key("a"))
    desk.seconds(6)
    assert desk.keeper.health() == ["screen_stalled"]
    desk.bench.event(key("b"))
    desk.seconds(6)
    assert "screen_stalled" in {marker.reason for marker in desk.bench.markers()}


def test_pixels_are_read_only_where_the_source_captures_and_only_while_it_records(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Rect] = []
    monkeypatch.setattr(desk.path, "pixels", read.append)
    desk.seconds(4, recording=False)
    assert not read
    desk.source.says = Vitals(0, 0, 0, {}, ())
    desk.seconds(4)
    assert not read, "painted, but not where anything is captured"
    desk.source.says, desk.source.seen = Vitals(0, 0, 0, {}, (PLACE,)), False
    desk.seconds(4)
    assert not read, "a window has come in between"
    desk.source.seen = True
    desk.seconds(4)
    assert read
    assert all(PLACE.x <= rect.x and rect.x + rect.width <= PLACE.x + PLACE.width for rect in read)


def test_arrivals_that_the_writer_never_saw_are_found(desk: Desk) -> None:
    desk.bench.event(key("a"))
    desk.bench.inbox.take_all()
    desk.seconds(2)
    assert desk.keeper.health() == ["items_lost"]


def test_arrivals_passed_over_in_a_pause_are_not_lost(desk: Desk) -> None:
    desk.bench.event(key("a"))
    arrivals, _ = desk.bench.inbox.take_all()
    for _ in arrivals:
        desk.bench.writer.pass_over("paused_by_person")
    desk.seconds(5)
    assert desk.oversight.problems == ()


def test_what_is_found_while_nothing_is_recorded_is_told_and_not_marked(desk: Desk) -> None:
    """The threads are looked at all the time, and there is no recording to mark."""
    desk.oversight.thread([threading.Thread(name="upload")], threading.Event())
    desk.seconds(6, recording=False)
    assert desk.oversight.problems == ("the part 'upload' has ended",)
    desk.bench.event(key("b"))
    desk.seconds(6)
    assert not [marker for marker in desk.bench.markers() if marker.kind == "gap"]


def test_a_lease_thread_that_asks_no_more_is_found(desk: Desk) -> None:
    alive = threading.Thread(name="lease", target=threading.Event().wait, daemon=True)
    alive.start()
    desk.oversight.thread([alive], threading.Event())
    desk.seconds(60)
    assert desk.oversight.problems == ()
    asked, desk.keeper.asked = desk.keeper.asked, 0
    for _ in range(50):
        desk.seconds(1)
        desk.keeper.asked = asked
    assert any("'lease' stands still" in problem for problem in desk.oversight.problems)


def test_three_alarms_are_a_no_and_a_broken_watchdog_too(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for shade in range(1, 40):
        desk.path.shade = shade
        desk.seconds(1)
        if not desk.oversight.look().allowed:
            break
    assert desk.oversight.look().reason is Reason.CAPTURE_INCOMPLETE
    desk.path.shade = 0
    desk.seconds(61)
    assert desk.oversight.look().allowed

    def gone() -> int:
        raise Unavailable("the display went away")

    monkeypatch.setattr(desk.path, "presses", gone)
    monkeypatch.setattr("aboveboard.recorder.rounds.ROUND_S", 0.01)
    desk.oversight.thread([], threading.Event()).run()
    assert desk.oversight.look().reason is Reason.RULE_ERROR
    assert desk.path.closed


def test_another_source_is_not_compared_with_the_one_before(desk: Desk) -> None:
    desk.source.says, desk.path.happened = Vitals(500, 0, 0, {}, (), 1), 500
    desk.seconds(10)
    fresh = Told()
    desk.oversight.watch(fresh)
    desk.seconds(10)
    assert desk.oversight.problems == ()


def test_the_pace_is_told_to_each_source_that_starts(desk: Desk) -> None:
    for _ in range(20):
        desk.spent_s += 0.3
        desk.seconds(1)
    paces = desk.source.paces
    assert paces
    assert desk.oversight.pace != "full rate"
    fresh = Told()
    desk.oversight.watch(fresh)
    desk.oversight.step(recording=True)
    assert fresh.paces == paces[-1:]


def test_a_segment_that_vanished_is_counted_once_and_one_that_was_sent_never(desk: Desk) -> None:
    spool = desk.bench.spool
    for _ in range(3):
        desk.bench.event(key("a"))
        desk.seconds(6)
    check = DiskCheck(spool)
    assert check.missing() == 0
    spool.remove([next(iter(spool.held()))])
    assert check.missing() == 0
    shutil.rmtree(spool.folder / spool.waiting()[0].segment_id)
    assert [check.missing(), check.missing()] == [1, 1]
    shutil.rmtree(spool.folder)
    assert check.missing() == 2


def test_a_tap_makes_a_new_source_for_each_start(desk: Desk) -> None:
    made: list[SyntheticSource] = []

    def make() -> SyntheticSource:
        made.append(SyntheticSource())
        return made[-1]

    class Quiet(Sink):
        def event(self, timed: Timed) -> None: ...

        def frame(self, frame: object) -> None: ...

    tap = Tap(make)
    assert (len(made), tap.flowing) == (1, False)
    for count in (1, 2, 3):
        tap.start(Quiet())
        assert tap.flowing
        until(lambda: len(made[-1].sent) > 3, "it tells something")
        tap.stop()
        assert (len(made), tap.flowing) == (count, False)
        assert tap.vitals().events_out == sum(len(source.sent) for source in made), "what came of all of them"
