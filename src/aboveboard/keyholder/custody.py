"""How does a person come to have a key here, and what is kept of what they agreed to?

The private key is made here, wrapped at once, and never leaves. Who may ask: the vault. Whom it believes about a
person: only that person's own key, and about a disclosure only a steward whom this keyholder knows.
"""

from functools import partial

from aboveboard.base.errors import BadInput, Conflict, NotFound, Refused, Tampered
from aboveboard.formats import consent as consent_format
from aboveboard.formats import disclosure as disclosure_format
from aboveboard.formats.consent import ConsentReceipt
from aboveboard.formats.custody import ConsentFiling, KeyRequest
from aboveboard.formats.disclosure import Disclosure
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.roster import Roster
from aboveboard.formats.rotation import AT_ONCE, Rotated, Rotation
from aboveboard.keyholder import epochs, policy, publish
from aboveboard.keyholder.desk import Desk
from aboveboard.keyholder.release import check_caller
from aboveboard.rules.consent import ConsentFacts, consent_live, for_what_was_shown
from aboveboard.rules.decision import Reason
from aboveboard.sealing.signatures import open_signed, signed_by

FIRST_EPOCH = 0


def create_key(desk: Desk, caller: str, asked: KeyRequest) -> Envelope:
    """The signed statement about this person's newest key. The first is made on the first call, others when due.

    Raises :class:`Refused` for any caller but the vault and for an erased person, and :class:`Conflict` if the person
    is known with another key, or the key with another person, or the vault knows a newer one than there is here.
    """
    check_caller(desk, caller)
    signed = epochs.bring_up(desk, asked.person_id, asked.person_key, partial(_epoch_to_make, desk, asked))
    if signed is None:
        raise policy.refusal(Reason.CONSENT_ERASED)
    publish.try_to_publish(desk)
    return signed


def _epoch_to_make(desk: Desk, asked: KeyRequest) -> int | None:
    """Which key is made for this question, if any; raises if it is not to be answered at all."""
    person = desk.people.find(asked.person_id)
    if person is None:
        if desk.people.find_key(asked.person_key) is not None:
            raise Conflict(
                "this key is already another person's",
                cause="the device was enrolled before",
                fix="use that enrolment, or make a new key",
            )
        return FIRST_EPOCH
    if person.person_key != asked.person_key:
        raise Conflict(
            f"{asked.person_id} is known with another key",
            cause="somebody else's key was sent in this person's name",
            fix="enrol as a new person",
        )
    if person.erased_at_ns is not None:
        raise policy.refusal(Reason.CONSENT_ERASED)
    return epochs.wanted(desk, asked.person_id, known_epoch=asked.known_epoch, renew=asked.renew)


def rotate(desk: Desk, caller: str, asked: Rotation) -> Rotated:
    """Newer keys for those whose newest is older than asked for; raises :class:`Refused` for any but the operator."""
    if caller != desk.statement_key.public:
        raise policy.refusal(Reason.ROLE_MISSING, "only the keyholder's operator may ask for this")
    people = desk.people.everyone() if asked.person_id is None else [asked.person_id]
    known = {each: epochs.newest(desk, each) for each in people}
    older = [
        person_id
        for person_id, newest in known.items()
        if newest is not None and newest.created_at_ns < asked.older_than_ns
    ]
    made = epochs.rotate(desk, older[:AT_ONCE])
    return Rotated(made=len(made), left=len(older) - len(made))


def file_consent(desk: Desk, caller: str, filing: ConsentFiling) -> None:
    """Verify a consent and keep it. The same one again changes nothing.

    Raises :class:`Refused`, :class:`Tampered`, :class:`NotFound` for an unknown person, or :class:`Conflict`.
    """
    # 1. The caller is the vault.
    check_caller(desk, caller)
    # 2. The person is known here, by the key that signed the receipt.
    receipt = _open_receipt(desk, filing.receipt)
    # 3. A steward whom this keyholder knows signed the disclosure, and it pins this keyholder.
    disclosure_bytes = _open_disclosure(filing.disclosure, desk.home.roster())
    disclosure = disclosure_format.decode(disclosure_bytes)
    _check_pinned(disclosure, desk)
    # 4. The receipt is for exactly these bytes and for the text that is shown of them; the consent is not dated ahead
    #    nor for longer than the disclosure says, and the person was not erased.
    person = desk.people.find(receipt.person_id)
    consent_live(
        ConsentFacts(receipt, erased_at_ns=None if person is None else person.erased_at_ns),
        person_id=receipt.person_id,
        device_id=receipt.device_id,
        disclosure_sha256=disclosure_format.digest(disclosure_bytes),
        now_ns=desk.clock.wall_ns(),
    ).require()
    for_what_was_shown(receipt, disclosure).require()
    # 5. Nothing else was filed under this name.
    with desk.database.writing():
        known = desk.people.signed_receipt(receipt.consent_id)
        if known is not None and known.payload != filing.receipt.payload:
            raise Conflict(
                "another consent has this id", cause="an id was used twice", fix="agree again, under a new id"
            )
        desk.people.add_consent(receipt, filing.receipt, filing.disclosure)
        desk.entries.readings.renew(receipt.person_id)
        desk.database.commit()


def file_disclosure(desk: Desk, caller: str, signed: Envelope) -> None:
    """Keep what is disclosed now: what it no longer names as a purpose, no key is released for any more.

    Raises :class:`Refused` for any caller but the vault, and for a disclosure that no steward known here signed or that
    pins another keyholder.
    """
    check_caller(desk, caller)
    payload = _open_disclosure(signed, desk.home.roster())
    disclosure = disclosure_format.decode(payload)
    _check_pinned(disclosure, desk)
    with desk.database.writing():
        desk.people.add_disclosure(disclosure_format.digest(payload), disclosure.version, signed)
        desk.database.commit()


def _open_receipt(desk: Desk, envelope: Envelope) -> ConsentReceipt:
    claimed = consent_format.decode_receipt(envelope.body())
    person = desk.people.find(claimed.person_id)
    if person is None:
        raise NotFound(
            f"{claimed.person_id} is not known here", cause="the enrolment was not finished", fix="enrol again"
        )
    payload = open_signed(envelope, consent_format.RECEIPT_TYPE, person.person_key)
    receipt = consent_format.decode_receipt(payload)
    if receipt.person_key != person.person_key:
        raise Tampered(
            "this consent names another key than it is signed with", cause="it was altered", fix="agree again"
        )
    return receipt


def _open_disclosure(envelope: Envelope, roster: Roster) -> bytes:
    stewards = [member.key for member in roster.staff if member.role == "steward"]
    try:
        return signed_by(envelope, disclosure_format.PAYLOAD_TYPE, stewards)[1]
    except (Tampered, BadInput) as error:
        raise policy.refusal(
            Reason.DISCLOSURE_UNKNOWN, "no steward whom this keyholder knows has signed the disclosure"
        ) from error


def _check_pinned(disclosure: Disclosure, desk: Desk) -> None:
    if disclosure.keyholder_key != desk.statement_key.public:
        raise Refused(
            Reason.DISCLOSURE_UNKNOWN,
            "this disclosure pins another keyholder",
            cause="it was published for another programme, or the keyholder was set up anew",
            fix="publish a disclosure that pins this keyholder's key",
        )
