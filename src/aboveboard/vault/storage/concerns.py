"""What does the vault remember of concerns, and of the passes that it signed?

Nothing here ties a pass to whoever fetched it: of a fetching only a hash of the blinded number is kept, of a use only
the pass's own key, and neither has a time.
"""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class ConcernRow:
    """``person_id`` and ``pass_key``: exactly one is set. ``raised_at_ns`` of an anonymous one is a whole hour.

    ``pass_text``, ``envelope``, ``owning`` and ``answer`` are the documents as JSON.
    """

    concern_id: str
    person_id: str | None
    pass_key: str | None
    pass_text: str | None
    envelope: str
    raised_at_ns: int
    answer_by_ns: int
    owner: str | None = None
    owning: str | None = None
    answer: str | None = None
    answered_at_ns: int | None = None


@dataclass(frozen=True)
class JoinRow:
    """One who shares a concern; ``person_id`` of ``None``: anonymously."""

    concern_id: str
    pass_key: str
    person_id: str | None
    pass_text: str
    envelope: str


@dataclass(frozen=True)
class PassAskingRow:
    """One blinded number that was signed for this person."""

    person_id: str
    scope: str
    asked_sha256: str


class Concerns(Protocol):
    """Concerns, who shares them, and passes."""

    def add_concern(self, row: ConcernRow) -> None:
        """Raise Conflict if its id is known or its pass was used before."""

    def concern(self, concern_id: str) -> ConcernRow | None: ...
    def all_concerns(self) -> list[ConcernRow]:
        """Those with the earliest date first."""

    def concern_by_pass(self, pass_key: str) -> ConcernRow | None: ...
    def own_concern(self, concern_id: str, *, owner: str, owning: str, answer_by_ns: int) -> None: ...
    def answer_concern(self, concern_id: str, *, answer: str, at_ns: int) -> None:
        """Note the first answer; a second changes nothing."""

    def add_join(self, row: JoinRow) -> None:
        """Raise Conflict if its pass was used before."""

    def join_by_pass(self, pass_key: str) -> JoinRow | None: ...
    def joins_of(self, concern_id: str) -> list[JoinRow]:
        """In the order of their passes' keys, which is no order of time."""

    def add_pass_asking(self, row: PassAskingRow) -> None: ...
    def pass_askings(self, person_id: str) -> list[PassAskingRow]: ...
