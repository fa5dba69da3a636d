"""A browser, pages on several hosts that are all this machine, and somebody who goes from one to the other.

Every page has words of its own in its address, title, heading and link, a colour, and letters that are typed into it.
"""

import http.server
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import numpy as np

from aboveboard.formats.recording import Key, Timed
from aboveboard.stage.devtools import Page as Devtools
from aboveboard.stage.display import Display
from aboveboard.stage.processes import program
from aboveboard.stage.xtest import Xtest
from samples.context_desk import Watching, chromium_window
from samples.x_windows import Collected, until

LINK = (40, 560)
"""Where a link is on each page, in pixels of the screen."""


@dataclass(frozen=True)
class Shown:
    """One page. ``colour`` 0xRRGGBB; ``typed``: letters that are typed into no other; ``extra`` is more of its HTML."""

    host: str
    path: str
    word: str
    colour: int
    typed: str
    extra: str = ""

    def html(self) -> str:
        return (
            f"<!doctype html><title>{self.word}title</title><body style='margin:0;background:#{self.colour:06x}'>"
            f"<h1>{self.word}heading</h1><input id=field autofocus aria-label='{self.word}field'>{self.extra}"
            f"<a id=on href='#' style='position:absolute;left:0;top:400px;width:300px;height:150px'>{self.word}link</a>"
        )


ALLOWED = Shown("crm.example.org", "/larch", "Larch", 0x1FD62A, "ab")
ALSO = Shown("crm.example.org", "/maple", "Maple", 0x2A7FE0, "cd")
OTHER = Shown("wiki.example.net", "/quince", "Quince", 0xD61FC4, "qj")
LOG_IN = Shown("crm.example.org", "/medlar", "Medlar", 0xE0A02A, "kv", "<input type=password aria-label=Medlarsecret>")
BANK = Shown("online.sparkasse-nirgendwo.de", "/damson", "Damson", 0x7F2AE0, "wx")
CHAT = Shown("chat.example.org", "/rowan", "Rowan", 0x8A8F1F, "mn")
PRIVATE = Shown("crm.example.org", "/sorrel", "Sorrel", 0xE02A5F, "yz")
PAGES = (ALLOWED, ALSO, OTHER, LOG_IN, BANK, CHAT, PRIVATE)


class _Server(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        host = (self.headers["host"] or "").split(":")[0]
        page = next((one for one in PAGES if (one.host, one.path) == (host, self.path)), None)
        self.send_response(200 if page is not None else 404)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(page.html().encode() if page is not None else b"")

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def served() -> Iterator[int]:
    """The pages, on this port of loopback."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


class Surfing:
    """Somebody at an ordinary window of the browser."""

    def __init__(self, display: Display, watching: Watching, port: int) -> None:
        self.display, self.watching, self.port = display, watching, port
        self.hand = Xtest(display.name)
        self._folder = max(display.home.glob("chromium-*"), key=lambda folder: folder.stat().st_mtime)
        told = self._folder / "DevToolsActivePort"
        until(lambda: told.exists() and bool(told.read_text("ascii").strip()), "the browser is up", limit_s=30)
        self.page = Devtools(int(told.read_text("ascii").splitlines()[0]))

    def address(self, page: Shown) -> str:
        return f"http://{page.host}:{self.port}{page.path}"

    def visit(self, page: Shown, *, at_once: bool = False) -> None:
        """Go there, by a link if ``at_once``, and do everything that can be done."""
        if at_once:
            self.page.evaluate(f"document.getElementById('on').href={self.address(page)!r}")
            time.sleep(0.6)
            self._click(*LINK)
            until(lambda: self._at(page), f"the link leads to {page.word}")
        else:
            self.page.navigate(self.address(page))
        self.page.evaluate("document.getElementById('field').focus()")
        self.use(page)

    def visit_privately(self, page: Shown) -> None:
        """In a private window of the same process."""
        flags = [f"--user-data-dir={self._folder}", "--no-sandbox", "--test-type", "--incognito"]
        self.display.processes.start([program("chromium", "chromium"), *flags, self.address(page)], self.display.env)
        time.sleep(3.0)
        self.use(page)

    def use(self, page: Shown) -> None:
        self.hand.type_text(page.typed, 0.03)
        self._click(*LINK)
        time.sleep(1.2)
        self.watching.settle()

    def close(self) -> None:
        self.page.close()
        self.hand.close()

    def _click(self, x: int, y: int) -> None:
        self.hand.move(x, y)
        self.hand.press()
        self.hand.release()

    def _at(self, page: Shown) -> bool:
        with suppress(Exception):
            return self.page.evaluate("location.href + document.readyState") == self.address(page) + "complete"
        return False


@contextmanager
def surfing(display: Display, watching: Watching, port: int) -> Iterator[Surfing]:
    """The browser, whose every host is this machine; it begins with :data:`ALLOWED`."""
    begin = f"http://{ALLOWED.host}:{port}{ALLOWED.path}"
    flags = ("--remote-debugging-port=0", "--host-resolver-rules=MAP * 127.0.0.1", begin)
    with chromium_window(display, *flags):
        somebody = Surfing(display, watching, port)
        try:
            until(lambda: bool(watching.sites()) or bool(watching.sink.frames), "it is seen", limit_s=30)
            time.sleep(2.0)
            yield somebody
        finally:
            somebody.close()


def found(sink: Collected, page: Shown) -> set[str]:
    """In which forms the page is in what came out."""
    events = [timed for timed in sink.events if isinstance(timed, Timed)]
    words = repr([timed.event for timed in events])
    typed = {timed.event.name for timed in events if isinstance(timed.event, Key)}
    where = {kind for kind in ("title", "heading", "field", "link", "secret") if page.word + kind in words}
    where |= {"address"} if page.path in words else set()
    where |= {"host"} if page.host in words else set()
    where |= {"keys"} if typed & set(page.typed) else set()
    wanted = np.array([page.colour & 255, page.colour >> 8 & 255, page.colour >> 16], np.uint8)
    pictures = [patch.bgrx[..., :3] for frame in sink.frames for patch in frame.patches]
    return where | ({"picture"} if any((picture == wanted).all(axis=-1).any() for picture in pictures) else set())
