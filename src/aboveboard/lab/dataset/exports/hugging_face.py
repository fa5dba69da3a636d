"""How does a data set look to those who read it with Hugging Face ``datasets``, or with WebDataset?

**Hugging Face**: Parquet under ``data/``, one row per step with all its fields, the frame as an image, and the
episode's instruction and outcome; the features are named in the file, so that ``load_dataset`` shows the images.
**WebDataset**: tar files with a PNG and a JSON document for each step, the steps of an episode in a row.
"""

import io
import json
import tarfile
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from aboveboard.formats.trajectory import Episode, Step
from aboveboard.lab.dataset.exports.report import Pngs, Put, Report, episodes, name_of
from aboveboard.lab.dataset.read import Dataset
from aboveboard.lab.dataset.tables import STEPS

FILE_BYTES = 64 * 1024 * 1024
IMAGE = pa.struct([pa.field("bytes", pa.binary()), pa.field("path", pa.string())])
_MORE = [
    pa.field("episode", pa.string()),
    pa.field("instruction", pa.string()),
    pa.field("outcome", pa.string()),
    pa.field("image", IMAGE),
]


def write_parquet(data: Dataset, put: Put, mark: str) -> Report:
    """Write the whole data set as Parquet; ``mark`` goes into each file's metadata."""
    report, pngs = Report(), Pngs(data)
    schema = pa.schema([*STEPS, *_MORE])
    schema = schema.with_metadata({"huggingface": json.dumps(_features(schema)), "aboveboard": mark})
    rows: list[dict[str, Any]] = []
    size_bytes = 0
    for episode, steps in episodes(data):
        for step in steps:
            rows.append(_row(episode, step, pngs))
            report.steps += 1
            size_bytes += len((rows[-1]["image"] or {}).get("bytes", b"")) + 1000
            if size_bytes >= FILE_BYTES:
                _put_parquet(rows, schema, put, report)
                rows, size_bytes = [], 0
    _put_parquet(rows, schema, put, report)
    put("README.md", _card(mark))
    report.files += 1
    return report


def _row(episode: Episode, step: Step, pngs: Pngs) -> dict[str, Any]:
    shown = step.frame_sha256
    image = {"bytes": pngs(shown), "path": f"{shown}.png"} if shown is not None else None
    about = {"episode": name_of(episode), "instruction": episode.instruction, "outcome": episode.outcome}
    return {**msgspec.to_builtins(step), **about, "image": image}


def _put_parquet(rows: list[dict[str, Any]], schema: pa.Schema, put: Put, report: Report) -> None:
    if rows:
        stream = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), stream, compression="zstd")
        put(f"data/train-{report.files:05}.parquet", stream.getvalue())
        report.files += 1


def _features(schema: pa.Schema) -> dict[str, Any]:
    """What ``datasets`` calls the types."""

    def called(kind: pa.DataType) -> Any:
        if kind.equals(IMAGE):
            return {"_type": "Image"}
        if pa.types.is_struct(kind):
            return {one.name: called(one.type) for one in kind}
        if pa.types.is_list(kind):
            return {"feature": called(kind.value_type), "_type": "List"}
        return {"dtype": {"double": "float64"}.get(str(kind), str(kind)), "_type": "Value"}

    return {"info": {"features": {one.name: called(one.type) for one in schema}}}


def _card(mark: str) -> bytes:
    lines = ["---", "configs:", "- config_name: default", "  data_files: data/*.parquet", "---", "", mark, ""]
    return "\n".join(lines).encode()


def write_tars(data: Dataset, put: Put, mark: str) -> Report:
    """Write the whole data set as tar files; ``mark`` is in each document."""
    report, pngs = Report(), Pngs(data)
    entries: list[tuple[str, bytes]] = []
    size_bytes = 0
    for episode, steps in episodes(data):
        about = {"episode": name_of(episode), "instruction": episode.instruction, "outcome": episode.outcome}
        for step in steps:
            key = f"{name_of(episode)}-{step.index:06}"
            document = {"step": msgspec.to_builtins(step), **about, "aboveboard": mark}
            entries.append((f"{key}.json", json.dumps(document, ensure_ascii=False).encode()))
            if step.frame_sha256 is not None:
                entries.append((f"{key}.png", pngs(step.frame_sha256)))
                size_bytes += len(entries[-1][1])
            report.steps += 1
        if size_bytes >= FILE_BYTES:
            _put_tar(entries, put, report)
            entries, size_bytes = [], 0
    _put_tar(entries, put, report)
    return report


def _put_tar(entries: list[tuple[str, bytes]], put: Put, report: Report) -> None:
    if entries:
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w") as tar:
            for name, data in entries:
                entry = tarfile.TarInfo(name)
                entry.size = len(data)
                tar.addfile(entry, io.BytesIO(data))
        put(f"shard-{report.files:06}.tar", stream.getvalue())
        report.files += 1
