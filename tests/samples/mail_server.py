"""A real mail server on loopback that keeps what it takes, and can be told what to answer."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Box:
    """``answers``: what it says to the next messages, in order; then ``250 OK``. ``{to}`` is the address."""

    answers: list[str] = field(default_factory=list)
    taken: list[tuple[str, EmailMessage]] = field(default_factory=list)
    port: int = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = self.answers.pop(0) if self.answers else "250 OK"
        [address] = envelope.rcpt_tos
        if answer.startswith("250"):
            content = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
            message: Any = message_from_bytes(content, policy=default)
            self.taken.append((address, message))
        return answer.format(to=address)


@contextmanager
def mail_server() -> Iterator[Box]:
    """The server, answering on ``port``."""
    box = Box()
    # port 0 would make the controller knock at port 0

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        box.port = probe.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()
