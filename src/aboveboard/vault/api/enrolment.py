"""How do a person and their device become known here? By a one-time invitation of a steward.

1. The request is signed by the device that is to be enrolled.
2. The person's own key signed the same words.
3. The invitation exists, is not older than seven days, and was not used (the very same enrolment again is answered
   again, so that a lost answer loses nothing).
4. Neither key is in use for anything else: a device's key is nobody's own key, and staff do not record as staff.
   Somebody who is enrolled already is of the country and cohort that the invitation says.
5. The keyholder makes a key for the person and vouches for it.
"""

import hashlib

import msgspec
from litestar import Controller, get, post
from litestar.params import JSONBody

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import BadInput, Conflict, NotFound, Refused, Tampered
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import custody, enrolment
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats.custody import KeyRequest
from aboveboard.formats.enrolment import EnrolmentAnswer, EnrolmentRequest
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.fields import Cohort, Country, Document, InvitationId
from aboveboard.rules.decision import Reason, no
from aboveboard.rules.law import may_begin
from aboveboard.sealing.signatures import open_signed
from aboveboard.vault.api.asking import PROBLEMS, Asked, TheVault, who_asks
from aboveboard.vault.disclosed import disclosed
from aboveboard.vault.place import Vault
from aboveboard.vault.storage.records import Transaction
from aboveboard.vault.storage.rows import DeviceRow, InvitationRow, PersonRow
from aboveboard.vault.widening import check_may_widen
from aboveboard.wire.server import signed_by

INVITATION_NS = 7 * 86_400 * SECOND_NS


class Nothing(Document, frozen=True):
    """An empty object."""


class Inviting(Document, frozen=True):
    """Whom a steward invites. Without a country: the one that the disclosure names, if it names only one."""

    country: Country | None = None
    cohort: Cohort = ""


class Invitation(Document, frozen=True):
    """Shown once: only its hash is kept."""

    code: InvitationId


class Enrolment(Controller):
    """Inviting and enrolling, and the key to seal to from now on."""

    path = "/v1"
    tags = ("enrolment",)

    @post("/invitations", status_code=200, sync_to_thread=True, responses=PROBLEMS)
    def invite(self, request: Asked, vault: TheVault, data: JSONBody[Inviting]) -> Invitation:
        """A steward makes a code that enrols one device within seven days, of somebody of this country and cohort."""
        code = new_id(Kind.INVITATION)
        with vault.records.begin() as tx:
            steward = who_asks(request, vault, tx).require_staff("steward")
            check_may_widen(tx, now_ns=vault.clock.wall_ns())
            expires_at_ns = vault.clock.wall_ns() + INVITATION_NS
            country = _country(tx, data.country, now_ns=vault.clock.wall_ns())
            tx.add_invitation(InvitationRow(_digest(code), steward.staff_id, expires_at_ns, country, data.cohort))
        return Invitation(code=code)

    @post("/enrolments", status_code=200, sync_to_thread=True, responses=PROBLEMS)
    def enrol(self, request: Asked, vault: TheVault, data: JSONBody[EnrolmentRequest]) -> EnrolmentAnswer:
        """Enrol a device, and its person if they are new."""
        check_proof(data, signer=signed_by(request))
        with vault.records.read() as tx:
            invitation = _invitation(tx, data.code, vault.clock.wall_ns())
            known = _check_keys(tx, data, vault)
            if invitation.used_by_device is not None:
                return _answer_again(tx, invitation, data, vault)
            _check_place(known, invitation)
        person_id = known.person_id if known is not None else new_id(Kind.PERSON)
        statement = _key_statement(vault, person_id, data.person_key)
        device_id = new_id(Kind.DEVICE)
        now_ns = vault.clock.wall_ns()
        with vault.records.begin() as tx:
            _check_keys(tx, data, vault)
            tx.use_invitation(_digest(data.code), device_id=device_id)
            if known is None:
                tx.add_person(
                    PersonRow(
                        person_id=person_id,
                        person_key=data.person_key,
                        person_recipient=data.person_recipient,
                        key_statement=statement.decode("utf-8"),
                        enrolled_at_ns=now_ns,
                        country=invitation.country,
                        cohort=invitation.cohort,
                    )
                )
            else:
                tx.renew_key_statement(person_id, statement.decode("utf-8"), at_ns=now_ns)
            tx.add_device(DeviceRow(device_id, person_id, data.device_key, data.platform, now_ns))
        return _answer(person_id, device_id, statement, invitation, vault)

    @get("/key-statement", sync_to_thread=True, responses=PROBLEMS)
    def key_statement(self, request: Asked, vault: TheVault) -> Envelope:
        """The keyholder's statement about the newest key of the person who asks, or whose device does."""
        with vault.records.read() as tx:
            person = who_asks(request, vault, tx).require_person()
        return envelope_format.decode(person.key_statement.encode("utf-8"))


