"""A data set in the formats that trainers use: the same steps, sealed until unpacked, and nothing lost in silence."""

import io
import json
import tarfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from PIL import Image

from aboveboard.base.errors import BadInput, Conflict, NotFound, Tampered
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats.recording import Control, Key, Scroll, Timed, Window
from aboveboard.formats.trajectory import Mark, Step
from aboveboard.lab import flow, lineage
from aboveboard.lab.dataset.exports import rest
from aboveboard.lab.dataset.exports.agentnet import code_of
from aboveboard.lab.dataset.exports.lerobot import KINDS
from aboveboard.lab.dataset.exports.rest import Format, export_dataset, unpack
from aboveboard.lab.dataset.imports import agentnet, owamcap
from aboveboard.lab.dataset.imports.rest import import_dataset
from aboveboard.lab.dataset.read import Dataset
from aboveboard.lab.dataset.write import Cutting
from samples.lab_recording import START_NS, at, click, press, release, segment
from samples.lab_world import LabWorld

FORMATS: list[Format] = ["agentnet", "owamcap", "lerobot", "hugging-face", "webdataset"]
WORDS = "xanthippekeepsbees"


def more(start_ns: int) -> list[Timed]:
    """A right click, a shortcut, a choice, half a turn of the wheel, another window."""
    shortcut = Key(keycode=3, keysym=0, name="s", text="", pressed=True, modifiers=["Control"], shortcut="Ctrl+S")
    chosen = Control(
        cause="choice", role="menu item", x=0, y=0, width=90, height=90, states=[], path=["menu: File"], chosen="Save"
    )
    other = Window(app="Mail", title="inbox", pid=9, x=0, y=0, width=100, height=90)
    return [
        *click(50, 60, 4100, button=3, start_ns=start_ns),
        at(5000, press("", name="Control_L"), start_ns=start_ns),
        at(5050, shortcut, start_ns=start_ns),
        at(5080, release("s", modifiers=("Control",)), start_ns=start_ns),
        at(5100, release("", name="Control_L"), start_ns=start_ns),
        *click(30, 30, 6000, start_ns=start_ns),
        at(6100, chosen, start_ns=start_ns),
        at(8000, Scroll(dx=0, dy=0.5, x=5, y=5), start_ns=start_ns),
        at(9000, other, start_ns=start_ns),
    ]


@pytest.fixture
def made(tmp_path: Path) -> tuple[LabWorld, Dataset, Path]:
    world = LabWorld()
    world.kinds = [*world.kinds, "control"]
    session_id = new_id(Kind.SESSION)
    items = [*segment(session_id, 0, WORDS), *more(START_NS)]
    world.upload(world.enrol(), session_id, 0, sorted(items, key=lambda item: item.time_ns))
    marks = [Mark(session_id=session_id, time_ns=START_NS, kind="begin", instruction="Keep bees")]
    home = tmp_path / "lab"
    derived = flow.derive(
        world,
        world.grant(),
        world.identity,
        world.staff_key,
        home,
        world.trust,
        clock=world.clock,
        cutting=Cutting(marks=marks),
    )
    return world, Dataset.open(derived.path, world.identity), home


def exported(made: tuple[LabWorld, Dataset, Path], form: Format, to: Path) -> rest.Report:
    world, data, home = made
    path, report = export_dataset(
        world, world.staff_key, world.identity.recipient, home, data, form, now_ns=world.clock.wall_ns()
    )
    for file in path.rglob("*.age"):
        assert file.read_bytes().startswith(b"age-encryption.org/v1\n")
        assert WORDS.encode() not in file.read_bytes()
    pedigree = lineage.read_lineage(home, path.name)
    assert (pedigree.kind, pedigree.parents) == ("export", [data.card.artefact_id])
    assert unpack(path, world.identity, to, on_disk=True) == len(pedigree.files) == report.files
    plain = b"".join(one.read_bytes() for one in sorted(to.rglob("*")) if one.is_file())
    assert path.name.encode() in plain, "it carries its mark"
    return report


