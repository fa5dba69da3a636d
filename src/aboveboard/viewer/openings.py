"""Who opened my recordings, is each of these entries really in the log that the witness signed, and are they all?

The keyholder lists the entries; whether they hold is decided here (``docs/spec/openings.md``): the checkpoint passes
``viewer.log_memory`` (signed by the log and its witnesses, and the log only grew), each entry and their completeness
``viewer.opening_check``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import msgspec

from aboveboard.base.errors import AboveboardError, Tampered
from aboveboard.formats import custody
from aboveboard.formats.custody import GRANTS_AT_ONCE, Openings
from aboveboard.formats.disclosure import PURPOSES
from aboveboard.formats.entry import Granted, Released, Reviewed, Revoked
from aboveboard.formats.grant import kinds_in_words
from aboveboard.ledger import checkpoint as checkpoints
from aboveboard.ledger.checkpoint import Checkpoint
from aboveboard.ledger.tree import SIZE_LIMIT
from aboveboard.sealing.unseal import Identity
from aboveboard.viewer.agreement import iso
from aboveboard.viewer.listed import Fault
from aboveboard.viewer.log_memory import LogMemory
from aboveboard.viewer.opening_check import CheckedEntry, Completeness, Counts, check_end, check_entry, completeness
from aboveboard.viewer.sealed_openings import opened
from aboveboard.viewer.shelves import Asks


@dataclass(frozen=True)
class FoundOpenings:
    """What the keyholder listed, and what was found about it. ``fault``: of the log as a whole."""

    listed: Openings
    size: int | None
    fault: AboveboardError | None
    checked: list[CheckedEntry]
    complete: Completeness
    ends: list[CheckedEntry]

    def proven_grants(self) -> set[str]:
        """The ids of the grants whose entries all passed."""
        releases = [(each.entry.grant_id, each.fault) for each in self.checked if isinstance(each.entry, Released)]
        return {grant_id for grant_id, _ in releases} - {grant_id for grant_id, fault in releases if fault}


class _PassedOn(msgspec.Struct):
    keys: int


def passed_on_by(vault: Asks | None) -> int | None:
    """How many of this person's keys the vault says that it passed on; ``None`` if it does not say.

    To be asked before the keyholder: what is passed on in between is then listed, and not missing.
    """
    try:
        return None if vault is None else msgspec.json.decode(vault.get("/v1/openings"), type=_PassedOn).keys
    except (AboveboardError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def find(
    keyholder: Asks, memory: LogMemory, identity: Identity, *, person_id: str, passed_on: int | None
) -> FoundOpenings:
    """Ask the keyholder, open with the person's own key what it sealed to it, and check what that says.

    ``passed_on``: how many keys the vault says that it passed on; ``None``: it was not to be asked. Raises
    :class:`AboveboardError` only if there is no answer at all; a check that fails is part of what is found.
    """
    listed = opened(_all(keyholder), identity)
    checkpoint: Checkpoint | None = None
    fault: AboveboardError | None = None
    empty = not listed.checkpoint and not listed.entries and not memory.has_seen()
    seen = 0
    try:
        checkpoint = None if empty else memory.check(listed.checkpoint, keyholder)
        seen = memory.openings_seen()
    except AboveboardError as error:
        fault = error
    checked = [check_entry(each, checkpoint, person_id) for each in listed.entries]
    complete = completeness(checked, Counts(passed_on=passed_on, seen=seen))
    if fault is None and complete.fault is None:
        memory.keep_openings_seen(0 if complete.ended_at_ns is not None else complete.count)
    size = 0 if empty else checkpoint.size if checkpoint is not None else None
    return FoundOpenings(listed, size, fault, checked, complete, _ends(keyholder, checked, checkpoint))


def _ends(keyholder: Asks, checked: Sequence[CheckedEntry], checkpoint: Checkpoint | None) -> list[CheckedEntry]:
    """What became of the grants of these entries, as of the same checkpoint; what the keyholder does not say is not
    known, and a grant is shown to last as long as it may."""
    named = (each.entry.grant_id for each in checked if isinstance(each.entry, Released | Granted))
    grants = list(dict.fromkeys(named))
    found: list[CheckedEntry] = []
    if checkpoint is None:
        return found
    for start in range(0, len(grants), GRANTS_AT_ONCE):
        asked = grants[start : start + GRANTS_AT_ONCE]
        try:
            answer = keyholder.get(f"/v1/openings/grants?ids={','.join(asked)}&size={checkpoint.size}")
            found += [check_end(each, checkpoint, asked) for each in custody.decode_openings(answer).entries]
        except AboveboardError:
            continue
    return found


def _all(keyholder: Asks) -> Openings:
    """Every page of the list, the later ones as of the first one's checkpoint. Raises :class:`AboveboardError`."""
    listed = custody.decode_openings(keyholder.get("/v1/openings"))
    pages, following = [listed], listed.next
    size = checkpoints.parse(listed.checkpoint)[0].size if following is not None else 0
    while following is not None:
        if not _last(pages[-1]) < following < size:
            raise Tampered(
                "the keyholder's list of openings goes in a circle",
                cause="the keyholder is faulty, or keeps something back",
                fix="report it to the contact in the disclosure",
            )
        page = custody.decode_openings(keyholder.get(f"/v1/openings?start={following}&size={size}"))
        pages.append(page)
        following = page.next
    return Openings(
        checkpoint=listed.checkpoint,
        entries=[each for page in pages for each in page.entries],
        keys=list({each.key_id: each for page in pages for each in page.keys}.values()),
        sealed=[each for page in pages for each in page.sealed],
    )


