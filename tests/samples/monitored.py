"""A log at several addresses, as a monitor finds it; each of them can be made to show something else."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec

from aboveboard.ledger import checkpoint as checkpoints
from aboveboard.ledger import note, tiles, tree
from aboveboard.ledger.checkpoint import Checkpoint
from aboveboard.monitor.watched import Watched, WatchedLog, WatchedWitness
from aboveboard.sealing.signatures import SigningKey

ORIGIN, COUNCIL = "keyholder.example/ledger", "witness.example/council"
LOG, WITNESS, STRANGER = (SigningKey.from_private_bytes(bytes([number] * 32)) for number in (1, 2, 3))
LOG_KEY = checkpoints.log_key(ORIGIN, LOG.public_bytes)
WITNESS_KEY = checkpoints.witness_key(COUNCIL, WITNESS.public_bytes)


class History:
    """A log's entries; with ``fork_at``, one of them is another."""

    def __init__(self, fork_at: int | None = None, size: int = 700) -> None:
        self.leaves = [b"another" if at == fork_at else b"entry %d" % at for at in range(size)]
        self.store = tree.MemoryStore()
        tree.append(self.store, 0, [tree.leaf_hash(leaf) for leaf in self.leaves])

    def note(self, size: int, *, key: SigningKey = LOG, witnessed: bool = True) -> str:
        found = Checkpoint(ORIGIN, size, tree.root(self.store, size))
        text = checkpoints.sign(found, key)
        if not witnessed:
            return text
        return checkpoints.add_signatures(text, note.cosign(found.text(), COUNCIL, WITNESS, 1_800_000_000).line())


HONEST, FORKED = History(), History(fork_at=5)


class Point:
    """One address: it shows ``text``, and the tiles and entries of ``history``. Silent while ``away``."""

    def __init__(self) -> None:
        self.url = ""
        self.away = False
        self.show(HONEST, 100)

    def show(self, history: History, size: int, text: str | None = None) -> None:
        self.history, self.size, self.text = history, size, text or history.note(size)

    def get(self, path: str) -> bytes | None:
        if path in ("/checkpoint", f"/{hashlib.sha256(ORIGIN.encode()).hexdigest()}/checkpoint"):
            return self.text.encode()
        name = path.removeprefix("/tile/")
        bundle = name.startswith("entries/")
        wanted = tiles.parse_path("0/" + name.removeprefix("entries/") if bundle else name)
        if wanted.width > tiles.width_in(self.size, wanted.level, wanted.index):
            return None
        if not bundle:
            return tiles.tile(self.history.store, wanted.level, wanted.index, wanted.width)
        first = wanted.index * tiles.FULL_WIDTH
        return tiles.encode_bundle(self.history.leaves[first : first + wanted.width])


@contextmanager
def serving(point: Point) -> Iterator[Point]:
    """Serve it on loopback."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            content = None if point.away else point.get(self.path)
            self.send_response(404 if content is None else 200)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    point.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield point
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def configure(home: Path, points: list[Point], witness: Point) -> WatchedLog:
    """Write ``monitor.json``."""
    log = WatchedLog(
        log_key=LOG_KEY,
        points=[each.url for each in points],
        witnesses=[WatchedWitness(verifier_key=WITNESS_KEY, url=witness.url)],
        quorum=1,
    )
    home.mkdir(parents=True, exist_ok=True)
    (home / "monitor.json").write_bytes(msgspec.json.encode(Watched(logs=[log])))
    return log