@pytest.mark.parametrize("form", FORMATS)
def test_every_step_comes_along_or_is_counted(
    made: tuple[LabWorld, Dataset, Path], form: Format, tmp_path: Path
) -> None:
    report = exported(made, form, tmp_path / "out")
    totals = made[1].card.totals
    if form == "owamcap":
        assert report.events + sum(report.left_out.values()) == totals.events
        assert report.left_out == {
            "no_message:Session": 1,
            "no_message:Control": 1,
            "part_of_a_wheel_step": 1,
        }
        assert report.lessened["text"] == len(WORDS)
    else:
        assert report.steps + sum(report.left_out.values()) == totals.steps == 8
    if form == "agentnet":
        assert +report.left_out == {"no_code:switch": 1}
    assert all(count >= 0 for count in report.lessened.values())


def short(step: Step) -> tuple[object, ...]:
    if step.x is not None:
        return step.action.replace("choose", "click"), step.x, step.y, step.button, step.scroll_dx, step.scroll_dy
    return step.action, step.text, step.key


def again(made: tuple[LabWorld, Dataset, Path], source: str, path: Path, to: Path) -> list[Step]:
    world = made[0]
    import_dataset(
        source,  # type: ignore[arg-type]
        path,
        to,
        recipient=world.identity.recipient,
        key=world.staff_key,
        licence="made here",
        now_ns=1,
    )
    return list(Dataset.open(to, world.identity).steps())


def test_what_went_out_as_agentnet_comes_back_as_the_same_steps(
    made: tuple[LabWorld, Dataset, Path], tmp_path: Path
) -> None:
    exported(made, "agentnet", tmp_path / "out")
    (path,) = (tmp_path / "out").glob("*.jsonl")
    line = json.loads(path.read_text().splitlines()[0])
    assert line["instruction"] == "Keep bees"
    assert isinstance(line["traj"][0]["time_ns"], int)
    back = again(made, "agentnet", path, tmp_path / "back")
    sent = [step for step in made[1].steps() if step.action != "switch"]
    assert [short(step) for step in back] == [short(step) for step in sent]
    told = list(agentnet.read(path))[-1]
    assert (told.unread, told.pictures_missing) == ({}, 0)


def test_what_went_out_as_owamcap_comes_back_with_its_own_times(
    made: tuple[LabWorld, Dataset, Path], tmp_path: Path
) -> None:
    exported(made, "owamcap", tmp_path / "out")
    (path,) = (tmp_path / "out").glob("*.mcap")
    back = [step for step in again(made, "owamcap", path, tmp_path / "back") if step.action != "switch"]
    sent = [step for step in made[1].steps() if step.action != "switch" and step.scroll_dy != 0.5]
    assert [(step.time_ns, *short(step)) for step in back] == [(step.time_ns, *short(step)) for step in sent]
    assert list(owamcap.read(path))[-1].pictures_missing == 0


def test_hugging_face_and_webdataset_hold_every_field_and_the_frames(
    made: tuple[LabWorld, Dataset, Path], tmp_path: Path
) -> None:
    steps = list(made[1].steps())
    exported(made, "hugging-face", tmp_path / "hf")
    (path,) = (tmp_path / "hf" / "data").glob("*.parquet")
    table = pq.read_table(path)
    assert table.column("time_ns").to_pylist() == [step.time_ns for step in steps]
    assert table.column("element").to_pylist()[5]["chosen"] == "Save"
    features = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
    assert features["image"] == {"_type": "Image"}
    assert features.keys() == set(table.column_names)
    exported(made, "webdataset", tmp_path / "wds")
    (shard,) = (tmp_path / "wds").glob("*.tar")
    with tarfile.open(shard) as tar:
        names = tar.getnames()
        document = json.load(tar.extractfile(names[0]))  # type: ignore[arg-type]
        with Image.open(io.BytesIO(tar.extractfile(names[1]).read())) as image:  # type: ignore[union-attr]
            assert image.size == (160, 100)
    assert len(names) == 2 * len(steps)
    assert document["step"]["time_ns"] == steps[0].time_ns
    assert names[0].rpartition(".")[0] == names[1].rpartition(".")[0]


