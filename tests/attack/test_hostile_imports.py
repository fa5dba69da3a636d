"""A recording from elsewhere tries to run code, to read other files, or to fill the memory, when it is imported."""

import gzip
import json
from pathlib import Path

import pytest

from aboveboard.base.errors import BadInput
from aboveboard.lab.dataset.imports import agentnet, ducktrack, miniwob, owamcap, pictures
from samples import foreign


@pytest.mark.parametrize(
    "place", ["/etc/hostname", "../secret.png", "https://example.org/a.png", "file:///etc/hostname"]
)
def test_nothing_outside_the_recording_is_read(place: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "secret.png").write_bytes(foreign.encode_png(foreign.picture(9)))
    path = foreign.agentnet(tmp_path / "in")
    path.write_text(path.read_text().replace("200.png", place))
    told = list(agentnet.read(path))[-1]
    assert (told.pictures, told.pictures_missing) == (1, 5)


def test_code_is_read_and_never_run(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    codes = [
        f"pyautogui.click(open({str(ran)!r}, 'w'), 3)",
        f"open({str(ran)!r}, 'w')",
        f"pyautogui.write(message=str(open({str(ran)!r}, 'w')))",
        "pyautogui.press('a'); pyautogui.doubleClick(x=7, y=8)",
        "x = 1",
        "not python at all (",
    ]
    steps = [{"image": "none.png", "value": {"code": code}} for code in codes]
    (tmp_path / "tasks.jsonl").write_text(json.dumps({"task_id": "t", "traj": steps}))
    told = list(agentnet.read(tmp_path / "tasks.jsonl"))[-1]
    assert not ran.exists()
    assert told.unread == {"call_not_understood:click": 1, "code_not_readable": 3, "call_not_understood:write": 1}
    assert told.events == 2 + 4


def test_a_video_is_looked_for_in_the_recording_only(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    foreign.owamcap(tmp_path / "in")
    (tmp_path / "in" / "session.mkv").rename(tmp_path / "session.mkv")
    (tmp_path / "in" / "session.mkv").symlink_to(tmp_path / "session.mkv")
    told = list(owamcap.read(tmp_path / "in" / "session.mcap"))[-1]
    assert (told.pictures, told.unread["picture_not_there"]) == (0, 8)


def test_what_unpacks_into_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(miniwob, "FILE_LIMIT_BYTES", 100_000)
    with pytest.raises(BadInput, match="unpacks to more"):
        miniwob.decode(gzip.compress(b" " * 1_000_000), name="x", task="")
    foreign.agentnet(tmp_path)
    monkeypatch.setattr(pictures, "PIXEL_LIMIT", foreign.WIDTH * foreign.HEIGHT - 1)
    told = list(agentnet.read(tmp_path / "tasks.jsonl"))[-1]
    assert (told.pictures, told.pictures_missing) == (0, 6)


@pytest.mark.parametrize("number", ["1e400", "-5", "1e300", "NaN"])
def test_times_and_places_out_of_this_world_are_counted(number: str, tmp_path: Path) -> None:
    lines = [
        f'{{"time_stamp": {number}, "action": "move", "x": 1, "y": 1}}',
        f'{{"time_stamp": 5, "action": "move", "x": {number}, "y": {number}}}',
        f'{{"time_stamp": 5, "action": "scroll", "x": 1, "y": 1, "dy": {number}}}',
    ]
    (tmp_path / "events.jsonl").write_text("\n".join(lines))
    told = list(ducktrack.read(tmp_path))[-1]
    assert told.records == 3
    assert all(-65536 <= getattr(item.event, "x", 0) <= 65536 for item in told.take())  # type: ignore[union-attr]
