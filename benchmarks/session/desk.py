"""What is on the screen: a browser with two local pages, a terminal, a spreadsheet, and a program nobody agreed to.

The window manager has the bindings that desktops have: windows are moved by their title, resized by their corner, and
switched with Alt+Tab.
"""

import http.server
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from benchmarks.recorder.desk import FONT, HEIGHT, WIDTH, put
from benchmarks.recorder.printer import sentence

from aboveboard.stage.display import Display
from aboveboard.stage.processes import program

APPS = {"Chromium": "Browser", "XTerm": "Terminal", "Gnumeric": "Spreadsheet"}
"""The class of each window that is recorded, and what the disclosure calls it."""
BROWSER, TERMINAL, SHEET = (0, 0, 1150, 820), (1180, 30, 720, 500), (620, 420, 1100, 600)
STRANGER, STRANGERS_PLACE = "Another program", (150, 450, 260, 130)

_NOWHERE = ("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",)

_OPENBOX = """<?xml version="1.0" encoding="UTF-8"?>
<openbox_config xmlns="http://openbox.org/3.4/rc">
  <focus><focusNew>yes</focusNew><followMouse>no</followMouse></focus>
  <desktops><number>1</number></desktops>
  <keyboard><keybind key="A-Tab"><action name="NextWindow"><finalactions>
    <action name="Focus"/><action name="Raise"/></finalactions></action></keybind></keyboard>
  <mouse>
    <context name="Client">
      <mousebind button="Left" action="Press"><action name="Focus"/><action name="Raise"/></mousebind>
    </context>
    <context name="Titlebar">
      <mousebind button="Left" action="Press"><action name="Focus"/><action name="Raise"/></mousebind>
      <mousebind button="Left" action="Drag"><action name="Move"/></mousebind>
    </context>
    <context name="BRCorner"><mousebind button="Left" action="Drag"><action name="Resize"/></mousebind></context>
  </mouse>
</openbox_config>
"""

_FORM = """<!doctype html><title>Orders</title><style>body{font:17px sans-serif;margin:24px 40px;color:#222}
label{display:block;margin:14px 0}input,select,button{font:17px sans-serif}dialog{border:2px solid #06c}</style>
<h1>A new order</h1><p>Everything on this page is made up. Nothing is sent anywhere.</p>
<label>Customer <input id=customer size=30></label>
<label>Kind <select id=kind><option>Letter<option>Parcel<option>Pallet<option>Collection</select></label>
<label><input type=checkbox> Answer by telephone</label>
<p><button onclick="check.showModal()">Check</button> <a href="text.html">The terms</a></p>
<dialog id=check><p>The order looks complete.</p><button onclick="check.close()">Close</button></dialog>"""


@contextmanager
def standing() -> Iterator[Display]:
    """The display with its three windows in place, nothing done yet."""
    with Display(WIDTH, HEIGHT) as display, _pages() as url:
        (display.home / "openbox.xml").write_text(_OPENBOX, encoding="utf-8")
        subprocess.run([program("openbox", "openbox"), "--reconfigure"], env=display.env, check=True)
        # As grey as what is left out of a recording: there is nothing on the desktop to see.
        subprocess.run([program("xsetroot", "x11-xserver-utils"), "-solid", "#808080"], env=display.env, check=True)
        _browser(display, url)
        shell = ["env", "PS1=$ ", program("bash", "bash"), "--norc", "--noprofile"]
        argv = [program("xterm", "xterm"), *FONT, "-title", "Terminal", "-e", *shell]
        display.processes.start(argv, display.env)
        put(display, "Terminal", TERMINAL)
        display.processes.start([program("gnumeric", "gnumeric"), str(_sheet(display.home))], display.env)
        put(display, "orders.csv", SHEET)
        yield display


def stranger(display: Display) -> None:
    """A program comes up that nobody agreed to record; it stays until it is clicked away."""
    text = "Only you see this."
    argv = [program("zenity", "zenity"), "--info", "--title", STRANGER, "--text", text, "--no-wrap"]
    display.processes.start(argv, display.env)
    put(display, STRANGER, STRANGERS_PLACE)


def _browser(display: Display, url: str) -> None:
    argv = [program("chromium", "chromium"), f"--user-data-dir={display.home / 'browser'}", f"{url}/form.html"]
    argv += ["--no-first-run", "--no-default-browser-check", "--noerrdialogs", "--disable-gpu", "--disable-sync"]
    argv += ["--disable-background-networking", "--disable-component-update", "--force-renderer-accessibility"]
    argv += ["--disable-search-engine-choice-screen", "--password-store=basic", *_NOWHERE]
    argv += ["--window-position=0,0", f"--window-size={BROWSER[2]},{BROWSER[3]}"]
    if os.geteuid() == 0:
        argv += ["--no-sandbox", "--test-type"]
    display.processes.start(argv, display.env)
    put(display, "Orders", BROWSER)


@contextmanager
def _pages() -> Iterator[str]:
    """The address of the pages on loopback."""
    pages = {"/form.html": _FORM, "/text.html": _text()}

    class Pages(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = pages.get(self.path, "").encode()
            self.send_response(200 if page else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None:
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _text() -> str:
    random = Random("terms")
    parts = [f"<h2>{n}. {sentence(random, 4)}</h2><p>{sentence(random, 90)}.</p>" for n in range(1, 60)]
    style = "body{font:18px/1.6 'Liberation Serif',serif;margin:24px 90px}h2{font-family:sans-serif}"
    return f"<!doctype html><title>Orders: the terms</title><style>{style}</style>{''.join(parts)}"


def _sheet(folder: Path) -> Path:
    random = Random("sheet")
    lines = ["Order,Customer,Kind,Pieces,Price"]
    kinds = ("Letter", "Parcel", "Pallet")
    for number in range(1, 41):
        customer = sentence(random, 2).title()
        price = random.randint(300, 9000) / 100
        lines.append(f"{1000 + number},{customer},{random.choice(kinds)},{random.randint(1, 9)},{price}")
    path = folder / "orders.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
