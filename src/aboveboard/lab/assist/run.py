"""How do a policy and a person share one display? Read this first.

1. The policy's turn: it looks, says what it is about to do (the account has it, the bar shows it), and does it.
2. A touch, at any moment, breaks that off (``lab.assist.hand``) and makes it the person's (``lab.assist.control``).
3. The person's turn: the policy sends nothing. It goes on looking, and the account has what it would have done.
4. They give control back, and it is 1. again.

The account (``formats.assisted``) holds no more of the person than when they took over and gave back.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from aboveboard.formats.assisted import ATTEMPTS_LIMIT, MOMENTS_LIMIT, Assisted, Attempt, Holder, Moment, Why
from aboveboard.formats.trajectory import Outcome, Proposed
from aboveboard.lab.assist.actors import SETTLE_S, Actor
from aboveboard.lab.assist.bar import Bar
from aboveboard.lab.assist.control import Control
from aboveboard.lab.assist.hand import Hand, Taken
from aboveboard.stage.touch import Ear, Heard

ASK_AFTER_S = 0.5
"""Keys and clicks sooner than this after a touch are the touch itself, and do not give control back."""
SHADOW_S = 0.3
"""How often the policy says what it would do while the person acts."""
LISTEN_S = 0.05
KEYS = "Ctrl+Alt+Space"


@dataclass
class Account:
    """What becomes an :class:`Assisted`, as it happens."""

    start_ns: int
    moments: list[Moment] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)

    def note(self, time_ns: int, holder: Holder, why: Why, proposed: Proposed | None) -> None:
        """From ``time_ns`` on it is so; never before what was told last. What was told already is not told again."""
        last = self.moments[-1] if self.moments else None
        if last is not None and (last.holder, last.proposed, why) == (holder, proposed, "proposal"):
            return
        last_ns = self.moments[-1].time_ns if self.moments else self.start_ns
        self.moments.append(Moment(time_ns=max(time_ns, last_ns), holder=holder, why=why, proposed=proposed))

    def tried(self, start_ns: int, end_ns: int, asked: str, outcome: Outcome) -> None:
        """An attempt is over; never before the one before it."""
        last_ns = self.attempts[-1].end_ns if self.attempts else self.start_ns
        start_ns = max(start_ns, last_ns)
        self.attempts.append(
            Attempt(start_ns=start_ns, end_ns=max(end_ns, start_ns), instruction=asked, outcome=outcome)
        )

    @property
    def full(self) -> bool:
        """Whether no more can be told: then it must end."""
        return len(self.moments) >= MOMENTS_LIMIT - 2 or len(self.attempts) >= ATTEMPTS_LIMIT

    def finish(self, model_id: str, end_ns: int) -> Assisted:
        """The document."""
        told = [one.time_ns for one in self.moments[-1:]] + [one.end_ns for one in self.attempts[-1:]]
        return Assisted(
            format="aboveboard.assisted.v1",
            model_id=model_id,
            start_ns=self.start_ns,
            end_ns=max(end_ns, *told, self.start_ns),
            moments=self.moments,
            attempts=self.attempts,
        )


class Assist:
    """One display, one policy, one person. ``taken_over`` counts how often the person did."""

    def __init__(self, actor: Actor | None, hand: Hand, ear: Ear, bar: Bar, account: Account, *, idle_s: float) -> None:
        self._actor, self._hand, self._ear, self._bar = actor, hand, ear, bar
        self._account = account
        self._control = Control(idle_s)
        self._took_s = 0.0
        self.taken_over = 0
        self._told(time.time_ns(), "begin", None)

    def work(self, over: Callable[[], bool], actor: Actor | None = None) -> None:
        """Share the display until ``over()``, from now on with this ``actor``, if one is given.

        Raises what the hand's ``may`` raises, and then nothing is held.
        """
        self._actor = actor or self._actor
        while not (over() or self._account.full):
            self._bar.stay()
            if self._control.holder == "policy":
                self._policy_turn()
            else:
                self._person_turn(over)

    def _policy_turn(self) -> None:
        proposed = self._propose()
        try:
            # Whoever touched while it was thinking is heard before it says that it will act.
            self._hand.pause(0.0)
            self._told(time.time_ns(), "proposal", proposed)
            if proposed is None:
                self._hand.pause(SHADOW_S)
                return
            self._hand.do(proposed)
            if self._actor is not None:
                self._actor.done()
            self._hand.pause(SETTLE_S)
        except Taken as taken:
            self._take(taken.all, proposed)

    def _take(self, heard: list[Heard], proposed: Proposed | None) -> None:
        self.taken_over += 1
        self._took_s = time.monotonic()
        self._control.touched(heard, self._took_s)
        self._told(heard[0].wall_ns(), "touch", proposed)

    def _person_turn(self, over: Callable[[], bool]) -> None:
        """Listen, and say now and then what the policy would do."""
        looked_s = time.monotonic()
        while self._control.holder == "person" and not (over() or self._account.full):
            now_s = time.monotonic()
            self._control.touched(self._ear.others(), now_s)
            self._bar.stay()
            if now_s - self._took_s < ASK_AFTER_S:
                self._ear.keys_pressed = self._bar.pressed = False
            asked: Why = "keys" if self._ear.keys_pressed else "bar" if self._bar.pressed else "idle"
            if self._control.give_back(now_s, asked=asked != "idle"):
                self._ear.keys_pressed = self._bar.pressed = False
                self._told(time.time_ns(), asked, None)
                return
            if now_s - looked_s >= SHADOW_S:
                looked_s, proposed = now_s, self._propose()
                self._told(time.time_ns(), "proposal", proposed)
            self._ear.wait(LISTEN_S)

    def _propose(self) -> Proposed | None:
        return self._actor.propose() if self._actor is not None else None

    def _told(self, time_ns: int, why: Why, proposed: Proposed | None) -> None:
        self._account.note(time_ns, self._control.holder, why, proposed)
        self._show(proposed)

    def _show(self, proposed: Proposed | None) -> None:
        if self._control.holder == "policy":
            words = f"THE MODEL IS IN CONTROL{_about(proposed)}. Touch mouse or keyboard, and it is you."
        else:
            left_s = self._control.left_s(time.monotonic())
            words = f"YOU ARE IN CONTROL. To give back: {KEYS}, click here, or do nothing for {left_s:.0f} s."
        self._bar.show(self._control.holder, words)


def _about(proposed: Proposed | None) -> str:
    match proposed:
        case None:
            return ", and waits"
        case Proposed(action="click"):
            return ", about to click"
        case Proposed(action="scroll"):
            return ", about to scroll"
        case Proposed(action="key"):
            return f", about to press {proposed.text[:24]}"
        case _:
            return f", about to {proposed.action} {proposed.text[:24]!r}"
