"""May this witness cosign this checkpoint?

Only if the log is one it was told of, signed it, and proves that it still begins with everything the witness cosigned
before. Pure: what the witness remembers comes in, a checkpoint or an error comes out. The steps are those of
``docs/spec/witness.md``, which are C2SP tlog-witness's.
"""

from collections.abc import Mapping, Sequence

from aboveboard.base.errors import BadInput, Conflict, NotFound, Tampered
from aboveboard.ledger import checkpoint as checkpoints
from aboveboard.ledger import note, proof
from aboveboard.ledger.checkpoint import Checkpoint
from aboveboard.ledger.submission import Submission
from aboveboard.ledger.tree import EMPTY_ROOT


class NotSigned(Tampered):
    """The log's own signature is missing or false. HTTP 403."""


class SizeDiffers(Conflict):
    """The log does not start from what this witness cosigned last, which has ``size`` leaves. HTTP 409."""

    def __init__(self, size: int) -> None:
        super().__init__(
            f"the checkpoint that this witness cosigned last has {size} entries",
            cause="an earlier answer was lost, or the log went back to an older state",
            fix=f"prove consistency from size {size}",
        )
        self.size = size


class Forked(Tampered):
    """The log signed two different trees of one size. HTTP 422."""


def judge(
    submission: Submission, logs: Mapping[str, Sequence[note.VerifierKey]], latest: Mapping[str, Checkpoint]
) -> Checkpoint:
    """The checkpoint to cosign.

    ``logs`` are the keys of each origin this witness was told of; ``latest`` is what it cosigned last for each. Raises
    :class:`NotFound`, :class:`NotSigned`, :class:`BadInput`, :class:`SizeDiffers`, :class:`Forked` or
    :class:`Tampered` (the proof does not hold), in the order of the steps.
    """
    # 1. The checkpoint parses, in its canonical form.
    found, parsed = checkpoints.parse(submission.checkpoint)
    # 2. The log is one that this witness was told of.
    keys = logs.get(found.origin)
    if not keys:
        raise NotFound(
            "this witness does not know that log",
            cause="nobody told it the log's key, or the origin is misspelt",
            fix="have the witness's operator add the log's verifier key",
        )
    # 3. One of the log's keys signed it.
    _check_signed(parsed, keys)
    # 4. The old size is not beyond the new one.
    if submission.old_size > found.size:
        raise BadInput(
            "the old size is larger than the new", cause="they were swapped", fix="send the newer checkpoint"
        )
    # 5. The old size is that of the checkpoint cosigned last, or zero.
    known = latest.get(found.origin, Checkpoint(found.origin, 0, EMPTY_ROOT))
    if submission.old_size != known.size:
        raise SizeDiffers(known.size)
    # 6. At the same size, it is the same tree; and of no entries there is only one.
    if found.size == known.size and found.root != known.root:
        raise Forked(
            f"this log has signed two different trees of {found.size} entries",
            cause="the log shows different people different things, or was restored from an old backup",
            fix="this is evidence: keep both checkpoints and tell everyone who relies on the log",
        )
    # 7. The proof shows that nothing cosigned before was changed or removed.
    proof.check_consistency(known.size, known.root, found.size, found.root, submission.proof)
    return found


def _check_signed(parsed: note.Note, keys: Sequence[note.VerifierKey]) -> None:
    try:
        signed = any(note.check_signature(parsed, key) is not None for key in keys)
    except Tampered as error:
        raise NotSigned(error.what, cause=error.cause, fix=error.fix) from error
    if not signed:
        raise NotSigned(
            "this checkpoint is not signed by its log",
            cause="it was changed, or signed with a key that this witness was not told of",
            fix="send the checkpoint as the log signed it",
        )
