"""How does the vault remember, whatever database is behind it?

The port. An implementation MUST:

* run each ``begin()`` as one transaction: all of it is durable when the block ends, none of it if the block raises;
* let one writing transaction in at a time, so that what was checked inside it still holds when it writes;
* raise :class:`Conflict` when something with the same id, key or place exists already, :class:`Unavailable` when the
  database cannot be reached, is locked too long, or its disk is full.

It MUST NOT change a row other than by the methods named here. Both sides rely on ``tests/contract/test_records.py``.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from aboveboard.vault.storage.concerns import Concerns
from aboveboard.vault.storage.fleet_records import FleetRecords
from aboveboard.vault.storage.notices import Notices
from aboveboard.vault.storage.rows import (
    ApprovalRow,
    ArtefactRow,
    ChangeKind,
    ChangeRow,
    ConsentRow,
    DeviceRow,
    DisclosureRow,
    ErasureRow,
    GrantRow,
    InvitationRow,
    PauseRow,
    PersonRow,
    RequestRow,
    SealedRow,
    SegmentRow,
    SegmentsOfSpan,
    SpanRow,
)


class Disclosures(Protocol):
    """Published disclosures. None is ever changed or taken away."""

    def add_disclosure(self, row: DisclosureRow) -> None: ...
    def disclosure(self, sha256: str) -> DisclosureRow | None: ...
    def current_disclosure(self) -> DisclosureRow | None:
        """The one with the highest version."""

    def disclosures_after(self, version: int) -> list[DisclosureRow]:
        """Those with a higher version, in order."""


class Enrolments(Protocol):
    """Invitations, people and devices."""

    def add_invitation(self, row: InvitationRow) -> None: ...
    def invitation(self, code_sha256: str) -> InvitationRow | None: ...
    def use_invitation(self, code_sha256: str, *, device_id: str) -> None:
        """Mark it used; raise Conflict if it was used before."""

    def add_person(self, row: PersonRow) -> None: ...
    def renew_key_statement(self, person_id: str, key_statement: str, *, at_ns: int) -> None: ...
    def add_device(self, row: DeviceRow) -> None: ...
    def person(self, person_id: str) -> PersonRow | None: ...
    def person_by_key(self, person_key: str) -> PersonRow | None: ...
    def device(self, device_id: str) -> DeviceRow | None: ...
    def device_by_key(self, device_key: str) -> DeviceRow | None: ...
    def note_health(self, device_id: str, *, health: str, at_ns: int) -> None: ...
    def health_since(self, at_ns: int) -> list[str]:
        """The words of each device that told any at or after ``at_ns``; never which device."""

    def anybody_in(self, *, cohort: str | None = None, country: str | None = None) -> bool:
        """Is anybody enrolled in this cohort, or in this country or a part of it?"""

    def count_people(self) -> int: ...
    def count_devices(self) -> int: ...


class Consents(Protocol):
    """Consent receipts and what became of them."""

    def add_consent(self, row: ConsentRow) -> None: ...
    def consent(self, consent_id: str) -> ConsentRow | None: ...
    def consents_of(self, person_id: str) -> list[ConsentRow]: ...
    def withdraw_consent(self, consent_id: str, *, withdrawal: str, at_ns: int) -> None:
        """Note the first withdrawal; a second changes nothing."""

    def erase_consents(self, person_id: str, *, at_ns: int) -> None:
        """Note on every consent of this person that their recordings were erased."""


class Pauses(Protocol):
    """Pauses and their ends, oldest first."""

    def add_pause(self, row: PauseRow) -> None: ...
    def pause(self, pause_id: str) -> PauseRow | None: ...
    def end_pause(self, pause_id: str, *, at_ns: int) -> None:
        """Note the first end; a second changes nothing."""

    def pauses_of(self, person_id: str) -> list[PauseRow]:
        """Those that concern this person: their own, their cohort's, their country's, everyone's, applications'."""

    def all_pauses(self) -> list[PauseRow]: ...


class Changes(Protocol):
    """The line of changes, which every process of the vault follows (``vault.control``).

    The methods that change a pause, a consent or the disclosure note it there themselves, in the same transaction.
    """

    def note_change(self, kind: ChangeKind, subject: str, *, at_ns: int) -> None:
        """For "news": there is something new for the person ``subject``, or for everyone (empty)."""

    def changes_after(self, sequence: int) -> list[ChangeRow]:
        """The first of those after ``sequence``, oldest first; a thousand at most."""

    def newest_change(self) -> int:
        """Its sequence; 0 if nothing ever changed."""


class Segments(Protocol):
    """Segments, never their bytes."""

    def add_segments(self, rows: Sequence[SegmentRow]) -> None:
        """Raise Conflict if an id, a place in a session, or a hash of sealed bytes is known."""

    def segment(self, segment_id: str) -> SegmentRow | None: ...
    def segments_like(
        self, segment_ids: Collection[str], hashes: Collection[str], places: Mapping[str, Collection[int]]
    ) -> list[SegmentRow]:
        """Those with one of these ids, of these hashes of their bytes, or of these places (numbers by session)."""

    def segments_of_span(self, span: SpanRow) -> list[SegmentsOfSpan]:
        """Whose they are, destroyed ones included."""

    def segment_of_session(self, session_id: str) -> SegmentRow | None:
        """Any segment of this session."""

    def mark_stored(self, segment_ids: Sequence[str], *, at_ns: int) -> None:
        """Only what is declared."""

    def mark_destroyed(self, segment_ids: Sequence[str]) -> None:
        """Set the state and empty the manifest."""

    def segments_of(self, people: Collection[str]) -> list[SegmentRow]:
        """Everything declared or stored of these people, by session and sequence."""

    def segments_after(self, people: Collection[str], after: SegmentRow | None, limit: int) -> list[SegmentRow]:
        """The same in pages: the first ``limit`` that come after this one, by person, begin and id."""

    def mark_erasing(self, segment_ids: Sequence[str], *, erasure_id: str) -> None:
        """From now on nobody is shown these; only of what is declared or stored."""

    def segments_between(self, person_id: str, from_ns: int, until_ns: int) -> list[SegmentRow]:
        """What is declared or stored of this person and lies in this span (wall time), even in part."""

    def segments_by_order(self, erasure_id: str) -> list[SegmentRow]:
        """Those that this order was marked on, destroyed ones too, by session and sequence."""

    def segments_by_id(self, segment_ids: Sequence[str]) -> list[SegmentRow]:
        """Those of these that are known, whatever their state, by session and sequence."""

    def segments_in_epochs(self, person_id: str, epochs: Collection[int]) -> list[SegmentRow]:
        """What is declared or stored of this person and sealed to one of these keys, by id."""

    def sealed_to(self, person_id: str, epochs: Collection[int]) -> list[SealedRow]:
        """What is stored of this person and sealed to one of these keys, by id: as much as there is in a week."""

    def rewrap(self, headers: Mapping[str, str], *, key_epoch: int) -> None:
        """For each segment the header (base64) that takes the place of its own, for the key of this epoch."""

    def segments_over(self, disclosure_sha256: str, *, before_ns: int, limit: int) -> list[SegmentRow]:
        """The oldest that are declared or stored under this disclosure and were recorded, or declared, before then."""

    def disclosures_of_segments(self) -> list[str]:
        """Under which disclosures anything is declared or stored."""

    def all_segment_ids_of(self, person_id: str) -> list[str]:
        """Destroyed ones too."""

    def stored_bytes(self, person_id: str | None, *, since_ns: int) -> int:
        """Sealed bytes stored at or after ``since_ns``, of one person or (``None``) of all."""

    def people_who_stored(self, *, since_ns: int) -> list[str]:
        """Who stored anything at or after ``since_ns``."""

    def stored_under(self, people: Collection[str], *, since_ns: int) -> list[tuple[str, str, int]]:
        """How many segments of each of these people that began at or after ``since_ns`` are stored under each
        disclosure: (person, disclosure, count)."""

    def count_segments(self, person_id: str | None) -> int:
        """How many are stored, of one person or (``None``) of all."""


class Access(Protocol):
    """Requests, approvals, grants."""

    def add_request(self, row: RequestRow) -> None: ...
    def request(self, request_id: str) -> RequestRow | None: ...
    def all_requests(self) -> list[RequestRow]: ...
    def add_approval(self, row: ApprovalRow) -> None: ...
    def approvals_of(self, request_id: str) -> list[ApprovalRow]: ...
    def add_grant(self, row: GrantRow) -> None: ...
    def grant(self, grant_id: str) -> GrantRow | None: ...
    def revoke_grant(self, grant_id: str, *, revocation: str, at_ns: int) -> None:
        """Note the first revocation; a second changes nothing."""

    def note_passed_on(self, keys: Mapping[str, int]) -> None:
        """So many more keys of each person's segments were passed on."""

    def keys_passed_on(self, person_id: str) -> int: ...


