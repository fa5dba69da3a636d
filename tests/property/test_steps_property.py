"""Whatever happens at a keyboard and a mouse, no event is lost and no frame comes from the future."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.base.clock import MILLISECOND_NS
from aboveboard.formats.mcap_file import Item
from aboveboard.formats.recording import Button, Control, Covered, Event, Key, KeyCount, Marker, Pointer, Scroll, Timed
from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.lab.derive.session import SessionDeriver
from aboveboard.lab.derive.steps import DRAG_PX, Derivation
from aboveboard.replay.bands import Picture, pack_picture
from aboveboard.replay.canvas import frame_before
from samples.lab_recording import START_NS, editor, patch, session, whole

PERSON, SESSION = "per_" + "0" * 26, "ses_" + "0" * 26
KEYS = [("a", "a"), ("b", "b"), ("space", " "), ("BackSpace", "\b"), ("Return", "\r"), ("Left", "")]
KEYS += [("Control_L", ""), ("Shift_L", ""), ("dead_acute", "")]

coordinates = st.integers(0, 20)
keys = st.builds(
    lambda which, pressed, modifiers: Key(
        keycode=which,
        keysym=0,
        name=KEYS[which][0],
        text=KEYS[which][1],
        pressed=pressed,
        modifiers=modifiers,
        shortcut="Ctrl+A" if pressed and "Control" in modifiers else "",
    ),
    st.integers(0, len(KEYS) - 1),
    st.booleans(),
    st.lists(st.sampled_from(["Control", "Shift", "CapsLock"]), max_size=2, unique=True),
)
markers = st.builds(
    Marker,
    kind=st.just("suppressed"),
    reason=st.sampled_from(["password_field", "app_not_disclosed", "screen_changed_too_fast"]),
    start_ns=st.just(1),
    end_ns=st.just(2),
)
controls = st.builds(
    Control,
    cause=st.sampled_from(["click", "focus", "choice"]),
    role=st.just("combo box"),
    x=coordinates,
    y=coordinates,
    width=st.just(9),
    height=st.just(9),
    states=st.just([]),
    path=st.just([]),
    chosen=st.sampled_from(["", "Red"]),
)
events: st.SearchStrategy[Event] = st.one_of(
    keys,
    keys,
    st.builds(Button, button=st.integers(1, 3), pressed=st.booleans(), x=coordinates, y=coordinates),
    st.builds(Scroll, dx=st.integers(-1, 1), dy=st.integers(-2, 2), x=coordinates, y=coordinates),
    st.builds(Pointer, x=coordinates, y=coordinates),
    st.builds(editor, pid=st.integers(1, 2)),
    st.builds(KeyCount, presses=st.integers(0, 3)),
    st.builds(Covered, placeholder=st.sampled_from(["‹name 1›", "‹mail 1›"]), remains=st.booleans()),
    controls,
    markers,
)
gaps = st.sampled_from([0, 1, 20, 100, 400, 401, 600, 2100])
streams = st.lists(st.tuples(gaps, st.one_of(events, events, events, st.integers(0, 255))), max_size=60)
cuts = st.lists(st.integers(0, 60), max_size=3)


def build(stream: list[tuple[int, Event | int]]) -> list[Item]:
    """A number in the stream is a patch of that shade."""
    items: list[Item] = [session(SESSION, 0), whole(0.5, 7)]
    moment = 1
    for gap, thing in stream:
        moment += gap
        if isinstance(thing, int):
            items.append(patch(moment, thing % 100, thing % 80, thing))
        else:
            items.append(Timed(START_NS + moment * MILLISECOND_NS, thing))
    return items


def derive(segments: list[list[Item]]) -> tuple[Derivation, dict[str, Picture]]:
    kept: dict[str, Picture] = {}
    deriver = SessionDeriver(PERSON, SESSION, lambda frame: kept.__setitem__(frame.name, frame))
    for sequence, items in enumerate(segments):
        deriver.add(f"seg_{sequence:026}", sequence, items)
    return deriver.finish(), kept


def split(items: list[Item], places: list[int]) -> list[list[Item]]:
    edges = [0, *sorted(min(place, len(items)) for place in places), len(items)]
    return [items[begin:end] for begin, end in itertools.pairwise(edges)]


@settings(max_examples=150, deadline=None)
@given(streams, cuts)
def test_every_event_is_in_one_step_or_counted(stream: list[tuple[int, Event | int]], places: list[int]) -> None:
    items = build(stream)
    derivation, kept = derive(split(items, places))
    given_events = [item for item in items if isinstance(item, Timed)]
    assert derivation.events == len(given_events)
    assert sum(step.events for step in derivation.steps) + sum(derivation.unused.values()) == len(given_events)
    assert all(step.events > 0 and step.end_ns >= step.time_ns for step in derivation.steps)
    times = [step.time_ns for step in derivation.steps]
    assert times == sorted(times)
    assert set(times) <= {timed.time_ns for timed in given_events}
    assert {step.frame_sha256 for step in derivation.steps} - {None} == set(kept)


@settings(max_examples=60, deadline=None)
@given(streams)
def test_a_step_shows_the_last_frame_before_it(stream: list[tuple[int, Event | int]]) -> None:
    items = build(stream)
    derivation, kept = derive([items])
    for step in derivation.steps:
        before = frame_before(items, step.time_ns)
        assert before is not None
        assert step.frame_sha256 is not None
        assert kept[step.frame_sha256] == pack_picture(before)


@settings(max_examples=100, deadline=None)
@given(streams, cuts)
def test_where_segments_are_cut_changes_no_step(stream: list[tuple[int, Event | int]], places: list[int]) -> None:
    items = build(stream)
    one, _ = derive([items])
    many, _ = derive(split(items, places))
    names = [
        [(step.action, step.time_ns, step.end_ns, step.text, step.key, step.events, step.frame_sha256) for step in each]
        for each in (one.steps, many.steps)
    ]
    assert names[0] == names[1]
    assert one.unused == many.unused


@settings(max_examples=100, deadline=None)
@given(streams)
def test_each_step_is_what_its_name_says(stream: list[tuple[int, Event | int]]) -> None:
    derivation, _ = derive([build(stream)])
    for step in derivation.steps:
        match step.action:
            case "click" | "double_click" | "drag":
                assert None not in (step.x, step.y, step.end_x, step.end_y, step.button)
                moved = (step.end_x - step.x) ** 2 + (step.end_y - step.y) ** 2  # type: ignore[operator]
                assert step.action == "double_click" or (moved >= DRAG_PX**2) == (step.action == "drag")
                assert step.events >= (4 if step.action == "double_click" else 2)
            case "scroll":
                assert step.scroll_dx or step.scroll_dy
            case "type":
                assert step.text
                assert step.text.isprintable()
            case "key":
                assert step.key
                assert not step.shortcut
            case "shortcut":
                assert step.shortcut
            case "choose":
                assert step.element is not None
                assert step.element.cause == "choice"
                assert step.key or step.x is not None
            case "switch":
                causes = [one for one in derivation.steps if one.index == step.caused_by]
                assert step.caused_by is None or (causes and causes[0].time_ns <= step.time_ns)


def test_a_missing_segment_is_reported_and_nothing_is_paired_across() -> None:
    def press(sequence: int, *, pressed: bool) -> list[Item]:
        time_ns = START_NS + sequence * 4_000 * MILLISECOND_NS
        return [Timed(time_ns, Button(button=1, pressed=pressed, x=sequence * 30, y=1))]

    deriver = SessionDeriver(PERSON, SESSION, lambda _: None)
    deriver.add("seg_a", 0, press(0, pressed=True))
    deriver.add("seg_b", 3, press(3, pressed=False))
    derivation = deriver.finish()
    assert derivation.missing_segments == [(1, 2)]
    assert derivation.steps == []
    assert derivation.unused == {"unpaired_press": 1, "unpaired_release": 1}


def test_the_frame_that_an_action_brought_is_not_the_frame_before_it() -> None:
    items: list[Item] = [
        whole(0, 10),
        Timed(START_NS + 5 * MILLISECOND_NS, Scroll(dx=0, dy=1, x=1, y=1)),
        patch(5, 0, 0, 9),
    ]
    for order in (items, [items[0], items[2], items[1]]):
        derivation, kept = derive([order])
        (step,) = derivation.steps
        assert step.frame_sha256 is not None
        first = order[0]
        assert isinstance(first, ScreenPatch)
        before = frame_before([first], START_NS + 1)
        assert before is not None
        assert kept[step.frame_sha256] == pack_picture(before)
