"""Is the portal asked as it wants to be, and is every way in which it may say no understood?"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dbus_fast import Variant
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.base.errors import SetupMissing, Unavailable
from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.capture.wayland import portal as portals
from aboveboard.recorder.capture.wayland.portal import Declined
from aboveboard.recorder.capture.wayland.screen_cast import ScreenCast, Stream, parse_streams
from samples.fake_portal import FakePortal, PrivateBus
from samples.x_windows import until


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[PrivateBus]:
    with PrivateBus(tmp_path) as started:
        yield started


@pytest.fixture
def portal(bus: PrivateBus) -> Iterator[FakePortal]:
    with FakePortal(bus.address, (800, 600)) as started:
        yield started


@pytest.fixture
def cast(bus: PrivateBus) -> Iterator[ScreenCast]:
    opened = ScreenCast(bus.address)
    yield opened
    opened.close()


@pytest.mark.parametrize("quick", [False, True])
@pytest.mark.parametrize("own_paths", [False, True])
def test_the_five_steps_in_order(portal: FakePortal, cast: ScreenCast, quick: bool, own_paths: bool) -> None:
    portal.quick, portal.own_paths = quick, own_paths
    shared = cast.open("last-time")
    assert shared.streams == (Stream(42, Rect(0, 0, 800, 600)),)
    assert shared.restore_token == "next-time"
    assert os.fstat(shared.remote)
    os.close(shared.remote)
    chosen = portal.options("SelectSources")
    assert (chosen["types"], chosen["multiple"], chosen["cursor_mode"]) == (1, True, 1)
    assert (chosen["persist_mode"], chosen["restore_token"]) == (2, "last-time")
    assert not cast.ended.is_set()
    cast.close()
    names = [name for name, _ in portal.calls]
    steps = ["CreateSession", "SelectSources", "Start", "OpenPipeWireRemote", f"Close {portal.session}"]
    assert names == steps


def test_an_older_portal_is_not_asked_to_remember(portal: FakePortal, cast: ScreenCast) -> None:
    portal.version, portal.cursor_modes = 3, 4
    os.close(cast.open("last-time").remote)
    chosen = portal.options("SelectSources")
    assert "persist_mode" not in chosen
    assert "restore_token" not in chosen
    assert chosen["cursor_mode"] == 4, "the pointer told beside the pixels"


def test_the_persons_no_is_a_no(portal: FakePortal, cast: ScreenCast) -> None:
    portal.answers["Start"] = 1
    with pytest.raises(Declined, match="not shared"):
        cast.open()
    assert [name for name, _ in portal.calls][-1] == f"Close {portal.session}"
    assert "OpenPipeWireRemote" not in dict(portal.calls)


@pytest.mark.parametrize("member", ["CreateSession", "SelectSources", "Start"])
def test_a_step_that_fails_is_named(portal: FakePortal, cast: ScreenCast, member: str) -> None:
    portal.answers[member] = 2
    with pytest.raises(SetupMissing, match=member):
        cast.open()


def test_nobody_answers(portal: FakePortal, cast: ScreenCast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portals, "ANSWER_S", 0.2)
    portal.answers["Start"] = None
    with pytest.raises(SetupMissing, match="nobody answered"):
        cast.open()
    closed = [name for name, _ in portal.calls if name.startswith("Close")]
    assert "/request/" in closed[0], "the question is taken back"
    assert closed[-1] == f"Close {portal.session}"


def test_no_pipewire(portal: FakePortal, cast: ScreenCast) -> None:
    portal.gives_descriptor = False
    with pytest.raises(SetupMissing, match="no PipeWire"):
        cast.open()


def test_a_pointer_that_cannot_be_left_out_is_refused(portal: FakePortal, cast: ScreenCast) -> None:
    portal.cursor_modes = 2
    with pytest.raises(SetupMissing, match="pointer"):
        cast.open()
    assert not portal.calls


def test_no_portal_and_no_bus(bus: PrivateBus, cast: ScreenCast, tmp_path: Path) -> None:
    with pytest.raises(SetupMissing, match="pointer's picture") as none:
        cast.open()
    assert "xdg-desktop-portal" in none.value.fix
    with pytest.raises(SetupMissing, match="session bus"):
        ScreenCast(f"unix:path={tmp_path}/nowhere").open()


def test_the_person_stops_sharing(portal: FakePortal, cast: ScreenCast) -> None:
    os.close(cast.open().remote)
    portal.stop_sharing()
    until(cast.ended.is_set, "the end is told")


def test_the_bus_goes_away(bus: PrivateBus, portal: FakePortal, cast: ScreenCast) -> None:
    os.close(cast.open().remote)
    bus.stop()
    until(cast.ended.is_set, "the end is told")


@pytest.mark.parametrize(
    "told",
    [
        None,
        [],
        [[1, {}]],
        [[1, {"position": Variant("(ii)", [0, 0])}]],
        [[1, {"position": Variant("(ii)", [0, 0]), "size": Variant("(ii)", [0, 5])}]],
        [["1", {"position": Variant("(ii)", [0, 0]), "size": Variant("(ii)", [5, 5])}]],
        [[1]],
        [[1, {"position": [0, 0], "size": [5, 5]}]] * 33,
    ],
)
def test_streams_without_a_place_are_refused(told: Any) -> None:
    with pytest.raises(Unavailable):
        parse_streams(told)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5) | st.sampled_from(["position", "size"]),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["position", "size"]), inner),
        max_leaves=12,
    )
)
def test_no_answer_makes_it_stumble(told: Any) -> None:
    try:
        streams = parse_streams(told)
    except Unavailable:
        return
    assert all(stream.rect.width > 0 and stream.rect.height > 0 for stream in streams)
