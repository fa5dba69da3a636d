"""Is a sweep done as its file says, gone on with where it was broken off, and told honestly?"""

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from aboveboard.base.errors import BadInput
from aboveboard.lab.assess.frames import ElementActor, Episode, Frames
from aboveboard.lab.assess.interval import band
from aboveboard.lab.assess.sweep import Cell, pick, run_sweep
from aboveboard.lab.assess.sweep_config import Point, Sweep, read_sweep
from aboveboard.lab.assess.sweep_report import fit, report, standings
from aboveboard.lab.model.elements import Act, Scene, element
from aboveboard.lab.train.demonstrations import Loaded
from aboveboard.lab.train.element_cloning import Demonstration

CONFIG = """
name = "small"
episodes = 4
first_episode = 30
[training]
steps = 8
batch = 8
members = 1
[[groups]]
name = "pressing"
tasks = ["press-a", "press-b"]
[[points]]
group = "pressing"
per_task = 5
draws = 2
peers = ["random"]
"""


def _scene(wanted: str) -> Scene:
    shown = [("body", "", -1), ("button", "Ann", 0), ("button", "Bob", 0), ("button", "Cyn", 0)]
    return Scene(
        f"Press {wanted}.",
        tuple(
            element(role=role, text=text, value="", classes="", extents=(0, 20 * place, 9, 9), parent=parent)
            for place, (role, text, parent) in enumerate(shown)
        ),
    )


def _demonstrations(task: str, number: int) -> list[Demonstration]:
    draw = random.Random(task)
    names = [draw.choice(["Ann", "Bob", "Cyn"]) for _ in range(number)]
    place = {"Ann": 1, "Bob": 2, "Cyn": 3}
    return [
        Demonstration(task, 2.0 + n % 3, ((_scene(name), Act("click", place[name])),)) for n, name in enumerate(names)
    ]


LOADED = Loaded({task: _demonstrations(task, 12) for task in ("press-a", "press-b")}, version="v1")


class _NoBrowser(Frames):
    """Plays the one scene of these tasks; counts what it was asked to try."""

    def __init__(self) -> None:
        self.tried: list[tuple[str, int]] = []

    def run(
        self,
        actor: ElementActor,
        episodes: Sequence[tuple[str, int]],
        *,
        acts_limit: int = 1,
        keep_story: bool = False,
        on_done: Callable[[Episode], None] | None = None,
    ) -> list[Episode]:
        self.tried += episodes
        done = []
        for task, number in episodes:
            wanted = ("Ann", "Bob", "Cyn")[number % 3]
            scene = _scene(wanted)
            act = actor.begin()(scene)
            done.append(Episode(task, number, float(scene.elements[act.target].text == wanted), 1, done=True))
        return done


def _config(folder: Path, text: str = CONFIG) -> Sweep:
    path = folder / "sweep.toml"
    path.write_text(text)
    return read_sweep(path)


def test_a_sweep_goes_on_where_it_was_broken_off(tmp_path: Path) -> None:
    sweep, told = _config(tmp_path), []
    cells = run_sweep(sweep, LOADED, _NoBrowser(), tmp_path / "out", "abc", told.append)
    assert [(one.policy, one.draw) for one in cells] == [("trained", 0), ("random", 0), ("trained", 1)]
    assert len(told) == 3
    assert {path.suffix for path in (tmp_path / "out").iterdir()} == {".json", ".safetensors"}
    (tmp_path / "out" / "pressing-5each-trained-1.json").unlink()
    again = _NoBrowser()
    assert [one.rewards for one in run_sweep(sweep, LOADED, again, tmp_path / "out", "abc", told.append)] == [
        one.rewards for one in cells
    ]
    # Only what was missing was tried, on episodes of its own.
    assert again.tried == [(task, number) for task in ("press-a", "press-b") for number in range(34, 38)]
    # Another point more changes nothing for those that are done; another training does.
    more = _config(tmp_path, CONFIG + '[[points]]\ngroup = "pressing"\nper_task = 1\ndraws = 1\n')
    assert more.sha256 == sweep.sha256 != _config(tmp_path, CONFIG.replace("steps = 8", "steps = 9")).sha256
    other = Loaded(LOADED.by_task, version="v2")
    fresh = _NoBrowser()
    run_sweep(sweep, other, fresh, tmp_path / "out", "abc", told.append)
    assert len(fresh.tried) == 3 * 2 * 4


def test_the_trained_beat_chance_and_results_name_their_source(tmp_path: Path) -> None:
    sweep = _config(tmp_path, CONFIG.replace("steps = 8", "steps = 60").replace("episodes = 4", "episodes = 12"))
    cells = run_sweep(sweep, LOADED, _NoBrowser(), tmp_path / "out", "abc", lambda words: None)
    trained, random_ = standings(cells)
    assert trained.mean > 0.9
    assert random_.mean < 0.7
    assert {(one.commit, one.data_version, one.config_sha256) for one in cells} == {("abc", "v1", sweep.sha256)}
    assert trained.demonstrations == 10


