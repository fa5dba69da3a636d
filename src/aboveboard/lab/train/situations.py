"""Which steps of a data set can a vision-language model learn from?

Those that are one action on a screen that was recorded. What they were for is what the episode says, and where nobody
said it the window's title. Every other step is counted by its reason. Screens are read when asked for, one at a time.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from aboveboard.base.errors import BadInput
from aboveboard.formats.trajectory import Episode, Step
from aboveboard.lab.dataset.split import SplitRule, part_of
from aboveboard.lab.model import action_text
from aboveboard.lab.model.vision_language import HISTORY, Pixels, Situation
from aboveboard.lab.train.lora import Exchange

ANY_SIZE = 1 << 20
"""A screen so large that every position is on it."""


@dataclass(frozen=True)
class _Entry:
    """``before``: the steps before it in its episode, the oldest first."""

    step: Step
    instruction: str
    before: tuple[Step, ...]


class RecordedSituations:
    """A sequence of :class:`Exchange`. ``left_out`` counts the steps that are none, by reason."""

    def __init__(
        self,
        steps: Iterable[Step],
        episodes: Iterable[Episode],
        frame: Callable[[str], Pixels],
        *,
        taken: Callable[[Episode | None], bool] = lambda _: True,
    ) -> None:
        """``frame`` finds a frame, ``(h, w, 3)`` uint8 RGB, by its SHA-256. Only episodes that are ``taken`` count."""
        self._frame = frame
        self._entries: list[_Entry] = []
        self.left_out: Counter[str] = Counter()
        parts: dict[tuple[str, str], list[Episode]] = {}
        for one in episodes:
            parts.setdefault((one.person_id, one.session_id), []).append(one)
        current: Episode | None = None
        before: tuple[Step, ...] = ()
        for step in steps:
            episode = _episode_of(step, parts.get((step.person_id, step.session_id), []))
            if episode is not current or episode is None:
                current, before = episode, ()
            reason = _unfit(step) if taken(episode) else "another part"
            if reason:
                self.left_out[reason] += 1
            else:
                wanted = episode.instruction if episode is not None else ""
                self._entries.append(_Entry(step, wanted or step.title, before))
            if action_text.of_step(step, ANY_SIZE, ANY_SIZE) is not None:
                before = (*before, step)[-HISTORY:]

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, index: int, /) -> Exchange:
        """Raises :class:`BadInput` where the action lies outside of the screen that was recorded."""
        entry = self._entries[index]
        screen = self._frame(entry.step.frame_sha256 or "")
        height, width = screen.shape[:2]
        actions = [action_text.of_step(step, width, height) for step in (*entry.before, entry.step)]
        action = actions.pop()
        if action is None:
            raise BadInput(
                f"step {entry.step.index} of {entry.step.session_id} lies outside of its screen",
                cause="the screen was changed to a smaller one at that moment",
                fix="leave this session out",
            )
        before = tuple(action_text.write(one) for one in actions if one is not None)
        return Exchange(Situation(screen, entry.instruction, before), action_text.write(action))


def held_out(episode: Episode | None, *, share: float, seed: int) -> bool:
    """Is this episode kept from the training? As ``dataset.split`` draws: whatever else is there, it stays so."""
    if episode is None:
        return False
    rule = SplitRule(shares=(1 - share, 0.0, share), seed=seed)
    name = f"{episode.person_id}/{episode.session_id}/{episode.first_step}"
    return part_of(rule, "task", name) == "test"


def _episode_of(step: Step, episodes: list[Episode]) -> Episode | None:
    return next((one for one in episodes if 0 <= step.index - one.first_step < one.steps), None)


def _unfit(step: Step) -> str:
    """Why a step is no demonstration; "" where it is one."""
    if step.by == "policy":
        return "done by a policy"
    if step.frame_sha256 is None:
        return "no frame"
    if action_text.of_step(step, ANY_SIZE, ANY_SIZE) is None:
        return f"not one action: {step.action}"
    return ""
