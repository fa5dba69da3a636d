"""Does a policy's hand give way to a person's at once: in the middle of a path, of a word, with a button down?"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pytest
import xcffib

from aboveboard.formats.trajectory import Proposed
from aboveboard.lab.assist.hand import Hand, Taken
from aboveboard.stage.display import Display
from aboveboard.stage.processes import wait_for
from aboveboard.stage.touch import MOTION, Ear
from aboveboard.stage.xtest import SHIFT_KEYSYM, Sent, Xtest
from samples.physical_hand import PhysicalHand
from samples.xorg_devices import xorg

LETTER = ord("q")


class Counted(Hand):
    """A hand that keeps all it sent, and lets a test act when it has sent so much."""

    def __init__(self, display: str, ear: Ear) -> None:
        super().__init__(display, ear)
        self.sent: list[Sent] = []
        self.at: dict[int, Callable[[], Any]] = {}

    def _note(self, sent: Sent) -> None:
        super()._note(sent)
        self.sent.append(sent)
        if len(self.sent) in self.at:
            self.at.pop(len(self.sent))()


@dataclass
class World:
    display: Display
    ear: Ear
    hand: Counted
    person: PhysicalHand

    def held(self) -> int:
        """The buttons and modifiers that the server says are down."""
        conn = self.display.connect()
        mask: int = conn.core.QueryPointer(conn.get_setup().roots[0].root).reply().mask
        conn.disconnect()
        return mask


@pytest.fixture(scope="module")
def display() -> Iterator[Display]:
    with Display() as display:
        yield display


@pytest.fixture
def world(display: Display) -> Iterator[World]:
    ear = Ear(display.name)
    hand = Counted(display.name, ear)
    with PhysicalHand(display.name) as person:
        yield World(display, ear, hand, person)
    hand.close()
    ear.close()


def test_undisturbed_it_does_all_and_takes_nothing_of_its_own_for_a_person(world: World) -> None:
    world.hand.do(Proposed(action="type", x=300, y=200, text="Hi, you"))
    world.hand.do(Proposed(action="click", x=20, y=30))
    kinds = [sent.kind for sent in world.hand.sent]
    assert kinds.count("key_press") == len("Hi, you") + 1  # Shift
    assert kinds.count("button_press") == kinds.count("button_release") == 2
    assert world.ear.others() == []
    assert world.held() == 0


MOMENTS = {
    "in the middle of a path": (Proposed(action="click", x=600, y=400), 4),
    "with the button down": (Proposed(action="click", x=0, y=0), "button_press"),
    "in the middle of a word": (Proposed(action="type", text="something long to type"), 13),
    "with Shift down": (Proposed(action="type", text="SHOUT"), 1),
}


@pytest.mark.parametrize(("moment", "by"), list(zip(MOMENTS, ["mouse", "keyboard"] * 2, strict=True)))
def test_it_breaks_off_and_lets_go(world: World, moment: str, by: str) -> None:
    proposed, when = MOMENTS[moment]
    touched: list[int] = []

    def touch() -> None:
        touched.append(world.person.press(3) if by == "mouse" else world.person.key_press(LETTER))

    if isinstance(when, int):
        world.hand.at[when] = touch
    else:
        note = world.hand._note

        def noted(sent: Sent) -> None:
            note(sent)
            if sent.kind == when and not touched:
                touch()

        world.hand._note = noted  # type: ignore[method-assign]
    with pytest.raises(Taken) as taken:
        world.hand.do(proposed)
    # What the person presses in turn is the first that is heard, and nothing but letting go was sent after it.
    assert taken.value.heard.detail in (3, world.person._codes[LETTER])
    after = [sent.kind for sent in world.hand.sent if sent.monotonic_ns > touched[0]]
    assert set(after) <= {"button_release", "key_release"}
    world.person.release(3)
    world.person.key_release(LETTER)
    assert world.held() == 0
    assert not world.hand._held


def test_a_touch_while_it_waits_is_noticed_at_once(world: World) -> None:
    """From another thread, as a person is: at no moment of the hand's own choosing."""
    took_ns: list[int] = []

    def person() -> None:
        took_ns.append(world.person.press(3))

    thread = threading.Timer(0.2, person)
    thread.start()

    def wander() -> None:
        for _ in range(200):
            world.hand.go(600, 400)
            world.hand.go(10, 10)

    with pytest.raises(Taken):
        wander()
    thread.join()
    last = world.hand.last
    assert last is not None
    # At most one event had been on its way; on a machine that is not overloaded that is a matter of milliseconds.
    assert len([sent for sent in world.hand.sent if sent.monotonic_ns > took_ns[0]]) <= 1
    world.person.release(3)


