"""From which changes of the screen is it learnt what was done, and how?

The recording says both: what changed, and by its events what was done (rules 1 to 13 of ``docs/spec/trajectory.md``).
An action is taught by the changes that it brought about. What cannot be taught or told is counted by its reason.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from aboveboard.base.clock import MILLISECOND_NS
from aboveboard.base.errors import BadInput
from aboveboard.formats.trajectory import Step
from aboveboard.lab.model.change_features import KINDS, PLACED, Kind, change_rows, places
from aboveboard.lab.model.inverse_dynamics import DELAY_NS, InverseCard, InverseDynamics, Net, new_nets
from aboveboard.lab.model.screen_changes import Change
from aboveboard.lab.train.examples import LEFT_BUTTON

SHOWS_NS = 400 * MILLISECOND_NS
"""What changes so long after a press was not brought about by it alone."""
TAIL_NS: dict[Kind, int] = {"scroll_up": 600 * MILLISECOND_NS, "scroll_down": 600 * MILLISECOND_NS}
"""A page goes on gliding when the wheel has come to rest; other actions show for :data:`OTHER_TAIL_NS`."""
OTHER_TAIL_NS = 200 * MILLISECOND_NS
LASTING = ("drag", "scroll_up", "scroll_down", "type")
"""Of these all changes are taught, of the others the first one."""
GOOD_PX = 20.0
FAR_PX = 150.0
"""Where no place that is offered is nearer than this, there is nothing to choose."""


@dataclass(frozen=True)
class Done:
    """What was done, as recorded: a kind of :data:`KINDS`, when (ns), and where for kinds of :data:`PLACED`."""

    kind: Kind
    time_ns: int
    end_ns: int
    x: int | None
    y: int | None


@dataclass(frozen=True)
class Lesson:
    """One session, or a part of one: its changes in order, and what was done.

    ``again``: it is another look at a session that was told already, and counts for nothing but the learning.
    """

    changes: Sequence[Change]
    done: Sequence[Done]
    again: bool = False


@dataclass(frozen=True)
class InverseConfig:
    """``steps`` of Adam for each network, ``batch`` changes or actions in each; ``members`` networks of either sort:
    they err in different ways, so their mean errs less.
    """

    steps: int = 1_500
    batch: int = 128
    rate: float = 2e-3
    seed: int = 0
    members: int = 3


def done_in(steps: Iterable[Step], left_out: Counter[str]) -> list[Done]:
    """What the model is to say of a session, in order."""
    found = []
    for step in steps:
        kind = _kind(step)
        if kind in KINDS:
            x, y = (step.x, step.y) if kind in PLACED else (None, None)
            found.append(Done(kind, step.time_ns, step.end_ns, x, y))
        else:
            left_out[kind] += 1
    return sorted(found, key=lambda one: one.time_ns)


def train_inverse_dynamics(
    lessons: Sequence[Lesson], config: InverseConfig = InverseConfig(), left_out: Counter[str] | None = None
) -> InverseDynamics:
    """Seeded: the same lessons give the same model on one machine.

    Raises :class:`BadInput` where the screen shows nothing of what was done.
    """
    left_out = Counter() if left_out is None else left_out
    rows, targets, since = [], [], []
    offered: list[tuple[Tensor, Tensor]] = []
    seen = 0
    for lesson in lessons:
        taught, first = _targets(lesson)
        rows.append(torch.from_numpy(change_rows(lesson.changes)))
        targets.append(torch.tensor(taught))
        delays = torch.full((len(taught),), torch.nan)
        since.append(delays)
        for one, at in zip(lesson.done, first, strict=True):
            if at is None:
                left_out[f"a {one.kind} that changed nothing"] += not lesson.again
                continue
            seen += not lesson.again
            delays[at] = (lesson.changes[at].time_ns - one.time_ns) / DELAY_NS
            if one.x is not None and one.y is not None:
                offer = places(lesson.changes, at, one.kind)
                away = np.hypot(offer.points[:, 0] - one.x, offer.points[:, 1] - one.y)
                if away.min() > FAR_PX:
                    left_out[f"a {one.kind} away from all that changed"] += not lesson.again
                    continue
                # The nearer the better, counted from the nearest: a wide thing is clicked anywhere.
                offered.append(
                    (torch.from_numpy(offer.rows), torch.softmax(torch.from_numpy(-(away - away.min()) / GOOD_PX), 0))
                )
    if not offered:
        raise BadInput(
            "nothing can be learnt from these recordings",
            cause="they have no actions at a place that the screen shows",
            fix="record sessions with screen, pointer and keys",
        )
    shows = _Shows(torch.cat(rows), torch.cat(targets), torch.cat(since), offered)
    nets = [_fit(shows, config, config.seed * config.members + member) for member in range(config.members)]
    card = InverseCard(sum(not one.again for one in lessons), seen, config.seed, config.members)
    return InverseDynamics([kinds for kinds, _ in nets], [where for _, where in nets], card)


@dataclass(frozen=True)
class _Shows:
    """What there is to learn: of each change the kind, and how late it is (NaN: unknown); how good places are."""

    rows: Tensor
    targets: Tensor
    since: Tensor
    offered: Sequence[tuple[Tensor, Tensor]]


def _fit(shows: _Shows, config: InverseConfig, seed: int) -> tuple[Net, Net]:
    """One network of either sort."""
    torch.manual_seed(seed)
    kinds, where = new_nets()
    kinds.standardise(shows.rows)
    where.standardise(torch.cat([told for told, _ in shows.offered]))
    draw = torch.Generator().manual_seed(seed)

    def loss_of_kinds() -> Tensor:
        some = torch.randint(len(shows.rows), (config.batch,), generator=draw)
        told, late = kinds(shows.rows[some]), shows.since[some]
        apart = torch.where(late.isnan(), 0.0, (told[:, -1] - late.nan_to_num()).abs())
        return torch.nn.functional.cross_entropy(told[:, :-1], shows.targets[some]) + apart.mean()

    def loss_of_places() -> Tensor:
        drawn = torch.randint(len(shows.offered), (config.batch // 8,), generator=draw).tolist()
        some = [shows.offered[number] for number in drawn]
        scores = where(torch.cat([told for told, _ in some]))[:, 0].split([len(told) for told, _ in some])
        said = [-(good * torch.log_softmax(score, 0)).sum() for score, (_, good) in zip(scores, some, strict=True)]
        return torch.stack(said).mean()

    for net, loss in ((kinds, loss_of_kinds), (where, loss_of_places)):
        net.train()
        adam = torch.optim.AdamW(net.parameters(), lr=config.rate, weight_decay=1e-3)
        falling = torch.optim.lr_scheduler.CosineAnnealingLR(adam, config.steps)
        for _ in range(config.steps):
            adam.zero_grad()
            loss().backward()  # type: ignore[no-untyped-call]
            adam.step()
            falling.step()
    return kinds, where


def shown(lesson: Lesson) -> list[bool]:
    """Of each action whether anything changed on the screen that may be its doing; of others nobody can tell."""
    return [at is not None for at in _targets(lesson)[1]]


def _kind(step: Step) -> Kind:
    """The kind of :data:`KINDS`, or why it is none."""
    match step.action:
        case "click" | "double_click" | "drag" | "choose" if step.button not in (None, LEFT_BUTTON):
            return f"a {step.action} with another button"
        case "scroll" if step.scroll_dy:
            return "scroll_down" if step.scroll_dy > 0 else "scroll_up"
        case "click" | "double_click" | "drag" | "type" if step.action == "type" or step.x is not None:
            return step.action
        case "choose" if step.x is not None:
            return "click"
        case "key" | "shortcut" | "choose":
            return "key"
        case "switch":
            return "a switch, which no hand does by itself"
        case _:
            return f"a {step.action} without a position or direction"


def _targets(lesson: Lesson) -> tuple[list[int], list[int | None]]:
    """The kind that each change teaches, and of each action the first change that shows it."""
    times = [one.time_ns for one in lesson.changes]
    taught = [len(KINDS)] * len(times)
    first: list[int | None] = []
    for number, one in enumerate(lesson.done):
        lasts = one.kind in LASTING
        until = one.end_ns + TAIL_NS.get(one.kind, OTHER_TAIL_NS) if lasts else one.time_ns + SHOWS_NS
        if number + 1 < len(lesson.done):
            until = min(until, lesson.done[number + 1].time_ns)
        begin, end = bisect_left(times, one.time_ns), bisect_right(times, until)
        first.append(begin if begin < end else None)
        for at in range(begin, end if lasts else min(end, begin + 1)):
            taught[at] = KINDS.index(one.kind)
    return taught, first
