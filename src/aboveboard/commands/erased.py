"""What was erased of a person, by whose order, is it proven, and what is still due?"""

from collections.abc import Sequence
from typing import Any

import msgspec

from aboveboard.base.errors import AboveboardError, Tampered
from aboveboard.commands.home import Home
from aboveboard.formats import custody, entry
from aboveboard.formats import erasure as erasure_format
from aboveboard.formats.envelope import Envelope, decode_base64
from aboveboard.formats.erasure import ErasedItem, ErasureReceipt
from aboveboard.ledger import verify
from aboveboard.viewer.agreement import iso
from aboveboard.viewer.sealed_openings import opened

BY = {"person": "you", "retention": "its time was over", "order": "a steward, with evidence"}


def proofs(home: Home, receipt: ErasureReceipt) -> bool:
    """Is the end of every key of the receipt proven to be in the ledger? The proof is kept, opened, beside the
    receipt.

    False: the ledger's newest checkpoint is older than it. Raises :class:`Tampered` if a proof does not hold.
    """
    answer = home.client("keyholder", home.person_key()).get("/v1/endings")
    told = opened(custody.decode_openings(answer), home.person_identity())
    if not told.checkpoint:
        return False
    trust = home.trust()
    checkpoint = verify.verify_checkpoint(
        told.checkpoint, trust.origin, trust.log_key, trust.witness_keys, trust.quorum
    )
    proven = set()
    for each in told.entries:
        readable = each.readable.encode("utf-8")
        leaf = entry.leaf(bytes.fromhex(each.salt), readable)
        verify.verify_inclusion(leaf, each.index, [decode_base64(one) for one in each.proof], checkpoint)
        found = entry.decode(readable)
        if isinstance(found, entry.KeysDestroyed | entry.EpochDestroyed) and found.person_id == receipt.person_id:
            epoch = f"#{found.key_epoch}" if isinstance(found, entry.EpochDestroyed) else ""
            proven.add(f"{found.person_id}{epoch}")
    (home.folder("participant") / f"{receipt.erasure_id}.proof.json").write_bytes(custody.encode(told))
    return {item.name for item in receipt.items if item.what == "keys"} <= proven


def erased_words(receipts: Sequence[ErasureReceipt]) -> str:
    """What was done, in numbers."""
    items = [item for receipt in receipts for item in receipt.items]
    due = [item for item in items if item.state == "due"]
    gone = segments_in(receipts)
    keys = sum(item.what == "keys" for item in items)
    words = [f"{gone} segments and {keys} keys are destroyed."]
    if due:
        last = max(item.due_by_ns or 0 for item in due)
        words.append(f"{len(due)} things made from them are due to be destroyed by {iso(last)[:10]}.")
    named = ", ".join(receipt.erasure_id for receipt in receipts)
    index = max((receipt.ledger_index for receipt in receipts), default=0)
    words.append(f"Ledger entry {index}. Receipt: {named}" if keys else f"Receipt: {named}")
    return " ".join(words)


def proof_words(home: Home, receipt: ErasureReceipt) -> str:
    """Whether the end of its keys is proven, in a sentence; raises :class:`Tampered` if a proof does not hold."""
    if not any(item.what == "keys" for item in receipt.items):
        return ""
    try:
        proven = proofs(home, receipt)
    except Tampered:
        raise
    except AboveboardError as error:
        return f"That it is in the ledger could not be checked yet: {error.what}."
    return "It is proven to be in the ledger." if proven else "It is not in the ledger's newest checkpoint yet."


class _Listed(msgspec.Struct, frozen=True):
    order: Envelope
    ordered_at_ns: int
    receipt: Envelope | None
    artefacts: list[dict[str, Any]]


def listed(home: Home) -> list[dict[str, Any]]:
    """Every order about oneself, newest first, whoever gave it."""
    answer = home.client("vault", home.person_key()).get("/v1/erasures")
    rows: list[dict[str, Any]] = []
    for each in msgspec.json.decode(answer, type=list[_Listed]):
        order = erasure_format.decode_order(each.order.body())
        receipt = None if each.receipt is None else erasure_format.decode_receipt(each.receipt.body())
        rows.append(
            {
                "erasure_id": order.erasure_id,
                "at": iso(each.ordered_at_ns),
                "why": order.why,
                "by": BY[order.why],
                "evidence": None if order.evidence is None else order.evidence.title,
                "done": receipt is not None,
                "segments": 0 if receipt is None else segments_in([receipt]),
                "still_due": sum(one["state"] == "due" for one in each.artefacts),
                "rebuilt": {one["artefact_id"]: one["rebuilt_as"] for one in each.artefacts if one["rebuilt_as"]},
            }
        )
    return rows


def segments_in(receipts: Sequence[ErasureReceipt]) -> int:
    """How many segments these receipts are about."""
    return sum(_count(item) for receipt in receipts for item in receipt.items)


def _count(item: ErasedItem) -> int:
    if item.what == "segments":
        return int(item.name.split()[0])
    return int(item.what == "segment")
