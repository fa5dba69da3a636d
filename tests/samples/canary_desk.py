"""A desk at which secrets lie in every place where none may be recorded, next to what may be, and a hand that works.

``work`` uses all of it once. What is open must be in the recording, and nothing of :data:`SECRETS` anywhere.
"""

import base64
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import xcffib.xproto

from aboveboard.recorder.capture.port import Rect
from aboveboard.stage.browser import Browser
from aboveboard.stage.display import Display
from aboveboard.stage.processes import program
from aboveboard.stage.xtest import NAMED_KEYSYMS, Xtest
from samples.context_desk import chromium_window
from samples.prompting import RETURN, lines, terminal
from samples.screen_text import SANS, Picture
from samples.x_windows import Windows, until

APPS = {"Chromium": "Browser", "XTerm": "Terminal", "Zenity": "Form"}
TYPED_OPENLY = {"page": "larch", "form": "maple", "terminal": "rowan"}
SHOWN_OPENLY = "Hollyhock"
TYPED_SECRETLY = {
    "password field of a page": "qzv7kxjw4vkq",
    "password field of a form": "wqj8zxkv6jzw",
    "hidden prompt": "kvz3jwqx9zvk",
    "password manager": "jxq5vkzw2qxj",
    "private window": "vqk4wzjx8kwv",
    "application out of scope": "zkw9qvxj3wqz",
}
TITLES = {
    "password manager": "Gooseberry-Vault",
    "private window": "Juniper-Errand",
    "application out of scope": "Tamarind-Ledger",
    "notification": "Persimmon-Message",
}
COLOURS = {
    "password manager": 0x1FD62A,
    "private window": 0xE0922A,
    "application out of scope": 0xD61FC4,
    "notification": 0x2A7FE0,
}
COPIED = {"PRIMARY": "quince5copied", "CLIPBOARD": "medlar6copied"}
SECRETS = [*TYPED_SECRETLY.values(), *TITLES.values(), *COPIED.values()]

OVER = Rect(300, 40, 300, 90)
REST_S, TIMES = 0.6, 3
PAGE = f"""<!doctype html><title>Notes</title><body style="margin:20px;font:26px sans-serif;background:#fff">
<p>{SHOWN_OPENLY}<p><input id=field autofocus>"""
LOG_IN = """<!doctype html><title>Door</title><body style="margin:20px;font:26px sans-serif;background:#fff">
<p>Secret<p><input type=password id=field autofocus>"""
PRIVATE = f"""<!doctype html><title>{TITLES["private window"]}</title>
<body style="margin:20px;font:26px sans-serif;background:#{COLOURS["private window"]:06x}"><p>{TITLES["private window"]}
<p><input autofocus oninput="document.title='{TITLES["private window"]} '+this.value">"""


def address_of(page: str) -> str:
    """What to open for it."""
    return f"data:text/html;base64,{base64.b64encode(page.encode()).decode()}"


