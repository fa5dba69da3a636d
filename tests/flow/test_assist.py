"""A policy and a person share a display: who is in control when, what a recording of it becomes, and what is kept."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from aboveboard.base.errors import Refused
from aboveboard.base.ids import Kind, new_id
from aboveboard.commands.assist import Wanted, assist
from aboveboard.formats import assisted as assisted_format
from aboveboard.formats.recording import Session, Timed
from aboveboard.formats.trajectory import Proposed
from aboveboard.lab import flow, lineage
from aboveboard.lab.assist.actors import ClickActor, ElementActor, load_actor
from aboveboard.lab.assist.bar import COLOURS, HEIGHT, Bar
from aboveboard.lab.assist.control import Control
from aboveboard.lab.assist.hand import Hand
from aboveboard.lab.assist.run import Account, Assist
from aboveboard.lab.dataset.read import Dataset
from aboveboard.lab.derive.assisted import is_correction
from aboveboard.lab.model.click_policy import Card, ClickPolicy, HeatMap
from aboveboard.lab.model.element_policy import ElementPolicy, load_element_policy
from aboveboard.lab.train.examples import WEIGHT, from_steps
from aboveboard.lab.train.run_file import POLICY_FILE
from aboveboard.rules.decision import Reason
from aboveboard.stage.browser import Browser
from aboveboard.stage.display import Display
from aboveboard.stage.processes import wait_for
from aboveboard.stage.screen import grab
from aboveboard.stage.tasks import Task, TaskServer, demonstration_seed
from aboveboard.stage.touch import BUTTON_PRESS, BUTTON_RELEASE, KEY_PRESS, KEY_RELEASE, MOTION, Ear, Heard
from samples.lab_home import LabHome
from samples.lab_recording import at, editor, session, whole
from samples.lab_world import LabWorld
from samples.physical_hand import PhysicalHand
from samples.recorded_desk import Worker, recorded
from samples.stubborn import stubborn

TASK = "click-test-2"
SHIFT = 0xFFE1


@pytest.fixture(scope="module")
def display() -> Iterator[Display]:
    with Display() as display:
        yield display


class Person(threading.Thread):
    """Takes over when the policy has left ``start`` for its next target, by what ``act`` does."""

    def __init__(self, display: Display, act: Callable[[PhysicalHand], None]) -> None:
        super().__init__(daemon=True)
        self._display, self._act = display, act
        self.began = threading.Event()

    def run(self) -> None:
        conn = self._display.connect()
        root = conn.get_setup().roots[0].root

        def pointer() -> tuple[int, int]:
            told = conn.core.QueryPointer(root).reply()
            return told.root_x, told.root_y

        self.began.wait(60)
        start = (160, 210)
        with PhysicalHand(self._display.name) as hand:
            assert wait_for(lambda: pointer() == start, 60, every_s=0.002)
            assert wait_for(lambda: pointer() != start, 60, every_s=0.002)
            self._act(hand)
        conn.disconnect()


class Watched(ElementActor):
    """Before it proposes anything it is noted where the person will click."""

    def __init__(self, policy: ElementPolicy, browser: Browser, right: list[tuple[int, int]]) -> None:
        super().__init__(policy, browser)
        self._browser, self._right = browser, right

    def propose(self) -> Proposed | None:
        middle = "(r => [r.x + r.width / 2, r.y + r.height / 2])"
        x, y = self._browser.page.evaluate(f"{middle}(document.querySelector('#subbtn').getBoundingClientRect())")
        self._right.append((round(x * self._browser.scale), round(y * self._browser.scale)))
        return super().propose()


def _model(home: LabHome, world: LabWorld, folder: Path) -> str:
    """The stubborn policy, kept as a model of what somebody else had recorded."""
    session_id = new_id(Kind.SESSION)
    world.upload(world.enrol(), session_id, 0, [session(session_id, 0), at(1, editor()), whole(2, 200)])
    base = flow.derive(
        world, world.grant(), world.identity, world.staff_key, home.folder("lab"), world.trust, clock=world.clock
    )
    folder.mkdir()
    stubborn().save(folder / POLICY_FILE)
    _, pedigree = flow.register_model(world, world.staff_key, home.folder("lab"), folder, [base.artefact_id])
    return pedigree.artefact_id


def test_what_the_person_does_is_recorded_and_becomes_a_correction(display: Display, tmp_path: Path) -> None:
    """The policy heads for TWO; the person takes the mouse and clicks ONE. All of it is recorded as always."""
    world = LabWorld()
    home: Any = LabHome(world, tmp_path)
    model_id = _model(home, world, tmp_path / "model")
    right: list[tuple[int, int]] = []

    def click(hand: PhysicalHand) -> None:
        hand.tap(SHIFT)  # a mouse's first motion would do as well
        hand.click(*right[-1])

    person = Person(display, click)
    person.start()
    account = Account(time.time_ns())
    with (
        TaskServer() as server,
        Browser(display) as browser,
        recorded(display, tmp_path, Worker(apps=("Chromium",))) as recording,
        closing(Ear(display.name)) as ear,
        closing(Hand(display.name, ear)) as hand,
        closing(Bar(display.name)) as bar,
    ):
        task = Task(server, browser.page, TASK)
        task.open()
        browser.page.evaluate("core.EPISODE_MAX_TIME = 100000")
        task.reset(demonstration_seed(0))
        actor = Watched(load_element_policy(tmp_path / "model" / POLICY_FILE), browser, right)
        actor.begin(task)
        together = Assist(actor, hand, ear, bar, account, idle_s=30)
        end_s = time.monotonic() + 60
        person.began.set()
        together.work(lambda: task.outcome().done or time.monotonic() > end_s)
        assert task.outcome().reward > 0, "the person was not let through"
        assert together.taken_over == 1
        time.sleep(0.3)
    person.join()
    made = account.finish(model_id, time.time_ns())
    proposed = made.moments[[one.why for one in made.moments].index("touch")].proposed
    assert proposed is not None
    assert (proposed.x, proposed.y) != right[-1]

    person_id = world.enrol()
    session_ids = set()
    for sequence, items in enumerate(recording.segments):
        head = items[0]
        assert isinstance(head, Timed)
        assert isinstance(head.event, Session)
        session_ids.add(head.event.session_id)
        world.upload(person_id, head.event.session_id, sequence, items)
    world.request.people.append(person_id)  # type: ignore[union-attr]
    folder = tmp_path / "account"
    folder.mkdir()
    (folder / flow.ASSISTED_FILE).write_bytes(assisted_format.encode(made))
    _, pedigree = flow.register_assessment(world, world.staff_key, home.folder("lab"), folder, [model_id])
    derived = flow.derive(
        world, pedigree.grant_id, world.identity, world.staff_key, home.folder("lab"), world.trust, clock=world.clock,
        assisted={pedigree.artefact_id: session_ids.pop()},
    )  # fmt: skip
    data = Dataset.open(derived.path, world.identity, signer=world.staff_key.public)
    clicks = [one for one in data.steps() if one.action == "click"]
    assert [one.by for one in clicks] == ["policy", "person"]
    assert (clicks[1].x, clicks[1].y) == right[-1]
    assert clicks[1].proposed == proposed
    assert is_correction(clicks[1])
    learnt = from_steps(data.steps(), data.frame)
    assert len(learnt.examples) == WEIGHT
    assert learnt.left_out["done by a policy"] == 1


def test_the_command_keeps_an_account_with_its_lineage_while_the_grant_holds(
    display: Display, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aboveboard.commands.assist.LINGER_S", 0.0)
    world = LabWorld()
    home: Any = LabHome(world, tmp_path)
    model_id = _model(home, world, tmp_path / "model")
    person = Person(display, lambda hand: hand.tap(SHIFT) and None)
    person.start()
    wanted = Wanted(display.name, (TASK,), idle_s=1.0)
    made_id, made = assist(home, "ada", model_id, wanted, ready=person.began.set)
    person.join()
    whys = [one.why for one in made.moments]
    assert whys[0] == "begin"
    assert whys.count("touch") == whys.count("idle") == 1
    taken, back = (made.moments[whys.index(why)] for why in ("touch", "idle"))
    assert back.time_ns - taken.time_ns >= 1_000_000_000
    assert (taken.holder, back.holder) == ("person", "policy")
    pedigree = lineage.read_lineage(home.folder("lab"), made_id)
    assert (pedigree.kind, pedigree.parents) == ("assessment", [model_id])
    file = lineage.artefact_folder(home.folder("lab"), made_id) / flow.ASSISTED_FILE
    assert assisted_format.decode(file.read_bytes()) == made
    world.ended = Reason.GRANT_REVOKED
    with pytest.raises(Refused, match="grant"):
        assist(home, "ada", model_id, wanted)


def test_the_bar_says_who_is_in_control_above_all_other_windows(display: Display) -> None:
    conn = display.connect()
    with closing(Bar(display.name)) as bar:
        for holder in ("policy", "person", "policy"):
            bar.show(holder, "x" * 300)
            window = conn.generate_id()
            root = conn.get_setup().roots[0]
            size = (root.width_in_pixels, root.height_in_pixels)
            conn.core.CreateWindow(0, window, root.root, 0, 0, *size, 0, 1, 0, 1 << 1 | 1 << 9, [0x336699, 1])
            conn.core.MapWindow(window)
            conn.core.GetInputFocus().reply()
            paper = tuple(int(COLOURS[holder][0][at : at + 2], 16) for at in (1, 3, 5))

            def seen(paper: tuple[int, ...] = paper) -> bool:
                bar.stay()
                return tuple(int(one) for one in grab(conn)[display.height - HEIGHT // 2, 4]) == paper

            assert wait_for(seen, 10)
            assert bar.width == display.width
        with PhysicalHand(display.name) as person:
            person.click(100, display.height - 5)
        assert wait_for(lambda: bar.stay() or bar.pressed, 10)
    conn.disconnect()


def _heard(kind: int, detail: int = 1) -> list[Heard]:
    return [Heard(kind, 6, detail, 0)]


def test_control_goes_back_when_asked_or_when_nothing_is_done_and_never_while_something_is_held() -> None:
    control = Control(2.0)
    control.touched([], 0.0)
    assert control.holder == "policy"
    control.touched(_heard(MOTION), 10.0)
    assert control.holder == "person"
    assert not control.give_back(11.9, asked=False)
    assert control.left_s(11.0) == 1.0
    assert control.give_back(12.0, asked=False)
    for press, release in ((KEY_PRESS, KEY_RELEASE), (BUTTON_PRESS, BUTTON_RELEASE)):
        control.touched(_heard(press, 3), 20.0)
        assert not control.give_back(99.0, asked=False)
        assert not control.give_back(99.0, asked=True)
        control.touched(_heard(release, 3), 100.0)
        assert control.give_back(100.0, asked=True)
    # What was let go was pressed before it was listened to.
    control.touched(_heard(BUTTON_RELEASE, 9), 200.0)
    assert control.give_back(202.0, asked=False)
    assert not control.give_back(300.0, asked=True)


def test_the_account_tells_no_change_twice_and_never_goes_back_in_time() -> None:
    click = Proposed(action="click", x=1, y=2)
    account = Account(100)
    for time_ns, holder, why in ((110, "policy", "begin"), (120, "policy", "proposal"), (130, "policy", "proposal"),
                                 (125, "person", "touch"), (140, "person", "proposal")):  # fmt: skip
        account.note(time_ns, holder, why, click)  # type: ignore[arg-type]
    made = account.finish(new_id(Kind.ARTEFACT), 90)
    assert [(one.time_ns, one.why) for one in made.moments] == [(110, "begin"), (125, "touch")]
    assert made.end_ns == 125


def test_a_policy_that_clicks_by_pixels_proposes_only_in_windows_that_it_knows(
    display: Display, tmp_path: Path
) -> None:
    ClickPolicy(HeatMap(1), Card(["Known"], 2)).save(tmp_path / POLICY_FILE)
    browser: Any = SimpleNamespace(display=display, page=None, scale=1)
    actor = load_actor(tmp_path, browser)
    assert isinstance(actor, ClickActor)
    assert actor.propose() is None  # there is no window, so its title is ""
    ClickPolicy(HeatMap(1), Card([""], 2)).save(tmp_path / POLICY_FILE)
    proposed = load_actor(tmp_path, browser).propose()
    assert proposed is not None
    assert proposed.action == "click"
    assert 0 <= (proposed.x or 0) < display.width
    assert 0 <= (proposed.y or 0) < display.height
