"""Does this entry stand in the log, and are all of mine here?

Pure: what the keyholder listed and a checkpoint that passed come in. The page, the export and whoever verifies an
exported file ask the same questions here, step by step (``docs/spec/openings.md``):

1. the readable entry parses, and is a release of this person's keys, an emergency that names them, or their end;
2. its salted commitment is the leaf at its index, by the inclusion proof;
3. the releases that passed bear the numbers from 1 on, each once;
4. there are as many as others counted: the vault passed so many keys on, and so many were here before.

Each entry is committed to in the log before its key leaves, with its number in it. So an entry that is kept from its
person leaves a gap, as soon as there is a later one; and before that, a vault that says how many keys it passed on.
"""

from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass

from aboveboard.base.errors import AboveboardError, Tampered
from aboveboard.formats import entry as entries
from aboveboard.formats.custody import Opening
from aboveboard.formats.entry import Granted, KeysDestroyed, Released, Reviewed, Revoked
from aboveboard.formats.envelope import decode_base64
from aboveboard.ledger.checkpoint import Checkpoint
from aboveboard.ledger.verify import verify_inclusion

REPORT = "keep what you were shown as evidence, and tell the contact in the disclosure and the witness"
GAPS_TOLD = 5


@dataclass(frozen=True)
class CheckedEntry:
    """One listed entry. ``entry`` of ``None``: it cannot be read. ``fault`` of ``None``: it passed."""

    index: int
    entry: Released | Granted | KeysDestroyed | Revoked | Reviewed | None
    fault: AboveboardError | None


@dataclass(frozen=True)
class Counts:
    """What others count. ``passed_on``: keys, by the vault; ``None``: it was not asked. ``seen``: entries, earlier."""

    passed_on: int | None = None
    seen: int = 0


@dataclass(frozen=True)
class Completeness:
    """``count`` releases passed. ``ended_at_ns``: since then the person's keys, and what could be read of their
    releases, are gone. ``fault`` of ``None``: nothing is missing, by all that can be told."""

    count: int
    ended_at_ns: int | None
    fault: AboveboardError | None


def check_entry(listed: Opening, checkpoint: Checkpoint | None, person_id: str) -> CheckedEntry:
    """Steps 1 and 2. ``checkpoint`` MUST have passed ``verify_checkpoint``; ``None``: there is none that did."""
    try:
        found = entries.decode(listed.readable.encode("utf-8", "replace"))
        if not isinstance(found, Released | Granted | KeysDestroyed) or found.person_id != person_id:
            raise Tampered(
                "this entry is not about an opening of your recordings",
                cause="the keyholder sent the wrong entry",
                fix=REPORT,
            )
    except AboveboardError as error:
        return CheckedEntry(listed.index, None, error)
    return CheckedEntry(listed.index, found, _unproven(listed, checkpoint))


def check_end(listed: Opening, checkpoint: Checkpoint | None, grants: Container[str]) -> CheckedEntry:
    """Likewise of an entry that says that one of these ``grants`` was ended, or reviewed."""
    try:
        found = entries.decode(listed.readable.encode("utf-8", "replace"))
        if not isinstance(found, Revoked | Reviewed) or found.grant_id not in grants:
            raise Tampered(
                "this entry is not about the end of a grant under which your recordings were opened",
                cause="the keyholder sent the wrong entry",
                fix=REPORT,
            )
    except AboveboardError as error:
        return CheckedEntry(listed.index, None, error)
    return CheckedEntry(listed.index, found, _unproven(listed, checkpoint))


def _unproven(listed: Opening, checkpoint: Checkpoint | None) -> AboveboardError | None:
    """Step 2: why the entry is not proven to stand in the log; ``None``: it is."""
    try:
        if checkpoint is None:
            raise Tampered(
                "the log's checkpoint did not pass, so nothing in it is proven",
                cause="what is wrong with it is said above",
                fix=REPORT,
            )
        leaf = entries.leaf(bytes.fromhex(listed.salt), listed.readable.encode("utf-8", "replace"))
        verify_inclusion(leaf, listed.index, [decode_base64(text) for text in listed.proof], checkpoint)
    except AboveboardError as error:
        return error
    return None


def completeness(checked: Sequence[CheckedEntry], counts: Counts) -> Completeness:
    """Steps 3 and 4, over everything that was listed."""
    passed = [each.entry for each in checked if each.fault is None]
    numbers = [each.number for each in passed if isinstance(each, Released)]
    ended_at_ns = max((each.at_ns for each in passed if isinstance(each, KeysDestroyed)), default=None)
    return Completeness(len(numbers), ended_at_ns, _fault(numbers, counts, ended=ended_at_ns is not None))


def _fault(numbers: Sequence[int], counts: Counts, *, ended: bool) -> AboveboardError | None:
    twice = sorted(number for number, times in Counter(numbers).items() if times > 1)
    if twice:
        return _incomplete(f"two entries bear the number {twice[0]}: another one is hidden behind it")
    if ended:
        return None  # what could be read of the releases was erased with the keys, by the same entry
    gaps = list(_gaps(numbers))
    if gaps:
        more = f" and {len(gaps) - GAPS_TOLD} more" if len(gaps) > GAPS_TOLD else ""
        named = ", ".join(f"{first}" if first == last else f"{first} to {last}" for first, last in gaps[:GAPS_TOLD])
        return _incomplete(f"your openings are numbered, and these are missing: {named}{more}")
    if counts.passed_on is not None and len(numbers) < counts.passed_on:
        return _incomplete(f"the vault passed on {counts.passed_on} of your keys, and {len(numbers)} entries are shown")
    if len(numbers) < counts.seen:
        return _incomplete(f"{counts.seen} openings were shown here before, and {len(numbers)} are now")
    return None


def _gaps(numbers: Iterable[int]) -> Iterable[tuple[int, int]]:
    """The runs of numbers from 1 on that are not there, below the highest that is."""
    expected = 1
    for number in sorted(numbers):
        if number > expected:
            yield expected, number - 1
        expected = number + 1


def _incomplete(what: str) -> Tampered:
    return Tampered(what, cause="whoever keeps the log keeps openings of your recordings from you", fix=REPORT)
