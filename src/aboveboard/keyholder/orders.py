"""Which orders to erase count here, and which were given?

The keyholder believes nobody's word for an order: the person's own key signed it, or a steward of its own roster with
evidence, or the vault for segments whose time is over. It keeps those of people and stewards, so that a vault that was
restored from an old copy learns again what has to be gone.
"""

from aboveboard.base.errors import NotFound
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats import erasure as erasure_format
from aboveboard.formats.custody import ErasureOrders
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.erasure import ErasureOrder
from aboveboard.keyholder import policy
from aboveboard.keyholder.desk import Desk
from aboveboard.keyholder.people import Person
from aboveboard.keyholder.release import check_caller
from aboveboard.rules.decision import Reason
from aboveboard.rules.erasure import signer_of
from aboveboard.sealing.signatures import open_signed

PAGE = 100
"""How many orders are handed out at once: each may name many segments."""


def open_order(desk: Desk, envelope: Envelope) -> tuple[ErasureOrder, Person]:
    """The order and whom it is about, once its signature holds.

    Raises :class:`NotFound` for an unknown person, :class:`Refused` where nobody may order this, :class:`Tampered`.
    """
    claimed = erasure_format.decode_order(envelope.body())
    person = desk.people.find(claimed.person_id)
    if person is None:
        raise NotFound(
            f"{claimed.person_id} is not known here",
            cause="they were never enrolled, or with another keyholder",
            fix="check the id: 'aboveboard status'",
        )
    steward = None if claimed.evidence is None else desk.home.roster().find(claimed.evidence.staff_id)
    key = signer_of(claimed, person_key=person.person_key, steward=steward, vault_key=desk.vault_key)
    if key is None:
        raise policy.refusal(Reason.ROLE_MISSING, "only the person, or a steward with evidence, orders this")
    return erasure_format.decode_order(open_signed(envelope, erasure_format.ORDER_TYPE, key)), person


def keep(desk: Desk, order: ErasureOrder, envelope: Envelope) -> None:
    """Keep an order, inside ``database.writing()``. The same one again changes nothing.

    What the vault orders by itself is not kept: it orders it again. An order for everything takes the place of those
    for parts.
    """
    if order.why == "retention":
        return
    record = desk.database.record
    person = record.tag("person", order.person_id)
    if order.whole:
        desk.database.run("DELETE FROM erasure_orders WHERE person = ?", (person,))
    desk.database.run(
        "INSERT INTO erasure_orders (order_tag, person, sealed) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (record.tag("order", order.erasure_id), person, record.seal("order", envelope_format.encode(envelope))),
    )


def given(desk: Desk, caller: str, *, after: int) -> ErasureOrders:
    """The orders that were given, oldest first, a page of them after number ``after``. For the vault."""
    check_caller(desk, caller)
    rows = desk.database.all(
        "SELECT number, sealed FROM erasure_orders WHERE number > ? ORDER BY number LIMIT ?", (after, PAGE)
    )
    return ErasureOrders(
        orders=[envelope_format.decode(desk.database.record.open("order", row[1])) for row in rows],
        next_after=int(rows[-1][0]) if len(rows) == PAGE else None,
    )
