"""A program that works hard on a display: ``python busy_hands.py :7 60``. Moves a thousand times a second, types,
holds a key until it repeats, clicks, turns the wheel, scrolls and repaints its own window."""

import sys
import time
from typing import Any

import xcffib
import xcffib.xproto

from aboveboard.recorder.capture.port import Rect
from aboveboard.stage.xtest import Xtest
from samples.x_windows import Windows

PLACE = Rect(20, 20, 500, 400)
LINE = 16


def work(display: str, wm_class: str, seconds: float) -> None:
    windows, hand = Windows(display), Xtest(display)
    window = windows.show(PLACE, 0xE0E0E0, wm_class)
    windows.activate(window)
    core: Any = windows.conn.core
    context = windows.conn.generate_id()
    core.CreateGC(context, window, xcffib.xproto.GC.Foreground, [0x204060])
    print("working", flush=True)
    began_s = due_s = time.monotonic()
    number = 0
    while time.monotonic() - began_s < seconds:
        number += 1
        hand.move(40 + number % 400, 40 + (number * 7) % 300)
        if number % 97 == 0:
            hand.tap(ord("the quick brown fox".replace(" ", "")[number // 97 % 16]))
        if number % 211 == 0:
            hand.press(4 + number % 2)
            hand.release(4 + number % 2)
        if number % 1500 == 0:
            hand.press(1)
            hand.release(1)
        if number % 50 == 0:
            core.CopyArea(window, window, context, 0, LINE, 0, 0, PLACE.width, PLACE.height - LINE)
            core.ChangeGC(context, xcffib.xproto.GC.Foreground, [(number * 0x030507) & 0xFFFFFF])
            line = xcffib.xproto.RECTANGLE.synthetic(number % 200, PLACE.height - LINE, 150, LINE - 4)
            core.PolyFillRectangle(window, context, 1, [line])
            windows.conn.flush()
        if number % 8000 == 0:
            hand.key_press(ord("x"))
            time.sleep(1.2)
            hand.key_release(ord("x"))
        # No faster than a hand with the fastest mouse: what was held up is not made up for.
        due_s = max(due_s + 0.001, time.monotonic() - 0.01)
        time.sleep(max(0.0, due_s - time.monotonic()))
    print(number, flush=True)
    windows.disconnect()
    hand.close()


if __name__ == "__main__":
    work(sys.argv[1], sys.argv[2], float(sys.argv[3]))