def test_another_program_that_sends_for_somebody_is_somebody(world: World) -> None:
    """A keyboard on the screen, a remote desktop: their events come from the same devices as the policy's own."""
    stranger = Xtest(world.display.name)
    try:
        world.hand.at[3] = lambda: stranger.key_press(SHIFT_KEYSYM)
        with pytest.raises(Taken):
            world.hand.do(Proposed(action="click", x=600, y=400))
        stranger.key_release(SHIFT_KEYSYM)
        world.ear.others()
        # Also the very same kind of event: one motion more than the policy sent is not the policy's.
        world.hand.at[len(world.hand.sent) + 3] = lambda: stranger.move(5, 5)
        with pytest.raises(Taken) as taken:
            world.hand.do(Proposed(action="click", x=30, y=30))
        assert taken.value.heard.kind == MOTION
    finally:
        stranger.close()


def test_a_no_in_the_middle_ends_the_act_and_lets_go(display: Display) -> None:
    class Ended(Exception):
        pass

    asked = 0

    def may() -> None:
        nonlocal asked
        asked += 1
        if asked == 4:
            raise Ended

    ear = Ear(display.name)
    hand = Hand(display.name, ear, may)
    with pytest.raises(Ended):
        hand.do(Proposed(action="type", text="ABCDEFG"))
    conn = display.connect()
    assert conn.core.QueryPointer(conn.get_setup().roots[0].root).reply().mask == 0
    conn.disconnect()
    hand.close()
    ear.close()


def test_the_grabbed_keys_are_told_and_reach_nobody_else(world: World) -> None:
    ctrl, alt, space = 0xFFE3, 0xFFE9, ord(" ")
    world.ear.grab(world.person._codes[space], xcffib.xproto.ModMask.Control | xcffib.xproto.ModMask._1)
    world.person.tap(space)
    assert world.ear.others()
    assert not world.ear.keys_pressed
    world.person.tap(ctrl, alt, space)
    assert wait_for(lambda: bool(world.ear.others()) or world.ear.keys_pressed, 5.0)
    assert wait_for(lambda: world.ear.arrived() is not None and world.ear.keys_pressed, 5.0)


def test_the_time_of_a_touch_is_the_servers(world: World) -> None:
    before_ns = time.time_ns()
    world.person.press(3)
    after_ns = time.time_ns()
    time.sleep(0.1)
    heard = world.ear.others()[0]
    assert before_ns - 3_000_000 <= heard.wall_ns() <= after_ns + 3_000_000
    world.person.release(3)


def test_a_real_mouse_is_a_persons_and_xtest_beside_it_the_policys() -> None:
    """On X.Org, with a mouse as its driver tells it: relative motion, nobody's word for where it is."""
    with xorg("mouse") as server, closing(Ear(server.name)) as ear, closing(Hand(server.name, ear)) as hand:
        hand.do(Proposed(action="type", x=200, y=100, text="Mine"))
        assert ear.others() == []
        mouse = server.device("mouse")
        mouse.move({0: 3, 1: 2})
        with pytest.raises(Taken) as taken:
            hand.do(Proposed(action="click", x=10, y=10))
        assert {one.kind for one in taken.value.all} == {MOTION}
        mouse.close()
