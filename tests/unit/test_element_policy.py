"""Does a policy over elements learn what people did, on pages and words that it has not seen?"""

import random
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.base.errors import BadInput
from aboveboard.lab.model.agreement import Rarity
from aboveboard.lab.model.element_policy import ElementPolicy, load_element_policy
from aboveboard.lab.model.elements import Act, Element, Scene, element
from aboveboard.lab.model.memory import Memory
from aboveboard.lab.model.words import phrase_at, read
from aboveboard.lab.train.element_cloning import Demonstration, ElementConfig, decisions, train_elements

QUICK = ElementConfig(steps=80, batch=24, members=1, seed=5)
SYLLABLES = ("ba", "ro", "ti", "mu", "len", "sor", "vi", "ka", "dun", "pel", "zo", "xa")


def _word(draw: random.Random) -> str:
    return "".join(draw.sample(SYLLABLES, 3)).capitalize()


def _page(instruction: str, *shown: tuple[str, str, str]) -> Scene:
    """A page of (role, text, classes), one below the other."""
    rows = [element(role="body", text="", value="", classes="", extents=(0, 0, 160, 210), parent=-1)]
    for number, (role, text, classes) in enumerate(shown):
        extents = (5, 50 + 20 * number, 80, 15)
        rows.append(element(role=role, text=text, value="", classes=classes, extents=extents, parent=0))
    return Scene(instruction, tuple(rows))


def _press(draw: random.Random) -> Demonstration:
    """Press one of four buttons by its name."""
    names = [_word(draw) for _ in range(4)]
    wanted = draw.randrange(4)
    page = _page(f'Press the button "{names[wanted]}".', *(("button", name, "plain") for name in names))
    return Demonstration("press", 1.0, ((page, Act("click", wanted + 1)),))


def _fill(draw: random.Random) -> Demonstration:
    """Two fields known by their classes, in either order: type two words, then send."""
    first, second = _word(draw), _word(draw)
    order = draw.sample(["street", "town"], 2)
    asked = f'The street is "{first}" and the town is "{second}", then send.'
    words = {"street": first, "town": second}
    page = _page(asked, *(("input_text", "", name) for name in order), ("button", "Send", ""))
    steps = [(page, Act("type", 1 + number, words[name])) for number, name in enumerate(order)]
    return Demonstration("fill", 3.0, (*steps, (page, Act("click", 3))))


def _made(number: int, seed: int) -> list[Demonstration]:
    draw = random.Random(seed)
    return [make(draw) for _ in range(number) for make in (_press, _fill)]


@pytest.fixture(scope="module")
def learnt() -> ElementPolicy:
    return train_elements(_made(20, seed=1), QUICK)


def _right(policy: ElementPolicy, demonstrations: list[Demonstration]) -> float:
    """The share of demonstrations that the policy repeats act by act."""
    whole = []
    for demonstration in demonstrations:
        act = policy.begin()
        whole.append(all(act(scene) == done for scene, done in demonstration.steps))
    return sum(whole) / len(whole)


def test_it_does_what_was_shown_with_words_it_has_never_seen(learnt: ElementPolicy) -> None:
    assert _right(learnt, _made(20, seed=2)) >= 0.9


def test_without_learning_it_does_not() -> None:
    ignorant = train_elements(_made(20, seed=1), ElementConfig(steps=3, rate=1e-9, members=1, seed=5))
    assert _right(ignorant, _made(20, seed=2)) <= 0.4


def test_the_same_seed_gives_the_same_policy(learnt: ElementPolicy) -> None:
    again = train_elements(_made(20, seed=1), QUICK)
    page, memory = _made(1, seed=9)[0].steps[0][0], Memory()
    assert again.act(page, memory) == learnt.act(page, memory)
    for name, value in learnt.targets.state_dict().items():
        assert (again.targets.state_dict()[name] - value).abs().max() < 1e-4


def test_a_saved_policy_acts_alike(learnt: ElementPolicy, tmp_path: Path) -> None:
    learnt.save(tmp_path / "policy")
    again = load_element_policy(tmp_path / "policy")
    assert again.card == learnt.card
    assert again.card.tasks == ["fill", "press"]
    assert _right(again, _made(10, seed=3)) == _right(learnt, _made(10, seed=3))


