"""The steward's commands as typed, against a real vault over HTTP."""

import json
from collections.abc import Iterator

import pytest
from click.testing import CliRunner, Result

from aboveboard.base.ids import Kind, new_id
from aboveboard.commands.home import Home
from aboveboard.commands.main import main
from aboveboard.commands.places import running
from aboveboard.commands.staff import add


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    made = Home(tmp_path_factory.mktemp("home"))
    add(made, "stella", "steward")
    with running(made):
        yield made


def typed(home: Home, *words: str, as_json: bool = True) -> Result:
    options = ["--json"] if as_json else []
    return CliRunner().invoke(main, ["--home", str(home.root), *options, *words])


def facts(home: Home, *words: str) -> dict[str, object]:
    result = typed(home, *words)
    assert result.exit_code == 0, result.output
    told: dict[str, object] = json.loads(result.stdout)
    return told


def test_the_state_of_the_fleet_in_words(home: Home) -> None:
    words = typed(home, "fleet", "status", as_json=False)
    assert words.exit_code == 0, words.output
    assert "0 people, 0 devices" in words.output
    assert "fewer than ten people" in words.output
    assert "exempt: 0 from being asked" in words.output


def test_a_drill_is_scheduled_listed_and_shown(home: Home) -> None:
    drill_id = str(facts(home, "drill", "start", "--everyone", "--in", "10m", "--for", "20s")["drill_id"])
    share = str(facts(home, "drill", "start", "--share", "20", "--in", "1h")["drill_id"])
    listed = facts(home, "drill", "list")["drills"]
    assert isinstance(listed, list)
    assert [(each["drill_id"], each["state"], each["slice"]) for each in listed] == [
        (share, "scheduled", "20 of 100, picked by chance"),
        (drill_id, "scheduled", "everyone"),
    ]
    words = typed(home, "drill", "show", drill_id, as_json=False).output
    assert "drill of everyone" in words
    assert "has not begun yet" in words
    assert typed(home, "drill", "show", new_id(Kind.DRILL)).exit_code == 4
    assert typed(home, "drill", "start", "--everyone", "--share", "5").exit_code == 2
    assert typed(home, "drill", "start").exit_code == 2
    assert typed(home, "drill", "start", "--cohort", "nobody").exit_code == 4


def test_an_exemption_is_signed_with_its_reason_and_counted(home: Home) -> None:
    reason = "They speak with patients all day."
    facts(home, "exempt", "add", "asking", "--ground", "secrecy_of_others", "--reason", reason, "--cohort", "ward")
    listed = facts(home, "exempt", "list")["exemptions"]
    assert isinstance(listed, list)
    assert [(each["kind"], each["ground"], each["reason"], each["in_force"]) for each in listed] == [
        ("asking", "secrecy_of_others", reason, True)
    ]
    assert "exempt: 1 from being asked" in typed(home, "fleet", "status", as_json=False).output
    assert facts(home, "status")["exempt"] == {"asking": 1, "collection": 0}
    assert "1 from being asked, 0 from collection; nobody by rank" in typed(home, "status", as_json=False).output
    assert typed(home, "exempt", "add", "asking", "--ground", "rank", "--reason", reason).exit_code == 2
    person = new_id(Kind.PERSON)
    assert typed(
        home, "exempt", "add", "asking", "--ground", "health", "--reason", reason, "--person", person
    ).exit_code
    unknown = typed(home, "exempt", "add", "collection", "--ground", "health", "--reason", reason, "--person", person)
    assert unknown.exit_code == 4
