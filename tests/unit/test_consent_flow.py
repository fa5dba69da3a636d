"""How does a person agree, refuse, and decide anew, in a terminal and on a page; and which copies do they keep?"""

import json
import threading
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from click.testing import CliRunner

from aboveboard.base.errors import NotFound, Tampered
from aboveboard.base.ids import Kind, new_id
from aboveboard.commands import enrol
from aboveboard.commands.consent_page import ConsentPage
from aboveboard.commands.home import Home
from aboveboard.commands.main import main
from aboveboard.formats import consent, envelope
from aboveboard.formats.consent_record import read_back
from aboveboard.formats.disclosure import TranslatedApp, Translation
from aboveboard.formats.disclosure_text import plain_text, shown_digest
from aboveboard.recorder import enrolment as enrolments
from aboveboard.sealing.signatures import SigningKey
from samples.enrolling import Vault, agree
from samples.recorder_world import Participant

GERMAN = Translation(
    language="de",
    title="Büroarbeit aufzeichnen",
    summary="Was Sie in den genannten Anwendungen tun, wird aufgezeichnet.",
    recipients=["Example Research"],
    never_collected=["Passwörter"],
    apps=[TranslatedApp(wm_class="Chromium", name="Browser", why="die Aufgaben werden im Browser erledigt")],
)


@pytest.fixture
def vault(monkeypatch: pytest.MonkeyPatch) -> Vault:
    made = Vault(Participant())
    made.disclosed = msgspec.structs.replace(made.who.disclosure(), translations=[GERMAN], consent_days=90)
    monkeypatch.setattr(Home, "client", lambda *_: made)
    return made


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def invitation(vault: Vault) -> str:
    return f"{new_id(Kind.INVITATION)}@{vault.who.steward.public}"


def given(vault: Vault) -> consent.ConsentReceipt:
    return consent.decode_receipt(envelope.decode(vault.given["/v1/consents"]).body())


def test_who_agrees_signs_over_the_text_in_the_language_that_they_read(vault: Vault, home: Home) -> None:
    assert enrol.enrol(home, invitation(vault), lambda _: "de") is not None
    receipt = given(vault)
    assert receipt.language == "de"
    assert receipt.shown_sha256 == shown_digest(plain_text(vault.current(), "de"))
    assert receipt.expires_at_ns == receipt.given_at_ns + 90 * 86_400 * 10**9


def test_the_person_keeps_the_signed_receipt_and_a_record_of_it(vault: Vault, home: Home) -> None:
    enrol.enrol(home, invitation(vault), agree)
    folder = home.folder("participant") / "consents"
    receipt = given(vault)
    assert (folder / f"{receipt.consent_id}.json").read_bytes() == vault.given["/v1/consents"]
    assert read_back(json.loads((folder / f"{receipt.consent_id}.jsonld").read_bytes())) == receipt
    told = CliRunner().invoke(main, ["--home", str(home.root), "consent", "show", "--json-ld"])
    assert told.stdout_bytes == (folder / f"{receipt.consent_id}.jsonld").read_bytes()
    text = CliRunner().invoke(main, ["--home", str(home.root), "consent", "show", "--text"]).stdout
    assert shown_digest(text) == receipt.shown_sha256
    assert "It counts until" in CliRunner().invoke(main, ["--home", str(home.root), "consent", "show"]).output


@pytest.mark.parametrize(("typed", "agreed"), [("1\n", True), ("2\n", False), ("\nyes\n1\n", True), ("", False)])
def test_in_a_terminal_yes_and_no_are_one_key_each_and_neither_is_chosen(
    vault: Vault, home: Home, typed: str, agreed: bool
) -> None:
    seen: list[object] = []
    runner = CliRunner()
    with runner.isolation(input=typed) as (out, *_):
        seen.append(enrol.enrol(home, invitation(vault), enrol.asking_in_terminal("de")))
        words = out.getvalue().decode()
    assert (seen[0] is not None) == agreed
    assert "Büroarbeit".upper() in words
    assert home.root.exists() == agreed
    assert ("/v1/consents" in vault.given) == agreed


def test_deciding_anew_shows_what_changed_and_signs_anew(vault: Vault, home: Home) -> None:
    with pytest.raises(NotFound):
        enrol.renew(home, agree)
    enrol.enrol(home, invitation(vault), agree)
    first = given(vault)
    vault.disclosed = msgspec.structs.replace(vault.current(), version=2, retention_days=31)
    asked: list[enrol.Question] = []
    before = {path: path.read_bytes() for path in home.root.rglob("*.json")}

    def refuse(question: enrol.Question) -> None:
        asked.append(question)

    assert enrol.renew(home, refuse) is None
    assert [change.sentence for change in asked[0].changes] == ["It is kept for 31 days; it was 30."]
    assert {path: path.read_bytes() for path in home.root.rglob("*.json")} == before, "a no changes nothing"
    assert given(vault) == first
    assert enrol.renew(home, agree) is not None
    second = given(vault)
    assert (second.person_id, second.device_id) == (first.person_id, first.device_id)
    assert second.consent_id != first.consent_id
    assert enrolments.verify(enrolments.load(home.folder("recorder"))).disclosure.version == 2


