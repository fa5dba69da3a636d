"""How fast does each store of wrapping keys make one, open with one, and destroy one?

    python benchmarks/key_stores.py [--keys 200]

The same three things of each, one after the other in one thread, each for another person: wrap under a wrapping key
that is made for it (what a new person or epoch costs), unwrap (what the first segment of each person and epoch in a
release costs), destroy. SoftHSM stands in for a hardware module, and writes each key to the disk; the OpenBao server is
real, on loopback, with its storage in memory. Milliseconds each: the middle one, and what one in twenty exceeds.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from aboveboard.base.ids import Kind, new_id
from aboveboard.keyholder.backends import Backend, prove
from aboveboard.keyholder.backends.file import FileBackend
from aboveboard.keyholder.backends.openbao import OpenBaoBackend
from aboveboard.keyholder.backends.pkcs11 import Pkcs11Backend
from samples import key_stores

PRIVATE = bytes(range(32))


@contextmanager
def stores(folder: Path) -> Iterator[dict[str, Backend]]:
    """Each of them, opened."""
    key_stores.softhsm(folder / "softhsm", "benchmark")
    with key_stores.openbao(folder / "openbao") as server:
        found: dict[str, Backend] = {
            "file": FileBackend(folder, create=True),
            "pkcs11": Pkcs11Backend(key_stores.MODULE, "benchmark", key_stores.PIN),
            "openbao": OpenBaoBackend(server.url, server.token(folder / "token")),
        }
        yield found
        for backend in found.values():
            backend.close()


def timed(work: Callable[[str], object], people: list[str]) -> str:
    """How long it took for each of them."""
    took = []
    for person_id in people:
        began = time.perf_counter()
        work(person_id)
        took.append((time.perf_counter() - began) * 1e3)
    return f"{statistics.median(took):8.2f} {statistics.quantiles(took, n=20)[-1]:8.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--keys", type=int, default=200)
    people = [new_id(Kind.PERSON) for _ in range(parser.parse_args().keys)]
    print(f"{len(people)} keys each; ms: median, 95 %\n{'':<9}{'wrap, new key':>18}{'unwrap':>18}{'destroy':>18}")
    with tempfile.TemporaryDirectory() as folder, stores(Path(folder)) as found:
        for name, backend in found.items():
            prove(backend)
            wrapped: dict[str, bytes] = {}

            def wrap(person_id: str, backend: Backend = backend, wrapped: dict[str, bytes] = wrapped) -> None:
                wrapped[person_id] = backend.wrap(PRIVATE, person_id=person_id, key_epoch=0)

            def unwrap(person_id: str, backend: Backend = backend, wrapped: dict[str, bytes] = wrapped) -> None:
                assert backend.unwrap(wrapped[person_id], person_id=person_id, key_epoch=0) == PRIVATE

            def destroy(person_id: str, backend: Backend = backend) -> None:
                backend.destroy(person_id=person_id, key_epoch=0)

            print(f"{name:<9}" + "".join(f" {timed(work, people)}" for work in (wrap, unwrap, destroy)), flush=True)


if __name__ == "__main__":
    main()
