"""What is made of the answers of Windows and of macOS? Their libraries stand here as fakes; they were not run there."""

import subprocess
import sys
from collections.abc import Mapping
from ctypes.wintypes import DWORD, POINT, RECT
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from aboveboard.base.errors import SetupMissing
from aboveboard.recorder.capture.port import Rect, WindowFacts
from aboveboard.recorder.capture.portable.macos_calls import MacCalls
from aboveboard.recorder.capture.portable.macos_desktop import MacDesktop
from aboveboard.recorder.capture.portable.stacking import rounded
from aboveboard.recorder.capture.portable.windows_calls import UiAutomation, WindowsApi
from aboveboard.recorder.capture.portable.windows_desktop import WindowsDesktop
from aboveboard.recorder.redact.timeline import Focus

EDITOR, HIDDEN, CLOAKED, START_MENU = 11, 12, 13, 14


class User32:
    """Four windows, from the top to the bottom."""

    order = (START_MENU, CLOAKED, HIDDEN, EDITOR)
    rects: ClassVar = {
        EDITOR: (-100, 50, 700, 650),
        HIDDEN: (0, 0, 9, 9),
        CLOAKED: (0, 0, 800, 600),
        START_MENU: (0, 300, 200, 600),
    }
    pids: ClassVar = {EDITOR: 100, HIDDEN: 100, CLOAKED: 300, START_MENU: 400}

    def FindWindowExW(self, parent: None, after: int | None, *_: object) -> int | None:
        place = 0 if after is None else self.order.index(after) + 1
        return self.order[place] if place < len(self.order) else None

    def IsWindowVisible(self, window: int) -> int:
        return int(window != HIDDEN)

    def IsIconic(self, window: int) -> int:
        return 0

    def GetWindowRect(self, window: int, rect: Any) -> int:
        return _fill(rect, RECT, self.rects[window])

    def GetClientRect(self, window: int, rect: Any) -> int:
        left, top, right, bottom = self.rects[window]
        return _fill(rect, RECT, (0, 0, right - left - 16, bottom - top - 40))

    def ClientToScreen(self, window: int, point: Any) -> int:
        return _fill(point, POINT, (self.rects[window][0] + 8, self.rects[window][1] + 32))

    def GetWindowThreadProcessId(self, window: int, pid: Any) -> int:
        return _fill(pid, DWORD, (self.pids[window],))

    def GetWindowTextW(self, window: int, text: Any, limit: int) -> int:
        text.value = "Letter – Writer" if window == EDITOR else ""
        return len(text.value)

    def GetForegroundWindow(self) -> int | None:
        return EDITOR


class Dwmapi:
    def DwmGetWindowAttribute(self, window: int, number: int, value: Any, size: int) -> int:
        if number == 14:
            return _fill(value, DWORD, (int(window == CLOAKED),)) and 0
        left, top, right, bottom = User32.rects[window]
        return _fill(value, RECT, (left + 7, top, right - 7, bottom - 7)) and 0


class Kernel32:
    paths: ClassVar = {100: "C:\\Program Files\\Writer\\Writer.EXE", 400: "C:\\Windows\\StartMenu.exe"}

    def OpenProcess(self, access: int, inherit: bool, pid: int) -> int | None:
        return pid if pid in self.paths else None

    def QueryFullProcessImageNameW(self, process: int, flags: int, path: Any, length: Any) -> int:
        path.value = self.paths[process]
        return 1

    def CloseHandle(self, process: int) -> int:
        return 1


def _fill(pointer: Any, kind: type[Any], values: tuple[int, ...]) -> int:
    """Write what ``byref`` points to, as the system does."""
    target = pointer._obj
    assert isinstance(target, kind)
    for (name, *_), value in zip(getattr(target, "_fields_", [("value",)]), values, strict=True):
        setattr(target, name, value)
    return 1


class Refuses(Exception):
    """As comtypes.COMError."""


class Automation:
    """UI Automation with one focused element."""

    def __init__(self) -> None:
        self.element: Any = SimpleNamespace(
            CurrentProcessId=100,
            CurrentControlType=50004,
            CurrentIsPassword=0,
            CurrentIsOffscreen=0,
            CurrentBoundingRectangle=SimpleNamespace(left=10, top=20, right=110, bottom=40),
        )

    def GetFocusedElement(self) -> Any:
        if self.element is None:
            raise Refuses
        return self.element

    def CompareElements(self, one: Any, other: Any) -> bool:
        return one is other


def windows(automation: Automation | None = None) -> WindowsDesktop:
    api = WindowsApi(User32(), Dwmapi(), Kernel32())
    return WindowsDesktop(api, UiAutomation(automation or Automation(), Refuses), lambda: ())


