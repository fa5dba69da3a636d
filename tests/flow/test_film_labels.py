"""From recordings to a model that labels a film from outside: steps that are marked as guesses, with their lineage."""

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import numpy as np
import pytest
from click.testing import CliRunner

from aboveboard.base.errors import AboveboardError, BadInput, NotFound
from aboveboard.base.ids import Kind, new_id
from aboveboard.commands.labels import label_command, learn_labels_command
from aboveboard.commands.main import Session
from aboveboard.formats import labelled
from aboveboard.formats.mcap_file import write_recording
from aboveboard.formats.trajectory import Step
from aboveboard.lab import labeller, lineage
from aboveboard.lab.dataset.exports.rest import export_dataset
from aboveboard.lab.dataset.film_labels import looks
from aboveboard.lab.dataset.read import Dataset
from aboveboard.lab.labels import label_film
from aboveboard.lab.model.inverse_dynamics import Guess, load_inverse_dynamics
from aboveboard.lab.train.inverse_dynamics import InverseConfig
from samples.lab_home import LabHome
from samples.lab_recording import segment
from samples.lab_world import LabWorld
from samples.played import START_NS, Played, film, play, recording


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """Two people were recorded; a model has learnt from them."""
    world, root = LabWorld(), tmp_path_factory.mktemp("lab")
    people = [world.enrol(), world.enrol()]
    for number, person in enumerate(people):
        session_id = new_id(Kind.SESSION)
        world.upload(person, session_id, 0, recording(play(number, 32), session_id, START_NS))
    home: Any = LabHome(world, root)
    grant_id = world.grant()
    made = labeller.learn(
        world,
        grant_id,
        world.identity,
        world.staff_key,
        home.folder("lab"),
        world.trust,
        config=InverseConfig(steps=150, batch=64, members=1),
        clock=world.clock,
    )
    return SimpleNamespace(world=world, home=home, people=people, model=made, lab=home.folder("lab"))


def _label(lab: SimpleNamespace, path: Path, sure: float = 0.3) -> Any:
    return label_film(
        lab.world,
        lab.world.staff_key,
        lab.lab,
        load_inverse_dynamics(lab.model.path / labeller.MODEL_FILE),
        lab.model.lineage,
        path,
        recipient=lab.world.identity.recipient,
        licence="made for a test",
        sure=sure,
        clock=lab.world.clock,
    )


def _steps(lab: SimpleNamespace, made: Any) -> list[Step]:
    return list(Dataset.open(made.path, lab.world.identity, signer=lab.world.staff_key.public).steps())


def _found(steps: list[Step], played: Played, start_ns: int = 0) -> Iterator[tuple[Step, Any]]:
    for done in played.done:
        action = "scroll" if done.kind.startswith("scroll") else done.kind
        near = [
            one for one in steps if one.action == action and abs(one.time_ns - start_ns - done.time_ns) <= 250_000_000
        ]
        if near:
            yield near[0], done


def test_the_model_names_whom_it_learnt_from(lab: SimpleNamespace) -> None:
    assert lab.model.lineage.kind == "model"
    assert lab.model.lineage.people == sorted(lab.people)
    assert lab.model.lineage.made_by.endswith("(learn-labels)")
    assert lab.model.card.stretches == 2
    assert lab.model.card.actions > 35
    assert lineage.read_lineage(lab.lab, lab.model.artefact_id) == lab.model.lineage


@pytest.mark.parametrize("name", ["film.webm", "own.mcap"])
def test_a_film_becomes_steps_that_say_they_are_guesses(lab: SimpleNamespace, tmp_path: Path, name: str) -> None:
    played, path, start_ns = play(77, 16), tmp_path / name, 0
    if name == "own.mcap":
        start_ns = START_NS
        path.write_bytes(write_recording(recording(played, new_id(Kind.SESSION), start_ns)))
    else:
        film(played.frames, path)
    made = _label(lab, path)
    steps = _steps(lab, made)
    told = made.document
    clicks = [(step, done) for step, done in _found(steps, played, start_ns) if step.action == "click"]
    assert len(clicks) >= 0.8 * sum(done.kind == "click" for done in played.done)
    assert np.median([np.hypot(step.x - done.x, step.y - done.y) for step, done in clicks]) <= 4
    if name == "own.mcap":
        scrolls = [(step, done) for step, done in _found(steps, played, start_ns) if step.action == "scroll"]
        assert len(scrolls) >= 0.8 * sum(done.kind.startswith("scroll") for done in played.done)
        assert all((step.scroll_dy > 0) == (done.kind == "scroll_down") for step, done in scrolls)
    assert {step.by for step in steps} == {"model"}
    assert all(step.frame_sha256 is not None for step in steps)
    assert told.steps == len(steps) == sum(made.actions.values())
    assert told.lessened.get("how far it scrolled", 0) == made.actions.get("scroll", 0)
    assert (told.model_id, told.licence, told.name) == (lab.model.artefact_id, "made for a test", name)


