"""Which small tasks are there to do, and how did one go?

The pages of MiniWoB++ (the wheel ``miniwob``), served over HTTP on loopback. A task is a page of 160×210 CSS pixels; a
seed decides its problem; a cover that says START hides it until somebody clicks. Demonstrations and evaluation draw
their seeds from two sets that have no member in common: see :func:`demonstration_seed` and :func:`held_out_seed`.
"""

import json
import re
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from types import TracebackType

from aboveboard.base.errors import NotFound, SetupMissing, Unavailable
from aboveboard.stage.devtools import Page

TASK_WIDTH, TASK_HEIGHT = 160, 210
"""CSS pixels; the task's corner is the page's corner."""


def demonstration_seed(number: int) -> str:
    """The seed of demonstration ``number``."""
    return f"demonstration/{number}"


def held_out_seed(number: int) -> str:
    """The seed of evaluation episode ``number``: never one of a demonstration, since the first letter differs."""
    return f"held-out/{number}"


def window_title(task: str) -> str:
    """What the page of ``task`` calls itself, so that the window's title tells the task (two pages share a title)."""
    return f"{task} - MiniWoB++"


def task_of_title(title: str) -> str | None:
    """The task that a window's title tells, or None where it is another window."""
    found = re.match(r"([a-z0-9-]+) - MiniWoB\+\+", title)
    return found.group(1) if found else None


def pages_folder() -> Path:
    """Where the wheel keeps its pages; raises :class:`SetupMissing`. The package itself is not imported."""
    spec = find_spec("miniwob")
    if spec is None or spec.origin is None:
        raise SetupMissing(
            "the MiniWoB++ pages are not installed",
            cause="the package 'miniwob' is missing from this Python",
            fix="run make setup, or: pip install 'aboveboard[lab]'",
        )
    return Path(spec.origin).parent / "html"


class TaskServer:
    """Serves the pages on a free loopback port from entering the block to leaving it."""

    def __init__(self) -> None:
        self.folder = pages_folder()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Pages, directory=str(self.folder)))
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> "TaskServer":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    def names(self) -> list[str]:
        """All tasks, in order of the alphabet."""
        return sorted(path.stem for path in (self.folder / "miniwob").glob("*.html"))

    def url(self, task: str) -> str:
        """Where ``task`` is served; raises :class:`NotFound`."""
        if task not in self.names():
            raise NotFound(
                f"there is no task {task[:60]!r}", cause="it is misspelt", fix="see TaskServer.names() for all tasks"
            )
        return f"http://127.0.0.1:{self.port}/miniwob/{task}.html"


class _Pages(SimpleHTTPRequestHandler):
    """Files inside the folder and nothing else: no listings, no links out of it. Task pages get a telling title."""

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path)).resolve()
        root = Path(self.directory).resolve()
        if not path.is_relative_to(root) or not path.is_file():
            self.send_error(HTTPStatus.NOT_FOUND)
        elif path.suffix == ".html" and path.parent.name == "miniwob":
            self._send_task(path)
        else:
            super().do_GET()

    def do_HEAD(self) -> None:
        self.send_error(HTTPStatus.METHOD_NOT_ALLOWED)

    def _send_task(self, path: Path) -> None:
        title = f"<title>{window_title(path.stem)}</title>"
        text = re.sub(r"<title>.*?</title>", title, path.read_text(encoding="utf-8"), count=1, flags=re.DOTALL)
        body = text.encode()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Requests are not worth a line."""


@dataclass(frozen=True)
class Outcome:
    """How the episode stands: ``reward`` is the task's own, −1 to 1, without its penalty for time; 0 until done."""

    done: bool
    reward: float


class Task:
    """One task in the browser's page."""

    def __init__(self, server: TaskServer, page: Page, name: str) -> None:
        self.name = name
        self._page = page
        self._url = server.url(name)

    def open(self) -> None:
        """Load the page; the START cover shows."""
        self._page.navigate(self._url)

    def reset(self, seed: str) -> None:
        """Show the START cover over a problem that ``seed`` will decide; ends an unfinished episode."""
        self._page.evaluate(
            "if (core.EP_TIMER !== null) core.endEpisode(0, false, 'reset');"
            "WOB_DONE_GLOBAL = false; WOB_RAW_REWARD_GLOBAL = 0; if (document.activeElement)"
            f" document.activeElement.blur(); core.startEpisode(); Math.seedrandom({json.dumps(seed)}); true"
        )
        self._page.painted()

    def start(self) -> None:
        """Take the cover off without a click: for an environment that begins inside the task."""
        self._page.evaluate("core.startEpisodeReal(); true")
        self._page.painted()

    def covered(self) -> bool:
        """Whether the START cover shows."""
        return bool(self._page.evaluate("core.cover_div.style.display !== 'none'"))

    def outcome(self) -> Outcome:
        """How the episode stands."""
        told = self._page.evaluate("[WOB_DONE_GLOBAL, WOB_RAW_REWARD_GLOBAL]")
        if not isinstance(told, list):
            raise Unavailable(f"the page of {self.name} does not tell its reward", fix="open the task again")
        return Outcome(done=bool(told[0]), reward=float(told[1]))

    def utterance(self) -> str:
        """What the task asks for, as it stands on the page."""
        return str(self._page.evaluate("core.getUtterance().utterance ?? core.getUtterance()"))
