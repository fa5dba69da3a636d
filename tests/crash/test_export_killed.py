"""The export of one's own data is killed at each step that changes a name on the disk: nobody takes the rest for the
whole, and the next run makes it whole."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from aboveboard.base.errors import BadInput, Conflict
from aboveboard.viewer.export_folder import MANIFEST, UNFINISHED, ExportFolder, verify
from aboveboard.viewer.own_export import Wanted, export
from samples.participant_world import NOW_NS, World

SEGMENTS = 3


@pytest.fixture(scope="module")
def world() -> World:
    made = World()
    made.agree()
    made.add_session(count=SEGMENTS)
    return made


def run(world: World, home: Path, target: Path) -> None:
    papers = {"about-you/pauses.json": b"[]\n", "consents/con_x.txt": b"agreed\n"}
    wanted = Wanted(person_id=world.person_id, now_ns=NOW_NS, papers=papers, film=None)
    export(world.source(home), ExportFolder(target), wanted, lambda done, total, words: None)


def counted(act: Callable[[], None], *, kill_at: int | None, before: bool) -> int:
    """Run ``act`` in a child that SIGKILL ends just before or after its ``kill_at``-th change of a name; how many
    changes it made (in a child that lived)."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        made = 0

        def watched(original: Callable[..., object]) -> Callable[..., object]:
            def changed(*args: object, **kwargs: object) -> object:
                nonlocal made
                made += 1
                if made == kill_at and before:
                    os.kill(os.getpid(), signal.SIGKILL)
                result = original(*args, **kwargs)
                if made == kill_at:
                    os.kill(os.getpid(), signal.SIGKILL)
                return result

            return changed

        status = 1
        try:
            Path.replace, Path.unlink = watched(Path.replace), watched(Path.unlink)  # type: ignore[method-assign,assignment]
            act()
            os.write(writer, str(made).encode())
            status = 0
        finally:
            os._exit(status)
    os.close(writer)
    with os.fdopen(reader, "rb") as told:
        said = told.read()
    _, status = os.waitpid(child, 0)
    if kill_at is None:
        assert status == 0
        return int(said)
    assert os.WIFSIGNALED(status)
    assert os.WTERMSIG(status) == signal.SIGKILL
    return 0


def test_killed_at_any_step_it_is_not_taken_for_whole_and_goes_on(world: World, tmp_path: Path) -> None:
    home = tmp_path / "home"
    world.source(home)
    total = counted(lambda: run(world, home, tmp_path / "first"), kill_at=None, before=False)
    whole = {path.name: path.read_bytes() for path in (tmp_path / "first").rglob("*.mcap")}
    assert len(whole) == SEGMENTS
    assert total > 2 * SEGMENTS
    seen = {"whole": 0, "half": 0}
    for step in range(1, total + 1):
        for before in (True, False):
            target = tmp_path / f"killed-{step}-{before}"
            counted(lambda target=target: run(world, home, target), kill_at=step, before=before)
            if (target / UNFINISHED).exists() or not (target / MANIFEST).exists():
                seen["half"] += 1
                with pytest.raises(BadInput):
                    verify(target)
                run(world, home, target)
            else:
                seen["whole"] += 1
                with pytest.raises(Conflict):
                    run(world, home, target)
            assert verify(target).segments == SEGMENTS
            assert {path.name: path.read_bytes() for path in target.rglob("*.mcap")} == whole
            assert not list(target.rglob("*.partial"))
    assert seen["half"] > seen["whole"] > 0
