"""How do other people's lineage tools read ours?

As an OpenLineage run event (spec 2-0-2, https://openlineage.io): the making of the artefact is the run, what it was
made from are the inputs, the artefact is the output. What OpenLineage has no word for, under which grant, for which
purposes, until when and on whose consents, is in facets of our own, whose names begin with ``aboveboard_``.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

import msgspec

from aboveboard.formats.disclosure import PURPOSES
from aboveboard.formats.lineage import Lineage, Source

NAMESPACE: Final = "aboveboard"
PRODUCER: Final = "urn:aboveboard:software"
SCHEMA_URL: Final = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
JOBS: Final = {"dataset": "derive", "model": "train", "assessment": "assess", "export": "export"}
_FACET = "urn:aboveboard:openlineage:"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def run_event(lineage: Lineage, *, state: str = "live") -> dict[str, Any]:
    """The event that tells of an artefact's making, as JSON's types. ``state`` is the vault's word for it now."""
    made_by, _, _ = lineage.made_by.partition(" (")
    name, _, version = made_by.partition(" ")
    return {
        "eventType": "COMPLETE",
        "eventTime": iso(lineage.created_at_ns),
        "producer": PRODUCER,
        "schemaURL": SCHEMA_URL,
        "run": {
            "runId": str(uuid5(NAMESPACE_URL, f"urn:aboveboard:{lineage.artefact_id}")),
            "facets": {
                "processing_engine": _facet(
                    "https://openlineage.io/spec/facets/1-1-1/ProcessingEngineRunFacet.json"
                    "#/$defs/ProcessingEngineRunFacet",
                    name=name,
                    version=version or "unknown",
                )
            },
        },
        "job": {
            "namespace": NAMESPACE,
            "name": JOBS.get(lineage.kind, lineage.kind),
            "facets": {
                "jobType": _facet(
                    "https://openlineage.io/spec/facets/2-0-4/JobTypeJobFacet.json#/$defs/JobTypeJobFacet",
                    processingType="BATCH",
                    integration="ABOVEBOARD",
                    jobType=JOBS.get(lineage.kind, lineage.kind).upper(),
                )
            },
        },
        "inputs": [_artefact(parent) for parent in lineage.parents] or [_recordings(each) for each in lineage.sources],
        "outputs": [_artefact(lineage.artefact_id) | {"facets": {"aboveboard_terms": _terms(lineage, state)}}],
    }


def iso(time_ns: int) -> str:
    """Wall time as ISO 8601 in UTC, to the microsecond."""
    return (_EPOCH + timedelta(microseconds=time_ns // 1000)).isoformat().replace("+00:00", "Z")


def _artefact(artefact_id: str) -> dict[str, Any]:
    return {"namespace": NAMESPACE, "name": artefact_id}


def _recordings(source: Source) -> dict[str, Any]:
    """One person's recordings under one consent, down to the segment."""
    sessions = msgspec.to_builtins(source.sessions)
    facet = _facet(f"{_FACET}sources:1", personId=source.person_id, consentId=source.consent_id, sessions=sessions)
    return {
        "namespace": NAMESPACE,
        "name": f"recordings/{source.person_id}/{source.consent_id}",
        "facets": {"aboveboard_sources": facet},
    }


def _terms(lineage: Lineage, state: str) -> dict[str, Any]:
    return _facet(
        f"{_FACET}terms:1",
        kind=lineage.kind,
        grantId=lineage.grant_id,
        purposes=[{"id": purpose, "words": PURPOSES[purpose]} for purpose in lineage.purposes],
        retentionUntil=iso(lineage.retention_until_ns),
        consents=lineage.consents,
        people=lineage.people,
        segments=lineage.segment_count,
        files=[{"path": file.path, "sizeBytes": file.size_bytes, "sha256": file.sha256} for file in lineage.files],
        state=state,
    )


def _facet(schema_url: str, **fields: Any) -> dict[str, Any]:
    return {"_producer": PRODUCER, "_schemaURL": schema_url, **fields}
