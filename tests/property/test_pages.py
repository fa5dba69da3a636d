"""Nothing of a page that is not to be recorded comes out, whenever it is told of, in whatever order."""

from dataclasses import dataclass, field

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.base.clock import MILLISECOND_NS, SECOND_NS
from aboveboard.formats.recording import Button, Control, Key, Marker, Site, Timed, Window
from aboveboard.recorder.capture.port import Pixels, Rect, WindowFacts
from aboveboard.recorder.redact.context import Context
from aboveboard.recorder.redact.cover import COVER, Canvas
from aboveboard.recorder.redact.gate import Gate, RawFrame
from aboveboard.recorder.redact.scope import Active, Stacked
from aboveboard.recorder.redact.timeline import HOLD_NS, REACH_NS, Focus
from aboveboard.recorder.redact.veil import Veil
from aboveboard.rules.pages import Shown
from samples.disclosed import app, disclosure

START = 1_800_000_000 * SECOND_NS
SCREEN = Rect(0, 0, 8, 4)
LEFT, RIGHT = Rect(0, 0, 4, 4), Rect(4, 0, 4, 4)
PAGE, NOTES = 1, 2
DISCLOSED = disclosure(app("Chromium", site="exact", control="exact"), app("Editor", control="exact"))
HIDDEN: tuple[Shown, ...] = ("private_window", "sensitive_site", "log_in", "site_not_disclosed", "not_decided")
TELLS: tuple[Shown, ...] = ("open", "open", *HIDDEN)


def window(number: int) -> WindowFacts:
    wm_class, rect = ("Chromium", LEFT) if number == PAGE else ("Editor", RIGHT)
    return WindowFacts(number, wm_class, f"title {number}", number, rect)


STACK = tuple(Stacked(window(one).rect, (window(one).rect,), window(one).rect, window(one)) for one in (PAGE, NOTES))
times = st.integers(0, 5_000).map(lambda ms: START + ms * MILLISECOND_NS)


@dataclass
class Story:
    """``shown``: what the browser's window shows from when on, and how much later that is told."""

    shown: list[tuple[int, Shown]]
    late_ns: int
    keys: list[int] = field(default_factory=list)
    clicks: list[tuple[int, int]] = field(default_factory=list)
    controls: list[int] = field(default_factory=list)
    frames: list[int] = field(default_factory=list)
    active: list[tuple[int, int]] = field(default_factory=list)

    def at(self, time_ns: int) -> Shown:
        return next((shown for since, shown in reversed(self.shown) if since <= time_ns), "open")

    def hidden(self) -> list[tuple[int, int, Shown]]:
        """From when to when nothing may come out of the window, and why."""
        ends = [since for since, _ in self.shown[1:]] + [START + 100 * SECOND_NS]
        return [(since, end, shown) for (since, shown), end in zip(self.shown, ends, strict=False) if shown in HIDDEN]

    def window_at(self, time_ns: int) -> int:
        return next((number for since, number in reversed(self.active) if since <= time_ns), PAGE)


