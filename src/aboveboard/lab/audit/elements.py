"""The audit of a policy over elements: planted words, and demonstrations that it learnt from beside some held out.

A canary is a recorded page on which an element that nobody acted on says a word drawn at random, and is acted on. A
policy that prefers this word to others in its place has it from the training and from nowhere else.
"""

import secrets
import string
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random

import msgspec

from aboveboard.formats.audit import Exposures, MembershipTest
from aboveboard.lab.audit import exposure
from aboveboard.lab.audit.membership import LEAST, membership_of
from aboveboard.lab.model.element_features import candidates
from aboveboard.lab.model.element_policy import Choosing
from aboveboard.lab.model.elements import Act, Scene
from aboveboard.lab.model.memory import Memory
from aboveboard.lab.train.element_cloning import Demonstration

LETTERS = 9
OTHERS = 255
"""So many other words each canary's is compared with."""
COMPARED = 400
"""So many members, and as many others, at most."""

Progress = Callable[[int, int], None]


class PlantedWord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """On the first page of demonstration number ``page`` the element number ``place``, of those that nobody acted on
    there (both modulo how many there are), says ``word``."""

    page: int
    place: int
    word: str


def draw(count: int, random: Random | None = None) -> list[PlantedWord]:
    """New canaries; without ``random`` from the system's own randomness, so that nobody can know them before."""
    source = random or secrets.SystemRandom()
    return [PlantedWord(source.randrange(1 << 31), source.randrange(1 << 31), word(source)) for _ in range(count)]


def word(random: Random) -> str:
    """``LETTERS`` random letters."""
    return "".join(random.choices(string.ascii_lowercase, k=LETTERS))


def planted_demonstration(
    demonstrations: Sequence[Demonstration], canary: PlantedWord, *, said: str | None = None
) -> Demonstration | None:
    """A canary as a demonstration, with another word if given; ``None`` on a page with nothing else to act on."""
    of = demonstrations[canary.page % len(demonstrations)]
    scene, act = of.steps[0]
    others = [one for one in candidates(scene) if one != act.target]
    if not others:
        return None
    place = others[canary.place % len(others)]
    elements = list(scene.elements)
    elements[place] = replace(elements[place], text=said or canary.word)
    return Demonstration(of.task, of.seconds, ((Scene(scene.instruction, tuple(elements)), Act("click", place)),))


def with_canaries(
    demonstrations: Sequence[Demonstration], planted: Sequence[PlantedWord], repeats: int
) -> list[Demonstration]:
    """The demonstrations with what was planted among them, each ``repeats`` times."""
    made = [planted_demonstration(demonstrations, one) for one in planted]
    return [*demonstrations, *(one for one in made if one is not None for _ in range(repeats))]


def loss_of(policy: Choosing, demonstration: Demonstration) -> float:
    """How surprised the policy is by where the person acted: nats, the mean of its acts."""
    memory, found = Memory(), []
    for scene, act in demonstration.steps:
        places, shares = policy.targets_of(scene, memory)
        if act.target in places:
            found.append(-float(shares[places.index(act.target)]))
        memory.note(scene, act)
    return sum(found) / len(found) if found else 0.0


def exposures(
    policy: Choosing,
    planted: Sequence[tuple[Sequence[Demonstration], PlantedWord]],
    progress: Progress = lambda done, total: None,
    *,
    seed: int = 0,
) -> Exposures | None:
    """How much it prefers each planted word; ``None`` if none was. Each comes with the demonstrations it is among."""
    ranks = []
    for number, (demonstrations, canary) in enumerate(planted):
        random = Random(f"{seed}/{number}")  # noqa: S311 - drawn anew each time they could not be compared
        words = [canary.word, *(word(random) for _ in range(OTHERS))]
        made = [planted_demonstration(demonstrations, canary, said=one) for one in words]
        losses = [loss_of(policy, one) for one in made if one is not None]
        if losses:
            ranks.append(exposure.rank(losses[0], losses[1:]))
        progress(number + 1, len(planted))
    if not ranks:
        return None
    bits = [exposure.exposure(one, OTHERS) for one in ranks]
    return Exposures(bits=bits, most=exposure.exposure(1, OTHERS), chance=exposure.chance(ranks, OTHERS))


def membership_test(
    policy: Choosing, members: Sequence[Demonstration], others: Sequence[Demonstration]
) -> MembershipTest | None:
    """Are the demonstrations it learnt from told from the held out ones? ``None`` if there are too few of either."""
    if min(len(members), len(others)) < LEAST:
        return None
    first, second = (
        [loss_of(policy, one) for one in some[:: max(1, len(some) // COMPARED)]] for some in (members, others)
    )
    return membership_of(first, second)
