"""Does every format carry the artefact's mark where its own readers let it be, and a search of the bytes finds it?"""

import io
import json
import struct
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from aboveboard.base.errors import BadInput
from aboveboard.base.ids import Kind, new_id
from aboveboard.lab import marks

PIXELS = np.arange(48 * 64 * 3, dtype=np.uint8).reshape(48, 64, 3)
TABLE = pa.table({"number": list(range(5000)), "word": ["word"] * 5000})
TENSORS = {"weights": np.arange(12, dtype=np.float32).reshape(3, 4)}


def _film(path: Path) -> None:
    with av.open(str(path), "w") as sink:
        stream = sink.add_stream("libvpx-vp9", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for shade in (0, 100, 200):
            frame = av.VideoFrame.from_ndarray(np.full_like(PIXELS, shade), format="rgb24")
            for packet in stream.encode(frame):
                sink.mux(packet)
        for packet in stream.encode(None):
            sink.mux(packet)


def _frames(path: Path) -> list[int]:
    with av.open(str(path)) as source:
        return [int(frame.to_ndarray(format="rgb24").mean()) for frame in source.decode(video=0)]


def _png(path: Path) -> None:
    Image.fromarray(PIXELS).save(path)


def _read_png(path: Path) -> list[int]:
    with Image.open(path) as image:
        image.load()
        return np.asarray(image).ravel().tolist()


WRITE: dict[str, tuple[Callable[[Path], None], Callable[[Path], object]]] = {
    ".parquet": (lambda path: pq.write_table(TABLE, path, row_group_size=2000), pq.read_table),
    ".safetensors": (
        lambda path: save_file(TENSORS, path, metadata={"card": "kept"}),
        lambda path: {name: value.tolist() for name, value in load_file(path).items()},
    ),
    ".png": (_png, _read_png),
    ".mp4": (_film, _frames),
    ".mkv": (_film, _frames),
    ".webm": (_film, _frames),
    ".jsonl": (lambda path: path.write_text('{"a": 1}\n') and None, lambda path: path.read_text()),
}


@pytest.mark.parametrize("suffix", sorted(WRITE))
def test_a_marked_file_reads_as_before_and_is_found_in_every_disguise(suffix: str, tmp_path: Path) -> None:
    write, read = WRITE[suffix]
    path, artefact_id = tmp_path / f"one{suffix}", new_id(Kind.ARTEFACT)
    write(path)
    before = read(path)
    assert list(marks.unmarked(tmp_path, artefact_id)) == [path.name]
    marks.stamp_all(tmp_path, artefact_id)
    assert read(path) == before
    assert list(marks.unmarked(tmp_path, artefact_id)) == []
    assert list(marks.unmarked(tmp_path, new_id(Kind.ARTEFACT))) == [path.name]
    carrier = path.with_name(path.name + marks.BESIDE) if suffix == ".jsonl" else path
    for disguise in (carrier.read_bytes(), b"before" + carrier.read_bytes() + b"after"):
        assert marks.marks_in(io.BytesIO(disguise)) == {artefact_id}


def test_the_mark_stands_where_each_format_keeps_such_things(tmp_path: Path) -> None:
    artefact_id = new_id(Kind.ARTEFACT)
    for suffix in (".parquet", ".safetensors", ".png", ".mp4"):
        WRITE[suffix][0](tmp_path / f"one{suffix}")
    marks.stamp_all(tmp_path, artefact_id)
    mark = marks.mark_of(artefact_id)
    assert pq.read_schema(tmp_path / "one.parquet").metadata[b"aboveboard"] == mark.encode()
    with safe_open(tmp_path / "one.safetensors", "numpy") as opened:
        assert opened.metadata() == {"card": "kept", "aboveboard": mark}
    with Image.open(tmp_path / "one.png") as image:
        assert image.text["aboveboard"] == mark
    with av.open(str(tmp_path / "one.mp4")) as film:
        assert film.metadata["comment"] == mark


def test_marked_again_it_is_the_newer_ones_alone(tmp_path: Path) -> None:
    old, new = new_id(Kind.ARTEFACT), new_id(Kind.ARTEFACT)
    for suffix in (".parquet", ".safetensors", ".mp4"):
        path = tmp_path / f"one{suffix}"
        WRITE[suffix][0](path)
        marks.stamp(path, old)
        marks.stamp(path, new)
        with path.open("rb") as file:
            assert marks.marks_in(file) == {new}


@pytest.mark.parametrize("suffix", [".parquet", ".safetensors", ".png", ".mp4"])
@pytest.mark.parametrize("content", [b"", b"x", b"\xff" * 100, struct.pack("<Q", 5) + b"[1,2]"])
def test_what_is_not_what_its_name_says_is_refused_and_left_alone(suffix: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"one{suffix}"
    path.write_bytes(content)
    with pytest.raises(BadInput, match="cannot be marked"):
        marks.stamp(path, new_id(Kind.ARTEFACT))
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    assert path.read_bytes() == content


@given(st.integers(1, 3_000_000), st.binary(max_size=50))
def test_a_mark_is_found_wherever_it_stands(before: int, after: bytes) -> None:
    """Also across the blocks that are read."""
    name = "art_" + "0" * 26
    assert marks.marks_in(io.BytesIO(b"\0" * before + marks.mark_of(name).encode() + after)) == {name}


def test_what_only_looks_like_a_mark_is_none() -> None:
    name = new_id(Kind.ARTEFACT)
    for text in (name, f"urn:other:{name}", f"urn:aboveboard:{name[:-1]}", json.dumps({"artefact_id": name})):
        assert marks.marks_in(io.BytesIO(text.encode())) == set()
