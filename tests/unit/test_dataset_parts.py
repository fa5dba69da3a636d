"""Splits that leak nothing, statistics of everybody together, and what changed from version to version."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.base.errors import BadInput
from aboveboard.formats.recording import Control
from aboveboard.formats.trajectory import Episode, Step
from aboveboard.lab.dataset.diff import diff
from aboveboard.lab.dataset.split import PARTS, SplitRule, part_of, shared_frames, split, task_of
from aboveboard.lab.dataset.statistics import count


def person(number: int) -> str:
    return f"per_{number:026}"


def episode(who: int, task: str, *, apps: tuple[str, ...] = ("Editor",)) -> Episode:
    return Episode(
        person_id=person(who),
        session_id=f"ses_{who:026}",
        index=0,
        first_step=0,
        steps=3,
        start_ns=1,
        end_ns=2,
        began="session",
        apps=list(apps),
        instruction=task,
    )


def step(who: int, time_ns: int, **more: object) -> Step:
    plain = Step(
        person_id=person(who),
        session_id=f"ses_{who:026}",
        index=0,
        time_ns=time_ns,
        end_ns=time_ns,
        action="click",
        app="Editor",
        title="",
        window_x=0,
        window_y=0,
        window_width=0,
        window_height=0,
        frame_sha256=None,
        segments=["seg_" + "0" * 26],
        events=2,
        x=1,
        y=2,
    )
    return msgspec.structs.replace(plain, **more)


episodes = st.lists(st.builds(episode, st.integers(0, 30), st.sampled_from(["", "Send it", " send  IT", "Save"])))
rules = st.builds(
    SplitRule,
    shares=st.sampled_from([(0.8, 0.1, 0.1), (0.34, 0.33, 0.33), (0.0, 0.0, 1.0), (1.0, 0.0, 0.0)]),
    by=st.sampled_from([("person",), ("task",), ("person", "task")]),
    seed=st.integers(0, 5),
)


@settings(max_examples=100, deadline=None)
@given(episodes, rules)
def test_nobody_and_no_task_is_in_two_parts(given_episodes: list[Episode], rule: SplitRule) -> None:
    made = split(given_episodes, rule)
    assert sum(len(made.parts[part]) for part in PARTS) + made.left_out == len(given_episodes)
    for kind in rule.by:
        names = [{one.person_id if kind == "person" else task_of(one) for one in made.parts[part]} for part in PARTS]
        assert len(set.union(*names)) == sum(map(len, names))
    if len(rule.by) == 1:
        assert made.left_out == 0


def test_an_erasure_moves_nobody_else() -> None:
    everybody = [episode(who, f"task {who % 7}") for who in range(200)]
    rule = SplitRule(by=("person", "task"))
    before, after = split(everybody, rule), split(everybody[1:], rule)
    for part in PARTS:
        assert [one for one in before.parts[part] if one.person_id != person(0)] == after.parts[part]


def test_shares_are_kept_roughly_and_seeds_draw_anew() -> None:
    rule = SplitRule()
    drawn = [part_of(rule, "person", person(who)) for who in range(2000)]
    assert 0.77 < drawn.count("train") / 2000 < 0.83
    assert 0.08 < drawn.count("test") / 2000 < 0.12
    assert drawn != [part_of(SplitRule(seed=1), "person", person(who)) for who in range(2000)]


@pytest.mark.parametrize("shares", [(0.5, 0.5, 0.5), (1.2, -0.1, -0.1), (0.0, 0.0, 0.0)])
def test_what_is_no_split_is_refused(shares: tuple[float, float, float]) -> None:
    with pytest.raises(BadInput):
        SplitRule(shares=shares)
    with pytest.raises(BadInput):
        SplitRule(by=())


def test_frames_that_two_parts_show_are_counted() -> None:
    assert shared_frames({"train": ["a", "b", "c"], "test": ["b", "c", "d"]}) == {
        ("train", "validation"): 0,
        ("train", "test"): 2,
        ("validation", "test"): 0,
    }


def test_statistics_count_what_was_done_and_what_is_known() -> None:
    control = Control(cause="click", role="push button", x=0, y=0, width=1, height=1, states=[], path=[])
    steps = [
        step(1, 1, element=control, frame_sha256="0" * 64),
        step(2, 2, action="type", x=None, y=None, text="hello you", host="example.org"),
        step(2, 3, action="shortcut", x=None, y=None, key="Control+s", shortcut="Ctrl+S", app="Mail"),
    ]
    found = count(steps, [episode(1, "Send it"), episode(2, "")])
    assert (found.steps, found.actions["type"], found.apps) == (3, 1, {"Editor": 2, "Mail": 1})
    assert found.known == {"frame": 1, "position": 1, "element": 1, "site": 1}
    assert (found.roles, found.shortcuts) == ({"push button": 1}, {"Ctrl+S": 1})
    assert (found.text_lengths, found.episode_lengths) == ({10: 1}, {5: 2})
    assert not [name for name in found.__dataclass_fields__ if "person" in name or "_ns" in name]


def test_a_difference_says_what_was_added_removed_and_changed() -> None:
    older = {person(1): [step(1, 1), step(1, 2), step(1, 2)], person(2): [step(2, 5)]}
    newer = {
        person(1): [step(1, 1, index=4), step(1, 2, text="other"), step(1, 2), step(1, 9)],
        person(3): [step(3, 5)],
    }
    made = diff((list(older), older.__getitem__), (list(newer), newer.__getitem__))
    assert (made.people_added, made.people_removed, made.sessions_added, made.sessions_removed) == (1, 1, 1, 1)
    assert (made.steps_added, made.steps_removed, made.steps_changed, made.steps_same) == (2, 1, 1, 2)
    assert not made.nothing
    assert diff((list(older), older.__getitem__), (list(older), older.__getitem__)).nothing
