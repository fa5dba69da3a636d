"""What did I agree to, and is it what was published?

1. The receipt is signed with this person's own key.
2. The published disclosure hashes to what the receipt says.
3. It is signed by a steward whom this person's device knows.

Only then are its words shown as "what you agreed to". The words come from the disclosure alone.
"""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import Tampered
from aboveboard.formats import consent
from aboveboard.formats import disclosure as disclosures
from aboveboard.formats.consent import ConsentReceipt
from aboveboard.formats.disclosure import PURPOSES, AppRule, Disclosure
from aboveboard.formats.disclosure_text import plain_text, shown_digest
from aboveboard.formats.envelope import Envelope
from aboveboard.rules.consent import expires_at_ns
from aboveboard.sealing.signatures import open_signed, signed_by

KINDS: dict[str, tuple[str, dict[str, str]]] = {
    "screen": (
        "Screen",
        {
            "none": "not recorded",
            "structure": "only its layout, without readable text or pictures",
            "redacted": "recorded with what is personal or secret covered",
            "exact": "recorded as you see it",
        },
    ),
    "keystrokes": (
        "Keyboard",
        {
            "none": "not recorded",
            "count": "only how many keys you press",
            "shape": "that you type, but not which letters and digits",
            "redacted": "what you type, without what is personal or secret in it",
            "exact": "which keys you press, never in a password field",
        },
    ),
    "pointer": (
        "Pointer",
        {"none": "not recorded", "clicks": "only where you click and scroll", "full": "moves, clicks and scrolling"},
    ),
    "window": (
        "Window",
        {
            "none": "not recorded",
            "app": "only that the application is in front",
            "redacted": "its title without what is personal in it, and its place",
            "exact": "its title and place",
        },
    ),
    "site": (
        "Website",
        {
            "none": "not recorded",
            "host": "only the site's name",
            "redacted": "the address of the page without what is personal in it",
            "exact": "the full address of the page",
        },
    ),
    "control": (
        "Buttons and menus",
        {
            "none": "not recorded",
            "role": "only which kind you use",
            "redacted": "which one you use, with its name, without what is personal in it",
            "exact": "which one you use, with its name",
        },
    ),
}


def iso(time_ns: int) -> str:
    """Wall time as ISO 8601 in UTC, to the millisecond."""
    seconds, rest_ns = divmod(time_ns, SECOND_NS)
    whole = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{whole}.{rest_ns // 1_000_000:03d}Z"


def check_receipt(envelope: Envelope, *, person_key: str) -> ConsentReceipt:
    """Step 1. Raises :class:`Tampered` or :class:`BadInput`."""
    return consent.decode_receipt(open_signed(envelope, consent.RECEIPT_TYPE, person_key))


def check_disclosure(envelope: Envelope, *, sha256: str, steward_keys: Collection[str]) -> Disclosure:
    """Steps 2 and 3. Raises :class:`Tampered` or :class:`BadInput`."""
    if disclosures.digest(envelope.body()) != sha256:
        raise Tampered(
            "the disclosure that the vault shows is not the one that you agreed to",
            cause="it was changed, or another was sent in its place",
            fix="write to the contact that you were given when you enrolled",
        )
    _, payload = signed_by(envelope, disclosures.PAYLOAD_TYPE, steward_keys)
    return disclosures.decode(payload)


def agreement(disclosure: Disclosure, receipt: ConsentReceipt) -> dict[str, Any]:
    """What the page shows; ``same_text``: the words shown today are, byte for byte, those that were agreed to."""
    text = plain_text(disclosure, receipt.language)
    return {
        "programme": disclosure.programme,
        "version": disclosure.version,
        "title": disclosure.title,
        "summary": disclosure.summary,
        "controller": disclosure.controller,
        "contact": disclosure.contact,
        "countries": disclosure.countries,
        "legal_entities": disclosure.legal_entities,
        "published_at": iso(disclosure.published_at_ns),
        "agreed_at": iso(receipt.given_at_ns),
        "apps": [_app(app) for app in disclosure.apps],
        "purposes": [PURPOSES[purpose] for purpose in disclosure.purposes],
        "recipients": disclosure.recipients,
        "retention_days": disclosure.retention_days,
        "until": iso(expires_at_ns(receipt)),
        "formalities": [
            {"title": each.title, "date": each.date, "kept_at": each.kept_at} for each in disclosure.formalities
        ],
        "never_collected": disclosure.never_collected,
        "cpu_percent": disclosure.budget.cpu_percent,
        "megabytes_per_day": disclosure.budget.megabytes_per_day,
        "sha256": receipt.disclosure_sha256,
        "text": text,
        "same_text": shown_digest(text) == receipt.shown_sha256,
    }


def _words(app: AppRule, kind: str) -> str:
    level = getattr(app, kind)
    words = KINDS[kind][1][level]
    return f"{words}; photographs and films are {app.pictures}" if (kind, level) == ("screen", "redacted") else words


def _app(app: AppRule) -> dict[str, Any]:
    levels = {kind: getattr(app, kind) for kind in KINDS}
    return {
        "name": app.name,
        "why": app.why,
        "kinds": [
            {
                "kind": kind,
                "label": KINDS[kind][0],
                "level": level,
                "words": _words(app, kind),
                "because": getattr(app.because, kind),
            }
            for kind, level in levels.items()
        ],
    }
