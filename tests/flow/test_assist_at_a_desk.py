"""A policy and a person share a display with a real application: who does what, and what is kept of it."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from aboveboard.base.errors import BadInput
from aboveboard.commands.assist import Wanted, assist
from aboveboard.formats.trajectory import Proposed
from aboveboard.lab.assist import places
from aboveboard.lab.assist.desk_actor import DeskActor
from aboveboard.lab.derive.assisted import marks_of
from aboveboard.lab.model.agreement import Rarity
from aboveboard.lab.model.element_policy import Choosing, ElementCard
from aboveboard.lab.model.elements import Act, Scene
from aboveboard.lab.model.memory import Memory
from aboveboard.lab.model.words import read
from aboveboard.stage.desktop.accessible import SENSITIVE, SHOWING, SINGLE_LINE, Control, Ref
from aboveboard.stage.desktop.presses import presses
from aboveboard.stage.desktop.tasks import TASKS
from aboveboard.stage.display import Display
from aboveboard.wire import confine
from flow.test_assist import _model
from samples.lab_home import LabHome
from samples.lab_world import LabWorld
from samples.physical_hand import PhysicalHand

CONTROL, TASK = 0xFFE3, "editor-append-line"
EVERY_KIND = [["frame", "text"], ["frame", "page tab list", "page tab", "text"], ["dialog", "text"]]


def _place(scene: Scene, fits: Callable[[Any], bool]) -> int:
    return next(place for place, one in enumerate(scene.elements) if fits(one))


def _key(scene: Scene, name: str) -> Act:
    return Act("click", _place(scene, lambda one: one.names == (name,)))


@dataclass
class Scripted(Choosing):
    """Does in turn what ``acts`` say; ``remembered`` is how much the memory held each time."""

    acts: Sequence[Callable[[Scene], Act]]
    remembered: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.card = ElementCard(Rarity({}, 1), (1, 1), 1, kinds=EVERY_KIND)

    def act(self, scene: Scene, memory: Memory) -> Act:
        self.remembered.append(memory.steps)
        return self.acts[min(memory.steps, len(self.acts) - 1)](scene)


def _write(scene: Scene) -> Act:
    return Act("type", _place(scene, lambda one: one.role == "textarea"), read(scene.instruction).quoted[0].text)


def test_a_person_finishes_what_the_policy_began_and_all_of_it_is_in_the_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes to the end and writes the line, but would not save: the person does."""
    if not confine.available():
        pytest.skip("this kernel has no Landlock; nothing is started there")
    world, written = LabWorld(), threading.Event()
    home: Any = LabHome(world, tmp_path)
    model_id = _model(home, world, tmp_path / "model")

    def dither(scene: Scene) -> Act:
        written.set()
        return _key(scene, "end")

    policy = Scripted([lambda scene: _key(scene, "control+end"), _write, dither])
    monkeypatch.setattr(places, "load_elements", lambda folder: policy)
    monkeypatch.setattr("aboveboard.commands.assist.LINGER_S", 0.0)
    with Display(1024, 768) as display:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", display.env["DBUS_SESSION_BUS_ADDRESS"])

        def save() -> None:
            written.wait(60)
            with PhysicalHand(display.name) as hand:
                hand.tap(CONTROL, ord("s"))

        person = threading.Thread(target=save, daemon=True)
        person.start()
        _, made = assist(home, "ada", model_id, Wanted(display.name, (TASK,), idle_s=30))
        person.join()
    (attempt,) = made.attempts
    assert attempt.outcome == "success"
    assert attempt.instruction.startswith("Write")
    assert made.start_ns <= attempt.start_ns < attempt.end_ns <= made.end_ns
    whys = [one.why for one in made.moments]
    assert whys.count("touch") == 1
    told = [one.proposed for one in made.moments[: whys.index("touch")] if one.proposed is not None]
    assert Proposed(action="key", text="Control+End") in told
    assert [one.action for one in told if one.action in ("key", "type")][:2] == ["key", "type"]
    begin, end = marks_of([("ses_" + "0" * 26, made)], "ses_" + "0" * 26)
    assert (begin.kind, begin.instruction, begin.instructed_by) == ("begin", attempt.instruction, "form")
    assert (end.kind, end.outcome) == ("end", "success")
    assert marks_of([("ses_" + "0" * 26, made)], "ses_" + "1" * 26) == []


FIELD = Control(Ref(":1", "/1"), "text", "", SENSITIVE | SHOWING | SINGLE_LINE, 10, 730, 100, 28, 0, text="old")
WINDOW = Control(Ref(":1", "/0"), "frame", "", SENSITIVE | SHOWING, 0, 0, 1024, 768, -1)


def _desk() -> Any:
    controls = [WINDOW, FIELD]
    return SimpleNamespace(
        asked='Name it "fir".',
        look=lambda: controls,
        presses=lambda move, control, below_px: presses(move, control, lambda: controls, (1024, 768 - below_px)),
    )


def test_a_move_is_several_proposals_and_is_remembered_once_all_are_done() -> None:
    policy = Scripted([lambda scene: Act("type", _place(scene, lambda one: one.kind == "type"), "fir"),
                       lambda scene: _key(scene, "return")])  # fmt: skip
    actor = DeskActor(policy, _desk())
    done = []
    for _ in range(4):
        done.append(actor.propose())
        assert actor.begun
        actor.done()
    assert done == [
        Proposed(action="click", x=60, y=734),  # of what the bar leaves of it
        Proposed(action="key", text="End"),
        Proposed(action="key", text="Shift+Home"),
        Proposed(action="type", text="fir"),
    ]
    assert actor.propose() == Proposed(action="key", text="Return")
    assert policy.remembered == [0, 1]


def test_whoever_takes_over_in_the_middle_ends_the_move() -> None:
    policy = Scripted([lambda scene: Act("type", _place(scene, lambda one: one.kind == "type"), "fir")])
    actor = DeskActor(policy, _desk())
    first = actor.propose()
    actor.done()
    assert actor.propose() == Proposed(action="key", text="End")
    # That was not done: somebody touched, and it is asked again, now and when it is its turn.
    assert actor.propose() == first
    assert actor.propose() == first
    assert policy.remembered == [0, 0, 0]


def test_a_policy_that_learnt_from_pages_alone_is_refused_at_a_desk(monkeypatch: pytest.MonkeyPatch) -> None:
    policy = Scripted([])
    policy.card.kinds.clear()
    monkeypatch.setattr(places, "load_elements", lambda folder: policy)
    assert places.kind_of(TASK) is places.Desks
    assert places.kind_of("click-test-2") is places.Pages
    with pytest.raises(BadInput, match="learnt from pages"):
        places.Desks(Path(), ":0")
    assert set(TASKS) & {"click-test-2"} == set()
