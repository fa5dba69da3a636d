"""Does the stage's display come up whole, and does nothing of it stay behind?"""

import os
import subprocess
from pathlib import Path

import pytest

from aboveboard.base.errors import BadInput, SetupMissing, Unavailable
from aboveboard.stage.display import Display
from aboveboard.stage.processes import marked, wait_for
from aboveboard.stage.screen import active_title, grab
from aboveboard.stage.xtest import NAMED_KEYSYMS, Xtest


def _socket(name: str) -> Path:
    return Path("/tmp/.X11-unix") / f"X{name.removeprefix(':')}"


def test_it_has_what_a_desktop_has_and_leaves_nothing_behind() -> None:
    with Display(width=320, height=240) as display:
        connection = display.connect()
        extensions = {bytes(name.name.buf()).decode() for name in connection.core.ListExtensions().reply().names}
        assert {"MIT-SHM", "DAMAGE", "XFIXES", "XTEST", "XInputExtension"} <= extensions
        assert grab(connection).shape == (240, 320, 3)
        assert active_title(connection) == ""
        connection.disconnect()
        asked = ["dbus-send", "--session", "--print-reply", "--dest=org.a11y.Bus", "/org/a11y/bus"]
        answer = subprocess.run(
            [*asked, "org.a11y.Bus.GetAddress"], env=display.env, capture_output=True, text=True, check=True, timeout=20
        )
        assert str(display.home) in answer.stdout
        assert Path(display.env["XDG_RUNTIME_DIR"]).stat().st_mode & 0o777 == 0o700
        running, home, name = display.processes.mark, display.home, display.name
        assert len(marked(running)) >= 4
        assert _socket(name).exists()
    assert marked(running) == []
    assert not home.exists()
    assert not _socket(name).exists()


def test_it_ends_with_everything_on_it_also_after_an_error() -> None:
    class Surprise(Exception):
        pass

    display = Display(width=160, height=120)

    def work() -> None:
        with display:
            display.processes.start(["/bin/sh", "-c", "trap '' TERM; setsid sleep 300 & wait"], display.env)
            assert wait_for(lambda: len(marked(display.processes.mark)) >= 6, 5.0)
            raise Surprise

    with pytest.raises(Surprise):
        work()
    assert marked(display.processes.mark) == []
    assert not display.home.exists()


def test_two_displays_stand_side_by_side() -> None:
    with Display(width=160, height=120) as one, Display(width=160, height=120) as other:
        assert one.name != other.name
        here, there = Xtest(one.name), Xtest(other.name)
        here.move(10, 20)
        there.move(90, 80)
        here.settle()
        assert _pointer(one) == (10, 20)
        there.settle()
        assert _pointer(other) == (90, 80)
        here.close()
        there.close()


def test_a_missing_program_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SetupMissing, match="Xvfb") as caught, Display():
        pass
    assert "apt-get install xvfb" in caught.value.fix


def test_a_server_that_does_not_start_is_told_with_its_own_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "Xvfb"
    broken.write_text("#!/bin/sh\necho 'no screen of that size' >&2\nexit 1\n", encoding="ascii")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(Unavailable, match="Xvfb did not start") as caught, Display():
        pass
    assert "no screen of that size" in caught.value.cause


def test_the_hand_says_when_it_sent_what() -> None:
    with Display(width=160, height=120) as display:
        hand = Xtest(display.name)
        sent = [hand.move(5, 6), hand.press(), hand.release(), *hand.tap(ord("a")), *hand.tap(ord("A"))]
        kinds = ["move", "button_press", "button_release", "key_press", "key_release"]
        # The capital has Shift around it.
        assert [one.kind for one in sent] == [*kinds, "key_press", "key_press", "key_release", "key_release"]
        assert sent[5].keysym == sent[8].keysym == NAMED_KEYSYMS["Shift_L"]
        assert sent[3].keycode == sent[6].keycode
        times = [one.monotonic_ns for one in sent]
        assert times == sorted(times)
        assert {(one.x, one.y) for one in sent} == {(5, 6)}
        with pytest.raises(BadInput, match="no key"):
            hand.tap(0x01000000 | ord("漢"))
        hand.close()


def test_no_display_is_a_clear_error() -> None:
    with pytest.raises(Unavailable, match=":4711"):
        Xtest(":4711")


def _pointer(display: Display) -> tuple[int, int]:
    connection = display.connect()
    try:
        reply = connection.core.QueryPointer(connection.setup.roots[0].root).reply()
        return reply.root_x, reply.root_y
    finally:
        connection.disconnect()
