"""Which copies of their consents does a person keep?

In their own folder, under ``consents``: each signed receipt as it was sent (``con_….json``), and beside it the same as
a record that other software reads (``con_….jsonld``). The vault has the receipt too, and can make the same record.
"""

import json
from pathlib import Path
from typing import Any

from aboveboard.formats import consent as consent_format
from aboveboard.formats import disclosure as disclosure_format
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats.consent import WITHDRAWAL_TYPE, ConsentReceipt, Withdrawal
from aboveboard.formats.consent_record import record_of
from aboveboard.formats.disclosure import Disclosure
from aboveboard.recorder.durable import replace_whole
from aboveboard.recorder.enrolment import Enrolment
from aboveboard.rules.consent import expires_at_ns
from aboveboard.sealing.signatures import open_signed

FOLDER = "consents"


def keep(
    participant: Path,
    signed: bytes,
    receipt: ConsentReceipt,
    disclosure: Disclosure,
    withdrawal: Withdrawal | None = None,
) -> None:
    """Write both copies into the participant's folder, replacing earlier ones of the same consent."""
    folder = participant / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    replace_whole(folder / f"{receipt.consent_id}.json", signed)
    record = record_of(receipt, disclosure, expires_at_ns=expires_at_ns(receipt), withdrawal=withdrawal)
    replace_whole(folder / f"{receipt.consent_id}.jsonld", as_json(record))


def as_json(record: dict[str, Any]) -> bytes:
    """A record as its file holds it."""
    return (json.dumps(record, indent=2, ensure_ascii=False) + "\n").encode("utf-8")


def newest(enrolment: Enrolment) -> tuple[ConsentReceipt, Disclosure]:
    """The receipt that an enrolment holds, its signature checked, and the disclosure that it is for."""
    signed = envelope_format.decode(enrolment.consent.encode("utf-8"))
    receipt = consent_format.decode_receipt(open_signed(signed, consent_format.RECEIPT_TYPE, enrolment.person_key))
    return receipt, disclosure_format.decode(envelope_format.decode(enrolment.disclosure.encode("utf-8")).body())


def withdrawn(participant: Path, enrolment: Enrolment, receipt: ConsentReceipt) -> Withdrawal | None:
    """The withdrawal of this consent that was signed here, if there is one."""
    try:
        raw = (participant / FOLDER / f"{receipt.consent_id}.withdrawal.json").read_bytes()
    except FileNotFoundError:
        return None
    return consent_format.decode_withdrawal(
        open_signed(envelope_format.decode(raw), WITHDRAWAL_TYPE, enrolment.person_key)
    )
