"""The audit of a click policy: planted clicks, and clicks that it learnt from beside clicks held out."""

import math
from collections.abc import Callable, Sequence
from random import Random
from typing import Protocol

from aboveboard.formats.audit import Exposures, MembershipTest
from aboveboard.lab.audit import exposure, planted_clicks
from aboveboard.lab.audit.membership import LEAST, membership_of
from aboveboard.lab.audit.planted_clicks import Place, PlantedClick
from aboveboard.lab.model.click_policy import CELL, Card, Heat
from aboveboard.lab.model.sight import Image
from aboveboard.lab.train.examples import Example

OTHERS = 255
"""So many other places each canary's is compared with."""
COMPARED = 400
"""So many members, and as many others, at most."""
LEAST_HEAT = 1e-46
"""Less than the least that a heat can be, so that what is unlikely is still told apart."""

Progress = Callable[[int, int], None]


class Clicks(Protocol):
    """A click policy, whole or in parts."""

    card: Card

    def heat(self, image: Image, title: str) -> Heat: ...


def loss_at(heat: Heat, place: Place) -> float:
    """How surprised the policy is by a click at this place: nats."""
    rows, columns = heat.shape
    row, column = min(int(place[1] * rows), rows - 1), min(int(place[0] * columns), columns - 1)
    return -math.log(max(float(heat[row, column]), LEAST_HEAT))


def losses_of(policy: Clicks, examples: Sequence[Example]) -> list[float]:
    """How surprised it is by each click; those in windows that it has not learnt are left out."""
    found = []
    for one in examples:
        if one.title in policy.card.titles:
            heat = policy.heat(one.image, one.title)
            rows, columns = heat.shape
            found.append(loss_at(heat, (one.x / CELL / columns, one.y / CELL / rows)))
    return found


def exposures(
    policy: Clicks,
    planted: Sequence[tuple[Sequence[Example], PlantedClick]],
    progress: Progress = lambda done, total: None,
    *,
    seed: int = 0,
) -> Exposures | None:
    """How much it prefers each planted place; ``None`` if none was. Each comes with the examples that it was planted
    among."""
    ranks = []
    for number, (examples, canary) in enumerate(planted):
        random = Random(f"{seed}/{number}")  # noqa: S311 - drawn anew each time they could not be compared
        made = planted_clicks.planted_example(examples, canary)
        heat = policy.heat(made.image, made.title)
        losses = [loss_at(heat, one) for one in (canary.click, *(planted_clicks.place(random) for _ in range(OTHERS)))]
        ranks.append(exposure.rank(losses[0], losses[1:]))
        progress(number + 1, len(planted))
    if not ranks:
        return None
    bits = [exposure.exposure(one, OTHERS) for one in ranks]
    return Exposures(bits=bits, most=exposure.exposure(1, OTHERS), chance=exposure.chance(ranks, OTHERS))


def membership_test(policy: Clicks, members: Sequence[Example], others: Sequence[Example]) -> MembershipTest | None:
    """Are the clicks it learnt from told from the held out ones? ``None`` if there are too few of either."""
    if min(len(members), len(others)) < LEAST:
        return None
    return membership_of(losses_of(policy, _some(members)), losses_of(policy, _some(others)))


def _some(examples: Sequence[Example]) -> Sequence[Example]:
    return examples[:: max(1, len(examples) // COMPARED)]
