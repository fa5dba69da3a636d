"""Do other people's tools read what we say of an artefact's descent?

``mlcroissant`` (MLCommons) for the Croissant description; for the event the types of ``openlineage-python``, which that
project generates from its published schema.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import attr
import mlcroissant
import pytest
from openlineage.client import event_v2
from openlineage.client.generated.base import DatasetFacet, InputDataset, Job, OutputDataset, Run
from openlineage.client.generated.job_type_job import JobTypeJobFacet
from openlineage.client.generated.processing_engine_run import ProcessingEngineRunFacet

from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import croissant, open_lineage
from aboveboard.formats.lineage import ArtefactFile, Lineage
from aboveboard.rules.lineage import sources_of

PLACE = (new_id(Kind.PERSON), new_id(Kind.CONSENT), new_id(Kind.SESSION))
OTHER = (new_id(Kind.PERSON), new_id(Kind.CONSENT), new_id(Kind.SESSION))
MADE = Lineage(
    artefact_id=new_id(Kind.ARTEFACT),
    kind="dataset",
    created_at_ns=1_800_000_000_123_456_789,
    grant_id=new_id(Kind.GRANT),
    purposes=["evaluate_agents", "train_agents"],
    retention_until_ns=1_810_000_000_000_000_000,
    sources=sources_of([(PLACE, 0), (PLACE, 1), (PLACE, 5), (OTHER, 0)]),
    parents=[],
    files=[
        ArtefactFile(path="dataset.json", size_bytes=812, sha256="a" * 64),
        ArtefactFile(path="person-x.steps.parquet.age", size_bytes=90_000, sha256="b" * 64, head_sha256="c" * 64),
    ],
    made_by="aboveboard 0.1.0 (derive)",
)
MODEL = Lineage(
    artefact_id=new_id(Kind.ARTEFACT),
    kind="model",
    created_at_ns=MADE.created_at_ns + 1,
    grant_id=MADE.grant_id,
    purposes=["train_agents"],
    retention_until_ns=MADE.retention_until_ns,
    sources=MADE.sources,
    parents=[MADE.artefact_id],
    files=[ArtefactFile(path="policy.safetensors", size_bytes=9_000, sha256="d" * 64)],
    made_by="aboveboard 0.1.0 (train)",
)


@pytest.mark.parametrize("lineage", [MADE, MODEL], ids=["data set", "model"])
def test_mlcroissant_reads_the_description(lineage: Lineage, tmp_path: Path) -> None:
    path = tmp_path / "croissant.json"
    path.write_text(json.dumps(croissant.describe(lineage)))
    dataset = mlcroissant.Dataset(jsonld=path)
    found = dataset.metadata
    assert list(found.issues.errors) == []
    assert list(found.issues.warnings) == []
    assert found.conforms_to[0] == "http://mlcommons.org/croissant/1.1"
    assert {(one.content_url, one.sha256) for one in found.distribution} == {
        (one.path, one.sha256) for one in lineage.files
    }
    assert lineage.grant_id in str(found.license)
    assert len(found.data_use_cases or []) == len(lineage.purposes)
    assert any(lineage.consents[0] in words for words in found.personal_sensitive_information or [])
    assert any("rank" in words for words in found.data_limitations or [])


def test_mlcroissant_refuses_one_that_is_not_whole(tmp_path: Path) -> None:
    """The control: it does check."""
    for broken in ({"@type": "sc:Thing"}, {"distribution": [{"@type": "cr:FileObject", "@id": "x", "name": "x"}]}):
        path = tmp_path / "croissant.json"
        path.write_text(json.dumps(croissant.describe(MADE) | broken))
        with pytest.raises(mlcroissant.ValidationError):
            mlcroissant.Dataset(jsonld=path)


@pytest.mark.parametrize("lineage", [MADE, MODEL], ids=["data set", "model"])
def test_openlineage_reads_the_event(lineage: Lineage) -> None:
    raw = json.loads(json.dumps(open_lineage.run_event(lineage)))
    event = _as_their_types(raw)
    UUID(event.run.runId)
    assert datetime.fromisoformat(event.eventTime).timestamp() == pytest.approx(lineage.created_at_ns / 1e9)
    assert attr.asdict(event)["schemaURL"] == raw["schemaURL"] == event._get_schema()
    [output] = event.outputs or []
    terms: Any = (output.facets or {})["aboveboard_terms"]
    assert output.name == lineage.artefact_id
    assert (terms["grantId"], terms["consents"], terms["segments"]) == (lineage.grant_id, lineage.consents, 4)
    assert [one["id"] for one in terms["purposes"]] == lineage.purposes


def test_each_input_of_a_data_set_names_its_segments_and_that_of_a_model_its_data_set() -> None:
    event = open_lineage.run_event(MADE)
    spans = {
        (one["facets"]["aboveboard_sources"]["consentId"], session["session_id"]): session["spans"]
        for one in event["inputs"]
        for session in one["facets"]["aboveboard_sources"]["sessions"]
    }
    as_lists = {place: [list(span) for span in found] for place, found in spans.items()}
    assert as_lists == {(PLACE[1], PLACE[2]): [[0, 1], [5, 5]], (OTHER[1], OTHER[2]): [[0, 0]]}
    assert [one["name"] for one in open_lineage.run_event(MODEL)["inputs"]] == [MADE.artefact_id]


def _as_their_types(raw: dict[str, Any]) -> event_v2.RunEvent:
    """Built by the types' own constructors, which refuse a field that the schema does not have or asks for."""
    run, job = dict(raw["run"]), dict(raw["job"])
    engine, kind = run.pop("facets")["processing_engine"], job.pop("facets")["jobType"]
    facets = [(ProcessingEngineRunFacet, engine), (JobTypeJobFacet, kind)]
    for facet, values in facets:
        fields = {name: value for name, value in values.items() if not name.startswith("_")}
        assert facet(producer=values["_producer"], **fields)._get_schema() == values["_schemaURL"]
    for dataset in [*raw["inputs"], *raw["outputs"]]:
        for name, facet in dataset.get("facets", {}).items():
            assert name.startswith("aboveboard_")
            DatasetFacet(producer=facet["_producer"])
            assert facet["_schemaURL"]
    return event_v2.RunEvent(
        eventTime=raw["eventTime"],
        producer=raw["producer"],
        eventType=event_v2.RunState(raw["eventType"]),
        run=Run(**run),
        job=Job(**job),
        inputs=[InputDataset(**one) for one in raw["inputs"]],
        outputs=[OutputDataset(**one) for one in raw["outputs"]],
    )
