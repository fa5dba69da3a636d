"""How is Windows asked? Each question is one call of user32, dwmapi or kernel32, or of UI Automation.

*Not yet run on Windows.* The calls' names, arguments and numbers are those of Microsoft's documentation. The libraries
are passed in, so that what is done with their answers can be tried anywhere.
"""

import ctypes
import sys
from ctypes import byref, create_unicode_buffer, sizeof
from ctypes.wintypes import DWORD, POINT, RECT
from typing import Any

from aboveboard.base.errors import SetupMissing
from aboveboard.recorder.capture.port import Rect

WINDOWS_LIMIT = 2000
TITLE_LIMIT = 1000
PATH_LIMIT = 32768
ANSWER_MS = 300
"""An application that has not answered UI Automation after this long has not answered this look."""

_EXTENDED_FRAME_BOUNDS, _CLOAKED = 9, 14
_QUERY_LIMITED_INFORMATION = 0x1000


class WindowsApi:
    """``portable.windows_desktop.Api``, by ctypes."""

    def __init__(self, user32: Any = None, dwmapi: Any = None, kernel32: Any = None) -> None:
        if user32 is None:
            user32, dwmapi, kernel32 = _libraries()
        self._user32, self._dwmapi, self._kernel32 = user32, dwmapi, kernel32

    def top_windows(self) -> list[int]:
        """Not by EnumWindows, which leaves out those of the system: the Start menu, the notifications."""
        found: list[int] = []
        window = self._user32.FindWindowExW(None, None, None, None)
        while window and len(found) < WINDOWS_LIMIT:
            found.append(int(window))
            window = self._user32.FindWindowExW(None, window, None, None)
        return found

    def shows(self, window: int) -> bool:
        cloaked = DWORD()
        self._dwmapi.DwmGetWindowAttribute(window, _CLOAKED, byref(cloaked), sizeof(cloaked))
        shown = self._user32.IsWindowVisible(window) and not self._user32.IsIconic(window)
        return bool(shown) and not cloaked.value

    def outer(self, window: int) -> Rect | None:
        rect = RECT()
        return _rect(rect) if self._user32.GetWindowRect(window, byref(rect)) else None

    def drawn(self, window: int) -> Rect | None:
        rect = RECT()
        failed = self._dwmapi.DwmGetWindowAttribute(window, _EXTENDED_FRAME_BOUNDS, byref(rect), sizeof(rect))
        return None if failed else _rect(rect)

    def content(self, window: int) -> Rect | None:
        rect, corner = RECT(), POINT(0, 0)
        if not (self._user32.GetClientRect(window, byref(rect)) and self._user32.ClientToScreen(window, byref(corner))):
            return None
        return Rect(corner.x, corner.y, rect.right, rect.bottom)

    def pid(self, window: int) -> int:
        pid = DWORD()
        self._user32.GetWindowThreadProcessId(window, byref(pid))
        return int(pid.value)

    def title(self, window: int) -> str:
        text = create_unicode_buffer(TITLE_LIMIT)
        self._user32.GetWindowTextW(window, text, TITLE_LIMIT)
        return text.value

    def executable(self, pid: int) -> str:
        process = self._kernel32.OpenProcess(_QUERY_LIMITED_INFORMATION, False, pid)
        if not process:
            return ""
        try:
            path, length = create_unicode_buffer(PATH_LIMIT), DWORD(PATH_LIMIT)
            known = self._kernel32.QueryFullProcessImageNameW(process, 0, path, byref(length))
            return path.value if known else ""
        finally:
            self._kernel32.CloseHandle(process)

    def foreground(self) -> int:
        return int(self._user32.GetForegroundWindow() or 0)


class UiElement:
    """``portable.windows_desktop.Element``, by COM. An answer that fails is a ``COMError``, told as ``OSError``."""

    def __init__(self, automation: Any, element: Any, failed: type[Exception]) -> None:
        self._automation, self._element, self._failed = automation, element, failed

    def pid(self) -> int:
        return int(self._ask("CurrentProcessId"))

    def kind(self) -> int:
        return int(self._ask("CurrentControlType"))

    def secret(self) -> bool:
        return bool(self._ask("CurrentIsPassword"))

    def rect(self) -> Rect | None:
        return None if self._ask("CurrentIsOffscreen") else _rect(self._ask("CurrentBoundingRectangle"))

    def same(self, other: object) -> bool:
        if not isinstance(other, UiElement):
            return False
        try:
            return bool(self._automation.CompareElements(self._element, other._element))
        except self._failed as error:
            raise OSError("UI Automation did not answer") from error

    def _ask(self, name: str) -> Any:
        try:
            return getattr(self._element, name)
        except self._failed as error:
            raise OSError(f"UI Automation did not answer {name}") from error


class UiAutomation:
    """``portable.windows_desktop.Elements``: COM's ``CUIAutomation8``, made in the thread that asks it."""

    def __init__(self, automation: Any = None, failed: type[Exception] = OSError) -> None:
        self._automation, self._failed = (automation, failed) if automation is not None else _automation()

    def focused(self) -> UiElement | None:
        try:
            element = self._automation.GetFocusedElement()
        except self._failed as error:
            raise OSError("UI Automation did not answer") from error
        return UiElement(self._automation, element, self._failed) if element else None


def _rect(rect: Any) -> Rect:
    return Rect(rect.left, rect.top, rect.right - rect.left, rect.bottom - rect.top)


def _elsewhere() -> SetupMissing:
    return SetupMissing("this is not Windows", cause="the source for Windows was chosen elsewhere", fix="report this")


def _libraries() -> tuple[Any, Any, Any]:
    """user32, dwmapi and kernel32. Handles are pointers: without saying so, ctypes cuts them to 32 bits."""
    if sys.platform != "win32":
        raise _elsewhere()
    user32, dwmapi, kernel32 = (ctypes.WinDLL(name) for name in ("user32", "dwmapi", "kernel32"))
    pointer = ctypes.c_void_p
    user32.FindWindowExW.argtypes = [pointer, pointer, ctypes.c_wchar_p, ctypes.c_wchar_p]
    user32.FindWindowExW.restype = user32.GetForegroundWindow.restype = kernel32.OpenProcess.restype = pointer
    for name in ("IsWindowVisible", "IsIconic"):
        getattr(user32, name).argtypes = [pointer]
    for name in ("GetWindowRect", "GetClientRect", "ClientToScreen", "GetWindowThreadProcessId"):
        getattr(user32, name).argtypes = [pointer, pointer]
    user32.GetWindowTextW.argtypes = [pointer, pointer, ctypes.c_int]
    dwmapi.DwmGetWindowAttribute.argtypes = [pointer, DWORD, pointer, DWORD]
    kernel32.QueryFullProcessImageNameW.argtypes = [pointer, DWORD, pointer, pointer]
    kernel32.CloseHandle.argtypes = [pointer]
    return user32, dwmapi, kernel32


def _automation() -> tuple[Any, type[Exception]]:
    if sys.platform != "win32":
        raise _elsewhere()
    import comtypes.client

    comtypes.CoInitialize()
    comtypes.client.GetModule("UIAutomationCore.dll")
    from comtypes.gen import UIAutomationClient as uia

    automation = comtypes.client.CreateObject(uia.CUIAutomation8, interface=uia.IUIAutomation2)
    automation.ConnectionTimeout = automation.TransactionTimeout = ANSWER_MS
    return automation, comtypes.COMError
