"""Whatever happens, in any order: what is spooled is covered and in order, nothing permitted is lost or doubled.

And whoever draws the segments one after another sees the screen as it was, or none.
"""

import itertools
import tempfile
from pathlib import Path

import msgspec
import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from aboveboard.base.clock import SECOND_NS
from aboveboard.formats import envelope
from aboveboard.formats import lease as leases
from aboveboard.formats.recording import Session, Timed
from aboveboard.recorder.capture.port import Frame, Pixels, Rect
from aboveboard.replay.canvas import Canvas
from aboveboard.rules.decision import Reason, no
from aboveboard.rules.lease import leases_cover
from aboveboard.sealing.signatures import open_signed
from samples.recorder_bench import Bench
from samples.synthetic_source import HEIGHT, PART, WIDTH, key, part_frame, whole_frame

FILM = Rect(110, 60, 180, 100)
RECTS = [PART, Rect(100, 50, 200, 120), Rect(0, 0, 64, 200)]

STEPS = st.one_of(
    st.tuples(st.just("keys"), st.integers(1, 3)),
    st.tuples(st.just("keys"), st.integers(1, 3)),
    st.tuples(st.just("frame"), st.booleans()),
    st.tuples(st.just("frame"), st.just(False)),
    st.tuples(st.just("time"), st.sampled_from([0.1, 0.1, 0.5, 2.0, 6.0, 16.0])),
    st.tuples(st.just("grant"), st.sampled_from([1.0, 4.0, 15.0])),
    st.tuples(st.just("pause"), st.none()),
    st.tuples(st.just("end"), st.none()),
    st.tuples(st.just("anew"), st.none()),
    st.tuples(st.just("film"), st.none()),
    st.tuples(st.just("discard"), st.none()),
    st.tuples(st.just("epoch"), st.none()),
    st.tuples(st.just("sleep"), st.sampled_from([0.5, 1.5, 30.0])),
    st.tuples(st.just("set clock"), st.sampled_from([-7200, -3, 3, 7200])),
)


