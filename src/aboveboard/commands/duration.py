"""How do people say for how long? "90s", "5m", "1h30m"; a bare number is minutes."""

import re

import click

_PARTS = re.compile(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?", re.ASCII)
_BARE = re.compile(r"\d+(?:\.\d+)?", re.ASCII)


class Minutes(click.ParamType[float]):
    """A length of time, in minutes; ``least`` and ``most`` bound it."""

    name = "duration"

    def __init__(self, *, least: float = 0, most: float = 366 * 24 * 60) -> None:
        self._least, self._most = least, most

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The minutes; fails with words for a person."""
        minutes = value if isinstance(value, float | int) else minutes_of(str(value))
        if minutes is None:
            self.fail(f"{value!r} is no length of time; say 90s, 5m, 1h30m, or minutes", param, ctx)
        if not self._least <= minutes <= self._most:
            self.fail(f"{value!r} is not between {self._least:g} and {self._most:g} minutes", param, ctx)
        return float(minutes)


def minutes_of(text: str) -> float | None:
    """The minutes that ``text`` says; ``None`` if it says none."""
    text = text.strip().lower()[:40]
    if _BARE.fullmatch(text):
        return float(text)
    parts = _PARTS.fullmatch(text)
    if parts is None or not any(parts.groups()):
        return None
    hours, minutes, seconds = (float(part or 0) for part in parts.groups())
    return hours * 60 + minutes + seconds / 60
