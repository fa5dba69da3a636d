"""How are moves made by whoever sits before an application or a page?

By XTEST alone, on what accessibility tells: every move is some presses (``presses``).
"""

import time
from collections.abc import Iterator
from random import Random

from aboveboard.formats.trajectory import Proposed
from aboveboard.stage import movement
from aboveboard.stage.desktop.accessible import Control
from aboveboard.stage.desktop.moves import Move
from aboveboard.stage.desktop.presses import presses
from aboveboard.stage.perform import keysym_named, with_modifiers
from aboveboard.stage.xtest import Xtest

HELD_S, KEY_GAP_S = 0.04, 0.008


class Seat:
    """Before a screen of ``size`` pixels. A subclass says what shows, what is asked for, and whether it is done.

    With ``pace`` the hand moves as a person's does; without, it is where it wants to be at once.
    """

    ended = False
    """Whether there is nothing left to work on."""
    _hand: Xtest

    def __init__(self, size: tuple[int, int], pace: Random | None = None) -> None:
        self.size, self._pace = size, pace

    @property
    def asked(self) -> str:
        """What is asked for."""
        raise NotImplementedError

    @property
    def acts_limit(self) -> int:
        """So many acts are allowed."""
        raise NotImplementedError

    @property
    def out_of_time(self) -> bool:
        """Whether the task's time is over."""
        raise NotImplementedError

    def look(self) -> list[Control]:
        """What shows."""
        raise NotImplementedError

    def done(self) -> bool:
        """Whether what is asked for is there now."""
        raise NotImplementedError

    def done_soon(self) -> bool:
        """The same, with the time that it takes to show."""
        raise NotImplementedError

    def do(self, move: Move, control: Control | None) -> None:
        """Do one move, to ``control`` of what was seen last (``None``: a key)."""
        for one in self.presses(move, control):
            if one.action == "click":
                self._click(one.x or 0, one.y or 0, control.height if control is not None else 0)
            elif one.action == "type":
                self._hand.type_text(one.text, KEY_GAP_S)
            else:
                self._tap(one.text)
            self._hand.settle()

    def presses(self, move: Move, control: Control | None, *, below_px: int = 0) -> Iterator[Proposed]:
        """Of which presses a move is made; the lowest ``below_px`` of the screen are not pressed."""
        return presses(move, control, self.look, (self.size[0], self.size[1] - below_px))

    def _click(self, x: int, y: int, size_px: int) -> None:
        if self._pace is not None:
            time.sleep(movement.reaction_s(self._pace))
            at_s = 0.0
            for point in movement.path((self._hand.x, self._hand.y), (x, y), size_px, self._pace):
                time.sleep(point.at_s - at_s)
                at_s = point.at_s
                self._hand.move(point.x, point.y)
            time.sleep(movement.reaction_s(self._pace))
        self._hand.move(x, y)
        self._hand.settle()
        time.sleep(HELD_S)
        self._hand.press()
        time.sleep(HELD_S)
        self._hand.release()

    def _tap(self, keys: str) -> None:
        *held, name = keys.split("+")
        with_modifiers(self._hand, held, lambda: self._hand.tap(keysym_named(name)))
        self._hand.settle()
