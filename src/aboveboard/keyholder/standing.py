"""Does a grant still hold, for somebody who has something open under it? And who hears an alarm?

1. The requester signed the question, with the key in the keyholder's own roster; nobody else is told.
2. The grant was kept here. Everything that a release asks of it is asked again, but for the people: signatures,
   roster, clock, revocations (``rules.grants``, steps 1 to 9).
3. The first "no" after keys have left is entered in the ledger: whoever holds them was told.
4. The answer is signed with the key of the ledger.
"""

from aboveboard.base.errors import NotFound, Refused
from aboveboard.formats import standing as standing_format
from aboveboard.formats.alarm import Alarms
from aboveboard.formats.entry import HolderTold
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.roster import APPROVING_ROLES
from aboveboard.formats.standing import ANSWER_TYPE, QUESTION_TYPE, Standing
from aboveboard.keyholder import filing, policy
from aboveboard.keyholder.desk import Desk
from aboveboard.keyholder.grants import Filed
from aboveboard.rules.decision import Reason
from aboveboard.rules.grants import grant_live

HEARS_ALL = APPROVING_ROLES | {"steward"}


def answer(desk: Desk, question: Envelope) -> Envelope:
    """The signed standing of the grant that is asked about; raises :class:`Refused` or :class:`NotFound`."""
    roster = desk.home.roster()
    asked = standing_format.decode_question(question.body())
    filed = desk.grants.filed(asked.grant_id)
    if filed is None:
        raise NotFound("nothing was opened under this grant", cause="the id was mistyped", fix="list your requests")
    requester = desk.grants.requester_of(asked.grant_id) or ""
    policy.open_by(question, QUESTION_TYPE, roster.find(requester))  # 1
    reason, expires_at_ns = stands(desk, filed)  # 2
    if reason is not Reason.OK and filed.keys and filed.told_at_ns is None:
        note_told(desk, filed, requester, reason)  # 3
    standing = Standing(
        grant_id=asked.grant_id,
        nonce=asked.nonce,
        reason=str(reason),
        at_ns=desk.clock.wall_ns(),
        expires_at_ns=expires_at_ns,
    )
    return desk.log_key.sign(ANSWER_TYPE, standing_format.encode(standing))  # 4


def stands(desk: Desk, filed: Filed) -> tuple[Reason, int]:
    """Step 2: ``ok`` or why not, and when it ends by itself."""
    roster, grant_id = desk.home.roster(), filed.grant.grant_id
    try:
        permit = filing.as_granted(desk, filing.permit_of(filed.grant, roster))
    except Refused as error:
        filing.end_if_left(desk, grant_id, roster)
        return Reason(error.reason), 0
    revoked_at_ns = desk.grants.revoked_at_ns(grant_id, requester=permit.request.requester)
    facts = permit.facts(revoked_at_ns=revoked_at_ns)
    return grant_live(facts, now_ns=desk.clock.wall_ns()).reason, facts.expires_at_ns()


def note_told(desk: Desk, filed: Filed, requester: str, reason: Reason) -> None:
    """Step 3, once for each grant."""
    grant_id = filed.grant.grant_id

    def tell() -> list[HolderTold]:
        now = desk.grants.filed(grant_id)
        if now is None or now.told_at_ns is not None:
            return []
        at_ns = desk.clock.wall_ns()
        desk.grants.tell(grant_id, now_ns=at_ns)
        return [HolderTold(at_ns=at_ns, grant_id=grant_id, requester=requester, keys=now.keys, reason=str(reason))]

    desk.writer.submit(tell).durable()


def alarms(desk: Desk, caller: str) -> Alarms:
    """All of them for an approver or a steward, a person's own for a person; for anybody else none."""
    staff = desk.home.roster().find_key(caller)
    if staff is not None and staff.role in HEARS_ALL:
        return Alarms(alarms=desk.alarms.all())
    person = desk.people.find_key(caller)
    return Alarms(alarms=[] if person is None else desk.alarms.of_person(person.tag))
