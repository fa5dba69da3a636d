"""How long after the end of a grant does what is open under it stay open?

    python benchmarks/closing.py [--rounds 20]

A vault, a keyholder and a witness, each in a process of its own over loopback HTTP; the researcher's side in this one.
In each round a grant is made, and a sequence that was handed out, an iteration that is under way and the answer to
"does it still hold?" are used again and again (every 2 ms) until each is refused. Beside them something is held that
nobody uses, until its content is gone from memory. Grants end in two ways, in turn:

* revoked: from the moment at which the representative's revocation is sent, and from its answer;
* expired: from the time that the keyholder's signed answer names as the end, on the same machine's clock.

The promise is one second.
"""

import argparse
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import Refused
from aboveboard.lab.while_granted import Kept, WhileGranted
from aboveboard.sealing.keys import Identity
from aboveboard.wire.client import Client

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from samples.served_grants import granted, revoked, trust_of
from samples.served_world import ServedWorld, running_places

LOOK_S = 0.002
PATIENCE_S = 60.0
EXPIRES_S = 3
PROMISED_S = 1.0


def closed_at(use: Callable[[], object], found: dict[str, float], name: str) -> threading.Thread:
    """Notes, from a thread of its own, when ``use`` is refused (wall time, seconds)."""

    def look() -> None:
        until_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < until_s:
            try:
                use()
            except Refused:
                found[name] = time.time()
                return
            time.sleep(LOOK_S)

    thread = threading.Thread(target=look)
    thread.start()
    return thread


def gone(kept: Kept[bytes]) -> Callable[[], object]:
    """Is refused once the content is out of memory."""

    def look() -> None:
        if not kept._items:  # what is measured is that nothing is held, whoever asks
            raise Refused("grant:revoked", "gone")

    return look


def one(world: ServedWorld, person_id: str, *, expires: bool) -> dict[str, float]:
    """Seconds after the end at which each is closed."""
    words = {"duration_ns": EXPIRES_S * SECOND_NS} if expires else {}
    grant_id = granted(world, [person_id], Identity.generate(), **words)
    found: dict[str, float] = {}
    with (
        Client(world.url, world.key("ravi"), timeout_s=30) as client,
        WhileGranted(client, grant_id, world.key("ravi"), trust_of(world)) as holding,
        WhileGranted(client, grant_id, world.key("ravi"), trust_of(world)) as unused,
    ):
        kept = holding.keep([b"a made-up event"] * 1000)
        endless = holding.each(iter(lambda: b"a made-up event", None))
        uses = {
            "handle": lambda: kept[7],
            "stream": lambda: next(endless),
            "check": holding.check,
            "memory, unused": gone(unused.keep([b"a made-up event"] * 1000)),
        }
        threads = [closed_at(use, found, name) for name, use in uses.items()]
        if expires:
            end_s = time.time() + (holding._over_s - time.monotonic())
        else:
            time.sleep(random.uniform(0, 0.8))
            end_s = time.time()
            revoked(world, grant_id)
            found["answer"] = time.time()
        for thread in threads:
            thread.join()
    return {name: at_s - end_s for name, at_s in found.items()}


def run(rounds: int) -> None:
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as made, running_places(Path(made)) as world:
        person_id = world.ready().person_id
        print(f"{'':38}{'middle s':>10}{'longest s':>11}{'within 1 s':>13}")
        for expires in (False, True):
            taken = [one(world, person_id, expires=expires) for _ in range(rounds)]
            for name in ("answer", "check", "handle", "stream", "memory, unused"):
                spans = sorted(each[name] for each in taken if name in each)
                if spans:
                    within = sum(span <= PROMISED_S for span in spans)
                    words = f"{'expired' if expires else 'revoked'}, {name}"
                    print(f"{words:38}{spans[len(spans) // 2]:10.3f}{spans[-1]:11.3f}{within:9} of {len(spans)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=20)
    run(parser.parse_args().rounds)
