"""What does macOS say of its windows and fields?

*Not yet run on macOS.* An application is its bundle identifier ("com.apple.TextEdit"): that is what a disclosure's
``wm_class`` is compared with. The window server lists the windows on screen from the front to the back. The active
application is asked of accessibility and not of NSWorkspace, which learns of a change only while a main run loop runs.

While any program has secure input on, as password fields do, the focus counts as secret whatever it says of itself.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from aboveboard.formats.recording import Monitor
from aboveboard.recorder.capture.port import Rect, WindowFacts
from aboveboard.recorder.capture.portable.desktop import Windows
from aboveboard.recorder.capture.portable.stacking import monitors_by_mss, rounded
from aboveboard.recorder.redact.scope import Active, Stacked
from aboveboard.recorder.redact.timeline import Focus

RADIUS = 28
"""Points of a corner that may show what is below."""
PAD = 4
TITLE_BAR = 32
"""Points at the top of a window that may hold its title."""
SECRET_SUBROLE = "AXSecureTextField"  # noqa: S105 - what accessibility calls such a field
WHOLE_ROLES = frozenset({"", "AXApplication", "AXWindow", "AXGroup", "AXUnknown"})
"""A focus on one of these means that the application does not tell."""


class Element(Protocol):
    """One accessible element; no answer is "" or ``None``."""

    def role(self) -> str: ...

    def subrole(self) -> str: ...

    def rect(self) -> Rect | None: ...

    def same(self, other: "Element") -> bool: ...


class Calls(Protocol):
    """The calls to macOS that are needed, each as one question."""

    def windows(self) -> list[Mapping[str, Any]]:
        """The window server's list, from the front to the back, with its own keys."""
        ...

    def active_pid(self) -> int:
        """The process that has the keyboard; 0 if that is not known."""
        ...

    def bundle(self, pid: int) -> str: ...

    def secure_input(self) -> bool: ...

    def focused(self, pid: int) -> Element | None: ...


class MacDesktop:
    """The facts of this session. Raises :class:`SetupMissing` without the permissions that it takes."""

    def __init__(
        self, calls: Calls | None = None, monitors: Callable[[], tuple[Monitor, ...]] = monitors_by_mss
    ) -> None:
        if calls is None:
            from aboveboard.recorder.capture.portable.macos_calls import MacCalls

            calls = MacCalls()
        self._calls, self._monitors = calls, monitors
        self._secret: list[Element] = []

    def monitors(self) -> tuple[Monitor, ...]:
        return self._monitors()

    def windows(self) -> Windows:
        bundles: dict[int, str] = {}
        listed = [one for one in self._calls.windows() if one.get("kCGWindowAlpha", 1.0) > 0]
        found = [self._stacked(one, bundles) for one in reversed(listed)]
        active_pid = self._calls.active_pid()
        front = next((one for one in listed if _layer(one) == 0 and one.get("kCGWindowOwnerPID") == active_pid), None)
        active = self._facts(front, bundles) if front is not None and active_pid else None
        return Windows(tuple(found), Active(active))

    def focus(self, window: WindowFacts) -> Focus:
        if self._calls.secure_input():
            return Focus.SECRET
        element = self._calls.focused(window.pid)
        if element is None:
            return Focus.UNKNOWN
        if any(element.same(one) for one in self._secret):
            return Focus.SECRET
        if element.subrole() == SECRET_SUBROLE:
            self._secret.append(element)
            return Focus.SECRET
        return Focus.UNKNOWN if element.role() in WHOLE_ROLES else Focus.OPEN

    def secret_fields(self) -> tuple[Rect, ...]:
        self._secret = [element for element in self._secret if element.role()]  # those that are gone say nothing
        found = (element.rect() for element in self._secret)
        return tuple(
            Rect(rect.x - PAD, rect.y - PAD, rect.width + 2 * PAD, rect.height + 2 * PAD)
            for rect in found
            if rect is not None
        )

    def close(self) -> None:
        self._secret.clear()

    def _stacked(self, listed: Mapping[str, Any], bundles: dict[int, str]) -> Stacked:
        """Windows below the ordinary ones are the desktop: nobody's, though the Finder's by name."""
        outer = _bounds(listed)
        owner = self._facts(listed, bundles) if _layer(listed) >= 0 else None
        content = Rect(outer.x, outer.y + TITLE_BAR, outer.width, max(outer.height - TITLE_BAR, 0))
        return Stacked(outer, rounded(outer, RADIUS), content, owner)

    def _facts(self, listed: Mapping[str, Any], bundles: dict[int, str]) -> WindowFacts | None:
        pid = int(listed.get("kCGWindowOwnerPID", 0))
        if pid not in bundles:
            bundles[pid] = self._calls.bundle(pid) if pid else ""
        if not bundles[pid]:
            return None
        number, title = int(listed.get("kCGWindowNumber", 0)), str(listed.get("kCGWindowName") or "")
        return WindowFacts(number, bundles[pid], title, pid, _bounds(listed))


def _layer(listed: Mapping[str, Any]) -> int:
    return int(listed.get("kCGWindowLayer", 0))


def _bounds(listed: Mapping[str, Any]) -> Rect:
    bounds = listed["kCGWindowBounds"]
    return Rect(int(bounds["X"]), int(bounds["Y"]), int(bounds["Width"]), int(bounds["Height"]))
