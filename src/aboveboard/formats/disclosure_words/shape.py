"""Which words does it take to tell a disclosure? The shape that every language fills."""

from collections.abc import Mapping
from dataclasses import dataclass

KINDS = ("window", "site", "screen", "pointer", "control", "keystrokes")
"""The kinds of data, in the order in which they are told."""


@dataclass(frozen=True)
class Words:
    """Fixed sentences; a name in braces is filled in. ``kinds``: kind, then level, then what is recorded at it."""

    name: str
    """What the language calls itself."""
    recorded: str
    app: str
    sites: str
    because: str
    never: str
    never_ever: tuple[str, ...]
    purpose: str
    purposes: Mapping[str, str]
    who: str
    kept: str
    responsible: str
    covered: str
    law: str
    formality: str
    formalities: Mapping[str, str]
    cost: str
    cpu: str
    upload: str
    battery: str
    metered: Mapping[str, str]
    frames: str
    customers: str
    rights: str
    pause: str
    see: str
    leave: str
    erase: str
    expires: str
    sealed: str
    free: str
    version: str
    kinds: Mapping[str, Mapping[str, str]]
    pictures: Mapping[str, str]
    """Whether photographs and films are seen where the screen is ``redacted``."""
    countries: Mapping[str, str]
    """Those that people are likely to need; another is told by its code."""
    page: Mapping[str, str]
    """What stands on the page around the text: buttons and headings."""

    def country(self, code: str) -> str:
        """The name of a country, or of a part of one."""
        return self.countries.get(code, code)
