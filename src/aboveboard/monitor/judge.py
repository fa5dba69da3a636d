"""Are these two checkpoints of one and the same log?

Pure: what was seen comes in, a finding or nothing comes out. A finding of another history convicts the log by itself:
it carries two notes that the log signed, and a proof that whoever has its key can check without us.
"""

from dataclasses import dataclass, field
from typing import Literal

from aboveboard.base.errors import BadInput, Tampered
from aboveboard.ledger import note, proof, tree, verify
from aboveboard.ledger.checkpoint import Checkpoint
from aboveboard.ledger.tree import Hash, NodeReader

Kind = Literal["forked", "rewritten", "split_view", "rolled_back", "not_signed", "not_shown"]

WORDS: dict[Kind, str] = {
    "forked": "the log has signed two different trees of one size",
    "rewritten": "the log has signed a history that does not contain what it signed before",
    "split_view": "the log shows one history in one place, and another in another",
    "rolled_back": "the log shows fewer entries than it has shown before",
    "not_signed": "what is shown as the log is not signed by it, or by too few of its witnesses",
    "not_shown": "the log does not show the entries that it has signed for",
}


@dataclass(frozen=True)
class Seen:
    """A signed note as ``point`` showed it."""

    point: str
    text: str
    checkpoint: Checkpoint


@dataclass(frozen=True)
class Finding:
    """What is wrong, with what was ``before`` and ``after``; ``before`` is the one with fewer entries, or empty.

    ``hashes`` lead from ``shown_root``, the root over the first entries of ``after``, to the root of ``after``: they
    prove that ``before`` is not its beginning. Empty where the two notes are enough, or nothing was proven.
    """

    kind: Kind
    before: str
    after: str
    point: str
    detail: str = ""
    shown_root: Hash = b""
    hashes: tuple[Hash, ...] = field(default_factory=tuple)


class NotShown(Tampered):
    """The hashes that are served do not lead to the root that was signed."""


def see(point: str, text: str, log_vkey: str, witness_vkeys: list[str], quorum: int) -> Seen:
    """What ``point`` shows, if the log signed it and ``quorum`` of the witnesses; raises :class:`BadInput` or
    :class:`Tampered`."""
    origin = note.VerifierKey.parse(log_vkey).name
    return Seen(point, text, verify.verify_checkpoint(text, origin, log_vkey, witness_vkeys, quorum))


def compare(one: Seen, other: Seen, nodes: NodeReader) -> Finding | None:
    """Whether the smaller is the beginning of the larger; ``nodes`` are those that the larger one's log is served with.

    Raises :class:`NotShown` if they do not lead to what was signed: then nothing is known yet.
    """
    before, after = sorted((one, other), key=lambda seen: seen.checkpoint.size)
    old, new = before.checkpoint, after.checkpoint
    apart = before.point != after.point
    if old.size == new.size:
        return (
            None
            if old.root == new.root
            else Finding("split_view" if apart else "forked", before.text, after.text, other.point)
        )
    if old.size == 0:
        return None
    try:
        shown_root = tree.root(nodes, old.size)
        hashes = tree.consistency_proof(nodes, old.size, new.size)
        proof.check_consistency(old.size, shown_root, new.size, new.root, hashes)
    except (BadInput, Tampered) as error:
        raise NotShown(error.what, cause=error.cause, fix=error.fix) from error
    if shown_root == old.root:
        return None
    kind: Kind = "split_view" if apart else "rewritten"
    return Finding(kind, before.text, after.text, other.point, shown_root=shown_root, hashes=tuple(hashes))


def convicts(finding: Finding, log_vkey: str) -> bool:
    """Whether the evidence alone shows that this log has signed two histories, whoever kept it.

    Raises :class:`BadInput` or :class:`Tampered` if a note in it is not signed by the log.
    """
    before = see("", finding.before, log_vkey, [], 0).checkpoint
    after = see("", finding.after, log_vkey, [], 0).checkpoint
    if before.size == after.size:
        return before.root != after.root
    proof.check_consistency(before.size, finding.shown_root, after.size, after.root, finding.hashes)
    return finding.shown_root != before.root
