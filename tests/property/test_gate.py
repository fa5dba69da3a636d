"""Does the gate ever let out a key or a word that it should not, and does it lose anything else?"""

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.base.clock import MILLISECOND_NS, SECOND_NS
from aboveboard.formats.recording import (
    Button,
    Control,
    Display,
    Key,
    Keyboard,
    KeyCount,
    Marker,
    Monitor,
    Pen,
    Pointer,
    Site,
    Timed,
    Touch,
    Window,
)
from aboveboard.recorder.capture.port import Rect, WindowFacts
from aboveboard.recorder.redact.context import Context
from aboveboard.recorder.redact.gate import Gate
from aboveboard.recorder.redact.key_judge import ENTER_NS
from aboveboard.recorder.redact.scope import Active, Stacked
from aboveboard.recorder.redact.timeline import HOLD_NS, REACH_NS, Focus
from samples.disclosed import app, disclosure

START = 1_000 * SECOND_NS
SCREEN = Rect(0, 0, 100, 100)
DISCLOSURE = disclosure(
    app("editor", site="exact", control="exact"),
    app("counted", keystrokes="count", site="host", control="role"),
    app("quiet", keystrokes="none"),
)
PIDS = {"editor": 7, "counted": 8, "quiet": 9, "stranger": 10}


def window(wm_class: str) -> WindowFacts:
    return WindowFacts(window_id=1, wm_class=wm_class, title="words-of-frame", pid=PIDS[wm_class], rect=SCREEN)


def stack(wm_class: str) -> tuple[Stacked, ...]:
    return (Stacked(SCREEN, (SCREEN,), SCREEN, window(wm_class)),)


def key(code: int, *, pressed: bool, name: str = "a") -> Key:
    text = "a" if pressed and name == "a" else ""
    return Key(keycode=code, keysym=97, name=name, text=text, pressed=pressed, modifiers=[])


def in_order(out: list[Timed]) -> bool:
    """Is it, but for keys, which may come later than all else, and are in order too?"""
    keys = [one.time_ns for one in out if isinstance(one.event, Key | KeyCount)]
    others = [one.time_ns for one in out if not isinstance(one.event, Key | KeyCount)]
    return keys == sorted(keys) and others == sorted(others)


times = st.integers(0, 6_000).map(lambda ms: START + ms * MILLISECOND_NS)
codes = st.integers(10, 13)


@dataclass
class Told:
    """A control or a site: what it is about, when that is known, and who tells it."""

    at: int
    late_ns: int
    pid: int
    event: Control | Site
    secret: bool = False

    @property
    def context(self) -> Context:
        point = (self.event.x, self.event.y) if isinstance(self.event, Control) else None
        return Context(self.pid, self.at + self.late_ns, self.event, self.secret, point)


@dataclass
class Story:
    """What happens in six seconds, in any order of writing it down."""

    keys: list[tuple[int, Key]] = field(default_factory=list)
    clicks: list[int] = field(default_factory=list)
    focus: list[tuple[int, Focus]] = field(default_factory=list)
    active: list[tuple[int, str]] = field(default_factory=list)
    context: list[Told] = field(default_factory=list)
    other: list[tuple[int, Any]] = field(default_factory=list)


def control(cause: Any, role: str, number: int) -> Control:
    """A control with a word in each place that can hold one."""
    path = ["frame: words-of-frame", "menu bar", "menu: words-of-menu"]
    words = {
        "name": f"name-{number}",
        "value": "words-of-value",
        "options": ["words-a", "words-b"],
        "chosen": "words-a",
    }
    return Control(cause=cause, role=role, x=number, y=5, width=9, height=9, states=["showing"], path=path, **words)


def words_of(event: Control) -> list[str]:
    words = [event.name, event.value, event.chosen, *event.options, *(step.partition(": ")[2] for step in event.path)]
    return [word for word in words if word]


@st.composite
def tellings(draw: st.DrawFn) -> list[Told]:
    """Controls, each with a place of its own, and sites."""
    late = st.integers(0, 900).map(lambda ms: ms * MILLISECOND_NS)
    pids = st.sampled_from([7, 7, 7, 8, 10])
    causes, roles = st.sampled_from(["click", "focus", "choice"]), st.sampled_from(["push button", "password text"])
    some = draw(st.lists(st.tuples(times, late, pids, causes, roles, st.booleans()), max_size=12))
    told = [
        Told(at, by, pid, control(cause, role, n), secret) for n, (at, by, pid, cause, role, secret) in enumerate(some)
    ]
    pages = draw(st.lists(st.tuples(times, late, pids, st.sampled_from("abc")), max_size=6))
    sites = [Site(host=f"{letter}.example", url=f"https://{letter}.example/words") for _, _, _, letter in pages]
    return told + [Told(at, by, pid, site) for (at, by, pid, _), site in zip(pages, sites, strict=True)]


