"""The commands on data sets as typed: import, count, split, compare; and what is refused."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result

from aboveboard.commands.home import Home
from aboveboard.commands.main import main
from aboveboard.commands.places import running
from aboveboard.commands.staff import add
from samples import foreign


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    made = Home(tmp_path_factory.mktemp("home"))
    add(made, "rosa", "researcher")
    with running(made):
        yield made


def typed(home: Home, *words: str, as_json: bool = True) -> Result:
    options = ["--json"] if as_json else []
    return CliRunner().invoke(main, ["--home", str(home.root), *options, "lab", *words])


def facts(home: Home, *words: str) -> dict[str, object]:
    result = typed(home, *words)
    assert result.exit_code == 0, result.output
    told: dict[str, object] = json.loads(result.stdout)
    return told


def test_what_others_recorded_is_imported_counted_split_and_compared(home: Home, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    foreign.openadapt(tmp_path / "in")
    to = str(tmp_path / "out")
    made = facts(home, "import", "openadapt-capture", str(tmp_path / "in"), to, "--licence", "made for a test")
    assert (made["recordings"], made["unread"], made["licence"]) == (1, {"unknown_event": 1}, "made for a test")
    found = facts(home, "stats", to)
    assert (found["steps"], found["shortcuts"]) == (4, {"Ctrl+S": 1})
    parts = facts(home, "split", to, "--by", "person", "--by", "task", "--shares", "0", "0", "1")
    assert (parts["steps"], parts["left_out"]) == ({"train": 0, "validation": 0, "test": 4}, 0)
    same = facts(home, "diff", to, to)
    assert (same["steps_same"], same["steps_changed"]) == (4, 0)
    words = typed(home, "stats", to, as_json=False).output
    assert "4 steps of 1 people" in words
    assert "controls: none" in words


def test_the_page_of_a_data_set_answers_until_it_is_stopped(home: Home, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    foreign.ducktrack(tmp_path / "in")
    to = str(tmp_path / "out")
    facts(home, "import", "ducktrack", str(tmp_path / "in"), to, "--licence", "made for a test")
    words = [sys.executable, "-m", "aboveboard", "--home", str(home.root), "--json", "lab", "view", to, "--no-browser"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            url, _, token = json.loads(process.stdout.readline())["url"].partition("/#token=")
            with httpx.Client(base_url=url, trust_env=False, timeout=60) as page:
                assert page.get("/api/episodes").status_code == 403
                key = page.post("/api/sign-in", json={"token": token}).json()["page_key"]
                told = page.get("/api/episodes", headers={"X-Aboveboard-Page": key}).json()
        finally:
            process.terminate()
    assert told["count"] == len(told["rows"]) > 0
    assert not list(home.root.rglob("page-of-data/*"))


def test_what_cannot_be_is_refused_in_words(home: Home, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    foreign.ducktrack(tmp_path / "in")
    to = str(tmp_path / "out")
    assert typed(home, "import", "ducktrack", str(tmp_path / "in"), to).exit_code == 2, "a licence has to be named"
    facts(home, "import", "ducktrack", str(tmp_path / "in"), to, "--licence", "made for a test")
    for words, why in (
        (("export", to, "--format", "lerobot"), "there is no artefact"),
        (("split", to, "--shares", "1", "1", "1"), "is no split"),
        (("stats", "art_" + "0" * 26), "there is no artefact"),
        (("import", "ducktrack", str(tmp_path / "in"), to, "--licence", "x"), "is there already"),
        (("unpack", "art_" + "0" * 26, str(tmp_path / "plain"), "--on-disk"), "there is no artefact"),
    ):
        refused = typed(home, *words, as_json=False)
        assert refused.exit_code != 0, words
        assert why in refused.output, refused.output