class Story:
    """Plays steps on a bench and remembers what must and what must not be kept."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.epoch = 0
        self.number = itertools.count()
        self.permitted: list[str] = []
        self.forbidden: list[str] = []
        self.voided = False
        self.screen = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
        self.shown: dict[int, list[NDArray[np.uint8]]] = {}
        """What the screen looked like at the time of each frame; where the clock was set, at more than one time."""

    def frame(self, *, whole: bool) -> None:
        now_ns, shade = self.bench.clock.wall_ns(), next(self.number)
        frame = whole_frame(now_ns, shade) if whole else part_frame(now_ns, shade, RECTS[shade % len(RECTS)])
        self.show(frame)

    def show(self, frame: Frame) -> None:
        for patch in frame.patches:
            rect = patch.rect
            self.screen[rect.y : rect.y + rect.height, rect.x : rect.x + rect.width] = patch.bgrx
        self.shown.setdefault(frame.time_ns, []).append(np.ascontiguousarray(self.screen[..., 2::-1]))
        self.bench.frame(frame)

    def film(self) -> None:
        now_ns, seed = self.bench.clock.wall_ns(), next(self.number)
        picture = np.random.default_rng(seed).integers(0, 256, (FILM.height, FILM.width, 4), np.uint8)
        picture[..., 3] = 255
        self.show(Frame(now_ns, (Pixels(FILM, picture),), False))

    def play(self, what: str, how: object) -> None:
        bench = self.bench
        if what == "keys":
            for _ in range(int(str(how))):
                name = f"key {next(self.number)}"
                allowed = bench.book.at(bench.clock.boot_ns()).allowed
                (self.permitted if allowed else self.forbidden).append(name)
                bench.event(msgspec.structs.replace(key("k"), name=name))
                bench.clock.advance(1_000_000)
        elif what == "frame":
            self.frame(whole=bool(how))
        elif what == "film":
            for _ in range(8):
                self.film()
                bench.pass_time(0.1)
        elif what == "time":
            bench.pass_time(float(str(how)))
        elif what == "grant":
            bench.grant(duration_s=float(str(how)), epoch=self.epoch)
        elif what == "pause":
            bench.book.end(no(Reason.PAUSED_BY_PERSON), boot_ns=bench.clock.boot_ns(), drop=True)
            self.voided = True
        elif what == "end":
            bench.step()
            # An end is heard over the network: it never bears the very nanosecond of the last item.
            bench.clock.advance(1)
            bench.book.end(no(Reason.LEASE_BUDGET_SPENT), boot_ns=bench.clock.boot_ns(), drop=False)
            bench.step()
        elif what == "anew":
            bench.step()
            bench.writer.begin_anew("screen_stalled")
        elif what == "discard":
            bench.step()
            bench.writer.discard_open("discarded_by_person")
            self.voided = True
        elif what == "epoch":
            self.epoch += 1
            self.voided = True
            bench.grant(epoch=self.epoch)
        elif what == "sleep":
            bench.clock.sleep(int(float(str(how)) * SECOND_NS))
        else:
            bench.step()
            bench.clock.wall += int(str(how)) * SECOND_NS


def check_segments(bench: Bench) -> None:
    """Each segment by itself, as the vault and any reader would see it."""
    previous = None
    found = sorted(bench.segments(), key=lambda each: each[0].sequence)
    for number, (manifest, items) in enumerate(found):
        assert (manifest.sequence, manifest.previous_sha256) == (number, previous)
        previous = manifest.sha256
        shown = [
            leases.decode(open_signed(envelope.decode(text.encode()), leases.PAYLOAD_TYPE, bench.who.vault.public))
            for text in manifest.leases
        ]
        assert leases_cover(manifest, shown, now_ns=2**62).allowed
        first = items[0]
        assert isinstance(first, Timed)
        assert isinstance(first.event, Session)
        times = [item.time_ns for item in items]
        assert times == sorted(times)
        assert manifest.start_wall_ns == times[0]
        assert times[-1] <= manifest.end_wall_ns
    for (before, _), (after, _) in itertools.pairwise(found):
        assert before.end_boot_ns <= after.start_boot_ns, "segments do not overlap"


def check_screen(story: Story) -> None:
    """A reader of all segments in order sees what was on the screen at each frame, and never anything else.

    Where something was shown with loss, only what is shown in the end is compared: that is exact again.
    """
    canvas, lossy = Canvas(), False
    for _, items in sorted(story.bench.segments(), key=lambda each: each[0].sequence):
        for place, item in enumerate(items):
            if isinstance(item, Timed):
                if isinstance(item.event, Session):
                    canvas.begin(item.event)
                continue
            canvas.apply(item)
            lossy = (lossy or item.lossy) and not item.whole
            assert not canvas.lost, "a segment never goes on from one that is not there"
            last_of_frame = item.time_ns not in {later.time_ns for later in items[place + 1 :]}
            pixels = canvas.snapshot()
            assert pixels is not None
            if last_of_frame and not lossy and item.time_ns in story.shown:
                assert any(np.array_equal(pixels, picture) for picture in story.shown[item.time_ns])
    assert np.array_equal(canvas.snapshot(), story.screen[..., 2::-1]), "in the end"


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEPS, min_size=12, max_size=30))
def test_any_story_is_told_truly(steps: list[tuple[str, object]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder) / "recorder")
        story = Story(bench)
        bench.grant()
        for what, how in steps:
            story.play(what, how)
        bench.step()
        bench.grant(epoch=story.epoch)
        story.play("frame", True)
        bench.pass_time(0.8)
        bench.writer.finish()
        check_segments(bench)
        check_screen(story)
        kept = [timed.event.name for timed in bench.kept()]  # type: ignore[union-attr]
        assert len(kept) == len(set(kept)), "nothing twice"
        assert not set(kept) & set(story.forbidden), "nothing that no lease covered"
        if not story.voided:
            assert sorted(kept) == sorted(story.permitted), "nothing lost"
