"""Is a sweep done as its file says, gone on with where it was broken off, and told honestly?"""

import random
from contextlib import nullcontext
from pathlib import Path

import msgspec
import pytest

from aboveboard.base.errors import BadInput, Refused
from aboveboard.formats.disclosure import Screen
from aboveboard.lab.assess.interval import band, difference, newcombe, paired
from aboveboard.lab.assess.law import Law, bands, fit
from aboveboard.lab.assess.sweep import Cell, Tools, kept_cells, pick, run_sweep
from aboveboard.lab.assess.sweep_config import Point, Sweep, read_sweep
from aboveboard.lab.assess.sweep_report import kinds_of, report, standings, values
from aboveboard.lab.assess.worth import About, Tried, Way, worth
from aboveboard.lab.crew import Processes, workers_of
from aboveboard.lab.model.elements import Act
from aboveboard.lab.train.demonstrations import Loaded
from aboveboard.lab.train.element_cloning import Demonstration
from aboveboard.lab.workers import Here
from aboveboard.rules.decision import Reason, no
from samples.pressing import NoBrowser, demonstrations, scene, tools

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


LOADED = Loaded({task: demonstrations(task, 12) for task in ("press-a", "press-b")}, version="v1")


def _config(folder: Path, text: str = CONFIG) -> Sweep:
    path = folder / "sweep.toml"
    path.write_text(text)
    return read_sweep(path)


def test_a_sweep_goes_on_where_it_was_broken_off(tmp_path: Path) -> None:
    sweep, told = _config(tmp_path), []
    cells = run_sweep(sweep, LOADED, tools, tmp_path / "out", "abc", told.append)
    assert [(one.policy, one.draw) for one in cells] == [("trained", 0), ("random", 0), ("trained", 1)]
    assert len(told) == 3
    assert {path.suffix for path in (tmp_path / "out").iterdir()} == {".json", ".safetensors"}
    (tmp_path / "out" / "pressing-5each-trained-1.json").unlink()
    again = NoBrowser()
    assert [
        one.rewards
        for one in run_sweep(sweep, LOADED, lambda: nullcontext(Tools(again)), tmp_path / "out", "abc", told.append)
    ] == [one.rewards for one in cells]
    assert [one.rewards for one in kept_cells(sweep, LOADED, tmp_path / "out")] == [one.rewards for one in cells]
    # Only what was missing was tried, on episodes of its own.
    assert again.tried == [(task, number) for task in ("press-a", "press-b") for number in range(34, 38)]
    # Another point more changes nothing for those that are done; another training does.
    more = _config(tmp_path, CONFIG + '[[points]]\ngroup = "pressing"\nper_task = 1\ndraws = 1\n')
    assert more.sha256 == sweep.sha256 != _config(tmp_path, CONFIG.replace("steps = 8", "steps = 9")).sha256
    other = Loaded(LOADED.by_task, version="v2")
    assert kept_cells(sweep, other, tmp_path / "out") == []
    fresh = NoBrowser()
    run_sweep(sweep, other, lambda: nullcontext(Tools(fresh)), tmp_path / "out", "abc", told.append)
    assert len(fresh.tried) == 3 * 2 * 4


def test_results_are_the_same_whatever_the_number_of_workers(tmp_path: Path) -> None:
    sweep, made = _config(tmp_path), {}
    for name, workers in {"here": Here(), "two": Processes(2)}.items():
        told: list[str] = []
        cells = run_sweep(sweep, LOADED, tools, tmp_path / name, "abc", told.append, workers)
        assert len(told) == 3
        untimed = [msgspec.structs.replace(one, cpu_s=0, seconds=0) for one in cells]
        checkpoints = {path.name: _checkpoint(path) for path in (tmp_path / name).glob("*.safetensors")}
        made[name] = untimed, checkpoints
    assert made["here"] == made["two"]
    assert len(made["two"][1]) == 2


def _checkpoint(path: Path) -> tuple[object, bytes]:
    """Header and tensors: safetensors writes what the header holds in any order."""
    data = path.read_bytes()
    begin = 8 + int.from_bytes(data[:8], "little")
    return msgspec.json.decode(data[8:begin]), data[begin:]


def test_a_sweep_stops_when_all_is_to_stop_and_what_was_granted_stays_on_this_machine(tmp_path: Path) -> None:
    def check() -> None:
        no(Reason.GRANT_REVOKED, "it was closed").require()

    for workers in (Here(), Processes(2)):
        with pytest.raises(Refused):
            run_sweep(_config(tmp_path), LOADED, tools, tmp_path / "out", "abc", lambda words: None, workers, check)
    assert list((tmp_path / "out").iterdir()) == []
    granted = _config(tmp_path, 'grant = "gra_1"\n' + CONFIG)
    with pytest.raises(BadInput, match="not for other machines"):
        run_sweep(granted, LOADED, tools, tmp_path / "out", "abc", lambda words: None, workers_of("ray:2"))