@dataclass
class Desk:
    """The windows of ``display``; ``browser`` fills it. ``folder`` is for what programs got."""

    display: Display
    browser: Browser
    folder: Path
    hand: Xtest = field(init=False)
    windows: Windows = field(init=False)

    def __post_init__(self) -> None:
        self.hand = Xtest(self.display.name)
        self.windows = Windows(self.display.name)

    def close(self) -> None:
        self.hand.close()
        self.windows.disconnect()

    def work(self) -> None:
        """Everything, one after the other."""
        self.copy()
        self.open_page(PAGE)
        self.type_openly("page")
        self.open_page(LOG_IN)
        self.type_secretly("password field of a page")
        self._wait(lambda: bool(self.browser.page.evaluate("document.getElementById('field').value")), "the page")
        self.fill_in_form()
        self.answer_prompts()
        self.browse_privately()
        self.type_elsewhere("password manager", "KeePassXC")
        self.type_elsewhere("application out of scope", "Stranger")
        self.notify()

    def copy(self) -> None:
        """Own both selections; whoever asks for what was copied stands in :meth:`asked`."""
        owner = self.windows.show(Rect(0, 0, 1, 1), 0, "Clipper", bypass=True)
        for name in COPIED:
            atom = self.windows.atom(name)
            self.windows.conn.core.SetSelectionOwner(owner, atom, 0)
            self.windows.sync()
            assert self.windows.conn.core.GetSelectionOwner(atom).reply().owner == owner

    def asked(self) -> list[str]:
        """For which targets the selections were asked."""
        found = []
        self.windows.sync()
        while (event := self.windows.conn.poll_for_event()) is not None:
            if isinstance(event, xcffib.xproto.SelectionRequestEvent):
                found.append(bytes(self.windows.conn.core.GetAtomName(event.target).reply().name.buf()).decode())
        return found

    def ask(self) -> None:
        """For what was copied, as another program would."""
        other = Windows(self.display.name)
        window = other.show(Rect(0, 0, 1, 1), 0, "Asker", bypass=True)
        for name in COPIED:
            target = other.atom("UTF8_STRING")
            other.conn.core.ConvertSelection(window, other.atom(name), target, target, 0)
        other.sync()
        other.disconnect()

    def open_page(self, page: str) -> None:
        self.browser.page.navigate(address_of(page))
        self.browser.page.painted()
        self.browser.page.evaluate("document.getElementById('field').focus()")

    def type_openly(self, where: str) -> str:
        """Again and again: on a busy machine a program may say late what has the focus. All that was typed."""
        for _ in range(TIMES):
            time.sleep(REST_S)
            self.hand.type_text(TYPED_OPENLY[where])
        time.sleep(REST_S)
        return TYPED_OPENLY[where] * TIMES

    def type_secretly(self, where: str) -> None:
        time.sleep(REST_S)
        self.hand.type_text(TYPED_SECRETLY[where])
        time.sleep(REST_S)

    def fill_in_form(self) -> None:
        """A form of GTK, with a field that is shown and one that is not."""
        taken = self.folder / "form"
        command = [program("zenity", "zenity"), "--forms", "--add-entry=Name", "--add-password=Secret"]
        before = self.windows.active()
        with taken.open("wb") as out:
            process = self.display.processes.start(command, self.display.env, stdout=out)
        self._wait(lambda: self.windows.active() not in {0, before}, "the form")
        typed = self.type_openly("form")
        self.hand.tap(NAMED_KEYSYMS["Tab"])
        self.type_secretly("password field of a form")
        for key in (NAMED_KEYSYMS["Tab"], NAMED_KEYSYMS["Tab"], RETURN):
            self.hand.tap(key)
        self._wait(lambda: process.poll() is not None, "the form is sent")
        assert lines(taken) == [f"{typed}|{TYPED_SECRETLY['password field of a form']}"]

    def answer_prompts(self) -> None:
        before = self.windows.active()
        with terminal(self.display, self.folder):
            self._wait(lambda: self.windows.active() not in {0, before}, "the terminal")
            typed = self.type_openly("terminal")
            self.hand.tap(RETURN)
            self._wait(lambda: lines(self.folder / "shown") == [typed], "what is shown")
            self.type_secretly("hidden prompt")
            self.hand.tap(RETURN)
            self._wait(lambda: lines(self.folder / "hidden") == [TYPED_SECRETLY["hidden prompt"]], "what is hidden")

    def browse_privately(self) -> None:
        """A window of the same browser, but a private one; its title says what was typed into it."""
        title = TITLES["private window"]
        with chromium_window(self.display, "--incognito", address_of(PRIVATE)):
            self._wait(lambda: title in self.windows.title(self.windows.active()), "the private window")
            self.type_secretly("private window")
            typed = f"{title} {TYPED_SECRETLY['private window']}"
            self._wait(lambda: typed in self.windows.title(self.windows.active()), "what is typed privately")

    def type_elsewhere(self, where: str, wm_class: str) -> None:
        """Into a window whose title, colour and words tell whose it is."""
        window = self.windows.show(Rect(40, 200, 400, 200), COLOURS[where], wm_class, title=TITLES[where])
        self.windows.activate(window)
        self._write(window, where)
        self.type_secretly(where)
        self.windows.close(window)

    def notify(self) -> None:
        """A notification by the browser itself, over its page."""
        self.open_page(PAGE)
        window = self.windows.show(
            OVER, COLOURS["notification"], "Chromium", bypass=True, title=TITLES["notification"], kind="NOTIFICATION"
        )
        self._write(window, "notification")
        for step in range(10):
            self.hand.move(OVER.x + 20 + step, OVER.y + 20)
            time.sleep(0.1)
        self.windows.close(window)

    def _write(self, window: int, where: str) -> None:
        """Its title also as letters on its ground."""
        colour = tuple(COLOURS[where].to_bytes(3, "big"))
        picture = Picture(280, 60, colour)  # type: ignore[arg-type]
        picture.write(10, 10, TITLES[where], font=SANS, size=26)
        context: int = self.windows.conn.generate_id()
        core = self.windows.conn.core
        core.CreateGC(context, window, 0, [])
        data = np.ascontiguousarray(picture.pixels).tobytes()
        core.PutImage(2, window, context, 280, 60, 10, 10, 0, 24, len(data), data)
        self.windows.sync()

    def _wait(self, condition: Callable[[], bool], what: str) -> None:
        until(condition, what, limit_s=20)
