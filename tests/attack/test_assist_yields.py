"""A policy fights the person for the mouse: it goes on after a touch, comes back too early, or leaves a button down.

What happened is taken from the X server itself, by a listener that knows nothing of who was told to do what.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass

import pytest

from aboveboard.formats.trajectory import Proposed
from aboveboard.lab.assist.bar import Bar
from aboveboard.lab.assist.control import Control
from aboveboard.lab.assist.hand import Hand
from aboveboard.lab.assist.run import Account, Assist
from aboveboard.stage.display import Display
from aboveboard.stage.processes import wait_for
from aboveboard.stage.tasks import Task
from aboveboard.stage.touch import BUTTON_RELEASE, KEY_RELEASE, Ear, Heard
from samples.physical_hand import PhysicalHand

LETTER = ord("q")
IDLE_S, HELD_S = 0.4, 0.3


class Restless:
    """A policy that always wants to click somewhere, to type, and to press keys with others held."""

    def __init__(self) -> None:
        self._turn = 0

    def begin(self, task: Task) -> None:
        pass

    def propose(self) -> Proposed | None:
        self._turn += 1
        if self._turn % 4 == 0:
            return Proposed(action="key", text="Control+Shift+End")
        far = 40 if self._turn % 2 else 600
        return Proposed(action="type" if self._turn % 3 == 0 else "click", x=far, y=far // 2, text="SHOUTING")

    def done(self) -> None:
        pass


@dataclass
class Seen:
    """What the server told, in order; ``touched`` is the place of the person's first event."""

    events: list[Heard]
    programs: set[int]
    touched: int
    back_ms: int
    """The server's time when the person had given control back."""
    down_after: int
    """Buttons and modifiers that were down once it was over."""

    def sent_while_the_persons(self) -> list[int]:
        """Kinds of what a program sent after the touch, before control went back; letting go aside."""
        after = [one for one in self.events[self.touched :] if one.source in self.programs]
        return [
            one.kind for one in after if one.server_ms < self.back_ms and one.kind not in (BUTTON_RELEASE, KEY_RELEASE)
        ]


@pytest.fixture(scope="module")
def display() -> Iterator[Display]:
    with Display() as display:
        yield display


def _share(display: Display) -> Seen:
    """The policy acts; the person holds a key for a while, lets go, and leaves it to the policy again."""
    account, events = Account(time.time_ns()), list[Heard]()
    over, done = threading.Event(), threading.Event()
    observer = Ear(display.name)

    def listen() -> None:
        while not done.is_set():
            events.extend(observer.others())
            time.sleep(0.002)
        events.extend(observer.others())

    def person() -> None:
        with PhysicalHand(display.name) as hand:
            wait_for(lambda: len(events) > 12, 30)
            hand.key_press(LETTER)
            time.sleep(HELD_S)
            hand.key_release(LETTER)
        time.sleep(IDLE_S + 0.4)
        over.set()

    threads = [threading.Thread(target=one, daemon=True) for one in (listen, person)]
    with (
        closing(Ear(display.name)) as ear,
        closing(Hand(display.name, ear)) as hand,
        closing(Bar(display.name)) as bar,
    ):
        together = Assist(Restless(), hand, ear, bar, account, idle_s=IDLE_S)
        for thread in threads:
            thread.start()
        end_s = time.monotonic() + 30
        together.work(lambda: over.is_set() or time.monotonic() > end_s)
    down_after = _down(display)
    done.set()
    for thread in threads:
        thread.join()
    programs = {one.source for one in events if observer._is_made_by_program(one.source)}
    observer.close()
    touched = next(place for place, one in enumerate(events) if one.source not in programs)
    # By the key's own release and the time that nothing must be done, and not by what the account says.
    release = next(one for one in events[touched:] if one.source not in programs and one.kind == KEY_RELEASE)
    return Seen(events, programs, touched, release.server_ms + int(IDLE_S * 1000) - 50, down_after)


def _down(display: Display) -> int:
    conn = display.connect()
    mask: int = conn.core.QueryPointer(conn.get_setup().roots[0].root).reply().mask
    conn.disconnect()
    return mask


def test_from_the_touch_until_it_is_given_back_the_policy_sends_nothing(display: Display) -> None:
    seen = _share(display)
    # One event may have been on its way to the server when the person's came.
    assert len(seen.sent_while_the_persons()) <= 1
    assert seen.down_after == 0
    # And it did go on afterwards: it was not merely dead.
    assert any(one.source in seen.programs and one.server_ms > seen.back_ms for one in seen.events)


def _nothing(*_: object, **__: object) -> None:
    pass


@pytest.mark.parametrize(
    ("whose", "protection"), [(Hand, "_give_way"), (Control, "touched")], ids=["the hand goes on", "it comes back"]
)
def test_without_the_hand_over_it_fights(
    display: Display, monkeypatch: pytest.MonkeyPatch, whose: type, protection: str
) -> None:
    monkeypatch.setattr(whose, protection, _nothing)
    assert len(_share(display).sent_while_the_persons()) > 3


def test_without_letting_go_something_stays_down(display: Display, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hand is interrupted with Shift held; what it holds would be in the person's way."""

    def interrupted(let_go: Callable[[Hand], None]) -> int:
        monkeypatch.setattr(Hand, "let_go", let_go)
        with closing(Ear(display.name)) as ear, PhysicalHand(display.name) as person:
            hand = Hand(display.name, ear)
            hand._hold_key(0xFFE1)
            person.tap(LETTER)
            try:
                hand.pause(1.0)
            except Exception:
                down = _down(display)
            monkeypatch.undo()
            hand.close()
            return down

    assert interrupted(Hand.let_go) == 0
    assert interrupted(_nothing) != 0
    assert _down(display) == 0
