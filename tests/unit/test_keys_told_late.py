"""Which segment keeps a key that is told seconds after it was pressed, and what becomes of it if recording stops?"""

from pathlib import Path

import pytest

from aboveboard.base.clock import SECOND_NS
from aboveboard.formats.recording import Covered, Key, Marker, Timed
from aboveboard.recorder.capture.port import Frame, Pixels, Rect
from samples.recorder_bench import Bench
from samples.synthetic_source import WINDOW, key, part_frame, whole_frame


class LateBench(Bench):
    """Keys older than ``behind_s`` seconds have been told."""

    behind_s = 0.0

    @property
    def decided_ns(self) -> int:
        return self.clock.wall_ns() - round(self.behind_s * SECOND_NS)


@pytest.fixture
def bench(tmp_path: Path) -> LateBench:
    made = LateBench(tmp_path / "recorder")
    made.grant(duration_s=60)
    made.frame(whole_frame(made.clock.wall_ns()))
    made.event(WINDOW)
    made.step()
    return made


def keys_by_segment(bench: Bench) -> list[str]:
    return [
        "".join(one.event.text for one in items if isinstance(one, Timed) and isinstance(one.event, Key))
        for _, items in bench.segments()
    ]


def in_order(bench: Bench) -> None:
    """Every event lies in its segment's span, in order of time; the spans follow each other."""
    end_ns = 0
    for manifest, items in bench.segments():
        assert end_ns <= manifest.start_wall_ns <= manifest.end_wall_ns
        times = [item.time_ns for item in items]
        assert times == sorted(times)
        assert manifest.start_wall_ns <= times[0]
        assert times[-1] <= manifest.end_wall_ns
        end_ns = manifest.end_wall_ns


def work(bench: Bench, seconds: float, letter: str = "") -> None:
    """The screen changes every second; ``letter`` is told once it is over, as pressed in its middle."""
    for second in range(round(seconds)):
        bench.pass_time(0.5)
        bench.frame(part_frame(bench.clock.wall_ns(), second + 1))
        bench.pass_time(0.5)
    if letter:
        bench.event(key(letter), late_ms=round(seconds * 500))


def test_a_late_key_goes_into_the_segment_of_its_time(bench: LateBench) -> None:
    bench.behind_s = 12
    work(bench, 14)
    assert bench.segments() == [], "nothing is sealed before its keys are decided"
    bench.event(key("a"), late_ms=11_000)
    bench.event(Covered(placeholder="‹name 1›", remains=True), late_ms=10_000)
    bench.event(key("b"), late_ms=5_000)
    bench.event(key("c"), late_ms=100)
    bench.behind_s = 0
    bench.step()
    bench.writer.finish()
    assert keys_by_segment(bench) == ["a", "b", "c"]
    assert sum(isinstance(one.event, Covered) for one in bench.kept()) == 1
    assert not [one for one in bench.markers() if one.reason == "not_decided"]
    in_order(bench)


def test_segments_are_sealed_as_soon_as_their_keys_are_decided(bench: LateBench) -> None:
    bench.behind_s = 4
    work(bench, 8)
    assert len(bench.segments()) == 0
    work(bench, 2)
    assert len(bench.segments()) == 1
    assert bench.writer.open_bytes > 0


def test_a_key_from_between_two_segments_reaches_back(bench: LateBench) -> None:
    bench.writer._picture.forget()  # no screen is recorded: a segment begins with what happens
    bench.step()
    bench.pass_time(6)
    bench.behind_s = 8
    bench.pass_time(6)
    bench.event(WINDOW)
    bench.step()
    pressed_ns = bench.event(key("x"), late_ms=3_000)
    bench.step()
    bench.behind_s = 0
    bench.writer.finish()
    in_order(bench)
    (keys,) = [one for one in bench.kept() if isinstance(one.event, Key)]
    assert keys.time_ns == pressed_ns


def test_a_pause_drops_everything_that_is_not_sealed(bench: LateBench) -> None:
    bench.behind_s = 12
    work(bench, 11, "s")
    bench.step()
    bench.writer.interrupt("paused_by_person", drop=True)
    bench.writer.finish()
    assert "s" not in "".join(keys_by_segment(bench))
    assert bench.writer.dropped["paused_by_person"] > 0
    assert bench.writer.open_bytes == 0


def test_when_permission_ends_what_is_over_is_sealed_and_says_that_keys_are_missing(bench: LateBench) -> None:
    bench.behind_s = 9
    work(bench, 11)
    bench.writer.know(bench.clock.wall_ns(), bench.decided_ns)
    since_ns = bench.decided_ns
    bench.writer.interrupt("screen_locked")
    assert len(bench.segments()) == 3
    bench.grant(duration_s=60)
    bench.frame(whole_frame(bench.clock.wall_ns()))
    bench.event(WINDOW)
    bench.step()
    bench.behind_s = 0
    bench.writer.finish()
    (marker,) = [one for one in bench.markers() if one.reason == "not_decided"]
    assert marker.start_ns == since_ns
    in_order(bench)


def test_a_key_older_than_all_that_is_not_sealed_is_counted_and_not_kept(bench: LateBench) -> None:
    work(bench, 12)
    assert bench.segments()
    bench.event(key("z"), late_ms=11_500)
    bench.step()
    bench.writer.finish()
    assert "z" not in "".join(keys_by_segment(bench))
    assert bench.writer.dropped["not_decided"] == 1


def test_a_clock_that_is_set_back_makes_no_key_late(bench: LateBench) -> None:
    work(bench, 7)
    bench.clock.wall -= 3_600 * SECOND_NS
    bench.event(key("k"))
    bench.step()
    bench.writer.finish()
    assert "k" in "".join(keys_by_segment(bench))
    assert bench.writer.dropped["not_decided"] == 0


def test_if_one_cannot_be_sealed_nothing_that_goes_on_from_it_is_kept(
    bench: LateBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.behind_s = 12
    work(bench, 11)
    store = bench.chain.store
    calls = []

    def fails_once(*arguments: object) -> None:
        calls.append(1)
        if len(calls) == 1:
            raise MemoryError
        store(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(bench.chain, "store", fails_once)
    bench.behind_s = 0
    bench.step()
    assert bench.segments() == []
    assert bench.writer.open_bytes == 0
    patch = Pixels(Rect(0, 0, 8, 8), whole_frame(0, 7).patches[0].bgrx[:8, :8])
    bench.frame(Frame(bench.clock.wall_ns(), (patch,), whole=False))
    bench.pass_time(1)
    bench.writer.finish()
    ((_, items),) = bench.segments()
    assert next(one for one in items if not isinstance(one, Timed)).whole, "the screen begins anew"
    assert {one.reason for one in bench.markers()} >= {"encoder_failed"}
    assert isinstance(items[0], Timed)
    assert not isinstance(items[0].event, Marker)
