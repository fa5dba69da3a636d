"""Play a script on a display, on absolute time, and write down what was sent when.

    python -m benchmarks.recorder.player DISPLAY SCRIPT.json LOG.json START_MONOTONIC_NS

A process of its own, so that nothing else in the benchmark makes the hand late. An act that is late is sent at once;
the log holds the time just before each event was sent, and the time when it was with the server.
"""

import gc
import os
import sys
import time
from contextlib import suppress
from pathlib import Path

import msgspec
from benchmarks.recorder.script import Act

from aboveboard.stage.xtest import Sent, Xtest

SPIN_NS = 300_000
"""The last stretch before an act is waited for awake: a sleep may end a few tenths of a millisecond late."""


class Played(msgspec.Struct, frozen=True):
    """One input event. ``wall_ns`` is just before it was sent; ``after_ns``, on the same clock, just after."""

    kind: str
    wall_ns: int
    after_ns: int
    monotonic_ns: int
    x: int
    y: int
    button: int
    keycode: int
    keysym: int


def play(hand: Xtest, acts: list[Act], start_ns: int) -> list[Played]:
    """Send each act at its time (``start_ns`` is ``CLOCK_MONOTONIC``)."""
    log: list[Played] = []
    for act in acts:
        due_ns = start_ns + round(act.at_s * 1e9)
        left_ns = due_ns - time.monotonic_ns()
        if left_ns > SPIN_NS:
            time.sleep((left_ns - SPIN_NS) / 1e9)
        while time.monotonic_ns() < due_ns:
            pass
        sent = _send(hand, act)
        after_ns = time.time_ns()
        log.append(
            Played(
                kind="scroll" if act.kind == "scroll" else sent.kind,
                wall_ns=sent.wall_ns,
                after_ns=after_ns,
                monotonic_ns=sent.monotonic_ns,
                x=sent.x,
                y=sent.y,
                button=sent.button,
                keycode=sent.keycode,
                keysym=sent.keysym,
            )
        )
    return log


def _send(hand: Xtest, act: Act) -> Sent:
    match act.kind:
        case "move":
            return hand.move(act.x, act.y)
        case "press":
            return hand.press(act.button)
        case "release":
            return hand.release(act.button)
        case "scroll":
            sent = hand.press(act.button)
            hand.release(act.button)
            return sent
        case "key_press":
            return hand.key_press(act.keysym)
        case "key_release":
            return hand.key_release(act.keysym)


def main(display: str, script: str, log: str, start_ns: str) -> None:
    acts = msgspec.json.decode(Path(script).read_bytes(), type=list[Act])
    hand = Xtest(display)
    gc.disable()
    with suppress(PermissionError):  # else it is put off between taking the time and sending, and the truth is wrong
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    played = play(hand, acts, int(start_ns))
    hand.close()
    Path(log).write_bytes(msgspec.json.encode(played))


if __name__ == "__main__":
    main(*sys.argv[1:])
