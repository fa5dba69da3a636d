"""Are the tasks on real applications well made, and do their checks tell done from nearly done?"""

import re
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.stage.desktop import moves
from aboveboard.stage.desktop.task import DesktopTask, Place, demonstration, files, held_out
from aboveboard.stage.desktop.tasks import TASKS, workbook
from aboveboard.stage.desktop.tasks.editor import EditorTask, SaveAs
from aboveboard.stage.desktop.tasks.files import FilesTask
from aboveboard.stage.desktop.tasks.spreadsheet import FILE, SheetTask
from aboveboard.stage.desktop.tasks.terminal import history

SEEDS = range(20)


def test_there_are_enough_tasks_of_every_kind() -> None:
    assert len(TASKS) >= 15
    programs = {task.application.program for task in TASKS.values()}
    assert {"mousepad", "thunar", "gnumeric", "lxterminal", "xfce4-appearance-settings"} <= programs


@pytest.mark.parametrize("task", TASKS.values(), ids=lambda task: task.name)
def test_a_problem_is_the_same_each_time_and_apart_from_the_demonstrations(task: DesktopTask) -> None:
    for number in SEEDS:
        problem = held_out(task, number)
        assert problem.words == held_out(task, number).words
        assert problem.seed != demonstration(task, number).seed
        assert "{" not in problem.instruction
    assert len({held_out(task, number).instruction for number in SEEDS}) > 1 or task.name == "files-delete-pattern"


@pytest.mark.parametrize("task", TASKS.values(), ids=lambda task: task.name)
def test_its_own_way_keeps_to_the_limit_and_to_what_can_be_pressed_and_the_near_miss_differs(task: DesktopTask) -> None:
    for number in SEEDS:
        words = held_out(task, number).words
        own, miss = list(task.solve(words)), list(task.miss(words))
        assert 0 < len(own) <= task.acts_limit
        assert own != miss
        assert {one.text for one in (*own, *miss) if one.kind == "key"} <= set(moves.KEYS)


@pytest.mark.parametrize("task", TASKS.values(), ids=lambda task: task.name)
def test_what_is_typed_or_chosen_stands_in_the_instruction(task: DesktopTask) -> None:
    for number in SEEDS:
        problem = held_out(task, number)
        for move in task.solve(problem.words):
            if move.kind in ("type", "choose"):
                assert move.text in problem.instruction


def _place(folder: Path) -> Place:
    place = Place(folder / "work", folder / "config", {})
    place.work.mkdir()
    return place


@pytest.mark.parametrize("task", TASKS.values(), ids=lambda task: task.name)
def test_what_was_laid_out_is_not_done(task: DesktopTask, tmp_path: Path) -> None:
    for number in SEEDS[:3]:
        (folder := tmp_path / str(number)).mkdir()
        place, words = _place(folder), held_out(task, number).words
        task.start(place, words)
        assert task.check(place, words) is False


@pytest.mark.parametrize(
    "task", [task for task in TASKS.values() if isinstance(task, EditorTask | FilesTask)], ids=lambda task: task.name
)
def test_the_folder_must_hold_what_was_asked_for_and_nothing_else(task: EditorTask | FilesTask, tmp_path: Path) -> None:
    place, words = _place(tmp_path), held_out(task, 3).words
    task.start(place, words)
    assert not task.check(place, words)
    _bring_about(task, place, words)
    assert task.check(place, words)
    extra = place.work / "more.txt"
    extra.write_bytes(b"")
    assert not task.check(place, words)
    extra.unlink()
    last = [name for name, content in files(place.work).items() if content]
    (place.work / last[-1]).write_bytes(b"something else")
    assert not task.check(place, words)


