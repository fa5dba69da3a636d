"""A film from outside is not believed: damaged, lying about its size, or naming other files, it is refused in words."""

import contextlib
import struct
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aboveboard.base.errors import BadInput
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats.mcap_file import write_recording
from aboveboard.lab.dataset.imports import films
from aboveboard.lab.dataset.imports.films import film_frames
from samples.played import HEIGHT, START_NS, WIDTH, film, play, recording

CODECS = {"film.webm": "libvpx-vp9", "film.mp4": "libx264"}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder, played = tmp_path_factory.mktemp("films"), play(3, 4)
    made = {name: film(played.frames, folder / name, codec=codec).read_bytes() for name, codec in CODECS.items()}
    return made | {"own.mcap": write_recording(recording(played, new_id(Kind.SESSION), START_NS))}


@pytest.mark.parametrize("name", ["film.webm", "film.mp4", "own.mcap"])
def test_a_film_as_it_is_can_be_read(good: dict[str, bytes], tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(good[name])
    shown = list(film_frames(tmp_path / name))
    times = [time_ns for time_ns, _ in shown]
    assert len(shown) > 10
    assert times == sorted(set(times))
    assert {frame.shape for _, frame in shown} == {(HEIGHT, WIDTH, 3)}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_is_damaged_is_read_or_refused(good: dict[str, bytes], tmp_path: Path, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(good)))
    plain = bytearray(good[name])
    for _ in range(data.draw(st.integers(0, 12))):
        plain[data.draw(st.integers(0, len(plain) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / name
    cut = data.draw(st.just(len(plain)) | st.integers(0, len(plain)))
    path.write_bytes(plain[:cut])
    last_ns = -1
    with contextlib.suppress(BadInput):
        for time_ns, frame in film_frames(path):
            assert time_ns > last_ns
            assert frame.size <= 3 * films.PIXEL_LIMIT
            last_ns = time_ns


@pytest.mark.parametrize(
    "text",
    [
        "ffconcat version 1.0\nfile '{}'\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{}\n#EXT-X-ENDLIST\n",
        "<?xml version='1.0'?><MPD><BaseURL>{}</BaseURL></MPD>",
    ],
)
def test_a_list_that_names_another_file_is_no_film(good: dict[str, bytes], tmp_path: Path, text: str) -> None:
    other = tmp_path / "secret.webm"
    other.write_bytes(good["film.webm"])
    path = tmp_path / "film.webm"
    path.write_text(text.format(other), encoding="utf-8")
    with pytest.raises(BadInput, match="it begins as none of these"):
        list(film_frames(path))


def _said_to_be(webm: bytes, width: int, height: int) -> bytes:
    """The same pictures in a container that says another size (PixelWidth and PixelHeight, RFC 9559)."""
    made = webm
    for element, was, told in ((b"\xb0", WIDTH, width), (b"\xba", HEIGHT, height)):
        body = was.to_bytes((was.bit_length() + 7) // 8, "big")
        wanted = element + struct.pack(">B", 0x80 | len(body)) + body
        assert made.count(wanted) == 1
        made = made.replace(wanted, element + struct.pack(">B", 0x80 | len(body)) + told.to_bytes(len(body), "big"))
    return made


def test_one_that_says_it_is_larger_than_any_screen_is_not_unpacked(
    good: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(films, "PIXEL_LIMIT", WIDTH * HEIGHT)
    (tmp_path / "film.webm").write_bytes(_said_to_be(good["film.webm"], 255, 255))
    with pytest.raises(BadInput, match="cannot be read as a film"):
        list(film_frames(tmp_path / "film.webm"))


def test_nor_is_one_that_is_larger_than_it_says(
    good: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "film.webm").write_bytes(_said_to_be(good["film.webm"], 16, 16))
    assert list(film_frames(tmp_path / "film.webm"))
    monkeypatch.setattr(films, "PIXEL_LIMIT", WIDTH * HEIGHT - 1)
    with pytest.raises(BadInput, match="cannot be read as a film"):
        list(film_frames(tmp_path / "film.webm"))


def test_one_that_never_ends_is_refused(
    good: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(films, "FRAMES_LIMIT", 5)
    (tmp_path / "film.mp4").write_bytes(good["film.mp4"])
    with pytest.raises(BadInput, match="too many frames"):
        list(film_frames(tmp_path / "film.mp4"))


def test_a_film_without_pictures_is_refused(tmp_path: Path) -> None:
    (tmp_path / "film.mkv").write_bytes(b"\x1a\x45\xdf\xa3" + bytes(40))
    with pytest.raises(BadInput, match="cannot be read as a film"):
        list(film_frames(tmp_path / "film.mkv"))
    (tmp_path / "empty.mkv").write_bytes(b"")
    with pytest.raises(BadInput, match="it begins as none of these"):
        list(film_frames(tmp_path / "empty.mkv"))
