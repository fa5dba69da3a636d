"""Does the recorder's benchmark play what it says, and count what it says?"""

import math
import signal
import subprocess
import sys
import time
from collections import Counter
from itertools import pairwise
from random import Random

import pytest
from benchmarks.recorder import day, figures, report, script
from benchmarks.recorder.desk import HEIGHT, MIDDLES, WIDTH
from benchmarks.recorder.figures import Part, Spread, match, project, quantile, spread
from benchmarks.recorder.meter import Meter
from benchmarks.recorder.script import Act
from benchmarks.recorder.subjects.ours import by_time

from aboveboard.formats.recording import Pointer, Timed
from aboveboard.formats.screen_patch import ScreenPatch

PAGE, VIDEO, EDITOR, TERMINAL = (900, 800), (480, 290), (1560, 250), (1560, 850)


def base() -> list[Act]:
    return script.base(MIDDLES["log"], MIDDLES["editor"], MIDDLES["page"], MIDDLES["notes"])


def assert_playable(acts: list[Act], seconds: float) -> None:
    """In order, in time, on the screen, every key and button that goes down comes up, every motion moves."""
    times = [act.at_s for act in acts]
    assert times == sorted(times)
    assert times[0] >= 0
    assert times[-1] < seconds
    moves = [(act.x, act.y) for act in acts if act.kind == "move"]
    assert all(0 <= x < WIDTH and 0 <= y < HEIGHT for x, y in moves)
    assert all(here != there for here, there in pairwise(moves)), "a server tells nobody of a motion to the same place"
    down: set[tuple[str, int]] = set()
    for act in acts:
        if act.kind in {"key_press", "press"}:
            assert (act.kind, act.keysym or act.button) not in down
            down.add((act.kind, act.keysym or act.button))
        elif act.kind in {"key_release", "release"}:
            down.remove(("key_press" if act.keysym else "press", act.keysym or act.button))
    assert not down


def test_the_base_work_is_exactly_1186_input_events_in_half_a_minute() -> None:
    acts = base()
    assert len(acts) == script.BASE_EVENTS == 1186
    assert Counter(act.kind for act in acts) == {
        "move": 700,
        "scroll": 160,
        "key_press": 145,
        "key_release": 145,
        "press": 18,
        "release": 18,
    }
    assert_playable(acts, script.BASE_S)
    assert acts == base()


@pytest.mark.parametrize("acts", [base(), script.burst((960, 600))], ids=["base", "burst"])
def test_acts_fall_on_every_part_of_a_millisecond(acts: list[Act]) -> None:
    tenths = Counter(math.floor(act.at_s * 10_000) % 10 for act in acts)
    assert min(tenths[tenth] for tenth in range(9)) > len(acts) / 20


def test_the_burst_is_a_thousand_events_in_each_second() -> None:
    acts = script.burst((960, 600))
    assert len(acts) == 60_000
    assert set(Counter(int(act.at_s) for act in acts).values()) == {1000}
    assert {act.kind for act in acts} == {"move", "scroll", "key_press", "key_release"}
    assert_playable(acts, script.BURST_S)


def test_other_work_can_be_played() -> None:
    assert_playable(script.scrolling((960, 600)), 30.0)
    assert_playable(script.watching(VIDEO), 30.0)
    acts, _ = day.play(PAGE, VIDEO, EDITOR, TERMINAL)
    assert_playable(acts, day.PLAYED_S)


def test_the_day_takes_the_time_that_its_model_says() -> None:
    _, began = day.play(PAGE, VIDEO, EDITOR, TERMINAL)
    lengths = dict.fromkeys(day.SHARES, 0.0)
    for (name, start_s), (_, end_s) in pairwise(began):
        lengths["video" if name == day.ONCE else name] += end_s - start_s
    for name, share in day.SHARES.items():
        assert lengths[name] == pytest.approx(share * day.PLAYED_S, rel=0.05), name
    assert sum(day.SHARES.values()) == pytest.approx(1)


def test_bytes_go_to_the_part_in_whose_time_they_came() -> None:
    began = [("idle", 0.2), ("typing", 10.0), ("idle", 20.0), ("end", 30.0)]
    sizes = [(-1.0, 5000.0), (0.2, 100.0), (9.9, 1.0), (10.0, 20.0), (19.9, 3.0), (25.0, 400.0), (30.5, 9000.0)]
    found = {part.name: part for part in day.parts(began, sizes)}
    assert (found["idle"].size_bytes, found["typing"].size_bytes) == (501.0, 23.0)
    assert (found["idle"].measured_s, found["typing"].measured_s) == (19.8, 10.0)
    assert day.before(began, sizes) == 5000.0


