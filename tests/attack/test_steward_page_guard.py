"""Nobody pauses a fleet, answers a request or ends a grant from another site, port, or name: the staff's page has the
participant's guard."""

from collections.abc import Iterator
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from aboveboard.steward.app import create_app
from aboveboard.wire.page_guard import PAGE_KEY_HEADER, Halves, new_token

TOKEN = new_token()
HOME = "http://127.0.0.1:4100"


class Untouched:
    """A desk that no refused request reaches."""

    def state(self) -> dict[str, Any]:
        raise AssertionError("a refused request reached the desk")

    def pause(self, wanted: bytes) -> dict[str, str]:
        raise AssertionError("a refused request reached the desk")

    resume = drill = look = ask = answer = revoke = review = pause


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Litestar:
    static = tmp_path_factory.mktemp("static")
    (static / "index.html").write_text("<!doctype html><title>page</title>", encoding="utf-8")
    made = create_app(Untouched(), TOKEN, access=Untouched(), static=static)
    made.state.origins = {HOME}
    return made


@pytest.fixture
def browser(app: Litestar) -> Iterator[TestClient[Litestar]]:
    with TestClient(app, base_url=HOME, raise_server_exceptions=False) as client:
        yield client


def paths(app: Litestar) -> list[tuple[str, str]]:
    return [
        (method, route.path)
        for route in app.routes
        if route.path.startswith("/api/") and route.path != "/api/sign-in"
        for method in sorted(route.methods & {"GET", "POST"})
    ]


def test_every_path_needs_both_halves_and_refuses_other_sites_and_names(
    app: Litestar, browser: TestClient[Litestar]
) -> None:
    assert {path for _, path in paths(app)} == {
        "/api/parts",
        *(f"/api/{name}" for name in ("fleet", "pause", "resume", "drill")),
        *(f"/api/access{name}" for name in ("", "/look", "/ask", "/answer", "/revoke", "/review")),
    }
    key = {PAGE_KEY_HEADER: browser.post("/api/sign-in", json={"token": TOKEN}).json()["page_key"]}
    cookie = dict(browser.cookies)
    for method, path in paths(app):
        browser.cookies.clear()
        assert browser.request(method, path, headers=key).json()["reason"] == "steward:signed_out"
        browser.cookies.update(cookie)
        assert browser.request(method, path).json()["reason"] == "steward:signed_out"
        for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "http://127.0.0.1:9999"}):
            assert browser.request(method, path, headers=key | headers).json()["reason"] == "steward:foreign_site"
        answer = browser.request(method, path, headers=key | {"host": "fleet.example:4100"})
        assert answer.json()["reason"] == "steward:foreign_host"


def test_the_halves_of_the_participants_page_open_nothing_here() -> None:
    """One machine may serve both pages; cookies of 127.0.0.1 reach every port of it."""
    viewer, steward = Halves.of(TOKEN, "viewer"), Halves.of(TOKEN, "steward")
    assert viewer.cookie_name != steward.cookie_name
    assert viewer.cookie != steward.cookie
    assert viewer.page_key != steward.page_key


def test_a_wrong_token_gets_nothing(browser: TestClient[Litestar]) -> None:
    answer = browser.post("/api/sign-in", json={"token": "x" * 43})
    assert answer.json()["reason"] == "steward:wrong_token"
    assert "aboveboard fleet view" in answer.json()["fix"]
    assert "set-cookie" not in answer.headers


def test_who_is_no_steward_is_served_no_fleet(tmp_path_factory: pytest.TempPathFactory) -> None:
    static = tmp_path_factory.mktemp("static")
    (static / "index.html").write_text("<!doctype html><title>page</title>", encoding="utf-8")
    made = create_app(None, TOKEN, access=Untouched(), static=static)
    assert not {path for _, path in paths(made)} & {"/api/fleet", "/api/pause", "/api/resume", "/api/drill"}
