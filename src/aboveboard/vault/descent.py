"""What do the vault's own records say of what an artefact was made from?

The facts for ``rules.lineage``: the vault takes the lab's word neither for whose recordings went in nor for how long
they may be kept.
"""

from collections.abc import Sequence

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import NotFound
from aboveboard.formats import disclosure
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats import grant as grant_format
from aboveboard.formats import lineage as lineage_format
from aboveboard.formats.disclosure import Disclosure
from aboveboard.formats.lineage import Lineage, SessionSource, Source
from aboveboard.rules.lineage import Terms, may_register, narrowest, union
from aboveboard.vault.storage.records import Transaction
from aboveboard.vault.storage.rows import SegmentsOfSpan, SpanRow

DAY_NS = 86_400 * SECOND_NS
Origin = tuple[Source, Terms | None]


def spans_of(lineage: Lineage) -> list[SpanRow]:
    """Its sources as rows, each segment in one of them."""
    merged: dict[str, list[tuple[int, int]]] = {}
    for source in lineage.sources:
        for session in source.sessions:
            merged.setdefault(session.session_id, []).extend(session.spans)
    return [SpanRow(name, first, last) for name, spans in merged.items() for first, last in sorted(set(spans))]


def origins_of(tx: Transaction, lineage: Lineage) -> list[Origin]:
    """Of each session that came straight from recordings its terms, ``None`` if there is no such recording.

    What the parents account for is left to them.
    """
    known = {
        (source.person_id, source.consent_id, session.session_id): session.spans
        for source in union(*(parent.sources for parent in _parents(tx, lineage)))
        for session in source.sessions
    }
    found: list[Origin] = []
    agreed = _Agreed(tx)
    for source in lineage.sources:
        for session in source.sessions:
            if known.get((source.person_id, source.consent_id, session.session_id)) != session.spans:
                one = Source(person_id=source.person_id, consent_id=source.consent_id, sessions=[session])
                found.append((one, _terms(tx, one, session, agreed)))
    return found


def check_descent(tx: Transaction, lineage: Lineage, origins: Sequence[Origin], staff_id: str) -> None:
    """Raise :class:`Refused` unless ``rules.lineage.may_register`` says yes, :class:`NotFound` for no grant of theirs.

    The grant may have ended since: what exists is better known than hidden.
    """
    grant = tx.grant(lineage.grant_id)
    asked = tx.request(grant.request_id) if grant is not None else None
    if asked is None or asked.requester != staff_id:
        raise NotFound("there is no such grant of yours", cause="the lineage names another", fix="check the grant's id")
    request = grant_format.decode_request(envelope_format.decode(asked.envelope.encode("utf-8")).body())
    parents = _parents(tx, lineage)
    may_register(lineage, people=request.people, purpose=request.purpose, parents=parents, origins=origins).require()


def _parents(tx: Transaction, lineage: Lineage) -> list[Lineage]:
    """Those that are registered."""
    rows = [tx.artefact(parent_id) for parent_id in lineage.parents]
    return [
        lineage_format.decode(lineage_format.decode_signed(row.lineage.encode("utf-8")).body())
        for row in rows
        if row is not None
    ]


class _Agreed:
    """The published disclosures, each read once."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._known: dict[str, Disclosure] = {}

    def terms(self, part: SegmentsOfSpan) -> Terms:
        """What the disclosure allows that these segments were recorded under."""
        if part.disclosure_sha256 not in self._known:
            row = self._tx.disclosure(part.disclosure_sha256)
            if row is None:
                raise AssertionError("a segment row refers to a disclosure row")
            published = envelope_format.decode(row.envelope.encode("utf-8")).body()
            self._known[part.disclosure_sha256] = disclosure.decode(published)
        found = self._known[part.disclosure_sha256]
        return Terms(frozenset(found.purposes), part.start_wall_ns + found.retention_days * DAY_NS)


def _terms(tx: Transaction, source: Source, session: SessionSource, agreed: _Agreed) -> Terms | None:
    """The narrowest of the disclosures that the session's segments were recorded under."""
    terms = []
    for first, last in session.spans:
        parts = tx.segments_of_span(SpanRow(session.session_id, first, last))
        whose = {(part.person_id, part.consent_id) for part in parts}
        if whose != {(source.person_id, source.consent_id)} or sum(part.count for part in parts) != last - first + 1:
            return None
        terms += [agreed.terms(part) for part in parts]
    return narrowest(terms)
