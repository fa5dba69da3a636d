"""What does a sweep say: a line for each point with its band, tasks that fail, and the curve with its fitted law?

With the curve goes what the law says that the next hour buys, and a warning where the last points show no sure gain.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from aboveboard.lab.assess.interval import band, wilson
from aboveboard.lab.assess.law import fit
from aboveboard.lab.assess.sweep import WHOLE, Cell

BAR = 40


@dataclass(frozen=True)
class Standing:
    """One point and policy over its draws: mean success and its 95 % band over draws (``low`` to ``high``).

    ``partly`` counts a part of a task's reward as success; ``tasks`` are the shares by task over all draws.
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
            )
        )
    return made


def report(cells: Sequence[Cell], published: dict[str, str]) -> str:
    """All of it as text. ``published`` are lines of others' figures, by group."""
    lines = []
    every = standings(cells)
    for group in dict.fromkeys(one.point.split("-")[0] for one in every):
        own = [one for one in every if one.point.split("-")[0] == group]
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
        lines += _curve([one for one in own if one.policy == "trained" and "folds" not in one.point])
        lines += _weak(own)
    return "\n".join(lines)


def _curve(own: Sequence[Standing]) -> list[str]:
    """Success against hours, a bar each, and the law."""
    by_hours = sorted(own, key=lambda one: one.hours)
    if len(by_hours) < 3:
        return []
    lines = ["", "  success against hours"]
    lines += [f"  {one.hours:6.2f} h |{'█' * round(BAR * one.mean):<{BAR}}| {one.mean:.3f}" for one in by_hours]
    law = fit([(one.hours, one.mean) for one in by_hours])
    if law is None:
        return lines
    last = by_hours[-1]
    lines.append(f"  law: failure = {law.a:.3f} * hours^-{law.b:.2f}")
    gain = law.success(last.hours + 1) - law.success(last.hours)
    lines.append(f"  after {last.hours:.1f} h the law says that one hour more would add {gain:+.4f}")
    before = by_hours[-2]
    if last.low <= before.mean:
        lines.append(
            f"  from {before.hours:.1f} h to {last.hours:.1f} h no gain is sure: the band holds what was there"
        )
    return lines


def _weak(own: Sequence[Standing], below: float = 0.9, most: int = 8) -> list[str]:
    """The tasks at which the best-fed policy fails, with Wilson intervals over all its episodes."""
    trained = [one for one in own if one.policy == "trained" and "folds" not in one.point]
    if not trained:
        return []
    best = max(trained, key=lambda one: one.hours)
    weak = sorted((good / every, task) for task, (good, every) in best.tasks.items() if good / every < below)[:most]
    lines = [f"  tasks below {below:.0%} at {best.point}: {'' if weak else 'none'}"]
    for share, task in weak:
        low, high = wilson(*best.tasks[task])
        lines.append(f"    {task:<28}{share:.2f} ({low:.2f} to {high:.2f})")
    return lines
