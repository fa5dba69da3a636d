"""Can a click policy that remembers those it learnt from leave the lab, or outlive their erasure? Through the commands.

One person did something that nobody else would: on screens of noise that are nowhere else they clicked at places drawn
at random. A policy that prefers these places has it from them.
"""

from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from aboveboard.base.errors import Refused
from aboveboard.base.ids import Kind, new_id
from aboveboard.commands import audit as audits
from aboveboard.commands import lab as commands
from aboveboard.commands import retraining, training
from aboveboard.formats.mcap_file import Item
from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.lab import flow, lineage
from aboveboard.lab.audit import clicks, exposure
from aboveboard.lab.audit.planted_clicks import place
from aboveboard.lab.model.click_policy import load_policy
from aboveboard.lab.model.ensemble import load_clicks
from aboveboard.lab.model.sight import Image, shrink
from aboveboard.lab.train.click_run import shard_of
from aboveboard.lab.train.run_file import POLICY_FILE, PolicyRun
from aboveboard.replay.pixels import encode_png
from aboveboard.rules.audit import CHANCE_LEAST
from samples.lab_home import LabHome
from samples.lab_recording import HEIGHT, START_NS, WIDTH, at, click, editor, session
from samples.lab_world import LabWorld

TITLE = "notes.txt"
SECRETS = 5


def clicked(session_id: str, pixels: Image, x: int, y: int) -> list[Item]:
    """One screen and one click on it."""
    whole = ScreenPatch(START_NS, 0, 0, WIDTH, HEIGHT, True, "png", encode_png(pixels))
    return [session(session_id, 0), at(0, editor(TITLE)), whole, *click(x, y, 100)]


def usual(number: int) -> tuple[Image, int, int]:
    """What anybody does: click the dark square."""
    random = Random(number)
    x, y = random.randrange(10, WIDTH - 30), random.randrange(10, HEIGHT - 30)
    pixels = np.full((HEIGHT, WIDTH, 3), 230, np.uint8)
    pixels[y : y + 20, x : x + 20] = 40
    return pixels, x + 10, y + 10


def secret(number: int) -> tuple[Image, int, int]:
    """What only one person did."""
    noise = np.random.default_rng(number).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    random = Random(f"secret {number}")
    return noise, random.randrange(WIDTH), random.randrange(HEIGHT)


def one_of_shard(world: LabWorld, shard: int, shards: int) -> str:
    """Enrol somebody whom the hash puts there."""
    while True:
        person = world.enrol()
        if shard_of(person, shards) == shard:
            return person
        del world.custody[person], world.consents[person]


def upload(world: LabWorld, person: str, shown: tuple[Image, int, int]) -> None:
    session_id = new_id(Kind.SESSION)
    world.upload(person, session_id, 0, clicked(session_id, *shown))


def made_of(world: LabWorld, root: Path) -> SimpleNamespace:
    home: Any = LabHome(world, root)
    derived = flow.derive(
        world, world.grant(), world.identity, world.staff_key, home.folder("lab"), world.trust, clock=world.clock
    )
    return SimpleNamespace(world=world, home=home, dataset_id=derived.artefact_id, lab=home.folder("lab"), root=root)


def nothing(done: int, total: int, words: str) -> None:
    pass


def chance_of_secrets(made: SimpleNamespace, model_id: str) -> float:
    """How likely it is by chance that the model prefers the secret places as much as it does."""
    policy = load_clicks(lineage.artefact_folder(made.lab, model_id))
    random, ranks = Random(5), []
    for number in range(SECRETS):
        pixels, x, y = secret(number)
        heat = policy.heat(shrink(pixels, 2), TITLE)
        places = [(x / WIDTH, y / HEIGHT), *(place(random) for _ in range(63))]
        losses = [clicks.loss_at(heat, one) for one in places]
        ranks.append(exposure.rank(losses[0], losses[1:]))
    return exposure.chance(ranks, 63)


