"""Somebody takes home everything that was recorded of them, and reads it with tools that know nothing of us."""

import json
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import pyarrow.json
import pytest
from mcap.reader import make_reader

from aboveboard.base.errors import AboveboardError, BadInput, Conflict, Tampered, Unavailable
from aboveboard.formats import own_export as manifests
from aboveboard.formats.mcap_file import Item, read_recording
from aboveboard.formats.own_export import ExportManifest
from aboveboard.formats.recording import Timed
from aboveboard.replay.video import export_video
from aboveboard.viewer.export_folder import ExportFolder, verify
from aboveboard.viewer.listed import Listed, Listing
from aboveboard.viewer.own_export import Wanted, export, papers_of
from aboveboard.viewer.source import ViewerSource
from samples.office_session import START_NS
from samples.participant_world import NOW_NS, Vault, World, full_world
from samples.segments import items_of


class Watched:
    """The real source, which counts what is opened and can fail at a given one."""

    def __init__(self, source: ViewerSource, *, fail_at: int | None = None, error: Exception | None = None) -> None:
        self._source, self._fail_at = source, fail_at
        self._error = error or Unavailable("the vault does not answer", cause="a test says so", fix="run it again")
        self.opened_ids: list[str] = []

    def listing(self) -> Listing:
        return self._source.listing()

    def opened(self, listed: Listed) -> list[Item]:
        if len(self.opened_ids) == self._fail_at:
            raise self._error
        self.opened_ids.append(listed.manifest.segment_id)
        return self._source.opened(listed)


Film = Callable[[Iterator[Item], Path], object]


def wanted(world: World, film: Film | None = None) -> Wanted:
    papers = papers_of(Vault(world)) | {"consents/con_x.txt": b"what was agreed to\n"}
    return Wanted(person_id=world.person_id, now_ns=NOW_NS, papers=papers, film=film)


def take(world: World, source: Watched, target: Path, film: Film | None = None) -> ExportManifest:
    return export(source, ExportFolder(target), wanted(world, film), lambda done, total, words: None)


@pytest.fixture(scope="module")
def world() -> World:
    return full_world()


