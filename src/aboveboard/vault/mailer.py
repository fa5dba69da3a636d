"""How does a notice reach somebody by mail, and what when the mail server does not take it?

A thread of the vault looks for mails that are due. Each is claimed for :data:`CLAIM_NS` first, so that two vaults over
one database do not send it twice; a vault that dies in between sends it again then, under the same ``Message-ID``. What
the server answers is kept, without the address. A permanent no (5xx) or too many attempts make it a dead letter;
anything else is tried again, later each time (``rules.notices.wait_ns``).
"""

import hashlib
import re
import smtplib
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from pathlib import Path

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import AboveboardError
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats import notice as notice_format
from aboveboard.formats.notice import KINDS, Notice
from aboveboard.rules.notices import wait_ns
from aboveboard.vault import addresses
from aboveboard.vault.place import MailServer, Vault
from aboveboard.vault.storage.notices import DeliveryRow, DeliveryState

LOOK_S = 5.0
CLAIM_NS = 300 * SECOND_NS
BATCH = 20
TIMEOUT_S = 20.0
LIKE_AN_ADDRESS = re.compile(r"\S*@\S*")


@dataclass(frozen=True)
class Outcome:
    """``taken``: the server has it. ``final``: trying again makes no sense."""

    taken: bool
    final: bool
    words: str


def run(vault: Vault, stop: threading.Event) -> None:
    """Send what is due until ``stop``. A database that is away is asked again later."""
    while not stop.wait(LOOK_S):
        with suppress(AboveboardError):
            while send_due(vault):
                pass


def send_due(vault: Vault) -> int:
    """Send a batch of the mails that are due; how many were tried."""
    server = vault.config.mail
    if server is None:
        return 0
    now_ns = vault.clock.wall_ns()
    with vault.records.begin() as tx:
        due = tx.claim_mail(now_ns=now_ns, until_ns=now_ns + CLAIM_NS, limit=BATCH)
        sealed = tx.mail_addresses() if due else {}
        notices = {row.notice_id: tx.notice(row.notice_id) for row in due}
    for row in due:
        found = notices[row.notice_id]
        outcome = Outcome(False, True, "the person wants no mail any more")
        if row.person_id in sealed and found is not None:
            notice = notice_format.decode_notice(envelope_format.decode(found.envelope.encode("utf-8")).body())
            outcome = _try(vault, server, notice, row, sealed[row.person_id])
        _note(vault, row, outcome)
    return len(due)


def message_of(notice: Notice, *, sender: str, address: str, person_id: str) -> EmailMessage:
    """The mail. Its words are the notice's; what it is worth is checked on the page, where the signature is."""
    message = EmailMessage(policy=SMTP_POLICY)
    message["From"], message["To"] = sender, address
    message["Subject"] = f"{KINDS[notice.kind]}: {notice.title}"
    message["Date"] = format_datetime(datetime.fromtimestamp(notice.at_ns / SECOND_NS, UTC))
    mark = hashlib.sha256(f"{notice.notice_id} {person_id}".encode()).hexdigest()[:32]
    message["Message-ID"] = f"<{mark}@aboveboard.invalid>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(
        f"{notice.title}\n\n{notice.text}\n\n"
        "You get this because work of yours is recorded, or was. Your own page shows the notice with its signature:\n"
        "'aboveboard view'. There you can also say that you want no mail.\n"
    )
    return message


def _try(vault: Vault, server: MailServer, notice: Notice, row: DeliveryRow, sealed: str) -> Outcome:
    try:
        address = addresses.unseal(vault, row.person_id, sealed)
        message = message_of(notice, sender=server.sender, address=address, person_id=row.person_id)
        code, words = _hand_over(server, address, message.as_bytes())
        outcome = Outcome(200 <= code < 300, code >= 500, f"{code} {words.decode('utf-8', 'replace')}")
    except smtplib.SMTPResponseException as error:
        words = error.smtp_error if isinstance(error.smtp_error, bytes) else str(error.smtp_error).encode()
        outcome = Outcome(False, error.smtp_code >= 500, f"{error.smtp_code} {words.decode('utf-8', 'replace')}")
    except (OSError, smtplib.SMTPException, AboveboardError) as error:
        outcome = Outcome(False, False, f"the mail server could not be used: {type(error).__name__}")
    # Servers like to repeat the address, in spellings of their own.
    return replace(outcome, words=LIKE_AN_ADDRESS.sub("(an address)", outcome.words))


def _hand_over(server: MailServer, address: str, content: bytes) -> tuple[int, bytes]:
    """Its answer to the whole message, or its first no."""
    context = ssl.create_default_context() if server.security != "none" else None
    connect = smtplib.SMTP_SSL if server.security == "tls" else smtplib.SMTP
    with connect(server.host, server.port, timeout=TIMEOUT_S) as smtp:
        smtp.ehlo_or_helo_if_needed()
        if server.security == "starttls":
            smtp.starttls(context=context)
            smtp.ehlo()
        if server.user is not None and server.password_file is not None:
            smtp.login(server.user, Path(server.password_file).read_text("utf-8").strip())
        for answer in (smtp.mail(server.sender), smtp.rcpt(address)):
            if answer[0] >= 300:
                return answer
        return smtp.data(content)


def _note(vault: Vault, row: DeliveryRow, outcome: Outcome) -> None:
    now_ns = vault.clock.wall_ns()
    pause_ns = None if outcome.final else wait_ns(row.attempts)
    state: DeliveryState = "offered" if outcome.taken else "waiting" if pause_ns is not None else "dead"
    next_at_ns = now_ns + pause_ns if state == "waiting" and pause_ns is not None else None
    with vault.records.begin() as tx:
        tx.note_mail(row, state=state, next_at_ns=next_at_ns, at_ns=now_ns, detail=outcome.words)
