"""Was on the recorded screen what the person saw who clicked or pressed a key just then?

Before each press the hand looks at the screen itself, on a connection of its own, and another look follows all that is
painted. Then the recording is opened with the person's key and replayed: the picture in force just before each press
has to be what was on the screen, but for what changed in the last tenth of a second, and to be read as well.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from aboveboard.base.clock import MILLISECOND_NS, SECOND_NS
from aboveboard.formats.mcap_file import Item
from aboveboard.formats.recording import Button, Key, Timed
from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.recorder.capture.port import Rect
from aboveboard.replay.canvas import frame_before
from aboveboard.replay.pixels import Pixels
from samples import spoilt
from samples.faithful import Compared, compare, pressed, with_seen
from samples.legible_desk import PLACES, WORDS, Worked, worked
from samples.painted import changes_recorded, delays_s
from samples.reading import Reader, found_of
from samples.second_look import as_pixels

FRAMES_PER_SECOND = 10
PERIOD_NS = SECOND_NS // FRAMES_PER_SECOND
AGE_LIMIT_NS = 100 * MILLISECOND_NS + PERIOD_NS
EQUAL_SHARE = 0.99
"""Of all pixels in scope, over all presses: text may scroll somewhere while a key goes down."""
LEGIBLE_SHARE = 0.98
PROMPT_S = 0.008
"""For the server, the processes that wake, and the reading of the pixels."""

pytestmark = pytest.mark.timeout(420)


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Worked:
    return worked(tmp_path_factory.mktemp("work"), frames_per_second=FRAMES_PER_SECOND)


@pytest.fixture(scope="module")
def plain(work: Worked) -> list[Item]:
    return spoilt.plain(work.items)


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader() as program:
        yield program


def compared(work: Worked, items: Sequence[Item], *, every: int = 1) -> list[Compared]:
    """Every press that came out, or one in so many, with ``items`` as what was recorded of the screen."""
    pairs = with_seen(pressed(work.items)[::every], work.seen)
    return list(compare(items, [(timed.time_ns, name(timed), seen) for timed, seen in pairs], work.looks))


def name(timed: Timed) -> str:
    event = timed.event
    return f"key {event.name}" if isinstance(event, Key) else f"click at {event.x}, {event.y}"


def outdated(found: Sequence[Compared]) -> list[str]:
    """Those whose picture was wrong, or older than it may be."""
    return [
        f"{one.what}: {one.differing} is {'wrong' if one.age_ns is None else f'{one.age_ns / 1e6:.0f} ms old'}"
        for one in found
        if one.age_ns is None or one.age_ns > AGE_LIMIT_NS
    ]


def legible_share(found: Sequence[Compared], reader: Reader) -> tuple[int, float, float]:
    """How many words were read on the screens, the share of them found in the replay, and that of the worst press."""
    wanted = read = 0
    worst = 1.0
    for one in found:
        scope = one.seen.scope[..., np.newaxis]
        truth, shown = (np.where(scope, pixels, 0) for pixels in (as_pixels(one.seen.screen.words), one.shown))
        counts = [(reader.words(cut(truth, place)), reader.words(cut(shown, place))) for place in PLACES.values()]
        words, again = sum(a.total() for a, _ in counts), sum(found_of(a, b) for a, b in counts)
        wanted, read, worst = wanted + words, read + again, min(worst, again / words)
    return wanted, read / wanted, worst


def cut(pixels: Pixels, place: Rect) -> Pixels:
    return pixels[place.y : place.y + place.height, place.x : place.x + place.width]


def test_nearly_every_press_came_out(work: Worked) -> None:
    """Else too little would be compared: only the keys of an open menu may be withheld."""
    came = pressed(work.items)
    assert len(work.seen) - 6 <= len(came) <= len(work.seen)
    assert sum(isinstance(timed.event, Button) for timed in came) == 13
    assert sum(isinstance(timed.event, Key) for timed in came) > 85


def test_the_picture_before_each_press_is_what_was_on_the_screen(work: Worked) -> None:
    found = compared(work, work.items)
    ages_ms = [float("inf") if one.age_ns is None else one.age_ns / 1e6 for one in found]
    shares = [one.equal_share for one in found]
    print(
        f"\n{len(found)} presses: {np.mean(shares):.3%} of the pixels equal, {min(shares):.2%} at worst; equal in all "
        f"at {shares.count(1.0)}; the oldest pixel {max(ages_ms):.0f} ms old, of {AGE_LIMIT_NS / 1e6:.0f} allowed"
    )
    assert outdated(found) == []
    assert np.mean(shares) >= EQUAL_SHARE


def test_it_is_the_picture_that_others_get_from_a_replay(work: Worked) -> None:
    for one in compared(work, work.items)[::20]:
        again = frame_before(work.items, one.time_ns)
        assert again is not None
        assert np.array_equal(again, one.shown)


def test_the_text_on_it_is_read_as_well(work: Worked, reader: Reader) -> None:
    words, share, worst = legible_share(compared(work, work.items, every=3), reader)
    print(
        f"\n{words} words in {reader.pictures} different pictures: {share:.2%} read in the replay, {worst:.2%} at worst"
    )
    assert share >= LEGIBLE_SHARE
    assert words > 10_000


def test_the_reader_can_read(work: Worked, reader: Reader) -> None:
    """Else everything would be as legible as nothing."""
    words = reader.words(cut(as_pixels(work.seen[0].screen.words), PLACES["page"]))
    known = sum(count for word, count in words.items() if word.strip(".").lower() in WORDS)
    assert known > 150
    assert known / words.total() > 0.9


def test_told_otherwise_it_shows_the_same(work: Worked, plain: Sequence[Item]) -> None:
    """What is spoilt below is whole before."""
    assert outdated(compared(work, plain)) == []


def test_pictures_with_loss_are_noticed(work: Worked, plain: Sequence[Item]) -> None:
    found = compared(work, spoilt.lossy(plain), every=8)
    assert len(outdated(found)) > 0.8 * len(found)


def test_one_picture_a_second_is_noticed(work: Worked, plain: Sequence[Item]) -> None:
    assert len(outdated(compared(work, spoilt.slow(plain)))) > 30


@pytest.mark.parametrize("part", [0.2, 0.4, 0.6, 0.8])
def test_one_missing_patch_is_noticed(work: Worked, plain: Sequence[Item], part: float) -> None:
    """The last one before a press, as long ago as it may be shown late."""
    presses = pressed(work.items)
    act_ns = presses[int(len(presses) * part)].time_ns
    assert outdated(compared(work, spoilt.without(plain, act_ns - AGE_LIMIT_NS, act_ns))) != []


@pytest.mark.parametrize(("frames_per_second", "limit_s"), [(10, 0.100), (30, 0.034)])
def test_a_change_is_captured_in_time(tmp_path: Path, frames_per_second: int, limit_s: float) -> None:
    made, items = changes_recorded(tmp_path, rounds=60, frames_per_second=frames_per_second)
    delays_ms = np.array(delays_s(made, items)) * 1000
    p50, p95, longest = np.quantile(delays_ms, [0.5, 0.95, 1.0])
    print(
        f"\n{frames_per_second} frames a second, {len(made)} changes: shown after {p50:.1f} ms (p95 {p95:.1f}, "
        f"longest {longest:.1f}, shortest {delays_ms.min():.1f})"
    )
    assert p95 <= (limit_s + PROMPT_S) * 1000
    assert longest <= AGE_LIMIT_NS / 1e6
    assert delays_ms.min() > -PROMPT_S * 1000, "it was not shown before it was there"
    assert any(isinstance(item, ScreenPatch) for item in items)
