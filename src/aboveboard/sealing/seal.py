"""How does plain data become a sealed file?

As an ordinary age v1 file, wrapped for every recipient named. Sealing needs public keys only: whoever seals cannot
open.
"""

from collections.abc import Sequence

import pyrage

from aboveboard.base.errors import BadInput
from aboveboard.formats import age_header
from aboveboard.sealing.keys import recipient_bytes

RECIPIENT_LIMIT = age_header.STANZA_LIMIT - 1
"""One stanza is left for the random one that the library adds to keep readers tolerant."""


def seal(plain: bytes, recipients: Sequence[str]) -> bytes:
    """``plain`` as an age file that each of ``recipients`` (``age1…``, X25519) can open alone.

    Raises :class:`BadInput` for no recipient at all, a recipient of another kind, one named twice, or too many.
    """
    check_recipients(recipients)
    try:
        return bytes(pyrage.encrypt(plain, [pyrage.x25519.Recipient.from_str(text) for text in recipients]))
    except (pyrage.EncryptError, pyrage.RecipientError) as error:
        raise BadInput("sealing failed", cause=str(error), fix="check the keys that are sealed to") from error


def check_recipients(recipients: Sequence[str]) -> None:
    """Raise :class:`BadInput` unless something can be sealed to these."""
    if isinstance(recipients, str) or not 1 <= len(recipients) <= RECIPIENT_LIMIT:
        raise BadInput(
            f"something can be sealed to 1 to {RECIPIENT_LIMIT} keys",
            cause="the keys to seal to are missing: sealed to nobody, it would be lost",
            fix="enrol this device again",
        )
    if len(set(recipients)) != len(recipients):
        raise BadInput(
            "the same key was named twice to seal to",
            cause="the person's key and the keyholder's were mixed up",
            fix="enrol this device again",
        )
    for recipient in recipients:
        recipient_bytes(recipient)