@pytest.fixture(scope="module")
def whole(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole export with films."""
    folder = tmp_path_factory.mktemp("export")
    take(world, Watched(world.source(folder / "home")), folder / "mine", export_video)
    return folder / "mine"


def test_what_is_in_it(world: World, whole: Path) -> None:
    made = manifests.decode((whole / "manifest.json").read_bytes())
    assert (made.person_id, made.sessions, made.segments) == (world.person_id, 2, len(world.sealed))
    assert (made.left_out, made.unreadable) == ([], 0)
    sessions = sorted((whole / "recordings").iterdir())
    assert [len(list(each.glob("*.mcap"))) for each in sessions] == [len(world.sealed) - 6, 6]
    assert all((each / name).is_file() for each in sessions for name in ("film.mkv", "events.jsonl", "segments.jsonl"))
    assert not (whole / "NOT-COMPLETE.txt").exists()
    assert world.person_id in (whole / "README.txt").read_text()
    assert all(path.stat().st_mode & 0o077 == 0 for path in [whole, *whole.rglob("*")])


def test_sha256sum_checks_it(whole: Path) -> None:
    command = ["sha256sum", "-c", "--strict", "SHA256SUMS"]
    done = subprocess.run(command, cwd=whole, capture_output=True, text=True, check=True)
    files = {path.relative_to(whole).as_posix() for path in whole.rglob("*") if path.is_file()}
    assert {line.split(": ")[0] for line in done.stdout.splitlines()} == files - {"SHA256SUMS", "manifest.json"}


def test_the_mcap_library_reads_every_recording_with_all_that_was_sealed(world: World, whole: Path) -> None:
    sealed = sorted((items_of(each, world.identity) for each in world.sealed.values()), key=_start_ns)
    found, topics = [], Counter[str]()
    for path in (whole / "recordings").rglob("*.mcap"):
        found.append(list(read_recording(path.read_bytes())))
        with path.open("rb") as file:
            for schema, channel, message in make_reader(file).iter_messages():
                assert schema is not None
                topics[channel.topic] += 1
                if channel.message_encoding == "json":
                    json.loads(message.data)
    assert sorted(found, key=_start_ns) == sealed
    assert topics["/session"] == len(world.sealed)
    assert topics["/screen"] > 0
    assert topics["/key"] > 0


def _start_ns(items: list[Item]) -> int:
    return items[0].time_ns


def test_pyarrow_and_plain_json_read_the_events(whole: Path) -> None:
    for folder in (whole / "recordings").iterdir():
        lines = [json.loads(line) for line in (folder / "events.jsonl").read_text("utf-8").splitlines()]
        messages: list[tuple[int, str]] = []
        for path in sorted(folder.glob("*.mcap")):
            with path.open("rb") as file:
                read = make_reader(file).iter_messages(log_time_order=False)
                messages += [(m.log_time, c.topic) for _, c, m in read if c.topic != "/screen"]
        assert sorted((line["time_ns"], line["topic"]) for line in lines) == sorted(messages)
        table = pyarrow.json.read_json(folder / "events.jsonl")
        assert table.num_rows == len(lines)
        assert table.column("time_ns").to_pylist() == [line["time_ns"] for line in lines]


def test_any_player_shows_the_film(whole: Path) -> None:
    for path in whole.rglob("film.mkv"):
        with av.open(str(path)) as film:
            assert {stream.type for stream in film.streams} == {"video", "subtitle"}
            assert sum(1 for _ in film.decode(video=0)) > 1


def test_what_is_on_record_is_there_with_what_was_signed(world: World, whole: Path) -> None:
    rows = json.loads((whole / "about-you" / "what-was-made-from-it.json").read_text())
    assert {row["kind"] for row in rows} == {"dataset", "model"}
    assert {source["person_id"] for row in rows for source in row["sources"]} == {world.person_id}
    assert {row["people"] for row in rows} == {2}
    assert json.loads((whole / "about-you" / "programme.json").read_text())["drills"]


def test_it_is_verified_and_every_change_is_noticed(whole: Path, tmp_path: Path) -> None:
    assert verify(whole).segments > 0
    film = next(whole.rglob("film.mkv")).relative_to(whole)
    for change in (
        lambda folder: (folder / film).write_bytes(b"x"),
        lambda folder: (folder / film).unlink(),
        lambda folder: (folder / "added.txt").write_bytes(b"x"),
        lambda folder: (folder / "SHA256SUMS").write_bytes(b""),
    ):
        copy = tmp_path / "copy"
        subprocess.run(["cp", "-a", whole, copy], check=True)
        verify(copy)
        change(copy)
        with pytest.raises(Tampered):
            verify(copy)
        subprocess.run(["rm", "-r", copy], check=True)


def test_what_was_cut_off_is_told_from_a_whole_one_and_goes_on(world: World, tmp_path: Path) -> None:
    target, home = tmp_path / "mine", tmp_path / "home"
    first = Watched(world.source(home), fail_at=5)
    with pytest.raises(Unavailable):
        take(world, first, target)
    assert "not complete" in (target / "NOT-COMPLETE.txt").read_text()
    assert not (target / "manifest.json").exists()
    with pytest.raises(BadInput, match="no complete export"):
        verify(target)
    second = Watched(world.source(home))
    made = take(world, second, target)
    assert len(first.opened_ids) == 5
    assert sorted(first.opened_ids + second.opened_ids) == sorted(world.sealed)
    assert verify(target) == made


def test_a_file_that_was_damaged_while_it_lay_there_half_written_is_written_anew(world: World, tmp_path: Path) -> None:
    target, home = tmp_path / "mine", tmp_path / "home"
    first = Watched(world.source(home), fail_at=5)
    with pytest.raises(Unavailable):
        take(world, first, target)
    damaged, lost = sorted(target.rglob("*.mcap"))[1:3]
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"x")
    lost.unlink()
    (target / "recordings" / "left.mcap.partial").write_bytes(b"half")
    with (target / ".progress.jsonl").open("ab") as journal:
        journal.write(b'{"path": "recordings/cut')
    second = Watched(world.source(home))
    take(world, second, target)
    assert len(second.opened_ids) == len(world.sealed) - 5 + 2
    assert verify(target).segments == len(world.sealed)


def test_an_interrupted_check_at_the_end_is_not_whole_either(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, home = tmp_path / "mine", tmp_path / "home"

    def full(manifest: ExportManifest) -> bytes:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(manifests, "encode", full)
        with pytest.raises(KeyboardInterrupt):
            take(world, Watched(world.source(home)), target)
    assert (target / "SHA256SUMS").exists()
    with pytest.raises(BadInput):
        verify(target)
    again = Watched(world.source(home))
    take(world, again, target)
    assert again.opened_ids == []
    verify(target)


def test_a_segment_that_does_not_pass_is_named_and_the_rest_is_there(tmp_path: Path) -> None:
    world = World()
    world.agree()
    world.add_session(count=3)
    bad = list(world.sealed)[1]
    world.sealed[bad] = world.sealed[bad][:-1] + b"\0"
    made = take(world, Watched(world.source(tmp_path / "home")), tmp_path / "mine")
    assert [one.segment_id for one in made.left_out] == [bad]
    assert "not what your device sealed" in made.left_out[0].what
    assert made.segments == 2
    assert len(list((tmp_path / "mine").rglob("*.mcap"))) == 2
    verify(tmp_path / "mine")


def test_a_shelf_that_is_silent_is_no_empty_one(tmp_path: Path) -> None:
    world = full_world()
    source = Watched(world.source(tmp_path / "home"))
    silenced = wanted(world)
    world.silent.add("vault")
    with pytest.raises(Unavailable):
        export(source, ExportFolder(tmp_path / "mine"), silenced, lambda done, total, words: None)
    assert (tmp_path / "mine" / "NOT-COMPLETE.txt").exists()


def test_it_writes_over_nothing(world: World, whole: Path, tmp_path: Path) -> None:
    with pytest.raises(Conflict, match="whole export"):
        ExportFolder(whole)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("mine")
    with pytest.raises(BadInput, match="not empty"):
        ExportFolder(tmp_path / "full")
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["letter.txt"]


@pytest.mark.parametrize("name", ["../out", "/etc/x", "", "a/../../b", "a\nb", "a\\b"])
def test_no_name_leads_out_of_the_folder(name: str, tmp_path: Path) -> None:
    folder = ExportFolder(tmp_path / "mine")
    with pytest.raises(BadInput):
        folder.put(name, [b"x"])
    assert list(tmp_path.iterdir()) == [tmp_path / "mine"]


def test_a_full_disk_says_what_to_do(tmp_path: Path) -> None:
    folder = ExportFolder(tmp_path / "mine")

    def full() -> Iterator[bytes]:
        yield b"some"
        raise OSError(28, "No space left on device")

    with pytest.raises(Unavailable) as caught:
        folder.put("recordings/one.mcap", full())
    assert "make room" in caught.value.fix
    assert not folder.has("recordings/one.mcap")
    assert [path.name for path in (tmp_path / "mine" / "recordings").iterdir()] == []


def test_a_session_without_a_screen_has_its_events_and_no_film(tmp_path: Path) -> None:
    world = World()
    world.agree()
    session_id = world.add_session(count=1)

    class Blind(Watched):
        def opened(self, listed: Listed) -> list[Item]:
            return [item for item in super().opened(listed) if isinstance(item, Timed)]

    target = tmp_path / "mine"
    take(world, Blind(world.source(tmp_path / "home")), target, export_video)
    [folder] = (target / "recordings").iterdir()
    assert folder.name.endswith(session_id)
    assert sorted(path.name for path in folder.iterdir()) == ["000000.mcap", "events.jsonl", "segments.jsonl"]
    assert json.loads((folder / "events.jsonl").read_text().splitlines()[-1])["time_ns"] > START_NS


def test_what_the_vault_answers_wrongly_is_an_error(world: World) -> None:
    class Lying:
        def get(self, path: str) -> bytes:
            return b"{" * 100_000

    with pytest.raises(AboveboardError):
        papers_of(Lying())
