"""On a display drawn at twice the size: are places that an application tells the pixels that a click goes to?"""

import asyncio
import subprocess
from collections.abc import Iterator

import pytest

from aboveboard.recorder.capture.atspi import Bus, Field
from aboveboard.recorder.capture.display import atom, connect, screen_of
from aboveboard.recorder.capture.layout import WindowTree
from aboveboard.recorder.capture.monitors import MonitorWatch
from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.capture.scale import reported_scale
from aboveboard.stage.display import Display
from aboveboard.stage.processes import program
from aboveboard.stage.xtest import Xtest
from samples.x_windows import Windows, until

ROLE_PUSH_BUTTON = 43
STRING = 31


@pytest.fixture(scope="module")
def display() -> Iterator[Display]:
    with Display(1600, 1000) as shown:
        yield shown


def set_dpi(display: Display, dpi: int) -> None:
    conn = connect(display.name)
    resources = f"Xft.dpi:\t{dpi}\n".encode()
    root = screen_of(conn).root
    conn.core.ChangePropertyChecked(
        0, root, atom(conn, "RESOURCE_MANAGER"), STRING, 8, len(resources), resources
    ).check()
    assert [monitor.scale for monitor in MonitorWatch(conn).read().monitors] == [dpi / 96]
    conn.disconnect()


async def dialog(address: str) -> tuple[Rect, list[Rect]]:
    """What the dialog on the bus says of itself and of its buttons, from left to right."""
    bus = await Bus.open(address, lambda *_: None)
    try:
        root = Field("org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root")
        for application in await bus.children(root):
            for window in await bus.children(application):
                buttons = [each for each in await below(bus, window) if await bus.role(each) == ROLE_PUSH_BUTTON]
                if len(buttons) == 2:
                    places = [await bus.extents(button) for button in buttons]
                    return await bus.extents(window), sorted(places, key=lambda place: place.x)
        return Rect(0, 0, 0, 0), []
    finally:
        bus.close()


async def below(bus: Bus, field: Field) -> list[Field]:
    children = await bus.children(field)
    return [*children, *[deeper for child in children for deeper in await below(bus, child)]]


@pytest.mark.parametrize("scale", [1, 2])
def test_a_click_where_the_button_says_it_is_presses_it(display: Display, scale: int) -> None:
    set_dpi(display, 96 * scale)
    env = display.env | {"GDK_SCALE": str(scale)}
    argv = [program("zenity", "zenity"), "--question", "--title=a question", "--text=go on?"]
    asked = display.processes.start(argv, env)
    arguments = [
        "--session",
        "--print-reply=literal",
        "--dest=org.a11y.Bus",
        "/org/a11y/bus",
        "org.a11y.Bus.GetAddress",
    ]
    address = subprocess.run(
        ["dbus-send", *arguments], env=display.env, capture_output=True, text=True, check=True
    ).stdout.strip()
    conn, windows, hand = connect(display.name), Windows(display.name), Xtest(display.name)
    found: list[tuple[Rect, list[Rect]]] = []
    try:
        until(lambda: windows.active() != 0, "the dialog is active")

        def shown() -> bool:
            found.append(asyncio.run(dialog(address)))
            return len(found[-1][1]) == 2 and min(found[-1][1][0].x, found[-1][0].width) > 0

        until(shown, "the dialog tells of its buttons")
        reported, (no, _) = found[-1]
        facts = WindowTree(conn).facts(windows.active())
        assert facts is not None
        factor = reported_scale(reported, facts.rect)
        assert factor == scale
        hand.move(int((no.x + no.width / 2) * factor), int((no.y + no.height / 2) * factor))
        hand.press(1)
        hand.release(1)
        assert asked.wait(5) == 1  # what zenity ends with for "no"; the other button, or a window closed, is not that
    finally:
        asked.kill()
        hand.close()
        windows.disconnect()
        conn.disconnect()
