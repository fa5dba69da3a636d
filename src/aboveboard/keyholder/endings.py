"""How does a grant end before its time, and how do a person's keys end, all of them or those of some epochs?

Each takes a signed document from whoever may end them; who carries it does not matter, but for a part, where the vault
has to say which epochs it lies in. All are on the disk, and in the ledger, when the answer is given. None waits for a
witness.
"""

from aboveboard.base.errors import BadInput
from aboveboard.formats.custody import EndedEpoch, EpochsEnded, KeysErased, Openings, PartErasure
from aboveboard.formats.entry import EpochDestroyed, KeysDestroyed, Revoked
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.erasure import ErasureOrder
from aboveboard.keyholder import epochs, orders, policy, publish
from aboveboard.keyholder.desk import Desk
from aboveboard.keyholder.grants import APPROVED_ROLE
from aboveboard.keyholder.openings import listed
from aboveboard.keyholder.release import check_caller
from aboveboard.rules.decision import Reason


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
        approvers = desk.grants.approvers_of(revocation.grant_id)
        policy.may_revoke(by, requester=requester, approvers=approvers).require()
        role = APPROVED_ROLE if revocation.by in approvers else by.role if by is not None else ""
        # 3. It is kept, and entered in the ledger once.
        if desk.grants.revoke(revocation, by_role=role, envelope=envelope):
            desk.entries.append(
                [
                    Revoked(
                        at_ns=desk.clock.wall_ns(),
                        grant_id=revocation.grant_id,
                        by=revocation.by,
                        reason=revocation.reason,
                        by_name="" if by is None else f"{by.name} ({by.role})",
                    )
                ]
            )
        desk.database.commit()
    publish.try_to_publish(desk)


def erase(desk: Desk, envelope: Envelope) -> KeysErased:
    """Destroy all of a person's keys. A second order changes nothing and gets the same answer.

    Raises :class:`NotFound` for an unknown person, :class:`Refused` or :class:`Tampered` if nobody who may signed it,
    and :class:`BadInput` for an order that leaves something.
    """
    # 1. Somebody who may order it signed it: the person, or a steward with evidence.
    order, person = orders.open_order(desk, envelope)
    if not order.whole:
        raise BadInput(
            "this order is for a part of what is recorded",
            cause="it was sent where orders for everything are taken",
            fix="send it to the vault, which says in which epochs that part lies",
        )
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


def end_part(desk: Desk, caller: str, asked: PartErasure) -> EpochsEnded:
    """Keep an order to erase a part, and destroy the keys of the epochs that it lies in. Again changes nothing.

    What stays of them has been moved by then; what was not stays closed. Raises as :func:`erase` does, and
    :class:`Conflict` where an epoch is the newest.
    """
    check_caller(desk, caller)
    order, person = orders.open_order(desk, asked.order)
    if order.whole:
        raise BadInput(
            "this order is for everything", cause="it was sent where parts are ended", fix="send it as it is"
        )
    if person.erased_at_ns is not None:
        return EpochsEnded(ended=[], at_ns=person.erased_at_ns)
    with desk.database.writing():
        orders.keep(desk, order, asked.order)
        desk.database.commit()
    ended = epochs.destroy(desk, order.person_id, asked.key_epochs, erasure_id=order.erasure_id, why=order.why)
    return EpochsEnded(
        ended=[EndedEpoch(key_epoch=epoch, ledger_index=index) for epoch, index in sorted(ended.items())],
        at_ns=desk.clock.wall_ns(),
    )


def of_person(desk: Desk, caller: str) -> Openings:
    """Every entry that says that keys of whoever's own key is ``caller`` are gone, each with its proof.

    Raises :class:`Refused` if that is nobody.
    """
    person = desk.people.find_key(caller)
    if person is None:
        raise policy.refusal(Reason.ROLE_MISSING, "only a person who is enrolled may ask, with their own key")
    published = desk.entries.kept("published")
    if published is None:
        return Openings(checkpoint="", entries=[])
    found = desk.entries.about(person.tag, (KeysDestroyed, EpochDestroyed), published.size)
    return listed(desk.entries, found, published, published.size)


def _record(desk: Desk, order: ErasureOrder, envelope: Envelope) -> None:
    with desk.database.writing():
        now = desk.people.find(order.person_id)
        if now is not None and now.erased_at_ns is None:
            at_ns = desk.clock.wall_ns()
            desk.entries.forget_readable(order.person_id)  # before: the record of the erasure itself stays
            [logged] = desk.entries.append(
                [KeysDestroyed(at_ns=at_ns, person_id=order.person_id, erasure_id=order.erasure_id, why=order.why)]
            )
            desk.people.mark_erased(now, now_ns=at_ns, ledger_index=logged.index)
            desk.entries.readings.renew(order.person_id)
            orders.keep(desk, order, envelope)
            desk.alarms.forget(order.person_id)
        desk.database.commit()
