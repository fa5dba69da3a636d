"""Which published disclosure is it, which later ones does a consent to it cover, and may people be recorded under it?

Disclosures never change, so what was read or decided of one is remembered by its hash.
"""

from functools import lru_cache

from aboveboard.formats import disclosure as disclosure_format
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats.disclosure import Disclosure
from aboveboard.rules.decision import Decision
from aboveboard.rules.disclosure_change import covers
from aboveboard.rules.law import may_begin
from aboveboard.vault.arriving import Told
from aboveboard.vault.storage.records import Transaction
from aboveboard.vault.storage.rows import DisclosureRow


def disclosed(row: DisclosureRow) -> Disclosure:
    """The document of a stored disclosure."""
    return _read(row.envelope)


def covered_versions(tx: Told, sha256: str) -> frozenset[str]:
    """The hashes of the later versions that a consent to the disclosure called ``sha256`` covers too."""
    current = tx.current_disclosure()
    if current is None or current.sha256 == sha256:
        return frozenset()
    agreed = tx.disclosure(sha256)
    if agreed is None:
        return frozenset()
    return _covered(agreed.envelope, tuple((row.sha256, row.envelope) for row in tx.disclosures_after(agreed.version)))


def lawful(tx: Transaction, person_id: str, row: DisclosureRow, *, now_ns: int) -> Decision:
    """May this person be recorded under it, by the law of where they are?"""
    person = tx.person(person_id)
    return may_begin(disclosed(row), person.country if person is not None else "", now_ns=now_ns)


@lru_cache(maxsize=64)
def _read(envelope: str) -> Disclosure:
    return disclosure_format.decode(envelope_format.decode(envelope.encode("utf-8")).body())


@lru_cache(maxsize=64)
def _covered(agreed: str, later: tuple[tuple[str, str], ...]) -> frozenset[str]:
    covered: list[str] = []
    for place, (sha256, _) in enumerate(later):
        if not covers(_read(agreed), [_read(envelope) for _, envelope in later[: place + 1]]).allowed:
            break
        covered.append(sha256)
    return frozenset(covered)