@st.composite
def rich_stories(draw: st.DrawFn, classes: tuple[str, ...] = ("editor",)) -> Story:
    """Like :func:`stories`, with controls, sites, fingers, pens, monitors and layouts mixed in."""
    story = draw(stories(classes))
    story.context = draw(tellings())
    finger = st.builds(
        Touch, finger=st.integers(0, 2), phase=st.sampled_from(["begin", "move", "end"]), x=st.just(5), y=st.just(5)
    )
    pen = st.builds(Pen, x=st.just(5), y=st.just(5), touching=st.booleans(), pressure=st.just(0.5))
    standing = st.sampled_from(
        [Keyboard(layout="de"), Display(monitors=[Monitor(name="A", x=0, y=0, width=1, height=1)])]
    )
    story.other = draw(st.lists(st.tuples(times, finger | pen | standing), max_size=12))
    return story


@st.composite
def stories(draw: st.DrawFn, classes: tuple[str, ...] = ("editor",)) -> Story:
    keys = draw(st.lists(st.tuples(times, codes, st.booleans(), st.sampled_from(["a", "a", "a", "Tab"])), max_size=40))
    focus = draw(st.lists(st.tuples(times, st.sampled_from(list(Focus))), max_size=8))
    active = draw(st.lists(st.tuples(times, st.sampled_from(classes)), max_size=5, unique_by=lambda a: a[0]))
    return Story(
        keys=[(at, key(code, pressed=down, name=name)) for at, code, down, name in keys],
        clicks=draw(st.lists(times, max_size=4)),
        focus=sorted(focus, key=lambda f: f[0]),
        active=sorted(active, key=lambda a: a[0]),
    )


def play(story: Story, *, step_ms: int = 70) -> list[Timed]:
    """Let it happen: everything is told by the time it is known, and known in steps."""
    gate = Gate(DISCLOSURE)
    gate.page(START - 10 * SECOND_NS, 1, "open")  # its rule tells sites, so it must be known what it shows
    gate.layout(START - SECOND_NS, stack("editor"))
    gate.active(START - SECOND_NS, Active(window("editor")))
    gate.focus_seen(START - 10 * SECOND_NS, Focus.OPEN)
    happenings = [(at, 0, lambda at=at, f=f: gate.focus_seen(at, f)) for at, f in story.focus]
    happenings += [(at, 1, lambda at=at, c=c: gate.active(at, Active(window(c)))) for at, c in story.active]
    happenings += [(at, 2, lambda at=at, k=k: gate.offer(at, k)) for at, k in story.keys]
    click = Button(button=1, pressed=True, x=5, y=5)
    happenings += [(at, 2, lambda at=at: gate.offer(at, click)) for at in story.clicks]
    happenings += [(at, 2, lambda at=at, o=o: gate.offer(at, o)) for at, o in story.other]
    happenings += [(t.at + t.late_ns, 3, lambda t=t: gate.context(t.at, t.context)) for t in story.context]
    happenings.sort(key=lambda item: item[:2])
    out: list[Timed] = []
    for known in range(START, START + 10 * SECOND_NS, step_ms * MILLISECOND_NS):
        while happenings and happenings[0][0] < known:
            happenings.pop(0)[2]()
        out += [item for item in gate.release(known) if isinstance(item, Timed)]
    out += [item for item in gate.release(START + 10 * SECOND_NS, last=True) if isinstance(item, Timed)]
    return out


def stretches(story: Story, *, of: Focus) -> list[tuple[int, int]]:
    """When the focus was ``of``, unwidened."""
    ends = [*(at for at, _ in story.focus[1:]), START + 100 * SECOND_NS]
    return [(at, end) for (at, focus), end in zip(story.focus, ends, strict=False) if focus is of]


def told_keys(out: list[Timed]) -> list[tuple[int, Key]]:
    return [(timed.time_ns, timed.event) for timed in out if isinstance(timed.event, Key)]


