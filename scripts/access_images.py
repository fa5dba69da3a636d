"""Makes the pictures of who may open what, and who did, in ``docs/images``: light, dark and narrow.

The vault and the log are real, the people are made up (``tests/samples/staff_process.py``, ``openings_process.py``).
Run it where the page was built: ``.venv/bin/python scripts/access_images.py``.
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

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
TOKEN = "a-token-for-the-pictures-of-access-01234567890"
START_LIMIT_S = 120.0
GRANTS = 40
LOOKS = (("light", 1280), ("dark", 1280), ("light", 420))


@contextmanager
def served(sample: str, home: Path, *words: str) -> Iterator[str]:
    """The address of a sample's page while it is served."""
    command = [sys.executable, "-m", f"samples.{sample}", str(home), TOKEN, *words]
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


def look(browser: Browser, url: str, place: str, ready: str, scheme: str, width: int) -> Page:
    """The page at ``place`` once it shows ``ready``."""
    size = {"width": width, "height": 1000}
    context = browser.new_context(viewport=size, color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{url}/#token={TOKEN}&at={place}")
    page.get_by_text(ready).first.wait_for(timeout=60_000)
    return page


def name_of(stem: str, scheme: str, width: int) -> Path:
    return IMAGES / f"{stem}-{'narrow' if width < 600 else scheme}.png"


def staff(browser: Browser, folder: Path) -> None:
    """An approver's inbox, and what a researcher fills in."""
    with served("staff_process", folder / "sam", "sam") as url:
        for scheme, width in LOOKS:
            page = look(browser, url, "access", "ravi asks for", scheme, width)
            page.screenshot(path=name_of("staff-approver", scheme, width), full_page=True)
    with served("staff_process", folder / "ravi", "ravi") as url:
        page = look(browser, url, "access", "Ask for recordings", "light", 1280)
        page.get_by_role("textbox", name="Cohort").fill("north")
        page.get_by_role("checkbox", name="Keyboard").check()
        page.get_by_label("How closely: Keyboard").select_option("shape")
        page.get_by_text("Say what will come of it").wait_for()
        page.get_by_text("Choose at least one kind of data").wait_for(state="hidden")
        page.screenshot(path=IMAGES / "staff-researcher.png")


def openings(browser: Browser, folder: Path) -> None:
    """Who opened mine, with a look inside the first."""
    home = folder / "participant"
    home.mkdir(mode=0o700)
    (home / "grants.txt").write_text(str(GRANTS))
    with served("openings_process", home) as url:
        for scheme, width in LOOKS:
            page = look(browser, url, "opened", "None missing", scheme, width)
            page.get_by_role("article").first.locator("summary").click()
            page.screenshot(path=name_of("who-opened-it", scheme, width))


def main() -> None:
    """Write them all."""
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=arguments)
        staff(browser, Path(folder))
        openings(browser, Path(folder))
        browser.close()


if __name__ == "__main__":
    main()
