"""Who opened my recordings?

A person who signs the question with their own key gets every release of their keys that the published log contains,
each emergency in which they were named, and the end of their keys, each with its inclusion proof. Others get nothing,
and cannot tell whether the person exists.
"""

from aboveboard.base.errors import BadInput
from aboveboard.formats.custody import Opening, Openings
from aboveboard.formats.envelope import encode_base64
from aboveboard.keyholder import policy
from aboveboard.keyholder.desk import Desk
from aboveboard.keyholder.entries import Entries, KeptCheckpoint
from aboveboard.ledger import tree
from aboveboard.rules.decision import Reason

PAGE = 1000
"""So many at once: some 2 MB, a fifth of a second."""


def openings(desk: Desk, caller: str, *, start: int = 0, size: int | None = None) -> Openings:
    """The openings of whoever's own key is ``caller``, from index ``start`` on, ``PAGE`` at most.

    Their proofs lead to the newest published checkpoint, or to the one of ``size`` entries that an earlier page came
    with. Raises :class:`Refused` if ``caller`` is nobody's key, and :class:`BadInput` for a size that is not published.
    """
    person = desk.people.find_key(caller)
    if person is None:
        raise policy.refusal(Reason.ROLE_MISSING, "only a person who is enrolled may ask, with their own key")
    published = desk.entries.kept("published")
    if published is None:
        return Openings(checkpoint="", entries=[])
    if size is not None and not 0 < size <= published.size:
        raise BadInput(
            f"no checkpoint of {size} entries is published",
            cause="another list was begun, or the number was mistyped",
            fix="ask for the first page again",
        )
    return opened(desk.entries, person.person_id, published, start=start, size=size)


def opened(
    entries: Entries, person_id: str, published: KeptCheckpoint, *, start: int = 0, size: int | None = None
) -> Openings:
    """The openings of ``person_id`` among the first ``size`` entries (default: all that ``published`` covers)."""
    nodes, end = tree.ReadOnce(entries), published.size if size is None else size
    found = entries.openings_of(person_id, end, start=start, limit=PAGE + 1)
    return Openings(
        checkpoint=published.note,
        entries=[
            Opening(
                index=entry.index,
                salt=entry.salt.hex(),
                readable=entry.readable.decode(),
                proof=[encode_base64(each) for each in tree.inclusion_proof(nodes, entry.index, end)],
            )
            for entry in found[:PAGE]
        ],
        next=found[PAGE].index if len(found) > PAGE else None,
    )
