"""What is a policy about to do now in an application, or on a page that it sees as one?

A move may be several presses: into a field, over what stands there, the words. Each is proposed by itself, and the next
one only once it was done. Whoever takes over in the middle ends the move: the policy looks anew.
"""

from collections.abc import Iterator

from aboveboard.formats.trajectory import Proposed
from aboveboard.lab.assess.desktop_environment import sight_of
from aboveboard.lab.assist.bar import HEIGHT
from aboveboard.lab.model.element_policy import Choosing
from aboveboard.lab.model.elements import Act, Scene
from aboveboard.lab.model.memory import Memory
from aboveboard.stage.desktop.accessible import Control
from aboveboard.stage.desktop.moves import Move
from aboveboard.stage.desktop.seat import Seat


class DeskActor:
    """Acts on the elements of what shows at a desk; remembers what it did since it was made."""

    def __init__(self, policy: Choosing, desk: Seat) -> None:
        self._policy, self._desk = policy, desk
        self._sight = sight_of(policy.card.kinds)
        self._memory = Memory()
        self._left: Iterator[Proposed] = iter(())
        self._act: tuple[Scene, Act] | None = None
        self._next: Proposed | None = None
        """What is left of the move, once its last proposal was done."""
        self.move: tuple[Move, Control | None] | None = None
        """The move that its last proposal is of."""

    def propose(self) -> Proposed | None:
        """The next press of the move that was begun, else the first of a new one; ``None`` where it knows nothing."""
        if self._next is not None:
            proposed, self._next = self._next, None
            return proposed
        self._act, self._left = None, iter(())
        view = self._sight(self._desk.asked, self._desk.look())
        act = self._policy.act(view.scene, self._memory)
        self.move = view.move(act)
        if self.move is None:
            return None
        self._act, self._left = (view.scene, act), self._desk.presses(*self.move, below_px=HEIGHT)
        return next(self._left, None)

    def done(self) -> None:
        """Its last proposal was carried out; with the last one of a move, the move is remembered."""
        self._next = next(self._left, None)
        if self._next is None and self._act is not None:
            self._memory.note(*self._act)
            self._act = None

    @property
    def begun(self) -> bool:
        """Whether it is in the middle of a move."""
        return self._act is not None
