"""A browser, a terminal and a spreadsheet, recorded and watched: does the replay show what was on the screen?

A minute of work: a form with a drop-down and a dialog, a long text, commands, cells, menus with menus behind them, a
window dragged over another and resized, switching, and a program that nobody agreed to record. The recording goes the
whole way, sealed, opened with the person's key, to a film. The screen was looked at every half second, and before each
press, on connections of the test's own; what differs has to have changed just then.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from benchmarks.session.desk import APPS
from benchmarks.session.watched import captions_of, difference, pictures_at

from aboveboard.base.clock import MILLISECOND_NS, SECOND_NS
from aboveboard.formats.recording import Key, Marker, Timed, Window
from aboveboard.recorder.redact.layers import OUTSIDE
from aboveboard.replay.video import SMALLEST_GAP_NS, Film, export_video
from samples.faithful import Compared, before_each, compare, pressed, with_seen
from samples.session_of_three import STRANGERS, Worked, worked

FRAMES_PER_SECOND = 10
AGE_LIMIT_NS = 100 * MILLISECOND_NS + SECOND_NS // FRAMES_PER_SECOND
FILM_DIFFERENCE = 1.5
"""Of 255: the film is encoded with loss, and has the pointer in it. Its pictures keep ``SMALLEST_GAP_NS``, and its
times are whole milliseconds, rounded down: by so much it may be late, or early."""
STANDS_NS = (600 * MILLISECOND_NS, 1500 * MILLISECOND_NS)
"""From when to when, after it came up, the other program certainly stands there."""

pytestmark = pytest.mark.timeout(420)


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Worked:
    return worked(tmp_path_factory.mktemp("work"), frames_per_second=FRAMES_PER_SECOND)


@pytest.fixture(scope="module")
def film(work: Worked, tmp_path_factory: pytest.TempPathFactory) -> tuple[Film, Path]:
    path = tmp_path_factory.mktemp("film") / "session.mkv"
    return export_video(work.items, path), path


@pytest.fixture(scope="module")
def found(work: Worked) -> list[Compared]:
    """The replay beside the screen, at every glance and every press that came out."""
    presses = [(timed.time_ns, "a press", seen) for timed, seen in with_seen(pressed(work.items), work.presses)]
    glances = [(seen.screen.before_ns, "a glance", seen) for seen in work.glances]
    return list(compare(work.items, sorted(presses + glances, key=lambda act: act[0]), work.looks))


def test_all_three_were_recorded(work: Worked) -> None:
    events = [item.event for item in work.items if isinstance(item, Timed)]
    assert {event.app for event in events if isinstance(event, Window)} == {name.title() for name in APPS}
    typed = "".join(event.text for event in events if isinstance(event, Key) and event.pressed)
    assert "Ann Example" in typed
    assert "=D2*E2" in typed
    reasons = {event.reason for event in events if isinstance(event, Marker)}
    assert {"session", "app_not_disclosed"} <= reasons
    # A window whose focus or page is not known yet may have been active for a moment.
    assert reasons <= {"session", "app_not_disclosed", "focus_unknown", "not_decided"}


def test_the_replay_shows_what_was_on_the_screen(found: Sequence[Compared]) -> None:
    outdated = [
        f"{one.what}: {one.differing} is {'wrong' if one.age_ns is None else f'{one.age_ns / 1e6:.0f} ms old'}"
        for one in found
        if one.age_ns is None or one.age_ns > AGE_LIMIT_NS
    ]
    equal = sum(one.equal_share == 1.0 for one in found)
    oldest_ms = max(float("inf") if one.age_ns is None else one.age_ns / 1e6 for one in found)
    print(f"\n{len(found)} looks: {equal} equal in every pixel; the oldest pixel of the others {oldest_ms:.0f} ms old")
    assert outdated == []
    assert len(found) > 150
    assert equal > 0.7 * len(found)


def test_what_nobody_agreed_to_is_grey(work: Worked) -> None:
    from_ns, to_ns = (work.stranger_ns + after_ns for after_ns in STANDS_NS)
    glances = [seen for seen in work.glances if from_ns < seen.screen.before_ns < to_ns]
    assert glances
    times_ns = [seen.screen.before_ns for seen in glances]
    for seen, (shown, _) in zip(glances, before_each(work.items, times_ns, (1920, 1080)), strict=True):
        assert shown is not None
        x, y = STRANGERS
        assert (seen.screen.words[y : y + 100, x : x + 200] != 0x808080).mean() > 0.9, "it was there"
        assert not seen.scope[y : y + 100, x : x + 200].any()
        assert (shown[~seen.scope] == OUTSIDE[0]).all()


def test_the_film_shows_it_and_says_what_was_done(work: Worked, film: tuple[Film, Path]) -> None:
    made, path = film
    assert (made.width, made.height) == (1920, 1080)
    assert made.duration_s > 55
    times_ns = [seen.screen.before_ns for seen in work.glances]
    times_s = [(time_ns - made.start_ns) / SECOND_NS for time_ns in times_ns]
    pictures = before_each(work.items, times_ns, (1920, 1080))
    earlier, later = (
        before_each(work.items, [time_ns + off_ns for time_ns in times_ns], (1920, 1080))
        for off_ns in (-SMALLEST_GAP_NS, MILLISECOND_NS)
    )
    apart = [
        min(difference(picture, one) for one in (shown, before, after) if one is not None)
        for picture, (shown, _), (before, _), (after, _) in zip(
            pictures_at(path, times_s), pictures, earlier, later, strict=True
        )
        if shown is not None
    ]
    print(f"\n{made.frames} pictures in {made.duration_s:.0f} s; from the replay {max(apart):.2f} of 255 apart at most")
    assert len(apart) == len(work.glances)
    assert np.max(apart) < FILM_DIFFERENCE
    told = captions_of(path)
    assert len(told) == made.captions
    windows = ["window: Xterm — Terminal", "window: Gnumeric — Format Cells"]
    wanted = ["type: Example", "key: Return", "scroll down 6", *windows]
    assert [text for text in wanted if text not in told] == []
    assert "not recorded: app not disclosed" in told
    assert not any("Only you" in text or "Another program" in text for text in told)
