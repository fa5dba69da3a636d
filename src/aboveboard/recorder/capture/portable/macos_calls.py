"""How is macOS asked? Each question is one call through pyobjc, or of Carbon by ctypes.

*Not yet run on macOS.* The frameworks are passed in, so that what is done with their answers can be tried anywhere.
"""

import ctypes
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from aboveboard.base.errors import SetupMissing
from aboveboard.recorder.capture.port import Rect

ANSWER_S = 0.3
"""An application that has not answered after this long has not answered this look."""

_CARBON = "/System/Library/Frameworks/Carbon.framework/Carbon"
_POINT, _SIZE = 1, 2  # kAXValueTypeCGPoint, kAXValueTypeCGSize


class AxElement:
    """``portable.macos_desktop.Element``."""

    def __init__(self, services: Any, element: Any) -> None:
        self._services, self._element = services, element

    def role(self) -> str:
        return str(self.value("AXRole") or "")

    def subrole(self) -> str:
        return str(self.value("AXSubrole") or "")

    def rect(self) -> Rect | None:
        place, size = self._unpacked("AXPosition", _POINT), self._unpacked("AXSize", _SIZE)
        if place is None or size is None:
            return None
        return Rect(int(place.x), int(place.y), int(size.width), int(size.height))

    def same(self, other: object) -> bool:
        return isinstance(other, AxElement) and bool(self._element == other._element)

    def value(self, name: str) -> Any:
        """One attribute, ``None`` if there is no answer."""
        error, value = self._services.AXUIElementCopyAttributeValue(self._element, name, None)
        return None if error else value

    def _unpacked(self, name: str, kind: int) -> Any:
        value = self.value(name)
        if value is None:
            return None
        known, unpacked = self._services.AXValueGetValue(value, kind, None)
        return unpacked if known else None


class MacCalls:
    """``portable.macos_desktop.Calls``. Raises :class:`SetupMissing` without the permissions that it takes."""

    def __init__(
        self,
        services: Any = None,
        quartz: Any = None,
        appkit: Any = None,
        secure_input: Callable[[], int] | None = None,
    ) -> None:
        if services is None or secure_input is None:
            services, quartz, appkit, secure_input = _frameworks()
        self._services, self._quartz, self._appkit, self._secure_input = services, quartz, appkit, secure_input
        _require(bool(services.AXIsProcessTrusted()), "Accessibility", "which window and field has the keyboard")
        _require(bool(quartz.CGPreflightScreenCaptureAccess()), "Screen Recording", "what is on the screen")
        self._system = services.AXUIElementCreateSystemWide()
        services.AXUIElementSetMessagingTimeout(self._system, ANSWER_S)

    def windows(self) -> list[Mapping[str, Any]]:
        on_screen, no_window = self._quartz.kCGWindowListOptionOnScreenOnly, self._quartz.kCGNullWindowID
        return list(self._quartz.CGWindowListCopyWindowInfo(on_screen, no_window) or [])

    def active_pid(self) -> int:
        application = AxElement(self._services, self._system).value("AXFocusedApplication")
        if application is None:
            return 0
        error, pid = self._services.AXUIElementGetPid(application, None)
        return 0 if error else int(pid)

    def bundle(self, pid: int) -> str:
        application = self._appkit.NSRunningApplication.runningApplicationWithProcessIdentifier_(pid)
        return str(application.bundleIdentifier() or "") if application is not None else ""

    def secure_input(self) -> bool:
        return bool(self._secure_input())

    def focused(self, pid: int) -> AxElement | None:
        application = self._services.AXUIElementCreateApplication(pid)
        self._services.AXUIElementSetMessagingTimeout(application, ANSWER_S)
        element = AxElement(self._services, application).value("AXFocusedUIElement")
        return AxElement(self._services, element) if element is not None else None


def _require(given: bool, permission: str, purpose: str) -> None:
    if not given:
        raise SetupMissing(
            f"this program may not know {purpose}",
            cause=f"the permission '{permission}' was not given",
            fix=f"allow it in System Settings, Privacy & Security, {permission}; then start again",
        )


def _frameworks() -> tuple[Any, Any, Any, Callable[[], int]]:
    if sys.platform != "darwin":
        raise SetupMissing("this is not macOS", cause="the source for macOS was chosen elsewhere", fix="report this")
    carbon = ctypes.CDLL(_CARBON)
    carbon.IsSecureEventInputEnabled.restype = ctypes.c_bool
    modules = (import_module(name) for name in ("ApplicationServices", "Quartz", "AppKit"))
    return *modules, carbon.IsSecureEventInputEnabled
