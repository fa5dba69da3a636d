"""What does a policy learn from being put right?

Somebody watches it act. Where it is about to do something else than they would, they take over and do the right thing;
then it goes on. What they did is learnt from together with the demonstrations, in the states to which the policy's own
acts had led: those are what a demonstration never shows (S. Ross, G. Gordon, D. Bagnell, "A reduction of imitation
learning and structured prediction to no-regret online learning", AISTATS 2011; taking over only where it errs: M. Kelly
et al., "HG-DAgger", ICRA 2019).
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from aboveboard.lab.model.element_policy import ElementPolicy
from aboveboard.lab.model.elements import Act, Scene
from aboveboard.lab.model.memory import Memory
from aboveboard.lab.train.element_cloning import Demonstration
from aboveboard.lab.train.examples import WEIGHT

Expert = Callable[[Scene], Act | None]
"""What the person who watches would do; ``None`` where they do not know either, and let it go on."""


@dataclass(frozen=True)
class Turn:
    """In ``scene`` the policy was about to do ``proposed``; ``act`` was done: another one where it was corrected."""

    scene: Scene
    proposed: Act
    act: Act

    @property
    def corrected(self) -> bool:
        """Whether the person took over."""
        return self.act != self.proposed


@dataclass
class Watched:
    """``policy``, watched by ``expert``, who takes over where they disagree: at most ``most`` times in all.

    ``attempts`` has the turns of each attempt, in order. An actor like the policy itself.
    """

    policy: ElementPolicy
    expert: Expert
    most: int
    attempts: list[list[Turn]] = field(default_factory=list)

    def begin(self) -> Callable[[Scene], Act]:
        """One attempt."""
        memory, turns = Memory(), list[Turn]()
        self.attempts.append(turns)

        def act(scene: Scene) -> Act:
            proposed = self.policy.act(scene, memory)
            right = self.expert(scene) if self.corrections < self.most else None
            done = proposed if right is None or same(scene, proposed, right) else right
            turns.append(Turn(scene, proposed, done))
            memory.note(scene, done)
            return done

        return act

    @property
    def corrections(self) -> int:
        """How often the person took over so far."""
        return sum(turn.corrected for turns in self.attempts for turn in turns)


def same(scene: Scene, proposed: Act, right: Act) -> bool:
    """Whether ``proposed`` does what ``right`` does: at the same element, inside it, or at what just holds it."""
    if (proposed.kind, proposed.text) != (right.kind, right.text):
        return False
    return proposed.target == scene.elements[right.target].parent or right.target in _above(scene, proposed.target)


def taught(task: str, turns: list[Turn], weight: int = WEIGHT) -> Demonstration:
    """An attempt as something to learn from: the person's acts alone, with the memory of all that was done."""
    steps = tuple((turn.scene, turn.act) for turn in turns)
    corrected = tuple(at for at, turn in enumerate(turns) if turn.corrected)
    return Demonstration(task, 0.0, steps, taught=corrected, weight=weight)


def _above(scene: Scene, place: int) -> set[int]:
    """The element and all that hold it."""
    found = set[int]()
    while place >= 0:
        found.add(place)
        place = scene.elements[place].parent
    return found
