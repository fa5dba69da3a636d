"""The steward's commands as typed, against a real vault over HTTP."""

import json
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest
from click.testing import CliRunner, Result

from aboveboard.base.ids import Kind, new_id
from aboveboard.commands.home import Home
from aboveboard.commands.main import main
from aboveboard.commands.places import running
from aboveboard.commands.staff import add
from aboveboard.wire.page_guard import PAGE_KEY_HEADER


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


def test_the_page_is_served_to_whoever_has_the_printed_address(home: Home) -> None:
    command = [sys.executable, "-P", "-m", "aboveboard", "--home", str(home.root), "--json", "fleet", "view"]
    process = subprocess.Popen([*command, "--no-browser"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        url, _, token = json.loads(process.stdout.readline())["url"].partition("/#token=")
        with httpx.Client(base_url=url, trust_env=False, timeout=60) as browser:
            assert "<html" in browser.get("/").text
            assert browser.get("/api/fleet").json()["reason"] == "steward:signed_out"
            key = browser.post("/api/sign-in", json={"token": token}).json()["page_key"]
            page = {PAGE_KEY_HEADER: key}
            state = browser.get("/api/fleet", headers=page).json()
            assert (state["steward"], state["fleet"]["people"], state["pauses"]) == ("stella", 0, [])
            wanted = {"scope": {"kind": "everyone", "value": ""}, "reason": "A trial of the page.", "minutes": 5}
            paused = browser.post("/api/pause", json=wanted, headers=page).json()["pause_id"]
            (shown,) = browser.get("/api/fleet", headers=page).json()["pauses"]
            assert (shown["report"]["pause_id"], shown["in_force"]) == (paused, True)
            assert abs(shown["until_ms"] - shown["report"]["at_ms"] - 300_000) < 60_000
            assert browser.post("/api/resume", json={"pause_id": paused}, headers=page).status_code == 200
            (shown,) = browser.get("/api/fleet", headers=page).json()["pauses"]
            assert not shown["in_force"]
            for body in (b"", b"{}", b'{"scope": {"kind": "everyone"}, "reason": "x", "more": 1}', b"[" * 3000):
                assert browser.post("/api/pause", content=body, headers=page).status_code == 400
            nobody = wanted | {"scope": {"kind": "person", "value": "per_x"}}
            assert browser.post("/api/pause", json=nobody, headers=page).status_code == 400
    finally:
        process.terminate()
        process.wait(30)
        if process.stdout is not None:
            process.stdout.close()


def test_the_staffs_page_is_served_to_an_approver_with_the_keyholders_alarms(home: Home) -> None:
    assert typed(home, "staff", "add", "sam", "--role", "security").exit_code == 0
    command = [sys.executable, "-P", "-m", "aboveboard", "--home", str(home.root), "--json", "staff", "view"]
    process = subprocess.Popen([*command, "--as", "sam", "--no-browser"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        url, _, rest = json.loads(process.stdout.readline())["url"].partition("/#token=")
        token, _, at = rest.partition("&at=")
        assert at == "access"
        with httpx.Client(base_url=url, trust_env=False, timeout=60) as browser:
            page = {PAGE_KEY_HEADER: browser.post("/api/sign-in", json={"token": token}).json()["page_key"]}
            assert browser.get("/api/parts", headers=page).json() == {"fleet": False, "access": True}
            assert browser.get("/api/fleet", headers=page).status_code == 404
            state = browser.get("/api/access", headers=page).json()
            assert (state["me"], state["requests"], state["alarms"]) == ({"name": "sam", "role": "security"}, [], [])
            lacking = browser.post("/api/access/look", json={}, headers=page).json()["missing"]
            assert [each["field"] for each in lacking] == ["people", "kinds", "purpose", "output", "reason"]
            for body in (b"", b"{", b'{"people": 1}', b"[" * 3000):
                assert browser.post("/api/access/ask", content=body, headers=page).status_code == 400
    finally:
        process.terminate()
        process.wait(30)
        if process.stdout is not None:
            process.stdout.close()
