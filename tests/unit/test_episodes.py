"""Which steps belong together: the rules of docs/spec/trajectory.md."""

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import BadInput
from aboveboard.formats.trajectory import Episode, Mark, Step, decode_marks
from aboveboard.lab.derive.episodes import EpisodeRules, cut_episodes, steps_of

PERSON, SESSION, OTHER = "per_" + "0" * 26, "ses_" + "0" * 26, "ses_" + "1" * 26
IDLE_S = 60


def step(index: int, second: float, *, app: str = "Editor", to_app: str = "") -> Step:
    time_ns = round(second * SECOND_NS)
    return Step(
        person_id=PERSON,
        session_id=SESSION,
        index=index,
        time_ns=time_ns,
        end_ns=time_ns,
        action="switch" if to_app else "click",
        app=app,
        title="",
        window_x=0,
        window_y=0,
        window_width=0,
        window_height=0,
        frame_sha256=None,
        segments=["seg_" + "0" * 26],
        events=2,
        to_app=to_app,
    )


def mark(second: float, kind: str, instruction: str = "", outcome: str = "unknown", session: str = SESSION) -> Mark:
    return Mark(
        session_id=session,
        time_ns=round(second * SECOND_NS),
        kind=kind,  # type: ignore[arg-type]
        instruction=instruction,
        outcome=outcome,  # type: ignore[arg-type]
    )


def short(episodes: Sequence[Episode]) -> list[tuple[str, int, int]]:
    return [(one.began, one.first_step, one.steps) for one in episodes]


THREE = [step(0, 1), step(1, 2), step(2, 3)]

TABLE: dict[str, tuple[list[Step], list[Mark], list[tuple[str, int, int]]]] = {
    "nothing": ([], [], []),
    "one": (THREE, [], [("session", 0, 3)]),
    "60 s of nothing do not cut": ([step(0, 1), step(1, 61)], [], [("session", 0, 2)]),
    "more does": ([step(0, 1), step(1, 61.1)], [], [("session", 0, 1), ("idle", 1, 1)]),
    "another application cuts behind the switch to it": (
        [step(0, 1), step(1, 2, to_app="Mail"), step(2, 3, app="Mail")],
        [],
        [("session", 0, 2), ("window", 2, 1)],
    ),
    "another window of the same application does not": (
        [step(0, 1), step(1, 2, to_app="Editor"), step(2, 3)],
        [],
        [("session", 0, 3)],
    ),
    "a mark that something begins": (THREE, [mark(1.5, "begin")], [("session", 0, 1), ("begin", 1, 2)]),
    "a mark that it ended": (THREE, [mark(2.5, "end")], [("session", 0, 2), ("end", 2, 1)]),
    "a mark at the time of a step comes before it": (THREE, [mark(2, "end")], [("session", 0, 1), ("end", 1, 2)]),
    "marks of another session": (THREE, [mark(1.5, "begin", session=OTHER)], [("session", 0, 3)]),
    "marks before and after everything": (THREE, [mark(0, "begin"), mark(9, "end")], [("session", 0, 3)]),
}


@pytest.mark.parametrize("name", TABLE)
def test_where_steps_are_cut(name: str) -> None:
    steps, marks, wanted = TABLE[name]
    assert short(cut_episodes(steps, marks)) == wanted


def test_instructions_and_outcomes_come_from_marks_and_else_from_a_plug_in() -> None:
    steps = [step(index, index + 1) for index in range(6)]
    marks = [
        mark(0.5, "begin", "Open the letter"),
        mark(2.5, "end", outcome="success"),
        mark(4.5, "end", "Send it", "failure"),
    ]
    made = cut_episodes(steps, marks, instructor=lambda episode, its: f"{len(its)} clicks in {episode.apps[0]}")
    assert [(one.instruction, one.instructed_by, one.outcome) for one in made] == [
        ("Open the letter", "person", "success"),
        ("Send it", "person", "failure"),
        ("2 clicks in Editor", "plug_in", "unknown"),
    ]


def test_windows_may_be_left_to_one_episode() -> None:
    steps = [step(0, 1, to_app="Mail"), step(1, 2, app="Mail")]
    (made,) = cut_episodes(steps, rules=EpisodeRules(windows=False))
    assert made.apps == ["Editor", "Mail"]


def test_marks_are_read_strictly() -> None:
    good = f'[{{"session_id":"{SESSION}","time_ns":1,"kind":"begin","instruction":"x","instructed_by":"form"}}]'
    assert decode_marks(good.encode())[0].instructed_by == "form"
    for bad in ("{}", "[{}]", good.replace("begin", "middle"), good.replace('"kind"', '"kin"'), good[:-3]):
        with pytest.raises(BadInput):
            decode_marks(bad.encode())


gaps = st.lists(st.tuples(st.sampled_from([0, 1, 30, 61]), st.sampled_from(["", "Mail", "Editor"])), max_size=25)
any_marks = st.lists(st.builds(mark, st.integers(0, 400), st.sampled_from(["begin", "end"])), max_size=6)


@settings(max_examples=100, deadline=None)
@given(gaps, any_marks)
def test_every_step_is_in_exactly_one_episode(stream: list[tuple[int, str]], marks: list[Mark]) -> None:
    second, steps = 0, []
    for index, (gap, to_app) in enumerate(stream):
        second += gap
        steps.append(step(index, second, to_app=to_app))
    episodes = cut_episodes(steps, marks)
    assert [one.index for episode in episodes for one in steps_of(episode, steps)] == list(range(len(steps)))
    assert [one.index for one in episodes] == list(range(len(episodes)))
    for episode in episodes:
        times = [one.time_ns for one in steps_of(episode, steps)]
        assert all(after - before <= IDLE_S * SECOND_NS for before, after in itertools.pairwise(times))
        assert episode.start_ns == times[0]