def _last(page: Openings) -> int:
    """The last index of a page; of an empty one, beyond any."""
    indexes = [*(each.index for each in page.entries), *(each.index for each in page.sealed)]
    return max(indexes, default=SIZE_LIMIT)


def shown(
    found: FoundOpenings, memory: LogMemory, sessions: Mapping[str, str], passed_on: int | None
) -> dict[str, Any]:
    """What the page shows. ``sessions`` maps a segment's id to its session's."""
    trust, complete = memory.trust, found.complete
    fault = found.fault or complete.fault
    return {
        "log": {
            "proof": "failed" if found.fault else "checked",
            "fault": _fault(found.fault),
            "origin": trust.origin,
            "witnesses": trust.quorum,
        }
        | ({} if found.size is None else {"size": found.size}),
        "complete": {
            "proof": "failed" if fault else "checked",
            "fault": _fault(complete.fault),
            "count": complete.count,
            "passed_on": passed_on,
            "ended_at": None if complete.ended_at_ns is None else iso(complete.ended_at_ns),
        },
        "emergencies": [_emergency(each, each.entry) for each in found.checked if isinstance(each.entry, Granted)],
        "ends": [_end(each, each.entry) for each in found.ends if isinstance(each.entry, Revoked | Reviewed)],
        "entries": [
            _row(each, sessions) for each in found.checked if each.entry is None or isinstance(each.entry, Released)
        ],
    }


def _emergency(each: CheckedEntry, entry: Granted) -> dict[str, Any]:
    """That one approver permitted it in an emergency, whether or not anything was opened under it."""
    return _proof(each) | {
        "at": iso(entry.at_ns),
        "grant_id": entry.grant_id,
        "who": entry.requester_name,
        "approvers": entry.approvers,
        "purpose": PURPOSES[entry.purpose],
        "until": iso(entry.expires_at_ns),
    }


def _end(each: CheckedEntry, entry: Revoked | Reviewed) -> dict[str, Any]:
    """That a grant was ended before its time (``verdict`` is null), or an emergency was reviewed."""
    return _proof(each) | {
        "at": iso(entry.at_ns),
        "grant_id": entry.grant_id,
        "who": entry.by_name,
        "verdict": entry.verdict if isinstance(entry, Reviewed) else None,
        "words": entry.words if isinstance(entry, Reviewed) else entry.reason,
    }


def _row(each: CheckedEntry, sessions: Mapping[str, str]) -> dict[str, Any]:
    """One opening. What cannot be read is still a row."""
    proof = _proof(each)
    if not isinstance(each.entry, Released):
        return proof | {"grant_id": "", "at": None}
    entry = each.entry
    return proof | {
        "number": entry.number,
        "at": iso(entry.at_ns),
        "segment_id": entry.segment_id,
        "session_id": sessions.get(entry.segment_id),
        "grant_id": entry.grant_id,
        "who": entry.requester_name,
        "who_id": entry.requester,
        "approvers": entry.approvers,
        "kinds": kinds_in_words(entry.kinds),
        "purpose": PURPOSES[entry.purpose],
        "reason": entry.reason,
        "output": entry.output,
        "until": iso(entry.expires_at_ns),
    }


def _proof(each: CheckedEntry) -> dict[str, Any]:
    return {"index": each.index, "proof": "failed" if each.fault else "checked", "fault": _fault(each.fault)}


def _fault(error: AboveboardError | None) -> dict[str, str] | None:
    return None if error is None else asdict(Fault.of(error))
