"""How is a small file written so that after a crash it is there completely, or as it was before?"""

import os
from pathlib import Path


def write_new(path: Path, data: bytes) -> None:
    """Write a file that must not exist yet, mode 0600, and wait until the disk has it."""
    _write(path, data, os.O_EXCL)


def replace_whole(path: Path, data: bytes) -> None:
    """Put ``data`` in the place of whatever ``path`` held; durable when it returns."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    _write(draft, data, os.O_TRUNC)
    draft.rename(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Wait until the disk has the names in ``folder``."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(path: Path, data: bytes, flags: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | flags, 0o600)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
