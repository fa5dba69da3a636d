"""What do the checks of intake ask of the records, and how is it asked once for all segments of a request?

Inside one transaction nothing changes but by it, so what was read once still holds for the next segment. The segments
that may stand in the way of those that come (same id, same bytes, same place, neighbours) are read together; one that
was accepted a moment ago counts for those after it, and all are written together.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from aboveboard.formats.segment import SegmentManifest
from aboveboard.vault.storage.records import Transaction
from aboveboard.vault.storage.rows import (
    ConsentRow,
    DisclosureRow,
    PauseRow,
    PersonRow,
    SegmentRow,
)

T = TypeVar("T")


class Told(Protocol):
    """What is asked about disclosures, consents, people and pauses. A :class:`Transaction` answers it too."""

    def disclosure(self, sha256: str) -> DisclosureRow | None: ...
    def current_disclosure(self) -> DisclosureRow | None: ...
    def disclosures_after(self, version: int) -> list[DisclosureRow]: ...
    def consent(self, consent_id: str) -> ConsentRow | None: ...
    def person(self, person_id: str) -> PersonRow | None: ...
    def pauses_of(self, person_id: str) -> list[PauseRow]: ...


class Remembered:
    """:class:`Told` by a transaction, each answer read once."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._read: dict[tuple[str, object], Any] = {}

    def disclosure(self, sha256: str) -> DisclosureRow | None:
        return self._once("disclosure", sha256, self._tx.disclosure)

    def current_disclosure(self) -> DisclosureRow | None:
        return self._once("current", None, lambda _: self._tx.current_disclosure())

    def disclosures_after(self, version: int) -> list[DisclosureRow]:
        return self._once("after", version, self._tx.disclosures_after)

    def consent(self, consent_id: str) -> ConsentRow | None:
        return self._once("consent", consent_id, self._tx.consent)

    def person(self, person_id: str) -> PersonRow | None:
        return self._once("person", person_id, self._tx.person)

    def pauses_of(self, person_id: str) -> list[PauseRow]:
        return self._once("pauses", person_id, self._tx.pauses_of)

    def _once(self, what: str, which: Any, ask: Callable[[Any], T]) -> T:
        if (what, which) not in self._read:
            self._read[what, which] = ask(which)
        found: T = self._read[what, which]
        return found


class Arriving(Remembered):
    """The records as segments with these manifests arrive: what is known, and what was accepted with them."""

    def __init__(self, tx: Transaction, manifests: Sequence[SegmentManifest]) -> None:
        super().__init__(tx)
        self._manifests = manifests
        self._accepted: list[SegmentRow] = []
        self._by_id: dict[str, SegmentRow] = {}
        self._by_hash: dict[str, SegmentRow] = {}
        self._by_place: dict[tuple[str, int], SegmentRow] = {}
        self._of_session: dict[str, SegmentRow] = {}
        places: dict[str, set[int]] = {}
        for each in manifests:
            around = range(max(each.sequence - 1, 0), each.sequence + 2)
            places.setdefault(each.session_id, set()).update(around)
        found = tx.segments_like([each.segment_id for each in manifests], [each.sha256 for each in manifests], places)
        for row in found:
            self._note(row)

    def segment(self, segment_id: str) -> SegmentRow | None:
        return self._by_id.get(segment_id)

    def segment_at(self, session_id: str, sequence: int) -> SegmentRow | None:
        return self._by_place.get((session_id, sequence))

    def segment_by_sha256(self, sha256: str) -> SegmentRow | None:
        return self._by_hash.get(sha256)

    def segment_of_session(self, session_id: str) -> SegmentRow | None:
        """Any segment of this session."""
        known = self._of_session.get(session_id)
        return known or self._once("session", session_id, self._tx.segment_of_session)

    def is_kept_out(self, manifest: SegmentManifest) -> bool:
        """Is it refused because an order reached it before it came? Asked of all first, as hardly ever any is."""
        theirs = [each for each in self._manifests if each.person_id == manifest.person_id]
        return self._once("kept out", manifest.person_id, lambda person_id: self._kept_out(person_id, theirs)) and (
            self._kept_out(manifest.person_id, [manifest])
        )

    def _kept_out(self, person_id: str, manifests: Sequence[SegmentManifest]) -> bool:
        # A modified device may say that a segment ended before it began.
        times = [time_ns for each in manifests for time_ns in (each.start_wall_ns, each.end_wall_ns)]
        ids = [each.segment_id for each in manifests]
        return self._tx.is_kept_out(person_id, ids, start_ns=min(times), end_ns=max(times))

    def accept(self, row: SegmentRow) -> None:
        """It passed every check; :meth:`write` puts it on record."""
        self._accepted.append(row)
        self._note(row)

    def write(self) -> None:
        """Put on record what was accepted."""
        self._tx.add_segments(self._accepted)

    def _note(self, row: SegmentRow) -> None:
        self._by_id[row.segment_id] = row
        self._by_hash[row.sha256] = row
        self._by_place[row.session_id, row.sequence] = row
        self._of_session[row.session_id] = row
