"""From a sealed data set to a fine-tuned model with its lineage, by one configuration file."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from aboveboard.base.errors import BadInput, Refused
from aboveboard.base.ids import Kind, new_id
from aboveboard.commands import datasets, lab
from aboveboard.commands.audit import audit
from aboveboard.commands.model_files import model_digest
from aboveboard.commands.tune import RUN_FILE, read_config, tune
from aboveboard.commands.value import value
from aboveboard.lab import flow, lineage
from aboveboard.lab.model.vision_language import load
from aboveboard.lab.train.course import runs_on
from aboveboard.rules.decision import Reason
from samples.lab_home import LabHome
from samples.lab_recording import segment
from samples.lab_world import LabWorld
from samples.tiny_model import save_tiny_model

RUN = 'base = "base"\nsteps = 4\nbatch = 2\nrank = 4\nsave_every = 2\nseed = 3\nheld_out = 0.0\n'


@pytest.fixture
def made(tmp_path: Path) -> SimpleNamespace:
    world = LabWorld()
    person, session_id = world.enrol(), new_id(Kind.SESSION)
    world.upload(person, session_id, 0, segment(session_id, 0, "words"))
    home: Any = LabHome(world, tmp_path)
    derived = flow.derive(
        world, world.grant(), world.identity, world.staff_key, home.folder("lab"), world.trust, clock=world.clock
    )
    save_tiny_model(tmp_path / "base")
    config = tmp_path / "run.toml"
    config.write_text(RUN, encoding="utf-8")
    return SimpleNamespace(home=home, dataset_id=derived.artefact_id, config=config, lab=home.folder("lab"))


def nothing(done: int, total: int, words: str) -> None:
    pass


def test_a_model_is_made_and_names_its_sources(made: SimpleNamespace) -> None:
    model_id, trained = tune(made.home, "ada", made.dataset_id, made.config, nothing)
    assert len(trained.losses) == 4
    folder = lineage.artefact_folder(made.lab, model_id)
    pedigree, parent = (lineage.read_lineage(made.lab, one) for one in (model_id, made.dataset_id))
    assert (pedigree.kind, pedigree.parents) == ("model", [made.dataset_id])
    assert pedigree.sources == parent.sources
    assert (folder / RUN_FILE).read_text(encoding="utf-8") == RUN
    assert load(made.config.parent / "base", adapter=folder).model.peft_config
    assert not list((made.lab / "artefacts").glob(".run-*"))
    (run,) = runs_on(made.lab, made.dataset_id)
    told = run.training
    assert (run.state, run.artefact_id, told.kind, told.steps) == ("done", model_id, "vision_language", 4)
    assert [one.loss for one in told.loss] == pytest.approx(trained.losses)
    assert (told.grant_id, told.dataset_sha256) == (parent.grant_id, model_digest(parent))


def test_a_run_goes_on_and_its_checkpoints_are_destroyed_with_the_data_set(made: SimpleNamespace) -> None:
    class Stopped(Exception):
        pass

    def stop(done: int, total: int, words: str) -> None:
        if done == 3:
            raise Stopped

    with pytest.raises(Stopped):
        tune(made.home, "ada", made.dataset_id, made.config, stop)
    assert list((made.lab / "artefacts").glob(".run-*/step-*"))
    _, trained = tune(made.home, "ada", made.dataset_id, made.config, nothing)
    assert trained.resumed_at == 2
    with pytest.raises(Stopped):
        tune(made.home, "ada", made.dataset_id, made.config, stop)
    lineage.destroy(made.lab, made.dataset_id)
    assert not list((made.lab / "artefacts").glob(".run-*"))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("steps = 3", "missing"),
        (RUN + "speed = 3", "do not exist: speed"),
        (RUN + 'artefact_id = "x"', "do not exist: artefact_id"),
        (RUN.replace("4", '"4"', 1), "Expected `int`"),
        ("base = ", "no configuration"),
        ("#" * 70_000, "too long"),
    ],
)
def test_a_configuration_that_cannot_be_read_is_a_clear_error(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "run.toml").write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=why):
        read_config(tmp_path / "run.toml")


def test_the_base_is_beside_the_configuration(made: SimpleNamespace) -> None:
    assert read_config(made.config).base == str(made.config.parent / "base")


def test_nothing_is_learnt_counted_or_audited_after_the_grant_has_ended(
    made: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every command that opens a data set asks whether the grant still holds."""
    model_id, _ = tune(made.home, "ada", made.dataset_id, made.config, nothing)
    made.home.world.ended = Reason.GRANT_REVOKED
    session: Any = SimpleNamespace(home=made.home, show=lambda *_: None)
    monkeypatch.setattr(datasets, "begin", lambda *_: "ada")
    for attempt in (
        lambda: tune(made.home, "ada", made.dataset_id, made.config, nothing),
        lambda: audit(made.home, "ada", model_id, None, nothing),
        lambda: value(made.home, "ada", made.dataset_id, tasks=["click-test"], episodes=1, draws=1, advance=nothing),
        lambda: lab.train(made.home, "ada", made.dataset_id, nothing),
        lambda: datasets.stats_command.callback.__wrapped__(session, made.dataset_id, None),  # type: ignore[union-attr]
    ):
        with pytest.raises(Refused) as refused:
            attempt()
        assert refused.value.reason == "grant:revoked"
    by_folder = str(lineage.artefact_folder(made.lab, made.dataset_id))
    with pytest.raises(BadInput, match="made under a grant"):
        datasets.stats_command.callback.__wrapped__(session, by_folder, None)  # type: ignore[union-attr]
