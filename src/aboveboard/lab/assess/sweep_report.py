"""What does a sweep say: a line for each point with its band, peers, tasks that fail, and what it is all worth?"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from aboveboard.formats.value import Value
from aboveboard.lab.assess.interval import band, wilson
from aboveboard.lab.assess.sweep import WHOLE, Cell
from aboveboard.lab.assess.worth import About, Tried, Way, worth
from aboveboard.lab.model.elements import Act, Scene
from aboveboard.lab.train.element_cloning import Demonstration
from aboveboard.lab.train.levels import EXACT, Level

NEEDED = 0.25
IN_ORDER = 4
TICKED = frozenset(("input-checkbox", "input-radio"))


@dataclass(frozen=True)
class Standing:
    """One point and policy over its draws: mean success and its 95 % band over draws (``low`` to ``high``).

    ``partly`` counts a part of a task's reward as success; ``tasks`` are the shares by task over all draws. ``whole``:
    learnt from everything as recorded, and tried on the tasks that were learnt.
    """

    point: str
    policy: str
    draws: int
    hours: float
    demonstrations: float
    mean: float
    low: float
    high: float
    partly: float
    cpu_s: float
    tasks: dict[str, tuple[int, int]]
    whole: bool


def standings(cells: Sequence[Cell]) -> list[Standing]:
    """One for each point and policy, in the order in which they were tried."""
    made = []
    for point, policy in dict.fromkeys((cell.point, cell.policy) for cell in cells):
        some = [cell for cell in cells if (cell.point, cell.policy) == (point, policy)]
        mean, low, high = band([cell.success() for cell in some])
        tasks: dict[str, tuple[int, int]] = {}
        for cell in some:
            for task, rewards in cell.rewards.items():
                good, every = tasks.get(task, (0, 0))
                tasks[task] = (good + sum(one >= WHOLE for one in rewards), every + len(rewards))
        made.append(
            Standing(
                point=point,
                policy=policy,
                draws=len(some),
                hours=sum(cell.hours for cell in some) / len(some),
                demonstrations=sum(cell.demonstrations for cell in some) / len(some),
                mean=mean,
                low=low,
                high=high,
                partly=sum(cell.success(1e-9) for cell in some) / len(some),
                cpu_s=sum(cell.cpu_s for cell in some) / len(some),
                tasks=tasks,
                whole=Level(some[0].screen, some[0].keystrokes) == EXACT and "folds" not in point,
            )
        )
    return made


def report(cells: Sequence[Cell], published: dict[str, str]) -> str:
    """All of it as text. ``published`` are lines of others' figures, by group."""
    lines = []
    every = standings(cells)
    for group in dict.fromkeys(_group(one.point) for one in every):
        own = [one for one in every if _group(one.point) == group]
        lines.append(
            f"\n{group:<26}{'hours':>7}{'demos':>7}{'draws':>7}{'success':>9}  {'95 % band':<16}"
            f"{'part counts':>12}{'core-s':>8}"
        )
        for one in own:
            label = one.point if one.policy == "trained" else f"  {one.policy}, there"
            shown = f"{one.low:.3f} to {one.high:.3f}" if one.draws > 1 else "one draw"
            lines.append(
                f"{label:<26}{one.hours:>7.2f}{one.demonstrations:>7.0f}{one.draws:>7}{one.mean:>9.3f}  {shown:<16}"
                f"{one.partly:>12.3f}{one.cpu_s:>8.0f}"
            )
        lines += [f"  published: {published[group]}"] if group in published else []
        lines += _weak(own)
    return "\n".join(lines)


def values(cells: Sequence[Cell], about: dict[str, About]) -> dict[str, Value]:
    """For each group of ``about`` what its trained policies are worth, if there are any; held-out tasks are not."""
    made = {}
    for group, words in about.items():
        own = [
            one for one in cells if _group(one.point) == group and one.policy == "trained" and "fold" not in one.point
        ]
        tried = [
            Tried(
                way=Way(one.screen, one.keystrokes),
                amount=one.point.removesuffix(Level(one.screen, one.keystrokes).name).rstrip("-"),
                hours=one.hours,
                stretches=one.demonstrations,
                tasks={task: (sum(r >= WHOLE for r in rewards), len(rewards)) for task, rewards in one.rewards.items()},
            )
            for one in own
        ]
        if tried:
            made[group] = worth(sorted(tried, key=lambda one: one.way != Way()), words)
    return made


def kinds_of(demonstrations: Sequence[Demonstration]) -> set[str]:
    """The kinds of action that a task needs: those in at least :data:`NEEDED` of its demonstrations."""
    found: Counter[str] = Counter()
    for one in demonstrations:
        kinds = {_kind(scene, act) for scene, act in one.steps}
        found.update(kinds | ({"several in order"} if len(one.steps) >= IN_ORDER else set()))
    return {kind for kind, count in found.items() if count >= NEEDED * len(demonstrations)}


def _kind(scene: Scene, act: Act) -> str:
    if act.kind != "click":
        return {"type": "type", "choose": "choose from a list"}[act.kind]
    return "tick a box" if scene.elements[act.target].role in TICKED else "click"


def _group(point: str) -> str:
    return point.partition("-")[0]


def _weak(own: Sequence[Standing], below: float = 0.9, most: int = 8) -> list[str]:
    """The tasks at which the best-fed policy fails, with Wilson intervals over all its episodes."""
    trained = [one for one in own if one.policy == "trained" and one.whole]
    if not trained:
        return []
    best = max(trained, key=lambda one: one.hours)
    weak = sorted((good / every, task) for task, (good, every) in best.tasks.items() if good / every < below)[:most]
    lines = [f"  tasks below {below:.0%} at {best.point}: {'' if weak else 'none'}"]
    for share, task in weak:
        low, high = wilson(*best.tasks[task])
        lines.append(f"    {task:<28}{share:.2f} ({low:.2f} to {high:.2f})")
    return lines
