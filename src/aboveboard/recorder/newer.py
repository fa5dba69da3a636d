"""Does a newer disclosure apply without being asked anew?

A version in which nothing is wider than in the one that was agreed to applies at once: this recorder takes it as its
configuration from then on, and never one that is wider than the last it took, whatever the person once agreed to. The
vault decides the same by the same rule; this machine does not have to believe it.
"""

from pathlib import Path

import msgspec

from aboveboard.base.errors import BadInput, Refused, Tampered
from aboveboard.recorder import enrolment as enrolments
from aboveboard.recorder.enrolment import Verified
from aboveboard.rules.disclosure_change import not_wider
from aboveboard.wire.client import Client

PATH = "/v1/disclosures/current"


def take_up(home: Path, client: Client) -> Verified | None:
    """The enrolment in ``home`` with the vault's current disclosure, kept; ``None`` if the consent does not cover it.

    Raises :class:`Unavailable` if the vault cannot be asked.
    """
    known = enrolments.load(home)
    before = enrolments.verify(known)
    newer = msgspec.structs.replace(known, applied=client.get(PATH).decode("utf-8", "replace"))
    try:
        verified = enrolments.verify(newer)
        not_wider(before.disclosure, verified.disclosure).require()
    except (BadInput, Refused, Tampered):
        return None
    enrolments.save(home, newer)
    return verified
