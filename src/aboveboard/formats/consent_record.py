"""How does a consent read to somebody else's software? As a record after ISO/IEC TS 27560:2023, in the words of the W3C
Data Privacy Vocabulary (DPV 2), as JSON-LD.

What counts is the signed receipt (``formats.consent``): this is made from it and from the disclosure, by one pure
function, the same on both sides, and :func:`read_back` finds the receipt in it again. It needs no other document to be
read: its context is in it.
"""

from datetime import UTC, datetime
from typing import Any

import msgspec

from aboveboard.base.errors import BadInput
from aboveboard.formats.consent import ConsentReceipt, Withdrawal
from aboveboard.formats.disclosure import AppRule, Disclosure, Formality, Purpose
from aboveboard.formats.disclosure_text import told
from aboveboard.formats.disclosure_words import words_in
from aboveboard.formats.disclosure_words.en import WORDS as ENGLISH
from aboveboard.formats.disclosure_words.shape import KINDS

STANDARD = "ISO/IEC TS 27560:2023"
OWN = "urn:aboveboard:terms#"
CONTEXT: dict[str, Any] = {
    "dpv": "https://w3id.org/dpv#",
    "dct": "http://purl.org/dc/terms/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "ab": OWN,
    "dct:issued": {"@type": "xsd:dateTime"},
    "dct:valid": {"@type": "xsd:dateTime"},
    "dct:date": {"@type": "xsd:date"},
    "dpv:isIndicatedAtTime": {"@type": "xsd:dateTime"},
}
"""Carried inside every record, so that nothing has to be fetched to read one."""

_MEASURE = {
    "legal_basis": "dpv:LegalBasis",
    "impact_assessment": "dpv:DPIA",
    "works_council": "dpv:ConsultationWithDataSubjectRepresentative",
    "prior_notice": "dpv:PrivacyNotice",
}
_PURPOSE: dict[Purpose, str] = {
    "train_agents": "dpv:ResearchAndDevelopment",
    "evaluate_agents": "dpv:ResearchAndDevelopment",
    "study_interaction": "dpv:AcademicResearch",
}


def record_of(
    receipt: ConsentReceipt, disclosure: Disclosure, *, expires_at_ns: int, withdrawal: Withdrawal | None = None
) -> dict[str, Any]:
    """The record of a consent, for ``json.dumps``; ``disclosure`` is what the receipt is for.

    ``expires_at_ns``: until when it counts (``rules.consent.expires_at_ns``). Raises :class:`BadInput` if the
    disclosure does not come in the receipt's language.
    """
    what = told(disclosure, receipt.language)
    ended = withdrawal is not None
    return {
        "@context": CONTEXT,
        "@id": f"urn:aboveboard:{receipt.consent_id}",
        "@type": ["dpv:ConsentReceipt", "dpv:ConsentRecord"],
        "dct:conformsTo": STANDARD,
        "dct:language": receipt.language,
        "dpv:hasIdentifier": receipt.consent_id,
        "dpv:hasConsentStatus": {"@id": "dpv:ConsentWithdrawn" if ended else "dpv:ConsentGiven"},
        "dpv:hasLegalBasis": {"@id": "dpv:ExplicitlyExpressedConsent"},
        "dpv:isIndicatedAtTime": _iso(withdrawal.at_ns if withdrawal is not None else receipt.given_at_ns),
        "dpv:hasIndicationMethod": "a signature with the person's own key, on the person's own machine",
        "dct:valid": _iso(expires_at_ns),
        "dpv:hasDataSubject": {
            "@id": f"urn:aboveboard:{receipt.person_id}",
            "@type": "dpv:DataSubject",
            "dpv:hasIdentifier": receipt.person_id,
            "ab:personKey": receipt.person_key,
            "ab:personRecipient": receipt.person_recipient,
            "ab:device": receipt.device_id,
        },
        "dpv:hasNotice": {
            "@id": f"urn:aboveboard:disclosure:{receipt.disclosure_sha256}",
            "@type": "dpv:ConsentNotice",
            "dct:title": what.title,
            "dct:description": what.summary,
            "dct:language": receipt.language,
            "ab:programme": disclosure.programme,
            "ab:version": disclosure.version,
            "ab:disclosureSha256": receipt.disclosure_sha256,
            "ab:shownSha256": receipt.shown_sha256,
        },
        "dpv:hasProcess": [_process(disclosure, purpose, receipt) for purpose in disclosure.purposes],
        "dpv:hasConsentControl": {"@id": "dpv:WithdrawConsent"},
        "ab:givenAtNs": str(receipt.given_at_ns),
        **({} if receipt.expires_at_ns is None else {"ab:expiresAtNs": str(receipt.expires_at_ns)}),
    }


