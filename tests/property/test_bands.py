"""Pictures and parts of sealed files come out as they went in, or not at all."""

import io
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aboveboard.base.errors import BadInput, Tampered
from aboveboard.formats import age_header
from aboveboard.replay.bands import BAND_ROWS, pack_band, pack_picture, picture_name, unpack_picture
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.seal import seal
from aboveboard.sealing.unseal import CHUNK_BYTES, TAG_BYTES, SealedFile, unseal

IDENTITY = Identity.generate()
FOLDER = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 9), st.integers(1, 3 * BAND_ROWS), st.integers(0, 2**32))
def test_a_picture_comes_out_as_it_went_in(width: int, height: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 255, (height, width, 3), dtype=np.uint8)
    picture = pack_picture(pixels)
    assert np.array_equal(unpack_picture(width, height, [band.data for band in picture.bands]), pixels)
    assert picture.name == picture_name(width, height, [band.sha256 for band in picture.bands])
    other = pixels.copy()
    other[-1, -1, -1] ^= 1
    assert pack_picture(other).name != picture.name
    assert pack_picture(other).bands[:-1] == picture.bands[:-1]


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=80), st.integers(0, 5), st.integers(0, 200))
def test_damaged_bands_are_refused(noise: bytes, width: int, height: int) -> None:
    good = [band.data for band in pack_picture(np.zeros((BAND_ROWS, 5, 3), np.uint8)).bands]
    for bands in ([noise], [noise, *good], [good[0][: len(noise)]], [good[0] + noise]):
        with suppress(BadInput):
            assert unpack_picture(width, height, bands).shape == (height, width, 3)


def test_a_small_band_does_not_unpack_into_a_large_picture() -> None:
    bomb = zstandard.ZstdCompressor().compress(bytes(1 << 28))
    silent = zstandard.ZstdCompressor(write_content_size=False).compress(bytes(1 << 28))
    for data in (bomb, silent):
        with pytest.raises(BadInput):
            unpack_picture(5, BAND_ROWS, [data])
    with pytest.raises(BadInput):
        unpack_picture(1 << 20, 1 << 20, [bomb])


def test_the_same_rows_make_the_same_band_wherever_they_lie() -> None:
    pixels = np.arange(BAND_ROWS * 10 * 3, dtype=np.uint8).reshape(BAND_ROWS, 10, 3)
    assert pack_band(pixels[:, 2:7]) == pack_band(pixels[:, 2:7].copy())


@FOLDER
@given(st.sampled_from([0, 1, 100, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES]), st.data())
def test_a_part_of_a_sealed_file_is_that_part_of_it(tmp_path: Path, size: int, data: st.DataObject) -> None:
    plain = np.random.default_rng(size).bytes(size)
    path = tmp_path / "sealed"
    path.write_bytes(seal(plain, [IDENTITY.recipient]))
    begin = data.draw(st.integers(0, size))
    end = data.draw(st.integers(begin, size))
    opened = SealedFile(path, IDENTITY)
    assert opened.size_bytes == size
    assert opened.read(begin, end - begin) == plain[begin:end]
    assert opened.read(0, size) == plain
    with pytest.raises(BadInput):
        opened.read(begin, size - begin + 1)
    opened.close()


@FOLDER
@given(st.integers(0, 2 * (CHUNK_BYTES + TAG_BYTES) + 300), st.integers(1, 255))
def test_a_sealed_file_that_was_changed_gives_nothing_out_of_what_was(tmp_path: Path, place: int, by: int) -> None:
    plain = bytes(2 * CHUNK_BYTES)
    sealed = bytearray(seal(plain, [IDENTITY.recipient]))
    place %= len(sealed)
    sealed[place] ^= by
    path = tmp_path / "sealed"
    path.write_bytes(bytes(sealed))
    with pytest.raises((Tampered, BadInput)):
        SealedFile(path, IDENTITY).read(0, len(plain))


@pytest.mark.parametrize("cut", [1, TAG_BYTES, CHUNK_BYTES, CHUNK_BYTES + TAG_BYTES, CHUNK_BYTES + TAG_BYTES + 1])
def test_a_sealed_file_that_was_cut_short_is_not_opened(tmp_path: Path, cut: int) -> None:
    sealed = seal(bytes(2 * CHUNK_BYTES), [IDENTITY.recipient])
    path = tmp_path / "sealed"
    path.write_bytes(sealed[:-cut])
    with pytest.raises(Tampered):
        SealedFile(path, IDENTITY)


def test_a_sealed_file_of_somebody_else_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "sealed"
    path.write_bytes(seal(b"words", [Identity.generate().recipient]))
    with pytest.raises(BadInput):
        SealedFile(path, IDENTITY)


def test_both_ways_of_opening_take_the_same_headers() -> None:
    sealed = seal(b"words", [IDENTITY.recipient])
    header, payload = age_header.split(sealed)
    assert unseal(header + payload, IDENTITY) == b"words"
    assert io.BytesIO(sealed).read(len(header)) == header
