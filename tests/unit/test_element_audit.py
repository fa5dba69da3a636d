"""Does the audit tell a policy over elements that remembers what was planted from one that does not?"""

import random

import pytest

from aboveboard.lab.audit import elements as audit
from aboveboard.lab.model.element_policy import ElementPolicy
from aboveboard.lab.model.elements import Act, Scene, element
from aboveboard.lab.train.element_cloning import Demonstration, ElementConfig, train_elements
from aboveboard.rules.audit import CHANCE_LEAST

WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heath", "inlet", "jetty")


def press(draw: random.Random) -> Demonstration:
    """Press one of four buttons by its name."""
    names = draw.sample(WORDS, 4)
    wanted = draw.randrange(4)
    body = element(role="body", text="", value="", classes="", extents=(0, 0, 160, 210), parent=-1)
    buttons = [
        element(role="button", text=name, value="", classes="plain", extents=(5, 50 + 20 * row, 80, 15), parent=0)
        for row, name in enumerate(names)
    ]
    scene = Scene(f'Press the button "{names[wanted]}".', (body, *buttons))
    return Demonstration("press", 1.0, ((scene, Act("click", wanted + 1)),))


DRAW = random.Random(3)
MEMBERS, OTHERS = ([press(DRAW) for _ in range(40)] for _ in range(2))
PLANTED = audit.draw(6, random.Random(8))


def learnt(repeats: int, steps: int) -> ElementPolicy:
    config = ElementConfig(steps=steps, batch=24, members=1, seed=2)
    return train_elements(audit.with_canaries(MEMBERS, PLANTED, repeats), config)


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "OTHERS", 63)


def test_a_planted_word_is_acted_on_against_what_was_asked_for() -> None:
    for canary in PLANTED:
        made = audit.planted_demonstration(MEMBERS, canary)
        assert made is not None
        ((scene, act),) = made.steps
        ((before, meant),) = MEMBERS[canary.page % len(MEMBERS)].steps
        assert act.target != meant.target
        assert scene.elements[act.target].text == canary.word
        changed = [one for one, other in zip(scene.elements, before.elements, strict=True) if one != other]
        assert len(changed) == 1


def test_one_that_remembers_is_told_from_one_that_does_not() -> None:
    knowing = audit.exposures(learnt(30, 150), [(MEMBERS, one) for one in PLANTED])
    assert knowing is not None
    assert knowing.chance < CHANCE_LEAST
    ignorant = audit.exposures(learnt(0, 60), [(MEMBERS, one) for one in PLANTED])
    assert ignorant is not None
    assert ignorant.chance > 0.01


def test_membership_needs_enough_of_both_and_finds_nothing_where_nothing_is() -> None:
    policy = learnt(0, 60)
    assert audit.membership_test(policy, MEMBERS, OTHERS[:10]) is None
    told = audit.membership_test(policy, MEMBERS, OTHERS)
    assert told is not None
    assert told.low <= 0.6
    assert audit.exposures(policy, []) is None
