"""A locker as xtrlock is: the process has its name, its one window is a pixel that shows nothing, it grabs the keys.

The real one wants the person's own password and an account that has one, which a test machine's has not.
"""

import ctypes
import sys
import time

import xcffib
import xcffib.xproto

PR_SET_NAME = 15


def main(name: str) -> None:
    ctypes.CDLL(None).prctl(PR_SET_NAME, name.encode(), 0, 0, 0)
    conn = xcffib.connect()
    root = conn.get_setup().roots[0].root
    window, input_only, override_redirect = conn.generate_id(), 2, 1 << 9
    conn.core.CreateWindow(0, window, root, 0, 0, 1, 1, 0, input_only, 0, override_redirect, [1])
    conn.core.MapWindow(window)
    conn.core.GrabKeyboard(False, window, 0, 1, 1).reply()
    conn.flush()
    time.sleep(600)


if __name__ == "__main__":
    main(sys.argv[1])
