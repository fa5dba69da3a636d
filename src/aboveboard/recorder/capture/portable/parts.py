"""What is a portable source made of, on each system?"""

import os

from aboveboard.base.errors import SetupMissing
from aboveboard.recorder.capture.portable.desktop import Parts
from aboveboard.recorder.capture.portable.listening import PynputListening
from aboveboard.recorder.capture.portable.mss_screen import MssScreen


def windows_parts() -> Parts:
    """Windows 10 and 11."""
    from aboveboard.recorder.capture.portable.windows_desktop import WindowsDesktop

    return Parts(desktop=WindowsDesktop, screen=MssScreen, listen=PynputListening)


def macos_parts() -> Parts:
    """macOS 12 and newer."""
    from aboveboard.recorder.capture.portable.macos_desktop import MacDesktop

    return Parts(desktop=MacDesktop, screen=MssScreen, listen=lambda heard: PynputListening(heard, alt_types=True))


def x11_parts(display: str) -> Parts:
    """An X11 display, for comparing: ``capture.x11`` is the source to record one with.

    Raises :class:`SetupMissing` for any other display than the one in ``DISPLAY``: ``pynput`` knows no other.
    """
    if display != os.environ.get("DISPLAY"):
        raise SetupMissing(
            f"the portable source cannot listen to the display {display}",
            cause="pynput listens to the display in DISPLAY only",
            fix=f"set DISPLAY to {display}",
        )
    from aboveboard.recorder.capture.portable.x11_desktop import X11Desktop
    from aboveboard.recorder.capture.portable.x11_listening import X11Listening

    return Parts(desktop=lambda: X11Desktop(display), screen=lambda: MssScreen(display), listen=X11Listening)