def test_the_trained_beat_chance_and_results_name_their_source(tmp_path: Path) -> None:
    sweep = _config(tmp_path, CONFIG.replace("steps = 8", "steps = 60").replace("episodes = 4", "episodes = 12"))
    cells = run_sweep(sweep, LOADED, tools, tmp_path / "out", "abc", lambda words: None)
    trained, random_ = standings(cells)
    assert trained.mean > 0.9
    assert random_.mean < 0.7
    assert {(one.commit, one.data_version, one.config_sha256) for one in cells} == {("abc", "v1", sweep.sha256)}
    assert trained.demonstrations == 10


def test_held_out_tasks_are_not_learnt_from(tmp_path: Path) -> None:
    sweep = _config(tmp_path, CONFIG.replace("draws = 2", "draws = 2\nfolds = 2").replace('peers = ["random"]', ""))
    frames = NoBrowser()
    cells = run_sweep(sweep, LOADED, lambda: nullcontext(Tools(frames)), tmp_path / "out", "abc", lambda words: None)
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
    run_sweep(sweep, LOADED, tools, tmp_path / "out", "abc", lambda words: None)
    (tmp_path / "out" / "pressing-5each-trained-0.json").write_text("{}")
    with pytest.raises(BadInput, match="no result of a sweep"):
        run_sweep(sweep, LOADED, tools, tmp_path / "out", "abc", lambda words: None)


def test_bands_are_students() -> None:
    mean, low, high = band([0.8, 0.9, 0.7, 0.85, 0.75])
    # s = 0.0790569, t(4) = 2.776: the half width is 0.0981.
    assert (round(mean, 4), round(low, 4), round(high, 4)) == (0.8, 0.7019, 0.8981)
    assert band([0.5]) == (0.5, 0.0, 1.0)
    assert band([1.0, 1.0]) == (1.0, 1.0, 1.0)
    with pytest.raises(BadInput):
        band([])


def test_a_difference_is_welchs() -> None:
    # Means 0.82 and 0.60, standard errors 0.01 and 0.02, 2.9 (so 2) degrees of freedom: 4.303 · 0.02236 to each side.
    one, other = [0.80, 0.83, 0.83], [0.56, 0.62, 0.62]
    above, low, high = difference(one, other)
    assert (round(above, 4), round(low, 4), round(high, 4)) == (0.22, 0.1238, 0.3162)
    assert difference([0.5], [0.4, 0.5])[1:] == (-1.0, 1.0)
    assert difference([0.5, 0.5], [0.5, 0.5]) == (0.0, 0.0, 0.0)


def test_draws_that_came_out_alike_are_not_sure_to_the_last_digit() -> None:
    # Newcombe 1998, table II: 56 of 70 and 48 of 80, method 10.
    assert [round(one, 4) for one in newcombe((56, 70), (48, 80))] == [0.0524, 0.3339]
    assert [round(one, 4) for one in newcombe((10, 10), (0, 20))] == [0.6791, 1.0]
    least, most = newcombe((20, 20), (20, 20))
    assert least < -0.1 < 0.1 < most


def test_draws_that_belong_together_are_compared_as_such() -> None:
    above, low, high = paired([0.9, 0.6, 0.3], [0.8, 0.5, 0.2])
    assert (round(above, 6), round(low, 6), round(high, 6)) == (0.1, 0.1, 0.1)
    assert paired([0.9], [0.8])[1:] == (-1.0, 1.0)
    with pytest.raises(BadInput):
        paired([], [])


def _cell(hours: float, good: float, draw: int = 0, screen: Screen = "exact") -> Cell:
    wins = round(1000 * good)
    rewards = {"one": [1.0] * wins + [0.5] * (1000 - wins)}
    name = f"g-{hours:g}h" + ("" if screen == "exact" else f"-screen-{screen}")
    return Cell(name, "trained", draw, rewards, hours, 10, 1.0, 1.0, "c", "d", "e", screen=screen)


def test_the_law_is_found_again() -> None:
    law = fit([(hours, 1 - 0.2 * hours**-0.5) for hours in (0.1, 0.3, 1.0, 3.0)])
    assert law is not None
    assert (round(law.a, 6), round(law.b, 5)) == (0.2, 0.5)
    assert round(law.success(4.0), 6) == 0.9
    assert fit([(1.0, 0.5), (2.0, 0.6)]) is None


