"""How does a person read what will be recorded, and decide?

Enrolling makes the person's keys on their machine, checks who signed the disclosure and who vouches for the key to seal
to, shows the text, and signs over exactly that text if, and only if, the person agrees.
"""

import platform
import sys
from collections.abc import Callable

import click
import msgspec

from aboveboard.base.clock import SystemClock
from aboveboard.base.errors import BadInput, SetupMissing
from aboveboard.base.ids import Kind, new_id
from aboveboard.commands.home import Home
from aboveboard.commands.main import Session
from aboveboard.commands.programme import split_invitation
from aboveboard.formats import consent as consent_format
from aboveboard.formats import disclosure as disclosure_format
from aboveboard.formats import enrolment as enrolment_format
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats.consent import ConsentReceipt
from aboveboard.formats.disclosure import Disclosure
from aboveboard.formats.disclosure_text import plain_text, shown_digest
from aboveboard.formats.enrolment import PROOF_TYPE, EnrolmentAnswer, EnrolmentProof, EnrolmentRequest
from aboveboard.recorder import enrolment as enrolments
from aboveboard.recorder.enrolment import Enrolment
from aboveboard.sealing.signatures import SigningKey, open_signed

Decide = Callable[[Disclosure, str], bool]
"""Shown the disclosure and its text, says whether the person agrees."""


def enrol(home: Home, invitation: str, decide: Decide) -> Enrolment | None:
    """Enrol this device and, if the person agrees, sign. ``None``: they did not, and nothing will be recorded.

    Raises :class:`Tampered` if the disclosure is not the inviting steward's, or the key to seal to is not vouched for.
    """
    code, steward_key = split_invitation(invitation)
    device, person = home.device_key(), home.person_key()
    answer = _introduce(home, code, device, person)
    signed_disclosure = home.client("vault", device).get("/v1/disclosures/current")
    published = open_signed(envelope_format.decode(signed_disclosure), disclosure_format.PAYLOAD_TYPE, steward_key)
    disclosure = disclosure_format.decode(published)
    statement = envelope_format.encode(answer.key_statement).decode("utf-8")
    enrolments.verify_statement(statement, disclosure=disclosure, person_id=answer.person_id, person_key=person.public)
    text = plain_text(disclosure)
    if not decide(disclosure, text):
        return None
    receipt = ConsentReceipt(
        consent_id=new_id(Kind.CONSENT),
        person_id=answer.person_id,
        device_id=answer.device_id,
        person_key=person.public,
        person_recipient=home.person_identity().recipient,
        disclosure_sha256=disclosure_format.digest(published),
        shown_sha256=shown_digest(text),
        given_at_ns=SystemClock().wall_ns(),
    )
    signed = envelope_format.encode(person.sign(consent_format.RECEIPT_TYPE, consent_format.encode(receipt)))
    enrolment = Enrolment(
        person_id=answer.person_id,
        device_id=answer.device_id,
        person_key=person.public,
        person_recipient=receipt.person_recipient,
        steward_keys=[steward_key],
        key_statement=statement,
        disclosure=signed_disclosure.decode("utf-8"),
        consent=signed.decode("utf-8"),
    )
    enrolments.verify(enrolment)
    home.client("vault", device).post("/v1/consents", signed)
    # Two copies: the recorder's ends with leaving; the person's own stays, to see and to erase what there was.
    enrolments.save(home.folder("participant"), enrolment)
    enrolments.save(home.folder("recorder"), enrolment)
    return enrolment


def _introduce(home: Home, code: str, device: SigningKey, person: SigningKey) -> EnrolmentAnswer:
    words = EnrolmentProof(
        code=code,
        person_key=person.public,
        person_recipient=home.person_identity().recipient,
        device_key=device.public,
        platform=f"{platform.system()} {platform.release()}"[:200],
    )
    proof = person.sign(PROOF_TYPE, enrolment_format.encode(words))
    request = EnrolmentRequest(**msgspec.structs.asdict(words), proof=proof)
    answer = home.client("vault", device).post("/v1/enrolments", enrolment_format.encode(request))
    return enrolment_format.decode_answer(answer)


def ask_in_terminal(_: Disclosure, text: str) -> bool:
    """Show the text and ask; only the words 'I agree' agree."""
    click.echo(text)
    click.echo("Refusing costs nothing, and you can leave at any time. Nothing is recorded unless you agree.")
    answer = str(click.prompt("Type 'I agree' to agree, anything else to refuse", default="", show_default=False))
    return answer.strip().casefold() == "i agree"


def agreeing_to(digest: str) -> Decide:
    """For somebody who read the text elsewhere: agrees only to exactly the text with this hash."""

    def decide(_: Disclosure, text: str) -> bool:
        if shown_digest(text) != digest:
            raise BadInput(
                "the disclosure is not the text that you read",
                cause="it has changed since, or the hash was mistyped",
                fix="read it again: 'aboveboard enrol' without --agree-to shows it",
            )
        return True

    return decide


@click.command(name="enrol")
@click.argument("invitation")
@click.option("--agree-to", metavar="SHA256", help="Agree to exactly the text with this hash, read elsewhere.")
@click.pass_obj
def enrol_command(session: Session, invitation: str, agree_to: str | None) -> None:
    """Read the disclosure and decide. INVITATION is what the steward sent you."""
    if agree_to is None and not sys.stdin.isatty():
        raise SetupMissing(
            "nobody is there to decide",
            cause="this is not a terminal",
            fix="run it in a terminal, or read the text first and pass --agree-to with its SHA-256",
        )
    decide: Decide = agreeing_to(agree_to) if agree_to else ask_in_terminal
    enrolment = enrol(session.home, invitation, decide)
    if enrolment is None:
        session.show("You did not agree. Nothing is recorded, and that is all.", {"agreed": False})
        return
    session.show(
        f"You agreed. You are {enrolment.person_id} on {enrolment.device_id}. Start with 'aboveboard record'.",
        {"agreed": True, "person_id": enrolment.person_id, "device_id": enrolment.device_id},
    )
