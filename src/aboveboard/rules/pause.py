"""What does a pause stop, and whom does it concern?

A pause of one application concerns everybody and stops only what is recorded of it: a lease goes on, of another epoch,
and names the application. Every other pause stops all of those whom it concerns.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class PauseFacts:
    """One pause. ``ended_at_ns`` of ``None``: it lasts. Wall time of the vault.

    ``wm_class`` is the application that is paused; empty: everything. ``reason`` is the steward's, for the people.
    """

    by: str
    at_ns: int
    ended_at_ns: int | None
    wm_class: str = ""
    reason: str = ""

    def active(self, now_ns: int) -> bool:
        """A pause on record has begun, even where this clock is behind the one that dated it."""
        return self.ended_at_ns is None or now_ns < self.ended_at_ns


@dataclass(frozen=True)
class Scope:
    """Whom a pause names; all ``None``: everyone (or, for an application's, everyone's use of it)."""

    person_id: str | None = None
    cohort: str | None = None
    country: str | None = None
    share: int | None = None
    pause_id: str = ""

    def concerns(self, person_id: str, *, cohort: str, country: str) -> bool:
        """Is this person among them? What is empty of theirs matches nothing."""
        if self.person_id is not None:
            return self.person_id == person_id
        if self.cohort is not None:
            return bool(cohort) and self.cohort == cohort
        if self.country is not None:
            return self.country in parts_of(country)
        return self.share is None or picked(person_id, pause_id=self.pause_id, share=self.share)


def picked(person_id: str, *, pause_id: str, share: int) -> bool:
    """Is this person among the ``share`` of a hundred that this pause picks? By chance, and always the same."""
    digest = hashlib.sha256(f"{pause_id} {person_id}".encode()).digest()
    return int.from_bytes(digest[:8]) % 100 < share


def parts_of(country: str) -> list[str]:
    """The country, and the one that it is a part of: "US-NY" → "US-NY", "US". Empty for no country."""
    return list(dict.fromkeys([country, country.partition("-")[0]])) if country else []


def paused_apps(pauses: Sequence[PauseFacts], *, now_ns: int) -> list[str]:
    """The applications that are paused now, in lower case, each once, sorted."""
    return sorted({pause.wm_class.casefold() for pause in pauses if pause.wm_class and pause.active(now_ns)})


def epoch(pauses: Sequence[PauseFacts], *, now_ns: int) -> int:
    """How the pauses stood: larger after each that began, or ended by ``now_ns``, and 0 if none ever did.

    It is the time of the newest change, plus how many there were, so that two changes of one moment count as two.
    It follows from the pauses alone and so survives restarts; and since it holds a time, what a vault that was restored
    from an old backup makes of it after its next pause is larger than all it ever said before.
    """
    begun = [pause.at_ns for pause in pauses]
    ended = [pause.ended_at_ns for pause in pauses if pause.ended_at_ns is not None and pause.ended_at_ns <= now_ns]
    changes = [*begun, *ended]
    return max(changes) + len(changes) if changes else 0
