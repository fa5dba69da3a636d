"""Does the curve of a data set tell what more hours bought, and nothing about anybody?"""

from collections import Counter

import msgspec
import numpy as np
import pytest

from aboveboard.base.errors import BadInput, Refused
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats.trajectory import Episode, Step
from aboveboard.formats.value import Curve, Value, ValuePoint, decode, decode_groups, encode
from aboveboard.lab.assess.value import SHARES, Heap, Stretch, heap_of, usual, value
from aboveboard.lab.assess.value_page import page
from aboveboard.lab.assess.worth import Way
from aboveboard.lab.model.click_policy import Card, ClickPolicy, HeatMap
from aboveboard.lab.train.behaviour_cloning import Config
from aboveboard.lab.train.examples import Example, Examples, example
from aboveboard.stage.tasks import window_title

SECOND_NS = 1_000_000_000
TITLE = window_title("click-test")
BLANK = np.zeros((32, 32, 3), np.uint8)
FAST = Config(steps=1, batch=2, shift=0)
FLAT = Way(screen="structure")


def _heap(number: int, grouped: int = 0) -> Heap:
    """The first ``grouped`` stretches are of people of the group "north"."""
    one: Example = example(TITLE, BLANK, 8, 8, factor=2)
    names = [frozenset({"north"}) if place < grouped else frozenset[str]() for place in range(number)]
    stretches = [Stretch(360.0, [one, one], name) for name in names]
    return Heap(stretches, kinds={TITLE: {"click"}}, groups={"north": 12} if grouped else {})


def _untrained(way: Way, examples: Examples, config: Config) -> ClickPolicy:
    """What it does is told by :func:`_value`; only how much it would have learnt from counts."""
    return ClickPolicy(HeatMap(1), Card(examples.titles, examples.factor, "", len(examples.examples)))