def test_windows_lie_as_windows_says() -> None:
    seen = windows().windows()
    bottom, top = seen.stack
    assert bottom.client is not None
    assert top.client is not None
    assert (bottom.client.wm_class, top.client.wm_class) == ("Writer.EXE", "StartMenu.exe"), "not hidden, not cloaked"
    assert bottom.outer == Rect(-100, 50, 800, 600)
    assert bottom.content == Rect(-92, 82, 784, 560)
    assert bottom.client.rect == Rect(-93, 50, 786, 593), "as it is drawn"
    assert seen.active.window == bottom.client
    assert bottom.client.title == "Letter – Writer"


def test_a_program_that_windows_does_not_name_is_nobodys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Kernel32, "paths", {})
    seen = windows().windows()
    assert [one.client for one in seen.stack] == [None, None]
    assert seen.active.window is None


def test_round_corners_are_nobodys() -> None:
    parts = rounded(Rect(0, 0, 100, 80), 12)
    assert sum(part.width * part.height for part in parts) == 100 * 80 - 4 * 12 * 12
    assert not any(part.x == 0 and part.y == 0 for part in parts)
    assert rounded(Rect(0, 0, 20, 80), 12) == ()


EDITOR_FACTS = WindowFacts(EDITOR, "Writer.EXE", "", 100, Rect(0, 0, 1, 1))


def test_a_field_of_windows_is_open_only_if_it_says_what_it_is() -> None:
    automation = Automation()
    desktop = windows(automation)
    assert desktop.focus(EDITOR_FACTS) is Focus.OPEN
    assert desktop.secret_fields() == ()
    automation.element.CurrentProcessId = 999
    assert desktop.focus(EDITOR_FACTS) is Focus.UNKNOWN, "it belongs to another program"
    automation.element.CurrentProcessId = 100
    automation.element.CurrentControlType = 50033
    assert desktop.focus(EDITOR_FACTS) is Focus.UNKNOWN, "a pane as a whole"
    automation.element = None
    assert desktop.focus(EDITOR_FACTS) is Focus.UNKNOWN, "no answer"


def test_a_password_field_of_windows_is_secret_and_stays_so() -> None:
    automation = Automation()
    desktop = windows(automation)
    automation.element.CurrentIsPassword = 1
    assert desktop.focus(EDITOR_FACTS) is Focus.SECRET
    automation.element.CurrentIsPassword = 0
    assert desktop.focus(EDITOR_FACTS) is Focus.SECRET, "a page's button shows the password"
    assert desktop.secret_fields() == (Rect(6, 16, 108, 28),)
    automation.element.CurrentIsOffscreen = 1
    assert desktop.secret_fields() == ()


class Ax:
    """ApplicationServices with one application (process 100) and one focused element."""

    def __init__(self) -> None:
        self.trusted = True
        self.element = {"AXRole": "AXTextField", "AXSubrole": "", "AXPosition": (10, 20), "AXSize": (100, 20)}
        self.attributes: dict[object, Mapping[str, Any]] = {
            "system": {"AXFocusedApplication": "application"},
            "application 100": {"AXFocusedUIElement": "element"},
            "element": self.element,
        }

    def AXIsProcessTrusted(self) -> bool:
        return self.trusted

    def AXUIElementCreateSystemWide(self) -> str:
        return "system"

    def AXUIElementCreateApplication(self, pid: int) -> str:
        return f"application {pid}"

    def AXUIElementSetMessagingTimeout(self, element: object, seconds: float) -> int:
        return 0

    def AXUIElementCopyAttributeValue(self, element: object, name: str, out: None) -> tuple[int, Any]:
        value = self.attributes.get(element, {}).get(name)
        return (-25212, None) if value is None else (0, value)

    def AXUIElementGetPid(self, element: object, out: None) -> tuple[int, int]:
        return 0, 100

    def AXValueGetValue(self, value: tuple[int, int], kind: int, out: None) -> tuple[bool, Any]:
        names = ("x", "y") if kind == 1 else ("width", "height")
        return True, SimpleNamespace(**dict(zip(names, value, strict=True)))


