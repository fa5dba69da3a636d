"""What does Windows say of its windows and fields?

*Not yet run on Windows.* An application is its executable's file name ("winword.exe"): that is what a disclosure's
``wm_class`` is compared with. The top-level windows are walked from the top down, those of menus and of the system
included; whose a window is, its process says. Store applications live in ``ApplicationFrameHost.exe`` and count as
that.

A field is asked for through UI Automation. It counts as open only if it belongs to the active window's process and says
that it is a control one can be in: a window or a pane as a whole means that the application does not tell.
"""

from collections.abc import Callable
from typing import Protocol

from aboveboard.formats.recording import Monitor
from aboveboard.recorder.capture.port import Rect, WindowFacts
from aboveboard.recorder.capture.portable.desktop import Windows
from aboveboard.recorder.capture.portable.stacking import monitors_by_mss, rounded
from aboveboard.recorder.redact.scope import Active, Stacked
from aboveboard.recorder.redact.timeline import Focus

RADIUS = 12
"""Pixels of a corner that may show what is below."""
PAD = 4
WHOLE_KINDS = frozenset({50025, 50032, 50033})
"""UI Automation's numbers for Custom, Window and Pane."""


class Api(Protocol):
    """The calls to Windows that are needed, each as one question. A window that is gone answers 0, "" or ``None``."""

    def top_windows(self) -> list[int]:
        """All top-level windows, from the top to the bottom."""
        ...

    def shows(self, window: int) -> bool:
        """Is it visible, not minimised, and not cloaked (on another desktop, or suspended)?"""
        ...

    def outer(self, window: int) -> Rect | None: ...

    def drawn(self, window: int) -> Rect | None:
        """Without the invisible border that one resizes it by."""
        ...

    def content(self, window: int) -> Rect | None: ...

    def pid(self, window: int) -> int: ...

    def title(self, window: int) -> str: ...

    def executable(self, pid: int) -> str:
        """The path of the program."""
        ...

    def foreground(self) -> int: ...


class Element(Protocol):
    """One element of UI Automation; each answer may raise ``OSError``."""

    def pid(self) -> int: ...

    def kind(self) -> int: ...

    def secret(self) -> bool: ...

    def rect(self) -> Rect | None:
        """``None`` while it does not show."""
        ...

    def same(self, other: "Element") -> bool: ...


class Elements(Protocol):
    """UI Automation."""

    def focused(self) -> Element | None: ...


class WindowsDesktop:
    """The facts of this session."""

    def __init__(
        self,
        api: Api | None = None,
        elements: Elements | None = None,
        monitors: Callable[[], tuple[Monitor, ...]] = monitors_by_mss,
    ) -> None:
        if api is None or elements is None:
            from aboveboard.recorder.capture.portable.windows_calls import UiAutomation, WindowsApi

            api, elements = api or WindowsApi(), elements or UiAutomation()
        self._api, self._elements, self._monitors = api, elements, monitors
        self._secret: list[Element] = []

    def monitors(self) -> tuple[Monitor, ...]:
        return self._monitors()

    def windows(self) -> Windows:
        names: dict[int, str] = {}
        found = (self._stacked(window, names) for window in reversed(self._api.top_windows()))
        front = self._api.foreground()
        active = self._facts(front, names) if front else None
        return Windows(tuple(one for one in found if one is not None), Active(active))

    def focus(self, window: WindowFacts) -> Focus:
        try:
            element = self._elements.focused()
            if element is None or element.pid() != window.pid:
                return Focus.UNKNOWN
            if any(element.same(one) for one in self._secret):
                return Focus.SECRET
            if element.secret():
                self._secret.append(element)
                return Focus.SECRET
            return Focus.UNKNOWN if element.kind() in WHOLE_KINDS else Focus.OPEN
        except OSError:
            return Focus.UNKNOWN

    def secret_fields(self) -> tuple[Rect, ...]:
        places = []
        for element in list(self._secret):
            try:
                rect = element.rect()
            except OSError:
                self._secret.remove(element)  # gone with its window
                continue
            if rect is not None:
                places.append(Rect(rect.x - PAD, rect.y - PAD, rect.width + 2 * PAD, rect.height + 2 * PAD))
        return tuple(places)

    def close(self) -> None:
        self._secret.clear()

    def _stacked(self, window: int, names: dict[int, str]) -> Stacked | None:
        if not self._api.shows(window):
            return None
        outer = self._api.outer(window)
        if outer is None or outer.width <= 0 or outer.height <= 0:
            return None
        drawn = self._api.drawn(window) or outer
        facts = self._facts(window, names)
        content = self._api.content(window) or Rect(outer.x, outer.y, 0, 0)
        return Stacked(outer, rounded(drawn, RADIUS), content, facts)

    def _facts(self, window: int, names: dict[int, str]) -> WindowFacts | None:
        """``None`` if its program is not known, as for one of another user."""
        pid = self._api.pid(window)
        rect = self._api.drawn(window) or self._api.outer(window)
        if pid not in names:
            names[pid] = self._api.executable(pid).replace("/", "\\").rsplit("\\", 1)[-1] if pid else ""
        if not names[pid] or rect is None:
            return None
        return WindowFacts(window, names[pid], self._api.title(window), pid, rect)
