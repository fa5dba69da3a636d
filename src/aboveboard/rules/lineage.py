"""May this artefact be registered as what it says: nobody left out, and nothing wider than its sources?

What a thing was made from is kept as spans of segments (``formats.lineage``); this module adds such sources up and
compares them. The numbered steps are the same in ``docs/spec/lineage.md``.

1. It names only people whom its request names, and only the request's purpose.
2. Whatever a parent was made from is among its sources: nobody and no segment is left out.
3. It is for no purpose that a source is not for.
4. It is kept no longer than the source that goes first.
5. Where it was opened from recordings, each of its sources is known, and is of the person and the consent that it says.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from aboveboard.formats.disclosure import Purpose
from aboveboard.formats.lineage import Lineage, OwnArtefact, SessionSource, Source, Span
from aboveboard.rules.decision import ALLOWED, Decision, Reason, deny_on_error, no

Place = tuple[str, str, str]
"""A person, a consent of theirs, and a session recorded under it."""


@dataclass(frozen=True)
class Terms:
    """What a source may be used for, and the wall time until which it may be kept."""

    purposes: frozenset[Purpose]
    until_ns: int


def narrowest(sources: Iterable[Terms]) -> Terms:
    """What holds for something made from all of them: no purpose that one lacks, no day longer than the shortest.

    Without a common purpose the result has none, and nothing may be made. Raises :class:`ValueError` for no source.
    """
    terms = list(sources)
    if not terms:
        raise ValueError("what has no source has no terms")
    return Terms(frozenset.intersection(*(one.purposes for one in terms)), min(one.until_ns for one in terms))


def terms_of(lineage: Lineage) -> Terms:
    """What an artefact may be used for and until when, as it says itself."""
    return Terms(frozenset(lineage.purposes), lineage.retention_until_ns)


def sources_of(segments: Iterable[tuple[Place, int]]) -> list[Source]:
    """The sources that are exactly these segments, each given by its place and its sequence in the session."""
    return _build((place, (sequence, sequence)) for place, sequence in segments)


def union(*several: Sequence[Source]) -> list[Source]:
    """The sources that cover each of ``several``, and nothing else."""
    return _build(pair for sources in several for pair in _spans(sources))


def of_people(sources: Iterable[Source], people: Collection[str]) -> list[Source]:
    """Those of the sources that are these people's."""
    return [source for source in sources if source.person_id in people]


def covers(outer: Sequence[Source], inner: Sequence[Source]) -> bool:
    """Is every segment of ``inner`` one of ``outer``, of the same person and under the same consent?"""
    return union(outer, inner) == union(outer)


def touches(sources: Sequence[Source], session_id: str, first: int, last: int) -> bool:
    """Was any of the segments ``first`` to ``last`` of this session among the sources?"""
    return any(
        session == session_id and span[0] <= last and first <= span[1] for (_, _, session), span in _spans(sources)
    )


def own_part(
    lineage: Lineage,
    person_id: str,
    *,
    naming: Collection[str],
    state: Literal["live", "due", "destroyed"],
    due_by_ns: int | None,
) -> OwnArtefact:
    """What this person may be told of it; ``naming`` are the ids of all artefacts that name them.

    Raises :class:`ValueError` if it does not name them.
    """
    own = [source for source in lineage.sources if source.person_id == person_id]
    if not own:
        raise ValueError("it does not name this person")
    return OwnArtefact(
        artefact_id=lineage.artefact_id,
        kind=lineage.kind,
        created_at_ns=lineage.created_at_ns,
        grant_id=lineage.grant_id,
        purposes=lineage.purposes,
        retention_until_ns=lineage.retention_until_ns,
        sources=own,
        people=len(lineage.people),
        parents=[parent for parent in lineage.parents if parent in naming],
        made_by=lineage.made_by,
        state=state,
        due_by_ns=due_by_ns,
    )


