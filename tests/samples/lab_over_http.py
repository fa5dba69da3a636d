"""A ``LabWorld`` that other processes can ask, and a researcher whose keys lie in a folder."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aboveboard.formats import trust as trust_format
from aboveboard.formats.fields import encode_json
from aboveboard.lab.dataset.person import Holder
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.signatures import SigningKey
from aboveboard.wire.client import Client
from samples.lab_world import LabWorld


@dataclass
class Asked:
    """``url`` answers for the world. While ``flowing`` is not set, whoever asks for sealed bytes waits; ``waiting``
    says how many do."""

    url: str = ""
    flowing: threading.Event = field(default_factory=threading.Event)
    waiting: int = 0


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):  # who asked was killed
            super().handle_error(request, client_address)


@contextmanager
def served(world: LabWorld, folder: Path) -> Iterator[tuple[Asked, partial[Holder]]]:
    """The world over HTTP, and what a worker opens with; the keys are in ``folder``."""
    asked, lock = Asked(), threading.Lock()
    asked.flowing.set()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if self.path.endswith("/sealed") and not asked.flowing.is_set():
                asked.waiting += 1
                asked.flowing.wait(120)
            with lock:
                self._answer(world.get(self.path))

        def do_POST(self) -> None:
            body = self.rfile.read(length := int(self.headers["Content-Length"]))
            if len(body) < length:
                return  # who asked was killed
            with lock:
                self._answer(world.post(self.path, body))

        def _answer(self, data: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *words: Any) -> None:
            pass

    folder.mkdir(mode=0o700)
    (folder / "key").write_bytes(world.staff_key.private_bytes())
    (folder / "identity").write_text(world.identity.text())
    (folder / "trust.json").write_bytes(encode_json(world.trust))
    server = _Server(("127.0.0.1", 0), Handler)
    asked.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield asked, partial(hold, asked.url, folder)
    finally:
        asked.flowing.set()
        server.shutdown()
        thread.join()
        server.server_close()


def hold(url: str, folder: Path) -> Holder:
    """Read the keys, where the worker runs."""
    key = SigningKey.from_private_bytes((folder / "key").read_bytes())
    identity = Identity.from_text((folder / "identity").read_text())
    return Holder(Client(url, key), identity, key, trust_format.decode((folder / "trust.json").read_bytes()))