def _bring_about(task: EditorTask | FilesTask, place: Place, words: dict[str, str]) -> None:
    """Put what is wanted there, as an application would."""
    if isinstance(task, FilesTask):
        there = files(place.work)
        task.wanted(there, words)
        for path in sorted(place.work.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        for name, content in sorted(there.items()):
            path = place.work / name
            path.mkdir() if content is None else path.write_bytes(content)
    elif isinstance(task, SaveAs):
        (place.work / words["new"]).write_text(words["text"], encoding="utf-8")
    elif task.name == "editor-append-line":
        (place.work / words["file"]).write_text(words["text"] + words["line"], encoding="utf-8")
    else:
        (place.work / words["file"]).write_bytes(task.wanted(words))


@pytest.mark.parametrize(
    "task", [task for task in TASKS.values() if isinstance(task, SheetTask)], ids=lambda task: task.name
)
def test_a_sheet_must_hold_these_cells_and_no_others(task: SheetTask, tmp_path: Path) -> None:
    place, words = _place(tmp_path), held_out(task, 5).words
    task.start(place, words)
    assert not task.check(place, words)
    cells = workbook.read(place.work / FILE)
    assert cells is not None
    wanted = cells[0]
    task.wanted(wanted, words)
    workbook.write(place.work / FILE, wanted)
    # What nothing here can write is bold letters.
    assert task.check(place, words) is (task.bold(words) == set())
    workbook.write(place.work / FILE, {**wanted, (30, 0): "more"})
    assert not task.check(place, words)


def test_bold_cells_are_read_from_the_regions_of_a_sheet(tmp_path: Path) -> None:
    path = tmp_path / FILE
    workbook.write(path, {(0, 0): "a", (1, 0): "b", (2, 0): "=sum(A1:A2)"})
    place = '<gnm:StyleRegion startCol="0" startRow="{}" endCol="0" endRow="{}">'
    region = place + '<gnm:Style><gnm:Font Bold="{}"/></gnm:Style></gnm:StyleRegion>'
    text = path.read_text(encoding="utf-8")
    styles = f"<gnm:Styles>{region.format(0, 0, 1)}{region.format(1, 2, 0)}</gnm:Styles>"
    packed = zlib.compressobj(wbits=31)
    data = packed.compress(text.replace("<gnm:Cells>", f"{styles}<gnm:Cells>").encode()) + packed.flush()
    path.write_bytes(data)
    assert workbook.read(path) == ({(0, 0): "a", (1, 0): "b", (2, 0): "=SUM(A1:A2)"}, {(0, 0)})
    path.write_bytes(data[:-9])
    assert workbook.read(path) is None


@settings(max_examples=50)
@given(data=st.binary(max_size=300), packed=st.booleans(), place=st.integers(0, 200))
def test_no_file_makes_a_check_fail_otherwise_than_by_saying_no(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, packed: bool, place: int
) -> None:
    path = tmp_path_factory.getbasetemp() / FILE
    workbook.write(path, {(0, 0): "a", (1, 1): "17"})
    whole = path.read_bytes()
    spoilt = whole[:place] + data + whole[place:]
    path.write_bytes(zlib.compress(spoilt, wbits=31) if packed else spoilt)
    found = workbook.read(path)
    assert found is None or all(isinstance(text, str) for text in found[0].values())


def test_more_than_the_limit_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / FILE
    workbook.write(path, {(0, 0): "a" * workbook.LIMIT_BYTES})
    assert workbook.read(path) is None
    path.write_bytes(zlib.compress(path.read_bytes(), wbits=31))
    assert workbook.read(path) is None


def test_commands_count_only_if_the_shell_ran_them(tmp_path: Path) -> None:
    task = TASKS["terminal-command"]
    place, words = _place(tmp_path), held_out(task, 1).words
    task.start(place, words)
    name = re.split(r"[ >]+", words["command"])[-1]
    content: Callable[[Path], object] = {
        "mkdir": Path.mkdir,
        "touch": Path.touch,
        "seq": lambda path: path.write_text("".join(f"{one}\n" for one in range(1, 10))),
    }[words["command"].split()[0]]
    content(place.work / name)
    assert not task.check(place, words)
    (tmp_path / ".bash_history").write_text(f"{words['command']}\n", encoding="utf-8")
    assert history(replace(place)) == [words["command"]]
    assert task.check(place, words)
    (tmp_path / ".bash_history").write_text(f"cd\n{words['command']}\n", encoding="utf-8")
    assert not task.check(place, words)
