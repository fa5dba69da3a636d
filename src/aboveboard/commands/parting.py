"""What is left to tell the vault after a person has left, and how is it made sure that it hears of it?

``leaving.json`` in the participant's folder holds the signed withdrawals, and the order to erase if there is one. It is
written before anything else of leaving happens, and goes when the vault has all of it. Until then a process of its own
tries, beginning anew with every command and every log-in; only one at a time.
"""

import contextlib
import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from aboveboard.base.errors import AboveboardError, BadInput, NotFound, Tampered, Unavailable
from aboveboard.commands import autostart, consent_copies
from aboveboard.commands.home import Home
from aboveboard.formats import consent as consent_format
from aboveboard.formats import disclosure as disclosure_format
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats import erasure as erasure_format
from aboveboard.formats.consent import RECEIPT_TYPE, WITHDRAWAL_TYPE, Withdrawal
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.erasure import ErasureReceipt
from aboveboard.formats.fields import Document, decode_json, encode_json
from aboveboard.recorder import enrolment as enrolments
from aboveboard.recorder.durable import replace_whole
from aboveboard.recorder.enrolment import Enrolment
from aboveboard.sealing.signatures import SigningKey, open_signed

FILE_NAME, LOCK_NAME = "leaving.json", "leaving.lock"
LIMIT_BYTES = 4 * 1024 * 1024
FIRST_WAIT_S, LONGEST_WAIT_S = 2.0, 300.0


class Leaving(Document, frozen=True):
    """What the vault is still to be told. ``order``: erase everything, once the consents are taken back."""

    withdrawals: list[Envelope]
    order: Envelope | None = None


@dataclass(frozen=True)
class Told:
    """Has the vault all of it; and what it erased, if that was wanted and is done."""

    done: bool
    erased: ErasureReceipt | None = None


def write_down(
    participant: Path, enrolment: Enrolment, key: SigningKey, *, order: Envelope | None, now_ns: int
) -> None:
    """Sign the withdrawal of every consent of this person that is kept here; durable when it returns."""
    signed = []
    for path in sorted((participant / consent_copies.FOLDER).glob("con_*.json")):
        if not path.name.endswith(".withdrawal.json"):
            with contextlib.suppress(BadInput, Tampered):  # a damaged copy keeps nobody from leaving
                signed.append(open_signed(envelope_format.decode(path.read_bytes()), RECEIPT_TYPE, key.public))
    current = envelope_format.decode(enrolment.consent.encode("utf-8")).body()
    receipts = {one.consent_id: one for one in map(consent_format.decode_receipt, [*signed, current])}
    withdrawals = []
    for receipt in receipts.values():
        withdrawal = Withdrawal(consent_id=receipt.consent_id, person_id=receipt.person_id, at_ns=now_ns)
        withdrawals.append(key.sign(WITHDRAWAL_TYPE, consent_format.encode(withdrawal)))
    replace_whole(participant / FILE_NAME, encode_json(Leaving(withdrawals=withdrawals, order=order)))
    disclosure = disclosure_format.decode(envelope_format.decode(enrolment.disclosure.encode("utf-8")).body())
    newest = consent_format.decode_receipt(current)
    own = next(each for each in withdrawals if newest.consent_id in each.body().decode("utf-8"))
    consent_copies.keep(
        participant,
        enrolment.consent.encode("utf-8"),
        newest,
        disclosure,
        consent_format.decode_withdrawal(own.body()),
    )
    replace_whole(
        participant / consent_copies.FOLDER / f"{newest.consent_id}.withdrawal.json", envelope_format.encode(own)
    )


def waiting(participant: Path) -> Leaving | None:
    """What the vault is still to be told; ``None``: nothing."""
    try:
        raw = (participant / FILE_NAME).read_bytes()
    except FileNotFoundError:
        return None
    return decode_json(raw, Leaving, name="leaving", limit_bytes=LIMIT_BYTES)


def tell(home: Home) -> Told:
    """Tell the vault now, if it can be reached. What is told twice changes nothing there."""
    participant = home.folder("participant")
    leaving = waiting(participant)
    if leaving is None:
        return Told(done=True)
    try:
        vault = home.client("vault", home.person_key())
        for withdrawal in leaving.withdrawals:
            with contextlib.suppress(NotFound):  # a consent that the vault never took in
                vault.post("/v1/withdrawals", envelope_format.encode(withdrawal))
        erased = send_order(home, leaving.order) if leaving.order is not None else None
    except Unavailable:
        return Told(done=False)
    (participant / FILE_NAME).unlink(missing_ok=True)
    autostart.forget_leaving()
    return Told(done=True, erased=erased)


def send_order(home: Home, order: Envelope) -> ErasureReceipt:
    """Send a signed order to erase; the receipt, checked and kept in the participant's folder.

    Raises :class:`Tampered` if it is another person's, or not signed with the lease key that the disclosure pins.
    """
    enrolment = enrolments.load(home.folder("participant"))
    answer = home.client("vault", home.person_key()).post("/v1/erasures", envelope_format.encode(order))
    lease_key = enrolments.verify(enrolment).disclosure.lease_key
    receipt = erasure_format.decode_receipt(
        open_signed(envelope_format.decode(answer), erasure_format.RECEIPT_TYPE, lease_key)
    )
    if receipt.person_id != enrolment.person_id:
        raise Tampered(
            "the erasure receipt is another person's", cause="the server mixed it up", fix="ask again, tell the steward"
        )
    (home.folder("participant") / f"{receipt.erasure_id}.json").write_bytes(answer)
    return receipt


def carry_on(home: Home) -> None:
    """Begin to tell the vault in a process of its own, now and after each log-in, until it has it."""
    autostart.remember_leaving(home)
    environment = {**os.environ, **({"ABOVEBOARD_PLACES": str(home.places)} if home.places is not None else {})}
    subprocess.Popen(
        [sys.executable, "-P", "-m", "aboveboard", "--home", str(home.root), "leave", "--finish"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env=environment,
    )


def finish(home: Home, *, first_wait_s: float = FIRST_WAIT_S, tries: int | None = None) -> bool:
    """Tell the vault, trying again for as long as it takes (or ``tries`` times); False if it is not done.

    Only one at a time: another one that tries already is left to it.
    """
    with _alone(home.folder("participant")) as alone:
        wait_s = first_wait_s
        while alone and tries != 0:
            with contextlib.suppress(AboveboardError):  # whatever it is, it is tried again
                if tell(home).done:
                    return True
            time.sleep(wait_s)
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)
            tries = None if tries is None else tries - 1
    return waiting(home.folder("participant")) is None


def asked(wanted: bool | None, choose: Callable[[], bool]) -> bool:
    """Is everything to be erased? Asked where somebody is there to answer; where nobody is, it is kept."""
    if wanted is not None:
        return wanted
    return choose() if sys.stdin.isatty() else False


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[bool]:
    descriptor = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)
