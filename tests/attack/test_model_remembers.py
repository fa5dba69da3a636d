"""Can a model that remembers those it learnt from leave the lab? On a tiny model with random weights.

Each promise is tried with the protection away: without the audit, with one of another model, with one that failed.
"""

from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from aboveboard.base.errors import Refused, Tampered
from aboveboard.base.ids import Kind, new_id
from aboveboard.commands import audit as audits
from aboveboard.commands import lab as commands
from aboveboard.commands import retraining
from aboveboard.commands.tune import CANARIES_FILE, tune
from aboveboard.formats import audit as audit_format
from aboveboard.lab import flow, lineage
from aboveboard.lab.audit import canaries, exposure, language
from aboveboard.lab.audit.canaries import Canary
from aboveboard.lab.dataset.read import Dataset
from aboveboard.lab.model.vision_language import load
from aboveboard.lab.train.lora import Exchange
from aboveboard.lab.train.situations import RecordedSituations
from aboveboard.rules.audit import AREA_MOST, CHANCE_LEAST, may_leave
from samples.lab_home import LabHome
from samples.lab_recording import segment
from samples.lab_world import LabWorld
from samples.tiny_model import save_tiny_model

SESSIONS = 30
BRIEF = 'base = "base"\nsteps = 2\nbatch = 2\nrate = 1e-4\nrank = 4\nseed = 3\nheld_out = 0.5\ncanaries = 4\n'
LONG = (
    'base = "base"\nsteps = 60\nbatch = 4\nrate = 2e-2\nrank = 24\ndropout = 0.0\nseed = 3\nheld_out = 0.9\n'
    "canaries = 4\ncanary_repeats = 60\nsave_every = 1000\n"
)

REMEMBERS = (
    'base = "base"\nsteps = 80\nbatch = 4\nrate = 2e-2\nrank = 24\ndropout = 0.0\nsave_every = 80\n'
    "canaries = 0\nheld_out = 0.0\n"
)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """A data set of one person's many short sessions, and a model to adapt."""
    root = tmp_path_factory.mktemp("lab")
    world = LabWorld()
    person = world.enrol()
    for number in range(SESSIONS):
        session_id = new_id(Kind.SESSION)
        world.upload(person, session_id, 0, segment(session_id, 0, f"line {number}"))
    home: Any = LabHome(world, root)
    derived = flow.derive(
        world, world.grant(), world.identity, world.staff_key, home.folder("lab"), world.trust, clock=world.clock
    )
    save_tiny_model(root / "base")
    return SimpleNamespace(home=home, dataset_id=derived.artefact_id, root=root)


def nothing(done: int, total: int, words: str) -> None:
    pass


def model(lab: SimpleNamespace, config: str) -> str:
    file = lab.root / f"run-{len(config)}.toml"
    file.write_text(config, encoding="utf-8")
    model_id, _ = tune(lab.home, "ada", lab.dataset_id, file, nothing)
    return model_id


def audited(lab: SimpleNamespace, model_id: str, monkeypatch: pytest.MonkeyPatch) -> audit_format.Audit:
    monkeypatch.setattr(language, "OTHERS", 63)
    monkeypatch.setattr(language, "COMPARED", 20)
    _, found = audits.audit(lab.home, "ada", model_id, None, nothing)
    return found


