"""Does a policy that is put right learn from it, and only from what the person did?"""

import random
from collections.abc import Callable

from aboveboard.lab.model.element_policy import ElementPolicy
from aboveboard.lab.model.elements import Act, Scene, element
from aboveboard.lab.model.memory import Memory
from aboveboard.lab.train.corrections import Turn, Watched, same, taught
from aboveboard.lab.train.element_cloning import Demonstration, ElementConfig, decisions, train_elements

QUICK = ElementConfig(steps=50, batch=24, members=1, seed=3)
NAMES = ("Alma", "Bert", "Cleo", "Dora", "Emil", "Finn")


def _page(instruction: str, names: list[str]) -> Scene:
    rows = [element(role="body", text="", value="", classes="", extents=(0, 0, 160, 210), parent=-1)]
    for number, name in enumerate(names):
        extents = (5, 50 + 20 * number, 80, 15)
        rows.append(element(role="button", text=name, value="", classes="", extents=extents, parent=0))
    return Scene(instruction, tuple(rows))


def _press(draw: random.Random) -> Scene:
    names = draw.sample(NAMES, 4)
    return _page(f'Press "{draw.choice(names)}".', names)


def _last(draw: random.Random) -> Scene:
    """The other way round: what is asked for is the button below all others."""
    names = draw.sample(NAMES, 4)
    return _page(f'Never mind "{draw.choice(names[:3])}", take the lowest.', names)


def _right(scene: Scene) -> Act:
    if scene.instruction.startswith("Never"):
        return Act("click", 4)
    return Act("click", next(at for at, one in enumerate(scene.elements) if one.text and one.text in scene.instruction))


def _score(policy: ElementPolicy, make: Callable[[random.Random], Scene]) -> float:
    draw = random.Random("held out")
    scenes = [make(draw) for _ in range(40)]
    return sum(policy.act(scene, Memory()) == _right(scene) for scene in scenes) / len(scenes)


def test_thirty_corrections_teach_what_no_demonstration_showed() -> None:
    draw = random.Random("demonstrations")
    shown = [Demonstration("press", 1.0, ((scene, _right(scene)),)) for scene in (_press(draw) for _ in range(30))]
    before = train_elements(shown, QUICK)
    watched = Watched(before, _right, 30)
    while watched.corrections < 30:
        watched.begin()(_last(draw))
    lessons = [taught("last", turns) for turns in watched.attempts]
    after = train_elements([*shown, *lessons], QUICK)
    assert _score(before, _last) <= 0.5
    assert _score(after, _last) >= _score(before, _last) + 0.2
    assert _score(after, _press) >= 0.9


def test_the_person_takes_over_only_where_the_policy_errs_and_only_so_often() -> None:
    policy = train_elements(
        [Demonstration("press", 1.0, ((scene := _press(random.Random(1)), _right(scene)),))],
        ElementConfig(steps=2, members=1),
    )
    wrong = Act("type", 1, "never")
    watched = Watched(policy, lambda scene: wrong, 2)
    act = watched.begin()
    done = [act(scene) for _ in range(4)]
    assert done[:2] == [wrong, wrong]
    assert wrong not in done[2:]
    assert [turn.corrected for turn in watched.attempts[0]] == [True, True, False, False]
    agreed = Watched(policy, lambda scene: policy.act(scene, Memory()), 5)
    agreed.begin()(scene)
    assert agreed.corrections == 0


def test_what_the_policy_did_is_remembered_and_not_learnt() -> None:
    scene = _press(random.Random(2))
    mistake, right = Act("click", 1), Act("click", 2)
    lesson = taught("press", [Turn(scene, mistake, mistake), Turn(scene, mistake, right)], weight=3)
    made = decisions([lesson])
    assert made.left_out == {"done by a policy": 1}
    assert len(made.targets) == 3
    # The button that the policy had pressed is known as pressed when the person acts.
    alone = decisions([Demonstration("press", 1.0, ((scene, right),))])
    assert (made.targets[0].rows.dense != alone.targets[0].rows.dense).any()
    assert made.targets[0].right == alone.targets[0].right


def test_an_element_inside_another_is_the_same_target() -> None:
    rows = [
        element(role="li", text="", value="", classes="", extents=(0, 0, 9, 9), parent=-1),
        element(role="span", text="more", value="", classes="", extents=(0, 0, 9, 9), parent=0),
        element(role="span", text="less", value="", classes="", extents=(0, 0, 9, 9), parent=0),
    ]
    scene = Scene("", tuple(rows))
    assert same(scene, Act("click", 0), Act("click", 1))
    assert same(scene, Act("click", 1), Act("click", 0))
    assert not same(scene, Act("click", 2), Act("click", 1))
    assert not same(scene, Act("click", 1), Act("type", 1, "x"))
