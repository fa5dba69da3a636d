"""The file with which a person shows who opened their recordings, and how is it checked without any server?

A zip: ``openings.json`` (``formats.openings_proof``), which is the evidence; ``openings.html``, the same to read; a
note on how to check; and each entry's proof once more in C2SP's own form, for checkers that know nothing of us.
:func:`verify` believes nothing but the keys that it is given.
"""

import contextlib
import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from aboveboard.base.errors import BadInput, Tampered
from aboveboard.formats import openings_proof as proofs
from aboveboard.formats.entry import Released
from aboveboard.formats.envelope import decode_base64
from aboveboard.formats.openings_proof import OpeningsProof
from aboveboard.formats.trust import Trust
from aboveboard.ledger.checkpoint import Checkpoint
from aboveboard.ledger.tlog_proof import LogProof
from aboveboard.ledger.verify import verify_checkpoint
from aboveboard.viewer.opening_check import REPORT, CheckedEntry, Completeness, Counts, check_entry, completeness
from aboveboard.viewer.openings_page import page

JSON_NAME, PAGE_NAME, NOTE_NAME, PROOFS = "openings.json", "openings.html", "how-to-check.txt", "proofs"
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The date of every member: the same openings make the same file."""
NOTE = """This file shows who opened one person's recordings.

openings.json is the evidence, openings.html the same to read. To check it on any machine, without a network:

    aboveboard openings verify THIS-FILE --trust trust.json

Each file in proofs/ is one entry's proof by itself, as c2sp.org/tlog-proof has it: any program that knows that
format checks it ("aboveboard ledger check" is one).

trust.json names the log, its key, and the keys of the independent witnesses. Get them from the witnesses
themselves, not from whoever gave you this file. What is checked, step by step, so that you can write a checker of
your own, stands in docs/spec/openings.md of Aboveboard.
"""


@dataclass(frozen=True)
class Verified:
    """A file whose every check passed. ``checkpoint`` of ``None``: nothing was ever opened, and no log is shown."""

    proof: OpeningsProof
    checkpoint: Checkpoint | None
    checked: list[CheckedEntry]
    complete: Completeness

    def releases(self) -> list[Released]:
        """The openings, as the log has them."""
        return [each.entry for each in self.checked if isinstance(each.entry, Released)]


def write(proof: OpeningsProof) -> bytes:
    """The zip."""
    with io.BytesIO() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in (
                (PAGE_NAME, page(proof).encode("utf-8")),
                (JSON_NAME, proofs.encode(proof)),
                (NOTE_NAME, NOTE.encode("utf-8")),
                *((f"{PROOFS}/{each.index}.tlog-proof", each.encode().encode("utf-8")) for each in log_proofs(proof)),
            ):
                archive.writestr(zipfile.ZipInfo(name, EPOCH), content, compress_type=zipfile.ZIP_DEFLATED)
        return file.getvalue()


def log_proofs(proof: OpeningsProof) -> Iterator[LogProof]:
    """Each entry's own proof (C2SP tlog-proof), but for those that are malformed: :func:`verify` tells of these."""
    for each in proof.entries:
        with contextlib.suppress(BadInput, ValueError):
            hashes = tuple(decode_base64(text) for text in each.proof)
            entry = bytes.fromhex(each.salt) + each.readable.encode("utf-8")
            yield LogProof(entry, each.index, hashes, proof.checkpoint)


def read(data: bytes) -> OpeningsProof:
    """What the file says, from the zip or from its ``openings.json`` alone; raises :class:`BadInput`."""
    if data[:1] == b"{":
        return proofs.decode(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open(JSON_NAME) as member:
            return proofs.decode(member.read(proofs.LIMIT_BYTES + 1))
    except (
        zipfile.BadZipFile,
        zlib.error,
        KeyError,
        EOFError,
        OSError,
        RuntimeError,
        NotImplementedError,
        ValueError,
    ) as error:
        raise BadInput(
            "this is not a file of openings",
            cause=f"it was cut short or changed, or is another kind of file ({type(error).__name__})",
            fix="make it anew: 'aboveboard openings export FILE'",
        ) from error


def verify(proof: OpeningsProof, trust: Trust) -> Verified:
    """Every step of ``docs/spec/openings.md``; raises :class:`Tampered` or :class:`BadInput` at the first that fails.

    ``trust``: which log and which witnesses the caller believes. What the file itself names is not looked at.
    """
    if not proof.checkpoint and not proof.entries:
        complete = completeness([], Counts(passed_on=proof.passed_on))
        if complete.fault is not None:
            raise complete.fault
        return Verified(proof, None, [], complete)
    checkpoint = verify_checkpoint(proof.checkpoint, trust.origin, trust.log_key, trust.witness_keys, trust.quorum)
    checked = [check_entry(each, checkpoint, proof.person_id) for each in proof.entries]
    for each in checked:
        if each.fault is not None:
            raise Tampered(
                f"entry {each.index}: {each.fault}", cause="it was changed, or is not in the log", fix=REPORT
            )
    complete = completeness(checked, Counts(passed_on=proof.passed_on))
    if complete.fault is not None:
        raise complete.fault
    return Verified(proof, checkpoint, checked, complete)