def _value(
    heap: Heap,
    good: dict[int, int],
    tried: list[range] | None = None,
    *,
    flat: dict[int, int] | None = None,
    draws: int = 2,
    shares: tuple[float, ...] = (0.5, 1.0),
) -> Value:
    """``good``: by how many examples a policy learnt from, how many of ten episodes it does; ``flat`` at structure."""

    def attempt(policy: ClickPolicy, way: Way, task: str, numbers: range) -> int:
        if tried is not None:
            tried.append(numbers)
        told = flat if flat is not None and way == FLAT else good
        # Draws differ a little, as they do.
        return told[policy.card.examples] - (numbers.start // 10) % 2

    heaps = {Way(): heap, **({FLAT: heap} if flat is not None else {})}
    return value(heaps, ["click-test"], attempt, episodes=10, draws=draws, shares=shares, config=FAST, learn=_untrained)


RISING, LEVEL = {2: 3, 4: 5, 8: 8, 16: 10}, {2: 3, 4: 8, 8: 9, 16: 9}


def test_the_curve_rises_with_what_was_learnt_from() -> None:
    tried: list[range] = []
    made = _value(_heap(8), RISING, tried, shares=SHARES)
    (curve,) = made.curves
    assert [(round(one.hours, 3), one.stretches, one.success) for one in curve.points] == [
        (0.1, 1, 0.25),
        (0.2, 2, 0.45),
        (0.4, 4, 0.75),
        (0.8, 8, 0.95),
    ]
    assert tried == [range(10), range(10, 20)] * 4
    assert curve.law is not None
    assert curve.law.b > 0
    assert 0 < curve.law.next_hour < 0.2
    assert [one.question for one in made.answers] == ["enough", "level", "next"]


def test_a_curve_that_brings_nothing_more_is_called_flat() -> None:
    assert _value(_heap(8), LEVEL).curves[0].flat
    assert not _value(_heap(8), {8: 2, 16: 10}, draws=3).curves[0].flat


def test_a_window_that_was_not_drawn_counts_as_failure() -> None:
    def attempt(policy: ClickPolicy, way: Way, task: str, numbers: range) -> int:
        assert task == "click-test"
        return 10

    tasks = ["click-test", "focus-text"]
    made = value({Way(): _heap(4)}, tasks, attempt, episodes=10, draws=1, shares=(1.0,), learn=_untrained)
    assert [one.success for one in made.curves[0].points] == [0.5]
    assert [(one.name, one.success) for one in made.curves[0].points[0].applications] == [
        ("click-test", 1.0),
        ("focus-text", 0.0),
    ]
    assert made.curves[0].law is None
    assert made.answers[0].verdict == "unsure"
    assert "one draw, so unknown" in made.text()


@pytest.fixture(scope="module")
def rich() -> Value:
    """A value with a level and a group."""
    return _value(_heap(8, grouped=4), LEVEL, flat={8: 2, 16: 2})


def test_a_variant_of_training_is_a_way_of_its_own() -> None:
    private, learnt = Way(variant="private, ε = 8"), list[tuple[str, int]]()

    def learn(way: Way, examples: Examples, config: Config) -> ClickPolicy:
        learnt.append((way.name, config.seed))
        return usual(way, examples, config)

    made = value(
        {Way(): _heap(2), private: _heap(2)},
        ["click-test"],
        lambda policy, way, task, numbers: 5 if way == private else 8,
        episodes=10,
        draws=1,
        shares=(1.0,),
        config=FAST,
        learn=learn,
    )
    assert learnt == [("as recorded", 0), ("private, ε = 8", 0)]
    assert [(one.curve, round(one.loss, 2)) for one in made.prices] == [("private, ε = 8", 0.3)]
    assert "no lower level was tried" in made.answers[1].words


def test_nothing_to_draw_from_is_said() -> None:
    with pytest.raises(BadInput, match="nothing to draw a curve from"):
        _value(_heap(0), {})


def test_a_level_is_priced_at_as_many_hours(rich: Value) -> None:
    assert [one.name for one in rich.curves] == ["as recorded", "screen structure"]
    (price,) = rich.prices
    assert (price.curve, round(price.hours, 2), round(price.loss, 2), price.teaches) == (
        "screen structure",
        0.8,
        0.7,
        "no",
    )
    assert rich.answers[1].verdict == "no"


def test_a_group_is_valued_by_what_is_lost_without_it() -> None:
    made = _value(_heap(8, grouped=4), LEVEL | {8: 5}, shares=(1.0,))
    (group,) = made.groups
    assert (group.name, group.people, round(group.gain, 2)) == ("north", 12, 0.4)
    assert group.low <= group.gain <= group.high
    # What was tried without them is no point of the curve.
    assert len(made.curves[0].points) == 1


def _step(index: int, title: str, action: str = "click", person: str = "") -> Step:
    return Step(
        person_id=person or PERSON,
        session_id=SESSION,
        index=index,
        time_ns=index * SECOND_NS,
        end_ns=index * SECOND_NS,
        action=action,
        app="Chromium",
        title=title,
        window_x=0,
        window_y=0,
        window_width=32,
        window_height=32,
        frame_sha256="0" * 64,
        segments=[new_id(Kind.SEGMENT)],
        events=1,
        x=4,
        y=4,
        button=1,
    )


PERSON, SESSION = new_id(Kind.PERSON), new_id(Kind.SESSION)


def _episode(first: int, steps: int, seconds: int, person: str = "") -> Episode:
    return Episode(
        person_id=person or PERSON,
        session_id=SESSION,
        index=0,
        first_step=first,
        steps=steps,
        start_ns=0,
        end_ns=seconds * SECOND_NS,
        began="idle",
        apps=["Chromium"],
    )


def test_stretches_are_the_episodes_in_the_windows_that_count() -> None:
    steps = [_step(0, TITLE), _step(1, "elsewhere"), _step(2, TITLE, "scroll"), _step(3, TITLE), _step(4, "elsewhere")]
    heap = heap_of(steps, [_episode(0, 3, 30), _episode(3, 1, 10), _episode(4, 1, 50)], lambda _: BLANK, {TITLE})
    assert [(one.seconds, len(one.examples)) for one in heap.stretches] == [(20.0, 1), (10.0, 1)]
    assert +heap.left_out == Counter({"another window": 2, "not a click: scroll": 1})
    assert heap.kinds == {TITLE: {"click", "scroll"}}


def test_groups_are_of_the_people_whose_work_is_there() -> None:
    people = [new_id(Kind.PERSON) for _ in range(24)]
    steps = [_step(0, TITLE, person=one) for one in people]
    episodes = [_episode(0, 1, 10, one) for one in people]

    def heap(groups: dict[str, list[str]], before: tuple[list[str], ...] = ()) -> Heap:
        return heap_of(steps, episodes, lambda _: BLANK, {TITLE}, groups, before)

    made = heap({"north": people[:12]})
    assert made.groups == {"north": 12}
    assert [bool(one.groups) for one in made.stretches] == [True] * 12 + [False] * 12
    strangers = [new_id(Kind.PERSON) for _ in range(9)]
    for few in ({"few": [people[0], *strangers]}, {"all but one": people[:23]}):
        with pytest.raises(Refused):
            heap(few)
    with pytest.raises(Refused):
        heap({"north": people[:12]}, (people[:11],))


def test_a_value_is_read_as_it_was_written(rich: Value) -> None:
    assert decode(encode(rich)) == rich
    with pytest.raises(BadInput):
        decode(encode(rich).replace(b'"flat"', b'"ranking"'))
    small = encode(rich).replace(b'"people":12', b'"people":9')
    with pytest.raises(BadInput):
        decode(small)
    # Who did how much has no place in it.
    named = {*Value.__struct_fields__, *Curve.__struct_fields__, *ValuePoint.__struct_fields__}
    assert not {"person", "people", "people_hours"} & named


def test_groups_are_read_from_a_file_of_names_and_people() -> None:
    groups = {"north": [new_id(Kind.PERSON), new_id(Kind.PERSON)]}
    assert decode_groups(msgspec.json.encode(groups)) == groups
    for wrong in (b"[]", b"{}", b'{"north": []}', b'{"north": ["ada"]}', b'{"north": "per_x"}'):
        with pytest.raises(BadInput):
            decode_groups(wrong)


def test_the_page_stands_alone_and_escapes_what_it_shows(rich: Value) -> None:
    shown = page(msgspec.structs.replace(rich, about="<script>alert(1)</script>", tasks=["<b>", "c"]))
    assert "<script" not in shown
    assert "http" not in shown.replace("http-equiv", "")
    assert "default-src 'none'" in shown
    titles = ("Enough?", "Which level?", "What next?", "Success against hours", "What each level costs", "By group")
    assert [title for title in titles if title not in shown] == []
    assert shown.count("<polyline") == 2
