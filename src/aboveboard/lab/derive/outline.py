"""What would a person be told to do, to do this? By rules, from the steps alone: no model.

A plug-in for ``aboveboard derive --instructor aboveboard.lab.derive.outline:outline``. What is pointed at is told by
the name of its control; what has none is left out, as is where a person scrolled and which window they went to.
"""

from collections.abc import Sequence

from aboveboard.formats.trajectory import Episode, Step

LENGTH_LIMIT = 500
"""In characters; the steps that would go beyond are left out from the end."""
_POINTED = {"click": "click", "double_click": "double-click", "drag": "drag"}


def outline(episode: Episode, steps: Sequence[Step]) -> str:
    """The steps in words, one after the other: ``In Editor: choose “Save” in File; type “draft” into “Name”``."""
    parts: list[str] = []
    for step in steps:
        words = _told(step)
        if words and (not parts or parts[-1] != words):
            parts.append(words)
    begin = f"In {', '.join(episode.apps)}: " if episode.apps else ""
    while parts and len(begin) + len("; ".join(parts)) > LENGTH_LIMIT:
        parts.pop()
    return begin + "; ".join(parts) if parts else ""


def _told(step: Step) -> str:
    element = step.element
    name = element.name if element is not None else ""
    if step.action in _POINTED:
        return f"{_POINTED[step.action]} “{name}”" if name else ""
    if step.action == "choose" and element is not None and (element.chosen or name):
        menus = [one.partition(": ")[2] for one in element.path if one.startswith("menu: ")]
        among = f" in {' › '.join(menus)}" if menus else f" in “{name}”" if name and element.chosen != name else ""
        return f"choose “{element.chosen or name}”{among}"
    if step.action == "type" and step.text.strip():
        return f"type “{' '.join(step.text.split())}”" + (f" into “{name}”" if name else "")
    if step.action in {"key", "shortcut"}:
        return f"press {step.shortcut or step.key}"
    return ""