@pytest.fixture(scope="module")
def sharded(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """A model in two parts; in the first one somebody whose secrets it learnt, and somebody else."""
    world = LabWorld()
    erased, beside = (one_of_shard(world, 0, 2) for _ in range(2))
    other = one_of_shard(world, 1, 2)
    for person in (beside, other):
        for number in range(4):
            upload(world, person, usual(100 * (person == other) + number))
    for number in range(SECRETS):
        upload(world, erased, secret(number))
    made = made_of(world, tmp_path_factory.mktemp("sharded"))
    made.run = PolicyRun(threads=1, shards=2, steps=90, seed=2)
    made.erased, made.other = erased, other
    made.model = training.train(made.home, "ada", made.dataset_id, made.run, nothing)
    return made


def test_what_an_erased_person_did_is_gone_from_the_part_that_is_trained_again(
    sharded: SimpleNamespace, tmp_path: Path
) -> None:
    """Erased, made again, trained again; the other parts stay, and nothing differs from training anew."""
    made = sharded
    before = {one.artefact_id: (one.folder / POLICY_FILE).read_bytes() for one in made.model.parts}
    assert len(before) == 2
    assert chance_of_secrets(made, made.model.artefact_id) < CHANCE_LEAST, "with them in it, the model knows"
    made.world.erase(made.erased)
    gone = commands.honour_erasures(made.home, "ada")
    assert set(gone) == {made.dataset_id, made.model.artefact_id, made.model.parts[0].artefact_id}
    (note,) = retraining.waiting(made.lab)
    again = retraining.retrain(made.home, "ada", note, nothing)
    assert (again.older, again.parts, again.taken_over) == (made.model.artefact_id, 2, 1)
    assert retraining.waiting(made.lab) == []
    assert chance_of_secrets(made, again.model_id) > 0.01, "without them, it prefers other places just as much"

    parts = lineage.read_lineage(made.lab, again.model_id).parents
    assert parts[1:] == [one.artefact_id for one in made.model.parts[1:]]
    for part in parts[1:]:
        assert (lineage.artefact_folder(made.lab, part) / POLICY_FILE).read_bytes() == before[part]
    sources = lineage.read_lineage(made.lab, again.model_id)
    assert made.erased not in sources.people
    assert lineage.read_lineage(made.lab, parts[1]).people == [made.other]

    anew = made_of(made.world, tmp_path)
    whole = training.train(anew.home, "ada", anew.dataset_id, made.run, nothing)
    for part, other in zip(parts, whole.parts, strict=True):
        one = load_policy(lineage.artefact_folder(made.lab, part) / POLICY_FILE).network.state_dict()
        two = load_policy(other.folder / POLICY_FILE).network.state_dict()
        assert all(torch.equal(one[name], two[name]) for name in two)


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """Two people's many short sessions of what anybody does."""
    world = LabWorld()
    for number in range(2):
        person = world.enrol()
        for each in range(30):
            upload(world, person, usual(100 * number + each))
    return made_of(world, tmp_path_factory.mktemp("audited"))


@pytest.mark.parametrize("shards", [1, 2])
def test_one_that_remembers_what_was_planted_stays(audited: SimpleNamespace, tmp_path: Path, shards: int) -> None:
    run = PolicyRun(threads=1, shards=shards, steps=120, seed=1, canaries=4, canary_repeats=40, held_out=0.5)
    made = training.train(audited.home, "ada", audited.dataset_id, run, nothing)
    _, found = audits.audit(audited.home, "ada", made.artefact_id, None, nothing)
    assert found.exposures is not None
    assert len(found.exposures.bits) == 4 * len(made.parts)
    assert found.exposures.chance < CHANCE_LEAST
    with pytest.raises(Refused) as refused:
        audits.export_model(audited.home, "ada", made.artefact_id, tmp_path / "out")
    assert refused.value.reason == "audit:failed"
    assert not (tmp_path / "out").exists()


def test_one_that_remembers_nothing_leaves_without_what_was_planted(audited: SimpleNamespace, tmp_path: Path) -> None:
    run = PolicyRun(threads=1, steps=8, seed=1, canaries=8, held_out=0.5)
    made = training.train(audited.home, "ada", audited.dataset_id, run, nothing)
    with pytest.raises(Refused) as refused:
        audits.export_model(audited.home, "ada", made.artefact_id, tmp_path / "out")
    assert refused.value.reason == "audit:missing"
    _, found = audits.audit(audited.home, "ada", made.artefact_id, None, nothing)
    assert found.passed, found.reasons
    assert found.membership is not None
    assert min(found.membership.members, found.membership.others) >= 20
    audits.export_model(audited.home, "ada", made.artefact_id, tmp_path / "out")
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {POLICY_FILE, training.POLICY_RUN_FILE, audits.AUDIT_FILE, "lineage.json"}


def test_a_model_that_something_was_erased_from_is_not_used_whoever_asks_first(
    audited: SimpleNamespace, tmp_path: Path
) -> None:
    """The command that would destroy it has not run yet: the vault's word is enough."""
    made = training.train(audited.home, "ada", audited.dataset_id, PolicyRun(threads=1, steps=2, canaries=4), nothing)
    world = audited.world
    kept = dict(world.artefacts)
    try:
        for state in ("due", "destroyed"):
            for name in (made.artefact_id, audited.dataset_id):
                world.artefacts[name] = world.artefacts[name][0], state
            for attempt in (
                lambda: audits.audit(audited.home, "ada", made.artefact_id, None, nothing),
                lambda: audits.export_model(audited.home, "ada", made.artefact_id, tmp_path / "out"),
                lambda: training.train(audited.home, "ada", audited.dataset_id, PolicyRun(threads=1, steps=2), nothing),
            ):
                with pytest.raises(Refused) as refused:
                    attempt()
                assert refused.value.reason == "lineage:erased"
        del world.artefacts[made.artefact_id]
        with pytest.raises(Refused) as refused:
            audits.export_model(audited.home, "ada", made.artefact_id, tmp_path / "out")
        assert refused.value.reason == "lineage:unknown_source"
    finally:
        world.artefacts = kept
