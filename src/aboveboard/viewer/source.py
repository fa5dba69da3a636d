"""Everything that the participant's page shows, gathered from this machine, the vault and the keyholder.

Nothing is taken on trust: recordings pass ``viewer.archive``, openings ``viewer.openings``, the disclosure
``viewer.agreement``. A server that does not answer makes its part of the page say so; the rest is still shown.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec

from aboveboard.base.clock import MILLISECOND_NS, SECOND_NS, SystemClock
from aboveboard.base.errors import AboveboardError, BadInput, NotFound, Unavailable
from aboveboard.formats import envelope as envelopes
from aboveboard.formats.disclosure import PURPOSES
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.lineage import OwnArtefact
from aboveboard.formats.mcap_file import Item
from aboveboard.formats.openings_proof import Made, OpeningsProof
from aboveboard.formats.trust import Trust
from aboveboard.sealing.unseal import Identity
from aboveboard.viewer import agreement as agreements
from aboveboard.viewer import openings as opened
from aboveboard.viewer import openings_file
from aboveboard.viewer.agreement import iso
from aboveboard.viewer.archive import Archive
from aboveboard.viewer.held import HeldSession, is_held
from aboveboard.viewer.listed import Listed, Listing
from aboveboard.viewer.log_memory import LogMemory
from aboveboard.viewer.openings import FoundOpenings
from aboveboard.viewer.programme import programme as published_programme
from aboveboard.viewer.reach import Progress, Reach, Wish, resolve
from aboveboard.viewer.recording_state import recording_state
from aboveboard.viewer.shelves import Asks, FolderShelf, Shelf, VaultShelf

IDENTITY_FILE = "identity.txt"


@dataclass(frozen=True)
class Participant:
    """Whose page it is. ``device_keys`` and ``steward_keys`` are public keys learnt when enrolling. ``receipt`` is the
    signed consent and ``disclosure`` what it is for; ``None`` if it is not on this machine."""

    person_id: str
    person_key: str
    device_keys: Sequence[str]
    steward_keys: Sequence[str]
    receipt: Envelope | None = None
    disclosure: Envelope | None = None


class ViewerSource:
    """What ``viewer.app`` serves. Safe for threads. Methods raise :class:`AboveboardError` where there is no answer."""

    def __init__(
        self,
        vault: Asks | None,
        keyholder: Asks | None,
        home: Path,
        *,
        participant: Participant,
        trust: Trust,
        spool: Path | None = None,
        now_ns: Callable[[], int] | None = None,
        hold_s: Callable[[], float | None] = lambda: None,
    ) -> None:
        """``home`` is the participant's folder (``identity.txt``); ``None`` for a server: it cannot be reached now.

        ``hold_s`` asks how long the recorder that runs here holds segments; ``None``: none runs.
        """
        self._vault = vault
        self._keyholder = keyholder
        self._participant = participant
        self._now_ns = now_ns or SystemClock().wall_ns
        self._hold_s = hold_s
        shelves: list[Shelf] = [VaultShelf(vault)] if vault is not None else []
        if spool is not None:
            shelves.append(FolderShelf(spool))
        self._identity = Identity.load(home / IDENTITY_FILE)
        self._archive = Archive(
            shelves,
            identity=self._identity,
            person_id=participant.person_id,
            device_keys=participant.device_keys,
        )
        self._memory = LogMemory(home, trust)
        self._listing: Listing | None = None
        self._lock = threading.Lock()

    def overview(self) -> dict[str, Any]:
        """Who, which programme, and what the recorder is doing. Never raises for a server that is silent."""
        listing = self._list_anew()
        newest_ns = max(
            (each.manifest.end_wall_ns for session in listing.sessions.values() for each in session), default=0
        )
        try:
            agreed: dict[str, Any] | None = self.disclosure()
        except AboveboardError:
            agreed = None
        return {
            "person_id": self._participant.person_id,
            "state": recording_state(self._vault, newest_ns=newest_ns, now_ns=self._now_ns()),
            "programme": {key: agreed[key] for key in ("programme", "version", "title")} if agreed else None,
            "session_count": len(listing.sessions),
        }

    def sessions(self) -> dict[str, Any]:
        """Every session, newest first, and what could not be listed."""
        listing = self._list_anew()
        hold_s = self._hold_s()
        summaries = [_summary(session_id, segments, hold_s) for session_id, segments in listing.sessions.items()]
        return {
            "sessions": sorted(summaries, key=lambda each: str(each["start"]), reverse=True),
            "unreadable": [asdict(fault) for fault in listing.unreadable],
            "silent": {name: asdict(fault) for name, fault in listing.silent.items()},
        }

    def session(self, session_id: str) -> dict[str, Any]:
        """One session with its segments; times in milliseconds since ``start``."""
        segments = self._current().session(session_id)
        origin_ns, hold_s = _origin_ns(segments), self._hold_s()
        rows = [_segment(each, origin_ns, hold_s) for each in segments]
        return _summary(session_id, segments, hold_s) | {"segments": rows}

    def held(self) -> dict[str, HeldSession]:
        """The sessions of which something has not left this machine, as they are now."""
        sessions = self._list_anew().sessions
        return {
            session_id: HeldSession(segments, self._archive.items)
            for session_id, segments in sessions.items()
            if any(map(is_held, segments))
        }

    def reach(self, wish: Wish, progress: Progress = lambda done, total: None) -> Reach:
        """What a wish to erase reaches of what is here now; raises :class:`BadInput` if that is nothing."""
        return resolve(wish, self._list_anew(), self._archive.items, progress)

    def events(self, session_id: str, segment_id: str, origin_ns: int) -> bytes:
        """The events of one segment, checked and unsealed, as JSON; times count from ``origin_ns``."""
        return self._archive.events(self._find(session_id, segment_id)[0], origin_ns)

    def screen(self, session_id: str, segment_id: str, origin_ns: int) -> bytes:
        """The screen of one segment, likewise, as a pack that begins with a whole picture where it is known."""
        listed, segments = self._find(session_id, segment_id)
        return self._archive.screen(segments, listed, origin_ns)

    def newest_session(self) -> str:
        """The id of the session that began last; raises :class:`NotFound` if there is none."""
        sessions = self._list_anew().sessions
        if not sessions:
            raise NotFound(
                "there are no recordings of yours", cause="nothing was recorded yet", fix="record: 'aboveboard record'"
            )
        return max(sessions, key=lambda name: _origin_ns(sessions[name]))

    def listing(self) -> Listing:
        """What is there now, each manifest checked."""
        return self._list_anew()

    def opened(self, listed: Listed) -> list[Item]:
        """What is in a segment; raises :class:`AboveboardError` if a check fails."""
        return self._archive.items(listed)

    def items(self, session_id: str) -> Iterator[Item]:
        """Everything in a session, in order of time, one segment in memory at a time.

        Raises :class:`AboveboardError` at a segment that does not pass ``viewer.archive``: an export with a silent hole
        would pass for the whole.
        """
        for listed in self._current().session(session_id):
            yield from self._archive.items(listed)

    def openings(self) -> dict[str, Any]:
        """Who opened these recordings, each entry checked against the log."""
        found, passed_on = self.found_openings()
        sessions = {
            each.manifest.segment_id: session_id
            for session_id, segments in self._current().sessions.items()
            for each in segments
        }
        return opened.shown(found, self._memory, sessions, passed_on)

    def found_openings(self) -> tuple[FoundOpenings, int | None]:
        """Every opening as the keyholder lists it and as it was checked, and how many keys the vault says it passed on;
        raises :class:`AboveboardError` if the keyholder does not answer."""
        passed_on = opened.passed_on_by(self._vault)
        keyholder, person_id = _required(self._keyholder, "keyholder"), self._participant.person_id
        with self._lock:
            found = opened.find(keyholder, self._memory, self._identity, person_id=person_id, passed_on=passed_on)
            return found, passed_on

    def openings_file(self) -> bytes:
        """The openings and their proofs as a file that anybody can check (``viewer.openings_file``)."""
        found, passed_on = self.found_openings()
        made: list[dict[str, Any]] = []
        contact = ""
        with contextlib.suppress(AboveboardError):  # the vault's word, beside the proof
            made = self.artefacts()
            contact = str(self.disclosure()["contact"])
        proof = OpeningsProof(
            profile="aboveboard.openings/1",
            person_id=self._participant.person_id,
            made_at_ns=self._now_ns(),
            contact=contact,
            trust=self._memory.trust,
            checkpoint=found.listed.checkpoint,
            entries=found.listed.entries,
            passed_on=passed_on,
            made=[Made(**{name: each[name] for name in Made.__struct_fields__}) for each in made],
        )
        return openings_file.write(proof)

    def artefacts(self) -> list[dict[str, Any]]:
        """What was made from these recordings; ``explained``: a checked entry in the log names its grant."""
        vault = _required(self._vault, "vault")
        try:
            items = msgspec.json.decode(vault.get("/v1/artefacts/mine"), type=list[OwnArtefact])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise BadInput(
                "the vault's list of artefacts cannot be read",
                cause="it is of another version, or something else answers at its address",
                fix="check the vault's address, or update Aboveboard",
            ) from error
        try:
            grants = self.found_openings()[0].proven_grants()
        except AboveboardError:
            grants = set()
        rows = [_artefact(item, grants) for item in items]
        return sorted(rows, key=lambda each: str(each["created_at"]), reverse=True)

    def disclosure(self) -> dict[str, Any]:
        """What this person agreed to, checked. Raises :class:`AboveboardError` if it is not here or does not hold."""
        who = self._participant
        if who.receipt is None:
            raise NotFound(
                "the receipt of your consent is not on this machine",
                cause="you enrolled on another device, or have not enrolled yet",
                fix="open this page on the device where you enrolled, or enrol: 'aboveboard enrol'",
            )
        receipt = agreements.check_receipt(who.receipt, person_key=who.person_key)
        sha256 = receipt.disclosure_sha256
        published = who.disclosure or envelopes.decode(_required(self._vault, "vault").get(f"/v1/disclosures/{sha256}"))
        disclosure = agreements.check_disclosure(published, sha256=sha256, steward_keys=who.steward_keys)
        return agreements.agreement(disclosure, receipt)

    def programme(self) -> dict[str, Any]:
        """How the programme is run, as everybody in it sees; raises :class:`AboveboardError` without the vault."""
        return published_programme(_required(self._vault, "vault"))

    def _find(self, session_id: str, segment_id: str) -> tuple[Listed, list[Listed]]:
        """A segment, and all of its session in order."""
        try:
            listing = self._current()
            listed = listing.find(session_id, segment_id)
        except NotFound:
            listing = self._list_anew()
            listed = listing.find(session_id, segment_id)
        return listed, listing.session(session_id)

    def _list_anew(self) -> Listing:
        self._listing = listing = self._archive.listing()
        return listing

    def _current(self) -> Listing:
        return self._listing or self._list_anew()


def _required(server: Asks | None, name: str) -> Asks:
    if server is None:
        raise Unavailable(f"the {name} is not running", cause="it was not started", fix="start it: 'aboveboard up'")
    return server


def _origin_ns(segments: Sequence[Listed]) -> int:
    return min(each.manifest.start_wall_ns for each in segments)


def _leaves_at(listed: Listed, hold_s: float | None) -> str | None:
    """When it may leave; ``None`` if it has, or if no recorder runs that would send it."""
    if hold_s is None or not is_held(listed):
        return None
    return iso(listed.manifest.end_wall_ns + round(hold_s * SECOND_NS))


def _summary(session_id: str, segments: Sequence[Listed], hold_s: float | None) -> dict[str, Any]:
    """``origin_ns`` is text, because a page cannot hold it as a number; it goes back to the server as it came."""
    origin_ns = _origin_ns(segments)
    sequences = {each.manifest.sequence for each in segments}
    return {
        "session_id": session_id,
        "start": iso(origin_ns),
        "origin_ns": str(origin_ns),
        "duration_ms": (max(each.manifest.end_wall_ns for each in segments) - origin_ns) / MILLISECOND_NS,
        "size_bytes": sum(each.manifest.size_bytes for each in segments),
        "segment_count": len(segments),
        "missing_count": max(sequences) + 1 - len(sequences),
        "held_count": sum(map(is_held, segments)),
        "leaves_at": min((at for each in segments if (at := _leaves_at(each, hold_s)) is not None), default=None),
    }


def _segment(listed: Listed, origin_ns: int, hold_s: float | None) -> dict[str, Any]:
    manifest = listed.manifest
    return {
        "segment_id": manifest.segment_id,
        "sequence": manifest.sequence,
        "start": (manifest.start_wall_ns - origin_ns) / MILLISECOND_NS,
        "end": (manifest.end_wall_ns - origin_ns) / MILLISECOND_NS,
        "place": listed.shelf.name,
        "leaves_at": _leaves_at(listed, hold_s),
        "fault": asdict(listed.fault) if listed.fault is not None else None,
    }


def _artefact(lineage: OwnArtefact, grants: set[str]) -> dict[str, Any]:
    return {
        "artefact_id": lineage.artefact_id,
        "kind": lineage.kind,
        "created_at": iso(lineage.created_at_ns),
        "until": iso(lineage.retention_until_ns),
        "grant_id": lineage.grant_id,
        "purposes": [PURPOSES[purpose] for purpose in lineage.purposes],
        "people_count": lineage.people,
        "segment_count": lineage.segment_count,
        "made_by": lineage.made_by,
        "state": lineage.state,
        "explained": lineage.grant_id in grants,
    }
