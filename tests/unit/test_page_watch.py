"""What is found out of a browser's windows? With a browser that answers as told, and as late as it likes."""

import asyncio
import os
import sys
import time
from dataclasses import dataclass, field
from typing import Any

import pytest

from aboveboard.base.clock import MILLISECOND_NS, SECOND_NS
from aboveboard.base.errors import Unavailable
from aboveboard.recorder.capture import pages
from aboveboard.recorder.capture.atspi_bus import Field
from aboveboard.recorder.capture.atspi_names import role, state
from aboveboard.recorder.capture.pages import PageWatch, started_private
from aboveboard.recorder.capture.port import Rect, WindowFacts
from samples.disclosed import app, disclosure

DISCLOSED = disclosure(app("Chromium", site="exact", sites=("crm.example.org",)), app("Editor"))
ORDERS, TITLE = "https://crm.example.org/orders", "Orders - Chromium"


@dataclass
class Page:
    """A document, its fields by role, and what they are called."""

    address: str = ORDERS
    name: str = TITLE
    fields: list[tuple[str, str]] = field(default_factory=list)
    empty: bool = False
    number: int = 1
    title: str = ""
    """What the document calls itself."""


@dataclass
class Browser:
    """Answers like :class:`atspi.Bus`."""

    page: Page = field(default_factory=Page)
    silent: bool = False
    hidden: set[Field] = field(default_factory=set)

    def _say(self) -> None:
        if self.silent:
            raise Unavailable("nothing", cause="a test", fix="none")

    def _fields(self) -> list[tuple[Field, str, str]]:
        document = self.page.number
        return [(Field("b", f"/{document}/{n}"), kind, name) for n, (kind, name) in enumerate(self.page.fields)]

    async def applications(self, pid: int) -> list[Field]:
        self._say()
        return [Field("b", "/")] if pid == 7 else []

    async def children(self, of: Field) -> list[Field]:
        return [Field("b", "/frame")]

    async def names(self, fields: list[Field]) -> list[str]:
        known = {one: name for one, _, name in self._fields()} | {Field("b", "/frame"): self.page.name}
        known[Field("b", f"/document{self.page.number}")] = self.page.title
        return [known.get(one, "") for one in fields]

    async def states(self, fields: list[Field]) -> list[int]:
        there = {one for one, _, _ in self._fields()} | self.hidden
        return [state("visible") if one in there else 0 for one in fields]

    async def attributes(self, fields: list[Field]) -> list[dict[str, str]]:
        return [{} for _ in fields]

    async def first_below(self, frame: Field, **_: object) -> Field | None:
        self._say()
        return Field("b", f"/document{self.page.number}") if self.page.address != "none" else None

    async def contents(self, document: Field, roles: tuple[tuple[int, int], ...]) -> tuple[list[Field], ...]:
        found = [[one for one, kind, _ in self._fields() if role(kind) == number] for number, _ in roles]
        return (*found, [] if self.page.empty else [document])

    async def attribute(self, document: Field, name: str) -> str:
        return self.page.address if name == "URI" else ""


class Clock:
    def now_ns(self) -> int:
        return time.time_ns()


class Watched:
    """A watch of one window, and what it told."""

    def __init__(self) -> None:
        self.told: list[tuple[int, int, str]] = []
        clock: Any = Clock()
        self.watch = PageWatch(clock, DISCLOSED, lambda *told: self.told.append(told))
        self.browser = Browser()

    def window(self, title: str = TITLE, at_ns: int | None = None) -> str:
        facts = WindowFacts(1, "Chromium", title, 7, Rect(0, 0, 10, 10))
        self.watch.window(time.time_ns() if at_ns is None else at_ns, facts)
        bus: Any = self.browser
        asyncio.run(self.watch.take(bus))
        return self.now()

    def again(self, since_ns: int = 1, sent_ns: int = 2) -> str:
        bus: Any = self.browser
        asyncio.run(self.watch.confirm(bus, sent_ns, since_ns))
        return self.now()

    def now(self) -> str:
        return self.told[-1][2]


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "GRACE_NS", 60 * MILLISECOND_NS)
    monkeypatch.setattr(pages, "AGAIN_S", 0.01)
    monkeypatch.setattr(pages, "started_private", lambda pid: False)


def test_a_page_that_may_be_recorded_is_told_as_of_the_change() -> None:
    watched = Watched()
    assert watched.window(at_ns=42) == "open"
    assert watched.told == [(42, 1, "open")]
    assert watched.watch.pending_ns is None
    assert watched.again() == "open"
    assert len(watched.told) == 1


def test_a_window_with_the_next_pages_title_and_the_last_pages_document_is_not_known() -> None:
    watched = Watched()
    watched.browser.page = Page(title="Orders")
    assert watched.window() == "open"
    watched.browser.page = Page(name="Your account - Chromium", title="Orders")
    assert watched.window("Your account - Chromium") == "site_not_disclosed"  # all that is known is the title
    watched.browser.page = Page(name="Your account - Chromium", title="Your  account", number=2)
    assert watched.again() == "open"