def test_a_disclosure_of_another_steward_is_not_even_shown_to_who_is_enrolled(vault: Vault, home: Home) -> None:
    enrol.enrol(home, invitation(vault), agree)
    vault.disclosed_by = SigningKey.generate()

    def not_asked(_: enrol.Question) -> str:
        raise AssertionError("nothing is shown that no steward of this person signed")

    with pytest.raises(Tampered):
        enrol.renew(home, not_asked)


class Visitor:
    """A person's browser, at the page of an enrolment that goes on in a thread of its own."""

    def __init__(self, home: Home, vault: Vault) -> None:
        self._told: list[str] = []
        asked = threading.Event()
        self.enrolled: list[Any] = []

        def told(url: str) -> None:
            self._told.append(url)
            asked.set()

        def go() -> None:
            with ConsentPage(told=told) as page:
                try:
                    self.enrolled.append(page.carry(lambda decide: enrol.enrol(home, invitation(vault), decide)))
                except Exception as error:
                    self.enrolled.append(error)

        self.thread = threading.Thread(target=go)
        self.thread.start()
        assert asked.wait(30)
        self.url = self._told[0]
        self.origin = self.url[: self.url.index("/", 8)]

    def get(self, query: str = "") -> httpx.Response:
        return httpx.get(self.url + query, trust_env=False)

    def answer(self, *, url: str = "", headers: dict[str, str] | None = None, **fields: str) -> httpx.Response:
        sent = {"Origin": self.origin} if headers is None else headers
        return httpx.post((url or self.url) + "answer", data=fields, headers=sent, trust_env=False, timeout=60)

    def done(self) -> Any:
        self.thread.join(60)
        assert not self.thread.is_alive()
        return self.enrolled[0]


@pytest.mark.parametrize("language", ["en", "de"])
def test_on_the_page_somebody_agrees(vault: Vault, home: Home, language: str) -> None:
    visitor = Visitor(home, vault)
    page = visitor.get(f"?language={language}").text
    assert shown_digest(plain_text(vault.current(), language)) in page
    assert page.count("<button") == 2
    assert "checked" not in page
    assert "autofocus" not in page
    assert "<script" not in page
    outcome = visitor.answer(answer="agree", language=language)
    assert visitor.done() is not None
    assert ("You agreed" if language == "en" else "Sie haben zugestimmt") in outcome.text
    assert given(vault).language == language


def test_on_the_page_somebody_refuses_and_nothing_is_left(vault: Vault, home: Home) -> None:
    visitor = Visitor(home, vault)
    outcome = visitor.answer(answer="refuse", language="en")
    assert visitor.done() is None
    assert "You did not agree" in outcome.text
    assert vault.given == {}
    assert not home.root.exists()


def test_nobody_else_answers_for_the_person(vault: Vault, home: Home) -> None:
    visitor = Visitor(home, vault)
    elsewhere = f"{visitor.origin}/{'A' * 43}/"
    assert httpx.get(elsewhere, trust_env=False).status_code == 404
    assert httpx.get(visitor.url, headers={"Host": "evil.example"}, trust_env=False).status_code == 404
    yes = {"answer": "agree", "language": "en"}
    assert visitor.answer(url=elsewhere, **yes).status_code == 404
    for headers in (
        {},
        {"Origin": "https://evil.example"},
        {"Origin": visitor.origin, "Sec-Fetch-Site": "cross-site"},
        {"Origin": visitor.origin, "Host": "evil.example"},
    ):
        assert visitor.answer(headers=headers, **yes).status_code == 404
    for fields in (
        {},
        {"answer": "agree"},
        {"answer": "agree", "language": "fr"},
        {"answer": "both"},
        {"x": "y" * 2000},
    ):
        assert visitor.answer(**fields).status_code == 400
    assert vault.given == {}
    visitor.answer(answer="refuse", language="en")
    assert visitor.done() is None


def test_what_went_wrong_after_a_yes_is_said_on_the_page(vault: Vault, home: Home) -> None:
    visitor = Visitor(home, vault)
    vault.away = True
    outcome = visitor.answer(answer="agree", language="en")
    assert "the vault does not answer" in outcome.text
    assert isinstance(visitor.done(), Exception)
    assert not (home.folder("recorder") / "enrolment.json").exists()
