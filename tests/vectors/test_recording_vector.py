"""The committed recording still opens, holds what its description says, and is what we would write today."""

import base64
import io
import json
import runpy
from pathlib import Path
from typing import Any

import pytest
import zstandard
from mcap.reader import make_reader
from mcap.records import Chunk
from mcap.stream_reader import StreamReader

from aboveboard.formats.mcap_file import read_recording

FOLDER = Path(__file__).parent


@pytest.fixture(scope="module")
def generator() -> dict[str, Any]:
    return runpy.run_path(str(FOLDER / "generate_recording.py"))


def committed() -> bytes:
    return base64.b64decode((FOLDER / "recording.mcap.b64").read_text(encoding="ascii"))


def chunks(data: bytes) -> list[bytes]:
    records = StreamReader(io.BytesIO(data), emit_chunks=True).records
    return [zstandard.decompress(record.data) for record in records if isinstance(record, Chunk)]


def test_the_committed_recording_holds_what_its_description_says(generator: dict[str, Any]) -> None:
    found = [generator["described"](item) for item in read_recording(committed())]
    assert found == json.loads((FOLDER / "recording.json").read_text(encoding="utf-8"))
    assert len(found) == 24


def test_it_is_what_we_would_write_today(generator: dict[str, Any]) -> None:
    made = generator["vectors"]()
    assert made["recording.json"] == (FOLDER / "recording.json").read_text(encoding="utf-8")
    assert chunks(base64.b64decode(made["recording.mcap.b64"])) == chunks(committed())


def test_mcaps_own_reader_reads_it() -> None:
    reader = make_reader(io.BytesIO(committed()), validate_crcs=True)
    header, summary = reader.get_header(), reader.get_summary()
    assert (header.profile, header.library) == ("aboveboard", "aboveboard")
    assert summary is not None
    assert summary.statistics is not None
    assert summary.statistics.message_count == 24
