"""What may lie on a disk after the power went out? Every state that POSIX permits, within reason.

Calls that change files are noted while they run. For a crash after any of them the possible disks are made:

* names (mkdir, create, rename, delete) reach the disk in the order they were made, as a journal keeps them; those up
  to the last one that a sync of its folder covered are certainly there, of the others any number from the first on;
* of a file's bytes, those written before its last sync are there; of the rest nothing, the first half, or all.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from unittest import mock

Kind = Literal["mkdir", "create", "rename", "delete", "write", "sync", "sync_folder", "mark"]
NAMES = ("mkdir", "create", "rename", "delete")
PARTS = (0.0, 0.5, 1.0)


@dataclass(frozen=True)
class Step:
    """One call. Paths are relative to the folder that is watched; ``data`` of a write, ``to`` of a rename."""

    kind: Kind
    path: str
    to: str = ""
    data: bytes = b""


@dataclass
class Tape:
    """What was done to ``folder``, in order. ``mark`` puts a word of the test's own between the steps."""

    folder: Path
    steps: list[Step] = field(default_factory=list)
    open_files: dict[int, str] = field(default_factory=dict)

    def mark(self, word: str) -> None:
        self.steps.append(Step("mark", word))

    def inside(self, path: Any) -> str | None:
        found = os.path.relpath(os.fspath(path), self.folder)
        return None if found.startswith("..") else found


class _Buffered:
    """A file as ``os.fdopen`` makes it for writing; what it writes, it writes by ``os.write``."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def write(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._descriptor, data) :]

    def flush(self) -> None:
        """Nothing is held back."""

    def fileno(self) -> int:
        return self._descriptor

    def __enter__(self) -> "_Buffered":
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)


@contextmanager
def taped(folder: Path) -> Iterator[Tape]:
    """Note everything that is done to files under ``folder`` meanwhile."""
    tape = Tape(folder)
    real = {
        name: getattr(os, name) for name in ("open", "close", "write", "fsync", "mkdir", "rename", "replace", "unlink")
    }

    def opened(path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        inside = tape.inside(path) if dir_fd is None else None
        new = inside is not None and flags & os.O_CREAT and not os.path.exists(path)
        descriptor: int = real["open"](path, flags, mode, dir_fd=dir_fd)
        if inside is not None:
            tape.open_files[descriptor] = inside
            if new:
                tape.steps.append(Step("create", inside))
        return descriptor

    def closed(descriptor: int) -> None:
        tape.open_files.pop(descriptor, None)
        real["close"](descriptor)

    def written(descriptor: int, data: Any) -> int:
        size: int = real["write"](descriptor, data)
        if descriptor in tape.open_files:
            tape.steps.append(Step("write", tape.open_files[descriptor], data=bytes(data[:size])))
        return size

    def buffered(descriptor: int, *_: Any, **__: Any) -> "_Buffered":
        return _Buffered(descriptor)

    def synced(descriptor: int) -> None:
        real["fsync"](descriptor)
        if descriptor in tape.open_files:
            path = tape.open_files[descriptor]
            tape.steps.append(Step("sync_folder" if (folder / path).is_dir() else "sync", path))

    def noted(kind: Kind, call: Callable[..., None]) -> Callable[..., None]:
        def do(path: Any, *rest: Any, **options: Any) -> None:
            call(path, *rest, **options)
            inside = tape.inside(path) if options.get("dir_fd") is None else None
            if inside is not None:
                to = tape.inside(rest[0]) or "" if kind == "rename" else ""
                tape.steps.append(Step(kind, inside, to))

        return do

    def tree_removed(path: Any, *rest: Any, **options: Any) -> None:
        for parent, _, names in os.walk(path, topdown=False):
            for name in sorted(names):
                os.unlink(os.path.join(parent, name))
            os.rmdir(parent)
            tape.steps.append(Step("delete", os.path.relpath(parent, folder)))

    replaced = {
        "open": opened,
        "close": closed,
        "write": written,
        "fsync": synced,
        "mkdir": noted("mkdir", real["mkdir"]),
        "fdopen": buffered,
        "rename": noted("rename", real["rename"]),
        "replace": noted("rename", real["replace"]),
        "unlink": noted("delete", real["unlink"]),
    }
    with mock.patch.multiple(os, **replaced), mock.patch.object(shutil, "rmtree", tree_removed):
        yield tape


def crashes(tape: Tape) -> Iterator[tuple[set[str], list[Step], float]]:
    """Every crash: the marks passed by then, the steps whose traces are there, and how much of unsynced bytes is."""
    for moment in range(len(tape.steps) + 1):
        done = tape.steps[:moment]
        marks = {step.path for step in done if step.kind == "mark"}
        names = [place for place, step in enumerate(done) if step.kind in NAMES]
        certain = max((number for number, place in enumerate(names) if _synced(done, place)), default=-1) + 1
        for kept in range(certain, len(names) + 1):
            lost = set(names[kept:])
            for part in PARTS:
                yield marks, [step for place, step in enumerate(done) if place not in lost], part


def make(folder: Path, steps: list[Step], part: float) -> None:
    """Make in the new ``folder`` what lies on the disk after such a crash."""
    folder.mkdir()
    contents: dict[str, list[bytes]] = {}
    certain: dict[str, int] = {}
    for step in steps:
        match step.kind:
            case "mkdir":
                (folder / step.path).mkdir()
            case "create":
                (folder / step.path).parent.mkdir(parents=True, exist_ok=True)
                contents[step.path], certain[step.path] = [], 0
            case "write" if step.path in contents:
                contents[step.path].append(step.data)
            case "sync" if step.path in contents:
                certain[step.path] = len(contents[step.path])
            case "rename":
                _rename(folder, step, contents, certain)
            case "delete":
                contents.pop(step.path, None)
                if (folder / step.path).is_dir():
                    (folder / step.path).rmdir()
            case _:
                pass
    for path, pieces in contents.items():
        loose = b"".join(pieces[certain[path] :])
        data = b"".join(pieces[: certain[path]]) + loose[: int(len(loose) * part)]
        (folder / path).write_bytes(data)


def _rename(folder: Path, step: Step, contents: dict[str, list[bytes]], certain: dict[str, int]) -> None:
    if (folder / step.path).is_dir():
        (folder / step.path).rename(folder / step.to)
    for path in [path for path in contents if path == step.path or path.startswith(f"{step.path}/")]:
        renamed = step.to + path.removeprefix(step.path)
        contents[renamed], certain[renamed] = contents.pop(path), certain.pop(path)


def _synced(done: list[Step], place: int) -> bool:
    """Was the folder that this name is in synced afterwards? For a rename both must have been."""
    step = done[place]
    parents = {os.path.dirname(step.path) or "."} | ({os.path.dirname(step.to) or "."} if step.to else set())
    later = {each.path for each in done[place:] if each.kind == "sync_folder"}
    return parents <= later
