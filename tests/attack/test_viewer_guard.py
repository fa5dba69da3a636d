"""Nobody reads a participant's page but who opened the printed address: not another site, port, name, or frame."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from aboveboard.base.errors import SetupMissing
from aboveboard.viewer.app import create_app
from aboveboard.wire.page_guard import PAGE_KEY_HEADER, new_token
from samples.office_session import play
from samples.participant_world import World

TOKEN = new_token()
HOME = "http://127.0.0.1:4100"
CANARIES = (b"Mira Solano", b"mira@example.org", b"Travel request")


class NoButtons:
    def pause(self) -> None:
        raise AssertionError("a refused request reached the recorder")

    def resume(self) -> None:
        raise AssertionError("a refused request reached the recorder")

    def covers(self) -> dict[str, Any]:
        raise AssertionError("a refused request reached what is covered")

    def look_for(self, wanted: bytes) -> dict[str, Any]:
        raise AssertionError("a refused request reached what is held")

    cover = stop_covering = look_for


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("guard") / "participant"


@pytest.fixture(scope="module")
def app(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Litestar:
    static = tmp_path_factory.mktemp("static")
    (static / "index.html").write_text("<!doctype html><title>page</title>", encoding="utf-8")
    (static / "assets").mkdir()
    (static / "assets" / "page.js").write_text("export {}", encoding="utf-8")
    (static.parent / "secret.txt").write_text("outside", encoding="utf-8")
    world = World(tape=play())
    world.agree()
    world.add_session(count=3)
    made = create_app(world.source(home), TOKEN, NoButtons(), static=static)
    made.state.origins = {HOME, "http://localhost:4100"}
    return made


@pytest.fixture
def browser(app: Litestar) -> Iterator[TestClient[Litestar]]:
    with TestClient(app, base_url=HOME, raise_server_exceptions=False) as client:
        yield client


def sign_in(browser: TestClient[Litestar]) -> dict[str, str]:
    """The headers of the page's own requests; the client keeps the cookie."""
    answer = browser.post("/api/sign-in", json={"token": TOKEN})
    assert answer.status_code == 200
    return {PAGE_KEY_HEADER: answer.json()["page_key"]}


def every_api_path(app: Litestar) -> list[tuple[str, str]]:
    names = {"session_id": "ses_" + "0" * 26, "segment_id": "seg_" + "0" * 26}
    found = []
    for route in app.routes:
        path = re.sub(r"\{(\w+):\w+\}", lambda match: names.get(match[1], "x"), route.path)
        if path.startswith("/api/") and path != "/api/sign-in":
            found += [(method, path) for method in route.methods if method in {"GET", "POST"}]
    return found


def test_every_path_of_the_api_needs_both_halves(app: Litestar, browser: TestClient[Litestar]) -> None:
    paths = every_api_path(app)
    assert len(paths) >= 9
    page_key = sign_in(browser)
    cookie = dict(browser.cookies)
    assert cookie
    for method, path in paths:
        query = {"origin_ns": 0}
        browser.cookies.clear()
        neither = browser.request(method, path, params=query)
        only_key = browser.request(method, path, params=query, headers=page_key)
        browser.cookies.update(cookie)
        only_cookie = browser.request(method, path, params=query)
        wrong_key = browser.request(method, path, params=query, headers={PAGE_KEY_HEADER: "0" * 64})
        for answer in (neither, only_key, only_cookie, wrong_key):
            assert answer.status_code == 403, (method, path)
            assert answer.json()["reason"] == "viewer:signed_out"
            assert answer.json()["fix"]


def test_with_both_halves_the_page_is_answered(browser: TestClient[Litestar]) -> None:
    answer = browser.get("/api/sessions", headers=sign_in(browser))
    assert answer.status_code == 200
    assert len(answer.json()["sessions"]) == 1


def test_the_cookie_is_out_of_reach_of_scripts_and_sites(browser: TestClient[Litestar]) -> None:
    cookie = browser.post("/api/sign-in", json={"token": TOKEN}).headers["set-cookie"]
    for word in ("HttpOnly", "SameSite=Strict", "Path=/api"):
        assert word in cookie
    assert TOKEN not in cookie


@pytest.mark.parametrize(
    "body", [b"", b"{}", b'{"token": ""}', b'{"token": "' + b"x" * 43 + b'"}', b"[" * 2000, b"\xff"]
)
def test_a_wrong_token_gets_nothing(browser: TestClient[Litestar], body: bytes) -> None:
    answer = browser.post("/api/sign-in", content=body)
    assert answer.status_code in {400, 403}
    assert "set-cookie" not in answer.headers


