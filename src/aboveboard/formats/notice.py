"""What are people told before anybody else is?

A steward writes and signs a notice for everyone, or for some (and the keyholder for whoever's recordings are opened in
an emergency); the vault delivers it by every way that reaches a person
(``Channel``) and keeps what became of each delivery. That a person has seen it is signed too: with the device's key
where they said so in the tray, with their own on their page.
"""

from typing import Annotated, Literal

from msgspec import Meta

from aboveboard.formats.fields import (
    PLAIN,
    Cohort,
    Country,
    Document,
    Nanoseconds,
    NoticeId,
    PersonId,
    Sha256,
    decode_json,
    encode_json,
)

NOTICE_TYPE = "application/vnd.aboveboard.notice.v1+json"
SEEN_TYPE = "application/vnd.aboveboard.notice-seen.v1+json"
LIMIT_BYTES = 512 * 1024

NoticeKind = Literal["disclosure", "incident", "pause", "answer", "drill", "erasure", "emergency"]
"""A change of the disclosure, an incident, a pause, the answer to a concern, a drill, an erasure by order; recordings
that are opened in an emergency, which the keyholder tells by itself."""

KINDS: dict[str, str] = {
    "disclosure": "Change of the disclosure",
    "incident": "Incident",
    "pause": "Pause",
    "answer": "Answer to a concern",
    "drill": "Drill",
    "erasure": "Erasure by order",
    "emergency": "Opened in an emergency",
}
"""What people read."""

EMBARGOED: frozenset[str] = frozenset({"disclosure", "incident"})
"""Nobody else is told of these before the people whom they concern."""

Channel = Literal["tray", "page", "mail"]
Title = Annotated[str, Meta(pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+\Z", max_length=120)]
"""One line."""
NoticeText = Annotated[str, Meta(min_length=10, max_length=4000, pattern=PLAIN)]
MailAddress = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){0,8}$")
]
"""The plain part of what RFC 5321 allows: no quotes, no comments, no spaces."""


class Audience(Document, frozen=True):
    """Whom it concerns: those named in ``people``, else everyone of ``country`` and ``cohort``, as far as given."""

    people: Annotated[list[PersonId], Meta(min_length=1, max_length=10_000)] | None = None
    country: Country | None = None
    cohort: Cohort | None = None


class Notice(Document, frozen=True):
    """``about`` names the disclosure, concern or pause that it is about, where there is one. ``at_ns`` is wall time."""

    notice_id: NoticeId
    kind: NoticeKind
    title: Title
    text: NoticeText
    audience: Audience
    at_ns: Nanoseconds
    about: Annotated[str, Meta(max_length=64)] = ""


class Seen(Document, frozen=True):
    """``person_id`` has seen the notice whose payload has this hash, in the tray or on the page, at ``at_ns``."""

    notice_id: NoticeId
    notice_sha256: Sha256
    person_id: PersonId
    channel: Literal["tray", "page"]
    at_ns: Nanoseconds


def encode(document: Notice | Seen) -> bytes:
    """The bytes to sign."""
    return encode_json(document)


def decode_notice(data: bytes) -> Notice:
    """Parse a notice; raises :class:`BadInput`."""
    return decode_json(data, Notice, name="notice", limit_bytes=LIMIT_BYTES)


def decode_seen(data: bytes) -> Seen:
    """Parse a signed "seen"; raises :class:`BadInput`."""
    return decode_json(data, Seen, name="signed seen", limit_bytes=LIMIT_BYTES)
