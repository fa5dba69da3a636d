"""When may a checkpoint be relied on?

Once the log has signed it, and the witnesses have co-signed it that the keyholder's policy asks for: every one that is
configured, or what ``witness-policy.txt`` says. There is no way to go without a witness. One checkpoint at a time:
requests that wait meanwhile are all covered by the next.
"""

from __future__ import annotations

import logging
from concurrent.futures import as_completed
from typing import TYPE_CHECKING

from aboveboard.base.errors import Unavailable
from aboveboard.keyholder import signed_size
from aboveboard.keyholder.entries import KeptCheckpoint
from aboveboard.ledger import checkpoint as checkpoints
from aboveboard.ledger import verify

if TYPE_CHECKING:
    from aboveboard.keyholder.desk import Desk

log = logging.getLogger("aboveboard.keyholder")


def checkpoint_covering(desk: Desk, size: int) -> KeptCheckpoint:
    """A published checkpoint of at least ``size`` entries: the newest one if it reaches so far, else a new one.

    Raises :class:`Unavailable` if a witness does not co-sign. The entries stay in the log.
    """
    with desk.publishing:
        kept = desk.entries.kept("published")
        if kept is not None and kept.size >= size:
            return kept
        return keep_published(desk, gather_cosignatures(desk, sign_checkpoint(desk)))


def sign_checkpoint(desk: Desk) -> KeptCheckpoint:
    """The log as it is on the disk, signed: with its newest entries (``writer.py``), or else now. What was signed is on
    the disk, too, before anybody else sees it."""
    head, signed = desk.entries.head(), desk.entries.kept("signed")
    if signed is None or checkpoints.sign(head, desk.log_key) != signed.note:
        with desk.database.writing():
            signed = sign_head(desk)
            desk.database.commit()
    signed_size.remember(desk.home.path, signed.note)
    return signed


def sign_head(desk: Desk) -> KeptCheckpoint:
    """Sign the log as it is now, and keep that. Inside ``database.writing()``; nobody is shown it before the commit."""
    head = desk.entries.head()
    signed = KeptCheckpoint(head.size, checkpoints.sign(head, desk.log_key))
    desk.entries.keep("signed", signed)
    return signed


def gather_cosignatures(desk: Desk, signed: KeptCheckpoint) -> KeptCheckpoint:
    """The checkpoint with the signatures of as many witnesses as the policy asks for; they are asked all at once.

    Raises :class:`Unavailable`, with what the first of those said that are missing.
    """
    note, failed = signed.note, []
    asked = [
        desk.askers.submit(each.cosign, signed.note, signed.size, desk.entries, desk.log_vkey)
        for each in desk.witnesses
    ]
    for answer in as_completed(asked):
        try:
            lines = answer.result()
        except Unavailable as error:
            failed.append(error)
            continue
        note = checkpoints.add_signatures(note, lines)
        if _is_enough(desk, note):
            return KeptCheckpoint(signed.size, note)
    raise failed[0] if failed else AssertionError("every witness co-signed, and that is not enough")


def _is_enough(desk: Desk, note: str) -> bool:
    """Whether those who co-signed are at least one, and all that the policy asks for."""
    names = {each.verifier_key: each.name for each in desk.witnesses}
    _, cosigned = verify.verify_cosigned(note, desk.entries.origin, desk.log_vkey, list(names), quorum=1)
    return desk.policy.satisfied({names[key] for key in cosigned})


def keep_published(desk: Desk, published: KeptCheckpoint) -> KeptCheckpoint:
    """Remember it, so that everybody is shown the same one."""
    with desk.database.writing():
        desk.entries.keep("published", published)
        desk.database.commit()
    return published


def try_to_publish(desk: Desk) -> None:
    """Publish what is in the log now, if the witnesses answer; otherwise the next release will."""
    size = desk.entries.size()
    if size == 0:
        return
    try:
        checkpoint_covering(desk, size)
    except Unavailable as error:
        log.warning("the ledger's newest entries are not co-signed yet: %s", error.cause)
