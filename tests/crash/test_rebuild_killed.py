"""Killed at each of its steps, does a data set that something was erased from end rebuilt, and never in two halves?"""

import os
import shutil
from collections.abc import Callable
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from aboveboard.base.errors import AboveboardError
from aboveboard.base.ids import Kind, new_id
from aboveboard.commands import lab as commands
from aboveboard.lab import flow, lineage
from aboveboard.lab.dataset.read import Dataset
from samples.lab_home import LabHome
from samples.lab_recording import segment
from samples.lab_world import LabWorld

KILLED = 9


class Far:
    """The vault, as a process sees it that may die: everything goes through a pipe to where it lives on."""

    def __init__(self, pipe: Connection, before: Callable[[], None]) -> None:
        self._pipe, self._before = pipe, before

    def get(self, path: str) -> bytes:
        return self._ask("get", path)

    def post(self, path: str, body: bytes) -> bytes:
        if path.startswith("/v1/artefacts"):
            self._before()
        return self._ask("post", path, body)

    def _ask(self, *asked: Any) -> bytes:
        self._pipe.send(asked)
        answer = self._pipe.recv()
        if isinstance(answer, AboveboardError):
            raise answer
        return bytes(answer)


def die_at(number: int) -> Callable[[], None]:
    """Ends the process, without a word and without cleaning up, when it is called for the time with this number."""
    called = 0

    def before(*_: Any, **__: Any) -> None:
        nonlocal called
        called += 1
        if called == number:
            os._exit(KILLED)

    return before


def honour_and_die(home: Any, pipe: Connection, number: int) -> None:
    """In a process of its own: every link, name, deletion, file and word to the vault counts as a step."""
    before = die_at(number)
    for module, names in ((os, ("link", "rename", "unlink", "rmdir", "mkdir")), (Path, ("write_bytes", "touch"))):
        for name in names:
            original = getattr(module, name)

            def counted(*args: Any, original: Any = original, **more: Any) -> Any:
                before()
                return original(*args, **more)

            setattr(module, name, counted)
    home.client = lambda place, key: Far(pipe, before)
    commands.honour_erasures(home, "ada")


def killed_at(home: Any, number: int) -> bool:
    """Was it killed, or had it come to its end before?"""
    here, there = Pipe()
    child = os.fork()
    if child == 0:
        try:
            here.close()
            honour_and_die(home, there, number)
            os._exit(0)
        finally:
            os._exit(1)
    there.close()
    while True:
        try:
            name, *asked = here.recv()
        except EOFError:
            break
        try:
            here.send(getattr(home.world, name)(*asked))
        except AboveboardError as error:
            here.send(error)
        except BrokenPipeError:
            break
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (0, KILLED)
    return status == KILLED


@pytest.fixture
def home(tmp_path: Path) -> Any:
    world = LabWorld()
    people = [world.enrol() for _ in range(2)]
    for person in people:
        session_id = new_id(Kind.SESSION)
        for sequence in range(1 + (person == people[0])):
            world.upload(person, session_id, sequence, segment(session_id, sequence, f"number {sequence}"))
    made: Any = LabHome(world, tmp_path)
    older = flow.derive(
        world, world.grant(), world.identity, world.staff_key, made.folder("lab"), world.trust, clock=world.clock
    )
    made.older, made.people = older.artefact_id, people
    made.sessions = sorted({one.manifest.session_id for one in world.stored if one.manifest.person_id == people[0]})
    return made


def test_it_goes_on_from_wherever_it_was_killed(home: Any, tmp_path: Path) -> None:
    world, lab = home.world, home.folder("lab")
    world.erase(home.people[0], [(home.sessions[0], 1)])
    shutil.copytree(lab, tmp_path / "as it was", copy_function=os.link)
    artefacts = dict(world.artefacts)
    before_and_after: list[str] = []
    number = 0
    while True:
        number += 1
        died = killed_at(home, number)
        # Whatever has an artefact's name now is whole.
        here = {path.name for path in (lab / "artefacts").glob("art_*")}
        for name in here:
            Dataset.open(lineage.artefact_folder(lab, name), world.identity, signer=world.staff_key.public)
        before_and_after.append("both" if len(here) == 2 else "older" if here == {home.older} else "newer")
        commands.honour_erasures(home, "ada")
        (rebuilt,) = (lab / "artefacts").iterdir()
        data = Dataset.open(rebuilt, world.identity, signer=world.staff_key.public)
        assert (data.card.rebuilt_from, data.lineage.segment_count) == (home.older, 2)
        word = world.words[home.older]
        assert word.rebuilt_as == rebuilt.name
        assert world.artefacts[home.older][1] == "destroyed"
        assert commands.honour_erasures(home, "ada") == []
        if not died:
            break
        shutil.rmtree(lab)
        shutil.copytree(tmp_path / "as it was", lab, copy_function=os.link)
        world.artefacts = dict(artefacts)
    assert number > 30
    assert {"older", "both", "newer"} == set(before_and_after)
    assert before_and_after == sorted(before_and_after, key=["older", "both", "newer"].index)
