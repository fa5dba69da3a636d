"""For whom does this device record, under which disclosure, sealed to which keys?

The enrolment is what the vault answered and the person agreed to, kept in ``enrolment.json``. Nothing in it is believed
because it is there; each time before recording:

1. The disclosure is signed by one of the stewards' keys that were shown at enrolment.
2. The consent receipt is signed by the person's own key, for this person, this device and exactly this disclosure.
3. The keyholder's key statement is signed by the key that is pinned in the disclosure, so a vault that hands out a key
   of its own is refused; it is for this person, and names this person's own key, so a vault that enrolled another key
   in the person's name is refused too.
4. The receipt names the same recipient for the person as the enrolment, and not the keyholder's.
5. A later version of the disclosure that applies instead is signed by one of those stewards too, and in nothing wider
   than the one that was agreed to (``rules.disclosure_change``).
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from aboveboard.base.errors import NotFound, Refused, Tampered
from aboveboard.formats import consent as consents
from aboveboard.formats import disclosure as disclosures
from aboveboard.formats import envelope as envelopes
from aboveboard.formats import key_statement
from aboveboard.formats.consent import RECEIPT_TYPE, ConsentReceipt
from aboveboard.formats.disclosure import Disclosure
from aboveboard.formats.fields import (
    DeviceId,
    Document,
    PersonId,
    PublicKey,
    Recipient,
    decode_json,
    encode_json,
)
from aboveboard.formats.key_statement import KeyStatement
from aboveboard.rules.decision import EXPLANATIONS, Reason
from aboveboard.rules.disclosure_change import not_wider
from aboveboard.sealing.signatures import open_signed, signed_by

FILE_NAME = "enrolment.json"
LIMIT_BYTES = 2 * 1024 * 1024
EARLIER_LIMIT = 16


class Enrolment(Document, frozen=True):
    """``key_statement``, ``disclosure`` and ``consent`` are signed envelopes as JSON text.

    ``applied``: a later, narrower version of the disclosure (``recorder.newer``), or empty. ``earlier_statements``: of
    the epochs before, the newest first: what is still held here may be sealed to one of them.
    """

    person_id: PersonId
    device_id: DeviceId
    person_key: PublicKey
    person_recipient: Recipient
    steward_keys: Annotated[list[PublicKey], Meta(min_length=1, max_length=1000)]
    key_statement: str
    disclosure: str
    consent: str
    applied: str = ""
    earlier_statements: Annotated[list[str], Meta(max_length=EARLIER_LIMIT)] = msgspec.field(default_factory=list)


@dataclass(frozen=True)
class Verified:
    """An enrolment whose five steps hold. ``disclosure`` is the one that applies, ``disclosure_sha256`` its hash."""

    enrolment: Enrolment
    disclosure: Disclosure
    disclosure_sha256: str
    consent: ConsentReceipt
    statement: KeyStatement

    def statement_of(self, key_epoch: int) -> KeyStatement | None:
        """The statement of this epoch, checked as in step 3; ``None`` if this machine does not have it."""
        if key_epoch == self.statement.key_epoch:
            return self.statement
        for text in self.enrolment.earlier_statements:
            found = verify_statement(
                text,
                disclosure=self.disclosure,
                person_id=self.enrolment.person_id,
                person_key=self.enrolment.person_key,
            )
            if found.key_epoch == key_epoch:
                return found
        return None


def save(home: Path, enrolment: Enrolment) -> None:
    """Write ``enrolment.json`` into the recorder's folder ``home``, all at once, replacing an older one."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = home / f".{FILE_NAME}.{os.getpid()}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(encode_json(enrolment))
        file.flush()
        os.fsync(file.fileno())
    draft.rename(home / FILE_NAME)


def load(home: Path) -> Enrolment:
    """Read it back; raises :class:`NotFound` or :class:`BadInput`. Nothing is verified yet: see :func:`verify`."""
    try:
        with (home / FILE_NAME).open("rb") as file:
            raw = file.read(LIMIT_BYTES + 1)
    except FileNotFoundError as error:
        raise NotFound(
            "this device is not enrolled",
            cause="nobody agreed to a recording here yet, or the person has left",
            fix="read the disclosure and decide: 'aboveboard enrol'",
        ) from error
    return decode_json(raw, Enrolment, name="enrolment", limit_bytes=LIMIT_BYTES)


def renew_key(home: Path, key_statement_json: str) -> None:
    """Keep a verified, newer key statement; the one that it follows on is kept beside it."""
    known = load(home)
    earlier = [known.key_statement, *known.earlier_statements][:EARLIER_LIMIT]
    save(home, msgspec.structs.replace(known, key_statement=key_statement_json, earlier_statements=earlier))


def forget(home: Path) -> None:
    """Delete the enrolment, for leaving."""
    (home / FILE_NAME).unlink(missing_ok=True)


def verify(enrolment: Enrolment) -> Verified:
    """The five steps above; raises :class:`Tampered` or :class:`Refused` at the first that does not hold."""
    envelope = envelopes.decode(enrolment.disclosure.encode("utf-8"))
    _, published = signed_by(envelope, disclosures.PAYLOAD_TYPE, enrolment.steward_keys)
    disclosure = disclosures.decode(published)
    digest = disclosures.digest(published)
    envelope = envelopes.decode(enrolment.consent.encode("utf-8"))
    consent = consents.decode_receipt(open_signed(envelope, RECEIPT_TYPE, enrolment.person_key))
    for same, reason in (
        (consent.person_id == enrolment.person_id, Reason.CONSENT_OTHER_PERSON),
        (consent.person_key == enrolment.person_key, Reason.CONSENT_OTHER_PERSON),
        (consent.device_id == enrolment.device_id, Reason.CONSENT_OTHER_DEVICE),
        (consent.disclosure_sha256 == digest, Reason.CONSENT_OTHER_DISCLOSURE),
    ):
        if not same:
            words = EXPLANATIONS[reason]
            raise Refused(reason, words.sentence, cause="the enrolment was changed or mixed up", fix=words.next_step)
    statement = verify_statement(
        enrolment.key_statement, disclosure=disclosure, person_id=enrolment.person_id, person_key=enrolment.person_key
    )
    if consent.person_recipient != enrolment.person_recipient or statement.recipient == enrolment.person_recipient:
        raise Tampered(
            "the keys to seal to are not the ones agreed to",
            cause="the enrolment was changed on this machine, or the server handed out the wrong key",
            fix="do not record; enrol again and tell the steward",
        )
    if enrolment.applied:
        _, later = signed_by(
            envelopes.decode(enrolment.applied.encode("utf-8")), disclosures.PAYLOAD_TYPE, enrolment.steward_keys
        )
        not_wider(disclosure, disclosures.decode(later)).require()
        disclosure, digest = disclosures.decode(later), disclosures.digest(later)
    return Verified(enrolment, disclosure, digest, consent, statement)


def verify_statement(envelope_json: str, *, disclosure: Disclosure, person_id: str, person_key: str) -> KeyStatement:
    """Step 3: which key of the keyholder to seal to. Also for enrolling, before anything is signed."""
    envelope = envelopes.decode(envelope_json.encode("utf-8"))
    statement = key_statement.decode(open_signed(envelope, key_statement.PAYLOAD_TYPE, disclosure.keyholder_key))
    if statement.person_id != person_id or statement.person_key != person_key:
        raise Tampered(
            "the keyholder's key is another person's",
            cause="the server answered with the wrong key statement",
            fix="do not record; enrol again and tell the steward",
        )
    return statement
