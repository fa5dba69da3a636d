"""A page of ours that a process of its own serves, and a browser that opens nothing but this machine's."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

TESTS = Path(__file__).parents[1]
AXE = TESTS.parent / "web" / "node_modules" / "axe-core" / "axe.min.js"
"""The checks of accessibility, to be evaluated in a page."""


@contextmanager
def serving(module: str, home: Path, *arguments: str, limit_s: float = 60) -> Iterator[Path]:
    """``samples.module`` with its folder ``home``, which it makes, from when it can be reached (:func:`url_of`)."""
    process = subprocess.Popen(
        [sys.executable, "-m", f"samples.{module}", str(home), *arguments],
        env=os.environ | {"PYTHONPATH": str(TESTS)},
    )
    try:
        end = time.monotonic() + limit_s
        while not (home / "address.json").exists():
            assert process.poll() is None, "the page stopped; its error is above"
            assert time.monotonic() < end, "the page did not start"
            time.sleep(0.05)
        yield home
    finally:
        process.terminate()
        process.wait(20)


def url_of(home: Path) -> str:
    """Where the page of this folder is served."""
    url: str = json.loads((home / "address.json").read_text())["url"]
    return url


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's own."""
    arguments = ["--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=arguments)
        yield browser
        browser.close()
