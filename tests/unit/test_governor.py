"""The governor: what it measures, what it writes down, what it tells the source."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from aboveboard.base.clock import SECOND_NS, ManualClock
from aboveboard.formats.disclosure import Budget, Disclosure
from aboveboard.recorder.budget import FILE_NAME, Governor, cpu_spent_s
from aboveboard.rules.budget import MEGABYTE, Step
from aboveboard.rules.decision import Reason
from samples.disclosed import app, disclosure
from samples.synthetic_source import SyntheticSource

NINE_O_CLOCK_NS = 1_800_003_600 * SECOND_NS
"""2027-01-15 09:00:00 UTC."""


@pytest.fixture(autouse=True)
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Set the local time zone; UTC to begin with."""

    def put(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        time.tzset()

    put("UTC")
    yield put
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(wall=NINE_O_CLOCK_NS)


def promised(**budget: float) -> Disclosure:
    return replace(disclosure(app("Editor")), budget=Budget(**budget))  # type: ignore[arg-type]


def governor(
    home: Path, clock: ManualClock, *, spent_s: Callable[[], float] = lambda: 0.0, **budget: float
) -> Governor:
    return Governor(home, promised(**budget), clock, spent_s=spent_s)


def test_bytes_of_today_outlive_a_restart_and_end_with_the_local_day(
    tmp_path: Path, clock: ManualClock, zone: Callable[[str], None]
) -> None:
    assert governor(tmp_path, clock, megabytes_per_day=1).may_store(900_000).allowed
    again = governor(tmp_path, clock, megabytes_per_day=1)
    assert again.may_store(100_001).reason is Reason.BUDGET_BYTES
    assert again.may_store(100_000).allowed
    clock.advance(14 * 3600 * SECOND_NS)
    assert not again.may_store(1).allowed, "23:00 here"
    clock.advance(3600 * SECOND_NS)
    assert again.may_store(900_000).allowed, "midnight"
    zone("Etc/GMT+5")
    assert again.may_store(100_000).allowed, "19:00 of the day before, where they flew to"
    assert not again.may_store(1).allowed
    clock.advance(6 * 3600 * SECOND_NS)
    assert not again.may_store(1).allowed, "01:00 of the day whose bytes are spent already"
    clock.advance(24 * 3600 * SECOND_NS)
    assert again.may_store(1).allowed


def test_a_clock_set_back_does_not_begin_a_new_day_and_a_wrong_one_does_not_stop_for_ever(
    tmp_path: Path, clock: ManualClock
) -> None:
    clock.wall += 3650 * 86_400 * SECOND_NS
    assert governor(tmp_path, clock, megabytes_per_day=1).may_store(600_000).allowed
    clock.wall = NINE_O_CLOCK_NS
    kept = governor(tmp_path, clock, megabytes_per_day=1)
    assert not kept.may_store(600_000).allowed
    assert kept.may_store(1).allowed
    clock.advance(86_400 * SECOND_NS)
    assert kept.may_store(MEGABYTE).allowed


@pytest.mark.parametrize("content", [b"", b"{", b'{"day":"2027-01-15","bytes":-5}', b'{"day":"yesterday","bytes":5}'])
def test_a_file_that_cannot_be_read_means_that_the_day_is_spent(
    tmp_path: Path, clock: ManualClock, content: bytes
) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    broken = governor(tmp_path, clock)
    assert broken.may_store(1).reason is Reason.BUDGET_BYTES
    clock.advance(SECOND_NS)
    assert broken.look().reason is Reason.BUDGET_BYTES
    clock.advance(86_400 * SECOND_NS)
    assert broken.look().allowed
    assert broken.may_store(1).allowed


def test_what_cannot_be_written_down_is_not_stored(tmp_path: Path, clock: ManualClock) -> None:
    gone = governor(tmp_path / "gone", clock)
    assert gone.may_store(1).reason is Reason.SPOOL_FULL


def test_recording_stops_before_what_is_open_could_exceed_the_day(tmp_path: Path, clock: ManualClock) -> None:
    size_bytes = 0
    watched = Governor(
        tmp_path, promised(megabytes_per_day=1), clock, open_bytes=lambda: size_bytes, spent_s=lambda: 0.0
    )
    assert watched.may_store(720_000).allowed
    clock.advance(SECOND_NS)
    assert watched.look().allowed
    assert watched.step is Step.SLOW
    size_bytes = 200_000
    clock.advance(SECOND_NS)
    assert watched.look().reason is Reason.BUDGET_BYTES
    assert watched.may_store(size_bytes).allowed, "what is open still fits"
    size_bytes = 0
    clock.advance(12 * 3600 * SECOND_NS)
    assert watched.look().reason is Reason.BUDGET_BYTES
    clock.advance(4 * 3600 * SECOND_NS)
    assert watched.look().allowed, "the next day"


def test_the_source_is_told_its_pace_once_for_each_step(tmp_path: Path, clock: ManualClock) -> None:
    spent_s = 0.0
    watched = governor(tmp_path, clock, spent_s=lambda: spent_s, cpu_percent=10)
    source = SyntheticSource()
    words = []
    for _ in range(40):
        spent_s += [0.25, 0.15, 0.12, 0.02][watched.step]
        clock.advance(SECOND_NS)
        assert watched.look().allowed
        watched.steer(source)
        words.append(watched.words)
    assert source.paces == [5.0, 2.0, 0.0]
    assert list(dict.fromkeys(words)) == [
        "full rate",
        "half the frames",
        "two frames a second",
        "input only, without the screen",
    ]


def test_it_measures_at_most_once_a_second_and_a_late_look_spreads_what_was_spent(
    tmp_path: Path, clock: ManualClock
) -> None:
    looks: list[float] = []

    def spent_s() -> float:
        looks.append(1)
        return 0.0

    watched = governor(tmp_path, clock, spent_s=spent_s)
    for _ in range(50):
        clock.advance(SECOND_NS // 10)
        watched.look()
    assert len(looks) == 1 + 5

    spent = [0.0]
    late = governor(tmp_path, clock, spent_s=lambda: spent[0], cpu_percent=10)
    spent[0] = 5.0
    clock.advance(100 * SECOND_NS)
    assert late.look().allowed, "5 s in 100 s are 5 %"
    assert late.step is Step.FULL


def test_the_processor_time_of_children_counts_while_they_run_and_afterwards() -> None:
    burn = "import time\nwhile time.process_time() < 0.5: pass\nprint('done', flush=True); input()"
    before_s = cpu_spent_s()
    child = subprocess.Popen([sys.executable, "-c", burn], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    running_s = cpu_spent_s([child.pid]) - before_s
    child.communicate(b"\n")
    ended_s = cpu_spent_s([child.pid]) - before_s
    assert 0.5 <= running_s <= 1.0
    assert running_s - 0.05 <= ended_s <= 1.2
