"""A steward, two participants, real places, a real mail server: a concern's whole way and a notice's, by commands."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from aboveboard.base.errors import Conflict, Refused, SetupMissing
from aboveboard.commands import enrol, places, programme, run
from aboveboard.commands import notice as notices
from aboveboard.commands.home import Home
from aboveboard.commands.main import main
from aboveboard.formats.passes import PassKeyRequest
from aboveboard.sealing.keys import load_signing_key
from aboveboard.wire.client import Client
from samples import pass_samples
from samples.mail_server import Box, mail_server


@dataclass
class World:
    home: Home
    alice: Home
    bert: Home
    box: Box


def in_silence(done: int, total: int, words: str) -> None:
    """Nobody watches."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    home = Home(tmp_path_factory.mktemp("programme") / "home")
    with mail_server() as box:
        mail = {"host": "127.0.0.1", "port": box.port, "sender": "aboveboard@example.org", "security": "none"}
        (home.folder("vault") / "config.json").write_text(json.dumps({"mail": mail}))
        pass_samples.lay_down_key(home.folder("vault"))  # making one takes some seconds
        with places.running(home):
            run.set_up_programme(home, in_silence)
            people = [Home(home.root / name, places=home.root) for name in ("alice", "bert")]
            for each in people:
                assert enrol.enrol(each, programme.invite(home, run.STEWARD), run.scripted_consent) is not None
            yield World(home, *people, box)


def call(world: World, home: Home, *words: str, fails: int = 0) -> Any:
    """The command's answer as JSON, as this person gives it on their own machine."""
    result = CliRunner().invoke(
        main, ["--home", str(home.root), "--json", *words], env={"ABOVEBOARD_PLACES": str(world.home.root)}
    )
    assert result.exit_code == fails, (result.output, result.exception)
    return json.loads(result.output.strip().splitlines()[-1])


def until(condition: Any, what: str) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, f"waited in vain: {what}"
        time.sleep(0.1)


def test_a_concern_is_raised_by_nobody_joined_taken_over_and_answered(world: World) -> None:
    assert call(world, world.bert, "concern", "list") == {"concerns": []}
    text = "Who makes sure that nobody opens what I write to my doctor?"
    raised = call(world, world.alice, "concern", "raise", text, "--anonymously")
    concern_id = raised["concern_id"]
    assert raised["anonymously"]
    [listed] = call(world, world.bert, "concern", "list")["concerns"]
    assert (listed["text"], listed["state"], listed["joins"]) == (text, "nobody sees to it yet", 0)
    call(world, world.bert, "concern", "join", concern_id, "--anonymously")
    again = call(world, world.bert, "concern", "join", concern_id, fails=4)
    assert again["code"] == "not_found"

    refusal = call(world, world.home, "concern", "answer", concern_id, "Nobody can, and here is why.", fails=3)
    assert refusal["reason"] == "concern:not_owner"
    call(world, world.home, "concern", "own", concern_id, "--days", "3")
    call(world, world.home, "concern", "answer", concern_id, "Such sites are never recorded, see the disclosure.")
    [listed] = call(world, world.alice, "concern", "list")["concerns"]
    assert (listed["state"], listed["joins"]) == ("answered", 1)
    read = call(world, world.alice, "notice", "read")["notices"]
    assert [each["kind"] for each in read] == ["answer"]
    assert text in read[0]["text"]
    # Nothing in the vault's folder, its log included, holds a word of alice's beside the concern.
    own = enrol.enrolments.load(world.alice.folder("participant"))
    kept = b"".join(path.read_bytes() for path in (world.home.root / "vault").rglob("*") if path.is_file())
    assert text.encode() not in kept  # it stands there as base64, in what was signed
    log = (world.home.root / "vault" / "log.txt").read_bytes()
    assert own.person_id.encode() not in log
    assert concern_id.encode() not in log


def test_the_keyholder_vouches_for_one_key_and_for_no_other(world: World) -> None:
    vault_key = load_signing_key(world.home.root / "vault" / "vault.key")
    keyholder = Client(world.home.address("keyholder").url, vault_key)
    other = msgspec.json.encode(PassKeyRequest(modulus="f" * 512))
    with pytest.raises(Conflict, match="another key"):
        keyholder.post("/v1/pass-keys", other)
    with pytest.raises(Refused):
        Client(world.home.address("keyholder").url, world.alice.person_key()).post("/v1/pass-keys", other)


def test_a_notice_reaches_its_people_by_page_and_mail_before_the_staff(world: World, tmp_path: Path) -> None:
    call(world, world.bert, "notice", "mail", "bert@example.org")
    words = tmp_path / "words.txt"
    words.write_text("Two members of staff could list sealed files for 40 minutes.\nNothing was opened.\n")
    send = ["notice", "send", "Sealed files could be listed", str(words), "--kind", "incident"]
    notice_id = call(world, world.home, *send)["notice_id"]
    security = world.home.client("vault", world.home.staff_key("sam"))

    def told_to_staff() -> bool:
        listed = msgspec.json.decode(security.get("/v1/notices/sent"), type=list[notices.Sent])
        return next(each for each in listed if each.notice_id == notice_id).notice is not None

    assert not told_to_staff()
    assert call(world, world.home, "notice", "release", notice_id, fails=3)["reason"] == "notice:embargo"
    until(lambda: len(world.box.taken) == 1, "the mail is sent")
    [(address, message)] = world.box.taken
    assert address == "bert@example.org"
    assert "Nothing was opened." in message.get_content()
    newest = call(world, world.alice, "notice", "read")["notices"][0]
    assert (newest["notice_id"], newest["seen"]) == (notice_id, False)
    call(world, world.alice, "notice", "seen", notice_id)
    assert call(world, world.alice, "notice", "read")["notices"][0]["seen"]
    # Of two people it is not told whom it has reached, and so the staff wait for a day.
    assert not told_to_staff()
    row = call(world, world.home, "notice", "list")["notices"][0]
    assert (row["reached"], row["people"], row["seen"], row["released"]) == (None, 2, None, False)
    assert call(world, world.home, "notice", "dead")["dead_letters"] == []


def test_a_new_disclosure_tells_everyone_what_it_changes(world: World, tmp_path: Path) -> None:
    toml = resources.files("aboveboard.commands").joinpath("run_disclosure.toml").read_text(encoding="utf-8")
    days = next(line for line in toml.splitlines() if line.startswith("retention_days"))
    file = tmp_path / "disclosure.toml"
    for version, words, then in ((2, "retention_days = 3", "applies at once"), (3, "retention_days = 900", "agreed")):
        file.write_text(toml.replace(days, words))
        call(world, world.home, "disclose", str(file), "--version", str(version))
        newest = call(world, world.alice, "notice", "read")["notices"][0]
        assert (newest["kind"], newest["title"]) == ("disclosure", f"The disclosure has changed: version {version}")
        assert then in newest["text"]
        assert "days" in newest["text"]


def test_what_the_operator_has_configured_outlasts_a_start(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text('{"public_url": "https://vault.example.org"}')
    places._configure_vault(path, keyholder_url="http://127.0.0.1:1")
    assert json.loads(path.read_text()) == {
        "public_url": "https://vault.example.org",
        "keyholder_url": "http://127.0.0.1:1",
    }
    path.write_text("{")
    with pytest.raises(SetupMissing):
        places._configure_vault(path, keyholder_url="http://127.0.0.1:1")