def test_a_step_has_the_picture_just_before_it(lab: SimpleNamespace, tmp_path: Path) -> None:
    played, path = play(78, 8), tmp_path / "own.mcap"
    path.write_bytes(write_recording(recording(played, new_id(Kind.SESSION), START_NS)))
    made = _label(lab, path)
    data = Dataset.open(made.path, lab.world.identity)
    for step in data.steps():
        before = [pixels for time_ns, pixels in played.frames if START_NS + time_ns < step.time_ns][-1]
        assert step.frame_sha256 is not None
        assert np.array_equal(data.frame(step.frame_sha256), before)


def test_looks_are_those_before_and_at_the_end_whatever_lies_between() -> None:
    frames = [(time_ns, np.full((2, 2, 3), time_ns, np.uint8)) for time_ns in range(0, 100, 10)]

    def guess(begin_ns: int, end_ns: int) -> Guess:
        return Guess("type", begin_ns, end_ns, None, None, 1.0, 0.0, 0, 0)

    long, short, first, late = guess(15, 60), guess(20, 30), guess(-5, 0), guess(120, 130)
    found = list(looks(iter(frames), [short, long, late, first]))
    assert [one.guess for one in found] == [first, long, short, late]
    pixels = [(one.before, one.after, one.later) for one in found]
    told = [tuple(None if each is None else int(each[0, 0, 0]) for each in one) for one in pixels]
    assert told == [(None, 0, 10), (10, 60, 70), (10, 30, 40), (90, 90, None)]


def test_what_it_is_not_sure_of_is_counted(lab: SimpleNamespace, tmp_path: Path) -> None:
    path = film(play(77, 8).frames, tmp_path / "film.webm")
    some, none = _label(lab, path), _label(lab, path, sure=1.0)
    assert none.document.steps == 0
    seen = [one.document.steps + sum(one.document.left_out.values()) for one in (some, none)]
    assert seen[0] == seen[1] > 0


def test_what_becomes_of_a_film_goes_when_somebody_is_erased_whom_the_model_learnt_from(tmp_path: Path) -> None:
    world = LabWorld()
    person, session_id = world.enrol(), new_id(Kind.SESSION)
    world.upload(person, session_id, 0, recording(play(1, 8), session_id, START_NS))
    keys = world.grant(), world.identity, world.staff_key
    model = labeller.learn(
        world, *keys, tmp_path, world.trust, config=InverseConfig(steps=5, members=1), clock=world.clock
    )
    own = SimpleNamespace(world=world, lab=tmp_path, model=model)
    made = _label(own, film(play(2, 5).frames, tmp_path / "film.webm"), sure=0.0)
    told = lineage.read_lineage(tmp_path, made.artefact_id)
    assert (told.kind, told.parents, told.people) == ("dataset", [model.artefact_id], [person])
    world.erase(person)
    gone = lineage.honour_erasures(world, tmp_path, world.staff_key, clock=world.clock)
    assert sorted(gone) == sorted([model.artefact_id, made.artefact_id])
    assert not made.path.exists()
    assert not model.path.exists()


def test_an_export_says_that_it_cannot_say_so(lab: SimpleNamespace, tmp_path: Path) -> None:
    made = _label(lab, film(play(77, 8).frames, tmp_path / "film.webm"))
    data = Dataset.open(made.path, lab.world.identity)
    _, report = export_dataset(
        lab.world, lab.world.staff_key, lab.world.identity.recipient, lab.lab, data, "agentnet", now_ns=1
    )
    assert report.lessened["by_model"] == report.steps > 0


def _run(lab: SimpleNamespace, command: click.Command, *words: str) -> dict[str, Any]:
    home = lab.home
    home.the_one = lambda role, name: "ada"
    result = CliRunner().invoke(command, list(words), obj=Session(home, True))
    if isinstance(result.exception, AboveboardError):
        raise result.exception
    assert result.exit_code == 0, result.output
    told: dict[str, Any] = json.loads(result.stdout)
    return told


def test_by_commands(tmp_path: Path) -> None:
    world, session_id = LabWorld(), new_id(Kind.SESSION)
    world.upload(world.enrol(), session_id, 0, recording(play(1, 8), session_id, START_NS))
    home: Any = LabHome(world, tmp_path)
    own = SimpleNamespace(home=home)
    learnt = _run(own, learn_labels_command, world.grant(), "--steps", "5")
    assert learnt["sessions"] == 1
    path = film(play(5, 4).frames, tmp_path / "film.webm")
    told = _run(own, label_command, learnt["artefact_id"], str(path), "--licence", "CC0", "--sure", "0")
    written = labelled.decode((Path(told["path"]) / labelled.FILE).read_bytes())
    assert (written.licence, written.model_id, written.frames) == ("CC0", learnt["artefact_id"], told["frames"])
    with pytest.raises(NotFound, match="is no model"):
        _run(own, label_command, told["artefact_id"], str(path), "--licence", "CC0")


def test_without_a_screen_nothing_can_be_learnt(tmp_path: Path) -> None:
    world = LabWorld(kinds=["pointer", "keystrokes", "window"])
    session_id = new_id(Kind.SESSION)
    world.upload(world.enrol(), session_id, 0, segment(session_id, 0, "bees"))
    with pytest.raises(BadInput, match="nothing can be learnt"):
        labeller.learn(world, world.grant(), world.identity, world.staff_key, tmp_path, world.trust, clock=world.clock)
    assert not list((tmp_path / "artefacts").iterdir())
