"""May I believe this checkpoint, and is this entry in the log that it names?

The whole of what a participant, a researcher, an auditor or the keyholder itself must check, in numbered steps that
``docs/spec/ledger.md`` repeats. Every failure raises; nothing here returns a verdict that could be ignored.
"""

from collections.abc import Sequence

from aboveboard.base.errors import BadInput, Tampered
from aboveboard.ledger import checkpoint as checkpoints
from aboveboard.ledger import note, proof, tree
from aboveboard.ledger.checkpoint import Checkpoint
from aboveboard.ledger.tlog_proof import LogProof


def verify_checkpoint(
    data: str, origin: str, log_vkey: str, witness_vkeys: Sequence[str] = (), quorum: int = 0
) -> Checkpoint:
    """The checkpoint in ``data``, if ``origin``'s log signed it and at least ``quorum`` of the witnesses cosigned it.

    ``log_vkey`` and ``witness_vkeys`` are verifier keys in text form, pinned by the caller. Raises :class:`BadInput` if
    something does not parse or the quorum cannot be met by these witnesses, and :class:`Tampered` if a check fails.
    """
    return verify_cosigned(data, origin, log_vkey, witness_vkeys, quorum)[0]


def verify_cosigned(
    data: str, origin: str, log_vkey: str, witness_vkeys: Sequence[str], quorum: int
) -> tuple[Checkpoint, set[str]]:
    """:func:`verify_checkpoint`, and which of the witnesses' keys cosigned: for policies beyond a number."""
    # 1. The caller's own keys are of the right kinds, and the quorum can be met by them.
    log = note.VerifierKey.parse(log_vkey)
    witnesses = {text: note.VerifierKey.parse(text) for text in witness_vkeys}
    _check_policy(log, list(witnesses.values()), quorum)
    if len(witnesses) != len(witness_vkeys):
        raise _one_key_twice()
    # 2. The note parses within its limits, and its text is a checkpoint in its canonical form.
    found, parsed = checkpoints.parse(data)
    # 3. It is about the log that was asked for.
    if found.origin != origin:
        raise _tampered(f"this checkpoint is of the log {found.origin[:80]!r}, not of {origin!r}")
    # 4. The log signed it.
    if note.check_signature(parsed, log) is None:
        raise _tampered("this checkpoint is not signed by the log")
    # 5. Enough different witnesses cosigned it. A bad signature in the name of one of them refuses the whole.
    cosigned = {text for text, key in witnesses.items() if note.check_signature(parsed, key) is not None}
    if len(cosigned) < quorum:
        raise _tampered(f"{len(cosigned)} of the {quorum} witnesses needed have cosigned this checkpoint")
    return found, cosigned


def verify_inclusion(leaf: bytes, index: int, hashes: Sequence[bytes], checkpoint: Checkpoint) -> None:
    """Return if ``leaf`` (the bytes in the log) is entry ``index`` of the log that ``checkpoint`` describes.

    ``checkpoint`` MUST come from :func:`verify_checkpoint`. ``hashes`` is the inclusion proof, leaf to root. Raises
    :class:`Tampered`.
    """
    # 6. The entry's own bytes, hashed as a leaf, lead to the checkpoint's root.
    proof.check_inclusion(tree.leaf_hash(leaf), index, checkpoint.size, hashes, checkpoint.root)


def verify_proof(
    found: LogProof, origin: str, log_vkey: str, witness_vkeys: Sequence[str] = (), quorum: int = 0
) -> Checkpoint:
    """The checkpoint of a proof file, if it holds and the entry that the file carries is in it: steps 1 to 6.

    Raises :class:`BadInput` or :class:`Tampered`.
    """
    checkpoint = verify_checkpoint(found.checkpoint, origin, log_vkey, witness_vkeys, quorum)
    verify_inclusion(found.leaf(), found.index, found.hashes, checkpoint)
    return checkpoint


def verify_consistency(old: Checkpoint, new: Checkpoint, hashes: Sequence[bytes]) -> None:
    """Return if the log of ``new`` still begins with all that ``old`` described; otherwise raise :class:`Tampered`.

    Both MUST come from :func:`verify_checkpoint`.
    """
    # 7. Both are of one log, and the older is a prefix of the newer.
    if old.origin != new.origin:
        raise _tampered("these checkpoints are of different logs")
    proof.check_consistency(old.size, old.root, new.size, new.root, hashes)


def verify_growth(old: Checkpoint, new: Checkpoint, nodes: tree.NodeReader) -> None:
    """:func:`verify_consistency` for whoever has no proof but the new log's own ``nodes``: it is made here from them.

    Both checkpoints MUST come from :func:`verify_checkpoint`. Raises :class:`Tampered`, also where a node is missing.
    """
    if new.size < old.size:
        raise _tampered(f"the log had {old.size} entries when you last looked, and has {new.size} now")
    try:
        hashes = tree.consistency_proof(nodes, old.size, new.size) if 0 < old.size < new.size else []
    except BadInput as error:
        raise _tampered(f"the log does not show that it still contains what it once did: {error.what}") from error
    verify_consistency(old, new, hashes)


def _check_policy(log: note.VerifierKey, witnesses: Sequence[note.VerifierKey], quorum: int) -> None:
    publics = {log.public, *(witness.public for witness in witnesses)}
    if log.kind != note.ED25519 or any(witness.kind != note.COSIGNATURE_V1 for witness in witnesses):
        raise BadInput("a key of the wrong kind was given", cause="log and witness keys were mixed up", fix="swap them")
    if len(publics) != 1 + len(witnesses):
        raise _one_key_twice()
    if not 0 <= quorum <= len(witnesses):
        raise BadInput(
            f"{quorum} witnesses are needed and {len(witnesses)} are known",
            cause="the witnesses' keys are missing",
            fix="add their verifier keys, or lower the quorum",
        )


def _one_key_twice() -> BadInput:
    return BadInput(
        "one key is given twice", cause="a log cannot be its own witness", fix="name each witness's own key once"
    )


def _tampered(what: str) -> Tampered:
    return Tampered(
        what,
        cause="the log or whoever serves it shows different people different things, or it is not the right log",
        fix="keep it as evidence; ask the witness for its view",
    )
