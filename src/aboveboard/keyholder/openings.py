"""Who opened my recordings?

A person who signs the question with their own key gets every release of their keys that the published log contains,
each emergency in which they were named, and the end of their keys, each with its inclusion proof, and sealed to their
key: the keyholder finds and counts them, and cannot read them. Others get nothing, and cannot tell whether the person
exists.
"""

from collections.abc import Sequence

from aboveboard.base.errors import BadInput
from aboveboard.formats import entry as entry_format
from aboveboard.formats.custody import Opening, Openings, ReadingKey, SealedOpening
from aboveboard.formats.entry import Granted, KeysDestroyed, Released, Reviewed, Revoked
from aboveboard.formats.envelope import encode_base64
from aboveboard.keyholder import policy
from aboveboard.keyholder.desk import Desk
from aboveboard.keyholder.entries import Entries, KeptCheckpoint, SealedEntry
from aboveboard.keyholder.people import Person
from aboveboard.keyholder.readings import OWN
from aboveboard.ledger import tree
from aboveboard.rules.decision import Reason

SHOWN = (Released, Granted, KeysDestroyed)
ENDS = (Revoked, Reviewed)
PAGE = 1000
"""So many at once: some 2 MB, a fifth of a second."""


def openings(desk: Desk, caller: str, *, start: int = 0, size: int | None = None) -> Openings:
    """The openings of whoever's own key is ``caller``, from index ``start`` on, ``PAGE`` at most.

    Their proofs lead to the newest published checkpoint, or to the one of ``size`` entries that an earlier page came
    with. Raises :class:`Refused` if ``caller`` is nobody's key, and :class:`BadInput` for a size that is not published.
    """
    person = _require_person(desk, caller)
    published = desk.entries.kept("published")
    if published is None:
        return Openings(checkpoint="", entries=[])
    return opened(desk.entries, person.tag, published, start=start, size=_published_size(published, size))


def _require_person(desk: Desk, caller: str) -> Person:
    person = desk.people.find_key(caller)
    if person is None:
        raise policy.refusal(Reason.ROLE_MISSING, "only a person who is enrolled may ask, with their own key")
    return person


def _published_size(published: KeptCheckpoint, size: int | None) -> int:
    if size is not None and not 0 < size <= published.size:
        raise BadInput(
            f"no checkpoint of {size} entries is published",
            cause="another list was begun, or the number was mistyped",
            fix="ask for the first page again",
        )
    return published.size if size is None else size


def opened(
    entries: Entries, person: bytes, published: KeptCheckpoint, *, start: int = 0, size: int | None = None
) -> Openings:
    """The openings of the person with this tag among the first ``size`` entries (default: all that ``published``
    covers)."""
    end = published.size if size is None else size
    return listed(entries, entries.about(person, SHOWN, end, start=start, limit=PAGE + 1), published, end)


def grant_ends(desk: Desk, caller: str, grant_ids: Sequence[str], *, size: int | None = None) -> Openings:
    """What became of these grants: that one was ended before its time, that an emergency was reviewed.

    For a person, who knows the ids of those under which their recordings were opened; it names nobody but staff.
    Raises as :func:`openings` does.
    """
    _require_person(desk, caller)
    published = desk.entries.kept("published")
    if published is None:
        return Openings(checkpoint="", entries=[])
    end = _published_size(published, size)
    found = []
    for grant_id in dict.fromkeys(grant_ids):
        for each in desk.entries.about(desk.database.record.tag("grant", grant_id), ENDS, end):
            said = entry_format.decode(desk.entries.readings.open_own(each.sealed)[1])
            if isinstance(said, Reviewed) or (isinstance(said, Revoked) and desk.grants.ended_by(grant_id, said.by)):
                found.append(each)
    return listed(desk.entries, sorted(found, key=lambda each: each.index), published, end)


def listed(entries: Entries, found: Sequence[SealedEntry], published: KeptCheckpoint, size: int) -> Openings:
    """A page of these entries with their proofs in the tree of ``size`` entries, each as it rests; what the keyholder
    itself can read, opened."""
    nodes = tree.ReadOnce(entries)

    def prove(index: int) -> list[str]:
        return [encode_base64(each) for each in tree.inclusion_proof(nodes, index, size)]

    page = found[:PAGE]
    own = [(each.index, *entries.readings.open_own(each.sealed)) for each in page if each.key_id == OWN]
    key_ids = dict.fromkeys(each.key_id for each in page if each.key_id != OWN)
    return Openings(
        checkpoint=published.note,
        entries=[
            Opening(index=index, salt=salt.hex(), readable=readable.decode(), proof=prove(index))
            for index, salt, readable in own
        ],
        next=found[PAGE].index if len(found) > PAGE else None,
        keys=[
            ReadingKey(key_id=each.hex(), sealed=encode_base64(entries.readings.sealed_key(each))) for each in key_ids
        ],
        sealed=[
            SealedOpening(
                index=each.index, key_id=each.key_id.hex(), sealed=encode_base64(each.sealed), proof=prove(each.index)
            )
            for each in page
            if each.key_id != OWN
        ],
    )
