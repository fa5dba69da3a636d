"""A recording that holds back what it sealed and shows itself to nobody: for tests without a display."""

from aboveboard.base.clock import SystemClock, boot_id
from aboveboard.recorder.hold import Hold
from aboveboard.recorder.live import LiveFeed
from aboveboard.rules.decision import ALLOWED, Decision


class Unseen:
    """In the place of ``recorder.presence.Presence``."""

    def __init__(self, hold_minutes: float) -> None:
        self.hold = Hold(hold_minutes * 60, clock=SystemClock(), boot_id=boot_id())
        self.hold_fixed = True
        self.feed = LiveFeed()
        self.said: list[str] = []

    def start(self, holding: object) -> None:
        pass

    def show(self, status: object) -> None:
        pass

    def say(self, words: str) -> None:
        self.said.append(words)

    def tell(self, told: object) -> None:
        pass

    def look(self) -> Decision:
        return ALLOWED

    def close(self) -> None:
        pass