def check_proof(data: EnrolmentRequest, *, signer: str) -> None:
    """Steps 1 and 2; raises Refused or Tampered."""
    if signer != data.device_key or data.device_key == data.person_key:
        no(Reason.ROLE_MISSING, "the device that is enrolled signs the request, with a key of its own").require()
    payload = open_signed(data.proof, enrolment.PROOF_TYPE, data.person_key)
    if enrolment.decode_proof(payload) != data.proven():
        raise Tampered(
            "the person signed another enrolment than this one",
            cause="it was changed on the way",
            fix="begin the enrolment again",
        )


def _country(tx: Transaction, asked: str | None, *, now_ns: int) -> str:
    """The country of the person who is invited: one where people may be recorded under the current disclosure."""
    current = tx.current_disclosure()
    if current is None:
        no(Reason.DISCLOSURE_UNKNOWN, "nothing was disclosed yet, so there is nothing to invite to").require()
        raise AssertionError("unreachable: a no raises")
    disclosure = disclosed(current)
    if asked is None and len(disclosure.countries) != 1:
        raise BadInput(
            "this invitation does not say of which country the person is",
            cause=f"the disclosure covers {', '.join(disclosure.countries)}",
            fix="say which: 'aboveboard invite --country ...'",
        )
    country = disclosure.countries[0] if asked is None else asked
    may_begin(disclosure, country, now_ns=now_ns).require()
    return country


def _check_place(known: PersonRow | None, invitation: InvitationRow) -> None:
    """The second half of step 4."""
    if known is not None and (known.country, known.cohort) != (invitation.country, invitation.cohort):
        raise Conflict(
            "this invitation is for somebody of another country or cohort than you",
            cause=f"you are enrolled in {known.country or 'no country'}, cohort {known.cohort or 'none'}",
            fix="ask the steward for an invitation with these",
        )


def _invitation(tx: Transaction, code: str, now_ns: int) -> InvitationRow:
    """Step 3, but for its use."""
    invitation = tx.invitation(_digest(code))
    if invitation is None or now_ns >= invitation.expires_at_ns:
        raise NotFound(
            "this invitation is not valid",
            cause="it was mistyped, or is older than seven days",
            fix="ask the steward for a new one",
        )
    return invitation


def _check_keys(tx: Transaction, data: EnrolmentRequest, vault: Vault) -> PersonRow | None:
    """Step 4: the person, if they are known by this key."""
    roster = vault.roster()
    person = tx.person_by_key(data.person_key)
    used_otherwise = (
        roster.find_key(data.device_key) is not None
        or roster.find_key(data.person_key) is not None
        or tx.device_by_key(data.person_key) is not None
        or tx.person_by_key(data.device_key) is not None
    )
    if used_otherwise or (person is not None and person.person_recipient != data.person_recipient):
        raise Conflict(
            "one of these keys is in use for something else",
            cause="a key has one role: a person's, a device's, or a member of staff's",
            fix="make a new key pair for this enrolment",
        )
    if person is not None and tx.erased_whole(person.person_id):
        raise Refused(
            Reason.CONSENT_ERASED,
            "this person's recordings were erased, and their keys with them",
            cause="this key belongs to the erased enrolment",
            fix="enrol with a new key, only if you want to",
        )
    return person


def _answer_again(tx: Transaction, invitation: InvitationRow, data: EnrolmentRequest, vault: Vault) -> EnrolmentAnswer:
    device = tx.device_by_key(data.device_key)
    person = tx.person_by_key(data.person_key)
    if (
        device is None
        or person is None
        or device.device_id != invitation.used_by_device
        or device.person_id != person.person_id
    ):
        raise Conflict(
            "this invitation was used before", cause="a code works once", fix="ask the steward for another one"
        )
    return _answer(person.person_id, device.device_id, person.key_statement.encode("utf-8"), invitation, vault)


def _key_statement(vault: Vault, person_id: str, person_key: str) -> bytes:
    """Step 5: the signed statement, as the keyholder sent it."""
    asked = custody.encode(KeyRequest(person_id=person_id, person_key=person_key))
    statement = vault.keyholder().post("/v1/keys", asked)
    envelope_format.decode(statement)
    return statement


def _answer(
    person_id: str, device_id: str, statement: bytes, invitation: InvitationRow, vault: Vault
) -> EnrolmentAnswer:
    return EnrolmentAnswer(
        person_id=person_id,
        device_id=device_id,
        key_statement=msgspec.json.decode(statement, type=Envelope),
        steward_keys=[member.key for member in vault.roster().staff if member.role == "steward"],
        country=invitation.country,
        cohort=invitation.cohort,
    )


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode("ascii")).hexdigest()
