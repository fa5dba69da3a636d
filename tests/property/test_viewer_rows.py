"""Whatever a recording holds, the page gets it whole, in numbers that JavaScript can hold."""

import json
import struct

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aboveboard.formats.recording import (
    TOPICS,
    Button,
    Control,
    Covered,
    Display,
    Event,
    Key,
    Keyboard,
    KeyCount,
    Marker,
    Monitor,
    Pen,
    Pointer,
    Scroll,
    Session,
    Site,
    Task,
    Touch,
    Window,
)
from aboveboard.formats.recording import Timed as T
from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.viewer.events import PACK_MAGIC, SAFE_INTEGER, pack_screen, relative_ms, to_row

ORIGIN_NS = 1_795_341_600_000_000_000
SPAN_NS = 2**51
TIMES = st.integers(ORIGIN_NS - 10**12, ORIGIN_NS + SPAN_NS)
SPOT = {"x": st.integers(-65536, 65536), "y": st.integers(-65536, 65536)}
COUNT = st.integers(0, 2**53)
STEPS = st.floats(-10_000, 10_000)
LINE = st.text(max_size=60)
REASONS = list(msgspec.inspect.type_info(Marker).fields[1].type.values)  # type: ignore[union-attr]

KINDS: dict[type[Event], st.SearchStrategy[Event]] = {
    Session: st.builds(
        Session,
        session_id=st.just("ses_" + "0" * 26),
        sequence=COUNT,
        screen_width=COUNT,
        screen_height=COUNT,
        platform=LINE,
        recorder=LINE,
        clock_error_ns=st.integers(0, 2**63 - 1),
    ),
    Pointer: st.builds(Pointer, **SPOT),
    Button: st.builds(Button, button=st.integers(1, 255), pressed=st.booleans(), **SPOT),
    Scroll: st.builds(Scroll, dx=STEPS, dy=STEPS, **SPOT),
    Task: st.builds(Task, what=st.sampled_from(["begin", "end"]), instruction=LINE),
    Touch: st.builds(Touch, finger=COUNT, phase=st.sampled_from(["begin", "move", "end"]), **SPOT),
    Pen: st.builds(
        Pen,
        **SPOT,
        touching=st.booleans(),
        pressure=st.floats(0, 1),
        tilt_x=st.floats(-90, 90),
        tilt_y=st.floats(-90, 90),
        eraser=st.booleans(),
    ),
    Display: st.builds(
        Display,
        monitors=st.lists(
            st.builds(Monitor, name=LINE, **SPOT, width=COUNT, height=COUNT, scale=st.floats(0.5, 4)), max_size=3
        ),
    ),
    Keyboard: st.builds(Keyboard, layout=LINE),
    Site: st.builds(Site, host=LINE, url=LINE),
    Control: st.builds(
        Control,
        cause=st.sampled_from(["click", "focus", "choice"]),
        role=LINE,
        **SPOT,
        width=COUNT,
        height=COUNT,
        states=st.lists(LINE, max_size=3),
        path=st.lists(LINE, max_size=3),
        name=LINE,
        value=LINE,
        options=st.lists(LINE, max_size=3),
        chosen=LINE,
    ),
    Key: st.builds(
        Key,
        keycode=st.integers(0, 65535),
        keysym=st.integers(0, 2**32 - 1),
        name=LINE,
        text=st.text(max_size=16),
        pressed=st.booleans(),
        modifiers=st.lists(st.sampled_from(["Shift", "Control", "Alt"]), max_size=3),
    ),
    KeyCount: st.builds(KeyCount, presses=COUNT),
    Covered: st.builds(Covered, placeholder=st.text(min_size=1, max_size=64), remains=st.booleans()),
    Window: st.builds(Window, app=LINE, title=LINE, pid=COUNT, **SPOT, width=COUNT, height=COUNT),
    Marker: st.builds(
        Marker,
        kind=st.sampled_from(["suppressed", "gap", "paused", "started", "stopped"]),
        reason=st.sampled_from(REASONS),
        start_ns=TIMES,
        end_ns=TIMES,
        count=COUNT,
    ),
}
EVENTS = st.sampled_from(sorted(KINDS, key=str)).flatmap(KINDS.__getitem__)


def whole_numbers(value: object) -> list[int]:
    """All of them, however deep."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [number for part in value for number in whole_numbers(part)]
    return [value] if isinstance(value, int) else []


@given(time_ns=TIMES, event=EVENTS)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_event_becomes_a_row_that_a_page_can_hold(time_ns: int, event: Event) -> None:
    row = json.loads(json.dumps(to_row(T(time_ns, event), ORIGIN_NS)), parse_constant=lambda text: 1 / 0)
    assert f"/{row['kind']}" in TOPICS
    assert round(row["t"] * 1e6) + ORIGIN_NS == time_ns
    for name, value in row.items():
        assert all(abs(number) <= SAFE_INTEGER for number in whole_numbers(value)), name
    for name, value in msgspec.to_builtins(event).items():
        if isinstance(event, Marker) and name in {"kind", "start_ns", "end_ns"}:
            continue
        if all(abs(number) <= SAFE_INTEGER for number in whole_numbers(value)):
            assert row[name] == value, f"{name} was changed on the way"


def test_every_kind_of_event_is_tried() -> None:
    assert set(KINDS) == set(TOPICS.values())


@given(start_ns=TIMES, end_ns=TIMES)
def test_a_stretch_keeps_its_length_to_the_nanosecond(start_ns: int, end_ns: int) -> None:
    start, end = relative_ms(start_ns, ORIGIN_NS), relative_ms(end_ns, ORIGIN_NS)
    assert round(end * 1e6) - round(start * 1e6) == end_ns - start_ns


PATCHES = st.builds(
    ScreenPatch,
    time_ns=TIMES,
    x=st.integers(0, 4000),
    y=st.integers(0, 4000),
    width=st.integers(1, 4000),
    height=st.integers(1, 4000),
    whole=st.booleans(),
    format=st.sampled_from(["png", "webp"]),
    data=st.binary(max_size=200),
)


@given(st.lists(PATCHES, max_size=8))
def test_a_pack_gives_back_every_image(patches: list[ScreenPatch]) -> None:
    pack = pack_screen(patches, ORIGIN_NS)
    magic, version, length = struct.unpack_from("<8sII", pack)
    assert (magic, version) == (PACK_MAGIC, 2)
    index, images = json.loads(pack[16 : 16 + length]), pack[16 + length :]
    assert [images[each["offset"] : each["offset"] + each["size"]] for each in index] == [each.data for each in patches]
    assert [(each["x"], each["y"], each["w"], each["h"], each["whole"], each["format"]) for each in index] == [
        (each.x, each.y, each.width, each.height, each.whole, each.format) for each in patches
    ]