class Artefacts(Protocol):
    """What was made from recordings."""

    def add_artefact(
        self,
        row: ArtefactRow,
        *,
        people: Collection[str],
        spans: Collection[SpanRow] = (),
        digests: Collection[str] = (),
    ) -> None:
        """``spans`` are the segments that it was made from; ``digests`` its files are known again by."""

    def artefact(self, artefact_id: str) -> ArtefactRow | None: ...
    def artefacts_with(self, digests: Collection[str]) -> list[tuple[str, ArtefactRow]]:
        """Those that have a file with one of these digests, each with the digest."""

    def has_destroyed_source(self, artefact_id: str) -> bool:
        """Is any segment that it was made from destroyed, or about to be?"""

    def artefacts_by_order(self, erasure_id: str) -> list[ArtefactRow]:
        """Those that any segment went into that this order was marked on."""

    def artefacts_of_segments(self, segment_ids: Sequence[str]) -> list[ArtefactRow]:
        """Those that any of these segments went into."""

    def artefacts_by(self, staff_id: str) -> list[ArtefactRow]: ...
    def artefacts_naming(self, person_id: str) -> list[ArtefactRow]: ...
    def mark_artefact_due(self, artefact_id: str, *, due_by_ns: int) -> None:
        """Only if it is live."""

    def mark_artefact_destroyed(self, artefact_id: str, *, at_ns: int, word: str | None = None) -> None:
        """``word``: what its keeper signed. The first counts."""

    def count_artefacts(self) -> int: ...


