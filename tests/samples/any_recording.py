"""Recordings of anything, as strategies for property tests."""

from hypothesis import strategies as st

from aboveboard.formats.mcap_file import Item
from aboveboard.formats.recording import (
    Button,
    Covered,
    Key,
    Keyboard,
    KeyCount,
    Marker,
    Pointer,
    Scroll,
    Site,
    Timed,
    Window,
)
from aboveboard.formats.screen_patch import ScreenPatch

TIMES = st.integers(0, 2**63 - 1)
COORDINATES = st.integers(-65536, 65536)
COUNTS = st.integers(0, 2**53)
STEPS = st.floats(-10_000, 10_000)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
EVENTS = st.one_of(
    st.builds(Pointer, x=COORDINATES, y=COORDINATES),
    st.builds(Button, button=st.integers(1, 255), pressed=st.booleans(), x=COORDINATES, y=COORDINATES),
    st.builds(Scroll, dx=STEPS, dy=STEPS, x=COORDINATES, y=COORDINATES),
    st.builds(
        Key,
        keycode=st.integers(0, 65535),
        keysym=st.integers(0, 2**32 - 1),
        name=TEXT.filter(lambda text: len(text) <= 64),
        text=TEXT.filter(lambda text: len(text) <= 16),
        pressed=st.booleans(),
        modifiers=st.lists(st.sampled_from(["Shift", "Control"])),
    ),
    st.builds(KeyCount, presses=COUNTS),
    st.builds(Covered, placeholder=st.text(min_size=1, max_size=64), remains=st.booleans()),
    st.builds(
        Window,
        app=TEXT.map(lambda text: text[:200]),
        title=TEXT,
        pid=COUNTS,
        x=COORDINATES,
        y=COORDINATES,
        width=COUNTS,
        height=COUNTS,
    ),
    st.builds(Site, host=TEXT.map(lambda text: text[:255]), url=TEXT),
    st.builds(Keyboard, layout=TEXT.map(lambda text: text[:200])),
    st.builds(
        Marker,
        kind=st.sampled_from(["suppressed", "gap"]),
        reason=st.sampled_from(["no_lease", "overload"]),
        start_ns=TIMES,
        end_ns=TIMES,
        count=COUNTS,
    ),
)
SIDES = st.integers(1, 32_768)
PLACES = st.integers(0, 32_767)
DATA = st.binary(max_size=300)


def items(times: st.SearchStrategy[int] = TIMES) -> st.SearchStrategy[list[Item]]:
    """Up to thirty items, in any order."""
    patch = {"time_ns": times, "x": PLACES, "y": PLACES, "width": SIDES, "height": SIDES}
    patches = st.one_of(
        st.builds(ScreenPatch, **patch, whole=st.booleans(), format=st.sampled_from(["png", "zstd"]), data=DATA),
        st.builds(ScreenPatch, **patch, whole=st.booleans(), format=st.just("webp"), data=DATA, lossy=st.booleans()),
        st.builds(
            ScreenPatch,
            **patch,
            whole=st.just(False),
            format=st.just("copy"),
            data=st.just(b""),
            from_x=PLACES,
            from_y=PLACES,
        ),
    )
    return st.lists(st.one_of(st.builds(Timed, time_ns=times, event=EVENTS), patches), max_size=30)
