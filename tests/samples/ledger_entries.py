"""Entries for a ledger."""

from aboveboard.base.ids import Kind, new_id
from aboveboard.formats.entry import Revoked


def ended(reason: str = "the study was ended early") -> Revoked:
    """That a grant was ended: the shortest entry there is."""
    return Revoked(at_ns=1, grant_id=new_id(Kind.GRANT), by=new_id(Kind.STAFF), reason=reason)