def test_held_out_tasks_are_not_learnt_from(tmp_path: Path) -> None:
    sweep = _config(tmp_path, CONFIG.replace("draws = 2", "draws = 2\nfolds = 2").replace('peers = ["random"]', ""))
    frames = _NoBrowser()
    cells = run_sweep(sweep, LOADED, frames, tmp_path / "out", "abc", lambda words: None)
    assert [list(one.rewards) for one in cells] == [["press-a"], ["press-b"]]
    assert [one.demonstrations for one in cells] == [5, 5]


def test_hours_are_spent_by_turns_and_never_exceeded() -> None:
    for hours in (0.002, 0.004, 0.01):
        picked = pick(Point("pressing", hours=hours), LOADED.by_task, ["press-a", "press-b"], "seed")
        assert sum(one.seconds for one in picked) <= hours * 3600
        counts = [sum(one.task == task for one in picked) for task in ("press-a", "press-b")]
        assert abs(counts[0] - counts[1]) <= 1
        assert picked == pick(Point("pressing", hours=hours), LOADED.by_task, ["press-a", "press-b"], "seed")
    everything = pick(Point("pressing", hours=9.0), LOADED.by_task, ["press-a", "press-b"], "seed")
    assert len(everything) == 24


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("per_task = 5", "per_task = 5\nhours = 1.0"), "either hours or per_task"),
        (("per_task = 5", ""), "either hours or per_task"),
        (('group = "pressing"', 'group = "typing"'), "no group"),
        (('["random"]', '["oracle"]'), "no peers"),
        (("draws = 2", "draws = 0"), "0 draws"),
        (("members = 1", "magic = 1"), "magic"),
        (("episodes = 4", "episodes = 0"), "nothing is to be tried"),
        (("[training]", "[training"), "does not describe"),
    ],
)
def test_a_mistake_in_the_file_is_said(tmp_path: Path, change: tuple[str, str], says: str) -> None:
    with pytest.raises(BadInput, match=says):
        _config(tmp_path, CONFIG.replace(*change))


def test_a_damaged_result_is_not_counted(tmp_path: Path) -> None:
    sweep = _config(tmp_path)
    run_sweep(sweep, LOADED, _NoBrowser(), tmp_path / "out", "abc", lambda words: None)
    (tmp_path / "out" / "pressing-5each-trained-0.json").write_text("{}")
    with pytest.raises(BadInput, match="no result of a sweep"):
        run_sweep(sweep, LOADED, _NoBrowser(), tmp_path / "out", "abc", lambda words: None)


def test_bands_are_students() -> None:
    mean, low, high = band([0.8, 0.9, 0.7, 0.85, 0.75])
    # s = 0.0790569, t(4) = 2.776: the half width is 0.0981.
    assert (round(mean, 4), round(low, 4), round(high, 4)) == (0.8, 0.7019, 0.8981)
    assert band([0.5]) == (0.5, 0.0, 1.0)
    assert band([1.0, 1.0]) == (1.0, 1.0, 1.0)
    with pytest.raises(BadInput):
        band([])


def _cell(hours: float, good: float, draw: int = 0) -> Cell:
    wins = round(100 * good)
    rewards = {"one": [1.0] * wins + [0.5] * (100 - wins)}
    return Cell(f"g-{hours:g}h", "trained", draw, rewards, hours, 10, 1.0, 1.0, "c", "d", "e")


def test_the_law_is_found_again() -> None:
    law = fit([(hours, 1 - 0.2 * hours**-0.5) for hours in (0.1, 0.3, 1.0, 3.0)])
    assert law is not None
    assert (round(law.a, 6), round(law.b, 6)) == (0.2, 0.5)
    assert round(law.success(4.0), 6) == 0.9
    assert fit([(1.0, 0.5), (2.0, 0.6)]) is None


def test_a_part_of_a_reward_is_no_success_but_is_told() -> None:
    (standing,) = standings([_cell(1.0, 0.6)])
    assert (standing.mean, standing.partly) == (0.6, 1.0)


def test_the_report_says_when_more_hours_bring_nothing_sure() -> None:
    cells = [
        _cell(hours, good + 0.01 * draw, draw)
        for hours, good in ((0.1, 0.5), (1.0, 0.8), (2.0, 0.8))
        for draw in (0, 1, 2)
    ]
    told = report(cells, {"g": "others reached 0.4"})
    assert "no gain is sure" in told
    assert "others reached 0.4" in told
    assert "law: failure" in told
    rising = [
        _cell(hours, good + 0.01 * draw, draw)
        for hours, good in ((0.1, 0.5), (1.0, 0.8), (2.0, 0.95))
        for draw in (0, 1, 2)
    ]
    assert "no gain is sure" not in report(rising, {})