class Quartz:
    kCGWindowListOptionOnScreenOnly, kCGNullWindowID = 1, 0
    allowed = True

    def CGPreflightScreenCaptureAccess(self) -> bool:
        return self.allowed

    def CGWindowListCopyWindowInfo(self, options: int, window: int) -> list[Mapping[str, Any]]:
        def listed(number: int, pid: int, layer: int, bounds: tuple[int, ...], **more: Any) -> Mapping[str, Any]:
            sides = dict(zip(("X", "Y", "Width", "Height"), bounds, strict=True))
            names = {"kCGWindowNumber": number, "kCGWindowOwnerPID": pid, "kCGWindowLayer": layer}
            return names | {"kCGWindowBounds": sides} | more

        return [
            listed(1, 300, 25, (0, 0, 1440, 24)),
            listed(2, 300, 0, (0, 0, 500, 500), kCGWindowAlpha=0.0),
            listed(3, 100, 0, (100, 100, 800, 600), kCGWindowName="Letter"),
            listed(4, 200, -2147483603, (0, 0, 1440, 900)),
        ]


BUNDLES = {100: "com.example.Writer", 200: "com.apple.finder", 300: "com.apple.controlcenter"}


def _application(pid: int) -> Any:
    return SimpleNamespace(bundleIdentifier=lambda: BUNDLES[pid]) if pid in BUNDLES else None


class Mac:
    def __init__(self) -> None:
        self.ax, self.secure = Ax(), False
        running = SimpleNamespace(runningApplicationWithProcessIdentifier_=_application)
        appkit = SimpleNamespace(NSRunningApplication=running)
        self.calls = MacCalls(self.ax, Quartz(), appkit, lambda: int(self.secure))
        self.desktop = MacDesktop(self.calls, lambda: ())


WRITER = WindowFacts(3, "com.example.Writer", "", 100, Rect(0, 0, 1, 1))


def test_windows_lie_as_macos_says() -> None:
    seen = Mac().desktop.windows()
    desktop, letter, bar = seen.stack
    assert desktop.client is None, "the Finder's desktop is nobody's"
    assert letter.client is not None
    assert (letter.client.wm_class, letter.client.title, letter.client.rect) == (
        "com.example.Writer",
        "Letter",
        Rect(100, 100, 800, 600),
    )
    assert letter.content == Rect(100, 132, 800, 568)
    assert bar.client is not None
    assert seen.active.window == letter.client


def test_without_an_active_application_macos_has_no_active_window() -> None:
    mac = Mac()
    mac.ax.attributes["system"] = {}
    assert mac.desktop.windows().active.window is None


def test_a_field_of_macos_is_open_only_if_it_says_what_it_is() -> None:
    mac = Mac()
    assert mac.desktop.focus(WRITER) is Focus.OPEN
    mac.ax.element["AXRole"] = "AXWindow"
    assert mac.desktop.focus(WRITER) is Focus.UNKNOWN
    mac.ax.attributes["application 100"] = {}
    assert mac.desktop.focus(WRITER) is Focus.UNKNOWN


def test_a_password_field_of_macos_is_secret_and_stays_so() -> None:
    mac = Mac()
    mac.secure = True
    assert mac.desktop.focus(WRITER) is Focus.SECRET, "somebody has secure input on"
    mac.secure = False
    assert mac.desktop.focus(WRITER) is Focus.OPEN
    mac.ax.element["AXSubrole"] = "AXSecureTextField"
    assert mac.desktop.focus(WRITER) is Focus.SECRET
    mac.ax.element["AXSubrole"] = ""
    assert mac.desktop.focus(WRITER) is Focus.SECRET
    assert mac.desktop.secret_fields() == (Rect(6, 16, 108, 28),)
    mac.ax.attributes["element"] = {}
    assert mac.desktop.secret_fields() == (), "it is gone"


def test_the_permissions_of_macos_are_named() -> None:
    ax, quartz = Ax(), Quartz()
    ax.trusted = False
    with pytest.raises(SetupMissing, match="keyboard") as refused:
        MacCalls(ax, quartz, None, lambda: 0)
    assert "Accessibility" in refused.value.fix
    quartz.allowed = False
    with pytest.raises(SetupMissing, match="screen") as refused:
        MacCalls(Ax(), quartz, None, lambda: 0)
    assert "Screen Recording" in refused.value.fix


def test_elsewhere_they_say_that_they_are_elsewhere() -> None:
    with pytest.raises(SetupMissing, match="not Windows"):
        WindowsDesktop()
    with pytest.raises(SetupMissing, match="not macOS"):
        MacDesktop()


def test_what_runs_on_windows_and_macos_needs_nothing_of_linux() -> None:
    """Everything that these sources import there, without what only Linux has."""
    names = ("source", "parts", "windows_desktop", "windows_calls", "macos_desktop", "macos_calls", "listening")
    modules = ", ".join(f"aboveboard.recorder.capture.portable.{name}" for name in names)
    blocked = ("xcffib", "dbus_fast", "landlock", "fcntl", "resource", "Xlib")
    script = f"import sys; sys.modules.update(dict.fromkeys({blocked!r})); import {modules}"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
