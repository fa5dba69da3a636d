"""What is in a data set, over everybody in it together?

Counts of what was done and of what is known about it. Nothing is counted per person, and nothing says how fast or how
much anybody worked.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from aboveboard.formats.trajectory import Episode, Step

POINTED = frozenset({"click", "double_click", "drag", "scroll", "choose"})
LENGTHS = (1, 2, 5, 10, 20, 50, 100, 1_000_000)
"""Upper bounds of the groups of texts and of episodes, in characters and in steps."""


@dataclass
class Statistics:
    """Counts. ``known`` says of how many steps the frame, the position, the element or the site is known."""

    steps: int = 0
    actions: Counter[str] = field(default_factory=Counter)
    apps: Counter[str] = field(default_factory=Counter)
    roles: Counter[str] = field(default_factory=Counter)
    shortcuts: Counter[str] = field(default_factory=Counter)
    known: Counter[str] = field(default_factory=Counter)
    text_lengths: Counter[int] = field(default_factory=Counter)
    episode_lengths: Counter[int] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    instructed_by: Counter[str] = field(default_factory=Counter)

    def add_step(self, step: Step) -> None:
        """Count one step."""
        self.steps += 1
        self.actions[step.action] += 1
        self.apps[step.app] += 1
        self.known.update(
            name
            for name, is_known in (
                ("frame", step.frame_sha256 is not None),
                ("position", step.action in POINTED and step.x is not None),
                ("element", step.element is not None),
                ("site", bool(step.host)),
            )
            if is_known
        )
        if step.element is not None:
            self.roles[step.element.role] += 1
        if step.shortcut:
            self.shortcuts[step.shortcut] += 1
        if step.text:
            self.text_lengths[_group(len(step.text))] += 1

    def add_episode(self, episode: Episode) -> None:
        """Count one episode."""
        self.episode_lengths[_group(episode.steps)] += 1
        self.outcomes[episode.outcome] += 1
        self.instructed_by[episode.instructed_by or "nobody"] += 1


def count(steps: Iterable[Step], episodes: Iterable[Episode]) -> Statistics:
    """The counts of a whole data set; one row is in memory at a time."""
    found = Statistics()
    for step in steps:
        found.add_step(step)
    for episode in episodes:
        found.add_episode(episode)
    return found


def _group(length: int) -> int:
    return next(bound for bound in LENGTHS if length <= bound)