def test_a_drop_down_takes_one_of_its_own_entries(learnt: ElementPolicy) -> None:
    field = element(
        role="select", text="", value="", classes="", extents=(0, 0, 9, 9), parent=-1, options=("Lyon", "Oslo", "Rome")
    )
    act = learnt.act(Scene("Take Oslo.", (field,)), Memory())
    assert act == Act("choose", 0, "Oslo")


@given(st.data())
def test_a_damaged_file_is_refused(learnt: ElementPolicy, tmp_path_factory: pytest.TempPathFactory, data) -> None:
    path = tmp_path_factory.mktemp("damaged") / "policy"
    learnt.save(path)
    whole = path.read_bytes()
    # In the header, where everything is that is parsed; a changed weight is a weight.
    at = data.draw(st.integers(0, 400))
    cut = data.draw(st.booleans())
    damaged = whole[:at] if cut else whole[:at] + bytes([data.draw(st.integers(0, 255))]) + whole[at + 1 :]
    path.write_bytes(damaged)
    if cut:
        with pytest.raises(BadInput, match="not a policy"):
            load_element_policy(path)
    else:
        # What is still well-formed may load (a letter of a task's name); anything else must be a refusal.
        with suppress(BadInput):
            load_element_policy(path)


def test_nothing_to_act_on_and_nothing_to_learn_from_are_said(learnt: ElementPolicy) -> None:
    with pytest.raises(BadInput, match="nothing on this screen"):
        learnt.act(Scene("Press.", ()), Memory())
    with pytest.raises(BadInput, match="no act to learn from"):
        train_elements([], QUICK)


def test_what_the_instruction_does_not_say_is_counted_and_left_out() -> None:
    page = _page('Type "abc".', ("input_text", "", "field"))
    made = decisions([Demonstration("type", 1.0, ((page, Act("type", 1, "something else")),))])
    assert made.left_out == {"typed what the instruction does not say": 1}
    assert len(made.targets) == 1
    assert made.spans == []


def test_the_mark_of_the_pointer_is_not_seen() -> None:
    def named(classes: str) -> Element:
        return element(role="a", text="", value="", classes=classes, extents=(0, 0, 1, 1), parent=-1)

    lit = named("ui-corner ui-state-hover ui-datepicker-prev-hover ui-state-active item-focus")
    assert lit == named("ui-corner")
    assert named("ui-datepicker-prev").names == ("datepicker", "prev", "ui")


def test_an_instruction_is_read() -> None:
    request = read('Set 03/09/2016 for the 2nd "Big Room", then tell @ann.')
    assert request.words[:4] == ("set", "march", "9", "2016")
    assert request.count == 2
    assert [(one.text, one.quoted) for one in request.quoted] == [("Big Room", 0)]
    assert phrase_at(request, ["big", "room"]) == [7]
    assert phrase_at(request, ["room", "big"]) == []
    assert {"Big Room", "@ann", 'Big Room", then'} <= {one.text for one in request.spans}
    assert read("99/99/2016 it is").words[0] == "99"


@given(st.text(max_size=400))
def test_any_instruction_can_be_read(text: str) -> None:
    request = read(text)
    assert len(request.words) <= 48
    for span in request.spans:
        assert span.text in text
        assert 0 <= span.first <= span.last < len(request.words)


def test_words_used_up_are_remembered() -> None:
    page = _page("Press One then One again.", ("button", "One", ""), ("button", "Two", ""))
    memory = Memory()
    memory.note(page, Act("click", 1))
    assert memory.used == {1}
    memory.note(page, Act("click", 1))
    assert memory.used == {1, 3}
    assert memory.acted[page.keys()[1]] == 2


def test_rare_words_tell_more() -> None:
    rarity = Rarity.of(["Press the red one"] * 9 + ["Press the blue one"] * 2)
    assert rarity("press") < rarity("blue") < rarity("unheard")
    assert rarity("unheard") == 1.0
