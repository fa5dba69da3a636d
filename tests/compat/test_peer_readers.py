"""Do the others' own readers read what we export, and do we read what their own writers write?

Their packages are large and are not installed for the tests. Make an environment of its own and name its Python:

    python -m venv peers && peers/bin/pip install mcap-owa-support owa-msgs datasets webdataset lerobot pillow \\
        openadapt-capture sqlalchemy
    ABOVEBOARD_PEERS=peers/bin/python python -m pytest tests/compat/test_peer_readers.py
"""

import json
import os
import subprocess
import textwrap
from pathlib import Path
from typing import Any

import pytest

from aboveboard.formats.recording import Timed
from aboveboard.lab.dataset.exports.rest import Format, export_dataset, unpack
from aboveboard.lab.dataset.imports import openadapt, owamcap
from aboveboard.lab.dataset.read import Dataset
from aboveboard.lab.derive.steps import cut
from flow.test_exports import made  # noqa: F401
from samples.lab_world import LabWorld

PEERS = os.environ.get("ABOVEBOARD_PEERS", "")
pytestmark = pytest.mark.skipif(not PEERS, reason="ABOVEBOARD_PEERS names no Python with the others' packages")

READERS: dict[Format, str] = {
    "owamcap": """
        from mcap_owa.highlevel import OWAMcapReader
        found = []
        for path in folder.glob("*.mcap"):
            with OWAMcapReader(path) as reader:
                for message in reader.iter_messages():
                    kind = type(message.decoded).__name__
                    if kind == "ScreenCaptured":
                        assert message.decoded.to_rgb_array().shape == (100, 160, 3)
                    found.append([kind, message.timestamp])
        """,
    "hugging-face": """
        from datasets import load_dataset
        rows = load_dataset(str(folder), cache_dir=str(folder.parent / "cache"))["train"]
        found = [[row["action"], row["time_ns"], row["image"].size] for row in rows]
        """,
    "webdataset": """
        import webdataset
        tars = [str(path) for path in sorted(folder.glob("*.tar"))]
        rows = webdataset.WebDataset(tars, shardshuffle=False).decode("rgb8").to_tuple("json", "png")
        found = [[one["step"]["action"], one["step"]["time_ns"], list(image.shape)] for one, image in rows]
        """,
    # Of torchvision it needs no operator, and those are often built for another torch than the one that is there.
    "lerobot": """
        import types
        sys.modules["torchvision._meta_registrations"] = types.ModuleType("nothing")
        from lerobot.datasets.lerobot_dataset import LeRobotDataset
        rows = LeRobotDataset("local/export", root=folder)
        found = [
            [float(row["action"][0]), int(row["time_ns"]), list(row["observation.images.screen"].shape), row["task"]]
            for row in (rows[index] for index in range(len(rows)))
        ]
        """,
}


def ask(program: str, folder: Path) -> Any:
    head = "import json, sys, warnings; warnings.simplefilter('ignore')\nfrom pathlib import Path\n"
    body = f"folder = Path({str(folder)!r})\n{textwrap.dedent(program)}\nprint('FOUND' + json.dumps(found))"
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(folder.parent / "home")}
    done = subprocess.run(
        [PEERS, "-c", head + body], capture_output=True, text=True, check=False, timeout=110, env=environment
    )
    if "No module named" in done.stderr:
        pytest.skip(done.stderr.strip().splitlines()[-1])
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.rpartition("FOUND")[2])


@pytest.mark.parametrize("form", READERS)
def test_their_reader_finds_what_we_wrote(
    made: tuple[LabWorld, Dataset, Path],  # noqa: F811
    form: Format,
    tmp_path: Path,
) -> None:
    world, data, home = made
    path, report = export_dataset(
        world, world.staff_key, world.identity.recipient, home, data, form, now_ns=world.clock.wall_ns()
    )
    unpack(path, world.identity, tmp_path / "plain", on_disk=True)
    (tmp_path / "plain" / "lineage.json").unlink()
    found = ask(READERS[form], tmp_path / "plain")
    times = [step.time_ns for step in data.steps()]
    if form == "owamcap":
        assert sum(kind != "ScreenCaptured" for kind, _ in found) == report.events
        assert next(at for kind, at in found if kind == "ScreenCaptured") == times[0] - 1
    else:
        assert [row[1] for row in found] == times
        size = {"hugging-face": [160, 100], "webdataset": [100, 160, 3], "lerobot": [3, 100, 160]}[form]
        assert all(row[2] == size for row in found)


