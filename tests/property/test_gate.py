"""Does the gate ever let out a key that it should not, and does it lose anything else?"""

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.base.clock import MILLISECOND_NS, SECOND_NS
from aboveboard.formats.recording import Button, Key, KeyCount, Marker, Pointer, Timed, Window
from aboveboard.recorder.capture.port import Rect, WindowFacts
from aboveboard.recorder.redact.gate import ENTER_NS, Active, Gate
from aboveboard.recorder.redact.scope import Stacked
from aboveboard.recorder.redact.timeline import HOLD_NS, REACH_NS, Focus
from samples.disclosed import app, disclosure

START = 1_000 * SECOND_NS
SCREEN = Rect(0, 0, 100, 100)
DISCLOSURE = disclosure(app("editor"), app("counted", keystrokes="count"), app("quiet", keystrokes="none"))


def window(wm_class: str) -> WindowFacts:
    return WindowFacts(window_id=1, wm_class=wm_class, title="t", pid=7, rect=SCREEN)


def stack(wm_class: str) -> tuple[Stacked, ...]:
    return (Stacked(SCREEN, (SCREEN,), SCREEN, window(wm_class)),)


def key(code: int, *, pressed: bool, name: str = "a") -> Key:
    text = "a" if pressed and name == "a" else ""
    return Key(keycode=code, keysym=97, name=name, text=text, pressed=pressed, modifiers=[])


times = st.integers(0, 6_000).map(lambda ms: START + ms * MILLISECOND_NS)
codes = st.integers(10, 13)


@dataclass
class Story:
    """What happens in six seconds, in any order of writing it down."""

    keys: list[tuple[int, Key]] = field(default_factory=list)
    clicks: list[int] = field(default_factory=list)
    focus: list[tuple[int, Focus]] = field(default_factory=list)
    active: list[tuple[int, str]] = field(default_factory=list)


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
    gate.layout(START - SECOND_NS, stack("editor"))
    gate.active(START - SECOND_NS, Active(window("editor")))
    gate.focus_seen(START - 10 * SECOND_NS, Focus.OPEN)
    happenings = [(at, 0, lambda at=at, f=f: gate.focus_seen(at, f)) for at, f in story.focus]
    happenings += [(at, 1, lambda at=at, c=c: gate.active(at, Active(window(c)))) for at, c in story.active]
    happenings += [(at, 2, lambda at=at, k=k: gate.offer(at, k)) for at, k in story.keys]
    click = Button(button=1, pressed=True, x=5, y=5)
    happenings += [(at, 2, lambda at=at: gate.offer(at, click)) for at in story.clicks]
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
    assert [t.time_ns for t in out] == sorted(t.time_ns for t in out)
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