def movers(story: Story) -> list[int]:
    return sorted(story.clicks + [at for at, k in story.keys if k.pressed and k.name == "Tab"])


def active_at(story: Story, time_ns: int) -> str:
    return next((wm_class for at, wm_class in reversed(story.active) if at <= time_ns), "editor")


def controls(out: list[Timed]) -> dict[int, Timed]:
    """The controls that came out, each once, by the number in their place."""
    told = [timed for timed in out if isinstance(timed.event, Control)]
    found = {timed.event.x: timed for timed in told if isinstance(timed.event, Control)}
    assert len(found) == len(told)
    return found


@given(rich_stories(("editor", "counted", "quiet", "stranger")), st.integers(20, 200))
@settings(max_examples=150, deadline=None)
def test_context_comes_out_in_order_of_active_disclosed_windows_only(story: Story, step_ms: int) -> None:
    out = play(story, step_ms=step_ms)
    assert in_order(out)
    came = controls(out)
    for told in story.context:
        if not isinstance(told.event, Control):
            continue
        timed, wm_class = came.get(told.event.x), active_at(story, told.at)
        # The windows lie as at the start: all that is clicked on is the editor's.
        mine = PIDS[wm_class] == told.pid and (told.event.cause != "click" or wm_class == "editor")
        if not mine or wm_class not in {"editor", "counted"}:
            assert timed is None
        elif told.late_ns < HOLD_NS:
            assert timed is not None
            assert timed.time_ns == told.at
        if timed is not None:
            assert isinstance(timed.event, Control)
            assert timed.time_ns in {told.at} or timed.time_ns >= told.at + told.late_ns
            assert not (wm_class == "counted" and words_of(timed.event))
    for timed in out:
        if isinstance(timed.event, Site) and timed.event.host:
            assert active_at(story, timed.time_ns) in {"editor", "counted"}
            assert not (active_at(story, timed.time_ns) == "counted" and timed.event.url)


@given(rich_stories(), st.integers(20, 200))
@settings(max_examples=150, deadline=None)
def test_no_word_of_a_control_comes_out_near_a_secret(story: Story, step_ms: int) -> None:
    secret, unknown = stretches(story, of=Focus.SECRET), stretches(story, of=Focus.UNKNOWN)
    withheld = {"click": [], "choice": secret, "focus": secret + unknown}
    came = controls(play(story, step_ms=step_ms))
    for told in story.context:
        if not isinstance(told.event, Control) or told.event.x not in came:
            continue
        event = came[told.event.x].event
        assert isinstance(event, Control)
        spans = withheld[told.event.cause]
        near = any(since - HOLD_NS <= told.at < end for since, end in spans)
        if told.secret or told.event.role == "password text" or near:
            assert not words_of(event)
            assert not event.path
        elif not any(abs(since - told.at) <= REACH_NS + HOLD_NS for since, _ in spans) and told.late_ns < HOLD_NS:
            assert event == told.event


@given(rich_stories(("editor", "stranger")), st.integers(20, 200))
@settings(max_examples=80, deadline=None)
def test_fingers_and_pens_are_judged_like_clicks_and_what_stands_always_comes_out(story: Story, step_ms: int) -> None:
    out = play(story, step_ms=step_ms)
    for kind in (Touch, Pen):
        expected = sorted(at for at, e in story.other if isinstance(e, kind) and active_at(story, at) == "editor")
        assert [timed.time_ns for timed in out if isinstance(timed.event, kind)] == expected
    standing = sorted(at for at, event in story.other if isinstance(event, Display | Keyboard))
    assert [timed.time_ns for timed in out if isinstance(timed.event, Display | Keyboard)] == standing


@pytest.mark.parametrize(
    "mover", [Touch(finger=0, phase="begin", x=5, y=5), Pen(x=5, y=5, touching=True, pressure=1.0)]
)
def test_a_finger_or_pen_that_moves_the_focus_reaches_as_far_as_a_click(mover: Touch | Pen) -> None:
    story = Story(other=[(START, mover)], keys=[(START + 400 * MILLISECOND_NS, key(10, pressed=True))])
    story.focus = [(START + SECOND_NS, Focus.SECRET)]
    assert not told_keys(play(story))
    story.other = []
    assert told_keys(play(story))


