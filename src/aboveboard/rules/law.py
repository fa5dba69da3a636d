"""What does the law of a country ask for before its people are recorded, and has it been done?

A table of what laws ask for of an employer who records how people work with a computer, each with its source. It is no
legal advice, it is not complete, and that a country is not in it does not mean that it asks for nothing: whoever runs a
programme answers for that. It only keeps a programme from starting where something in the table is missing.

May people of a country be recorded under a disclosure?

1. The disclosure covers the country.
2. Where the parts of a country have laws of their own, the part is known.
3. For each thing that the country's law asks for, the disclosure names the document that proves it; its day has come.

Somebody whose country is not known may be recorded only where that holds for every country of the disclosure.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from aboveboard.base.clock import SECOND_NS
from aboveboard.formats.disclosure import Disclosure, FormalityKind
from aboveboard.rules.decision import ALLOWED, Decision, Reason, deny_on_error, no

# fmt: off
EEA = (
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE",
    "IS", "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
)
# fmt: on
DIVIDED = frozenset({"US"})
"""Countries whose parts have laws of their own about this: people are invited with their part ("US-NY")."""


@dataclass(frozen=True)
class Need:
    """What a law asks for, in which countries, and where it is written."""

    kind: FormalityKind
    countries: tuple[str, ...]
    source: str


NEEDS = (
    Need("legal_basis", EEA, "Regulation (EU) 2016/679 (GDPR), Articles 6(1) and 13(1)(c)"),
    Need("legal_basis", ("GB",), "UK GDPR, Articles 6(1) and 13(1)(c)"),
    Need("impact_assessment", EEA, "GDPR, Article 35; WP 248 rev.01, III B (systematic monitoring of employees)"),
    Need("impact_assessment", ("GB",), "UK GDPR, Article 35; ICO, Employment practices: monitoring workers"),
    Need("works_council", ("DE",), "Betriebsverfassungsgesetz, § 87 (1) no. 6"),
    Need("works_council", ("AT",), "Arbeitsverfassungsgesetz, § 96 (1) no. 3 and § 96a"),
    Need("works_council", ("NL",), "Wet op de ondernemingsraden, art. 27 (1) k and l"),
    Need("works_council", ("FR",), "Code du travail, art. L2312-38"),
    Need("works_council", ("IT",), "Legge 300/1970 (Statuto dei lavoratori), art. 4"),
    Need("prior_notice", ("FR",), "Code du travail, art. L1222-4"),
    Need("prior_notice", ("US-NY",), "New York Civil Rights Law, § 52-c"),
    Need("prior_notice", ("US-CT",), "Connecticut General Statutes, § 31-48d"),
    Need("prior_notice", ("US-DE",), "Delaware Code, title 19, § 705"),
)

MISSING: dict[FormalityKind, Reason] = {
    "legal_basis": Reason.LAW_LEGAL_BASIS,
    "impact_assessment": Reason.LAW_IMPACT_ASSESSMENT,
    "works_council": Reason.LAW_WORKS_COUNCIL,
    "prior_notice": Reason.LAW_PRIOR_NOTICE,
}


def covers(named: list[str], country: str) -> bool:
    """Is ``country`` among them? A part of a country ("US-NY") is, where it or the whole is named."""
    return bool(country) and bool({country, country.partition("-")[0]} & set(named))


def needs_of(country: str) -> list[Need]:
    """What the table asks for in this country."""
    return [need for need in NEEDS if covers(list(need.countries), country)]


def parts_of(country: str) -> list[str]:
    """The parts of this country of whose laws the table knows."""
    return sorted({each for need in NEEDS for each in need.countries if each.startswith(f"{country}-")})


def missing_in(disclosure: Disclosure, country: str, *, now_ns: int) -> list[Need]:
    """What is asked for in this country and not proven by the disclosure on the day of ``now_ns`` (wall time)."""
    today = datetime.fromtimestamp(now_ns // SECOND_NS, UTC).date().isoformat()
    done = {each.kind for each in disclosure.formalities if each.date <= today and covers(each.countries, country)}
    return [need for need in needs_of(country) if need.kind not in done]


@deny_on_error
def may_begin(disclosure: Disclosure, country: str, *, now_ns: int) -> Decision:
    """Steps 1 to 3; an empty ``country`` is one that is not known."""
    for each in [country] if country else disclosure.countries:
        if not covers(disclosure.countries, each):
            return no(Reason.DISCLOSURE_COUNTRY_NOT_NAMED, f"{each}: it names {', '.join(disclosure.countries)}")
        if each in DIVIDED:
            return no(Reason.LAW_PART_UNKNOWN, each)
        for need in missing_in(disclosure, each, now_ns=now_ns):
            return no(MISSING[need.kind], f"{each}: {need.source}")
    return ALLOWED
