"""Nobody but who started it sees a data set's page, and nobody sees it after the grant's end or an erasure."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from aboveboard.base.errors import BadInput, NotFound, Refused, Unavailable
from aboveboard.base.ids import Kind, new_id
from aboveboard.lab import flow, lineage
from aboveboard.lab.dataset.read import Dataset
from aboveboard.lab.page import shown as page
from aboveboard.lab.page.app import create_app
from aboveboard.lab.page.shown import Shown
from aboveboard.lab.page.trainings import trainings
from aboveboard.lab.train.course import followed
from aboveboard.lab.while_granted import WhileGranted
from aboveboard.rules.decision import Reason
from aboveboard.wire.page_guard import PAGE_KEY_HEADER, Halves, new_token
from samples.lab_recording import segment
from samples.lab_world import LabWorld

TOKEN = new_token()
HOME = "http://127.0.0.1:4200"
PATIENCE_S = 20.0
WORDS = "words that were typed"


@pytest.fixture
def world(tmp_path: Path) -> tuple[LabWorld, Path]:
    made = LabWorld()
    for _ in range(2):
        person, session_id = made.enrol(), new_id(Kind.SESSION)
        for sequence in range(2):
            made.upload(person, session_id, sequence, segment(session_id, sequence, WORDS))
    derived = flow.derive(made, made.grant(), made.identity, made.staff_key, tmp_path, made.trust, clock=made.clock)
    return made, derived.path


@pytest.fixture
def open_page(world: tuple[LabWorld, Path]) -> Iterator[Shown]:
    made, path = world
    pedigree = lineage.read_lineage(path.parents[1], path.name)
    with WhileGranted(made, pedigree.grant_id, made.staff_key, made.trust, clock=made.clock) as granted:
        data = Dataset.open(path, made.identity, granted=granted)
        usable = partial(lineage.require_usable, made, pedigree, clock=made.clock)
        with followed(path.parents[1], pedigree, "ab" * 32, "click_policy", name="a"):
            yield Shown(data, usable, partial(trainings, path.parents[1], path.name))


def asked(shown: Shown) -> list[Callable[[], object]]:
    """Each question that the page asks, and that it is answered now."""
    name = shown.episode(0, "both")["rows"][0]["frame_sha256"]
    questions: list[Callable[[], object]] = [
        shown.standing,
        shown.about,
        lambda: shown.episodes(0, "", "person"),
        lambda: shown.episode(0, "task"),
        lambda: shown.frame(name),
        shown.trainings,
    ]
    for question in questions:
        assert question()
    return questions


def closes(question: Callable[[], object]) -> str:
    until_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < until_s:
        try:
            question()
        except Refused as error:
            return error.reason
        time.sleep(0.02)
    raise AssertionError("it stayed open")


def test_every_answer_ends_with_the_grant_and_what_was_read_is_forgotten(
    open_page: Shown, world: tuple[LabWorld, Path]
) -> None:
    questions = asked(open_page)
    world[0].ended = Reason.GRANT_REVOKED
    assert [closes(question) for question in questions] == [Reason.GRANT_REVOKED] * len(questions)
    assert (open_page._episodes, open_page._steps, open_page._about) == (None, None, None)
    assert open_page._data.frames.kept_bytes == 0
    world[0].ended = Reason.OK
    with pytest.raises(Refused):
        open_page.standing()


def test_every_answer_ends_when_somebody_in_it_is_erased(
    open_page: Shown, world: tuple[LabWorld, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    questions = asked(open_page)
    world[0].erase(next(iter(world[0].custody)))
    assert all(question() for question in questions), "it is asked every few seconds, not for each answer"
    monkeypatch.setattr(page, "USABLE_EVERY_S", 0.0)
    for question in questions:
        with pytest.raises(Refused):
            question()


def test_without_an_answer_of_the_vault_nothing_is_shown_and_with_one_again(
    world: tuple[LabWorld, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "USABLE_EVERY_S", 0.0)
    made, path = world
    answers = [Unavailable("the vault cannot be reached", cause="it is down", fix="wait"), None]

    def usable() -> None:
        if (fault := answers.pop(0)) is not None:
            raise fault

    shown = Shown(Dataset.open(path, made.identity), usable)
    with pytest.raises(Unavailable):
        shown.standing()
    assert shown.standing()


def test_a_name_that_is_none_reads_nothing(open_page: Shown) -> None:
    for name in ("", "../../../etc/passwd", "zz" * 32, "A" * 64):
        with pytest.raises(BadInput):
            open_page.frame(name)
    with pytest.raises(NotFound):
        open_page.frame("0" * 64)
    for number in (-1, 4_000_000):
        with pytest.raises(NotFound):
            open_page.episode(number, "person")
    with pytest.raises(BadInput):
        open_page.episodes(0, "", "speed")


def test_what_is_told_adds_up(open_page: Shown) -> None:
    about = open_page.about()
    listed = open_page.episodes(0, "", "person")
    assert sum(row["steps"] for row in listed["rows"]) == about["totals"]["steps"] == about["statistics"]["steps"]
    for rule in page.RULES:
        made = about["splits"][rule]
        parts = [row["part"] for row in open_page.episodes(0, "", rule)["rows"]]
        assert parts.count(None) == made["left_out"]
        assert {part for part in parts if part} == {part for part, steps in made["steps"].items() if steps}
    one = open_page.episode(0, "person")
    assert len(one["rows"]) == one["steps"]
    for step, following in zip(one["rows"], one["rows"][1:], strict=False):
        assert step["after_sha256"] == following["frame_sha256"]
        assert int(step["time_ns"]) <= int(following["time_ns"])
    assert WORDS in [step["text"] for step in one["rows"]]
    assert open_page.episodes(0, "no such words", "person")["rows"] == []
    assert open_page.episodes(1, "", "person")["rows"] == listed["rows"][1:]


class Untouched:
    """No refused request reaches it."""

    def standing(self, *_: Any) -> Any:
        raise AssertionError("a refused request reached the data set")

    about = episodes = episode = frame = standing


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Litestar:
    static = tmp_path_factory.mktemp("static")
    (static / "index.html").write_text("<!doctype html><title>page</title>", encoding="utf-8")
    made = create_app(Untouched(), TOKEN, static=static)
    made.state.origins = {HOME}
    return made


def test_every_path_needs_both_halves_and_refuses_other_sites_and_names(app: Litestar) -> None:
    paths = {
        "/api/trainings",
        "/api/standing",
        "/api/about",
        "/api/episodes",
        "/api/episodes/0",
        f"/api/frames/{'0' * 64}",
    }
    assert len([route for route in app.routes if route.path.startswith("/api/")]) == len(paths) + 1
    with TestClient(app, base_url=HOME, raise_server_exceptions=False) as browser:
        key = {PAGE_KEY_HEADER: browser.post("/api/sign-in", json={"token": TOKEN}).json()["page_key"]}
        cookie = dict(browser.cookies)
        for path in paths:
            browser.cookies.clear()
            assert browser.get(path, headers=key).json()["reason"] == "lab:signed_out"
            browser.cookies.update(cookie)
            assert browser.get(path).json()["reason"] == "lab:signed_out"
            for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "http://127.0.0.1:9999"}):
                assert browser.get(path, headers=key | headers).json()["reason"] == "lab:foreign_site"
            answer = browser.get(path, headers=key | {"host": "data.example:4200"})
            assert answer.json()["reason"] == "lab:foreign_host"
            assert answer.headers["cache-control"] == "no-store"


def test_the_halves_of_another_page_open_nothing_here() -> None:
    names = ("viewer", "steward", "lab")
    assert len({Halves.of(TOKEN, name).cookie for name in names}) == len(names)
    assert len({Halves.of(TOKEN, name).page_key for name in names}) == len(names)
