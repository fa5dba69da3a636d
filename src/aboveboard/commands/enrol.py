"""How does a person read what will be recorded, and decide?

Whoever is invited reads first: the disclosure is fetched under a key that is thrown away, checked to be the inviting
steward's, and shown. Who says no has left nothing here and told nobody anything. Who says yes gets keys of their own on
this machine, and signs over exactly the text that was shown, after the key to seal to was found to be vouched for.
"""

import platform
import sys
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import click
import msgspec

from aboveboard.base.clock import SystemClock
from aboveboard.base.errors import BadInput, SetupMissing
from aboveboard.base.ids import Kind, new_id
from aboveboard.commands import consent_copies
from aboveboard.commands.home import Home
from aboveboard.commands.main import Session
from aboveboard.commands.programme import split_invitation
from aboveboard.formats import consent as consent_format
from aboveboard.formats import disclosure as disclosure_format
from aboveboard.formats import enrolment as enrolment_format
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats.consent import ConsentReceipt
from aboveboard.formats.disclosure import Disclosure
from aboveboard.formats.disclosure_text import languages, plain_text, shown_digest
from aboveboard.formats.enrolment import PROOF_TYPE, EnrolmentAnswer, EnrolmentProof, EnrolmentRequest
from aboveboard.recorder import enrolment as enrolments
from aboveboard.recorder.enrolment import Enrolment
from aboveboard.rules.consent import DAY_NS
from aboveboard.rules.disclosure_change import Change, changes
from aboveboard.sealing.signatures import SigningKey, signed_by

AGREE, REFUSE = "1", "2"


@dataclass(frozen=True)
class Question:
    """What a person is asked: to agree to this disclosure. ``changes``: since the version that they agreed to."""

    disclosure: Disclosure
    changes: tuple[Change, ...] = ()


Decide = Callable[[Question], str | None]
"""Asks a person; answers with the language in which they read it if they agree, and with ``None`` if they do not."""


@dataclass(frozen=True)
class Published:
    """A disclosure as it was fetched: the envelope's JSON, the bytes that were signed, and what they say."""

    envelope: str
    payload: bytes
    disclosure: Disclosure


def enrol(home: Home, invitation: str, decide: Decide) -> Enrolment | None:
    """Ask; if the person agrees, enrol this device and sign. ``None``: they did not, and nothing is kept here.

    Raises :class:`Tampered` if the disclosure is not the inviting steward's, or the key to seal to is not vouched for.
    """
    code, steward_key = split_invitation(invitation)
    published = _fetch(home, SigningKey.generate(), [steward_key])
    language = decide(Question(published.disclosure))
    if language is None:
        return None
    answer = _introduce(home, code, home.device_key(), home.person_key())
    return _sign(
        home,
        published,
        language,
        person_id=answer.person_id,
        device_id=answer.device_id,
        steward_keys=[steward_key],
        statement=envelope_format.encode(answer.key_statement).decode("utf-8"),
    )


def renew(home: Home, decide: Decide) -> Enrolment | None:
    """Ask whoever is enrolled here whether they agree to the current disclosure; ``None``: they do not.

    Raises :class:`NotFound` if nobody is enrolled here, and what :func:`enrol` raises.
    """
    known = enrolments.load(home.folder("participant"))
    published = _fetch(home, home.device_key(), known.steward_keys)
    before = disclosure_format.decode(envelope_format.decode(known.disclosure.encode("utf-8")).body())
    language = decide(Question(published.disclosure, tuple(changes(before, published.disclosure))))
    if language is None:
        return None
    return _sign(
        home,
        published,
        language,
        person_id=known.person_id,
        device_id=known.device_id,
        steward_keys=known.steward_keys,
        statement=known.key_statement,
    )


def _fetch(home: Home, key: SigningKey, steward_keys: list[str]) -> Published:
    """The current disclosure, signed by one of these stewards; raises :class:`Tampered`."""
    answer = home.client("vault", key).get("/v1/disclosures/current")
    _, payload = signed_by(envelope_format.decode(answer), disclosure_format.PAYLOAD_TYPE, steward_keys)
    return Published(answer.decode("utf-8"), payload, disclosure_format.decode(payload))


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