def test_until_it_was_looked_into_a_change_is_pending() -> None:
    watched = Watched()
    watched.watch.window(42, WindowFacts(1, "Chromium", TITLE, 7, Rect(0, 0, 1, 1)))
    watched.watch.layout(50, [WindowFacts(1, "Chromium", TITLE, 7, Rect(0, 0, 1, 1))])
    assert watched.watch.pending_ns == 42
    assert not watched.watch.window(60, WindowFacts(2, "Editor", "notes", 8, Rect(0, 0, 1, 1)))
    assert not watched.watch.window(60, WindowFacts(3, "Stranger", "notes", 9, Rect(0, 0, 1, 1)))


def test_what_lets_out_less_counts_since_it_was_asked_last_and_more_from_now() -> None:
    watched = Watched()
    watched.window(at_ns=42)
    watched.browser.page = Page(address="https://elsewhere.example/", number=2)
    assert watched.again(since_ns=100, sent_ns=200) == "site_not_disclosed"
    watched.browser.page = Page(number=3)
    assert watched.again(since_ns=200, sent_ns=300) == "open"
    assert watched.told == [(42, 1, "open"), (100, 1, "site_not_disclosed"), (300, 1, "open")]


@pytest.mark.parametrize(
    "page",
    [Page(name="Another - Chromium"), Page(address=""), Page(address="none"), Page(empty=True), Page(name="")],
)
def test_what_has_no_answer_is_not_known(page: Page) -> None:
    watched = Watched()
    watched.browser.page = page
    assert watched.window() == "site_not_disclosed"
    watched.browser.page = Page(number=9)
    assert watched.again() == "open"
    watched.browser.silent = True
    assert watched.again() == "site_not_disclosed"


def test_an_empty_page_counts_after_a_while() -> None:
    watched = Watched()
    watched.browser.page = Page(empty=True)
    assert watched.window() == "site_not_disclosed"
    pages_since = watched.watch._windows[1]
    pages_since.since_ns -= 5 * SECOND_NS
    assert watched.again() == "open"


@pytest.mark.parametrize(
    ("title", "name", "private"),
    [
        (TITLE, "Orders - Chromium (Incognito)", True),
        (TITLE, "Orders - Chromium (Inkognito)", True),
        (TITLE, "Orders - Chromium（隠し）", True),
        ("Orders (new) - Chromium", "Orders (new) - Chromium", False),
        (TITLE, "Orders - Audio playing - Chromium", False),
        (TITLE, "Orders - Chromium - Work (example.org)", False),
    ],
)
def test_an_accessible_name_that_goes_on_in_brackets_is_that_of_a_private_window(
    title: str, name: str, private: bool
) -> None:
    watched = Watched()
    watched.browser.page = Page(name=name)
    assert watched.window(title) == ("private_window" if private else "open")


def test_windows_of_a_process_that_was_started_privately_are_private(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "started_private", lambda pid: pid == 7)
    assert Watched().window() == "private_window"


def test_how_a_process_was_started_is_read() -> None:
    for flag, private in (("--incognito", True), ("-private-window", True), ("--InPrivate", True), ("--x", False)):
        argv = [sys.executable, "-c", "import time; time.sleep(20)", flag]
        pid = os.posix_spawn(sys.executable, argv, dict(os.environ))
        try:
            end = time.monotonic() + 5
            while started_private(pid) is not private and time.monotonic() < end:
                time.sleep(0.01)
            assert started_private(pid) is private
        finally:
            os.kill(pid, 9)
            os.waitpid(pid, 0)
    assert not started_private(2**31 - 1)


def test_a_page_with_a_field_for_a_password_is_a_log_in_until_it_is_gone() -> None:
    watched = Watched()
    watched.browser.page = Page(fields=[("entry", "Name"), ("password text", "Secret")])
    assert watched.window() == "log_in"
    # Its button shows the password: the same field has another role.
    watched.browser.page.fields = [("entry", "Name"), ("entry", "Secret")]
    assert watched.again() == "log_in"
    watched.browser.page.fields = [("entry", "Name")]
    assert watched.again() == "open"


def test_a_field_that_is_out_of_sight_is_still_there() -> None:
    watched = Watched()
    watched.browser.page = Page(fields=[("password text", "Secret")])
    watched.window()
    watched.browser.page.fields = []
    watched.browser.hidden = {Field("b", "/1/0")}
    assert watched.again() == "log_in"
    watched.browser.page = Page(number=2)
    assert watched.again() == "open"


def test_a_field_for_a_code_makes_a_log_in_too() -> None:
    watched = Watched()
    watched.browser.page = Page(fields=[("entry", "Name"), ("entry", "Verification code")])
    assert watched.window() == "log_in"


def test_headings_are_looked_at() -> None:
    watched = Watched()
    watched.browser.page = Page(fields=[("heading", "Online banking"), ("heading", "Account overview")])
    assert watched.window() == "sensitive_site"


def test_windows_that_are_gone_are_not_asked() -> None:
    watched = Watched()
    watched.window()
    watched.watch.layout(time.time_ns(), [])
    bus: Any = watched.browser
    asyncio.run(watched.watch.take(bus))
    watched.browser.silent = True
    assert watched.again() == "open"
    assert len(watched.told) == 1
