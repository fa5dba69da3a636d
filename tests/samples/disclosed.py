"""Disclosures for tests: which applications, at which fidelity."""

from typing import Any

from aboveboard.formats.disclosure import AppRule, Because, Budget, Disclosure


def app(wm_class: str, **levels: Any) -> AppRule:
    """An application recorded in full, but for the ``levels`` given."""
    full = {"keystrokes": "exact", "screen": "exact", "pointer": "full", "window": "exact"}
    named: dict[str, Any] = full | levels
    because = Because(**{kind: "a test needs to see it" for kind in Because.__struct_fields__ if kind in named})
    return AppRule(name=wm_class.title(), wm_class=wm_class, why="a test needs to see it", because=because, **named)


def disclosure(*apps: AppRule, frames_per_second: int = 10) -> Disclosure:
    """A disclosure of ``apps`` and nothing else."""
    return Disclosure(
        programme="capture-tests",
        version=1,
        published_at_ns=0,
        language="en",
        title="Tests of the capture",
        summary="What a test sees.",
        controller="Example Ltd",
        contact="privacy@example.org",
        countries=["DE"],
        legal_entities=["Example GmbH"],
        apps=list(apps),
        purposes=["train_agents"],
        recipients=["Example Ltd"],
        retention_days=30,
        never_collected=["passwords"],
        budget=Budget(),
        frames_per_second=frames_per_second,
        keyholder_key="ed25519:" + "A" * 43,
        lease_key="ed25519:" + "A" * 43,
    )
