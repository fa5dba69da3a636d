"""Makes the pictures of the steward's page in ``docs/images``: a drill on its way, light, dark and narrow.

The vault and its reports are real; the devices are played (``tests/samples/fleet_process.py``). Run it where the page
was built: ``.venv/bin/python scripts/fleet_images.py``.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
TOKEN = "a-token-for-the-pictures-of-the-fleet-0123456789"
DEVICES = 2_400
START_LIMIT_S = 120.0


@contextmanager
def fleet(home: Path) -> Iterator[str]:
    """The page's address while it is served."""
    command = [sys.executable, "-m", "samples.fleet_process", str(home), TOKEN, str(DEVICES)]
    process = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(ROOT / "tests")})
    try:
        deadline = time.monotonic() + START_LIMIT_S
        while not (home / "address.json").exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("the page did not start; its error is above")
            time.sleep(0.1)
        yield json.loads((home / "address.json").read_text())["url"]
    finally:
        process.terminate()
        process.wait(30)


def pictures(browser: Browser, url: str) -> None:
    pages = {}
    for name, scheme, width in (("", "light", 1280), ("-dark", "dark", 1280), ("-narrow", "light", 420)):
        size = {"width": width, "height": 1000}
        context = browser.new_context(viewport=size, color_scheme=scheme, device_scale_factor=1)  # type: ignore[arg-type]
        pages[name] = context.new_page()
        pages[name].goto(f"{url}/#token={TOKEN}")
        pages[name].wait_for_selector(".tiles")
    first = pages[""]
    expect(first.locator(".tiles .permitted b")).not_to_have_text("0")
    time.sleep(6)  # every device has asked once
    first.get_by_role("button", name="Start the drill").click()
    running = first.locator("article[data-pause]", has_text="This is a drill")
    expect(running.get_by_text("Stragglers")).to_be_visible(timeout=20_000)
    for name, page in pages.items():
        expect(page.get_by_text("Stragglers")).to_be_visible(timeout=20_000)
        page.screenshot(path=IMAGES / f"fleet-drill{name}.png", full_page=True)


def main() -> None:
    """Write the three pictures."""
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with (
        tempfile.TemporaryDirectory() as folder,
        fleet(Path(folder) / "steward") as url,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=arguments)
        pictures(browser, url)
        browser.close()


if __name__ == "__main__":
    main()
