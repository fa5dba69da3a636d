"""Do trained policies fare on a display, with a real hand and the task's own clock, as they do in frames?

The checkpoints of a sweep's first draw, on the same held-out episodes in both. Begun with a click at START, XTEST only.
"""

import time
from pathlib import Path

from aboveboard.lab.assess.element_environment import ElementEnvironment
from aboveboard.lab.assess.frames import Episode, Frames
from aboveboard.lab.assess.sweep import WHOLE
from aboveboard.lab.assess.sweep_config import Sweep
from aboveboard.lab.model.element_policy import ElementPolicy, load_element_policy
from aboveboard.stage.browser import Browser
from aboveboard.stage.display import Display
from aboveboard.stage.tasks import TaskServer


def compare(sweep: Sweep, folder: Path, episodes: int) -> str:
    """Try ``episodes`` of each task in both; a line for each group's first point, and every episode that differs."""
    first = {point.group: point for point in reversed(sweep.points)}
    lines = []
    for group in sweep.groups:
        if group.name not in first:
            continue
        policy = load_element_policy(folder / f"{first[group.name].name}-trained-0.safetensors")
        wanted = [
            (task, number)
            for task in group.tasks
            for number in range(sweep.first_episode, sweep.first_episode + episodes)
        ]
        begin = time.monotonic()
        by_hand = on_display(policy, wanted, sweep.acts_limit)
        hand_s, begin = time.monotonic() - begin, time.monotonic()
        with Display(width=1280, height=1050) as display, TaskServer() as server, Browser(display, scale=1) as browser:
            swept = Frames(browser.page, server).run(policy, wanted, acts_limit=sweep.acts_limit)
        swept_s = time.monotonic() - begin
        good = [sum(one.reward >= WHOLE for one in tried) for tried in (by_hand, swept)]
        differ = [
            f"    {one.task}, episode {one.number}: {one.reward:g} by hand, {other.reward:g} in frames"
            for one, other in zip(by_hand, swept, strict=True)
            if (one.reward >= WHOLE) != (other.reward >= WHOLE)
        ]
        lines.append(
            f"{first[group.name].name}: {good[0]} of {len(wanted)} on a display through XTEST, {good[1]} in frames, "
            f"{len(wanted) - len(differ)} with the same outcome; {hand_s / len(wanted):.2f} s an episode by hand, "
            f"{swept_s / len(wanted):.2f} s in frames, with the start of the browser"
        )
        lines += differ
    return "\n".join(lines)


def on_display(policy: ElementPolicy, wanted: list[tuple[str, int]], acts_limit: int) -> list[Episode]:
    """Try ``wanted`` one after the other with a real hand."""
    with (
        Display() as display,
        TaskServer() as server,
        Browser(display) as browser,
        ElementEnvironment(display, browser, server) as environment,
    ):
        return [environment.attempt(policy, task, number, acts_limit) for task, number in wanted]