def test_lerobot_has_a_frame_and_a_vector_for_each_step(made: tuple[LabWorld, Dataset, Path], tmp_path: Path) -> None:
    exported(made, "lerobot", tmp_path / "out")
    info = json.loads((tmp_path / "out/meta/info.json").read_text())
    table = pq.read_table(tmp_path / "out/data/chunk-000/file-000.parquet")
    assert (info["codebase_version"], info["total_frames"], info["total_episodes"]) == ("v3.0", table.num_rows, 1)
    assert set(info["features"]) == set(table.column_names)
    kinds = [KINDS[int(vector[0])] for vector in table.column("action").to_pylist()]
    assert kinds == [step.action for step in made[1].steps()]
    assert table.column("action").to_pylist()[0][1:3] == pytest.approx([20 / 160, 20 / 100])
    episodes = pq.read_table(tmp_path / "out/meta/episodes/chunk-000/file-000.parquet").to_pylist()
    assert [(one["dataset_from_index"], one["dataset_to_index"], one["tasks"]) for one in episodes] == [
        (0, 8, ["Keep bees"])
    ]


def test_plain_files_go_to_memory_or_are_asked_for(
    made: tuple[LabWorld, Dataset, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, data, home = made
    path, _ = export_dataset(world, world.staff_key, world.identity.recipient, home, data, "webdataset", now_ns=1)
    monkeypatch.setattr(rest, "file_system", lambda folder: "ext4")
    with pytest.raises(BadInput, match="on a disk"):
        unpack(path, world.identity, tmp_path / "plain")
    assert not (tmp_path / "plain").exists()
    monkeypatch.setattr(rest, "file_system", lambda folder: "tmpfs")
    unpack(path, world.identity, tmp_path / "plain")
    with pytest.raises(Conflict):
        unpack(path, world.identity, tmp_path / "plain")
    (shard,) = path.glob("*.tar.age")
    shard.write_bytes(shard.read_bytes()[:-1] + b"\0")
    with pytest.raises(Tampered):
        unpack(path, world.identity, tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_an_erasure_reaches_the_export(made: tuple[LabWorld, Dataset, Path]) -> None:
    world, data, home = made
    path, _ = export_dataset(world, world.staff_key, world.identity.recipient, home, data, "webdataset", now_ns=1)
    parent = data.card.artefact_id
    world.artefacts[parent] = world.artefacts[parent][0], "due"
    assert set(lineage.honour_erasures(world, home, world.staff_key, clock=world.clock)) == {parent, path.name}
    assert not path.exists()


def test_what_has_no_lineage_is_not_exported(made: tuple[LabWorld, Dataset, Path], tmp_path: Path) -> None:
    world, data, _ = made
    with pytest.raises(NotFound):
        export_dataset(world, world.staff_key, world.identity.recipient, tmp_path / "other", data, "lerobot", now_ns=1)


def test_the_file_system_of_a_folder_is_known() -> None:
    assert rest.file_system(Path("/proc/self")) == "proc"
    assert rest.file_system(Path("/")) != ""


@pytest.mark.parametrize(
    ("step", "code"),
    [
        ({"action": "key", "key": "Shift+Tab"}, "pyautogui.hotkey(['shift', 'tab'])"),
        ({"action": "key", "key": "plus"}, "pyautogui.press('+')"),
        ({"action": "key", "key": "XF86AudioMute"}, None),
        (
            {"action": "click", "x": 40, "y": 50, "end_x": 40, "end_y": 50, "button": 3, "key": "Control"},
            "pyautogui.keyDown('ctrl')\npyautogui.click(x=0.250000, y=0.500000, button='right')\n"
            "pyautogui.keyUp('ctrl')",
        ),
        (
            {"action": "drag", "x": 0, "y": 0, "end_x": 80, "end_y": 25, "button": 1},
            "pyautogui.moveTo(x=0.000000, y=0.000000)\npyautogui.dragTo(x=0.500000, y=0.250000)",
        ),
        ({"action": "click", "x": 1, "y": 1, "end_x": 1, "end_y": 1, "button": 8}, None),
        ({"action": "switch", "to_app": "Mail"}, None),
    ],
)
def test_code_says_what_was_done(step: dict[str, object], code: str | None) -> None:
    plain = dict.fromkeys(("person_id", "session_id", "app", "title"), "")
    numbers = dict.fromkeys(
        ("index", "time_ns", "end_ns", "window_x", "window_y", "window_width", "window_height", "events"), 0
    )
    made = Step(**plain, **numbers, frame_sha256=None, segments=[], **step)  # type: ignore[arg-type]
    assert code_of(made, (160, 100)) == code
