"""Is each step of an assisted session ascribed to who did it, and set beside what the policy was about to do?"""

import json
from pathlib import Path

import numpy as np
import pytest

from aboveboard.base.clock import MILLISECOND_NS
from aboveboard.base.errors import BadInput, Tampered
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import assisted as assisted_format
from aboveboard.formats.assisted import Assisted, Moment
from aboveboard.formats.lineage import Lineage
from aboveboard.formats.recording import Control
from aboveboard.formats.trajectory import Proposed, Step
from aboveboard.lab import flow, lineage
from aboveboard.lab.dataset.exports import agentnet, lerobot, owamcap
from aboveboard.lab.dataset.read import Dataset
from aboveboard.lab.derive.assisted import Turns, is_correction
from aboveboard.lab.train.examples import WEIGHT, from_steps
from aboveboard.rules.lineage import may_register
from samples.lab_recording import START_NS, at, click, editor, session, typing, whole
from samples.lab_world import LabWorld

WRONG = Proposed(action="click", x=90, y=80)
AGAIN = Proposed(action="type", text="left")


def _account(*moments: tuple[float, str, Proposed | None], model_id: str = "") -> Assisted:
    told = [
        Moment(
            time_ns=START_NS + round(ms * MILLISECOND_NS),
            holder=holder,  # type: ignore[arg-type]
            why="proposal",
            proposed=proposed,
        )
        for ms, holder, proposed in moments
    ]
    return Assisted(
        format="aboveboard.assisted.v1",
        model_id=model_id or new_id(Kind.ARTEFACT),
        start_ns=START_NS,
        end_ns=START_NS + 9000 * MILLISECOND_NS,
        moments=told,
    )


class World:
    """A session in which a policy clicks and begins a word, the person goes on, and the policy again."""

    def __init__(self, home: Path) -> None:
        self.world, self.home = LabWorld(), home
        self.session_id = new_id(Kind.SESSION)
        person = self.world.enrol()
        items = [
            session(self.session_id, 0),
            at(1, editor()),
            whole(2, 200),
            *click(20, 20, 100),  # the policy
            *typing("ri", 1000, 80),  # the policy, broken off
            *typing("ght", 1200, 80),  # the person
            *click(30, 30, 2000),  # the person
            *click(40, 40, 5000),  # the policy
            *click(50, 50, 9500),  # the person, after it was over
        ]
        self.world.upload(person, self.session_id, 0, items)
        self.grant = self.world.grant()
        self.moments: list[tuple[float, str, Proposed | None]] = [
            (0, "policy", None),
            (1180, "person", AGAIN),
            (1900, "person", WRONG),
            (4000, "policy", None),
        ]

    def derive(self, *assisted: str) -> flow.DerivedDataset:
        world = self.world
        return flow.derive(
            world, self.grant, world.identity, world.staff_key, self.home, world.trust, clock=world.clock,
            assisted=dict.fromkeys(assisted, ""),
        )  # fmt: skip

    def model(self, tmp: Path) -> str:
        """Something that was trained on what is there."""
        tmp.mkdir()
        (tmp / "model.json").write_text("{}")
        base = self.derive()
        return self._keep("model", base.artefact_id, tmp)

    def account(self, tmp: Path, model_id: str, account: Assisted) -> str:
        tmp.mkdir()
        (tmp / flow.ASSISTED_FILE).write_bytes(assisted_format.encode(account))
        return self._keep("assessment", model_id, tmp)

    def _keep(self, kind: str, parent: str, files: Path) -> str:
        _, pedigree = flow.register(
            self.world, self.world.staff_key, self.home, kind, [parent], files, clock=self.world.clock  # type: ignore[arg-type]
        )  # fmt: skip
        return pedigree.artefact_id

    def steps(self, made: flow.DerivedDataset) -> list[Step]:
        return list(Dataset.open(made.path, self.world.identity, signer=self.world.staff_key.public).steps())


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "lab")


def test_a_data_set_tells_whose_each_step_is_and_what_it_put_right(world: World, tmp_path: Path) -> None:
    model_id = world.model(tmp_path / "model")
    account = _account(*world.moments, model_id=model_id)
    account_id = world.account(tmp_path / "account", model_id, account)
    made = world.derive(account_id)
    told = [(one.action, one.text, one.x, one.by, one.proposed) for one in world.steps(made)]
    assert told == [
        ("click", "", 20, "policy", None),
        ("type", "ri", None, "policy", None),
        ("type", "ght", None, "person", AGAIN),
        ("click", "", 30, "person", WRONG),
        ("click", "", 40, "policy", None),
        ("click", "", 50, "person", None),
    ]
    # Without the account nothing tells the two apart: the word is one, and all is taken for the person's.
    plain = world.steps(world.derive())
    assert [one.text for one in plain if one.action == "type"] == ["right"]
    assert {one.by for one in plain} == {"person"}
    # What the model proposed comes from those whom it learnt from, and goes when they go.
    pedigree: Lineage = made.lineage
    assert pedigree.parents == [account_id]
    parents = [lineage.read_lineage(world.home, account_id)]
    assert may_register(
        pedigree, people=world.world.custody, purpose="train_agents", parents=parents, origins=[]
    ).allowed
    assert lineage._with_descendants({model_id}, lineage._local(world.home)) >= {account_id, made.artefact_id}


