"""How does a hand work that clicks, drags, types and turns the wheel at the pace of a person?"""

import time

from aboveboard.stage.xtest import NAMED_KEYSYMS, Sent, Xtest, keysym_of

MOVE_GAP_S, CLICK_HOLD_S, KEY_GAP_S, KEY_HOLD_S, WHEEL_GAP_S = 0.012, 0.08, 0.06, 0.03, 0.033
WHEEL_UP, WHEEL_DOWN = 4, 5


class Hand:
    """A hand on ``display`` (":7"). Every press of a button or key goes through :meth:`press` or :meth:`press_key`."""

    def __init__(self, display: str) -> None:
        self._xtest = Xtest(display)

    def close(self) -> None:
        """Wait until all was taken, then hang up."""
        self._xtest.close()

    def press(self, button: int) -> Sent:
        """A button goes down, now."""
        return self._xtest.press(button)

    def press_key(self, keysym: int) -> Sent:
        """A key goes down, now."""
        return self._xtest.key_press(keysym)

    def glide(self, x: int, y: int, moves: int = 25) -> None:
        """Go there as hands do: slow at both ends."""
        from_x, from_y = self._xtest.x, self._xtest.y
        for number in range(1, moves + 1):
            share = number / moves
            eased = share * share * (3 - 2 * share)
            self._xtest.move(round(from_x + (x - from_x) * eased), round(from_y + (y - from_y) * eased))
            time.sleep(MOVE_GAP_S)

    def click(self, x: int, y: int, button: int = 1) -> None:
        """Go there and click."""
        self.glide(x, y)
        self.click_here(button)

    def click_here(self, button: int = 1) -> None:
        """Click where the pointer is."""
        self.press(button)
        time.sleep(CLICK_HOLD_S)
        self._xtest.release(button)
        time.sleep(CLICK_HOLD_S)

    def drag(self, x: int, y: int, to_x: int, to_y: int, *, moves: int = 40) -> None:
        """Press at one place, release at another."""
        self.glide(x, y)
        self.press(1)
        time.sleep(CLICK_HOLD_S)
        self.glide(to_x, to_y, moves)
        self._xtest.release(1)
        time.sleep(CLICK_HOLD_S)

    def wheel(self, steps: int) -> None:
        """Turn the wheel: ``steps`` > 0 is down."""
        button = WHEEL_DOWN if steps > 0 else WHEEL_UP
        for _ in range(abs(steps)):
            self._xtest.press(button)
            self._xtest.release(button)
            time.sleep(WHEEL_GAP_S)

    def key(self, *names: str) -> None:
        """A key by its name ("Return"), the ones before it held meanwhile ("Control_L", "a")."""
        keysyms = [NAMED_KEYSYMS.get(name) or keysym_of(name) for name in names]
        for keysym in keysyms:
            self.press_key(keysym)
        time.sleep(KEY_HOLD_S)
        for keysym in reversed(keysyms):
            self._xtest.key_release(keysym)
        time.sleep(KEY_GAP_S - KEY_HOLD_S)

    def type(self, text: str) -> None:
        """One key after the other."""
        for character in text:
            shifted = self._xtest.needs_shift(keysym_of(character))
            named = {"\n": "Return", "\t": "Tab"}.get(character, character)
            self.key(*(("Shift_L", named) if shifted else (named,)))