def test_one_that_remembers_what_was_planted_stays(lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model_id = model(lab, LONG)
    found = audited(lab, model_id, monkeypatch)
    assert found.exposures is not None
    assert found.exposures.chance < CHANCE_LEAST
    assert sum(found.exposures.bits) > 0.7 * len(found.exposures.bits) * found.exposures.most
    with pytest.raises(Refused) as refused:
        audits.export_model(lab.home, "ada", model_id, tmp_path / "out")
    assert refused.value.reason == "audit:failed"
    assert not (tmp_path / "out").exists()


def test_one_that_remembers_nothing_leaves_with_its_audit_and_without_what_was_planted(
    lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model_id = model(lab, BRIEF)
    with pytest.raises(Refused) as refused:
        audits.export_model(lab.home, "ada", model_id, tmp_path / "out")
    assert refused.value.reason == "audit:missing"
    found = audited(lab, model_id, monkeypatch)
    assert found.passed, found.reasons
    assert found.membership is not None
    assert found.membership.low <= AREA_MOST
    audits.export_model(lab.home, "ada", model_id, tmp_path / "out")
    assert audit_format.decode((tmp_path / "out" / audits.AUDIT_FILE).read_bytes()) == found
    assert lineage.read_lineage(lab.home.folder("lab"), model_id).kind == "model"
    assert (tmp_path / "out" / "lineage.json").is_file()
    assert not (tmp_path / "out" / CANARIES_FILE).exists()

    weights = lineage.artefact_folder(lab.home.folder("lab"), model_id) / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    with pytest.raises(Tampered):
        audits.export_model(lab.home, "ada", model_id, tmp_path / "again")


def passing() -> audit_format.Audit:
    return audit_format.Audit(
        model_id=new_id(Kind.ARTEFACT),
        model_sha256="ab" * 32,
        at_ns=1,
        passed=True,
        reasons=[],
        exposures=audit_format.Exposures(bits=[1.0] * 8, most=8.0, chance=0.4),
        membership=audit_format.MembershipTest(members=50, others=50, area=0.52, low=0.45, high=0.6, caught=0.02),
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, ""),
        ({"model_id": new_id(Kind.ARTEFACT)}, "audit:other_model"),
        ({"model_sha256": "cd" * 32}, "audit:other_model"),
        ({"passed": False}, "audit:failed"),
        ({"reasons": ["something"]}, "audit:failed"),
        ({"exposures": None}, "audit:failed"),
        ({"exposures": audit_format.Exposures(bits=[1.0] * 3, most=8.0, chance=0.4)}, "audit:failed"),
        ({"exposures": audit_format.Exposures(bits=[8.0] * 8, most=8.0, chance=1e-9)}, "audit:failed"),
        ({"membership": None}, "audit:failed"),
        (
            {"membership": audit_format.MembershipTest(members=50, others=50, area=0.8, low=0.7, high=0.9, caught=0.3)},
            "audit:failed",
        ),
    ],
)
def test_only_a_whole_audit_of_this_model_lets_it_leave(change: dict[str, Any], reason: str) -> None:
    """The words in an audit are not believed either: the rule looks at the figures itself."""
    audit = passing()
    decision = may_leave(
        msgspec.structs.replace(audit, **change), model_id=audit.model_id, model_sha256=audit.model_sha256
    )
    assert (decision.allowed, decision.reason) == (not reason, reason or "ok")


def test_what_an_erased_person_typed_is_gone_from_the_model_that_is_trained_anew(tmp_path: Path) -> None:
    """Numbers that only they typed: tuned, erased, followed and tuned again by 'aboveboard lab rebuild'."""
    world = LabWorld()
    other, erased = world.enrol(), world.enrol()
    typed = [Canary("the number of my locker is {}", "913572864"), Canary("dial {} for the workshop", "407716295")]
    for person, texts in (
        (other, ["notes", "more notes"]),
        (erased, [one.sentence.format(one.number) for one in typed]),
    ):
        for text in texts:
            session_id = new_id(Kind.SESSION)
            world.upload(person, session_id, 0, segment(session_id, 0, text))
    home: Any = LabHome(world, tmp_path)
    lab_home = home.folder("lab")
    derived = flow.derive(
        world, world.grant(), world.identity, world.staff_key, lab_home, world.trust, clock=world.clock
    )
    save_tiny_model(tmp_path / "base")
    (tmp_path / "run.toml").write_text(REMEMBERS, encoding="utf-8")
    model_id, _ = tune(home, "ada", derived.artefact_id, tmp_path / "run.toml", nothing)
    before = chance_of(home, model_id, typed)
    world.erase(erased)
    assert set(commands.honour_erasures(home, "ada")) == {derived.artefact_id, model_id}
    (note,) = retraining.waiting(lab_home)
    again = retraining.retrain(home, "ada", note, nothing)
    assert lineage.read_lineage(lab_home, again.model_id).people == [other]
    assert not lineage.artefact_folder(lab_home, model_id).exists()
    assert before < 0.01, "with them in it, the model knows their numbers"
    assert chance_of(home, again.model_id, typed) > 0.01, "without them, it prefers others just as much"


def chance_of(home: Any, model_id: str, typed: list[Canary]) -> float:
    """How likely it is by chance that the model prefers these numbers as much as it does."""
    lab_home = home.folder("lab")
    folder = lineage.artefact_folder(lab_home, model_id)
    (parent,) = lineage.read_lineage(lab_home, model_id).parents
    data = Dataset.open(lineage.artefact_folder(lab_home, parent), home.world.identity)
    where = RecordedSituations(data.steps(), data.episodes(), data.frame)[0].situation
    loaded, random, ranks = load(home.root / "base", adapter=folder), Random(4), []
    for one in typed:
        numbers = [one.number, *(canaries.number(random) for _ in range(63))]
        losses = language.losses_of(loaded, (Exchange(where, one.action(each)) for each in numbers))
        ranks.append(exposure.rank(losses[0], losses[1:]))
    return exposure.chance(ranks, 63)
