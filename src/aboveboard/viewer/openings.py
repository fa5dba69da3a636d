"""Who opened my recordings, and is each of these entries really in the log that the witness signed?

The keyholder lists the entries; whether they hold is decided here, step by step (``docs/spec/viewer.md``, "Checking an
opening"):

1. the checkpoint passes ``viewer.log_memory`` (signed by the log and its witnesses, and the log only grew);
2. the readable entry parses, is a release, and names this person;
3. its salted commitment is the leaf at its index, by the inclusion proof.

A proof shows that an entry is in the log. That none is missing follows from the keyholder releasing no key without one,
and shows here where something was made from recordings under a grant that no entry names.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from aboveboard.base.errors import AboveboardError, Tampered
from aboveboard.formats import custody
from aboveboard.formats import entry as entries
from aboveboard.formats.custody import Opening
from aboveboard.formats.disclosure import PURPOSES
from aboveboard.formats.entry import Released
from aboveboard.formats.envelope import decode_base64
from aboveboard.ledger.checkpoint import Checkpoint
from aboveboard.ledger.verify import verify_inclusion
from aboveboard.viewer.agreement import iso
from aboveboard.viewer.listed import Fault
from aboveboard.viewer.log_memory import LogMemory
from aboveboard.viewer.shelves import Asks


def openings(
    keyholder: Asks, memory: LogMemory, *, person_id: str, sessions: Mapping[str, str]
) -> tuple[dict[str, Any], set[str]]:
    """What the page shows, and the ids of the grants whose entries all passed.

    ``sessions`` maps a segment's id to its session's. Raises :class:`AboveboardError` only if there is no answer at
    all; a check that fails is part of what is shown.
    """
    answer = custody.decode_openings(keyholder.get("/v1/openings"))
    trust = memory.trust
    log: dict[str, Any] = {"proof": "checked", "fault": None, "origin": trust.origin, "witnesses": trust.quorum}
    checkpoint: Checkpoint | None = None
    try:
        if not answer.checkpoint and not answer.entries and not memory.has_seen():
            return {"log": log | {"size": 0}, "entries": []}, set()
        checkpoint = memory.check(answer.checkpoint, keyholder)
        log["size"] = checkpoint.size
    except AboveboardError as error:
        log |= {"proof": "failed", "fault": asdict(Fault.of(error))}
    rows = [_row(listed, checkpoint, person_id, sessions) for listed in answer.entries]
    failed = {row["grant_id"] for row in rows if row["proof"] == "failed"}
    grants = {row["grant_id"] for row in rows if row["grant_id"]}
    return {"log": log, "entries": rows}, grants - failed


def _row(listed: Opening, checkpoint: Checkpoint | None, person_id: str, sessions: Mapping[str, str]) -> dict[str, Any]:
    """Steps 2 and 3 for one entry. What cannot be read is still a row."""
    row: dict[str, Any] = {"index": listed.index, "proof": "failed", "fault": None, "grant_id": "", "at": None}
    try:
        entry = entries.decode(listed.readable.encode("utf-8"))
        if not isinstance(entry, Released) or entry.person_id != person_id:
            raise Tampered(
                "this entry is not about an opening of your recordings",
                cause="the keyholder sent the wrong entry",
                fix="report it to the contact in the disclosure",
            )
        row |= {
            "at": iso(entry.at_ns),
            "segment_id": entry.segment_id,
            "session_id": sessions.get(entry.segment_id),
            "grant_id": entry.grant_id,
            "who": entry.requester_name,
            "who_id": entry.requester,
            "approvers": entry.approvers,
            "purpose": PURPOSES[entry.purpose],
            "reason": entry.reason,
            "output": entry.output,
            "until": iso(entry.expires_at_ns),
        }
        if checkpoint is None:
            raise Tampered(
                "the log's checkpoint did not pass, so nothing in it is proven",
                cause="see the message above the table",
                fix="keep this page as evidence, and ask the witness for its view",
            )
        leaf = entries.leaf(bytes.fromhex(listed.salt), listed.readable.encode("utf-8"))
        verify_inclusion(leaf, listed.index, [decode_base64(text) for text in listed.proof], checkpoint)
    except AboveboardError as error:
        return row | {"fault": asdict(Fault.of(error))}
    return row | {"proof": "checked"}