def test_a_site_ends_with_its_window() -> None:
    page = Site(host="a.example", url="https://a.example/")
    story = Story(context=[Told(START, 0, 7, page), Told(START + SECOND_NS, 0, 7, page)])
    story.active = [(START + 2 * SECOND_NS, "quiet"), (START + 3 * SECOND_NS, "editor")]
    story.context.append(Told(START + 3 * SECOND_NS, 0, 7, page))
    sites = [(timed.time_ns - START, timed.event) for timed in play(story) if isinstance(timed.event, Site)]
    assert sites == [(0, page), (2 * SECOND_NS, Site(host="")), (3 * SECOND_NS, page)]


@given(stories(), st.integers(20, 200))
@settings(max_examples=80, deadline=None)
def test_no_key_near_a_secret_field_comes_out(story: Story, step_ms: int) -> None:
    out = told_keys(play(story, step_ms=step_ms))
    for focus in (Focus.SECRET, Focus.UNKNOWN):
        for since, end in stretches(story, of=focus):
            assert not [at for at, _ in out if since - HOLD_NS <= at < end]


@given(stories())
@settings(max_examples=80, deadline=None)
def test_no_key_after_what_moved_the_focus_into_a_secret_field_comes_out(story: Story) -> None:
    out = told_keys(play(story))
    for since, end in stretches(story, of=Focus.SECRET):
        last = max((at for at in movers(story) if at <= since), default=None)
        if last is not None and last >= since - REACH_NS:
            assert not [at for at, _ in out if last <= at < end]


@given(stories(), st.integers(20, 200))
@settings(max_examples=80, deadline=None)
def test_nothing_else_is_lost_and_order_is_kept(story: Story, step_ms: int) -> None:
    out = play(story, step_ms=step_ms)
    assert in_order(out)
    assert len([t for t in out if isinstance(t.event, Button)]) == len(story.clicks)
    withheld = []
    for focus in (Focus.SECRET, Focus.UNKNOWN):
        for since, end in stretches(story, of=focus):
            last = max((at for at in movers(story) if since - REACH_NS <= at <= since), default=since)
            withheld.append((min(last, since - HOLD_NS), end))
    expected, down = [], set[int]()
    for at, k in sorted(story.keys, key=lambda item: item[0]):
        allowed = not any(start <= at < end for start, end in withheld)
        if allowed and (k.pressed or k.keycode in down):
            expected.append((at, k))
        (down.add if allowed and k.pressed else down.discard)(k.keycode)
    assert told_keys(out) == expected


@given(stories(classes=("editor", "stranger", "counted", "quiet")), st.integers(20, 200))
@settings(max_examples=80, deadline=None)
def test_no_key_of_another_application_comes_out(story: Story, step_ms: int) -> None:
    out = play(story, step_ms=step_ms)
    ends = [*(at for at, _ in story.active[1:]), START + 100 * SECOND_NS]
    for (since, wm_class), end in zip(story.active, ends, strict=False):
        if wm_class != "editor":
            assert not [at for at, _ in told_keys(out) if since - HOLD_NS <= at < end + ENTER_NS]
        if wm_class == "stranger" and since < end:
            told = [t for t in out if isinstance(t.event, Window | Button | Pointer) and since <= t.time_ns < end]
            assert not told


@given(stories(classes=("counted",)))
@settings(max_examples=50, deadline=None)
def test_counting_tells_only_presses_per_second(story: Story) -> None:
    story.active, story.focus = [(START, "counted")], []
    out = play(story)
    assert not told_keys(out)
    presses = [k for at, k in story.keys if k.pressed and at >= START + ENTER_NS]
    counts = [t for t in out if isinstance(t.event, KeyCount)]
    assert sum(t.event.presses for t in counts if isinstance(t.event, KeyCount)) == len(presses)
    assert all(t.time_ns % SECOND_NS == 0 for t in counts)


@given(stories(classes=("editor", "stranger")))
@settings(max_examples=50, deadline=None)
def test_whatever_is_withheld_is_marked_without_a_count(story: Story) -> None:
    out = play(story)
    markers = [t.event for t in out if isinstance(t.event, Marker)]
    assert all(marker.count == 0 and START - SECOND_NS <= marker.start_ns < marker.end_ns for marker in markers)
    told = {at for at, _ in told_keys(out)}
    pressed = {at for at, k in story.keys if k.pressed} - told
    for at in pressed:
        assert any(m.start_ns - HOLD_NS <= at <= m.end_ns + ENTER_NS for m in markers), (at, markers)
