"""What does the hand do in the three applications, for about a minute and a half?

It fills in a form, chooses from a drop-down, opens and closes dialogs and menus, reads a long text, types in a terminal
and a spreadsheet, moves and resizes a window over another, and switches windows. A program that nobody agreed to record
comes up for a moment.
"""

import time
from collections.abc import Callable

from benchmarks.session.hand import Hand

CUSTOMER, KIND, PARCEL, TELEPHONE, CHECK, TERMS = (280, 222), (131, 261), (120, 308), (54, 297), (76, 337), (150, 337)
TEXT, SHELL, CELL = (400, 500), (1500, 200), (1150, 656)
FORMAT_MENU, CELLS, FORMAT = (831, 450), (860, 480), (1010, 475)
BROWSER_MENU, STRANGERS_BUTTON = (1123, 63), (302, 563)


def work(hand: Hand, stranger: Callable[[], None], rest: Callable[[float], None] = time.sleep) -> None:
    """All of it. ``stranger`` has the other program come up."""
    rest(1.0)
    fill_in(hand, rest)
    read(hand, rest)
    use_the_shell(hand, rest)
    calculate(hand, rest)
    arrange(hand, rest)
    stranger()
    rest(1.5)
    hand.click(*STRANGERS_BUTTON)
    rest(1.0)
    hand.click(*BROWSER_MENU)
    rest(1.0)
    hand.key("Escape")
    rest(0.6)
    hand.click(*TEXT)
    for steps in (-5, 9, -3, 12, -20):
        hand.wheel(steps)
        rest(1.2)


def fill_in(hand: Hand, rest: Callable[[float], None]) -> None:
    """The form in the browser: a text, a choice, a box, a dialog."""
    hand.click(*CUSTOMER)
    hand.type("Ann Example")
    hand.click(*KIND)
    rest(0.8)
    hand.click(*PARCEL)
    rest(0.6)
    hand.click(*TELEPHONE)
    hand.click(*CHECK)
    rest(1.2)
    hand.key("Return")
    rest(0.6)


def read(hand: Hand, rest: Callable[[float], None]) -> None:
    """A long text, with pauses."""
    hand.click(*TERMS)
    rest(1.5)
    hand.glide(*TEXT)
    for _ in range(6):
        hand.wheel(6)
        rest(1.0)
    hand.drag(200, 330, 620, 390)
    rest(0.5)


def use_the_shell(hand: Hand, rest: Callable[[float], None]) -> None:
    """Two commands, and a look back."""
    hand.click(*SHELL)
    hand.type("ls /usr\n")
    rest(0.8)
    hand.type("seq -s ' ' 1 600; seq 1 200\n")
    rest(1.0)
    hand.wheel(-10)
    rest(0.8)


def calculate(hand: Hand, rest: Callable[[float], None]) -> None:
    """Cells, a menu with a dialog behind it, and what the right button shows."""
    hand.click(1500, 950)
    rest(0.5)
    hand.click(*CELL)
    hand.type("=D2*E2\n=D3*E3\n=D4*E4\n")
    rest(0.5)
    hand.click(*FORMAT_MENU)
    rest(0.6)
    hand.click(*CELLS)
    rest(0.6)
    hand.click(*FORMAT)
    rest(2.0)
    hand.key("Escape")
    rest(0.8)
    hand.click(1150, 710, button=3)
    rest(1.0)
    hand.key("Escape")
    hand.wheel(5)
    rest(0.6)


def arrange(hand: Hand, rest: Callable[[float], None]) -> None:
    """The spreadsheet over the terminal, smaller, and back to the others."""
    hand.drag(1100, 429, 1180, 129)
    rest(0.6)
    hand.drag(1799, 740, 1640, 640)
    rest(0.6)
    hand.key("Alt_L", "Tab")
    rest(0.8)
    hand.key("Alt_L", "Tab")
    rest(0.8)
    hand.click(*TEXT)
    rest(0.5)
