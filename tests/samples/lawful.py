"""What the laws in ``rules.law`` ask for, all of it done: for tests that are about something else."""

from collections.abc import Sequence

from aboveboard.formats.disclosure import Formality
from aboveboard.rules.law import MISSING


def in_order(countries: Sequence[str]) -> list[Formality]:
    """Every formality, proven for these countries since 2026-01-02."""
    return [
        Formality(
            kind=kind,
            countries=list(countries),
            title=f"The {kind.replace('_', ' ')} of a made-up programme",
            date="2026-01-02",
            sha256="5" * 64,
            kept_at="the steward's office",
        )
        for kind in MISSING
    ]