def test_sealed_bytes_are_shared_out_by_what_is_in_a_segment() -> None:
    def patch(at_ns: int, size_bytes: int) -> ScreenPatch:
        return ScreenPatch(
            time_ns=at_ns, x=0, y=0, width=1, height=1, whole=False, format="zstd", data=bytes(size_bytes)
        )

    items = [patch(10, 960), Timed(12, Pointer(x=1, y=1)), patch(20, 0)]
    assert by_time([(20, 30, 500), (10, 20, 2080)], items) == [(10, 2000), (12, 80), (20, 500)]


def test_a_day_is_projected_by_the_share_of_each_part() -> None:
    parts = [Part("idle", 0.75, 1_000, 10.0), Part("typing", 0.25, 8_000, 4.0)]
    assert project(parts, 3600) == pytest.approx(3600 * (0.75 * 100 + 0.25 * 2000))
    with pytest.raises(ValueError, match="add up"):
        project(parts[:1])


def test_matching_finds_what_is_there_in_order_and_when() -> None:
    sent = [(letter, number * 1_000_000) for number, letter in enumerate("abcdefgh")]
    late = [(letter, at_ns + 500_000) for letter, at_ns in sent]
    whole = match(sent, late)
    assert (whole.sent, whole.found, whole.extra) == (8, 8, 0)
    assert (whole.p50_ms, whole.p95_ms, whole.worst_ms) == (0.5, 0.5, 0.5)
    lost = match(sent, [*late[:3], *late[5:]])
    assert (lost.found, lost.extra) == (6, 0)
    swapped = match(sent, [late[1], late[0], *late[2:]])
    assert swapped.found < 8, "two that changed places are not in order"
    assert match(sent, [("x", 0), *late]).extra == 1
    assert match(sent, []).found == 0
    assert match(sent, []).p50_ms is None


def test_matching_goes_on_after_a_loss_of_any_size() -> None:
    sent = [((act.kind, act.x, act.y, act.button, act.keysym), round(act.at_s * 1e9)) for act in base()]
    random = Random("losses")
    gone = {*range(300, 361), *range(700, 1000), *random.sample(range(1186), 40)}
    kept = [event for place, event in enumerate(sent) if place not in gone]
    found = match(sent, kept)
    assert len(kept) - 4 <= found.found <= len(kept), "in doubt a few count as lost, never as found"
    assert found.worst_ms is not None
    assert found.worst_ms < 200, "one of several that are the same may be taken for its neighbour, no more"
    every_other = match(sent[:700], sent[:700:2])
    assert every_other.found > 300
    strange = [*sent[:500], *((("key_press", number), 0) for number in range(100)), *sent[500:]]
    assert (match(sent, strange).found, match(sent, strange).extra) == (1186, 100)


def test_quantiles_and_spreads() -> None:
    ordered = [1.0, 2.0, 3.0, 4.0]
    assert [quantile(ordered, share) for share in (0.25, 0.5, 0.51, 0.99, 1.0)] == [1.0, 2.0, 3.0, 4.0, 4.0]
    assert math.isnan(quantile([], 0.5))
    assert spread([3.0, None, 1.0, 2.0]) == Spread(2.0, 1.0, 3.0)
    assert spread([None]) is None
    assert figures.ratio(1.0, 4.0) == 0.25
    assert figures.ratio(1.0, None) is None


def row(cpu_s: float, p95_ms: float | None, frames: float | None) -> dict[str, Spread | None]:
    columns: dict[str, Spread | None] = dict.fromkeys(report.COLUMNS)
    return columns | {"CPU s": spread([cpu_s]), "p95 ms": spread([p95_ms]), "frames": spread([frames])}


def test_the_ratio_is_to_the_best_peer_that_does_as_much_and_never_to_oneself() -> None:
    rows = {
        "ours": row(1.0, 0.5, 9),
        "video": row(2.0, None, 9),
        "both": row(4.0, 1.0, 9),
        "events": row(0.1, 0.8, None),
    }
    assert report.ratios(rows, "ours") == {"CPU s": (0.5, "video"), "p95 ms": (0.625, "events")}
    lines = report.ratio_lines(rows, "ours")
    assert "CPU s 0.5 (video)" in lines[0]
    assert lines[1].startswith("Beside events, which records no screen: CPU s 10;")


def test_a_process_is_charged_for_its_children_even_while_they_live() -> None:
    work = "import time\nwhile time.process_time() < 0.6: pass\ntime.sleep(3)"
    parent = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {work!r}]); time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", parent])
    meter = Meter(process)
    until_s = time.monotonic() + 10
    while meter.look() < 0.5 and time.monotonic() < until_s:
        time.sleep(0.05)
    cost = meter.end(signal.SIGTERM)
    assert cost.exit_status == -signal.SIGTERM
    assert 0.4 <= cost.cpu_s < 1.5
    assert 5 < cost.peak_mb < 100
