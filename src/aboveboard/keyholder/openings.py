"""Who opened my recordings?

A person who signs the question with their own key gets every release of their keys that the published log contains,
each emergency in which they were named, and the end of their keys, each with its inclusion proof. Others get nothing,
and cannot tell whether the person exists.
"""

from aboveboard.formats.custody import Opening, Openings
from aboveboard.formats.envelope import encode_base64
from aboveboard.keyholder import policy
from aboveboard.keyholder.desk import Desk
from aboveboard.keyholder.entries import Entries, KeptCheckpoint
from aboveboard.ledger import tree
from aboveboard.rules.decision import Reason


def openings(desk: Desk, caller: str) -> Openings:
    """The openings of whoever's own key is ``caller``; raises :class:`Refused` if that is nobody."""
    person = desk.people.find_key(caller)
    if person is None:
        raise policy.refusal(Reason.ROLE_MISSING, "only a person who is enrolled may ask, with their own key")
    published = desk.entries.kept("published")
    if published is None:
        return Openings(checkpoint="", entries=[])
    return opened(desk.entries, person.person_id, published)


def opened(entries: Entries, person_id: str, published: KeptCheckpoint) -> Openings:
    """The openings of ``person_id`` that ``published`` covers, oldest first."""
    nodes = tree.ReadOnce(entries)
    return Openings(
        checkpoint=published.note,
        entries=[
            Opening(
                index=entry.index,
                salt=entry.salt.hex(),
                readable=entry.readable.decode(),
                proof=[encode_base64(each) for each in tree.inclusion_proof(nodes, entry.index, published.size)],
            )
            for entry in entries.openings_of(person_id, published.size)
        ],
    )