@st.composite
def stories(draw: st.DrawFn) -> Story:
    listed = lambda one, most: draw(st.lists(one, max_size=most, unique=True))  # noqa: E731
    shown = sorted(draw(st.lists(st.tuples(times, st.sampled_from(TELLS)), max_size=6, unique_by=lambda one: one[0])))
    return Story(
        shown=shown,
        late_ns=draw(st.integers(0, HOLD_NS // MILLISECOND_NS - 1)) * MILLISECOND_NS,
        keys=listed(times, 20),
        clicks=draw(st.lists(st.tuples(times, st.sampled_from([LEFT.x, RIGHT.x])), max_size=8)),
        controls=listed(times, 8),
        frames=listed(times, 20),
        active=sorted(draw(st.lists(st.tuples(times, st.sampled_from([PAGE, NOTES])), max_size=4))),
    )


@dataclass
class Out:
    events: list[Timed] = field(default_factory=list)
    pictures: list[tuple[int, np.ndarray, bool]] = field(default_factory=list)  # type: ignore[type-arg]


def play(story: Story, *, step_ms: int = 60) -> Out:
    """Everything is told by the time it is known, and known in steps."""
    gate, out = Gate(DISCLOSED), Out()
    canvas = Canvas(Veil(DISCLOSED))
    shown = np.zeros((4, 8), np.uint32)
    gate.layout(START - SECOND_NS, STACK)
    gate.page(START - SECOND_NS, PAGE, "open")
    gate.active(START - SECOND_NS, Active(window(PAGE)))
    gate.focus_seen(START - 10 * SECOND_NS, Focus.OPEN)
    happen = [
        (at + story.late_ns, 0, lambda at=at, one=one: gate.page(at + story.late_ns, PAGE, one))
        for at, one in story.shown
    ]
    happen += [(at, 1, lambda at=at, one=one: gate.active(at, Active(window(one)))) for at, one in story.active]
    for code, at in enumerate(story.keys):
        pressed = Key(keycode=code, keysym=97, name=chr(97 + code), text=chr(97 + code), pressed=True, modifiers=[])
        happen.append((at, 2, lambda at=at, pressed=pressed: gate.offer(at, pressed)))
    for at, x in story.clicks:
        happen.append((at, 2, lambda at=at, x=x: gate.offer(at, Button(button=1, pressed=True, x=x, y=1))))
    for number, at in enumerate(story.controls):
        told = Control(cause="focus", role="entry", x=number, y=0, width=1, height=1, states=[], path=[], name="word")
        happen.append((at, 2, lambda at=at, told=told: gate.context(at, Context(PAGE, at, told))))
        site = Site(host=f"{number}.example", url=f"https://{number}.example/")
        happen.append((at, 2, lambda at=at, site=site: gate.context(at, Context(PAGE, at, site))))
    for at in story.frames:
        pixels = np.full((4, 8, 4), 255, np.uint8)
        raw = RawFrame(at, (8, 4), (Pixels(SCREEN, pixels),), whole=at == min(story.frames))
        happen.append((at, 2, lambda at=at, raw=raw: gate.offer(at, raw)))
    happen.sort(key=lambda one: one[:2])
    for known in range(START, START + 12 * SECOND_NS, step_ms * MILLISECOND_NS):
        while happen and happen[0][0] < known:
            happen.pop(0)[2]()
        for item in gate.release(known):
            if isinstance(item, Timed):
                out.events.append(item)
                continue
            frame = canvas.draw(item, gate.covered(item.time_ns))
            for patch in frame.patches if frame is not None else ():
                place = patch.rect
                inside = shown[place.y : place.y + place.height, place.x : place.x + place.width]
                inside[:] = patch.bgrx.copy().view(np.uint32)[..., 0]
            if frame is not None:
                out.pictures.append((item.time_ns, shown.copy(), frame.whole))
    return out


def of(out: Out, *kinds: type) -> list[Timed]:
    return [timed for timed in out.events if isinstance(timed.event, kinds)]


def when(story: Story, timed: Timed) -> int:
    """When it happened: a synthetic release has a later time."""
    return story.keys[ord(timed.event.name) - 97] if isinstance(timed.event, Key) else timed.time_ns


@given(stories(), st.integers(20, 200))
@settings(max_examples=60, deadline=None)
def test_nothing_of_a_hidden_stretch_comes_out(story: Story, step_ms: int) -> None:
    out = play(story, step_ms=step_ms)
    ordered = [timed.time_ns for timed in out.events if not isinstance(timed.event, Key)]  # some keys come later
    assert ordered == sorted(ordered)
    for since, end, _ in story.hidden():
        for timed in out.events:
            if not since <= when(story, timed) < end:
                continue
            typed_into = story.window_at(when(story, timed))
            match timed.event:
                case Key():
                    assert typed_into == NOTES
                case Control():
                    raise AssertionError(timed)
                case Button():
                    assert (typed_into, timed.event.x) == (NOTES, RIGHT.x)
                case Site():
                    assert timed.event == Site(host="")
                case Window():
                    assert timed.event.title in {"", "title 2"}
        for at, picture, _ in out.pictures:
            if since <= at < end:
                assert (picture[:, : LEFT.width].view(np.uint8).reshape(4, 4, 4) == COVER).all()


@given(stories())
@settings(max_examples=50, deadline=None)
def test_keys_from_what_led_to_a_hidden_page_on_do_not_come_out(story: Story) -> None:
    out = play(story)
    for since, end, _ in story.hidden():
        told_ns = since + story.late_ns
        led = max((at for at, _ in story.clicks if told_ns - REACH_NS <= at <= told_ns), default=since)
        for timed in of(out, Key):
            at = when(story, timed)
            assert not (led <= at < end and story.window_at(at) == PAGE)


@given(stories())
@settings(max_examples=50, deadline=None)
def test_what_is_open_is_not_lost_and_what_is_hidden_is_marked(story: Story) -> None:
    out = play(story)
    far = lambda at: all(not since - REACH_NS - HOLD_NS <= at <= end + 2 * HOLD_NS for since, end, _ in story.hidden())  # noqa: E731
    came = {(timed.time_ns, timed.event.x) for timed in of(out, Button) if isinstance(timed.event, Button)}
    assert {one for one in story.clicks if far(one[0])} <= came
    markers = [timed.event for timed in of(out, Marker) if isinstance(timed.event, Marker)]
    for since, end, why in story.hidden():
        if end - since > 2 * HOLD_NS and story.late_ns == 0:
            mine = [one for one in markers if one.reason == why and one.start_ns < end and one.end_ns > since]
            assert mine, (why, markers)
            assert all(marker.count == 0 for marker in mine)


def test_when_a_log_in_is_left_the_whole_picture_is_told_anew() -> None:
    for why, whole in (("log_in", True), ("sensitive_site", False)):
        story = Story(shown=[(START + SECOND_NS, why), (START + 2 * SECOND_NS, "open")], late_ns=0)  # type: ignore[list-item]
        story.frames = [START]
        (first, _, _), *later = play(story).pictures
        assert first == START
        covered, shown = later[0], later[-1]
        assert (covered[1][:, :4].view(np.uint8).reshape(4, 4, 4) == COVER).all()
        assert START + 2 * SECOND_NS + HOLD_NS < shown[0] <= START + 2 * SECOND_NS + HOLD_NS + 2 * MILLISECOND_NS
        assert (shown[1].view(np.uint8) == 255).all()
        assert shown[2] is whole


def test_where_others_write_words_do_not_come_out_and_the_picture_is_not_covered_but_flattened() -> None:
    story = Story(shown=[(START + SECOND_NS, "others")], late_ns=0, frames=[START, START + 2 * SECOND_NS])
    story.controls, story.clicks = [START + 2 * SECOND_NS], [(START + 2 * SECOND_NS, LEFT.x)]
    out = play(story)
    assert [timed.event.x for timed in of(out, Button) if isinstance(timed.event, Button)] == [LEFT.x]
    (control,) = [timed.event for timed in of(out, Control)]
    assert isinstance(control, Control)
    assert (control.role, control.name) == ("entry", "")
    assert [timed.event for timed in of(out, Site)] == [Site(host="0.example")]
    titles = [timed.event.title for timed in of(out, Window) if isinstance(timed.event, Window)]
    assert list(dict.fromkeys(titles)) == ["title 1", ""]
    gate = Gate(DISCLOSED)
    gate.layout(START, STACK)
    gate.page(START, PAGE, "others")
    assert gate.flattened(START) == (LEFT,)
    assert not gate.covered(START + SECOND_NS)


def test_a_window_that_nobody_has_asked_is_hidden() -> None:
    gate = Gate(DISCLOSED)
    gate.layout(START, STACK)
    gate.active(START, Active(window(PAGE)))
    gate.focus_seen(START, Focus.OPEN)
    gate.offer(START + SECOND_NS, Button(button=1, pressed=True, x=LEFT.x, y=1))
    gate.offer(START + SECOND_NS, Button(button=1, pressed=True, x=RIGHT.x, y=1))
    out = [item.event for item in gate.release(START + 4 * SECOND_NS) if isinstance(item, Timed)]
    assert not [event for event in out if isinstance(event, Button)]
    assert [event.title for event in out if isinstance(event, Window)] == [""]
    assert gate.covered(START + SECOND_NS) == (LEFT,)