class Erasures(Protocol):
    """Erasure orders and how far each has come. A phase follows only on the one before; otherwise nothing changes."""

    def add_erasure(self, row: ErasureRow) -> None: ...
    def erasure(self, erasure_id: str) -> ErasureRow | None: ...
    def unfinished_erasures(self) -> list[ErasureRow]: ...
    def erasures_of(self, person_id: str) -> list[ErasureRow]:
        """Oldest first, those of a part too."""

    def part_erased_at_ns(self, person_id: str) -> int | None:
        """When the last order was given that ended keys of a part, not because its time was over; ``None``: never."""

    def erased_whole(self, person_id: str) -> bool:
        """Was everything of this person ordered to be erased?"""

    def keep_out(
        self, erasure_id: str, person_id: str, segment_ids: Sequence[str], span: tuple[int, int] | None
    ) -> None:
        """Refuse these, or what lies in the span, if it still comes."""

    def is_kept_out(self, person_id: str, segment_ids: Sequence[str], *, start_ns: int, end_ns: int) -> bool:
        """Is any of these, or what lies in this span, refused because an order reached it before it came?"""

    def latest_time(self, name: str, *, at_ns: int) -> int:
        """The latest of all times that were ever passed here under this name, this one included."""

    def note_keys_destroyed(self, erasure_id: str, *, ledger_index: int, keys: str = "") -> None: ...
    def note_objects_destroyed(self, erasure_id: str) -> None: ...
    def finish_erasure(self, erasure_id: str, *, receipt: str) -> None: ...


class Transaction(
    Disclosures,
    Enrolments,
    Consents,
    Pauses,
    Changes,
    Segments,
    Access,
    Artefacts,
    Erasures,
    Concerns,
    Notices,
    FleetRecords,
    Protocol,
):
    """Everything that can be asked and written inside one ``begin()``."""


class Records(Protocol):
    """A database of the vault."""

    def begin(self, *, soft: bool = False) -> AbstractContextManager[Transaction]:
        """A transaction that may write. A ``soft`` one may be lost in a power cut, and holds up nobody for the disk."""

    def read(self) -> AbstractContextManager[Transaction]:
        """A consistent view; writing in it is an error."""

    def listen(self, heard: Callable[[], None]) -> None:
        """Call ``heard`` from then on, from any thread, soon after a change was committed by whichever process.

        It may come late, twice, or never: whoever must know asks for ``changes_after`` as well.
        """

    def close(self) -> None: ...
