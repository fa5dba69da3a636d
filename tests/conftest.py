"""What holds for every test: no network but loopback, and no home of the person who runs it."""

import atexit
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# Before anything else is imported: the tests' PostgreSQL keeps its lock here; a shared folder may be another user's.
os.environ["XDG_RUNTIME_DIR"] = tempfile.mkdtemp(prefix="aboveboard-")
(Path(os.environ["XDG_RUNTIME_DIR"]) / "python_PostgresServer").mkdir()
atexit.register(shutil.rmtree, os.environ["XDG_RUNTIME_DIR"], ignore_errors=True)

settings.register_profile("any machine", deadline=None)  # a busy one is no fault of the code
settings.load_profile("any machine")

LOOPBACK = ("127.", "::1", "localhost")


LONG_FIRST = ("browser", "flow", "crash", "attack", "contract", "compat")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Folders of long tests first, so that no worker is left alone with one of them at the end."""
    rank = {name: place for place, name in enumerate(LONG_FIRST)}
    items.sort(key=lambda item: rank.get(item.path.parent.name, len(rank)))


class ReachedOut(AssertionError):
    """A test tried to reach another machine."""


def _guard(original: Any) -> Any:
    def connect(self: socket.socket, address: Any) -> Any:
        if self.family in {socket.AF_INET, socket.AF_INET6} and not str(address[0]).startswith(LOOPBACK):
            raise ReachedOut(f"a test tried to reach {address!r}; tests use loopback only")
        return original(self, address)

    return connect


@pytest.fixture(autouse=True, scope="session")
def only_loopback() -> Iterator[None]:
    """Refuse every connection from this process to anywhere else."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", _guard(socket.socket.connect))
        patch.setattr(socket.socket, "connect_ex", _guard(socket.socket.connect_ex))
        yield


@pytest.fixture(autouse=True)
def own_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test reads or writes the home of whoever runs it."""
    monkeypatch.setenv("ABOVEBOARD_HOME", str(tmp_path / "aboveboard-home"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "xdg-data"))
