"""How does a policy's hand move, so that it gives way at once?

Before each single event that it sends, the server is asked whether anybody else has done something
(:class:`aboveboard.stage.touch.Ear`), and while it waits it listens. So after a person's first event at most the one
that was on its way is still the policy's, however busy the machine is: a path is broken off where it stands, a word in
the middle. What it holds it lets go, and :class:`Taken` is raised.
"""

import time
from collections.abc import Callable, Sequence
from random import Random

from xcffib.xproto import ModMask

from aboveboard.formats.trajectory import Proposed
from aboveboard.stage import movement
from aboveboard.stage.perform import MODIFIERS, keysym_named
from aboveboard.stage.touch import BUTTON_PRESS, BUTTON_RELEASE, KEY_PRESS, KEY_RELEASE, MOTION, Ear, Heard
from aboveboard.stage.xtest import NAMED_KEYSYMS, SHIFT_KEYSYM, Sent, Xtest, keysym_of

TARGET_PX = 24
SETTLE_S = 0.03
"""From arriving to pressing: what is pointed at may change its picture first."""
WHEEL = {1: 5, -1: 4}
_KINDS = {
    "move": MOTION,
    "button_press": BUTTON_PRESS,
    "button_release": BUTTON_RELEASE,
    "key_press": KEY_PRESS,
    "key_release": KEY_RELEASE,
}


class Taken(Exception):
    """Somebody else has touched the mouse or the keyboard: ``heard`` is what they did first, ``all`` what followed."""

    def __init__(self, heard: list[Heard]) -> None:
        super().__init__("a person has taken over")
        self.heard, self.all = heard[0], heard


class Hand:
    """A hand on ``display`` that gives way to any other. ``may`` is asked before each event, and raises for a no."""

    def __init__(self, display: str, ear: Ear, may: Callable[[], None] = lambda: None, *, seed: int = 0) -> None:
        self._ear, self._may = ear, may
        self._xtest = Xtest(display)
        self._random = Random(f"hand/{seed}")  # noqa: S311 - how a hand sways, not a secret
        self._held: list[Callable[[], Sent]] = []
        self.last: Sent | None = None
        """The last event that was sent, of any kind."""

    def close(self) -> None:
        """Let go of everything and disconnect."""
        self.let_go()
        self._xtest.close()

    def ask_for_keys(self) -> None:
        """Ask for Ctrl+Alt+Space: pressed by whomever, it is for :attr:`Ear.keys_pressed` alone."""
        self._ear.grab(self._xtest.keycode(ord(" ")), ModMask.Control | ModMask._1)

    def do(self, proposed: Proposed) -> None:
        """Do what was proposed; raises :class:`Taken`, and what ``may`` raises. Then nothing is held any more."""
        if proposed.x is not None and proposed.y is not None:
            self.go(proposed.x, proposed.y)
        match proposed.action:
            case "scroll":
                self._click(WHEEL[proposed.turns])
            case "click":
                self._click(1)
            case "key":
                *held, name = proposed.text.split("+")
                self._tap(keysym_named(name), [keysym_named(MODIFIERS.get(one, one)) for one in held])
            case "type" | "choose":
                if proposed.x is not None:
                    self._click(1)
                self.type(proposed.text)
                if proposed.action == "choose":
                    self._tap(NAMED_KEYSYMS["Return"])

    def go(self, x: int, y: int) -> None:
        """Move there as a person would."""
        at_s = 0.0
        self._xtest.refresh()
        for point in movement.path((self._xtest.x, self._xtest.y), (x, y), TARGET_PX, self._random):
            self.pause(point.at_s - at_s)
            at_s = point.at_s
            self._send(lambda point=point: self._xtest.move(point.x, point.y))  # type: ignore[misc]

    def type(self, text: str) -> None:
        """Type it, character by character."""
        for character in text:
            self.pause(movement.key_gap_s(self._random))
            self._tap(keysym_of(character))

    def pause(self, seconds: float) -> None:
        """Wait and listen; raises :class:`Taken`."""
        end = time.monotonic() + seconds
        while True:
            self._give_way(self._ear.arrived())
            left = end - time.monotonic()
            if left <= 0:
                return
            self._ear.wait(left)

    def let_go(self) -> None:
        """Release whatever is held. This is sent whoever is in control: held, it would be in their way."""
        while self._held:
            self._note(self._held.pop()())

    def _click(self, button: int) -> None:
        self.pause(SETTLE_S)
        self._press(lambda: self._xtest.press(button), lambda: self._xtest.release(button))
        self.pause(movement.hold_s(self._random) if button == 1 else 0.0)
        self.let_go()

    def _tap(self, keysym: int, held: Sequence[int] = ()) -> None:
        for one in held:
            self._hold_key(one)
        if self._xtest.needs_shift(keysym):
            self._hold_key(SHIFT_KEYSYM)
        self._hold_key(keysym)
        self.pause(movement.KEY_HOLD_MIN_S)
        self.let_go()

    def _hold_key(self, keysym: int) -> None:
        self._press(lambda: self._xtest.key_press(keysym), lambda: self._xtest.key_release(keysym))

    def _press(self, press: Callable[[], Sent], release: Callable[[], Sent]) -> None:
        self._send(press)
        self._held.append(release)

    def _send(self, act: Callable[[], Sent]) -> None:
        """One event, if nobody else has done anything and it may be."""
        self._give_way(self._ear.others())
        try:
            self._may()
        except BaseException:
            self.let_go()
            raise
        self._note(act())

    def _note(self, sent: Sent) -> None:
        self.last = sent
        self._ear.expect(_KINDS[sent.kind], sent.button or sent.keycode)

    def _give_way(self, heard: list[Heard]) -> None:
        if heard:
            self.let_go()
            raise Taken(heard)
