"""Which plug-in says what an episode was for, and what if it fails?"""

import re
import sys
from pathlib import Path
from typing import Any

import pytest

from aboveboard.base.errors import BadInput, NotFound
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats.recording import Control
from aboveboard.formats.trajectory import Episode, Step
from aboveboard.lab import flow
from aboveboard.lab.dataset.read import Dataset
from aboveboard.lab.dataset.write import Cutting
from aboveboard.lab.derive.episodes import cut_episodes
from aboveboard.lab.derive.instructors import Named
from aboveboard.lab.derive.outline import LENGTH_LIMIT, outline
from samples.lab_recording import segment
from samples.lab_world import LabWorld

SPEC = Path(__file__).parents[2] / "docs" / "spec" / "trajectory.md"
ZERO = "0" * 26


def step(index: int, action: str, name: str = "", **more: Any) -> Step:
    element = Control("click", "button", 0, 0, 9, 9, [], more.pop("path", []), name=name, chosen=more.pop("chosen", ""))
    return Step(
        person_id=f"per_{ZERO}",
        session_id=f"ses_{ZERO}",
        index=index,
        time_ns=index,
        end_ns=index,
        action=action,  # type: ignore[arg-type]
        app="Editor",
        title="",
        window_x=0,
        window_y=0,
        window_width=0,
        window_height=0,
        frame_sha256=None,
        segments=[f"seg_{ZERO}"],
        events=2,
        element=element if name or element.chosen else None,
        **more,
    )


STEPS = [
    step(0, "click", "Name"),
    step(1, "type", "Name", text="draft "),
    step(2, "scroll"),
    step(3, "choose", "Save", chosen="Save", path=["frame: notes", "menu bar", "menu: File"]),
    step(4, "choose", "Country", chosen="Chad"),
    step(5, "shortcut", key="Control+s", shortcut="Ctrl+S"),
    step(6, "click"),
]


def named(name: str, steps: list[Step] = STEPS) -> Episode:
    (made,) = cut_episodes(steps, instructor=Named(name))
    return made


def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, name, raising=False)


def test_the_example_that_is_written_down_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = re.search(r"```python\n(def first_control.*?)```", SPEC.read_text(), re.DOTALL)
    assert found is not None
    module(tmp_path, monkeypatch, "naming_example", found[1])
    made = named("naming_example:first_control")
    assert (made.instruction, made.instructed_by) == ("Use Name in Editor", "plug_in")


def test_an_outline_says_what_was_done() -> None:
    assert named("aboveboard.lab.derive.outline:outline").instruction == (
        "In Editor: click “Name”; type “draft” into “Name”; choose “Save” in File; choose “Chad” in “Country”; "
        "press Ctrl+S"
    )
    assert named("aboveboard.lab.derive.outline:outline", [step(0, "scroll")]).instruction == ""
    many = [step(index, "type", text=f"word {index}") for index in range(200)]
    assert 0.9 * LENGTH_LIMIT < len(outline(named("aboveboard.lab.derive.outline:outline"), many)) <= LENGTH_LIMIT


def test_an_installed_package_names_its_plug_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module(
        tmp_path, monkeypatch, "naming_installed", "def name(episode, steps):\n    return f' {len(steps)}\\n steps '"
    )
    about = tmp_path / "naming_things-1.2.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: naming-things\nVersion: 1.2\n")
    (about / "entry_points.txt").write_text("[aboveboard.instructors]\ncounting = naming_installed:name\n")
    assert named("counting").instruction == "7 steps"
    assert Named("counting").version == "counting of naming-things 1.2"
    with pytest.raises(NotFound, match="no plug-in 'absent'") as refused:
        Named("absent").require()
    assert "counting" in refused.value.cause


@pytest.mark.parametrize(
    ("body", "match"),
    [
        ("raise ValueError('Mira Solano')", "failed: ValueError in naming_bad"),
        ("return 7", "returned a int"),
        ("return None", "returned a NoneType"),
        ("return 'x' * 4001", "returned 4001 characters"),
    ],
)
def test_what_is_no_instruction_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, match: str) -> None:
    name = f"naming_bad_{len(body)}"
    module(tmp_path, monkeypatch, name, f"def name(episode, steps):\n    {body}\nvalue = 3\n")
    with pytest.raises(BadInput, match=match) as refused:
        named(f"{name}:name")
    assert "Solano" not in str(refused.value), "its words may be a recording's"
    for absent in (f"{name}:absent", f"{name}:value", "no_such_module:name", ":", "a b:c", ""):
        with pytest.raises(NotFound):
            Named(absent).require()


def test_a_data_set_says_who_named_its_episodes_and_nothing_is_kept_if_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module(tmp_path, monkeypatch, "naming_fails", "def name(episode, steps):\n    return steps[99]\n")
    world, session_id = LabWorld(), new_id(Kind.SESSION)
    world.upload(world.enrol(), session_id, 0, segment(session_id, 0, "hello"))

    def derived(name: str) -> flow.DerivedDataset:
        cutting = Cutting(instructor=Named(name), instructed_by=Named(name).version)
        return flow.derive(
            world,
            world.grant(),
            world.identity,
            world.staff_key,
            tmp_path / "lab",
            world.trust,
            clock=world.clock,
            cutting=cutting,
        )

    with pytest.raises(BadInput, match="IndexError"):
        derived("naming_fails:name")
    assert list((tmp_path / "lab" / "artefacts").iterdir()) == []
    made = derived("aboveboard.lab.derive.outline:outline")
    assert "instructions by aboveboard.lab.derive.outline:outline" in made.lineage.made_by
    (episode,) = Dataset.open(made.path, world.identity).episodes()
    assert "type “hello”" in episode.instruction
    assert (episode.instructed_by, made.totals.instructed) == ("plug_in", 1)
