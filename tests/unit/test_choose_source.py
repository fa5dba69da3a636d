"""Does each machine get the source that fits it, or a refusal that says what to do?"""

from collections.abc import Iterator

import pytest

from aboveboard.base.errors import SetupMissing
from aboveboard.recorder.capture import display as displays
from aboveboard.recorder.capture.choose import choose
from aboveboard.recorder.capture.portable.source import PortableSource
from aboveboard.recorder.capture.wayland.source import WaylandSource
from aboveboard.recorder.capture.x11 import X11Source
from aboveboard.stage.display import Display
from samples.disclosed import app, disclosure
from samples.x_windows import Collected

DISCLOSED = disclosure(app("Editor"))
WAYLAND = {"XDG_SESSION_TYPE": "wayland", "WAYLAND_DISPLAY": "wayland-0"}


@pytest.fixture(scope="module")
def display() -> Iterator[Display]:
    with Display() as started:
        yield started


@pytest.mark.parametrize("system", ["Windows", "Darwin"])
def test_windows_and_macos_get_the_portable_one(system: str) -> None:
    source = choose(DISCLOSED, environment={}, system=system)
    assert isinstance(source, PortableSource)
    with pytest.raises(SetupMissing, match="not"):
        source.start(Collected())


@pytest.mark.parametrize("session", [{}, {"XDG_SESSION_TYPE": "x11"}, WAYLAND])
def test_a_display_is_watched_also_where_it_is_a_virtual_one(display: Display, session: dict[str, str]) -> None:
    source = choose(DISCLOSED, environment=session | {"DISPLAY": display.name}, system="Linux")
    assert isinstance(source, X11Source)


def test_the_x11_side_of_wayland_is_refused(display: Display, monkeypatch: pytest.MonkeyPatch) -> None:
    real = displays._present
    monkeypatch.setattr(displays, "_present", lambda conn, name: name == "XWAYLAND" or real(conn, name))
    with pytest.raises(SetupMissing, match="X11 side of a Wayland session") as refused:
        choose(DISCLOSED, environment=WAYLAND | {"DISPLAY": display.name}, system="Linux")
    assert "on Xorg" in refused.value.fix


@pytest.mark.parametrize("session", [{"XDG_SESSION_TYPE": "wayland"}, {"WAYLAND_DISPLAY": "wayland-0"}, WAYLAND])
def test_wayland_is_refused_with_its_reason(session: dict[str, str]) -> None:
    with pytest.raises(SetupMissing, match="Wayland session cannot be recorded") as refused:
        choose(DISCLOSED, environment=session, system="Linux")
    assert "what the hands do" in refused.value.cause
    assert "on Xorg" in refused.value.fix
    with pytest.raises(SetupMissing, match="Wayland session cannot be recorded"):
        WaylandSource(DISCLOSED).start(Collected())


@pytest.mark.parametrize(("system", "what"), [("Linux", "no display"), ("Plan9", "Plan9"), ("Haiku", "Haiku")])
def test_nothing_fits(system: str, what: str) -> None:
    with pytest.raises(SetupMissing, match=what):
        choose(DISCLOSED, environment={}, system=system)