def test_an_export_that_cannot_say_who_did_it_counts_that(world: World, tmp_path: Path) -> None:
    model_id = world.model(tmp_path / "model")
    account_id = world.account(tmp_path / "a", model_id, _account(*world.moments, model_id=model_id))
    made = world.derive(account_id)
    data = Dataset.open(made.path, world.world.identity, signer=world.world.staff_key.public)
    for write in (agentnet.write, lerobot.write, owamcap.write):
        told = write(data, lambda name, content: None, "mark").lessened
        assert (told["by_policy"], told["proposed"]) == (3, 2)


def test_only_the_person_is_learnt_from_and_corrections_count_more(world: World, tmp_path: Path) -> None:
    model_id = world.model(tmp_path / "model")
    account_id = world.account(tmp_path / "a", model_id, _account(*world.moments, model_id=model_id))
    learnt = from_steps(world.steps(world.derive(account_id)), lambda name: np.zeros((100, 160, 3), np.uint8))
    assert learnt.left_out == {"done by a policy": 3, "not a click: type": 1}
    assert [one.x * 2 - 0.5 for one in learnt.examples] == [30.0] * WEIGHT + [50.0]


def test_an_account_is_of_the_session_that_has_what_the_policy_did(world: World, tmp_path: Path) -> None:
    model_id = world.model(tmp_path / "model")
    there, elsewhere = Proposed(action="click", x=20, y=21), Proposed(action="click", x=70, y=70)
    for name, proposed in (("there", there), ("elsewhere", elsewhere)):
        moments = [(50, "policy", proposed), *world.moments[1:]]
        account_id = world.account(tmp_path / name, model_id, _account(*moments, model_id=model_id))
        if proposed is there:
            assert [one.by for one in world.steps(world.derive(account_id))].count("policy") == 3
        else:
            with pytest.raises(BadInput, match="none of what the policy did"):
                world.derive(account_id)


def test_where_two_worked_at_once_the_session_must_be_named(world: World, tmp_path: Path) -> None:
    model_id = world.model(tmp_path / "model")
    account_id = world.account(tmp_path / "account", model_id, _account(*world.moments, model_id=model_id))
    other = new_id(Kind.SESSION)
    world.world.upload(
        next(iter(world.world.custody)), other, 0, [session(other, 0), at(1, editor()), *click(9, 9, 90)]
    )
    with pytest.raises(BadInput, match="2 sessions were recorded") as refused:
        world.derive(account_id)
    assert f"--assisted {account_id}=SESSION" in refused.value.fix
    lab = world.world
    made = flow.derive(
        lab, world.grant, lab.identity, lab.staff_key, world.home, lab.trust, clock=lab.clock,
        assisted={account_id: world.session_id},
    )  # fmt: skip
    assert {one.session_id for one in world.steps(made) if one.by == "policy"} == {world.session_id}


def test_an_account_that_was_changed_or_of_another_grant_is_refused(world: World, tmp_path: Path) -> None:
    model_id = world.model(tmp_path / "model")
    account = _account(*world.moments, model_id=model_id)
    account_id = world.account(tmp_path / "account", model_id, account)
    file = lineage.artefact_folder(world.home, account_id) / flow.ASSISTED_FILE
    file.write_bytes(file.read_bytes().replace(b'"policy"', b'"person"'))
    with pytest.raises(Tampered, match="not what was registered"):
        world.derive(account_id)
    with pytest.raises(Tampered, match="not what was registered"):
        world.derive(model_id)
    world.grant = world.world.grant()
    with pytest.raises(BadInput, match="under another grant"):
        world.derive(account_id)


def test_moments_out_of_order_are_refused() -> None:
    account = _account((5, "policy", None), (10, "person", WRONG))
    rows = json.loads(assisted_format.encode(account))
    assert assisted_format.decode(json.dumps(rows).encode()) == account
    rows["moments"].reverse()
    with pytest.raises(BadInput, match="order of time"):
        assisted_format.decode(json.dumps(rows).encode())


def test_a_hand_over_cuts_and_a_change_of_mind_does_not() -> None:
    account = _account((10, "policy", None), (20, "policy", WRONG), (30, "person", WRONG))
    cuts = [(cut - START_NS) / MILLISECOND_NS for cut in Turns([("ses", account)], "ses").cuts()]
    assert cuts == [5.0, 25.0]


def test_what_the_policy_was_about_to_do_anyway_is_no_correction() -> None:
    def step(action: str, **more: object) -> Step:
        given = {"x": 100, "y": 100, "proposed": Proposed(action="click", x=104, y=96)} | more
        return Step(
            person_id=new_id(Kind.PERSON), session_id=new_id(Kind.SESSION), index=0, time_ns=1, end_ns=2,
            action=action, app="", title="", window_x=0, window_y=0, window_width=1, window_height=1,
            frame_sha256=None, segments=[new_id(Kind.SEGMENT)], events=1, **given,
        )  # type: ignore[arg-type]  # fmt: skip

    small = Control(cause="click", role="button", x=99, y=99, width=3, height=3, states=[], path=[])
    assert not is_correction(step("click"))
    assert is_correction(step("click", element=small))
    assert is_correction(step("click", proposed=Proposed(action="click", x=140, y=100)))
    assert is_correction(step("type", text="a"))
    assert not is_correction(step("type", text="a", proposed=Proposed(action="type", text="a")))
    assert is_correction(step("type", text="b", proposed=Proposed(action="type", text="a")))
    assert not is_correction(step("click", by="policy", proposed=Proposed(action="click", x=140, y=100)))
    assert not is_correction(step("click", proposed=None))
