"""What do the hands do, on a system that ``pynput`` knows?

Two listeners, one of the keyboard and one of the pointer, each a thread of ``pynput``'s. They are told of every event
and change none. Positions are the system's own.
"""

import threading
from types import ModuleType
from typing import Any

from aboveboard.base.errors import SetupMissing
from aboveboard.formats.recording import Button, Pointer, Scroll
from aboveboard.recorder.capture.portable.desktop import Heard
from aboveboard.recorder.capture.portable.keys import Code, KeyNames, Named

JOIN_S = 0.2

_BUTTONS = {"left": 1, "middle": 2, "right": 3, "x1": 8, "x2": 9} | {
    f"button{number}": number for number in range(8, 31)
}


class PynputListening:
    """Tells ``heard`` of each event as it comes, from ``pynput``'s threads.

    Raises :class:`SetupMissing` if the system does not let this process listen.
    """

    def __init__(self, heard: Heard, *, alt_types: bool = False) -> None:
        keyboard, mouse = _modules()
        self._heard = heard
        self._names = KeyNames(alt_types=alt_types)
        self._keyboard = keyboard.Listener(on_press=self._press, on_release=self._release)
        self._mouse = mouse.Listener(on_move=self._move, on_click=self._click, on_scroll=self._scroll)
        if not getattr(self._keyboard, "IS_TRUSTED", True):
            raise SetupMissing(
                "this system does not tell this program what is typed",
                cause="the permission to watch input was not given",
                fix="allow it in System Settings, Privacy & Security, Accessibility and Input Monitoring; start again",
            )
        for listener in (self._keyboard, self._mouse):
            listener.start()
            listener.wait()

    def alive(self) -> bool:
        return all(listener.running and listener.is_alive() for listener in (self._keyboard, self._mouse))

    def forget(self) -> None:
        self._names.forget()

    def close(self) -> None:
        for listener in (self._keyboard, self._mouse):
            if listener.running and listener.is_alive():
                self.end(listener)
        for listener in (self._keyboard, self._mouse):
            # Not through pynput's own join: it raises again what ended the listener, which alive() has told already.
            threading.Thread.join(listener, JOIN_S)

    def end(self, listener: Any) -> None:
        """Have ``listener`` tell nothing more."""
        listener.stop()

    def _press(self, key: Named | Code | None, _injected: bool) -> None:
        self._heard(self._names.key(key, pressed=True))

    def _release(self, key: Named | Code | None, _injected: bool) -> None:
        self._heard(self._names.key(key, pressed=False))

    def _move(self, x: float, y: float, _injected: bool) -> None:
        self._heard(Pointer(x=int(x), y=int(y)))

    def _click(self, x: float, y: float, button: Named, pressed: bool, _injected: bool) -> None:
        number = _BUTTONS.get(button.name)
        if number is not None:
            self._heard(Button(button=number, pressed=pressed, x=int(x), y=int(y)))

    def _scroll(self, x: float, y: float, dx: float, dy: float, _injected: bool) -> None:
        """``pynput`` counts up as positive."""
        self._heard(Scroll(dx=dx, dy=-dy or 0.0, x=int(x), y=int(y)))


def _modules() -> tuple[ModuleType, ModuleType]:
    try:
        from pynput import keyboard, mouse
    except ImportError as error:
        raise SetupMissing(
            "the input of this system cannot be listened to",
            cause=f"pynput is not installed, or does not run here: {str(error).splitlines()[0]}",
            fix="install the extra 'recorder' on Windows or macOS; on Linux record an X11 session without it",
        ) from error
    return keyboard, mouse
