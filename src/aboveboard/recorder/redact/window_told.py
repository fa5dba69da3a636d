"""What is told of the window that is active, at the fidelity disclosed for it?"""

from aboveboard.formats.disclosure import AppRule
from aboveboard.formats.recording import Window
from aboveboard.recorder.capture.port import WindowFacts
from aboveboard.recorder.redact.words import Words


def window_event(window: WindowFacts, rule: AppRule, words: Words | None) -> Window:
    """The window at the fidelity disclosed: ``app`` names the application and nothing else."""
    if rule.window == "exact":
        return _told(window, rule)
    if rule.window == "redacted" and words is not None:
        return words.window(_told(window, rule))
    return Window(app=rule.name, title="", pid=0, x=0, y=0, width=0, height=0)


def _told(window: WindowFacts, rule: AppRule) -> Window:
    rect = window.rect
    return Window(
        app=rule.name,
        title=window.title[:1000],
        pid=max(window.pid, 0),
        x=_clamp(rect.x),
        y=_clamp(rect.y),
        width=rect.width,
        height=rect.height,
    )


def _clamp(position: int) -> int:
    return min(max(position, -65536), 65536)