def _sign(
    home: Home,
    published: Published,
    language: str,
    *,
    person_id: str,
    device_id: str,
    steward_keys: list[str],
    statement: str,
) -> Enrolment:
    """Check who vouches for the key to seal to, sign over the text in ``language``, tell the vault, keep copies."""
    device, person = home.device_key(), home.person_key()
    disclosure = published.disclosure
    enrolments.verify_statement(statement, disclosure=disclosure, person_id=person_id, person_key=person.public)
    now_ns = SystemClock().wall_ns()
    receipt = ConsentReceipt(
        consent_id=new_id(Kind.CONSENT),
        person_id=person_id,
        device_id=device_id,
        person_key=person.public,
        person_recipient=home.person_identity().recipient,
        disclosure_sha256=disclosure_format.digest(published.payload),
        shown_sha256=shown_digest(plain_text(disclosure, language)),
        given_at_ns=now_ns,
        expires_at_ns=now_ns + disclosure.consent_days * DAY_NS,
        language=language,
    )
    signed = envelope_format.encode(person.sign(consent_format.RECEIPT_TYPE, consent_format.encode(receipt)))
    enrolment = Enrolment(
        person_id=person_id,
        device_id=device_id,
        person_key=person.public,
        person_recipient=receipt.person_recipient,
        steward_keys=steward_keys,
        key_statement=statement,
        disclosure=published.envelope,
        consent=signed.decode("utf-8"),
    )
    enrolments.verify(enrolment)
    home.client("vault", device).post("/v1/consents", signed)
    # Two copies: the recorder's ends with leaving; the person's own stays, to see and to erase what there was.
    enrolments.save(home.folder("participant"), enrolment)
    consent_copies.keep(home.folder("participant"), signed, receipt, disclosure)
    enrolments.save(home.folder("recorder"), enrolment)
    return enrolment


def asking_in_terminal(language: str | None = None) -> Decide:
    """Show the text, in ``language`` or the disclosure's own, and ask. One key for yes, one for no, neither chosen."""

    def decide(question: Question) -> str | None:
        chosen = language or question.disclosure.language
        click.echo(plain_text(question.disclosure, chosen))
        for change in question.changes:
            click.echo(f"{change.direction:<9} {change.sentence}")
        others = [each for each in languages(question.disclosure) if each != chosen]
        if others:
            click.echo(f"It can also be read in {', '.join(others)}: --language.")
        click.echo("Refusing costs nothing, and you can leave at any time. Nothing is recorded unless you agree.")
        click.echo(f"  {AGREE}  Agree\n  {REFUSE}  No, thank you")
        try:
            answer = click.prompt("Your answer", type=click.Choice([AGREE, REFUSE]), show_choices=False)
        except click.Abort:
            return None
        return chosen if answer == AGREE else None

    return decide


def agreeing_to(digest: str) -> Decide:
    """For somebody who read the text elsewhere: agrees only to exactly the text with this hash, in its language."""

    def decide(question: Question) -> str | None:
        for language in languages(question.disclosure):
            if shown_digest(plain_text(question.disclosure, language)) == digest:
                return language
        raise BadInput(
            "the disclosure is not the text that you read",
            cause="it has changed since, or the hash was mistyped",
            fix="read it again: 'aboveboard enrol' without --agree-to shows it",
        )

    return decide


def chosen_way(agree_to: str | None, language: str | None) -> Decide:
    """How to ask without a page; raises :class:`SetupMissing` if nobody is there to decide."""
    if agree_to is not None:
        return agreeing_to(agree_to)
    if not sys.stdin.isatty():
        raise SetupMissing(
            "nobody is there to decide",
            cause="this is not a terminal",
            fix="run it in a terminal, or with --page, or read the text first and pass --agree-to with its SHA-256",
        )
    return asking_in_terminal(language)


def on_page(go: Callable[[Decide], Enrolment | None]) -> Enrolment | None:
    """``go``, asking on a page that is served until the person has answered."""
    from aboveboard.commands.consent_page import ConsentPage

    def told(url: str) -> None:
        click.echo(f"read and decide here: {url}", err=True)
        if sys.stdout.isatty():
            webbrowser.open(url)

    with ConsentPage(told=told) as asked:
        return asked.carry(go)


def show_outcome(session: Session, enrolment: Enrolment | None) -> None:
    """Say what was decided."""
    if enrolment is None:
        session.show(
            "You did not agree. Nothing is recorded, nobody was told, and that is all.",
            {"agreed": False},
        )
        return
    session.show(
        f"You agreed. You are {enrolment.person_id} on {enrolment.device_id}. Start with 'aboveboard record'. "
        "Your receipt: 'aboveboard consent show'.",
        {"agreed": True, "person_id": enrolment.person_id, "device_id": enrolment.device_id},
    )


@click.command(name="enrol")
@click.argument("invitation")
@click.option("--agree-to", metavar="SHA256", help="Agree to exactly the text with this hash, read elsewhere.")
@click.option("--language", help="Read it in this language [default: its own].")
@click.option("--page", is_flag=True, help="Read and decide on a page in your browser.")
@click.pass_obj
def enrol_command(session: Session, invitation: str, agree_to: str | None, language: str | None, page: bool) -> None:
    """Read the disclosure and decide. INVITATION is what the steward sent you."""
    split_invitation(invitation)
    go = partial(enrol, session.home, invitation)
    show_outcome(session, on_page(go) if page else go(chosen_way(agree_to, language)))