def test_a_floor_is_found_and_where_it_flattens() -> None:
    true = Law(0.1, 0.5, 0.05)
    law = fit([(hours, true.success(hours)) for hours in (0.05, 0.2, 0.5, 1.5, 5.8)])
    assert law is not None
    assert (round(law.a, 4), round(law.b, 4), round(law.floor, 4)) == (0.1, 0.5, 0.05)
    flat = law.flat_from()
    assert round(law.next_hour(flat), 4) == 0.01
    assert law.next_hour(flat / 2) > 0.01 > law.next_hour(flat * 2)


def test_bands_of_a_law_hold_what_is_true_and_narrow_with_draws() -> None:
    true, draw = Law(0.1, 0.5, 0.05), random.Random(1)
    wide, narrow = (
        bands(
            [(hours, [true.success(hours) + draw.gauss(0, 0.01) for _ in range(draws)]) for hours in (0.1, 0.4, 1, 4)]
        )
        for draws in (3, 30)
    )
    assert wide is not None
    assert narrow is not None
    assert wide.next_hour[0] <= true.next_hour(4) <= wide.next_hour[1]
    assert narrow.flat_from[0] <= true.flat_from() <= narrow.flat_from[1]
    assert narrow.next_hour[1] - narrow.next_hour[0] < wide.next_hour[1] - wide.next_hour[0]
    assert bands([(0.1, [0.5]), (0.2, [0.6, 0.7]), (0.3, [0.8, 0.9])]) is None


def test_a_part_of_a_reward_is_no_success_but_is_told() -> None:
    (standing,) = standings([_cell(1.0, 0.6)])
    assert (standing.mean, standing.partly) == (0.6, 1.0)


ABOUT = About("a test", "by nobody", "version", 100, {"one": {"click"}}, {}, 1.0)


def _drawn(curve: dict[float, float], screen: Screen = "exact") -> list[Cell]:
    return [_cell(hours, good + 0.01 * draw, draw, screen) for hours, good in curve.items() for draw in (-1, 0, 1)]


def test_the_three_answers_follow_from_the_curves() -> None:
    flat = values(_drawn({0.1: 0.5, 1.0: 0.8, 2.0: 0.8, 4.0: 0.8}), {"g": ABOUT})["g"]
    assert [one.verdict for one in flat.answers] == ["yes", "unsure", "yes"]
    assert "flat at too little" in flat.answers[0].words
    assert "Stop collecting more of the same" in flat.answers[2].words
    rising = values(_drawn({0.1: 0.1, 0.2: 0.25, 0.4: 0.45, 0.8: 0.65}), {"g": ABOUT})["g"]
    assert rising.answers[0].verdict == "no"
    assert "Collect more" in rising.answers[2].words
    assert "others reached 0.4" in report(_drawn({0.1: 0.5}), {"g": "others reached 0.4"})


def test_the_least_level_that_surely_teaches_is_proposed() -> None:
    whole = _drawn({0.1: 0.5, 1.0: 0.9})
    good, bad = _drawn({0.1: 0.4, 1.0: 0.89}, "redacted"), _drawn({0.1: 0.2, 1.0: 0.3}, "structure")
    made = values([*bad, *good, *whole], {"g": ABOUT})["g"]
    assert [one.name for one in made.curves] == ["as recorded", "screen structure", "screen redacted"]
    assert {one.curve: (round(one.loss, 2), one.teaches) for one in made.prices} == {
        "screen redacted": (0.01, "yes"),
        "screen structure": (0.6, "no"),
    }
    assert made.answers[1].verdict == "yes"
    assert made.answers[1].words.startswith("Record at “screen redacted”:")
    only_bad = values([*whole, *bad], {"g": ABOUT})["g"]
    assert (only_bad.answers[1].verdict, only_bad.answers[1].words[:11]) == ("no", "As recorded")
    one_draw = values([*whole, good[-1]], {"g": ABOUT})["g"]
    assert one_draw.answers[1].verdict == "unsure"


def test_a_variant_of_training_stands_on_the_same_page_and_is_no_level() -> None:
    def tried(way: Way, good: int) -> list[Tried]:
        return [Tried(way, "all", 1.0, 9, {"one": (10 * (good + draw), 1000)}) for draw in range(3)]

    made = worth([*tried(Way(), 90), *tried(Way(variant="private, ε = 8"), 89)], ABOUT)
    assert [one.name for one in made.curves] == ["as recorded", "private, ε = 8"]
    assert [one.teaches for one in made.prices] == ["yes"]
    assert made.answers[1].verdict == "unsure"
    assert made.answers[1].words == "Not known: no lower level was tried."


def test_kinds_of_action_are_what_a_task_needs() -> None:
    click = (scene("Ann"), Act("click", 1))
    mostly, once = Demonstration("t", 1.0, (click,)), Demonstration("t", 1.0, (click,) * 4)
    assert kinds_of([mostly] * 9 + [once]) == {"click"}
    assert kinds_of([mostly, once]) == {"click", "several in order"}
