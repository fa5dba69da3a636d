"""Can a policy over elements that remembers those it learnt from leave the lab, or outlive their erasure?

Through the commands, as for a policy that clicks (``test_click_model_remembers.py``). What it learnt from was recorded.
"""

from pathlib import Path
from random import Random
from types import SimpleNamespace

import pytest
import torch

from aboveboard.base.errors import Refused
from aboveboard.base.ids import Kind, new_id
from aboveboard.commands import audit as audits
from aboveboard.commands import lab as commands
from aboveboard.commands import retraining, training
from aboveboard.lab import lineage
from aboveboard.lab.audit import elements, membership
from aboveboard.lab.model.element_parts import load_elements
from aboveboard.lab.model.element_policy import load_element_policy
from aboveboard.lab.train.course import TRAINING_FILE
from aboveboard.lab.train.run_file import POLICY_FILE, PolicyRun
from aboveboard.rules.audit import CHANCE_LEAST
from attack.test_click_model_remembers import made_of, nothing, one_of_shard
from samples.lab_world import LabWorld
from samples.met_controls import Attempt, press_one

SECRET = "Zanzibar"


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elements, "OTHERS", 31)
    for module in (elements, membership):
        monkeypatch.setattr(module, "LEAST", 8)


def _record(world: LabWorld, person: str, attempts: list[Attempt]) -> None:
    for one in attempts:
        session_id = new_id(Kind.SESSION)
        world.upload(person, session_id, 0, one.items(session_id))


def _own(root: Path) -> SimpleNamespace:
    """Three people; the first of part 0 met a control that nobody else did."""
    world = LabWorld()
    world.kinds = ["keystrokes", "pointer", "window", "control"]
    erased, beside = (one_of_shard(world, 0, 2) for _ in range(2))
    other, draw = one_of_shard(world, 1, 2), Random(3)
    for person in (beside, other):
        _record(world, person, [press_one(draw) for _ in range(2)])
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("samples.met_controls.WORDS", (SECRET,) * 8)
        _record(world, erased, [press_one(draw) for _ in range(2)])
    made = made_of(world, root)
    made.erased, made.other = erased, other
    made.run = PolicyRun(policy="elements", threads=1, shards=2, steps=8, seed=2)
    return made


def test_after_an_erasure_the_part_that_it_touched_is_as_if_the_person_had_never_been(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    made = _own(tmp_path_factory.mktemp("own"))
    model = training.train(made.home, "ada", made.dataset_id, made.run, nothing)
    assert len(model.parts) == 2
    before = (model.parts[1].folder / POLICY_FILE).read_bytes()
    made.world.erase(made.erased)
    assert model.artefact_id in commands.honour_erasures(made.home, "ada")
    (note,) = retraining.waiting(made.lab)
    again = retraining.retrain(made.home, "ada", note, nothing)
    assert (again.parts, again.taken_over) == (2, 1)
    parts = lineage.read_lineage(made.lab, again.model_id).parents
    assert made.erased not in lineage.read_lineage(made.lab, again.model_id).people
    assert lineage.read_lineage(made.lab, parts[1]).people == [made.other]
    assert (lineage.artefact_folder(made.lab, parts[1]) / POLICY_FILE).read_bytes() == before

    anew = made_of(made.world, tmp_path_factory.mktemp("anew"))
    whole = training.train(anew.home, "ada", anew.dataset_id, made.run, nothing)
    for part, other in zip(parts, whole.parts, strict=True):
        one = load_element_policy(lineage.artefact_folder(made.lab, part) / POLICY_FILE)
        two = load_element_policy(other.folder / POLICY_FILE)
        assert one.card.kinds == two.card.kinds
        states = one.targets.state_dict(), two.targets.state_dict()
        assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """Two people's many short sessions of what anybody does."""
    world = LabWorld()
    world.kinds = ["keystrokes", "pointer", "window", "control"]
    draw = Random(9)
    for _ in range(2):
        _record(world, world.enrol(), [press_one(draw) for _ in range(18)])
    return made_of(world, tmp_path_factory.mktemp("audited"))


def test_one_that_remembers_what_was_planted_stays(audited: SimpleNamespace, tmp_path: Path) -> None:
    run = PolicyRun(policy="elements", threads=1, steps=140, seed=1, canaries=4, canary_repeats=30, held_out=0.5)
    made = training.train(audited.home, "ada", audited.dataset_id, run, nothing)
    _, found = audits.audit(audited.home, "ada", made.artefact_id, None, nothing)
    assert found.exposures is not None
    assert found.exposures.chance < CHANCE_LEAST
    with pytest.raises(Refused) as refused:
        audits.export_model(audited.home, "ada", made.artefact_id, tmp_path / "out")
    assert refused.value.reason == "audit:failed"


def test_one_that_remembers_nothing_leaves_and_says_no_name_of_any_control(
    audited: SimpleNamespace, tmp_path: Path
) -> None:
    """Its file holds the roles of what was met. The words of instructions that several have stand in it, too."""
    run = PolicyRun(policy="elements", threads=1, steps=8, seed=1, canaries=4, held_out=0.5, shards=2)
    made = training.train(audited.home, "ada", audited.dataset_id, run, nothing)
    _, found = audits.audit(audited.home, "ada", made.artefact_id, None, nothing)
    assert found.passed, found.reasons
    assert found.membership is not None
    assert min(found.membership.members, found.membership.others) > 8
    audits.export_model(audited.home, "ada", made.artefact_id, tmp_path / "out")
    kept = b"".join(path.read_bytes() for path in (tmp_path / "out").glob("*.safetensors"))
    assert b"push button" in kept
    assert b"notes 17" not in kept
    assert load_elements(tmp_path / "out").card.kinds == [["frame", "push button"]]
    assert not (tmp_path / "out" / training.PLANTED_FILE).exists()
    assert not (tmp_path / "out" / TRAINING_FILE).exists()
