"""How does a grant end before its time, and how do a person's keys end?

Both take a signed document from whoever may end them; who carries it does not matter. Both are on the disk, and in the
ledger, when the answer is given. Neither waits for a witness.
"""

from aboveboard.base.errors import NotFound
from aboveboard.formats import erasure as erasure_format
from aboveboard.formats.custody import KeysErased
from aboveboard.formats.entry import KeysDestroyed, Revoked
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.erasure import ErasureOrder
from aboveboard.keyholder import epochs, policy, publish
from aboveboard.keyholder.desk import Desk
from aboveboard.keyholder.people import Person
from aboveboard.sealing.signatures import open_signed


def revoke(desk: Desk, envelope: Envelope) -> None:
    """End a grant, whether it was seen yet or not. The same revocation again changes nothing.

    Raises :class:`Refused` if the signature does not hold, or the signer may not.
    """
    # 1. Somebody in the keyholder's own roster signed it, in their own name.
    roster = desk.home.roster()
    revocation = policy.open_revocation(envelope, roster)
    by = roster.find(revocation.by)
    with desk.database.writing():
        # 2. They may end this grant.
        requester = desk.grants.requester_of(revocation.grant_id)
        policy.may_revoke(by, requester=requester).require()
        # 3. It is kept, and entered in the ledger once.
        if desk.grants.revoke(revocation, by_role="" if by is None else by.role, envelope=envelope):
            desk.entries.append(
                [
                    Revoked(
                        at_ns=desk.clock.wall_ns(),
                        grant_id=revocation.grant_id,
                        by=revocation.by,
                        reason=revocation.reason,
                    )
                ]
            )
        desk.database.commit()
    publish.try_to_publish(desk)


def erase(desk: Desk, envelope: Envelope) -> KeysErased:
    """Destroy a person's keys, on their own order. A second order changes nothing and gets the same answer.

    Raises :class:`NotFound` for an unknown person, and :class:`Tampered` if they did not sign it.
    """
    # 1. The person signed it, with the key that they were enrolled with.
    order, person = _open_order(desk, envelope)
    # 2. The record and the deletion are one transaction: keys are never gone without an entry that says so.
    if person.erased_at_ns is None:
        _record(desk, order, envelope)
    # 3. What they were wrapped with is destroyed, and what was deleted is overwritten. (Start-up repeats this.)
    epochs.end_destroyed(desk, order.person_id)
    publish.try_to_publish(desk)
    done = desk.people.find(order.person_id)
    if done is None or done.erasure_index is None or done.erased_at_ns is None:
        raise AssertionError("an erasure was recorded and cannot be found")
    return KeysErased(ledger_index=done.erasure_index, at_ns=done.erased_at_ns)


def _open_order(desk: Desk, envelope: Envelope) -> tuple[ErasureOrder, Person]:
    claimed = erasure_format.decode_order(envelope.body())
    person = desk.people.find(claimed.person_id)
    if person is None:
        raise NotFound(
            f"{claimed.person_id} is not known here",
            cause="they were never enrolled, or with another keyholder",
            fix="check the id: 'aboveboard status'",
        )
    payload = open_signed(envelope, erasure_format.ORDER_TYPE, person.person_key)
    return erasure_format.decode_order(payload), person


def _record(desk: Desk, order: ErasureOrder, envelope: Envelope) -> None:
    with desk.database.writing():
        now = desk.people.find(order.person_id)
        if now is not None and now.erased_at_ns is None:
            at_ns = desk.clock.wall_ns()
            [logged] = desk.entries.append(
                [KeysDestroyed(at_ns=at_ns, person_id=order.person_id, erasure_id=order.erasure_id, why="person")]
            )
            desk.people.mark_erased(order.person_id, now_ns=at_ns, ledger_index=logged.index, order=envelope)
            desk.entries.forget_readable(order.person_id)
        desk.database.commit()
