"""How do machines and people outside read what this artefact is, and what it must not be used for?

As a Croissant description (MLCommons Croissant 1.1 with the vocabulary for responsible AI, RAI 1.0): JSON-LD that lies
beside the files and names each with its digest. It describes; it opens nothing.
"""

from mimetypes import guess_type
from typing import Any, Final

from aboveboard.formats.disclosure import PURPOSES
from aboveboard.formats.lineage import ArtefactFile, Lineage
from aboveboard.formats.open_lineage import iso

CONFORMS_TO: Final = ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"]
_TERMS: Final = (
    "arrayShape citeAs column containedIn equivalentProperty extract field fileProperty fileObject fileSet format "
    "includes isArray isLiveDataset jsonPath key md5 parentField path recordSet references regex repeated replace "
    "samplingRate separator source subField transform"
)
CONTEXT: Final[dict[str, Any]] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "prov": "http://www.w3.org/ns/prov#",
    "conformsTo": "dct:conformsTo",
    "name": {"@container": "@language"},
    "description": {"@container": "@language"},
    "data": {"@id": "cr:data", "@type": "@json"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    **{term: f"cr:{term}" for term in _TERMS.split()},
}
"""What the specification asks every description to begin with, and ``prov`` for descent."""

KINDS: Final = {
    "dataset": "Steps, frames and events of people's computer work, sealed to one researcher's key",
    "model": "A model that was trained on recordings of people's computer work",
    "assessment": "What a model did in tasks, and how often it succeeded; no recording is in it",
    "export": "Recordings of people's computer work in a common format",
}
_TYPES: Final = {
    "age": "application/age",
    "parquet": "application/vnd.apache.parquet",
    "safetensors": "application/octet-stream",
    "jsonl": "application/jsonl",
    "mcap": "application/x-mcap",
}


def describe(lineage: Lineage) -> dict[str, Any]:
    """The description of an artefact, as JSON's types."""
    people, until = len(lineage.people), iso(lineage.retention_until_ns)
    purposes = [PURPOSES[purpose] for purpose in lineage.purposes]
    return {
        "@context": CONTEXT,
        "@id": f"urn:aboveboard:{lineage.artefact_id}",
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS_TO,
        "name": lineage.artefact_id,
        "description": f"{KINDS[lineage.kind]}. Made from {lineage.segment_count} segments of {people} "
        f"{'person' if people == 1 else 'people'} who agreed to it.",
        "version": "1.0.0",
        "url": f"urn:aboveboard:{lineage.artefact_id}",
        "license": f"No licence: to be used under the grant {lineage.grant_id} alone, to {'; to '.join(purposes)}.",
        "creator": {"@type": "sc:Organization", "name": lineage.made_by},
        "dateCreated": iso(lineage.created_at_ns),
        "datePublished": iso(lineage.created_at_ns),
        "citeAs": f"@misc{{{lineage.artefact_id}, title={{{lineage.artefact_id}}}, note={{{lineage.made_by}}}}}",
        "isLiveDataset": False,
        "keywords": ["computer use", lineage.kind],
        "prov:wasDerivedFrom": [{"@id": f"urn:aboveboard:{name}"} for name in (lineage.parents or lineage.consents)],
        "distribution": [_file(file) for file in lineage.files],
        "rai:dataCollection": "People's own computer work, recorded on their machines while a lease lasted, in the "
        "applications and at the fidelity that they agreed to. What was personal or secret in words, keys and on the "
        "screen was covered before it was sealed, as far as the disclosure says.",
        "rai:dataCollectionType": ["Direct measurement", "Software collection"],
        "rai:personalSensitiveInformation": [
            "Recordings of identifiable people's work, under pseudonyms. What detectors miss may be personal.",
            f"Rests on the consents {', '.join(lineage.consents[:20])}"
            + (f" and {len(lineage.consents) - 20} more." if len(lineage.consents) > 20 else "."),
        ],
        "rai:dataUseCases": [f"To {words}." for words in purposes],
        "rai:dataLimitations": [
            "For no other purpose; never to measure, compare or rank a person.",
            f"Not to be kept after {until}, nor after one of its people had themselves erased.",
        ],
        "rai:dataReleaseMaintenancePlan": "Registered with the vault under the id that is its name. Erasure reaches "
        "it: what names a person who is erased is destroyed within 30 days, and made anew without them.",
    }


def _file(file: ArtefactFile) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": file.path,
        "name": file.path,
        "contentUrl": file.path,
        "contentSize": f"{file.size_bytes} B",
        "encodingFormat": _TYPES.get(file.path.rpartition(".")[2])
        or guess_type(file.path)[0]
        or "application/octet-stream",
        "sha256": file.sha256,
    }