def test_an_oversized_sign_in_is_refused(browser: TestClient[Litestar]) -> None:
    assert browser.post("/api/sign-in", content=b"x" * 100_000).status_code in {400, 413}


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "evil.example:4100", "127.0.0.1:4101", "localhost.evil:4100", ""]
)
@pytest.mark.parametrize("path", ["/", "/api/sessions", "/api/sign-in"])
def test_a_foreign_name_that_points_here_is_refused(browser: TestClient[Litestar], host: str, path: str) -> None:
    """DNS rebinding: the browser believes that it talks to the attacker's own site."""
    headers = sign_in(browser)
    answer = browser.get(path, headers=headers | {"host": host})
    if path == "/api/sign-in":
        assert browser.post(path, json={"token": TOKEN}, headers={"host": host}).status_code == 403
    else:
        assert answer.json()["reason"] == "viewer:foreign_host"


@pytest.mark.parametrize("host", ["127.0.0.1:4100", "localhost:4100"])
def test_the_printed_names_are_answered(browser: TestClient[Litestar], host: str) -> None:
    assert browser.get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"origin": "http://evil.example"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "null"},
    ],
)
def test_another_site_or_port_is_refused_even_with_everything(
    browser: TestClient[Litestar], headers: dict[str, str]
) -> None:
    held = sign_in(browser)
    for method, path in (("GET", "/api/sessions"), ("POST", "/api/pause")):
        answer = browser.request(method, path, headers=held | headers)
        assert answer.json()["reason"] == "viewer:foreign_site"


@pytest.mark.parametrize(
    "path", ["/", "/assets/page.js", "/nothing", "/api/sessions", "/api/nothing", "/api/sign-in", "/api/overview"]
)
def test_every_answer_forbids_storing_framing_and_loading_from_elsewhere(
    browser: TestClient[Litestar], path: str
) -> None:
    for answer in (browser.get(path), browser.request("PUT", path)):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/assets/../../secret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "//etc/passwd",
    ],
)
def test_only_files_of_the_page_are_served(browser: TestClient[Litestar], path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 404
    assert "outside" not in answer.text


@pytest.mark.parametrize("name", ["seg_../../etc/passwd", "seg_%2e%2e", "x", "ses_" + "0" * 26])
def test_names_are_checked_before_anything_is_asked(browser: TestClient[Litestar], name: str) -> None:
    held = sign_in(browser)
    session = browser.get("/api/sessions", headers=held).json()["sessions"][0]["session_id"]
    answer = browser.get(f"/api/sessions/{session}/segments/{name}/events?origin_ns=0", headers=held)
    assert answer.status_code in {400, 404}


@pytest.mark.parametrize("origin", ["-1", "x", str(2**63), ""])
def test_a_senseless_origin_is_bad_input(browser: TestClient[Litestar], origin: str) -> None:
    held = sign_in(browser)
    answer = browser.get(
        f"/api/sessions/{'ses_' + '0' * 26}/segments/x/events", params={"origin_ns": origin}, headers=held
    )
    assert answer.status_code == 400


def test_what_was_recorded_is_never_written_to_the_disk(browser: TestClient[Litestar], home: Path) -> None:
    held = sign_in(browser)
    seen = b""
    for session in browser.get("/api/sessions", headers=held).json()["sessions"]:
        detail: dict[str, Any] = browser.get(f"/api/sessions/{session['session_id']}", headers=held).json()
        for segment in detail["segments"]:
            path = f"/api/sessions/{session['session_id']}/segments/{segment['segment_id']}"
            for what in ("events", "screen"):
                seen += browser.get(f"{path}/{what}", params={"origin_ns": detail["origin_ns"]}, headers=held).content
    assert b"Travel request" in seen, "the canary was not even shown"
    for path in home.parent.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not any(canary in content for canary in CANARIES), path


def test_without_buttons_there_is_nothing_to_press(
    tmp_path: Path, browser: TestClient[Litestar], app: Litestar
) -> None:
    (tmp_path / "index.html").write_text("page", encoding="utf-8")
    world = World(tape=play())
    plain = create_app(world.source(tmp_path / "participant"), TOKEN, None, static=tmp_path)
    assert not any("pause" in route.path or "resume" in route.path for route in plain.routes)
    assert any("pause" in route.path for route in app.routes)


def test_a_page_that_was_not_built_says_so(tmp_path: Path) -> None:
    with pytest.raises(SetupMissing, match="make setup"):
        create_app(World(tape=play()).source(tmp_path / "participant"), TOKEN, static=tmp_path)
