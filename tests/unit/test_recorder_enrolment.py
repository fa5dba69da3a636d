"""An enrolment is believed only if every signature in it leads back to what the person was shown."""

from pathlib import Path
from typing import Any

import pytest

from aboveboard.base.errors import BadInput, NotFound, Refused, Tampered
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import consent, disclosure, envelope, key_statement
from aboveboard.recorder import enrolment as enrolments
from aboveboard.rules.decision import Reason
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.signatures import SigningKey
from samples.recorder_world import Participant

WHO = Participant()
OTHER = Participant()


def statement(key: SigningKey = WHO.keyholder, **changes: Any) -> str:
    signed = key.sign(key_statement.PAYLOAD_TYPE, key_statement.encode(WHO.statement(**changes)))
    return envelope.encode(signed).decode()


def receipt(key: SigningKey = WHO.person, **changes: Any) -> str:
    return envelope.encode(key.sign(consent.RECEIPT_TYPE, consent.encode(WHO.receipt(**changes)))).decode()


def test_an_honest_enrolment_is_saved_loaded_and_verified(tmp_path: Path) -> None:
    verified = WHO.settle(tmp_path / "recorder")
    assert verified.statement.recipient == WHO.keyholder_identity.recipient
    assert verified.consent.person_id == WHO.person_id
    assert verified.disclosure == WHO.disclosure()
    assert oct((tmp_path / "recorder" / "enrolment.json").stat().st_mode & 0o777) == "0o600"
    enrolments.forget(tmp_path / "recorder")
    with pytest.raises(NotFound, match="not enrolled"):
        enrolments.load(tmp_path / "recorder")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        pytest.param({"key_statement": statement(WHO.vault)}, Tampered, id="the vault's own statement"),
        pytest.param({"key_statement": statement(person_id=OTHER.person_id)}, Tampered, id="another person's key"),
        pytest.param({"key_statement": statement(person_key=OTHER.person.public)}, Tampered, id="another person key"),
        pytest.param({"key_statement": statement(recipient=WHO.identity.recipient)}, Tampered, id="one key twice"),
        pytest.param({"key_statement": "{}"}, BadInput, id="no statement"),
        pytest.param({"steward_keys": [OTHER.steward.public]}, Tampered, id="another steward"),
        pytest.param({"consent": receipt(OTHER.person)}, Tampered, id="consent signed by another"),
        pytest.param({"consent": receipt(device_id=OTHER.device_id)}, Refused, id="consent for another device"),
        pytest.param({"consent": receipt(disclosure_sha256="0" * 64)}, Refused, id="consent to another disclosure"),
        pytest.param({"consent": receipt(person_id=new_id(Kind.PERSON))}, Refused, id="another person's consent"),
        pytest.param({"person_recipient": Identity.generate().recipient}, Tampered, id="another recipient"),
    ],
)
def test_a_lie_in_the_enrolment_is_refused(changes: dict[str, Any], error: type[Exception]) -> None:
    enrolment = WHO.enrolment(**changes)
    with pytest.raises(error):
        enrolments.verify(enrolment)


def test_a_disclosure_that_pins_another_keyholder_is_not_the_one_agreed_to() -> None:
    published = WHO.disclosure()
    swapped = disclosure.decode(
        disclosure.encode(published).replace(published.keyholder_key.encode(), OTHER.keyholder.public.encode())
    )
    signed = envelope.encode(WHO.steward.sign(disclosure.PAYLOAD_TYPE, disclosure.encode(swapped))).decode()
    with pytest.raises(Refused) as raised:
        enrolments.verify(WHO.enrolment(disclosure=signed))
    assert raised.value.reason == Reason.CONSENT_OTHER_DISCLOSURE
