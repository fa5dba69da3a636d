"""Files of any content lie in a shared place: each is judged, and none ends the search or passes for what it is not."""

import tempfile
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from aboveboard.formats.mcap_file import write_recording
from aboveboard.lab.orphans import Found, Orphan, orphans
from samples.lab_recording import segment

RECORDING = write_recording(segment("ses_" + "0" * 26, 0, "words"))
STARTS = [
    b"",
    b"PAR1",
    b"\x89MCAP0\r\n",
    b"\x89PNG\r\n\x1a\n",
    b'{"payload":"',
    b'{"format":"aboveboard.dataset"',
    RECORDING,
]
NAMES = ["lineage.json", "steps.parquet", "shard.age", "x.mcap", ".partial-art_x", "dataset.json"]


def ask(digests: object, ids: object) -> list[Found]:
    return []


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(NAMES), st.sampled_from(STARTS), st.binary(max_size=3000), st.sampled_from([b"", b"PAR1"]))
@example("steps.parquet", b"PAR1", b"\xff\xff\xff\xff", b"PAR1")
def test_any_file_is_an_orphan_where_nothing_is_on_record(name: str, start: bytes, rest: bytes, end: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(start + rest + end)
        [found] = list(orphans(Path(folder), ask))
        assert isinstance(found, Orphan)
        assert found.path == name
        assert found.why in {"no_lineage", "recording"}
        if start == RECORDING:
            assert found.why == "recording"
        assert path.read_bytes() == start + rest + end