def read_back(record: Any) -> ConsentReceipt:
    """The receipt that a record was made from; raises :class:`BadInput` if it is not one that we made."""
    try:
        subject, notice = record["dpv:hasDataSubject"], record["dpv:hasNotice"]
        expires = record.get("ab:expiresAtNs")
        return msgspec.convert(
            {
                "consent_id": record["dpv:hasIdentifier"],
                "person_id": subject["dpv:hasIdentifier"],
                "device_id": subject["ab:device"],
                "person_key": subject["ab:personKey"],
                "person_recipient": subject["ab:personRecipient"],
                "disclosure_sha256": notice["ab:disclosureSha256"],
                "shown_sha256": notice["ab:shownSha256"],
                "given_at_ns": int(record["ab:givenAtNs"]),
                "expires_at_ns": None if expires is None else int(expires),
                "language": record["dct:language"],
            },
            ConsentReceipt,
        )
    except (KeyError, TypeError, ValueError, AttributeError, msgspec.ValidationError) as error:
        raise BadInput(
            "this record of a consent cannot be read",
            cause="something was taken out of it or put into it, or another program made it",
            fix="make it again: 'aboveboard consent show --json-ld'",
        ) from error


def _process(disclosure: Disclosure, purpose: Purpose, receipt: ConsentReceipt) -> dict[str, Any]:
    words = words_in(receipt.language) or ENGLISH
    return {
        "@type": "dpv:Process",
        "dpv:hasPurpose": {
            "@id": f"urn:aboveboard:purpose:{purpose}",
            "@type": [_PURPOSE[purpose], "dpv:Purpose"],
            "dct:title": words.purposes[purpose],
        },
        "dpv:hasProcessing": [{"@id": "dpv:Record"}, {"@id": "dpv:Store"}, {"@id": "dpv:Use"}],
        "dpv:hasPersonalData": [each for app in disclosure.apps for each in _data(app, disclosure, receipt.language)],
        "dpv:hasDataController": {
            "@type": "dpv:DataController",
            "dpv:hasName": disclosure.controller,
            "dpv:hasContact": disclosure.contact,
        },
        "dpv:hasRecipient": [
            {"@type": "dpv:Recipient", "dpv:hasName": name} for name in _own(disclosure, receipt.language)
        ],
        "dpv:hasStorageCondition": {
            "@type": "dpv:StorageDuration",
            "dpv:hasDuration": {"@type": "xsd:duration", "@value": f"P{disclosure.retention_days}D"},
        },
        "dpv:hasJurisdiction": [
            {"@id": f"urn:iso:3166:{country}", "@type": "dpv:Country", "dct:title": words.country(country)}
            for country in disclosure.countries
        ],
        "dpv:hasTechnicalMeasure": [{"@id": "dpv:EndToEndEncryption"}, {"@id": "dpv:EncryptionAtRest"}],
        "dpv:hasOrganisationalMeasure": [_formality(each) for each in disclosure.formalities],
    }


def _data(app: AppRule, disclosure: Disclosure, language: str) -> list[dict[str, Any]]:
    """What is recorded of one application: each kind, what of it, and why."""
    words = words_in(language) or ENGLISH
    own = next(
        (
            one
            for each in disclosure.translations
            if each.language == language
            for one in each.apps
            if one.wm_class.casefold() == app.wm_class.casefold()
        ),
        app,
    )
    return [
        {
            "@type": "dpv:CollectedPersonalData",
            "dct:title": f"{own.name}: {words.kinds[kind][getattr(app, kind)]}",
            "dpv:hasJustification": getattr(own.because, kind) or own.why,
            "ab:kind": kind,
            "ab:fidelity": getattr(app, kind),
        }
        for kind in KINDS
        if getattr(app, kind) != "none"
    ]


def _own(disclosure: Disclosure, language: str) -> list[str]:
    """The recipients, in this language."""
    return next(
        (each.recipients for each in disclosure.translations if each.language == language), disclosure.recipients
    )


def _formality(each: Formality) -> dict[str, Any]:
    return {
        "@type": _MEASURE[each.kind],
        "dct:title": each.title,
        "dct:date": each.date,
        "dpv:hasLocation": each.kept_at,
        "dpv:hasJurisdiction": [{"@id": f"urn:iso:3166:{country}"} for country in each.countries],
        "ab:sha256": each.sha256,
    }


def _iso(time_ns: int) -> str:
    """Wall time as ISO 8601 in UTC, to the second."""
    return datetime.fromtimestamp(time_ns // 1_000_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
