"""What does the keyholder sound an alarm about, and what is found of an emergency afterwards?

Both go between the member of staff and the keyholder directly: a vault that lies has no part in it.
"""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from aboveboard.base.ids import Kind, check_id
from aboveboard.formats import alarm as alarm_format
from aboveboard.formats import grant as grant_format
from aboveboard.formats.grant import Review
from aboveboard.formats.roster import APPROVING_ROLES
from aboveboard.wire.client import Client

HEARS = APPROVING_ROLES | {"steward"}
SHOWN = 20


class WantedReview(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is found of the emergency ``grant_id``."""

    grant_id: Annotated[str, Meta(max_length=30)]
    justified: bool
    words: Annotated[str, Meta(max_length=2000)]


def newest(keyholder: Client) -> list[dict[str, Any]]:
    """The newest alarms, the newest first; raises :class:`AboveboardError`."""
    alarms = alarm_format.decode(keyholder.get("/v1/alarms")).alarms
    found: list[dict[str, Any]] = msgspec.to_builtins(alarms[:SHOWN])
    return found


def review_of(wanted: WantedReview, by: str, *, now_ns: int) -> bytes:
    """The document to sign; raises :class:`BadInput`."""
    found = Review(
        grant_id=check_id(Kind.GRANT, wanted.grant_id),
        by=by,
        verdict="justified" if wanted.justified else "not_justified",
        words=wanted.words.strip(),
        at_ns=now_ns,
    )
    payload = grant_format.encode(found)
    grant_format.decode_review(payload)  # every field has the shape it should
    return payload