def test_we_find_what_their_writer_wrote(tmp_path: Path) -> None:
    program = """
        import numpy as np
        from mcap_owa.highlevel import OWAMcapWriter
        from owa.msgs.desktop.keyboard import KeyboardEvent
        from owa.msgs.desktop.mouse import MouseEvent
        from owa.msgs.desktop.screen import ScreenCaptured
        from owa.msgs.desktop.window import WindowInfo
        at = 1_800_000_000_000_000_000
        with OWAMcapWriter(folder / "theirs.mcap") as writer:
            shown = ScreenCaptured(utc_ns=at, frame_arr=np.full((64, 80, 4), 77, np.uint8)).embed_as_data_uri()
            writer.write_message(shown, topic="screen", timestamp=at)
            writer.write_message(WindowInfo(title="T", rect=(0, 0, 80, 64), hWnd=3), topic="window", timestamp=at)
            for late, pressed in ((10**9, True), (11 * 10**8, False)):
                clicked = MouseEvent(event_type="click", x=3, y=4, button="left", pressed=pressed)
                writer.write_message(clicked, topic="mouse", timestamp=at + late)
            for late, (vk, kind) in enumerate([(160, "press"), (65, "press"), (65, "release"), (160, "release")]):
                moment = at + 2 * 10**9 + late * 10**7
                event = KeyboardEvent(event_type=kind, vk=vk, timestamp=moment)
                writer.write_message(event, topic="keyboard", timestamp=moment)
        found = []
        """
    assert ask(program, tmp_path) == []
    told = list(owamcap.read(tmp_path / "theirs.mcap"))[-1]
    assert (told.unread, told.pictures, told.pictures_missing) == ({}, 1, 0)
    events = [item for item in told.take() if isinstance(item, Timed)]
    steps = cut(events, person_id="p", session_id="s", segment_id="g").steps
    assert [(step.action, step.text, step.title) for step in steps] == [("click", "", "T"), ("type", "A", "T")]


def test_we_find_what_openadapts_own_tables_hold(tmp_path: Path) -> None:
    program = """
        import importlib.util, types
        place = importlib.util.find_spec("openadapt_capture")
        if place is None:
            raise SystemExit("No module named openadapt_capture")
        # Its tables alone: the rest of it wants a screen.
        package = types.ModuleType("openadapt_capture")
        package.__path__ = place.submodule_search_locations
        sys.modules["openadapt_capture"] = package
        import sqlalchemy
        from sqlalchemy.orm import Session
        from openadapt_capture.db import Base, models
        engine = sqlalchemy.create_engine(f"sqlite:///{folder}/recording.db")
        Base.metadata.create_all(engine)
        at = 1_800_000_000.125
        with Session(engine) as session:
            made = models.Recording(timestamp=at, task_description="Do it", platform="linux")
            session.add(made)
            session.flush()
            for late, name, more in [
                (1, "click", dict(mouse_x=3, mouse_y=4, mouse_button_name="left", mouse_pressed=True)),
                (1.0625, "click", dict(mouse_x=3, mouse_y=4, mouse_button_name="left", mouse_pressed=False)),
                (2, "press", dict(key_name="shift")),
                (2.125, "press", dict(key_char="A")),
                (2.25, "release", dict(key_char="A")),
                (2.5, "release", dict(key_name="shift")),
                (4, "scroll", dict(mouse_x=3, mouse_y=4, mouse_dx=0, mouse_dy=-3)),
            ]:
                session.add(models.ActionEvent(recording_id=made.id, name=name, timestamp=at + late, **more))
            session.commit()
        found = []
        """
    assert ask(program, tmp_path) == []
    told = list(openadapt.read(tmp_path))[-1]
    assert (told.unread, told.instruction) == ({}, "Do it")
    events = [item for item in told.take() if isinstance(item, Timed)]
    steps = cut(events, person_id="p", session_id="s", segment_id="g").steps
    assert [(step.action, step.text, step.scroll_dy) for step in steps] == [
        ("click", "", 0),
        ("type", "A", 0),
        ("scroll", "", 3),
    ]
    assert steps[0].time_ns == 1_800_000_001_125_000_000