@deny_on_error
def may_register(
    lineage: Lineage,
    *,
    people: Collection[str],
    purpose: str,
    parents: Sequence[Lineage],
    origins: Sequence[tuple[Source, Terms | None]],
) -> Decision:
    """Steps 1 to 5.

    ``people`` and ``purpose`` are those of the request that was granted, ``parents`` the registered lineages of exactly
    ``lineage.parents``. ``origins`` is what the vault's own records say of the sources that came straight from
    recordings: each with its terms, or ``None`` where there is no such recording of that person under that consent.
    """
    if not set(lineage.people) <= set(people):
        return no(Reason.GRANT_WRONG_PERSON)
    if not set(lineage.purposes) <= {purpose}:
        return no(Reason.GRANT_WRONG_PURPOSE)
    if {parent.artefact_id for parent in parents} != set(lineage.parents):
        return no(Reason.LINEAGE_UNKNOWN_SOURCE, "a parent")
    for parent in parents:
        if not covers(lineage.sources, parent.sources):
            return no(Reason.LINEAGE_LEAVES_OUT, parent.artefact_id)
    if not parents and not origins:
        return no(Reason.LINEAGE_UNKNOWN_SOURCE, "it names none")
    found = [terms_of(parent) for parent in parents]
    for source, terms in origins:
        if terms is None:
            return no(Reason.LINEAGE_UNKNOWN_SOURCE, source.sessions[0].session_id)
        found.append(terms)
    allowed = narrowest(found)
    if not set(lineage.purposes) <= allowed.purposes:
        return no(Reason.LINEAGE_WIDER)
    if lineage.retention_until_ns > allowed.until_ns:
        return no(Reason.LINEAGE_KEPT_LONGER)
    return ALLOWED


@deny_on_error
def may_use(state: Literal["live", "due", "destroyed"] | None, *, until_ns: int, now_ns: int) -> Decision:
    """May an artefact be opened, acted with, audited or exported? ``state``: what the vault has on record, if anything.

    Only what is live: of anything else something was erased, or nobody knows.
    """
    if state is None:
        return no(Reason.LINEAGE_UNKNOWN_SOURCE, "the artefact itself")
    if state != "live":
        return no(Reason.LINEAGE_ERASED)
    if now_ns >= until_ns:
        return no(Reason.LINEAGE_KEPT_LONGER)
    return ALLOWED


@deny_on_error
def may_replace(older: Lineage, newer: Lineage) -> Decision:
    """May ``newer`` be called what is left of ``older``? Of the same kind, and made of nothing that was not in it."""
    if newer.kind != older.kind or newer.artefact_id == older.artefact_id:
        return no(Reason.LINEAGE_UNKNOWN_SOURCE, "it is no other version of it")
    if not covers(older.sources, newer.sources):
        return no(Reason.LINEAGE_UNKNOWN_SOURCE, "it has what the older one had not")
    if not set(newer.purposes) <= set(older.purposes):
        return no(Reason.LINEAGE_WIDER)
    return ALLOWED


def _spans(sources: Iterable[Source]) -> Iterator[tuple[Place, Span]]:
    for source in sources:
        for session in source.sessions:
            for span in session.spans:
                yield (source.person_id, source.consent_id, session.session_id), span


def _build(pairs: Iterable[tuple[Place, Span]]) -> list[Source]:
    """Everything in order, spans that touch or overlap made one."""
    ordered = sorted(pairs)
    sources = []
    for (person_id, consent_id), of_source in groupby(ordered, key=lambda pair: pair[0][:2]):
        sessions = [
            SessionSource(session_id=session_id, spans=_joined([span for _, span in of_session]))
            for session_id, of_session in groupby(of_source, key=lambda pair: pair[0][2])
        ]
        sources.append(Source(person_id=person_id, consent_id=consent_id, sessions=sessions))
    return sources


def _joined(spans: Collection[Span]) -> list[Span]:
    """Spans in order of their first, made one where they touch."""
    joined: list[Span] = []
    for first, last in spans:
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return joined
